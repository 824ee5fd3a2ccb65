//! `not_in_set`: a value is none of a list.

use super::set::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::library::Reference;
use crate::plan::{Body, Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct NotInSet;

impl Rule for NotInSet {
    type Parameters = Parameters;
    const NAME: &'static str = "not_in_set";
    const DOC: Doc = Doc {
        summary: "No value is one of a list.",
        semantics: "The list stands in `values` or is a `taxonomy`, and is read as by `in_set`. Nulls are \
                    skipped unless `nulls: violate`; NaN is in no list, so it does not violate.",
        good: "rule_id: no-test-vendors\nrule_type: not_in_set\ncolumn: vendor_id\nparameters: {values: [0, 99]}\n",
        bad: "rule_id: no-test-vendors\nrule_type: not_in_set\ncolumn: vendor_id\nparameters: {value: 99}\n",
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
        let field = target.the_column()?;
        let (inside, words) = set::membership(Self::NAME, parameters, field, target)?;
        Ok(Lowered {
            title: format!("`{}` is none of {words}", field.name),
            columns: vec![field.name.clone()],
            body: Body::Rows {
                evaluated: target.judged([&field.name]),
                holds: Expr::call(Function::Not, [inside]),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower};

    #[test]
    fn membership_is_turned_round() {
        let fields = fields(&[("id", "integer")]);
        let lowered = lower("not_in_set", json!({"values": [0]}), Some("id"), &fields).unwrap();
        assert_eq!(lowered.title, "`id` is none of 0");
        let body = serde_json::to_value(lowered.body).unwrap();
        assert_eq!(body["holds"]["function"], "not");
    }
}
