//! Metrics over how often each different value stands: one grouping for each value and filter, shared by
//! all metrics over it.

mod tally;

use std::collections::BTreeMap;

use crate::rows::col;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{self, Function, Literal, Metric, MetricFunction};
use polars::prelude::{
    DataFrame, DataType as Kept, Expr, IntoLazy as _, LazyFrame, PolarsResult, len, polars_err,
};

pub(crate) use self::tally::Tallies;
use self::tally::{Counted, Told, Wanted};
use super::figure::meaning;
use super::say::{Cannot, say, text, truth};
use super::scan::{GROUP, Groups, group_of};
use crate::rows::collect;
use crate::scope::{Said, Scope};
use crate::types::Column;

/// Hidden column: how often a value stands.
const TIMES: &str = "_assay_times";

/// Where a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    grouping: usize,
    wanted: usize,
}

/// The groupings that a number of checks need.
#[derive(Default)]
pub(crate) struct Groupings {
    groupings: Vec<Grouping>,
}

struct Grouping {
    meaning: String,
    /// The parts of the value; several are told apart together.
    values: Vec<Expr>,
    filter: Option<Expr>,
    /// The value as text.
    text: Option<Expr>,
    wanted: Vec<Wanted>,
    /// Conditions that values are in a set.
    sets: Vec<Expr>,
}

/// The parts of a value that is several values as one.
pub(crate) fn parts(value: &plan::Expr) -> Option<&[plan::Expr]> {
    match value {
        plan::Expr::Call { function: Function::Tuple, arguments } => Some(arguments),
        _ => None,
    }
}

fn named(part: usize) -> String {
    format!("_assay_v{part}")
}

impl Groupings {
    /// Adds a metric over the rows where `filter` is true.
    ///
    /// # Errors
    /// Why it cannot be computed.
    pub(crate) fn add(
        &mut self,
        scope: &Scope<'_>,
        metric: &Metric,
        filter: Option<&plan::Expr>,
    ) -> Result<Place, Cannot> {
        let value = metric.value.as_ref();
        let value = value.ok_or_else(|| Cannot::Broken("the metric names no value".into()))?;
        let meaning = meaning(&[value], filter, "counts");
        let known = self.groupings.iter().position(|grouping| grouping.meaning == meaning);
        let mut data_type = None;
        if parts(value).is_none() {
            data_type = say(scope, value)?.data_type;
        }
        let grouping = match known {
            Some(known) => known,
            None => {
                self.groupings.push(Grouping::new(scope, value, filter, meaning)?);
                self.groupings.len() - 1
            }
        };
        let Some(held) = self.groupings.get_mut(grouping) else {
            return Err(Cannot::Broken("the grouping is gone".into()));
        };
        let wanted = match &metric.function {
            MetricFunction::CountDistinct => Wanted::Distinct,
            MetricFunction::Entropy => Wanted::Entropy,
            MetricFunction::CountUnique => Wanted::Once,
            MetricFunction::DistinctOutside { set } => {
                Wanted::Outside { set: held.set(scope, data_type, set)? }
            }
            MetricFunction::DistinctMissing { set } => Wanted::Missing {
                members: members(scope, data_type, set)?,
                set: held.set(scope, data_type, set)?,
            },
            MetricFunction::MostCommonIn { set, ties } => {
                Wanted::MostCommon { set: held.set(scope, data_type, set)?, ties: *ties }
            }
            other => {
                let reason = format!("{other:?} is not computed from counts of values");
                return Err(Cannot::Broken(reason));
            }
        };
        let names = !matches!(wanted, Wanted::Distinct | Wanted::Entropy | Wanted::Once);
        if names && held.text.is_none() {
            held.text = Some(text(col(named(0)), data_type));
        }
        let known = held.wanted.iter().position(|known| *known == wanted);
        let wanted = known.unwrap_or_else(|| {
            held.wanted.push(wanted);
            held.wanted.len() - 1
        });
        Ok(Place { grouping, wanted })
    }

    /// Computes every grouping. One that breaks takes only its own figures along.
    ///
    /// # Errors
    /// The machine lacks something.
    pub(crate) fn run(&self, rows: &LazyFrame, groups: Groups) -> PolarsResult<Tallies> {
        let mut tallies = Tallies::default();
        for grouping in &self.groupings {
            let told = match grouping.run(rows, groups) {
                Err(Cannot::Run(error)) => {
                    return Err(polars_err!(OutOfBounds: "{error}"));
                }
                Err(Cannot::Broken(reason) | Cannot::Beyond(reason)) => Err(reason),
                Ok(told) => Ok(told),
            };
            let nothing = grouping.wanted.iter().map(|wanted| match (wanted, groups) {
                (Wanted::Distinct, _) | (Wanted::Once, Groups::One) => Some(0.0),
                _ => None,
            });
            tallies.add(told, nothing.collect());
        }
        Ok(tallies)
    }
}

impl Groupings {
    /// The groupings as frames, without computing them.
    pub(crate) fn frames(&self, rows: &LazyFrame, groups: Groups) -> Vec<LazyFrame> {
        self.groupings.iter().map(|grouping| grouping.frame(rows, groups)).collect()
    }
}

