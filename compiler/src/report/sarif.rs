//! For code scanning: SARIF 2.1.0.

use std::collections::BTreeSet;

use assay_schemas::code::Code;
use serde_json::{Value, json};

use super::{Report, with_hint, word};
use crate::diagnostic::{Diagnostic, Place};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(report: &Report<'_>) -> String {
    let codes: BTreeSet<Code> = report.diagnostics.iter().map(|d| d.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let results: Vec<Value> =
        report.diagnostics.iter().map(|d| result(d, &codes, report)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "assayc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().copied().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "shortDescription": {"text": code.title()},
        "fullDescription": {"text": code.explanation()},
        "defaultConfiguration": {"level": word(code.level())},
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], report: &Report<'_>) -> Value {
    let mut primary = json!({"physicalLocation": physical(&diagnostic.primary, report)});
    let pointer = diagnostic.pointer.as_ref().map(|pointer| pointer.as_str());
    let name = [diagnostic.object.as_deref(), pointer];
    let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if !name.is_empty() {
        primary["logicalLocations"] = json!([{"fullyQualifiedName": name}]);
    }
    let related = diagnostic.related.iter().enumerate().map(|(index, (place, message))| {
        json!({
            "id": index + 1,
            "message": {"text": message},
            "physicalLocation": physical(place, report),
        })
    });
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        "level": word(diagnostic.level),
        "message": {"text": with_hint(diagnostic)},
        "locations": [primary],
    });
    if !diagnostic.related.is_empty() {
        result["relatedLocations"] = related.collect();
    }
    result
}

fn physical(place: &Place, report: &Report<'_>) -> Value {
    let uri = uri(&report.repository_path(place));
    let mut location = json!({"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}});
    if let Some(((from, to), bytes)) = report.files.positions(place).zip(report.files.range(place))
    {
        location["region"] = json!({
            "startLine": from.line,
            "startColumn": from.column,
            "endLine": to.line,
            "endColumn": to.column,
            "byteOffset": bytes.start,
            "byteLength": bytes.len(),
        });
    }
    location
}

/// The path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::super::Form;
    use super::super::tests::render;
    use super::*;

    #[test]
    fn the_log_has_the_fields_that_code_scanning_reads() {
        let log: Value = serde_json::from_str(&render(Form::Sarif)).unwrap_or_default();
        let run = &log["runs"][0];
        let rules = &run["tool"]["driver"]["rules"];
        assert_eq!(
            (&log["version"], &run["columnKind"]),
            (&json!("2.1.0"), &json!("unicodeCodePoints"))
        );
        let whole = &run["results"][0]["locations"][0]["physicalLocation"];
        let link = json!({"uri": "data%20quality/libraries/link.yaml", "uriBaseId": "%SRCROOT%"});
        assert_eq!(*whole, json!({"artifactLocation": link}));
        let warning = &run["results"][1];
        assert_eq!((&warning["level"], &warning["ruleId"]), (&json!("warning"), &json!("W0601")));
        for result in run["results"].as_array().into_iter().flatten() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap_or(99)).unwrap_or(99);
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        let place = |uri: &str, region: Value| {
            let artifact = json!({"uri": uri, "uriBaseId": "%SRCROOT%"});
            json!({"artifactLocation": artifact, "region": region})
        };
        let region = |line, from, to, byte| {
            json!({"startLine": line, "startColumn": from, "endLine": line, "endColumn": to,
                   "byteOffset": byte, "byteLength": to - from})
        };
        let core = "data%20quality/libraries/rules/core.yaml";
        let orders = "data%20quality/libraries/schemas/orders.json";
        let expected = json!({
            "ruleId": "E0203",
            "ruleIndex": 1,
            "level": "error",
            "message": {"text": "unknown field `clumn`\nhelp: did you mean `column`?"},
            "locations": [{
                "physicalLocation": place(core, region(3, 5, 10, 20)),
                "logicalLocations": [{"fullyQualifiedName": "rule_set `core` /rules/0/clumn"}],
            }],
            "relatedLocations": [
                {"id": 1, "message": {"text": "in this rule set"},
                 "physicalLocation": place(core, region(1, 1, 3, 0))},
                {"id": 2, "message": {"text": "for this schema"},
                 "physicalLocation": place(orders, region(1, 8, 16, 7))},
            ],
        });
        assert_eq!(run["results"][2], expected);
    }

    #[test]
    fn paths_are_escaped() {
        assert_eq!(uri("a b/é:#?.yaml"), "a%20b/%C3%A9%3A%23%3F.yaml");
    }
}
