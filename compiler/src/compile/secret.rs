//! Secrets: a value that looks like one must not stand in Git, and is never printed.

use assay_schemas::code::Code;
use assay_schemas::problem::{Pointer, Problem};
use serde_json::Value;

/// Beginnings of tokens that are handed out by well-known services.
const TOKEN_PREFIXES: &[(&str, usize)] = &[
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 40),
    ("gho_", 40),
    ("ghs_", 40),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 20),
    ("AIza", 39),
    ("-----BEGIN", 10),
];

/// Last words of the names of fields that hold secrets.
const SECRET_FIELDS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "private_key",
    "authorization",
];

/// A problem for each text that looks like a secret.
pub(super) fn find(value: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(value, "", &Pointer::root(), &mut problems);
    problems
}

fn walk(value: &Value, key: &str, pointer: &Pointer, problems: &mut Vec<Problem>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                walk(value, key, &pointer.key(key), problems);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                walk(value, key, &pointer.index(index), problems);
            }
        }
        Value::String(text) if !text.contains("secret://") && is_secret(key, text) => {
            let problem = Problem::new(
                Code::LiteralSecret,
                pointer.clone(),
                "this looks like a secret written as a literal",
            );
            problems.push(problem.hint(
                "refer to it: `secret://env/NAME` or `secret://file/PATH`, and replace the secret, for it has been \
                 in Git",
            ));
        }
        _ => {}
    }
}

fn is_secret(key: &str, text: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let by_name =
        SECRET_FIELDS.iter().any(|name| key == *name || key.ends_with(&format!("_{name}")));
    let by_form = TOKEN_PREFIXES
        .iter()
        .any(|(prefix, least)| text.starts_with(prefix) && text.len() >= *least);
    // A name such as `password` also stands for a column; a value with a digit and without a space is
    // more than a word.
    let literal =
        text.len() >= 8 && !text.contains("${") && text.chars().any(|c| c.is_ascii_digit());
    by_form || (by_name && literal) || has_password_in_url(text)
}

/// Whether the text is a URL with a password before the host.
fn has_password_in_url(text: &str) -> bool {
    text.split_once("://")
        .and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'))
        .and_then(|(credentials, _)| credentials.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty() && !password.contains("${"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_found_and_never_shown() {
        let token = format!("ghp_{}", "a1".repeat(20));
        let value = json!({
            "note": token,
            "headers": {"Authorization": "Bearer 0123456789"},
            "url": "https://user:hunter2@host/path",
        });
        let problems = find(&value);
        assert_eq!(problems.len(), 3);
        assert!(problems.iter().all(|problem| !format!("{problem:?}").contains("hunter2")));
    }

    #[test]
    fn references_and_columns_are_left_alone() {
        let value = json!({
            "token": "secret://env/SLACK_TOKEN",
            "column": "password",
            "headers": {"Authorization": "secret://env/AUTH_1"},
        });
        assert_eq!(find(&value), []);
    }
}
