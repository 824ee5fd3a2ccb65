//! Registries: bundles pushed to, and pulled from, whatever speaks OCI distribution.
//!
//! A bundle and its signatures are artifacts of their own; a signature refers to the bundle by digest. What a
//! registry has is not sent again, so that a push that was cut off goes on where it stopped, and the tag moves
//! last: nobody ever sees a tag that leads to half a bundle. What is pulled is verified byte by byte before it
//! is of any use.
//!
//! Signatures are found by the tag `sha256-<digest of the bundle>`, which the distribution specification has
//! for registries that list no referrers; it is written for all, so that each is asked in one way.

mod error;
mod place;

use std::path::Path;

use assay_schemas::bundle::{Artifact, File, Folder, Integrity, Reader, artifact, layout, media};
use assay_schemas::digest::Digest;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub use error::Error;
pub use place::{Place, SCHEME};

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

/// What a push came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Digest of the bundle's manifest.
    pub digest: Digest,
    /// Blobs that were sent.
    pub sent: usize,
    /// Blobs that the registry had.
    pub kept: usize,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Signatures that went along.
    pub signatures: usize,
}

/// A repository of a registry.
pub struct Registry {
    client: Client,
    runtime: Runtime,
    place: Place,
    auth: RegistryAuth,
}

impl Registry {
    /// A repository. Nothing is asked of it yet. Registries of this machine are spoken to without encryption.
    ///
    /// # Errors
    /// The machine has no means for a connection.
    pub fn at(place: &Place, login: Login) -> Result<Self, Error> {
        // Another part of the program may have chosen it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Unreachable(error.to_string()))?;
        let protocol = match place.is_local() {
            true => ClientProtocol::Http,
            false => ClientProtocol::Https,
        };
        let client = Client::new(ClientConfig { protocol, ..ClientConfig::default() });
        let auth = match login {
            Login::Anonymous => RegistryAuth::Anonymous,
            Login::Basic(user, password) => RegistryAuth::Basic(user, password),
            Login::Token(token) => RegistryAuth::Bearer(token),
        };
        Ok(Self { client, runtime, place: place.clone(), auth })
    }

    /// Sends a bundle that is whole, its signatures, and last its tag.
    ///
    /// # Errors
    /// The folder holds no bundle, or the registry does not take it; the tag then is where it was.
    pub fn push(&self, folder: &Path) -> Result<Pushed, Error> {
        let reader = Reader::open(Folder(folder.to_owned())).map_err(Error::Integrity)?;
        reader.verify().map_err(Error::Integrity)?;
        let artifacts = reader.artifacts().map_err(Error::Integrity)?;
        self.runtime.block_on(self.send(&reader, &artifacts))
    }

    async fn send(&self, reader: &Reader<Folder>, artifacts: &[Artifact]) -> Result<Pushed, Error> {
        let digest = reader.artifact_digest();
        let repository = self.place.by_digest(digest);
        let push = RegistryOperation::Push;
        self.client.auth(&repository, &self.auth, push).await.map_err(Error::of)?;
        let mut pushed =
            Pushed { digest, sent: 0, kept: 0, bytes: 0, signatures: artifacts.len() - 1 };
        for artifact in artifacts {
            for blob in &artifact.blobs {
                let name = blob.digest.to_string();
                if self.client.blob_exists(&repository, &name).await.map_err(Error::of)? {
                    pushed.kept += 1;
                    continue;
                }
                let bytes = reader.blob(blob).map_err(Error::Integrity)?;
                pushed.bytes += blob.size;
                pushed.sent += 1;
                self.client.push_blob(&repository, bytes, &name).await.map_err(Error::of)?;
            }
            let own = self.place.by_digest(artifact.digest);
            self.put(&own, &artifact.manifest, media::MANIFEST).await?;
        }
        if pushed.signatures > 0 {
            let index = self.referrers(artifacts, digest).await?;
            self.put(&self.place.referrers(digest), index.as_bytes(), media::OCI_INDEX).await?;
        }
        if let Some(tag) = self.place.tag() {
            self.put(&tag, &artifacts[0].manifest, media::MANIFEST).await?;
        }
        Ok(pushed)
    }

