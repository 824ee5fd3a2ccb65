//! `distinct_contains`: every value of a list stands in the column.

use super::distinct::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::library::Reference;
use crate::plan::MetricFunction;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct DistinctContains;

impl Rule for DistinctContains {
    type Parameters = Parameters;
    const NAME: &'static str = "distinct_contains";
    const DOC: Doc = Doc {
        summary: "Every value of a list stands in the column.",
        semantics: "The figure is the number of values of the list that stand in no row that passes `where`, and \
                    must be 0; the verdict names some of them. Other values may stand in the column. The list stands \
                    in `values` or is a `taxonomy`; values are read as the column's type and compared exactly. Null \
                    is no value, NaN is one. Without any value nothing is evaluated. No row is marked.",
        good: "rule_id: vendors\nrule_type: distinct_contains\ncolumn: vendor_id\nparameters: {values: [1, 2]}\n",
        bad: "rule_id: vendors\nrule_type: distinct_contains\ncolumn: vendor_id\nparameters: {values: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Completeness;
    const SUBJECT: Subject = Subject::Column;

    fn references(parameters: &Parameters) -> Vec<Reference> {
        parameters.references()
    }

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let faults = |set: Vec<_>| vec![MetricFunction::DistinctMissing { set }];
        distinct::lower(Self::NAME, "contain", faults, parameters, target)
    }
}
