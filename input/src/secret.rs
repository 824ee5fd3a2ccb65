//! Secrets: resolved at the moment of use, never printed, never recorded.
//!
//! Configuration holds references only: `secret://env/NAME` names an environment variable,
//! `secret://file/PATH` a file (an absolute path follows as `secret://file//run/secrets/token`).

use std::fmt;

/// How a reference to a secret begins.
pub const SCHEME: &str = "secret://";

/// What stands in a text in place of a secret.
pub const HIDDEN: &str = "[secret]";

/// A resolved secret. It has no printed form.
#[derive(Clone)]
pub struct Secret(String);

/// Why a reference could not be resolved; never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The text is no reference; it may be a secret itself, so it is not shown.
    #[error("a secret must be a reference: secret://env/NAME or secret://file/PATH")]
    Malformed,
    /// This executor cannot ask that provider.
    #[error(
        "secrets of `{0}` cannot be read by this executor: use secret://env/NAME or secret://file/PATH"
    )]
    Provider(String),
    /// The provider has no such secret.
    #[error("the secret `{reference}` is not there: {reason}")]
    Missing {
        /// The reference.
        reference: String,
        /// What is missing.
        reason: String,
    },
}

impl Secret {
    /// The secret itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Whether a text is a reference to a secret.
pub fn is_reference(text: &str) -> bool {
    text.starts_with(SCHEME)
}

/// Resolves a reference.
///
/// # Errors
/// The reference is malformed, of another provider, or leads to nothing.
pub fn resolve(reference: &str) -> Result<Secret, SecretError> {
    let rest = reference.strip_prefix(SCHEME).ok_or(SecretError::Malformed)?;
    let (provider, name) = rest.split_once('/').ok_or(SecretError::Malformed)?;
    if name.is_empty() {
        return Err(SecretError::Malformed);
    }
    let missing = |reason: String| SecretError::Missing { reference: reference.to_owned(), reason };
    let text = match provider {
        "env" => std::env::var(name)
            .map_err(|_| missing(format!("the environment variable {name} is not set")))?,
        "file" => std::fs::read_to_string(name).map_err(|error| missing(error.to_string()))?,
        other => return Err(SecretError::Provider(other.to_owned())),
    };
    // Files and variables often end in a line break that is no part of the secret.
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(missing("it is empty".to_owned()));
    }
    Ok(Secret(text.to_owned()))
}

/// The secrets in use, so that they can be taken out of texts.
#[derive(Clone, Debug, Default)]
pub struct InUse(Vec<Secret>);

impl InUse {
    /// Resolves a reference and remembers the secret; a text that is no reference is given back as it is.
    ///
    /// # Errors
    /// Those of [`resolve`].
    pub fn open(&mut self, text: &str) -> Result<Secret, SecretError> {
        if !is_reference(text) {
            return Ok(Secret(text.to_owned()));
        }
        let secret = resolve(text)?;
        self.0.push(secret.clone());
        Ok(secret)
    }

    /// The text without any of the secrets.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut secrets: Vec<&str> = self.0.iter().map(Secret::expose).collect();
        // A secret that is part of another goes second, or the rest of the other would stay.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            text = text.replace(secret, HIDDEN);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_resolved_and_hidden_from_texts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cr3t\n").unwrap();
        let mut in_use = InUse::default();
        let secret = in_use.open(&format!("secret://file/{}", path.display())).unwrap();
        assert_eq!(secret.expose(), "s3cr3t");
        assert_eq!(format!("{secret:?} {in_use:?}"), "[secret] InUse([[secret]])");
        assert_eq!(in_use.hide("refused: Bearer s3cr3t"), "refused: Bearer [secret]");
    }

    #[test]
    fn what_cannot_be_resolved_says_so() {
        let text = |reference| resolve(reference).unwrap_err().to_string();
        assert!(text("secret://env/ASSAY_NO_SUCH_VARIABLE").contains("is not set"));
        assert!(text("secret://vault/kv/x").contains("secrets of `vault`"));
        assert!(!text("hunter2").contains("hunter2"));
        assert!(text("secret://env/").contains("must be a reference"));
    }
}
