//! Measurements that take passes of their own after the scan and come to a figure or a difference: windows
//! of time, figures against other datasets, rows against other datasets, and queries for a number.

use std::collections::BTreeMap;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{
    Apart, Arrivals, Body, Bounds, Check, Compare, Compared, Difference, Gives, Measure,
};
use assay_schemas::verdict::Measurement;
use duckdb::types::Value;

use super::across;
use super::cleanse::Said;
use super::connection::{Session, as_count, as_number, fault, message};
use super::figure;
use super::fuse::{DATASET, Fusion, judged};
use super::keys::{Lookups, staged};
use super::source::ROW;
use super::sql::{self, Scope, Unsaid};
use crate::engine::{EngineError, arrived, compared};

/// Why a measurement failed: the check's own fault, or the machine's.
pub(super) enum Failed {
    /// The check cannot be computed; the reason for people.
    Broken(String),
    /// The run must end.
    Run(EngineError),
}

impl From<Unsaid> for Failed {
    fn from(reason: Unsaid) -> Self {
        Self::Broken(reason)
    }
}

impl From<duckdb::Error> for Failed {
    fn from(error: duckdb::Error) -> Self {
        match fault(&error) {
            EngineError::Resource(text) => Self::Run(EngineError::Resource(text)),
            _ => Self::Broken(message(&error)),
        }
    }
}

/// What measurements apart are made from.
pub(super) struct Means<'a> {
    pub(super) session: &'a Session,
    pub(super) scope: &'a Scope<'a>,
    pub(super) lookups: Lookups<'a>,
}

