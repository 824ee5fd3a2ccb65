//! `length`: text has so many characters.

use schemars::JsonSchema;
use serde::Deserialize;

use super::bounds::Whole;
use super::{Lowered, Rule, Subject, Target, expect_family};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::literal;
use crate::plan::{Body, Expr, Function};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct Length;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The smallest length allowed.
    #[serde(default)]
    min: Option<u64>,
    /// The greatest length allowed.
    #[serde(default)]
    max: Option<u64>,
    /// The one length allowed; stands alone.
    #[serde(default)]
    exactly: Option<u64>,
}

impl Parameters {
    fn whole(&self) -> Whole {
        Whole { min: self.min, max: self.max, exactly: self.exactly }
    }
}

impl Rule for Length {
    type Parameters = Parameters;
    const NAME: &'static str = "length";
    const DOC: Doc = Doc {
        summary: "Every text has a length within bounds.",
        semantics: "Length is counted in Unicode code points, so `é` counts as one where it is written as \
                    one and as two where the accent stands apart. Bounds belong to the range. Nulls are \
                    skipped unless `nulls: violate`; empty text has length 0 and is judged.",
        good: "rule_id: currency-length\nrule_type: length\ncolumn: currency\nparameters: {exactly: 3}\n",
        bad: "rule_id: currency-length\nrule_type: length\ncolumn: currency\nparameters: {exactly: 3, max: 4}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.whole().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let whole = parameters.whole();
        let length = Expr::call(Function::Length, [Expr::column(&field.name)]);
        let test = |function, bound: u64| {
            Expr::call(function, [length.clone(), Expr::literal(literal::count(bound))])
        };
        let tests = match parameters.exactly {
            Some(exactly) => vec![test(Function::Equal, exactly)],
            None => {
                let above = parameters.min.map(|min| test(Function::GreaterOrEqual, min));
                let below = parameters.max.map(|max| test(Function::LessOrEqual, max));
                above.into_iter().chain(below).collect()
            }
        };
        Ok(Lowered {
            title: format!("the length of `{}` is {}", field.name, whole.words()),
            columns: vec![field.name.clone()],
            body: Body::Rows { evaluated: target.judged([&field.name]), holds: Expr::all(tests) },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn bounds_and_exact_lengths_exclude_each_other() {
        let fields = fields(&[("code", "text"), ("id", "integer")]);
        let lowered = lower("length", json!({"min": 2, "max": 3}), Some("code"), &fields).unwrap();
        assert_eq!(lowered.title, "the length of `code` is from 2 to 3");
        assert!(lower("length", json!({"min": 2}), Some("id"), &fields).is_err());
        assert_eq!(problems("length", json!({})), [""]);
        assert_eq!(problems("length", json!({"exactly": 3, "min": 1})), ["/exactly"]);
        assert_eq!(problems("length", json!({"min": 4, "max": 3})), ["/min"]);
        assert_eq!(problems("length", json!({"min": -1})), ["/min"]);
    }
}