    async fn put(&self, place: &Reference, bytes: &[u8], media_type: &str) -> Result<(), Error> {
        let kind = media_type.parse().map_err(|_| Error::Refused(media_type.to_owned()))?;
        self.client.push_manifest_raw(place, bytes.to_vec(), kind).await.map_err(Error::of)?;
        Ok(())
    }

    /// The index of what refers to a bundle: these signatures, and what else is listed there already.
    async fn referrers(&self, artifacts: &[Artifact], bundle: Digest) -> Result<String, Error> {
        let mut manifests = match self.get(&self.place.referrers(bundle)).await {
            Ok(bytes) => listed(&bytes),
            Err(Error::Missing(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        for artifact in &artifacts[1..] {
            let own = json!({
                "mediaType": media::MANIFEST, "digest": artifact.digest, "size": artifact.manifest.len(),
                "artifactType": media::SIGNATURE,
            });
            if !manifests.iter().any(|known| known["digest"] == own["digest"]) {
                manifests.push(own);
            }
        }
        let index =
            json!({ "schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": manifests });
        Ok(assay_schemas::canonical::text(&index))
    }

    async fn get(&self, place: &Reference) -> Result<Vec<u8>, Error> {
        let accepted = [media::MANIFEST, media::OCI_INDEX];
        let pulled = self.client.pull_manifest_raw(place, &self.auth, &accepted).await;
        let (bytes, _) = pulled.map_err(Error::of)?;
        if let Some(wanted) =
            place.digest().filter(|wanted| Digest::of_bytes(&bytes).to_string() != *wanted)
        {
            return Err(Error::Integrity(Integrity::Malformed(format!(
                "the registry gives another manifest for {wanted}"
            ))));
        }
        Ok(bytes.to_vec())
    }

    /// Digest of the bundle that the place leads to now.
    ///
    /// # Errors
    /// There is none, or the registry cannot be reached.
    pub fn resolve(&self) -> Result<Digest, Error> {
        match self.place.digest() {
            Some(digest) => Ok(digest),
            None => {
                let bytes = self.runtime.block_on(self.get(&self.place.named()))?;
                Ok(Digest::of_bytes(&bytes))
            }
        }
    }

    /// The files of a bundle and its signatures. `have` gives blobs that need not be fetched.
    ///
    /// # Errors
    /// There is none, the registry cannot be reached, or what it gives is not what was asked for.
    pub fn pull(&self, have: &dyn Fn(Digest) -> Option<Vec<u8>>) -> Result<Vec<File>, Error> {
        self.runtime.block_on(self.fetch(have))
    }

    async fn fetch(&self, have: &dyn Fn(Digest) -> Option<Vec<u8>>) -> Result<Vec<File>, Error> {
        let pull = RegistryOperation::Pull;
        let named = self.place.named();
        self.client.auth(&named, &self.auth, pull).await.map_err(Error::of)?;
        let bundle = artifact(self.get(&named).await?).map_err(Error::Integrity)?;
        let mut artifacts = vec![bundle];
        let listed = match self.get(&self.place.referrers(artifacts[0].digest)).await {
            Ok(bytes) => listed(&bytes),
            Err(Error::Missing(_)) => Vec::new(),
            Err(error) => return Err(error),
        };
        for signature in listed.iter().filter(|own| own["artifactType"] == media::SIGNATURE) {
            let digest = signature["digest"].as_str().and_then(Digest::parse);
            if let Some(digest) = digest {
                let bytes = self.get(&self.place.by_digest(digest)).await?;
                artifacts.push(artifact(bytes).map_err(Error::Integrity)?);
            }
        }
        let mut blobs = Vec::new();
        for blob in artifacts.iter().flat_map(|artifact| &artifact.blobs) {
            let bytes = match have(blob.digest) {
                Some(bytes) => bytes,
                None => {
                    let mut bytes = Vec::new();
                    let name = blob.digest.to_string();
                    let pulled = self.client.pull_blob(&named, name.as_str(), &mut bytes).await;
                    pulled.map_err(Error::of)?;
                    bytes
                }
            };
            blobs.push((blob.clone(), bytes));
        }
        layout(&artifacts, blobs).map_err(Error::Integrity)
    }
}

/// What an index lists; nothing where it is none.
fn listed(bytes: &[u8]) -> Vec<Value> {
    let index: Value = serde_json::from_slice(bytes).unwrap_or_default();
    index["manifests"].as_array().cloned().unwrap_or_default()
}
