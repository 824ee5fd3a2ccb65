//! Figures against their own past, as `freshness_anomaly`, `metric_anomaly` and `volume_anomaly` share it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Lowered;
use crate::code::Code;
use crate::id::ColumnName;
use crate::plan::{Adapt, Anomaly, Body, Bounds, Direction, Measure, Method};
use crate::problem::{Pointer, Problem};

/// How the past of a figure tells what to expect of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    /// The value before, give or take `threshold`.
    Change,
    /// The value before, give or take `threshold` times its size.
    RelativeChange,
    /// The mean, give or take `threshold` sample standard deviations.
    #[default]
    ZScore,
    /// The median, give or take `threshold` times 1.4826 median distances from it.
    Mad,
    /// The next value by additive Holt-Winters smoothing, give or take `threshold` root mean squares of its
    /// earlier errors.
    Seasonal,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// How the past tells what to expect.
    #[serde(default)]
    method: By,
    /// How far from that is still usual; 3 unless said, for changes always to be said.
    #[serde(default)]
    threshold: Option<f64>,
    /// On which side a figure can be unusual.
    #[serde(default)]
    direction: Direction,
    /// Runs that are looked back at; 30 unless said.
    #[serde(default)]
    window: Option<u32>,
    /// Runs needed before anything is judged; 7 unless said, 1 for changes.
    #[serde(default)]
    min_samples: Option<u32>,
    /// Runs in a season, for `seasonal`.
    #[serde(default)]
    period: Option<u32>,
}

impl Parameters {
    pub(super) fn watch(&self) -> Watch {
        Watch {
            method: self.method,
            threshold: self.threshold,
            direction: self.direction,
            window: self.window,
            min_samples: self.min_samples,
            period: self.period,
        }
    }
}

/// How a figure is watched, as the parameters of a rule say it.
pub(super) struct Watch {
    pub(super) method: By,
    pub(super) threshold: Option<f64>,
    pub(super) direction: Direction,
    pub(super) window: Option<u32>,
    pub(super) min_samples: Option<u32>,
    pub(super) period: Option<u32>,
}

/// Runs that can be looked back at.
const MOST: u32 = 1000;

impl Watch {
    fn is_change(&self) -> bool {
        matches!(self.method, By::Change | By::RelativeChange)
    }

    /// What is wrong with it, seen from the parameters.
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut fault = |code, name: &str, message: &str| {
            problems.push(Problem::new(code, Pointer::from(name), message));
        };
        match self.threshold {
            None if self.is_change() => {
                fault(Code::MissingField, "", "how great a change may be is not said");
            }
            Some(threshold) if threshold <= 0.0 => {
                fault(Code::BadValue, "threshold", "a threshold is greater than 0");
            }
            _ => {}
        }
        let (window, samples) = (self.window(), self.samples());
        if !(1..=MOST).contains(&window) {
            fault(Code::BadValue, "window", "a window has 1 to 1000 runs");
        } else if samples > window {
            fault(Code::BadValue, "min_samples", "more runs are needed than the window has");
        }
        if self.min_samples == Some(0) {
            fault(Code::BadValue, "min_samples", "without any run nothing is usual");
        }
        match (self.method, self.period) {
            (By::Seasonal, None) => {
                fault(Code::MissingField, "", "how many runs a season has is not said: `period`");
            }
            (By::Seasonal, Some(period)) if period < 2 || period.saturating_mul(2) >= window => {
                fault(
                    Code::BadValue,
                    "period",
                    "a season has at least 2 runs, and the window more than two seasons",
                );
            }
            (By::Seasonal, _) | (_, None) => {}
            (_, Some(_)) => fault(Code::BadValue, "period", "only `method: seasonal` has a period"),
        }
        problems
    }

    fn window(&self) -> u32 {
        self.window.unwrap_or(30)
    }

    fn samples(&self) -> u32 {
        self.min_samples.unwrap_or(match self.is_change() {
            true => 1,
            false => 7.min(self.window()),
        })
    }

    /// The plan of a figure, in `words`, that is as its own past lets expect.
    pub(super) fn lower(&self, words: &str, columns: Vec<ColumnName>, measure: Measure) -> Lowered {
        let threshold = self.threshold.unwrap_or(3.0);
        let (method, how) = match self.method {
            By::Change => (Method::Change, format!("at most {threshold} from the run before")),
            By::RelativeChange => (
                Method::RelativeChange,
                format!("at most {} % from the run before", threshold * 100.0),
            ),
            By::ZScore => {
                (Method::ZScore, format!("within {threshold} standard deviations of its mean"))
            }
            By::Mad => (Method::Mad, format!("within {threshold} median distances of its median")),
            By::Seasonal => {
                let period = self.period.unwrap_or(0);
                let how = format!("within {threshold} usual errors of what its season lets expect");
                (Method::Seasonal { period }, how)
            }
        };
        let side = match self.direction {
            Direction::Both => "",
            Direction::Spike => ", or below",
            Direction::Drop => ", or above",
        };
        let anomaly = Anomaly {
            method,
            threshold,
            direction: self.direction,
            window: self.window(),
            min_samples: self.samples(),
        };
        let adapt = Some(Box::new(Adapt::Anomaly(anomaly)));
        Lowered {
            title: format!("{words} is {how}{side}"),
            columns,
            body: Body::Metric { measure, bounds: Bounds { adapt, ..Bounds::default() } },
        }
    }
}

