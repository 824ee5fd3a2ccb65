//! Numbers of things within bounds, as the rules that count share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Lowered;
use super::bounds::Whole;
use crate::id::ColumnName;
use crate::plan::{Body, Bounds, Measure};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest number allowed.
    #[serde(default)]
    min: Option<u64>,
    /// The greatest number allowed.
    #[serde(default)]
    max: Option<u64>,
    /// The one number allowed; stands alone.
    #[serde(default)]
    exactly: Option<u64>,
}

impl Parameters {
    fn whole(&self) -> Whole {
        Whole { min: self.min, max: self.max, exactly: self.exactly }
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        self.whole().check()
    }

    /// The plan of a number, in `words`, within these bounds.
    pub(super) fn lower(&self, words: &str, columns: Vec<ColumnName>, measure: Measure) -> Lowered {
        let whole = self.whole();
        Lowered {
            title: format!("{words} is {}", whole.words()),
            columns,
            body: Body::Metric { measure, bounds: bounds(&whole) },
        }
    }
}

/// Whole bounds as bounds of a figure.
pub(super) fn bounds(whole: &Whole) -> Bounds {
    let ends = whole.ends();
    Bounds {
        min: ends.min.map(|min| *min as f64),
        max: ends.max.map(|max| *max as f64),
        ..Bounds::default()
    }
}
