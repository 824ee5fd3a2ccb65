//! One scan for everything: the aggregates of all checks and of the profile in one statement, equal
//! expressions computed once, and what to do when one of them breaks the others.

use std::collections::{BTreeMap, HashMap};

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Beside, Body, Check, Expr, Gives, Measure, Metric, ProfilePlan};
use duckdb::types::Value;

use super::connection::{Session, fault, message};
use super::counted::{self, Counts, Groupings};
use super::figure;
use super::profile::{self, ColumnPlaces};
use super::sql::{Scope, Unsaid};
use super::types::Column;
use crate::engine::EngineError;

/// Name of the view that every measurement reads.
pub(super) const DATASET: &str = "dataset";

/// Expressions of one row, and aggregates over them.
#[derive(Default)]
pub(super) struct Fusion {
    rows: Vec<String>,
    row_places: HashMap<String, usize>,
    aggregates: Vec<String>,
    aggregate_places: HashMap<String, usize>,
    groupings: Groupings,
    keys: Vec<String>,
}

impl Fusion {
    /// One whose aggregates are computed apart for each group of these columns.
    pub(super) fn apart(keys: Vec<String>) -> Self {
        Self { keys, ..Self::default() }
    }

    /// The place of a metric that is computed from counts of values, out of the scan.
    pub(super) fn counted(
        &mut self,
        scope: &Scope<'_>,
        metric: &Metric,
        said: (String, Option<String>),
    ) -> Result<counted::Place, Unsaid> {
        self.groupings.add(scope, metric, &self.keys, said)
    }

    /// The groupings that the metrics out of the scan need.
    pub(super) fn groupings(&self) -> &Groupings {
        &self.groupings
    }

    /// The name under which the value of an expression is known to aggregates.
    pub(super) fn value(&mut self, expression: &str) -> String {
        let place = place(&mut self.rows, &mut self.row_places, expression);
        format!("x{place}")
    }

    /// The place of an aggregate in the result.
    pub(super) fn aggregate(&mut self, aggregate: &str) -> usize {
        place(&mut self.aggregates, &mut self.aggregate_places, aggregate)
    }

    /// The statement over the dataset.
    pub(super) fn query(&self) -> String {
        self.query_from(DATASET)
    }

    /// The statement over a view.
    pub(super) fn query_from(&self, view: &str) -> String {
        // Each item is put in its place as it is: a line break in it may be one of a quoted text.
        let indented = |items: &[String], letter: char, margin: &str| {
            let lines = items.iter().enumerate();
            let lines: Vec<_> =
                lines.map(|(n, item)| format!("{margin}{item} AS {letter}{n}")).collect();
            lines.join(",\n")
        };
        let aggregates = indented(&self.aggregates, 'a', "  ");
        if !self.keys.is_empty() {
            return self.grouped(&aggregates, &indented(&self.rows, 'x', "    "));
        }
        if self.rows.is_empty() {
            return format!("SELECT\n{aggregates}\nFROM {view}");
        }
        let rows = indented(&self.rows, 'x', "    ");
        format!("SELECT\n{aggregates}\nFROM (\n  SELECT\n{rows}\n  FROM {view}\n)")
    }

    /// The statement where aggregates are computed apart: a row for each group, which begins with its key.
    fn grouped(&self, aggregates: &str, rows: &str) -> String {
        let names: Vec<String> = (0..self.keys.len()).map(|index| format!("s{index}")).collect();
        let shown: String =
            names.iter().map(|name| format!("  CAST({name} AS VARCHAR),\n")).collect();
        let keys: Vec<String> = self
            .keys
            .iter()
            .zip(&names)
            .map(|(key, name)| format!("    {key} AS {name}"))
            .collect();
        let mut inner = keys.join(",\n");
        if !rows.is_empty() {
            inner = format!("{inner},\n{rows}");
        }
        format!(
            "SELECT\n{shown}{aggregates}\nFROM (\n  SELECT\n{inner}\n  FROM {DATASET}\n)\nGROUP BY {names}\n\
             ORDER BY {names}",
            names = names.join(", ")
        )
    }
}

fn place(items: &mut Vec<String>, places: &mut HashMap<String, usize>, item: &str) -> usize {
    *places.entry(item.to_owned()).or_insert_with(|| {
        items.push(item.to_owned());
        items.len() - 1
    })
}

/// Something that wants figures out of the scan and can break on its own.
#[derive(Clone, Copy)]
pub(super) enum Unit<'a> {
    /// A check of single rows, of a figure, or the judged rows of a check of keys.
    Check(&'a Check),
    /// The profile of a column.
    Column(&'a Column, &'a ProfilePlan),
}

/// Where a unit's figures are in the result.
#[derive(Clone)]
pub(super) enum Places {
    /// Judged and violating rows.
    Rows { evaluated: usize, violations: usize },
    /// Judged rows; violations are counted elsewhere.
    Keys { evaluated: usize },
    /// The metrics of a measure, in its order.
    Figure(Vec<figure::Place>),
    /// A column's profile.
    Column(ColumnPlaces),
    /// Nothing.
    None,
}

