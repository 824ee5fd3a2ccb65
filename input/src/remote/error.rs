//! Why something remote cannot be had, and whether another attempt may help.

use std::error::Error as StdError;

use object_store::client::{HttpError, HttpErrorKind};

/// Why something remote cannot be had. The text names the location and the way out, and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What was asked for is not there, not allowed, or not what it should be. Asking again changes nothing.
    #[error("{0}")]
    Data(String),
    /// The other side did not answer as it should, after all attempts; later it may.
    #[error("{0}")]
    Temporary(String),
    /// This machine lacks space or rights, or a limit is reached.
    #[error("{0}")]
    Resource(String),
    /// The server gives no parts of objects; the object can be read whole.
    #[error("{0}")]
    Whole(String),
}

/// One attempt that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: Error,
    /// Whether another attempt may help.
    pub(super) passing: bool,
}

impl Failure {
    pub(super) fn lasting(error: Error) -> Self {
        Self { error, passing: false }
    }

    pub(super) fn passing(text: String) -> Self {
        Self { error: Error::Temporary(text), passing: true }
    }

    /// The error, after the last of some attempts.
    pub(super) fn after(self, attempts: u32) -> Error {
        match self.error {
            Error::Temporary(text) => {
                let times = if attempts == 1 { "attempt" } else { "attempts" };
                Error::Temporary(format!("{text} ({attempts} {times}); try again later"))
            }
            lasting => lasting,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::lasting(error)
    }
}

/// An object is another one than was listed.
pub(super) fn replaced(place: &str) -> Error {
    Error::Data(format!("{place}: the object was replaced while it was read; run again"))
}

/// What an error of the library means for what lies at `place`. Its own text is never shown: it may hold
/// whole answers and signed addresses.
pub(super) fn failure(error: &object_store::Error, place: &str, service: &str) -> Failure {
    use object_store::Error as Theirs;
    let text = error.to_string();
    let data = |said: String| Failure::lasting(Error::Data(format!("{place}: {said}")));
    if let Some(failure) = without_credentials(&text, place, service) {
        return failure;
    }
    match error {
        Theirs::NotFound { .. } => answered(404, &text, place, service),
        Theirs::PermissionDenied { .. } => answered(403, &text, place, service),
        Theirs::Unauthenticated { .. } => answered(401, &text, place, service),
        Theirs::Precondition { .. } | Theirs::NotModified { .. } => {
            Failure::lasting(replaced(place))
        }
        Theirs::NotSupported { .. } => Failure::lasting(partless(place)),
        Theirs::InvalidPath { .. } => data(
            "keys with parts that are empty, `.` or `..`, or with control characters, are not supported; \
             narrow the pattern to leave them out"
                .to_owned(),
        ),
        _ => match status(&text) {
            Some(status) => answered(status, &text, place, service),
            None => unanswered(error, &text, place, service),
        },
    }
}

fn missing(text: &str) -> String {
    let what = match text {
        text if text.contains("NoSuchBucket") => "there is no such bucket",
        text if text.contains("ContainerNotFound") => "there is no such container",
        _ => "there is no such object",
    };
    format!("{what}; check the name, and that those who ask may see it")
}

fn rights(service: &str) -> &'static str {
    match service {
        "S3" => {
            "that the secrets of the connection are right, and that they may `s3:GetObject` and `s3:ListBucket`"
        }
        "Azure" => {
            "that the secrets of the connection are right and not expired, and that they may read and list"
        }
        "Google Cloud Storage" => {
            "that the secrets of the connection are right, and that they may `storage.objects.get` and \
             `storage.objects.list`"
        }
        "a file system" => "the rights of the file",
        _ => "that the address is right, and that the token of the connection may read it",
    }
}

fn partless(place: &str) -> Error {
    Error::Whole(format!(
        "{place}: the server does not give parts of it; it can be read whole only"
    ))
}

/// A service for credentials was asked because nothing else was given, and did not help.
fn without_credentials(text: &str, place: &str, service: &str) -> Option<Failure> {
    let services = ["169.254.169.254", "169.254.170.2", "metadata.google.internal"];
    services.iter().any(|host| text.contains(host)).then(|| {
        Failure::lasting(Error::Data(format!(
            "{place}: nothing says who asks {service}: the connection has no secrets, the environment has none, \
             and this machine has no identity of its own; give secrets to the connection, or make it anonymous"
        )))
    })
}

