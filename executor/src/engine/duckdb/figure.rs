//! Metrics as aggregates.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Function, Measure, Metric, MetricFunction};

use super::fuse::Fusion;
use super::sql::{Scope, Unsaid};

/// The aggregate, a number, of a check's figure over the rows that pass the check's filter.
pub(super) fn say(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    measure: &Measure,
    filter: Option<&Expr>,
) -> Result<String, Unsaid> {
    match measure {
        Measure::Metric { metric } => {
            let temporal = is_temporal(scope, metric);
            let aggregate = aggregate(fusion, scope, metric, filter)?;
            Ok(match temporal {
                true => format!("(epoch_us(CAST({aggregate} AS TIMESTAMP)) / 1e6)"),
                false => format!("CAST({aggregate} AS DOUBLE)"),
            })
        }
        Measure::Age { metric } => {
            let aggregate = aggregate(fusion, scope, metric, filter)?;
            Ok(format!("(({} - epoch_us(CAST({aggregate} AS TIMESTAMP))) / 1e6)", scope.now))
        }
    }
}

/// Whether the metric's value is a day or an instant rather than a number.
fn is_temporal(scope: &Scope<'_>, metric: &Metric) -> bool {
    let value = metric.value.as_ref().and_then(|value| scope.infer(value));
    matches!(metric.function, MetricFunction::Min | MetricFunction::Max)
        && matches!(value, Some(DataType::Date | DataType::Timestamp))
}

fn aggregate(
    fusion: &mut Fusion,
    scope: &Scope<'_>,
    metric: &Metric,
    filter: Option<&Expr>,
) -> Result<String, Unsaid> {
    let filters: Vec<Expr> = filter.into_iter().chain(&metric.filter).cloned().collect();
    let filter = match filters.is_empty() {
        true => None,
        false => Some(scope.say(&Expr::all(filters))?),
    };
    let Some(value) = &metric.value else {
        if metric.function != MetricFunction::Count {
            return Err("the metric names no value".into());
        }
        return Ok(match filter {
            Some(filter) => format!("count_if({})", fusion.value(&filter)),
            None => "count(*)".into(),
        });
    };
    let double = scope.infer(value) == Some(DataType::Double);
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
        MetricFunction::Mean | MetricFunction::MeanLength => format!("avg({x})"),
        MetricFunction::StandardDeviation => format!("stddev_samp(CAST({x} AS DOUBLE))"),
        MetricFunction::Variance => format!("var_samp(CAST({x} AS DOUBLE))"),
        MetricFunction::Quantile { q } if (0.0..=1.0).contains(q) => {
            format!("quantile_cont(CAST({x} AS DOUBLE), {q})")
        }
        MetricFunction::Quantile { q } => {
            return Err(format!("{q} is no quantile between 0 and 1"));
        }
        MetricFunction::TopK { .. } | MetricFunction::Histogram { .. } => {
            return Err("the metric is a list, not one number that could be compared".into());
        }
    })
}

/// A length of time as people say it: its two largest units.
pub(super) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return seconds.to_string();
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let whole = seconds.abs();
    let units = [(86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")];
    let Some(first) = units.iter().position(|(size, _)| whole >= *size) else {
        return format!("{sign}{whole:.3} s");
    };
    let mut rest = whole;
    let mut parts = Vec::new();
    for (size, name) in units.iter().skip(first).take(2) {
        let count = (rest / size).floor();
        rest -= count * size;
        if count > 0.0 {
            parts.push(format!("{count} {name}"));
        }
    }
    format!("{sign}{}", parts.join(" "))
}

/// A figure that does not print as a plain number.
pub(super) fn shown(measure: &Measure, value: f64) -> Option<String> {
    match measure {
        Measure::Age { .. } => Some(duration(value)),
        Measure::Metric { .. } if !value.is_finite() => Some(value.to_string()),
        Measure::Metric { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_two_units() {
        assert_eq!(duration(12_000.0), "3 h 20 min");
        assert_eq!(duration(86_400.0 * 2.0), "2 d");
        assert_eq!(duration(-61.5), "-1 min 1 s");
        assert_eq!(duration(0.25), "0.250 s");
    }
}
