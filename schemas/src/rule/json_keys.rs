//! `json_keys`: a JSON object has fields of these names.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct JsonKeys;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The names.
    #[schemars(length(min = 1))]
    keys: Vec<String>,
    /// Further names violate.
    #[serde(default)]
    closed: bool,
    /// One of the names is enough.
    #[serde(default)]
    any: bool,
}

impl Rule for JsonKeys {
    type Parameters = Parameters;
    const NAME: &'static str = "json_keys";
    const DOC: Doc = Doc {
        summary: "Every text is a JSON object with fields of these names.",
        semantics: "A text violates where it is no JSON, no object, or lacks one of `keys`; with `any: true`, \
                    where it lacks all of them; with `closed: true` also where it has others. A field whose \
                    value is null is there. Nulls are skipped unless `nulls: violate`; empty text violates.",
        good: "rule_id: payload-keys\nrule_type: json_keys\ncolumn: payload\nparameters: {keys: [id, kind]}\n",
        bad: "rule_id: payload-keys\nrule_type: json_keys\ncolumn: payload\nparameters: {keys: []}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let column = Expr::column(&field.name);
        let text = |text: &str| Expr::literal(Literal::Text(text.to_owned()));
        let kind = |pointer: Pointer| {
            Expr::call(Function::JsonType, [column.clone(), text(pointer.as_str())])
        };
        let present = |key: &String| kind(Pointer::root().key(key)).is_not_null();
        let keys = parameters.keys.iter().map(present);
        let mut tests = vec![
            Expr::call(Function::JsonValid, [column.clone()]),
            Expr::call(Function::Equal, [kind(Pointer::root()), text("object")]),
            if parameters.any { values::any(keys) } else { Expr::all(keys) },
        ];
        if parameters.closed {
            let known = parameters.keys.iter().map(|key| text(key));
            let arguments = [column.clone(), text("")].into_iter().chain(known);
            tests.push(Expr::call(Function::JsonKeysWithin, arguments));
        }
        let word = if parameters.any { " or " } else { ", " };
        let only = if parameters.closed { " and no others" } else { "" };
        let title = format!("`{}` has the keys {}{only}", field.name, parameters.keys.join(word));
        Ok(values::lowered(field, target, title, Expr::all(tests)))
    }
}