/// What the documentation of these rules ends with.
macro_rules! of_the_past {
    ($what:expr) => {
        concat!(
            $what,
            " is held against its values in the last `window` (30) runs of the same dataset, tenant and \
             environment: by `method: z_score` their mean, give or take `threshold` (3) sample standard \
             deviations; by `mad` their median, give or take `threshold` times 1.4826 median distances from \
             it; by `change` the value before, give or take `threshold`, and by `relative_change` times its \
             size; by `seasonal` what additive Holt-Winters smoothing over seasons of `period` runs expects, \
             give or take `threshold` root mean squares of its errors. `direction: spike` or `drop` looks at \
             one side only. Values that were flagged never teach, nor does the one under test. With fewer \
             than `min_samples` (7, of changes 1) values nothing is evaluated. A run with such a verdict is \
             an anomaly. No row is marked."
        )
    };
}
pub(super) use of_the_past;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn what_cannot_be_watched_is_a_problem() {
        let found = |parameters| problems("volume_anomaly", parameters);
        assert_eq!(found(json!({})), [""; 0]);
        assert_eq!(found(json!({"method": "change"})), [""]);
        assert_eq!(found(json!({"threshold": 0})), ["/threshold"]);
        assert_eq!(found(json!({"window": 5, "min_samples": 6})), ["/min_samples"]);
        assert_eq!(found(json!({"min_samples": 0})), ["/min_samples"]);
        assert_eq!(found(json!({"window": 0})), ["/window"]);
        assert_eq!(found(json!({"period": 7})), ["/period"]);
        assert_eq!(found(json!({"method": "seasonal", "period": 15})), ["/period"]);
        assert_eq!(found(json!({"method": "seasonal", "period": 7})), [""; 0]);
    }

    #[test]
    fn the_past_makes_the_bounds() {
        let fields = fields(&[("fare", "double"), ("at", "timestamp")]);
        let lowered = lower("volume_anomaly", json!({}), None, &fields).unwrap();
        let body = serde_json::to_value(lowered.body).unwrap();
        assert_eq!(body["bounds"]["adapt"]["method"], json!({"method": "z_score"}));
        assert_eq!(body["bounds"]["adapt"]["min_samples"], 7);
        let parameters = json!({"figure": "mean", "method": "mad"});
        assert!(lower("metric_anomaly", parameters, Some("fare"), &fields).is_ok());
        let parameters = json!({"figure": "mean"});
        assert!(lower("metric_anomaly", parameters, Some("at"), &fields).is_err());
        assert!(lower("freshness_anomaly", json!({}), Some("at"), &fields).is_ok());
        assert!(lower("freshness_anomaly", json!({}), Some("fare"), &fields).is_err());
    }
}
