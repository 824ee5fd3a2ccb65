//! Paths and headers of a request, as the actions that make one share them.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::problem::{Pointer, Problem};

/// Headers that are the connection's or the client's own.
const RESERVED: &[&str] = &[
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
];

/// What is wrong with a path below the URL of a connection; `name` is the parameter.
pub(super) fn check_path(name: &str, path: &str) -> Option<Problem> {
    let fault = |message: String| {
        let problem = Problem::new(Code::BadValue, Pointer::from(name), message);
        Some(problem.hint("write a path below the connection's URL, such as `/v1/events`"))
    };
    if path.is_empty() {
        return None;
    }
    if !path.starts_with('/') || path.starts_with("//") {
        return fault(format!("`{path}` does not begin with one `/`"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:@?".contains(c);
    if let Some(other) = path.chars().find(|c| !allowed(*c)) {
        return fault(format!("`{}` cannot stand in a path", other.escape_default()));
    }
    let climbs = |part: &str| {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        plain == ".." || plain == "."
    };
    if path.split(['/', '?']).any(climbs) {
        return fault(format!("`{path}` leaves the connection's URL"));
    }
    None
}

/// What is wrong with headers; `name` is the parameter.
pub(super) fn check_headers(name: &str, headers: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (header, value) in headers {
        let place = Pointer::from(name).key(header);
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if header.is_empty() || !header.chars().all(token) {
            let message = format!("`{header}` is not the name of a header");
            problems.push(Problem::new(Code::BadValue, place, message).at_key());
        } else if RESERVED.contains(&header.to_ascii_lowercase().as_str()) {
            let message = format!("`{header}` is not for an action to set");
            problems.push(Problem::new(Code::BadValue, place, message).at_key().hint(
                "what a host needs to know its caller stands in the environment's connection",
            ));
        } else if value.starts_with("secret://") {
            problems.push(
                Problem::new(
                    Code::BadValue,
                    place,
                    "a secret stands in the connection, not in an action",
                )
                .hint("move the header to the environment's connection"),
            );
        } else if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            let message = "the value of a header is one line of ASCII";
            problems.push(Problem::new(Code::BadValue, place, message));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_its_connection() {
        for good in ["", "/", "/api/v1/lineage", "/x?y=1&z=a.b"] {
            assert_eq!(check_path("path", good), None, "{good}");
        }
        for bad in [
            "x",
            "//host/x",
            "/../x",
            "/a/%2E%2e/x",
            "/a b",
            "/a\n",
            "/#x",
            "http://host",
            "/ä",
            "/\\x",
        ] {
            assert!(check_path("path", bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn headers_cannot_speak_for_the_connection() {
        let check = |name: &str, value: &str| {
            check_headers("headers", &BTreeMap::from([(name.to_owned(), value.to_owned())]))
        };
        assert!(check("X-Team", "data quality").is_empty());
        for (name, value) in [
            ("Authorization", "x"),
            ("host", "x"),
            ("X Y", "x"),
            ("X", "a\r\nb"),
            ("X", "secret://env/T"),
        ] {
            assert_eq!(check(name, value).len(), 1, "{name}");
        }
    }
}