/// An answer that is no failure by its status and yet none that can be used, or none at all.
fn unanswered(error: &object_store::Error, text: &str, place: &str, service: &str) -> Failure {
    let data = |said: String| Failure::lasting(Error::Data(format!("{place}: {said}")));
    if text.contains("Received redirect without LOCATION") {
        return data("the bucket lies in another region; set the region of the connection".into());
    }
    if text.contains("non-partial response") || text.contains("Content-Range") {
        return Failure::lasting(partless(place));
    }
    if text.contains("Content-Length Header missing") {
        return data(
            "the server does not say how long it is (no `Content-Length`); have it served as a file"
                .to_owned(),
        );
    }
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut transport = None;
    while let Some(found) = cause {
        if let Some(http) = found.downcast_ref::<HttpError>() {
            transport = Some(http.kind());
        }
        if let Some(io) = found.downcast_ref::<std::io::Error>()
            && transport.is_none()
        {
            return match io.kind() {
                std::io::ErrorKind::NotFound => data(missing("")),
                std::io::ErrorKind::PermissionDenied => {
                    data(format!("the system refuses; check {}", rights("a file system")))
                }
                kind => Failure::lasting(Error::Resource(format!("{place}: {kind}"))),
            };
        }
        if format!("{found:?}").contains("InvalidCertificate") {
            return data(
                "the certificate of the server is not trusted; check the address, and the certificates of \
                 this machine"
                    .to_owned(),
            );
        }
        cause = found.source();
    }
    match transport {
        Some(HttpErrorKind::Timeout) => {
            Failure::passing(format!("{place}: the server does not answer in time"))
        }
        Some(HttpErrorKind::Connect) => Failure::passing(format!(
            "{place}: the server cannot be reached; check the address and the network"
        )),
        Some(_) => Failure::passing(format!("{place}: the connection broke")),
        None => data(format!(
            "the answer cannot be understood; check that the address is one of {service}"
        )),
    }
}

/// By the status of an answer.
fn answered(status: u16, text: &str, place: &str, service: &str) -> Failure {
    let data = |said: String| Failure::lasting(Error::Data(format!("{place}: {said}")));
    match status {
        401 => data(format!(
            "{service} does not know who asks{}; check that the secrets of the connection are right and not \
             expired",
            answer(text, status)
        )),
        403 => {
            data(format!("{service} refuses{}; check {}", answer(text, status), rights(service)))
        }
        404 => data(missing(text)),
        412 | 416 => Failure::lasting(replaced(place)),
        408 | 425 | 429 | 500 | 502..=504 | 509 | 520..=599 => Failure::passing(format!(
            "{place}: the server is not able to answer now{}",
            answer(text, status)
        )),
        300..=399 => data(format!(
            "the server sends elsewhere{}; set the region or the endpoint of the connection",
            answer(text, status)
        )),
        status => data(format!(
            "the server does not take the request{}; check the location, the region and the secrets of the \
             connection",
            answer(text, status)
        )),
    }
}

/// The status in a text of the library.
fn status(text: &str) -> Option<u16> {
    let digits = text.split("status code: ").nth(1)?.get(..3)?;
    digits.parse().ok().filter(|status| (100..600).contains(status))
}

/// Status and code of an answer, where the text has them: ` (403 AccessDenied)`.
fn answer(text: &str, usual: u16) -> String {
    let status = status(text).unwrap_or(usual);
    let code = text.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next());
    let plain =
        |code: &&str| code.len() <= 64 && code.chars().all(|letter| letter.is_ascii_alphanumeric());
    match code.filter(plain) {
        Some(code) => format!(" ({status} {code})"),
        None => format!(" ({status})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(text: &str) -> Failure {
        let error = object_store::Error::Generic { store: "S3", source: text.into() };
        failure(&error, "s3://b/k", "S3")
    }

    #[test]
    fn answers_are_passing_or_lasting_by_their_status() {
        let status = |status: u16| {
            met(&format!(
                "Server returned non-2xx status code: {status} X: <Code>SlowDown</Code><Key>hunter2</Key>"
            ))
        };
        for passing in [408, 429, 500, 503] {
            let met = status(passing);
            assert!(met.passing, "{passing}");
            let said = met.after(6).to_string();
            assert!(said.contains(&format!("({passing} SlowDown) (6 attempts)")), "{said}");
        }
        for lasting in [301, 307, 400, 401, 403, 404, 410, 412, 416, 501] {
            let met = status(lasting);
            assert!(!met.passing, "{lasting}");
            assert!(!met.error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn nobody_to_ask_as_is_told_at_once() {
        let met = met("Error performing PUT http://169.254.169.254/latest/api/token in 1s");
        assert!(!met.passing);
        assert!(met.error.to_string().contains("nothing says who asks S3"));
    }
}
