//! `population_stability`: the values of a column are distributed as stated.

use schemars::JsonSchema;
use serde::Deserialize;

use super::distribution::Stated;
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::{Body, Bounds, Distance, Measure};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct PopulationStability;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The distribution that is expected.
    expected: Stated,
    /// The greatest index allowed.
    max: f64,
    /// What a smaller share is taken as; 0.0001 unless said.
    #[serde(default = "least")]
    least_share: f64,
}

fn least() -> f64 {
    1e-4
}

impl Rule for PopulationStability {
    type Parameters = Parameters;
    const NAME: &'static str = "population_stability";
    const DOC: Doc = Doc {
        summary: "The values are distributed as stated or as before, by the population stability index.",
        semantics: "`sum((p - q) ln(p / q))` over the shares p of the values among the rows that pass `where` and \
                    the stated shares q; at most `max`. By custom, below 0.1 nothing has changed and above 0.25 much \
                    has. Shares below `least_share` are taken as that. Shares belong to `values` or to `bins`; a bin \
                    holds its lower end, the last one both. All values beside `values` are one part of share 0; so \
                    are those below and those above `bins`, unless `tail_weights` says otherwise. Instead of \
                    `weights`, `runs` lets the last so many runs of the dataset say the shares: those of all their \
                    values together, what is beyond the parts being parts of their own. With fewer runs, or fewer \
                    values than `min_samples` in them or here, nothing is evaluated; runs that were beyond the bound \
                    do not count. Nulls are left out, and NaN beside bins. Without any value nothing is evaluated. \
                    No row is marked.",
        good: "rule_id: fares\nrule_type: population_stability\ncolumn: fare_amount\nparameters: {max: 0.2, expected: {bins: [0, 10, 50], weights: [0.6, 0.4]}}\n",
        bad: "rule_id: fares\nrule_type: population_stability\ncolumn: fare_amount\nparameters: {max: 0.2, expected: {bins: [0, 10, 50], weights: [1]}}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = parameters.expected.check();
        let mut fault = |name: &str, message: &str| {
            problems.push(Problem::new(Code::BadValue, Pointer::from(name), message));
        };
        if parameters.max < 0.0 {
            fault("max", "the index is not negative, so nothing passes");
        }
        if parameters.least_share <= 0.0 || parameters.least_share >= 0.5 {
            fault("least_share", "the smallest share lies above 0 and below 0.5");
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let (cells, tail) = parameters.expected.cells(Self::NAME, target, 0.0)?;
        let distance = Distance::PopulationStability { least: parameters.least_share };
        let tail = tail.as_one();
        let adapt = parameters.expected.adapt(&cells, &tail);
        let column = &target.the_column()?.name;
        Ok(Lowered {
            title: format!(
                "the stability index of `{column}` against {} is at most {}",
                parameters.expected.said(),
                parameters.max
            ),
            columns: vec![column.clone()],
            body: Body::Metric {
                measure: Measure::Divergence { distance, cells, tail },
                bounds: Bounds { max: Some(parameters.max), adapt, ..Bounds::default() },
            },
        })
    }
}
