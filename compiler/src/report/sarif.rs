//! For code scanning: SARIF 2.1.0.

use std::collections::BTreeSet;

use assay_schemas::code::Code;
use serde_json::{Value, json};

use super::fingerprint::fingerprints;
use super::{Report, with_hint, word};
use crate::diagnostic::{Diagnostic, Place};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn render(report: &Report<'_>) -> String {
    let codes: BTreeSet<Code> = report.diagnostics.iter().map(|d| d.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let names = fingerprints(report);
    let results = report.diagnostics.iter().zip(names).map(|(found, name)| {
        let mut result = result(found, &codes, report);
        // GitHub knows a finding again by the first; the second is for everybody else.
        result["partialFingerprints"] =
            json!({"primaryLocationLineHash": format!("{name}:1"), "assay/v1": name});
        result
    });
    let results: Vec<Value> = results.collect();
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
    let mut logical = cell(&diagnostic.primary, report);
    if !name.is_empty() {
        logical.push(json!({"fullyQualifiedName": name}));
    }
    if !logical.is_empty() {
        primary["logicalLocations"] = Value::Array(logical);
    }
    let related = diagnostic.related.iter().enumerate().map(|(index, (place, message))| {
        let mut related = json!({
            "id": index + 1,
            "message": {"text": message},
            "physicalLocation": physical(place, report),
        });
        let cell = cell(place, report);
        if !cell.is_empty() {
            related["logicalLocations"] = Value::Array(cell);
        }
        related
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
    if let Some(fix) = fix(diagnostic, report) {
        result["fixes"] = json!([fix]);
    }
    result
}

/// The change that puts it right.
fn fix(diagnostic: &Diagnostic, report: &Report<'_>) -> Option<Value> {
    let edit = diagnostic.fix.as_ref()?.spell(report.files)?;
    let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
    let place = Place::new(edit.path, offset(edit.start)..offset(edit.end));
    let location = physical(&place, report);
    let way_out = diagnostic.hint.as_deref().unwrap_or(&diagnostic.message);
    Some(json!({
        "description": {"text": way_out},
        "artifactChanges": [{
            "artifactLocation": location["artifactLocation"],
            "replacements": [{
                "deletedRegion": location["region"],
                "insertedContent": {"text": edit.text},
            }],
        }],
    }))
}

/// The cell of a workbook, of which a region of text can say nothing.
fn cell(place: &Place, report: &Report<'_>) -> Vec<Value> {
    let cell = report.files.cell(place);
    cell.map(|cell| json!({"fullyQualifiedName": cell, "kind": "cell"})).into_iter().collect()
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
        let mut core_error = run["results"][2].clone();
        let names = core_error["partialFingerprints"].take();
        assert!(names["assay/v1"].as_str().is_some_and(|name| name.len() == 64));
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
            "partialFingerprints": null,
        });
        assert_eq!(core_error, expected);
    }

    #[test]
    fn paths_are_escaped() {
        assert_eq!(uri("a b/é:#?.yaml"), "a%20b/%C3%A9%3A%23%3F.yaml");
    }
}
