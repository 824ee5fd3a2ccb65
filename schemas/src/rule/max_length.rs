//! `max_length`: the greatest length of the texts in the column lies within bounds.

use super::figure::{self, About, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct MaxLength;

impl Rule for MaxLength {
    type Parameters = Parameters;
    const NAME: &'static str = "max_length";
    const DOC: Doc = Doc {
        summary: "The greatest length of the texts in the column lies within bounds.",
        semantics: "Lengths are counted in Unicode code points, over the texts that are not null, among the rows \
                    that pass `where`; empty text has length 0. Without any text nothing is evaluated. No row is \
                    marked: for rows, use `length`.",
        good: "rule_id: names\nrule_type: max_length\ncolumn: note\nparameters: {max: 200}\n",
        bad: "rule_id: names\nrule_type: max_length\ncolumn: note\nparameters: {}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = figure::column(Self::NAME, &[Family::Text], target)?;
        let metric = Metric::of(MetricFunction::MaxLength, Expr::column(&field.name));
        let measure = Measure::Metric { metric };
        let about = About { columns: vec![field.name.clone()], measure, of: None };
        parameters.limits().lower(
            &format!("the greatest length of `{}`", field.name),
            about,
            target,
        )
    }
}
