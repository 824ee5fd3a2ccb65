//! Registries: bundles pushed to, and pulled from, whatever speaks OCI distribution.
//!
//! A bundle and its signatures are artifacts of their own; a signature refers to the bundle by digest, and is
//! listed by the registry among the referrers of the bundle, or where it lists none, by the tag that the
//! distribution specification has for that. What a registry has is not sent again, and the tag moves last:
//! nobody ever sees a tag that leads to half a bundle. What is pulled goes to the disk as it comes, and is
//! verified byte by byte before it is of any use. Both directions go on where they were cut off, within a call
//! and in a later one, in memory that does not grow with the bundle.

mod error;
mod place;
mod pull;
mod push;
mod referrers;
mod sessions;
mod upload;
mod wire;

use assay_schemas::bundle::Folder;
use assay_schemas::digest::Digest;
use tokio::runtime::Runtime;

pub use error::Error;
pub use place::{Place, SCHEME};
pub use pull::Pulled;
pub use push::Pushed;
use wire::Wire;

/// Who asks; never part of a reference.
#[derive(Clone, Debug, Default)]
pub enum Login {
    /// Whoever.
    #[default]
    Anonymous,
    /// A name and a password.
    Basic(String, String),
    /// A token.
    Token(String),
}

impl Login {
    /// What the environment says: `ASSAY_REGISTRY_TOKEN`, or `ASSAY_REGISTRY_USER` and
    /// `ASSAY_REGISTRY_PASSWORD`.
    pub fn of_environment() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        match (variable("ASSAY_REGISTRY_TOKEN"), variable("ASSAY_REGISTRY_USER")) {
            (Some(token), _) => Self::Token(token),
            (None, Some(user)) => {
                Self::Basic(user, variable("ASSAY_REGISTRY_PASSWORD").unwrap_or_default())
            }
            (None, None) => Self::Anonymous,
        }
    }
}

/// A repository of a registry.
pub struct Registry {
    wire: Wire,
    runtime: Runtime,
}

impl Registry {
    /// A repository. Nothing is asked of it yet. Registries of this machine are spoken to without encryption.
    ///
    /// # Errors
    /// The machine has no means for a connection.
    pub fn at(place: &Place, login: Login) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        Ok(Self { wire: Wire::to(place, login)?, runtime })
    }

    /// Sends a bundle that is whole, its signatures, and last its tag. Blobs that the registry has in one of
    /// the other repositories are taken over from there, where it allows that.
    ///
    /// # Errors
    /// The folder holds no bundle, or the registry does not take it; the tag then is where it was.
    pub fn push(&self, folder: &Folder, others: &[String]) -> Result<Pushed, Error> {
        self.runtime.block_on(push::push(&self.wire, folder, others))
    }

    /// Digest of the bundle that the place leads to now.
    ///
    /// # Errors
    /// There is none, or the registry cannot be reached.
    pub fn resolve(&self) -> Result<Digest, Error> {
        match self.wire.place.digest() {
            Some(digest) => Ok(digest),
            None => self.runtime.block_on(async {
                self.wire.log_in(oci_client::RegistryOperation::Pull).await?;
                let bytes = self.wire.manifest(&self.wire.place.name(), None).await?;
                Ok(Digest::of_bytes(&bytes))
            }),
        }
    }

    /// Fetches a bundle and its signatures into a folder, whole or not at all. Blobs that the folder or an earlier
    /// attempt has are not fetched again.
    ///
    /// # Errors
    /// There is none, the registry cannot be reached, what it gives is not what was asked for, or the disk is
    /// full. What was in the folder stays.
    pub fn pull(&self, folder: &Folder) -> Result<Pulled, Error> {
        self.runtime.block_on(pull::pull(&self.wire, folder))
    }
}
