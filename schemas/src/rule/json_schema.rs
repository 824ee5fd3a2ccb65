//! `json_schema`: a JSON document is of a JSON Schema.

mod keyword;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::canonical;
use crate::code::Code;
use crate::datatype::Family;
use crate::doc::Doc;
use crate::document::{DocumentSchema, Unfit};
use crate::plan::{Expr, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct JsonSchemaRule;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The schema, written out: an object, or `true` or `false`.
    schema: Value,
}

impl Rule for JsonSchemaRule {
    type Parameters = Parameters;
    const NAME: &'static str = "json_schema";
    const DOC: Doc = Doc {
        summary: "Every text is a JSON document of a JSON Schema.",
        semantics: "Text that is no JSON violates. The schema is one of JSON Schema 2020-12, with every keyword of \
                    it: `$ref` within the schema, `items`, `oneOf`, `if`, `unevaluatedProperties` and so on. \
                    `format`, `title` and the other annotations demand nothing. A keyword that JSON Schema does \
                    not have is refused, unless it begins with `x-`; so are references to schemas elsewhere, \
                    other dialects, and patterns with a look around or a reference back, as their time has no \
                    bound. Of fields of one name the last counts. A document of more than 127 values within \
                    each other violates. Nulls are skipped unless `nulls: violate`.",
        good: "rule_id: payload\nrule_type: json_schema\ncolumn: payload\nparameters: {schema: {type: object, required: [id], properties: {id: {type: integer}}}}\n",
        bad: "rule_id: payload\nrule_type: json_schema\ncolumn: payload\nparameters: {schema: {type: object, itens: {type: integer}}}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let place = Pointer::from("schema");
        if !matches!(parameters.schema, Value::Object(_) | Value::Bool(_)) {
            let message = "a schema is an object, or `true` or `false`";
            return vec![Problem::new(Code::BadValue, place, message)];
        }
        let problems = keyword::check(&parameters.schema, &place);
        if !problems.is_empty() {
            return problems;
        }
        let unfit = DocumentSchema::new(&parameters.schema).err();
        let problem =
            |unfit: Unfit| Problem::new(Code::BadValue, place.join(&unfit.place), unfit.reason);
        unfit.map(problem).into_iter().collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let column = Expr::column(&field.name);
        let written = Expr::literal(Literal::Text(canonical::text(&parameters.schema)));
        let valid = Expr::call(Function::JsonValid, [column.clone()]);
        let holds = Expr::all([valid, Expr::call(Function::JsonSchema, [column, written])]);
        let name = parameters.schema.get("title").and_then(Value::as_str);
        let name = name.map(|title| format!(" `{title}`")).unwrap_or_default();
        let title = format!("`{}` is of the schema{name}", field.name);
        Ok(values::lowered(field, target, title, holds))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn what_is_not_judged_is_refused() {
        let fields = fields(&[("t", "text"), ("n", "integer")]);
        for (schema, place) in [
            (json!({"itens": {}}), "/schema/itens"),
            (
                json!({"properties": {"a/b": {"oneOf": [{"requird": []}]}}}),
                "/schema/properties/a~1b/oneOf/0/requird",
            ),
            (json!({"properties": {"a": {"type": "integre"}}}), "/schema/properties/a/type"),
            (json!({"required": "a"}), "/schema/required"),
            (
                json!({"additionalProperties": {"type": "text"}}),
                "/schema/additionalProperties/type",
            ),
            (json!({"anyOf": []}), "/schema/anyOf"),
            (json!({"pattern": "(?=a)"}), "/schema"),
            (json!({"$ref": "https://example.org/elsewhere"}), "/schema"),
            (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "/schema/$schema"),
            (json!({"minimum": "1"}), "/schema/minimum"),
            (json!(5), "/schema"),
        ] {
            assert_eq!(problems("json_schema", json!({"schema": schema})), [place]);
        }
        let good = json!({"schema": {"type": ["object", "null"], "title": "x", "format": "y"}});
        assert!(lower("json_schema", good.clone(), Some("t"), &fields).is_ok());
        assert!(lower("json_schema", good, Some("n"), &fields).is_err());
    }
}
