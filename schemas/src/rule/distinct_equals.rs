//! `distinct_equals`: the different values of the column are exactly those of a list.

use super::distinct::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::library::Reference;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct DistinctEquals;

impl Rule for DistinctEquals {
    type Parameters = Parameters;
    const NAME: &'static str = "distinct_equals";
    const DOC: Doc = Doc {
        summary: "The different values of the column are exactly those of a list.",
        semantics: "The figure is the number of different values outside the list, among the rows that pass `where`, \
                    and of values of the list that stand in none of them; it must be 0, and the verdict names some \
                    of both. The list stands in `values` or is a `taxonomy`; values are read as the column's type \
                    and compared exactly. Null is no value, NaN is one. Without any value nothing is evaluated. No \
                    row is marked.",
        good: "rule_id: vendors\nrule_type: distinct_equals\ncolumn: vendor_id\nparameters: {values: [1, 2]}\n",
        bad: "rule_id: vendors\nrule_type: distinct_equals\ncolumn: vendor_id\nparameters: {values: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn references(parameters: &Parameters) -> Vec<Reference> {
        parameters.references()
    }

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let faults = |set: Vec<_>| {
            vec![
                MetricFunction::DistinctOutside { set: set.clone() },
                MetricFunction::DistinctMissing { set },
            ]
        };
        distinct::lower(Self::NAME, "are exactly", faults, parameters, target)
    }
}
