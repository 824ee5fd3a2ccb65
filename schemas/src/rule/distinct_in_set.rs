//! `distinct_in_set`: every different value of the column is one of a list.

use super::distinct::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::library::Reference;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct DistinctInSet;

impl Rule for DistinctInSet {
    type Parameters = Parameters;
    const NAME: &'static str = "distinct_in_set";
    const DOC: Doc = Doc {
        summary: "Every different value of the column is one of a list.",
        semantics: "The figure is the number of different values outside the list, among the rows that pass `where`, \
                    and must be 0; the verdict names some of them. Values of the list need not stand in the column. \
                    For rows, use `in_set`. The list stands in `values` or is a `taxonomy`; values are read as the \
                    column's type and compared exactly. Null is no value, NaN is one. Without any value nothing is \
                    evaluated. No row is marked.",
        good: "rule_id: vendors\nrule_type: distinct_in_set\ncolumn: vendor_id\nparameters: {values: [1, 2]}\n",
        bad: "rule_id: vendors\nrule_type: distinct_in_set\ncolumn: vendor_id\nparameters: {values: []}\n",
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
        let faults = |set: Vec<_>| vec![MetricFunction::DistinctOutside { set }];
        distinct::lower(Self::NAME, "are among", faults, parameters, target)
    }
}
