//! Secrets in locations, which are recorded and shown: they are refused, and nothing of them is repeated.

use super::super::Error;

/// Parts of the name of a query parameter that tell that its value is a secret.
const SECRET: [&str; 11] = [
    "accesskey",
    "api-key",
    "api_key",
    "apikey",
    "credential",
    "jwt",
    "passw",
    "secret",
    "signature",
    "token",
    "x-goog-",
];

/// Whole names of query parameters whose values are secrets.
const SECRET_WHOLE: [&str; 8] =
    ["auth", "authorization", "code", "key", "pwd", "session", "sessionid", "sig"];

/// A location carries who asks.
pub(super) fn carried(scheme: &str) -> Error {
    Error::Data(format!(
        "the `{scheme}` location carries a user name or a password; take it out, and give it to the connection \
         as a reference to a secret"
    ))
}

/// The name of the first query parameter whose value seems to be a secret.
pub(super) fn secret_parameter(text: &str) -> Option<String> {
    let names = text.split(['?', '&']).skip(1).filter_map(|pair| Some(pair.split_once('=')?.0));
    names.map(str::to_ascii_lowercase).find(|name| {
        name.len() <= 64
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
            && (SECRET.iter().any(|part| name.contains(part))
                || name.starts_with("x-amz-")
                || SECRET_WHOLE.contains(&name.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_told_by_their_names() {
        for text in ["b/k?sig=x", "h/a?v=1&AccessKey=x", "h/a?X-Amz-Date=x", "h?api_key=x"] {
            assert!(secret_parameter(text).is_some(), "{text}");
        }
        for text in ["h/a?v=1&author=x&design=y", "b/d?/key=1/*.csv", "h/a?format=csv&id=7"] {
            assert_eq!(secret_parameter(text), None, "{text}");
        }
    }
}
