//! `json_schema`: a JSON document is of a JSON Schema.

mod keyword;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Lowered, Rule, Subject, Target, expect_family, values};
use crate::datatype::Family;
use crate::doc::Doc;
use crate::plan::{Expr, Function};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;
use keyword::Place;

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
        semantics: "Text that is no JSON violates. The keywords mean what JSON Schema 2020-12 says of them: `type`, \
                    `enum` and `const` of single values, `required`, `properties`, \
                    `additionalProperties: false`, `minimum`, `maximum`, `exclusiveMinimum`, \
                    `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`, `pattern`, `minItems`, \
                    `maxItems`, `allOf`, `anyOf`, `not`. `title`, `description`, `format` and the other \
                    annotations demand nothing. Numbers are read as doubles. Every other keyword, such as \
                    `items` or `$ref`, is refused rather than left out of the judgement. Nulls are skipped \
                    unless `nulls: violate`.",
        good: "rule_id: payload\nrule_type: json_schema\ncolumn: payload\nparameters: {schema: {type: object, required: [id], properties: {id: {type: integer}}}}\n",
        bad: "rule_id: payload\nrule_type: json_schema\ncolumn: payload\nparameters: {schema: {type: object, items: {type: integer}}}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        // Which column is read does not matter to what is wrong.
        let anything = Expr::Now;
        let place = Place::root(&anything, Pointer::from("schema"));
        keyword::lower(&parameters.schema, &place).err().unwrap_or_default()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        expect_family(Self::NAME, field, &[Family::Text], "column".into())?;
        let column = Expr::column(&field.name);
        let place = Place::root(&column, super::parameter("schema"));
        let schema = keyword::lower(&parameters.schema, &place)?;
        let valid = Expr::call(Function::JsonValid, [column.clone()]);
        let holds = Expr::all([valid, schema]);
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
            (json!({"items": {}}), "/schema/items"),
            (json!({"properties": {"a/b": {"$ref": "#"}}}), "/schema/properties/a~1b/$ref"),
            (json!({"type": "integre"}), "/schema/type"),
            (json!({"required": "a"}), "/schema/required"),
            (json!({"enum": [[1]]}), "/schema/enum/0"),
            (json!({"additionalProperties": {"type": "text"}}), "/schema/additionalProperties"),
            (json!({"anyOf": []}), "/schema/anyOf"),
            (json!({"pattern": "(?=a)"}), "/schema/pattern"),
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
