//! Metrics as aggregates.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Bounds, Expr, Function, Measure, Metric, MetricFunction};
use assay_schemas::verdict::Measurement;
use duckdb::types::Value;

use super::connection::as_number;
use super::counted::{self, Counts};
use super::fuse::Fusion;
use super::sql::{Scope, Unsaid};
use crate::engine;

/// Where the value of a metric is found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// In the result of the scan.
    Scan(usize),
    /// In that of a grouping by value.
    Counted(counted::Place),
}

/// Adds the metrics of a measure, over the rows that pass the check's filter.
pub(super) fn add(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    measure: &Measure,
    filter: Option<&Expr>,
) -> Result<Vec<Place>, Unsaid> {
    let age = matches!(measure, Measure::Age { .. });
    let metrics = measure.metrics().into_iter();
    metrics.map(|metric| add_metric(fusion, scope, metric, (filter, age))).collect()
}

/// Adds the metrics that a check's bounds are made from, over the rows that pass its filter.
pub(super) fn add_bounds(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    bounds: &Bounds,
    filter: Option<&Expr>,
) -> Result<Vec<Place>, Unsaid> {
    let adapted = bounds.adapt.iter().flat_map(|adapt| adapt.measures());
    let metrics = adapted.flat_map(Measure::metrics);
    metrics.map(|metric| add_metric(fusion, scope, metric, (filter, false))).collect()
}

fn add_metric(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    metric: &Metric,
    (filter, age): (Option<&Expr>, bool),
) -> Result<Place, Unsaid> {
    if metric.counts_values() {
        return counted(fusion, scope, metric, filter).map(Place::Counted);
    }
    let aggregate = number(fusion, scope, metric, (filter, age))?;
    Ok(Place::Scan(fusion.aggregate(&aggregate)))
}

/// The number of a measure of a single metric that the scan gives.
pub(super) fn scanned(places: &[Place], cells: &[Value]) -> Option<f64> {
    match places {
        [Place::Scan(place)] => cells.get(*place).and_then(as_number),
        _ => None,
    }
}

/// A metric as a number: days and instants in seconds since 1970-01-01 UTC or, for an age, up to the start
/// of the run.
fn number(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    metric: &Metric,
    (filter, age): (Option<&Expr>, bool),
) -> Result<String, Unsaid> {
    let aggregate = aggregate(fusion, scope, metric, filter)?;
    Ok(match (age, is_temporal(scope, metric)) {
        (true, _) => format!("(({} - epoch_us(CAST({aggregate} AS TIMESTAMP))) / 1e6)", scope.now),
        (false, true) => format!("(epoch_us(CAST({aggregate} AS TIMESTAMP)) / 1e6)"),
        (false, false) => format!("CAST({aggregate} AS DOUBLE)"),
    })
}

fn counted(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    metric: &Metric,
    filter: Option<&Expr>,
) -> Result<counted::Place, Unsaid> {
    let value = metric.value.as_ref().ok_or("the metric names no value")?;
    let value = scope.say(value)?;
    let filter = both(scope, metric, filter)?;
    fusion.counted(scope, metric, (value, filter))
}

/// The rows that pass the check's filter and the metric's own.
fn both(
    scope: &Scope<'_>,
    metric: &Metric,
    filter: Option<&Expr>,
) -> Result<Option<String>, Unsaid> {
    let filters: Vec<Expr> = filter.into_iter().chain(&metric.filter).cloned().collect();
    match filters.is_empty() {
        true => Ok(None),
        false => scope.say(&Expr::all(filters)).map(Some),
    }
}

/// A metric over the whole dataset as a value that every row can be held against.
pub(super) fn of_dataset(scope: &Scope<'_>, metric: &Metric) -> Result<String, Unsaid> {
    if metric.counts_values() {
        return Err("the metric cannot be held against single rows".into());
    }
    let mut fusion = Fusion::default();
    let aggregate = aggregate(&mut fusion, scope, metric, None)?;
    fusion.aggregate(&aggregate);
    Ok(format!("({})", fusion.query()))
}

