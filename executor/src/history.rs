//! Bounds that are made from figures of a run and of earlier ones: what a job needs of the past, and what it
//! makes of it. Pure; the lake is read elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::digest::Digest;
use assay_schemas::plan::{Adapt, Body, Bounds, Check, Expr, Measure, Point};
use assay_schemas::verdict::Measurement;
use serde_json::json;

use crate::engine::Measured;

/// Earlier values of figures, the oldest first, by series.
pub type Past = BTreeMap<String, Vec<Point>>;

/// The earlier values that a job needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The series.
    pub series: BTreeSet<String>,
    /// How many runs back, at most.
    pub runs: u32,
}

/// Names the values of one figure over the runs of a dataset: the same measure over the same rows has the
/// same name, whatever rule asks for it.
pub fn series(measure: &Measure, filter: Option<&Expr>) -> String {
    Digest::of(&json!({ "measure": measure, "filter": filter })).to_string()
}

/// What the checks need of the past.
pub fn wanted(checks: &[Check]) -> Wanted {
    let mut wanted = Wanted::default();
    for check in checks {
        let Body::Metric { measure, bounds } = &check.body else { continue };
        let Some(adapt) = bounds.adapt.as_ref().filter(|adapt| adapt.runs() > 0) else { continue };
        wanted.runs = wanted.runs.max(adapt.runs());
        for measure in adapt.measures().into_iter().chain([measure]) {
            wanted.series.insert(series(measure, check.filter.as_ref()));
        }
    }
    wanted
}

/// Makes the bounds of the checks that have none yet, and says which figures lie within them. `past` may be
/// missing, with the reason.
pub fn settle(checks: &[Check], measured: &mut Measured, past: &Result<Past, String>) {
    for check in checks {
        let Body::Metric { measure, bounds } = &check.body else { continue };
        let Some(measurement) = measured.checks.get_mut(&check.check_id) else { continue };
        if bounds.adapt.is_none() {
            continue;
        }
        match past {
            Ok(past) => settle_one((measure, bounds), check.filter.as_ref(), measurement, past),
            Err(reason) if bounds.adapt.as_ref().is_some_and(|adapt| adapt.runs() > 0) => {
                let reason = format!("earlier runs cannot be read: {reason}");
                *measurement = Measurement::Broken { reason };
            }
            Err(_) => {
                let none = Past::new();
                settle_one((measure, bounds), check.filter.as_ref(), measurement, &none);
            }
        }
    }
}

/// Settles a figure, or that of each segment: a segment has no past.
fn settle_one(
    check: (&Measure, &Bounds),
    filter: Option<&Expr>,
    measurement: &mut Measurement,
    past: &Past,
) {
    if let Measurement::Segments { parts, .. } = measurement {
        for part in parts {
            settle_figure(check, filter, &mut part.measurement, &Past::new());
        }
    } else {
        settle_figure(check, filter, measurement, past);
    }
}

fn settle_figure(
    (own, bounds): (&Measure, &Bounds),
    filter: Option<&Expr>,
    measurement: &mut Measurement,
    past: &Past,
) {
    let (Some(adapt), Measurement::Figure { value, within, shown, adapted: Some(adapted), .. }) =
        (&bounds.adapt, measurement)
    else {
        return;
    };
    if let Adapt::Distribution(earlier) = &**adapt {
        let before = |part: &Measure| past.get(&series(part, filter)).cloned().unwrap_or_default();
        (adapted.min, adapted.max) = (bounds.min, bounds.max);
        match earlier.shares(&adapted.figures, &before) {
            Ok(shares) => {
                *value = own.expecting(&shares).of(&adapted.figures);
                *shown = value.filter(|value| !value.is_finite()).map(|value| value.to_string());
                *within = value.is_some_and(|value| bounds.contain(value));
                adapted.expected = shares;
            }
            Err(missing) => adapted.missing = Some(missing),
        }
        return;
    }
    let earlier = |measure: Option<&Measure>| {
        let name = series(measure.unwrap_or(own), filter);
        past.get(&name).cloned().unwrap_or_default()
    };
    match adapt.ends(&adapted.figures, &earlier) {
        Ok(made) if made.min.or(made.max).is_some_and(|end| !end.is_finite()) => {
            adapted.missing = Some("the bound that was made is not a number".to_owned());
        }
        Ok(made) => {
            adapted.min = made.min.or(bounds.min);
            adapted.max = made.max.or(bounds.max);
            let made = Bounds { min: adapted.min, max: adapted.max, adapt: None, ..bounds.clone() };
            *within = value.is_some_and(|value| made.contain(value));
        }
        Err(missing) => adapted.missing = Some(missing),
    }
}

/// The values that a check adds to the past: of its own figure, and of those that its bounds are made from.
pub fn recorded(check: &Check, measurement: &Measurement) -> Vec<(String, f64)> {
    let (Body::Metric { measure, bounds }, Measurement::Figure { value, adapted, .. }) =
        (&check.body, measurement)
    else {
        return Vec::new();
    };
    let name = |measure| series(measure, check.filter.as_ref());
    let mut found: Vec<(String, Option<f64>)> = vec![(name(measure), *value)];
    if let (Some(adapt), Some(adapted)) = (&bounds.adapt, adapted) {
        let others = adapt.measures().into_iter().map(name);
        found.extend(others.zip(adapted.figures.iter().copied()));
    }
    // Nothing is learned from what is no number, and JSON has none of it.
    let finite = |value: &f64| value.is_finite();
    found.into_iter().filter_map(|(name, value)| Some((name, value.filter(finite)?))).collect()
}

/// Whether the figure of a check lies outside of what was made for it.
pub fn is_anomalous(measurement: &Measurement) -> bool {
    match measurement {
        Measurement::Figure { value: Some(_), within: false, adapted: Some(adapted), .. } => {
            adapted.missing.is_none()
        }
        _ => false,
    }
}
