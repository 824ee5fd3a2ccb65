//! How text begins or ends, as `starts_with` and `ends_with` share it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Target, expect_family, values};
use crate::code::Code;
use crate::datatype::Family;
use crate::plan::{Expr, Function, Literal};
use crate::problem::{Pointer, Problem};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The texts, of which one must stand there.
    #[schemars(length(min = 1))]
    values: Vec<String>,
    /// Upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
    /// None of the texts may stand there.
    #[serde(default)]
    negate: bool,
}

impl Parameters {
    pub(super) fn check(&self) -> Vec<Problem> {
        let empty = self.values.iter().position(String::is_empty);
        let problem = |index| {
            let message = "every text begins and ends with the empty one";
            Problem::new(Code::BadValue, Pointer::from("values").index(index), message)
        };
        empty.map(problem).into_iter().collect()
    }
}

/// The plan of a rule by `function`, of which `verb` speaks: "begins with".
pub(super) fn lower(
    rule: &str,
    (function, verb): (Function, &str),
    parameters: &Parameters,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    let field = target.the_column()?;
    expect_family(rule, field, &[Family::Text], "column".into())?;
    let case = |value| match parameters.ignore_case {
        true => Expr::call(Function::Lower, [value]),
        false => value,
    };
    let test = |text: &String| {
        let text = case(Expr::literal(Literal::Text(text.clone())));
        Expr::call(function, [case(Expr::column(&field.name)), text])
    };
    let found = values::any(parameters.values.iter().map(test));
    let shown: Vec<_> = parameters.values.iter().map(|text| format!("`{text}`")).collect();
    let (holds, prefix) = match parameters.negate {
        true => (values::not(found), "no value of "),
        false => (found, ""),
    };
    let title = format!("{prefix}`{}` {verb} {}", field.name, shown.join(" or "));
    Ok(values::lowered(field, target, title, holds))
}