impl Means<'_> {
    fn row(&self, purpose: &str, text: &str) -> Result<Vec<Value>, Failed> {
        Ok(self.session.rows(purpose, text)?.into_iter().next().unwrap_or_default())
    }

    /// Measures a check of this sort; `None` where it is of another. `here` is the figure that the scan
    /// gave for it.
    pub(super) fn measure(
        &self,
        check: &Check,
        here: Option<f64>,
    ) -> Result<Option<Measurement>, Failed> {
        match &check.body {
            Body::Arrivals(arrivals) => self.arrivals(check, arrivals).map(Some),
            Body::Compare(compare) => self.compare(check, compare, here).map(Some),
            Body::Query(query) => match &query.gives {
                Gives::Value { bounds } => self.value(check, bounds).map(Some),
                Gives::Rows => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn arrivals(&self, check: &Check, arrivals: &Arrivals) -> Result<Measurement, Failed> {
        let text = arrivals_query(self.scope, check, arrivals)?;
        let row = self.row(&format!("windows of {}", check.check_id), &text)?;
        let cell = |index: usize| row.get(index).map_or(0, as_count);
        let (windows, few, rows) = (cell(0), cell(1), cell(2));
        if rows == 0 {
            return Ok(Measurement::figure(None, None, false));
        }
        Ok(arrived(arrivals, few, windows))
    }

    fn compare(
        &self,
        check: &Check,
        compare: &Compare,
        here: Option<f64>,
    ) -> Result<Measurement, Failed> {
        let text = compare_query(self.scope, compare, self.lookups)?;
        let row = self.row(&format!("the other figure of {}", check.check_id), &text)?;
        let there = row.first().and_then(as_number);
        Ok(compared(compare, here, there))
    }

    fn value(&self, check: &Check, bounds: &Bounds) -> Result<Measurement, Failed> {
        let Body::Query(query) = &check.body else {
            return Err(Failed::Broken("the check is no query".to_owned()));
        };
        let own = across::own(self.scope, check, query, self.lookups)?;
        let width = self.session.describe(&own)?.len();
        if width != 1 {
            let reason = format!("the query gives {width} columns, not one number");
            return Err(Failed::Broken(reason));
        }
        let text =
            format!("SELECT CAST(value AS DOUBLE) FROM (\n{own}\n) AS given(value)\nLIMIT 2");
        let rows = self.session.rows(&format!("query of {}", check.check_id), &text)?;
        if rows.len() > 1 {
            return Err(Failed::Broken("the query gives several rows, not one number".to_owned()));
        }
        let value = rows.first().and_then(|row| row.first()).and_then(as_number);
        let within = value.is_some_and(|value| bounds.contain(value));
        Ok(Measurement::figure(value, None, within))
    }

    /// Counts the differences of a check whose rows at fault stand in `table`.
    pub(super) fn difference(
        &self,
        check: &Check,
        difference: &Difference,
        (table, judged): (&str, u64),
    ) -> Result<Measurement, Failed> {
        let columns: Vec<String> =
            (0..difference.columns.len()).map(|index| format!("count_if(d{index})")).collect();
        let counts = ["count_if(gone)".to_owned(), "count_if(NOT gone)".to_owned()];
        let items: Vec<String> = counts.into_iter().chain(columns).collect();
        let purpose = format!("differences of {}", check.check_id);
        let row = self.row(&purpose, &format!("SELECT {} FROM {table}", items.join(", ")))?;
        let cell = |index: usize| row.get(index).map_or(0, as_count);
        let only_there = match difference.both_ways {
            false => 0,
            true => {
                let text = only_there_query(self.scope, check, difference, self.lookups)?;
                let row =
                    self.row(&format!("rows of the other side of {}", check.check_id), &text)?;
                row.first().map_or(0, as_count)
            }
        };
        let by_column = difference.columns.iter().enumerate();
        let by_column: BTreeMap<String, u64> = by_column
            .map(|(index, compared)| (compared.column.to_string(), cell(index + 2)))
            .filter(|(_, count)| *count > 0)
            .collect();
        Ok(Measurement::Difference {
            evaluated: judged + only_there,
            only_here: cell(0),
            only_there,
            changed: cell(1),
            columns: by_column,
        })
    }
}

/// The statements of a check that is measured apart, without running them.
pub(super) fn explain(scope: &Scope<'_>, check: &Check, lookups: Lookups<'_>) -> Vec<Said> {
    let id = &check.check_id;
    let (purpose, text) = match &check.body {
        Body::Arrivals(arrivals) => {
            (format!("windows of {id}"), arrivals_query(scope, check, arrivals))
        }
        Body::Compare(compare) => {
            (format!("the other figure of {id}"), compare_query(scope, compare, lookups))
        }
        Body::Difference(difference) if difference.both_ways => {
            let text = only_there_query(scope, check, difference, lookups);
            (format!("rows of the other side of {id}"), text)
        }
        Body::Query(query) if query.gives != Gives::Rows => {
            (format!("query of {id}"), across::own(scope, check, query, lookups))
        }
        _ => return Vec::new(),
    };
    text.map(|text| (purpose, text)).into_iter().collect()
}

/// The number of windows, of those with too few rows, and of rows.
pub(super) fn arrivals_query(
    scope: &Scope<'_>,
    check: &Check,
    arrivals: &Arrivals,
) -> Result<String, Unsaid> {
    let name = sql::identifier(&scope.column(&arrivals.column)?.name);
    let mut conditions = vec![format!("{name} IS NOT NULL AND isfinite({name})")];
    conditions.extend(judged(scope, check)?);
    let length = i128::from(arrivals.seconds) * 1_000_000;
    let window = format!(
        "CAST(floor(CAST(epoch_us(CAST({name} AS TIMESTAMP)) AS HUGEINT) / {length}) AS HUGEINT)"
    );
    let last = match arrivals.until_now {
        false => "max(w)".to_owned(),
        // The window that the run began in has not ended.
        true => format!("greatest(max(w), {})", i128::from(scope.now).div_euclid(length) - 1),
    };
    Ok(format!(
        "SELECT {last} - min(w) + 1, {last} - min(w) + 1 - count_if(n >= {}), CAST(sum(n) AS BIGINT)\n\
         FROM (\n  SELECT {window} AS w, count(*) AS n\n  FROM {DATASET}\n  WHERE {}\n  GROUP BY w\n)",
        arrivals.min_rows,
        conditions.join(" AND "),
    ))
}

/// The figure of the other dataset.
pub(super) fn compare_query(
    scope: &Scope<'_>,
    compare: &Compare,
    lookups: Lookups<'_>,
) -> Result<String, Unsaid> {
    let other = staged(lookups, &compare.dataset)?;
    let there = Scope { columns: &other.columns, now: scope.now };
    let mut fusion = Fusion::default();
    let measure = Measure::Metric { metric: compare.other.clone() };
    let places = figure::add(&mut fusion, &there, &measure, None)
        .map_err(|problem| format!("in `{}`: {problem}", compare.dataset))?;
    if !matches!(places.as_slice(), [figure::Place::Scan(0)]) {
        return Err("the figure cannot be held against that of another dataset".into());
    }
    Ok(fusion.query_from(&other.view))
}

/// The rows of the other side that take part, with its key as `k0`, … and the compared columns as `c0`, ….
fn other_side(
    scope: &Scope<'_>,
    difference: &Difference,
    lookups: Lookups<'_>,
) -> Result<String, Unsaid> {
    let other = staged(lookups, &difference.dataset)?;
    let there = Scope { columns: &other.columns, now: scope.now };
    let within = |problem: Unsaid| format!("in `{}`: {problem}", difference.dataset);
    let key = there.known(&difference.other_key).map_err(within)?;
    let mut items: Vec<String> = vec!["true AS met".to_owned()];
    items.extend(key.iter().enumerate().map(|(index, name)| format!("{name} AS k{index}")));
    for (index, compared) in difference.columns.iter().enumerate() {
        let column = there.column(&compared.other).map_err(within)?;
        items.push(format!("{} AS c{index}", sql::identifier(&column.name)));
    }
    let mut conditions: Vec<String> =
        key.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    if let Some(filter) = &difference.other_filter {
        conditions.push(there.say(filter).map_err(within)?);
    }
    Ok(format!(
        "SELECT {} FROM {} WHERE {}",
        items.join(", "),
        other.view,
        conditions.join(" AND ")
    ))
}

/// The rows here that take part, in the same form.
fn this_side(scope: &Scope<'_>, check: &Check, difference: &Difference) -> Result<String, Unsaid> {
    let key = scope.known(&difference.key)?;
    let mut items = vec![ROW.to_owned()];
    items.extend(key.iter().enumerate().map(|(index, name)| format!("{name} AS k{index}")));
    for (index, compared) in difference.columns.iter().enumerate() {
        let column = scope.column(&compared.column)?;
        items.push(format!("{} AS c{index}", sql::identifier(&column.name)));
    }
    let restriction =
        judged(scope, check)?.map_or_else(String::new, |judged| format!(" WHERE {judged}"));
    Ok(format!("SELECT {} FROM {DATASET}{restriction}", items.join(", ")))
}

fn same_key(difference: &Difference) -> String {
    let pairs: Vec<String> =
        (0..difference.key.len()).map(|index| format!("h.k{index} = t.k{index}")).collect();
    pairs.join(" AND ")
}

/// The rows at fault: `k0`, the number of the row, `n`, `gone`, whether the other side lacks its key, and
/// `d0`, `d1`, …, whether each column differs.
pub(super) fn difference_query(
    scope: &Scope<'_>,
    check: &Check,
    difference: &Difference,
    lookups: Lookups<'_>,
) -> Result<String, Unsaid> {
    let (here, there) =
        (this_side(scope, check, difference)?, other_side(scope, difference, lookups)?);
    let mut items = vec![
        format!("h.{ROW} AS k0"),
        "1 AS n".to_owned(),
        "coalesce(NOT bool_or(t.met), true) AS gone".to_owned(),
    ];
    let mut faults = vec!["gone".to_owned()];
    for (index, compared) in difference.columns.iter().enumerate() {
        let differs = differs(scope, compared, index);
        items.push(format!("coalesce(bool_or(t.met AND {differs}), false) AS d{index}"));
        faults.push(format!("d{index}"));
    }
    Ok(format!(
        "SELECT * FROM (\n  SELECT {}\n  FROM ({here}) h\n  LEFT JOIN ({there}) t ON {}\n  GROUP BY h.{ROW}\n)\n\
         WHERE {}",
        items.join(", "),
        same_key(difference),
        faults.join(" OR ")
    ))
}

/// Whether the two sides differ in a column.
fn differs(scope: &Scope<'_>, compared: &Compared, index: usize) -> String {
    let (h, t) = (format!("h.c{index}"), format!("t.c{index}"));
    let plain = format!("{h} IS DISTINCT FROM {t}");
    let Some(Apart { absolute, relative }) = &compared.tolerance else {
        return format!("({plain})");
    };
    // Exact numbers are subtracted before they become doubles, so that no digit is lost.
    let distance = match scope.type_of(&compared.column) {
        Some(DataType::Integer) => {
            format!("CAST(abs(CAST({h} AS HUGEINT) - CAST({t} AS HUGEINT)) AS DOUBLE)")
        }
        Some(DataType::Decimal(..)) => format!("CAST(abs({h} - {t}) AS DOUBLE)"),
        _ => format!("abs(CAST({h} AS DOUBLE) - CAST({t} AS DOUBLE))"),
    };
    let allowed = format!("greatest({absolute:e}, {relative:e} * abs(CAST({t} AS DOUBLE)))");
    format!(
        "({plain} AND NOT coalesce(isfinite(CAST({t} AS DOUBLE)) AND {distance} <= {allowed}, false))"
    )
}

/// The number of rows of the other side whose key no row here has.
pub(super) fn only_there_query(
    scope: &Scope<'_>,
    check: &Check,
    difference: &Difference,
    lookups: Lookups<'_>,
) -> Result<String, Unsaid> {
    let (here, there) =
        (this_side(scope, check, difference)?, other_side(scope, difference, lookups)?);
    Ok(format!("SELECT count(*) FROM ({there}) t ANTI JOIN ({here}) h ON {}", same_key(difference)))
}