/// What a check does to single rows, for the union over hard checks: which rows it judges (`None` means
/// all) and which of them violate (`None` where that is not known row by row).
#[derive(Clone, Default)]
pub(super) struct Marks {
    judged: Option<String>,
    violates: Option<String>,
}

/// The result of the scan.
pub(super) struct Scanned<'a> {
    /// The cells of its single row.
    pub(super) cells: Vec<Value>,
    /// The units that it answers.
    pub(super) answered: Vec<(Unit<'a>, Places)>,
    /// Units that broke, by their place in the list, with the reason.
    pub(super) broken: BTreeMap<usize, String>,
    /// Figures from counts of values.
    pub(super) counts: Counts,
    /// Place of the number of rows.
    pub(super) rows: usize,
    /// Place of the number of rows that a hard check judged, if there is one.
    pub(super) hard_evaluated: Option<usize>,
    /// Place of the number of rows that violate a hard check of single rows.
    pub(super) hard_violating: Option<usize>,
}

/// The rows that a check judges, as a condition; `None` means all.
pub(super) fn judged(scope: &Scope<'_>, check: &Check) -> Result<Option<String>, Unsaid> {
    let say = |expression: &Expr| scope.say(expression);
    let mut conditions = check.filter.iter().map(say).collect::<Result<Vec<_>, _>>()?;
    match &check.body {
        Body::Rows { evaluated: Some(evaluated), .. }
        | Body::Beside(Beside { evaluated: Some(evaluated), .. }) => {
            conditions.push(say(evaluated)?);
        }
        Body::Unique { columns, nulls_equal: false } | Body::Reference { columns, .. } => {
            conditions.extend(there(scope, columns)?);
        }
        Body::Difference(difference) => conditions.extend(there(scope, &difference.key)?),
        Body::Dependency { determinants, dependents, nulls_equal: false } => {
            conditions.extend(there(scope, determinants)?);
            conditions.extend(there(scope, dependents)?);
        }
        _ => {}
    }
    Ok(match conditions.len() {
        0 => None,
        _ => Some(conditions.join(" AND ")),
    })
}

/// That each of these columns has a value.
fn there(scope: &Scope<'_>, columns: &[ColumnName]) -> Result<Vec<String>, Unsaid> {
    let known = scope.known(columns)?;
    Ok(known.iter().map(|name| format!("({name} IS NOT NULL)")).collect())
}

/// The rows that a check of single rows finds at fault, as a condition.
pub(super) fn violates(scope: &Scope<'_>, check: &Check, holds: &Expr) -> Result<String, Unsaid> {
    let fault = format!("{} IS NOT TRUE", scope.say(holds)?);
    Ok(match judged(scope, check)? {
        Some(judged) => format!("({judged} AND {fault})"),
        None => format!("({fault})"),
    })
}

pub(super) fn add(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    unit: Unit<'_>,
) -> Result<(Places, Option<Marks>), Unsaid> {
    let check = match unit {
        Unit::Check(check) => check,
        Unit::Column(column, plan) => {
            return Ok((Places::Column(profile::add(fusion, column, plan)), None));
        }
    };
    match &check.body {
        Body::Rows { holds, .. } => {
            let violates = violates(scope, check, holds)?;
            let judged = judged(scope, check)?;
            let (judged, evaluated) = count_of(fusion, judged);
            let violates = fusion.value(&violates);
            let violations = fusion.aggregate(&format!("count_if({violates})"));
            let marks = Marks { judged, violates: Some(violates) };
            Ok((Places::Rows { evaluated, violations }, Some(marks)))
        }
        body if marks_rows(body) => {
            let mut unknown = None;
            check.reads(&mut |name| {
                if let Err(unsaid) = scope.column(name) {
                    unknown.get_or_insert(unsaid);
                }
            });
            if let Some(unsaid) = unknown {
                return Err(unsaid);
            }
            let judged = judged(scope, check)?;
            let (judged, evaluated) = count_of(fusion, judged);
            Ok((Places::Keys { evaluated }, Some(Marks { judged, violates: None })))
        }
        Body::Metric { measure, bounds } => {
            let filter = check.filter.as_ref();
            let mut places = figure::add(fusion, scope, measure, filter)?;
            places.extend(figure::add_bounds(fusion, scope, bounds, filter)?);
            Ok((Places::Figure(places), None))
        }
        Body::Compare(compare) => {
            let measure = Measure::Metric { metric: compare.metric.clone() };
            let places = figure::add(fusion, scope, &measure, check.filter.as_ref())?;
            Ok((Places::Figure(places), None))
        }
        // Measured elsewhere: by passes of their own, or without reading a row.
        _ => Ok((Places::None, None)),
    }
}