/// Whether the metric's value is a day or an instant rather than a number.
fn is_temporal(scope: &Scope<'_>, metric: &Metric) -> bool {
    let value = metric.value.as_ref().and_then(|value| scope.infer(value));
    matches!(metric.function, MetricFunction::Min | MetricFunction::Max)
        && matches!(value, Some(DataType::Date | DataType::Timestamp))
}

/// Whether the sum of the values of a metric is exact, whatever their order.
fn sums_exactly(scope: &Scope<'_>, metric: &Metric, value: &Expr) -> bool {
    match scope.infer(value) {
        Some(DataType::Integer) => true,
        Some(DataType::Decimal(digits, _)) => digits <= 18,
        _ => metric.function == MetricFunction::MeanLength,
    }
}

fn aggregate(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    metric: &Metric,
    filter: Option<&Expr>,
) -> Result<String, Unsaid> {
    let filter = both(scope, metric, filter)?;
    let Some(value) = &metric.value else {
        if metric.function != MetricFunction::Count {
            return Err("the metric names no value".into());
        }
        return Ok(match filter {
            // Over nothing but nulls, `count_if` is null.
            Some(filter) => format!("coalesce(count_if({}), 0)", fusion.value(&filter)),
            None => "count(*)".into(),
        });
    };
    let double = scope.infer(value) == Some(DataType::Double);
    let exact = sums_exactly(scope, metric, value);
    let value = match metric.function {
        MetricFunction::MinLength | MetricFunction::MaxLength | MetricFunction::MeanLength => {
            scope.say(&Expr::call(Function::Length, [value.clone()]))?
        }
        _ => scope.say(value)?,
    };
    // All metrics but the count of rows ignore nulls, so rows filtered out become nulls.
    let x = match filter {
        Some(filter) => fusion.value(&format!("CASE WHEN {filter} THEN {value} END")),
        None => fusion.value(&value),
    };
    Ok(match &metric.function {
        MetricFunction::Count => format!("count({x})"),
        MetricFunction::CountDistinct => format!("count(DISTINCT {x})"),
        MetricFunction::CountDistinctApproximate => format!("approx_count_distinct({x})"),
        // Doubles are added so that the order, which threads change, does not show in the last digits.
        // The exact sums turn infinity into NaN.
        MetricFunction::Sum if double => {
            format!("CASE WHEN isfinite(sum({x})) THEN fsum({x}) ELSE sum({x}) END")
        }
        MetricFunction::Sum => format!("sum({x})"),
        MetricFunction::Min | MetricFunction::MinLength => format!("min({x})"),
        MetricFunction::Max | MetricFunction::MaxLength => format!("max({x})"),
        MetricFunction::Mean if double => {
            format!("CASE WHEN isfinite(avg({x})) THEN favg({x}) ELSE avg({x}) END")
        }
        // One division of the exact sum, so that the mean is the same on every machine.
        MetricFunction::Mean | MetricFunction::MeanLength if exact => {
            format!("(CAST(sum({x}) AS DOUBLE) / nullif(count({x}), 0))")
        }
        MetricFunction::Mean | MetricFunction::MeanLength => format!("avg({x})"),
        MetricFunction::StandardDeviation => moment(&x, double, |x| format!("stddev_samp({x})")),
        MetricFunction::Variance => moment(&x, double, |x| format!("var_samp({x})")),
        MetricFunction::Skewness => moment(&x, double, |x| {
            // DuckDB corrects for the size of the sample; this takes the correction back.
            format!(
                "CASE WHEN count({x}) > 2 AND var_pop({x}) > 0 THEN skewness({x}) * (count({x}) - 2) / \
                 sqrt(CAST(count({x}) AS DOUBLE) * (count({x}) - 1)) END"
            )
        }),
        MetricFunction::Kurtosis => moment(&x, double, |x| {
            format!("CASE WHEN count({x}) > 3 AND var_pop({x}) > 0 THEN kurtosis_pop({x}) END")
        }),
        MetricFunction::Correlation { other } => {
            let both = Expr::all(
                [metric.value.clone(), Some((**other).clone())]
                    .into_iter()
                    .flatten()
                    .map(Expr::is_not_null),
            );
            let both = scope.say(&both)?;
            let y = fusion.value(&format!("CASE WHEN {both} THEN {} END", scope.say(other)?));
            let double = double || scope.infer(other) == Some(DataType::Double);
            correlation(&x, &y, double)
        }
        MetricFunction::Quantile { q } if (0.0..=1.0).contains(q) => {
            format!("quantile_cont(CAST({x} AS DOUBLE), {q})")
        }
        MetricFunction::Quantile { q } => {
            return Err(format!("{q} is no quantile between 0 and 1"));
        }
        MetricFunction::Entropy
        | MetricFunction::CountUnique
        | MetricFunction::DistinctOutside { .. }
        | MetricFunction::DistinctMissing { .. }
        | MetricFunction::MostCommonIn { .. } => {
            return Err("the metric is computed from counts of values".into());
        }
        MetricFunction::TopK { .. } | MetricFunction::Histogram { .. } => {
            return Err("the metric is a list, not one number that could be compared".into());
        }
    })
}

