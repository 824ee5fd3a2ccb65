//! Why a registry did not do what it was asked.

use assay_schemas::bundle::Integrity;
use assay_schemas::exit::Exit;
use oci_client::errors::{OciDistributionError, OciErrorCode};

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
        "the registry cannot be reached, or broke off: {0}; nothing half-done is visible, try again"
    )]
    Unreachable(String),
    /// A bundle is not whole, or not the one that was asked for.
    #[error("not a bundle to be trusted: {0}")]
    Integrity(Integrity),
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
        }
    }

    pub(crate) fn of(error: OciDistributionError) -> Self {
        let words = error.to_string();
        match error {
            OciDistributionError::ImageManifestNotFoundError(_) => Self::Missing(words),
            OciDistributionError::UnauthorizedError { .. }
            | OciDistributionError::AuthenticationFailure(_) => Self::Denied(words),
            OciDistributionError::RegistryError { envelope, .. } => {
                let has =
                    |code: &OciErrorCode| envelope.errors.iter().any(|error| error.code == *code);
                let missing = [
                    OciErrorCode::ManifestUnknown,
                    OciErrorCode::NameUnknown,
                    OciErrorCode::BlobUnknown,
                    OciErrorCode::NotFound,
                ];
                match () {
                    () if missing.iter().any(has) => Self::Missing(words),
                    () if has(&OciErrorCode::Denied) || has(&OciErrorCode::Unauthorized) => {
                        Self::Denied(words)
                    }
                    () => Self::Refused(words),
                }
            }
            OciDistributionError::ServerError { code, .. } => Self::of_status(code, words),
            OciDistributionError::RequestError(error) => {
                Self::of_status(error.status().map_or(0, |status| status.as_u16()), words)
            }
            OciDistributionError::DigestError(_) => {
                Self::Integrity(Integrity::Malformed(format!("what the registry gives: {words}")))
            }
            _ => Self::Unreachable(words),
        }
    }

    /// By the status of an answer; 0 where there was none.
    fn of_status(status: u16, words: String) -> Self {
        match status {
            401 | 403 => Self::Denied(words),
            404 => Self::Missing(words),
            400..=499 if status != 408 && status != 429 => Self::Refused(words),
            _ => Self::Unreachable(words),
        }
    }
}
