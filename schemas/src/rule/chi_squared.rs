//! `chi_squared`: nothing speaks against the values of a column being distributed as stated.

use schemars::JsonSchema;
use serde::Deserialize;

use super::distribution::Stated;
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::{Body, Bounds, Distance, Measure};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct ChiSquared;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The distribution that is expected.
    expected: Stated,
    /// The smallest probability allowed; 0.05 unless said.
    #[serde(default = "customary")]
    min_p_value: f64,
}

fn customary() -> f64 {
    0.05
}

impl Rule for ChiSquared {
    type Parameters = Parameters;
    const NAME: &'static str = "chi_squared";
    const DOC: Doc = Doc {
        summary: "Pearson's test does not speak against the stated distribution.",
        semantics: "The figure is the probability that rows drawn from the stated distribution are at least as far \
                    from it as those that pass `where`, by `sum((observed - expected)² / expected)` over the counts \
                    of the parts, with one degree of freedom less than there are parts; at least `min_p_value`. \
                    Parts are `values` or `bins`; a bin holds its lower end, the last one both. A value beside \
                    `values` or `bins` makes it 0, unless `tail_weights` expects it. Parts of share 0 without a \
                    value do not count. Many rows make small differences improbable: for large data, use \
                    `population_stability`. Instead of `weights`, `runs` lets the last so many runs of the dataset \
                    say the shares: those of all their values together, what is beyond the parts being parts of \
                    their own. With fewer runs, or fewer values than `min_samples` in them or here, nothing is \
                    evaluated; runs that were beyond the bound do not count. Nulls are left out, and NaN beside \
                    bins. Without any value nothing is evaluated. No row is marked.",
        good: "rule_id: dice\nrule_type: chi_squared\ncolumn: side\nparameters: {expected: {values: [1, 2], weights: [0.5, 0.5]}}\n",
        bad: "rule_id: dice\nrule_type: chi_squared\ncolumn: side\nparameters: {min_p_value: 5, expected: {values: [1, 2], weights: [0.5, 0.5]}}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = parameters.expected.check();
        let least = parameters.min_p_value;
        if least <= 0.0 || least >= 1.0 {
            let message = format!("a probability lies between 0 and 1, and {least} does not");
            problems.push(Problem::new(Code::BadValue, Pointer::from("min_p_value"), message));
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let (cells, tail) = parameters.expected.cells(Self::NAME, target, 0.0)?;
        let tail = tail.as_one();
        let adapt = parameters.expected.adapt(&cells, &tail);
        let column = &target.the_column()?.name;
        Ok(Lowered {
            title: format!(
                "the values of `{column}` come from {} with a probability of at least {}",
                parameters.expected.said(),
                parameters.min_p_value
            ),
            columns: vec![column.clone()],
            body: Body::Metric {
                measure: Measure::Divergence { distance: Distance::ChiSquared, cells, tail },
                bounds: Bounds { min: Some(parameters.min_p_value), adapt, ..Bounds::default() },
            },
        })
    }
}
