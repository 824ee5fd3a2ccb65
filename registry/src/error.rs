//! Why a registry did not do what it was asked.

use std::error::Error as _;

use assay_schemas::bundle::Integrity;
use assay_schemas::exit::Exit;
use oci_client::errors::OciDistributionError;
use reqwest::StatusCode;

/// Why a registry did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The reference makes no sense.
    #[error(
        "`{0}` is no place in a registry: write it as `oci://host/name:tag` or `oci://host/name@sha256:…`"
    )]
    Reference(String),
    /// There is nothing of that name.
    #[error("the registry has nothing there: {0}")]
    Missing(String),
    /// Whoever asks may not.
    #[error(
        "the registry refuses: {0}; `ASSAY_REGISTRY_USER` and `ASSAY_REGISTRY_PASSWORD`, or `ASSAY_REGISTRY_TOKEN`, say who asks"
    )]
    Denied(String),
    /// It does not take what it is given.
    #[error("the registry does not take it: {0}")]
    Refused(String),
    /// It cannot be reached, or broke off.
    #[error(
        "the registry cannot be reached, or broke off: {0}; nothing half-done is visible, and what went through is kept: try again"
    )]
    Unreachable(String),
    /// A bundle is not whole, or not the one that was asked for.
    #[error("not a bundle to be trusted: {0}")]
    Integrity(Integrity),
    /// The disk is full or not writable.
    #[error("`{place}` cannot be written: {source}")]
    Disk {
        /// Where.
        place: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// How a program ends for this reason.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Reference(_) | Self::Missing(_) | Self::Denied(_) | Self::Refused(_) => {
                Exit::Usage
            }
            Self::Unreachable(_) => Exit::Temporary,
            Self::Integrity(_) => Exit::Integrity,
            Self::Disk { .. } => Exit::Internal,
        }
    }

    /// Whether asking again may help.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    /// Of a login that came to nothing.
    pub(crate) fn of_login(error: OciDistributionError) -> Self {
        match error {
            OciDistributionError::RequestError(error) => Self::of_request(error),
            OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::AuthenticationFailure(_) => {
                Self::Denied("nobody is let in by that name and password".to_owned())
            }
            other => Self::Denied(other.to_string()),
        }
    }

    /// Of a request without an answer, or with half of one. Addresses stay out: they may hold what lets in.
    pub(crate) fn of_request(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            words = inner.to_string();
            cause = inner.source();
        }
        Self::Unreachable(words)
    }

    /// Of an answer that is none of those hoped for, by its status and what it says.
    pub(crate) fn of_answer(what: &str, status: StatusCode, body: &[u8]) -> Self {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let said = &body["errors"][0];
        let said: Vec<_> =
            ["code", "message"].iter().filter_map(|key| said[key].as_str()).collect();
        let said = match said.is_empty() {
            true => String::new(),
            false => format!(" ({})", said.join(": ")),
        };
        let words = format!("{what}: {status}{said}");
        match status.as_u16() {
            401 | 403 => Self::Denied(words),
            404 => Self::Missing(words),
            408 | 429 | 500..=599 => Self::Unreachable(words),
            _ => Self::Refused(words),
        }
    }

    pub(crate) fn disk(place: &std::path::Path, source: std::io::Error) -> Self {
        Self::Disk { place: place.display().to_string(), source }
    }
}
