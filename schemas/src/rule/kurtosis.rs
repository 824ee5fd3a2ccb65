//! `kurtosis`: the excess kurtosis of the column lies within bounds.

use super::figure::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Kurtosis;

impl Rule for Kurtosis {
    type Parameters = Parameters;
    const NAME: &'static str = "kurtosis";
    const DOC: Doc = Doc {
        summary: "The excess kurtosis of the column lies within bounds.",
        semantics: "The fourth central moment over the fourth power of the standard deviation, all divided by n, \
                    less 3: 0 for the normal distribution, greater where the tails are heavier. Nulls are left out. \
                    Fewer than four values, or values that are all equal, are nothing evaluated. NaN or infinity \
                    among the values makes it NaN, which lies in no range. No row is marked.",
        good: "rule_id: tails-of-fare\nrule_type: kurtosis\ncolumn: fare_amount\nparameters: {max: 10}\n",
        bad: "rule_id: tails-of-fare\nrule_type: kurtosis\ncolumn: fare_amount\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        figure::lower(Self::NAME, "kurtosis", MetricFunction::Kurtosis, parameters, target)
    }
}
