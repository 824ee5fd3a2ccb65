//! `conditional`: if one condition holds, so does another.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, parameter};
use crate::doc::Doc;
use crate::expression::{self, Scope};
use crate::plan::{Body, Expr};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Conditional;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// When the rule judges a row, such as `status == "shipped"`.
    #[serde(rename = "if")]
    condition: String,
    /// What must be true then, such as `shipped_at != null`.
    then: String,
    /// What must be true of all other rows.
    #[serde(default, rename = "else")]
    otherwise: Option<String>,
}

impl Parameters {
    fn parts(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let otherwise = self.otherwise.as_ref().map(|text| ("else", text));
        [("if", &self.condition), ("then", &self.then)].into_iter().chain(otherwise)
    }
}

impl Rule for Conditional {
    type Parameters = Parameters;
    const NAME: &'static str = "conditional";
    const DOC: Doc = Doc {
        summary: "If one condition holds for a row, so does another.",
        semantics: "Rows where `if` is true are judged by `then`, and where `else` is given all others by \
                    that; without `else` they are not judged. A row violates where what judges it is not true, \
                    null included: `then: amount > 0` violates where the amount is null. Write \
                    `amount == null || amount > 0` to let nulls pass.",
        good: "rule_id: shipped-when\nrule_type: conditional\nparameters: {if: 'status == \"shipped\"', then: shipped_at != null}\n",
        bad: "rule_id: shipped-when\nrule_type: conditional\nparameters: {if: 'status = \"shipped\"', then: shipped_at != null}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let wrong = |(name, text): (&str, &String)| {
            Some(expression::names(text).err()?.problem(text, Pointer::from(name)))
        };
        parameters.parts().filter_map(wrong).collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target.takes_no_nulls(Self::NAME, "what null means stands in the conditions")?;
        let scope = Scope::of(target.fields);
        let read = |name: &str, text: &String| {
            expression::predicate(text, &scope)
                .map_err(|error| vec![error.problem(text, parameter(name))])
        };
        let condition = read("if", &parameters.condition)?;
        let then = read("then", &parameters.then)?;
        let otherwise = parameters.otherwise.as_ref().map(|text| read("else", text)).transpose()?;
        let mut columns = Vec::new();
        for part in [Some(&then), otherwise.as_ref(), Some(&condition)].into_iter().flatten() {
            part.columns(&mut |column| {
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            });
        }
        let mut title = format!("if `{}`, then `{}`", parameters.condition, parameters.then);
        if let Some(text) = &parameters.otherwise {
            title += &format!(", else `{text}`");
        }
        let body = match otherwise {
            None => Body::Rows { evaluated: Some(condition), holds: then },
            Some(otherwise) => Body::Rows {
                evaluated: None,
                holds: Expr::Case {
                    branches: vec![(condition, then)],
                    otherwise: Box::new(otherwise),
                },
            },
        };
        Ok(Lowered { title, columns, body })
    }
}
