//! `in_set`: a value is one of a list.

use super::set::{self, Parameters};
use super::{Lowered, Rule, Subject, Target};
use crate::doc::Doc;
use crate::library::Reference;
use crate::plan::Body;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct InSet;

impl Rule for InSet {
    type Parameters = Parameters;
    const NAME: &'static str = "in_set";
    const DOC: Doc = Doc {
        summary: "Every value is one of a list.",
        semantics: "The list stands in `values` or is a `taxonomy`. Nulls are skipped unless \
                    `nulls: violate`; NaN is in no list. Values are read as the column's type, and one that \
                    the column cannot hold is an error. Text is compared character by character; with \
                    `ignore_case`, after both sides are brought to lower case. White space counts: trim in \
                    the cleansing stage.",
        good: "rule_id: vendor-known\nrule_type: in_set\ncolumn: vendor_id\nparameters: {values: [1, 2, 6]}\n",
        bad: "rule_id: vendor-known\nrule_type: in_set\ncolumn: vendor_id\nparameters: {values: []}\n",
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
        let (holds, words) = set::membership(Self::NAME, parameters, field, target)?;
        Ok(Lowered {
            title: format!("`{}` is one of {words}", field.name),
            columns: vec![field.name.clone()],
            body: Body::Rows { evaluated: target.judged([&field.name]), holds },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn values_must_be_ones_that_the_column_can_hold() {
        let fields = fields(&[("id", "integer"), ("code", "text"), ("rate", "decimal(4,2)")]);
        let lower =
            |values, column| lower("in_set", json!({"values": values}), Some(column), &fields);
        assert_eq!(lower(json!([1, 2]), "id").unwrap().title, "`id` is one of 1, 2");
        assert!(lower(json!(["a", "b"]), "code").is_ok());
        assert!(lower(json!([0.25, "1.5"]), "rate").is_ok());
        let problems = lower(json!([1, "x"]), "id").unwrap_err();
        assert_eq!(problems[0].pointer.as_str(), "/parameters/values/1");
        assert!(lower(json!([0.125]), "rate").is_err());
        assert!(lower(json!([4]), "code").unwrap_err()[0].message.contains("quote it"));
    }

    #[test]
    fn exactly_one_list_without_repetition_is_wanted() {
        assert_eq!(problems("in_set", json!({})), [""]);
        assert_eq!(problems("in_set", json!({"values": []})), ["/values"]);
        assert_eq!(problems("in_set", json!({"values": [1, 1]})), ["/values/1"]);
        let both = json!({"values": [1], "taxonomy": {"taxonomy_id": "t"}});
        assert_eq!(problems("in_set", both), ["/taxonomy"]);
        let fields = fields(&[("id", "integer")]);
        let parameters = json!({"values": [1], "ignore_case": true});
        assert!(lower("in_set", parameters, Some("id"), &fields).is_err());
    }

    #[test]
    fn a_taxonomy_gives_its_codes() {
        let fields = fields(&[("code", "text")]);
        let parameters = json!({"taxonomy": {"taxonomy_id": "colours"}, "ignore_case": true});
        let lowered = lower("in_set", parameters.clone(), Some("code"), &fields).unwrap();
        assert_eq!(lowered.title, "`code` is one of the codes of `colours`");
        let rule = crate::rule::named("in_set").unwrap();
        let found = rule.references(parameters.as_object().unwrap());
        assert_eq!(found[0].pointer.as_str(), "/taxonomy");
        let unknown = json!({"taxonomy": {"taxonomy_id": "shapes"}});
        assert!(lower("in_set", unknown, Some("code"), &fields).is_err());
    }

    #[test]
    fn letters_beyond_ascii_change_case_in_the_engine() {
        let fields = fields(&[("code", "text")]);
        let parameters = json!({"values": ["A", "Ä"], "ignore_case": true});
        let body = lower("in_set", parameters, Some("code"), &fields).unwrap().body;
        let body = serde_json::to_value(body).unwrap();
        assert_eq!(body["holds"]["function"], "or");
        assert_eq!(body["holds"]["arguments"][0]["set"], json!([{"type": "text", "value": "a"}]));
        assert_eq!(body["holds"]["arguments"][1]["arguments"][1]["function"], "lower");
    }
}
