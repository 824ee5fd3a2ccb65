//! `row_count_match`: as many rows as another dataset.

use super::matching::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct RowCountMatch;

impl Rule for RowCountMatch {
    type Parameters = Parameters;
    const NAME: &'static str = "row_count_match";
    const DOC: Doc = Doc {
        summary: "There are as many rows as in another dataset.",
        semantics: "The rows that pass `where`, after cleansing, are counted against those of the other dataset \
                    that pass `other_where`, times `factor`. `relation` says `at_most` or `at_least` instead of \
                    equal. The two may lie apart by `tolerance` rows, or by `relative_tolerance` as a share of \
                    the other number, whichever is more. Two empty datasets agree. No row is marked. One \
                    scan of the other dataset.",
        good: "rule_id: nothing-lost\nrule_type: row_count_match\nparameters: {dataset: landing, relative_tolerance: 0.01}\n",
        bad: "rule_id: nothing-lost\nrule_type: row_count_match\nparameters: {dataset: landing, tolerance: -1}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let figures = matching::Figures {
            function: MetricFunction::Count,
            here: None,
            there: None,
            words: "the number of rows".to_owned(),
        };
        matching::lower(Self::NAME, parameters, &figures, target)
    }
}
