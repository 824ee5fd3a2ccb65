//! For GitLab: its code quality report, which merge requests show.

use serde_json::{Value, json};

use super::fingerprint::fingerprints;
use super::{Report, with_hint};
use crate::diagnostic::Diagnostic;
use assay_schemas::code::Level;

pub(super) fn render(report: &Report<'_>) -> String {
    let names = fingerprints(report);
    let findings: Vec<_> = report
        .diagnostics
        .iter()
        .zip(names)
        .map(|(found, name)| finding(found, &name, report))
        .collect();
    format!("{:#}\n", Value::Array(findings))
}

fn finding(diagnostic: &Diagnostic, fingerprint: &str, report: &Report<'_>) -> Value {
    let place = &diagnostic.primary;
    let severity = match diagnostic.level {
        Level::Error => "major",
        Level::Warning => "minor",
        Level::Note => "info",
    };
    // The page of a merge request shows one line.
    let mut description = with_hint(diagnostic).replace('\n', "; ");
    if let Some(cell) = report.files.cell(place) {
        description.insert_str(0, &format!("{cell}: "));
    }
    json!({
        "type": "issue",
        "check_name": diagnostic.code.id(),
        "description": description,
        "fingerprint": fingerprint,
        "severity": severity,
        "categories": ["Bug Risk"],
        "location": {
            "path": report.repository_path(place),
            "lines": { "begin": report.line(place).unwrap_or(1) },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::tests::{render, sample};
    use super::super::{Form, Report};
    use crate::diagnostic::{Files, Place};

    fn findings(text: &str) -> Vec<Value> {
        serde_json::from_str(text).expect("the report is a JSON list")
    }

    #[test]
    fn findings_have_what_gitlab_demands() {
        let text = render(Form::Gitlab);
        insta::assert_snapshot!(text, @r#"
        [
          {
            "categories": [
              "Bug Risk"
            ],
            "check_name": "E0101",
            "description": "a symbolic link",
            "fingerprint": "19ce1437201174fca2ed191285a55ed0c26eb16135f9ac1bdad746ba039ad070",
            "location": {
              "lines": {
                "begin": 1
              },
              "path": "data quality/libraries/link.yaml"
            },
            "severity": "major",
            "type": "issue"
          },
          {
            "categories": [
              "Bug Risk"
            ],
            "check_name": "W0601",
            "description": "applies to nothing: 100%, <all>",
            "fingerprint": "ed0f5997a1fd908e9c797f9aff2616f542764dfa5ca9c564f16a0001664d9053",
            "location": {
              "lines": {
                "begin": 1
              },
              "path": "data quality/libraries/rules/core.yaml"
            },
            "severity": "minor",
            "type": "issue"
          },
          {
            "categories": [
              "Bug Risk"
            ],
            "check_name": "E0203",
            "description": "unknown field `clumn`; help: did you mean `column`?",
            "fingerprint": "78b023f851ddd7a4d6efe96dc9f868aab5a6cffae54fedbb7867eeb43c8e548b",
            "location": {
              "lines": {
                "begin": 3
              },
              "path": "data quality/libraries/rules/core.yaml"
            },
            "severity": "major",
            "type": "issue"
          }
        ]
        "#);
        let severities = ["info", "minor", "major", "critical", "blocker"];
        for finding in findings(&text) {
            let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str);
            assert!(text("/description").is_some_and(|text| !text.contains('\n')));
            assert!(text("/check_name").is_some());
            assert!(text("/fingerprint").is_some_and(|name| name.len() == 64));
            assert!(text("/severity").is_some_and(|name| severities.contains(&name)));
            assert!(text("/location/path").is_some_and(|path| !path.starts_with(['.', '/'])));
            assert!(finding.pointer("/location/lines/begin").is_some_and(Value::is_u64));
        }
    }

    #[test]
    fn fingerprints_do_not_move_with_the_lines_and_are_never_shared() {
        let names = |lead: &str, times: usize| -> Vec<String> {
            let (_, mut found) = sample();
            let mut files = Files::default();
            let core = format!("{lead}id: core\nrules:\n  - clumn: é\n");
            files.insert("libraries/rules/core.yaml", core.as_bytes());
            let shift = u32::try_from(lead.len()).expect("a short text");
            for found in &mut found {
                found.primary = match &found.primary.span {
                    Some(span) => {
                        let span = span.start + shift..span.end + shift;
                        Place::new(found.primary.path.clone(), span)
                    }
                    None => found.primary.clone(),
                };
            }
            let found = vec![found; times].concat();
            findings(&Report::new(&found, &files).render(Form::Gitlab))
                .iter()
                .map(|finding| finding["fingerprint"].to_string())
                .collect()
        };
        assert_eq!(names("", 1), names("# a line more\n", 1));
        assert_eq!(names("", 3).into_iter().collect::<BTreeSet<_>>().len(), 9);
    }
}
