//! Levels of a rule: what is beyond `fail` fails, and what is only beyond `warn` warns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::taxonomy::Scalar;
use crate::code::Code;
use crate::plan::{Bounds, Level, Tolerance};
use crate::problem::{Pointer, Problem};

/// What is tolerated at a level: of rules about rows, a number or share of them; of rules about figures,
/// bounds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Threshold {
    /// Violating rows tolerated.
    pub max_violations: Option<u64>,
    /// Share of violating rows tolerated, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_violation_ratio: Option<f64>,
    /// The smallest figure allowed.
    pub min: Option<Scalar>,
    /// The greatest figure allowed.
    pub max: Option<Scalar>,
    /// The smallest figure itself is not allowed.
    pub exclusive_min: bool,
    /// The greatest figure itself is not allowed.
    pub exclusive_max: bool,
}

impl Threshold {
    /// What it tolerates of rows, if it says so.
    pub fn tolerance(&self) -> Option<Tolerance> {
        let Self { max_violations, max_violation_ratio, .. } = *self;
        (max_violations.is_some() || max_violation_ratio.is_some())
            .then_some(Tolerance { max_violations, max_violation_ratio })
    }

    fn has_bounds(&self) -> bool {
        self.min.is_some() || self.max.is_some() || self.exclusive_min || self.exclusive_max
    }

    /// The parameters of a rule with these bounds among them.
    pub fn among(&self, parameters: &Map<String, Value>) -> Map<String, Value> {
        let mut parameters = parameters.clone();
        for (name, end) in [("min", &self.min), ("max", &self.max)] {
            if let Some(value) = end.as_ref().and_then(|end| serde_json::to_value(end).ok()) {
                parameters.insert(name.to_owned(), value);
            }
        }
        let flags = [("exclusive_min", self.exclusive_min), ("exclusive_max", self.exclusive_max)];
        for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
            parameters.insert(name.to_owned(), true.into());
        }
        parameters
    }

    /// What stands at this level and again where the same is said without levels, seen from the level.
    pub fn repeated(&self, parameters: &Map<String, Value>, tolerance: &Tolerance) -> Vec<Problem> {
        let twice = [
            ("max_violations", self.max_violations.is_some() && tolerance.max_violations.is_some()),
            (
                "max_violation_ratio",
                self.max_violation_ratio.is_some() && tolerance.max_violation_ratio.is_some(),
            ),
            ("min", self.min.is_some() && parameters.contains_key("min")),
            ("max", self.max.is_some() && parameters.contains_key("max")),
        ];
        let problem = |name: &str| {
            let message = format!("`{name}` is given at the level `fail` and outside of it");
            Problem::new(Code::BadValue, name.into(), message).at_key().hint("give it once")
        };
        twice.iter().filter(|(_, twice)| *twice).map(|(name, _)| problem(name)).collect()
    }

    /// The level of warning of a check that judges rows or, otherwise, a figure.
    ///
    /// # Errors
    /// It says what such a check does not take, seen from the level.
    pub fn level(&self, rows: bool) -> Result<Level, Problem> {
        let fault =
            |pointer: Pointer, message: &str| Problem::new(Code::BadValue, pointer, message);
        match (rows, self.tolerance(), self.has_bounds()) {
            (true, Some(tolerance), false) => Ok(Level::Rows { tolerance }),
            (true, ..) => {
                Err(fault(Pointer::root(), "a rule about rows takes a number or share of them")
                    .hint("write `max_violation_ratio: 0.01`"))
            }
            (false, None, true) => Ok(Level::Figure { bounds: self.bounds()? }),
            (false, ..) => Err(fault(Pointer::root(), "a rule about a figure takes bounds of it")
                .hint("write `min: …`, `max: …` or both")),
        }
    }

    fn bounds(&self) -> Result<Bounds, Problem> {
        let number = |name: &str, end: &Option<Scalar>| match end {
            None => Ok(None),
            Some(Scalar::Integer(value)) => Ok(Some(*value as f64)),
            Some(Scalar::Number(value)) => Ok(Some(*value)),
            Some(other) => {
                let message = format!("`{}` is no number", other.shown());
                Err(Problem::new(Code::BadValue, name.into(), message))
            }
        };
        Ok(Bounds {
            min: number("min", &self.min)?,
            max: number("max", &self.max)?,
            exclusive_min: self.exclusive_min,
            exclusive_max: self.exclusive_max,
            adapt: None,
        })
    }
}