/// Whether rows are judged by a pass of their own after the scan, which counts those that are judged.
fn marks_rows(body: &Body) -> bool {
    match body {
        Body::Unique { .. }
        | Body::Reference { .. }
        | Body::Beside(_)
        | Body::Dependency { .. }
        | Body::Difference(_) => true,
        Body::Query(query) => query.gives == Gives::Rows,
        _ => false,
    }
}

/// Counts the rows that meet a condition; gives its name and the place of the count.
fn count_of(fusion: &mut Fusion, condition: Option<String>) -> (Option<String>, usize) {
    match condition {
        Some(condition) => {
            let name = fusion.value(&format!("({condition})"));
            let place = fusion.aggregate(&format!("count_if({name})"));
            (Some(name), place)
        }
        None => (None, fusion.aggregate("count(*)")),
    }
}

/// A fusion of the units that are not broken, and where everything is in its result.
struct Built<'a> {
    fusion: Fusion,
    answered: Vec<(Unit<'a>, Places)>,
    rows: usize,
    hard_evaluated: Option<usize>,
    hard_violating: Option<usize>,
}

fn build<'a>(
    scope: &Scope<'_>,
    units: &[Unit<'a>],
    broken: &mut BTreeMap<usize, String>,
) -> Built<'a> {
    let mut fusion = Fusion::default();
    let rows = fusion.aggregate("count(*)");
    let mut answered = Vec::new();
    let mut marks = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        if broken.contains_key(&index) {
            continue;
        }
        match add(&mut fusion, scope, *unit) {
            Ok((places, mark)) => {
                answered.push((*unit, places));
                let hard = matches!(unit, Unit::Check(check) if check.severity.is_hard());
                marks.extend(mark.filter(|_| hard));
            }
            Err(unsaid) => {
                broken.insert(index, unsaid);
            }
        }
    }
    let any = |names: Vec<&str>| format!("count_if({})", names.join(" OR "));
    let hard_evaluated = (!marks.is_empty()).then(|| {
        let judged: Option<Vec<&str>> = marks.iter().map(|mark| mark.judged.as_deref()).collect();
        fusion.aggregate(&judged.map_or_else(|| "count(*)".into(), any))
    });
    let violating: Vec<&str> = marks.iter().filter_map(|mark| mark.violates.as_deref()).collect();
    let hard_violating = (!violating.is_empty()).then(|| fusion.aggregate(&any(violating)));
    Built { fusion, answered, rows, hard_evaluated, hard_violating }
}

/// The statements for all units, for people; units that cannot be said are left out.
pub(super) fn explain(scope: &Scope<'_>, units: &[Unit<'_>]) -> Vec<(String, String)> {
    let fusion = build(scope, units, &mut BTreeMap::new()).fusion;
    let mut said = vec![("all checks and figures".to_owned(), fusion.query())];
    said.extend(fusion.groupings().queries());
    said
}

/// Runs the scan. Where it fails, the units at fault are found, by binding each alone and, where that
/// tells nothing, by running each alone, and the others are run together again.
pub(super) fn scan<'a>(
    session: &Session,
    scope: &Scope<'_>,
    units: &[Unit<'a>],
) -> Result<Scanned<'a>, EngineError> {
    let mut broken = BTreeMap::new();
    loop {
        let built = build(scope, units, &mut broken);
        let error = match session.rows("all checks and figures", &built.fusion.query()) {
            Ok(rows) => {
                let cells = rows.into_iter().next().unwrap_or_default();
                let counts = built.fusion.groupings().run(session)?;
                let Built { answered, rows, hard_evaluated, hard_violating, .. } = built;
                return Ok(Scanned {
                    cells,
                    answered,
                    broken,
                    counts,
                    rows,
                    hard_evaluated,
                    hard_violating,
                });
            }
            Err(error) => error,
        };
        if matches!(fault(&error), EngineError::Resource(_)) {
            return Err(fault(&error));
        }
        let before = broken.len();
        isolate(scope, units, &mut broken, |query| session.check(query))?;
        if broken.len() == before {
            isolate(scope, units, &mut broken, |query| {
                session.rows("one alone", query).map(|_| ())
            })?;
        }
        if broken.len() == before {
            return Err(fault(&error));
        }
    }
}

/// Tries each unit alone and notes those that fail.
fn isolate(
    scope: &Scope<'_>,
    units: &[Unit<'_>],
    broken: &mut BTreeMap<usize, String>,
    attempt: impl Fn(&str) -> duckdb::Result<()>,
) -> Result<(), EngineError> {
    for (index, unit) in units.iter().enumerate() {
        if broken.contains_key(&index) {
            continue;
        }
        let alone = build(scope, &[*unit], &mut BTreeMap::new());
        if let Err(error) = attempt(&alone.fusion.query()) {
            match fault(&error) {
                EngineError::Resource(text) => return Err(EngineError::Resource(text)),
                _ => broken.insert(index, message(&error)),
            };
        }
    }
    Ok(())
}
