//! Figures of checks, made of what their metrics have come to.

use assay_schemas::plan::{Arrivals, Bounds, Compare, Measure};
use assay_schemas::verdict::{Adapted, Measurement};

/// The measurement of a figure: `values` are those of the metrics of the measure and then of those that its
/// bounds are made of; `names` are values that it names.
pub fn figure(
    measure: &Measure,
    bounds: &Bounds,
    values: &[Option<f64>],
    names: Vec<String>,
) -> Measurement {
    let value = measure.of(values);
    Measurement::Figure {
        value,
        shown: value.and_then(|value| shown(measure, value)),
        // Of bounds that are still to be made, whoever makes them says.
        within: value.is_some_and(|value| bounds.contain(value)) && bounds.adapt.is_none(),
        names,
        adapted: bounds.adapt.as_ref().map(|adapt| {
            let mut rest = values.get(measure.metrics().len()..).unwrap_or_default();
            let figures = adapt.measures().into_iter().map(|measure| {
                let (own, others) = rest.split_at(measure.metrics().len().min(rest.len()));
                rest = others;
                measure.of(own)
            });
            Box::new(Adapted { figures: figures.collect(), ..Adapted::default() })
        }),
    }
}

/// The measurement of a figure that is held against `there`, that of another dataset.
pub fn compared(compare: &Compare, here: Option<f64>, there: Option<f64>) -> Measurement {
    let (Some(here), Some(there)) = (here, there) else {
        return Measurement::figure(None, None, false);
    };
    let factor =
        if compare.factor == 1.0 { String::new() } else { format!("{} × ", compare.factor) };
    Measurement::figure(
        Some(here),
        Some(format!("{here} here, {factor}{there} in `{}`", compare.dataset)),
        compare.relation.holds(here, compare.factor * there, &compare.tolerance),
    )
}

/// The measurement of windows of time, `few` of which have too few rows.
pub fn arrived(arrivals: &Arrivals, few: u64, windows: u64) -> Measurement {
    let missing = match arrivals.min_rows {
        1 => "have no row".to_owned(),
        least => format!("have fewer than {least} rows"),
    };
    Measurement::figure(
        Some(few as f64),
        Some(format!("{few} of {windows} windows {missing}")),
        few <= arrivals.max_windows,
    )
}

/// A figure that does not print as a plain number.
fn shown(measure: &Measure, value: f64) -> Option<String> {
    match measure {
        Measure::Age { .. } => Some(duration(value)),
        _ if !value.is_finite() => Some(value.to_string()),
        _ => None,
    }
}

/// A length of time as people say it: its two largest units.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return seconds.to_string();
    }
    if seconds == 0.0 {
        return "0 s".to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_two_units() {
        assert_eq!(duration(12_000.0), "3 h 20 min");
        assert_eq!(duration(86_400.0 * 2.0), "2 d");
        assert_eq!(duration(-61.5), "-1 min 1 s");
        assert_eq!(duration(0.25), "0.250 s");
        assert_eq!(duration(0.0), "0 s");
    }
}