/// The members of a set as text, in the type of the values.
fn members(
    scope: &Scope<'_>,
    data_type: Option<DataType>,
    set: &[Literal],
) -> Result<Vec<String>, Cannot> {
    let mut items = Vec::new();
    for (place, literal) in set.iter().enumerate() {
        let value = plan::Expr::literal(literal.clone());
        let said = match data_type {
            Some(to) => say(scope, &plan::Expr::Cast { value: Box::new(value), to, format: None })?,
            None => say(scope, &value)?,
        };
        items.push(text(said.expr, said.data_type).alias(format!("_assay_m{place}")));
    }
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let frame = DataFrame::empty().lazy().select(items).collect()?;
    let mut found = Vec::new();
    for column in frame.columns() {
        let text = column.as_materialized_series().str()?.get(0).map(str::to_owned);
        found.extend(text);
    }
    Ok(found)
}

impl Grouping {
    fn new(
        scope: &Scope<'_>,
        value: &plan::Expr,
        filter: Option<&plan::Expr>,
        meaning: String,
    ) -> Result<Self, Cannot> {
        let filter = filter.map(|filter| truth(scope, filter)).transpose()?;
        let (values, filter) = match parts(value) {
            Some(parts) => {
                let said: Result<Vec<Said>, Cannot> =
                    parts.iter().map(|part| say(scope, part)).collect();
                (said?.into_iter().map(|said| said.expr).collect(), filter)
            }
            None => {
                let there = truth(scope, &value.clone().is_not_null())?;
                let filter = filter.into_iter().chain([there]).reduce(Expr::and);
                (vec![say(scope, value)?.expr], filter)
            }
        };
        let (text, wanted, sets) = (None, Vec::new(), Vec::new());
        Ok(Self { meaning, values, filter, text, wanted, sets })
    }

    /// The place of the condition that a value is in a set.
    fn set(
        &mut self,
        scope: &Scope<'_>,
        data_type: Option<DataType>,
        set: &[Literal],
    ) -> Result<usize, Cannot> {
        if self.values.len() != 1 {
            return Err(Cannot::Beyond("several values as one in a set".into()));
        }
        let name = ColumnName::new(named(0)).map_err(|error| Cannot::Broken(error.to_string()))?;
        let columns = [Column { name: named(0), data_type }];
        let scope = Scope { columns: &columns, ..*scope };
        let value = Box::new(plan::Expr::column(&name));
        let within = truth(&scope, &plan::Expr::In { value, set: set.to_vec() })?;
        self.sets.push(within);
        Ok(self.sets.len() - 1)
    }

    /// Each different value with how often it stands.
    fn frame(&self, rows: &LazyFrame, groups: Groups) -> LazyFrame {
        let frame = match &self.filter {
            Some(filter) => rows.clone().filter(filter.clone()),
            None => rows.clone(),
        };
        let values = self.values.iter().enumerate();
        let mut items: Vec<Expr> =
            values.map(|(part, value)| value.clone().alias(named(part))).collect();
        let mut keys: Vec<Expr> = (0..self.values.len()).map(|part| col(named(part))).collect();
        if let Groups::Many(_) = groups {
            items.push(col(GROUP));
            keys.push(col(GROUP));
        }
        if items.is_empty() {
            return frame.select([len().alias(TIMES)]);
        }
        // A number of constants alone would be a single row.
        items.push(col(crate::rows::ROW));
        frame.select(items).group_by(keys).agg([len().alias(TIMES)])
    }

    fn run(&self, rows: &LazyFrame, groups: Groups) -> Result<Vec<BTreeMap<usize, Told>>, Cannot> {
        let frame = self.frame(rows, groups);
        if self.wanted == [Wanted::Distinct] {
            return self.distinct(frame, groups);
        }
        let mut items = vec![col(TIMES).cast(Kept::Int64)];
        let sets = self.sets.iter().enumerate();
        items.extend(sets.map(|(set, within)| within.clone().alias(format!("_assay_in{set}"))));
        if self.text.is_some() {
            items.push(col(named(0)));
        }
        if let Groups::Many(_) = groups {
            items.push(col(GROUP));
        }
        let counts = collect(frame.select(items))?;
        let group = match groups {
            Groups::One => vec![0; counts.height()],
            Groups::Many(_) => group_of(&counts)?,
        };
        let times = counts.column(TIMES)?.as_materialized_series().i64()?.clone();
        let times: Vec<u64> = times
            .iter()
            .map(|times| times.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
            .collect();
        let counted = Counted::new(&counts, self.text.as_ref(), group, times);
        self.wanted.iter().map(|wanted| counted.tell(wanted)).collect()
    }

    /// Only the number of different values.
    fn distinct(
        &self,
        frame: LazyFrame,
        groups: Groups,
    ) -> Result<Vec<BTreeMap<usize, Told>>, Cannot> {
        let number = len().cast(Kept::Int64).alias(TIMES);
        let frame = match groups {
            Groups::One => frame.select([number]),
            Groups::Many(_) => frame.group_by([col(GROUP)]).agg([number]),
        };
        let counts = collect(frame)?;
        let group = match groups {
            Groups::One => vec![0; counts.height()],
            Groups::Many(_) => group_of(&counts)?,
        };
        let times = counts.column(TIMES)?.as_materialized_series().i64()?.clone();
        let told = group.into_iter().zip(times.iter());
        Ok(vec![told.map(|(group, n)| (group, (n.map(|n| n as f64), Vec::new()))).collect()])
    }
}