/// A moment of `x`: NaN where a value of a double is not finite, which DuckDB would refuse.
fn moment(x: &str, double: bool, of: impl Fn(&str) -> String) -> String {
    let number = format!("CAST({x} AS DOUBLE)");
    if !double {
        return of(&number);
    }
    let finite = of(&format!("CASE WHEN isfinite({x}) THEN {x} END"));
    format!(
        "CASE WHEN count_if(NOT isfinite({x})) > 0 THEN CAST('NaN' AS DOUBLE) ELSE {finite} END"
    )
}

/// Pearson's coefficient over the rows that have both values.
fn correlation(x: &str, y: &str, double: bool) -> String {
    let (x, y) = (format!("CAST({x} AS DOUBLE)"), format!("CAST({y} AS DOUBLE)"));
    let paired = format!("CASE WHEN {y} IS NOT NULL THEN {x} END");
    let finite = |of: &str, other: &str| match double {
        true => format!("CASE WHEN isfinite({of}) AND isfinite({other}) THEN {of} END"),
        false => of.to_owned(),
    };
    let coefficient = format!(
        "CASE WHEN var_pop({}) > 0 AND var_pop({}) > 0 THEN corr({}, {}) END",
        finite(&paired, &y),
        finite(&format!("CASE WHEN {x} IS NOT NULL THEN {y} END"), &x),
        finite(&x, &y),
        finite(&y, &x)
    );
    match double {
        true => format!(
            "CASE WHEN count_if({x} IS NOT NULL AND {y} IS NOT NULL AND NOT (isfinite({x}) AND isfinite({y}))) > 0 THEN CAST('NaN' AS DOUBLE) ELSE {coefficient} END"
        ),
        false => coefficient,
    }
}

/// Where the metrics of checks have come out.
pub(super) struct Results<'a> {
    /// The cells of the scan, without the key of a group.
    pub(super) cells: &'a [Value],
    /// The groupings by value.
    pub(super) counts: &'a Counts,
    /// The key of the group; empty where there are no groups.
    pub(super) group: &'a [Option<String>],
}

/// The measurement of a figure whose metrics have been computed.
pub(super) fn read(
    measure: &Measure,
    bounds: &Bounds,
    places: &[Place],
    results: &Results<'_>,
) -> Measurement {
    let mut values = Vec::with_capacity(places.len());
    let mut names = Vec::new();
    for place in places {
        match place {
            Place::Scan(place) => values.push(results.cells.get(*place).and_then(as_number)),
            Place::Counted(place) => match results.counts.value(*place, results.group) {
                Ok(value) => {
                    values.push(value);
                    names.extend(results.counts.names(*place, results.group));
                }
                Err(reason) => return Measurement::Broken { reason },
            },
        }
    }
    engine::figure(measure, bounds, &values, names)
}
