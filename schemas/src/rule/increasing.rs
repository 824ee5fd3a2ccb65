//! `increasing`: values only grow from row to row.

use super::order::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::plan::Function;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Increasing;

impl Rule for Increasing {
    type Parameters = Parameters;
    const NAME: &'static str = "increasing";
    const DOC: Doc = Doc {
        summary: "From row to row, values only grow.",
        semantics: "A row violates where its value is less than that of the row before it, or equal to it where \
                    `strictly: true`. Rows stand as in the input, or by `order_by`, ties as in the input. With \
                    `group_by` each group is judged alone. Rows without a value, in the column or in \
                    `order_by`, are not judged and are nobody's neighbours; so are rows that `where` leaves \
                    out. The first row holds. Text is compared by code point, in small letters with `ignore_case: true`; NaN is greater than every \
                    number. One pass more over the judged rows, which sorts them.",
        good: "rule_id: counter-grows\nrule_type: increasing\ncolumn: reading\nparameters: {strictly: true, group_by: [device]}\n",
        bad: "rule_id: counter-grows\nrule_type: increasing\ncolumn: reading\nparameters: {strict: true}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        order::lower(Self::NAME, [Function::GreaterOrEqual, Function::Greater], parameters, target)
    }
}
