//! `expression`: a condition over the columns of a row.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, parameter};
use crate::doc::Doc;
use crate::expression::{self, Scope};
use crate::library::rule_set::Nulls;
use crate::plan::Body;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Expression;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// What must be true of each row, such as `total == fare + tip`.
    expression: String,
}

impl Rule for Expression {
    type Parameters = Parameters;
    const NAME: &'static str = "expression";
    const DOC: Doc = Doc {
        summary: "A condition holds for every row.",
        semantics: "A row violates where the condition is false. Where it is null, because a value that it \
                    needs is, the row is not judged; with `nulls: violate` it violates. A condition that \
                    asks for null itself, such as `tip == null || tip >= 0`, is judged everywhere. NaN \
                    equals itself and is greater than every number here.",
        good: "rule_id: total-adds-up\nrule_type: expression\nparameters: {expression: 'total == fare + tip'}\n",
        bad: "rule_id: total-adds-up\nrule_type: expression\nparameters: {expression: 'total = fare + tip'}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let text = &parameters.expression;
        match expression::names(text) {
            Ok(_) => Vec::new(),
            Err(error) => vec![error.problem(text, Pointer::from("expression"))],
        }
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let text = &parameters.expression;
        let holds = expression::predicate(text, &Scope::of(target.fields))
            .map_err(|error| vec![error.problem(text, parameter("expression"))])?;
        let mut columns = Vec::new();
        holds.columns(&mut |column| {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        });
        let evaluated = match target.nulls {
            Nulls::Skip => Some(holds.clone().is_not_null()),
            Nulls::Violate => None,
        };
        Ok(Lowered { title: format!("`{text}`"), columns, body: Body::Rows { evaluated, holds } })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::Body;
    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn rows_whose_condition_is_null_are_not_judged() {
        let fields = fields(&[("a", "integer"), ("b", "integer")]);
        let parameters = json!({"expression": "a > b && a < 9"});
        let lowered = lower("expression", parameters, None, &fields).unwrap();
        assert_eq!(lowered.columns.len(), 2);
        assert!(matches!(lowered.body, Body::Rows { evaluated: Some(_), .. }));
        let unknown =
            lower("expression", json!({"expression": "a > c"}), None, &fields).unwrap_err();
        assert_eq!(unknown[0].pointer.as_str(), "/parameters/expression");
        assert_eq!(problems("expression", json!({"expression": "a >"})), ["/expression"]);
    }
}
