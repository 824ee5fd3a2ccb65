//! A bundle as artifacts that travel: each a manifest and the blobs that it points at, the bundle first.

use std::ops::Range;
use std::sync::Arc;

use super::blob::{Blobs, Integrity, blob_path, parse};
use super::contents::Held;
use super::layout::{Config, Descriptor, Manifest, OciIndex, media};
use super::read::Reader;
use super::write::File;
use crate::canonical;
use crate::digest::Digest;
use crate::words::counted;

/// A manifest and what it points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Digest of the manifest.
    pub digest: Digest,
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// Its config and layers.
    pub blobs: Vec<Descriptor>,
    /// Of a signature, the manifest that it refers to.
    pub subject: Option<Digest>,
}

/// Reads a manifest as an artifact.
///
/// # Errors
/// It is none of a bundle or a signature.
pub fn artifact(manifest: Vec<u8>) -> Result<Artifact, Integrity> {
    let outline: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
    if outline["mediaType"] == media::OCI_INDEX || outline["manifests"].is_array() {
        let count = outline["manifests"].as_array().map_or(0, Vec::len);
        return Err(Integrity::Malformed(format!(
            "this is an index of {}, no bundle: name the bundle itself by its digest",
            counted(count, "manifest")
        )));
    }
    let found = outline["artifactType"].as_str().or(outline["config"]["mediaType"].as_str());
    if !found.is_some_and(|found| [media::ARTIFACT, media::SIGNATURE].contains(&found)) {
        let found = found.unwrap_or("unknown");
        return Err(Integrity::Malformed(format!(
            "this is an artifact of type `{found}`, no bundle"
        )));
    }
    let read: Manifest = parse("manifest", &manifest)?;
    let digest = Digest::of_bytes(&manifest);
    let subject = read.subject.map(|subject| subject.digest);
    let blobs = [read.config].into_iter().chain(read.layers).collect();
    Ok(Artifact { digest, manifest, blobs, subject })
}

/// The files of a layout beside the blobs that its artifacts point at: the manifests of artifacts, the bundle
/// first, and what leads to them. `config` is what the bundle's config holds.
///
/// # Errors
/// The config is none.
pub fn layout(artifacts: &[Artifact], config: &[u8]) -> Result<Vec<File>, Integrity> {
    let config: Config = parse("config", config)?;
    let mut files = vec![super::write::marker()];
    let mut manifests = Vec::new();
    for (place, artifact) in artifacts.iter().enumerate() {
        manifests.push(match place {
            0 => Descriptor::of_manifest(&artifact.manifest, &config.environment),
            _ => Descriptor::of_signature(&artifact.manifest, artifacts[0].digest),
        });
        let path = blob_path(&artifact.digest);
        files.push(File { path, bytes: Arc::new(artifact.manifest.clone()) });
    }
    let index = OciIndex { schema_version: 2, media_type: media::OCI_INDEX.to_owned(), manifests };
    let bytes = Arc::new(canonical::text(&index).into_bytes());
    files.push(File { path: "index.json".to_owned(), bytes });
    Ok(files)
}

impl<B: Blobs> Reader<B> {
    /// The bundle, then its signatures.
    pub fn artifacts(&self) -> Vec<Artifact> {
        let of = |held: &Held| Artifact {
            digest: held.pointer.digest,
            manifest: held.bytes.clone(),
            blobs: held.blobs.clone(),
            subject: held.subject,
        };
        std::iter::once(&self.contents.bundle).chain(&self.contents.signatures).map(of).collect()
    }

    /// A range of the bytes of a blob, as they are.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn bytes_of(&self, blob: &Descriptor, range: Range<u64>) -> Result<Vec<u8>, Integrity> {
        self.blobs.read(&blob_path(&blob.digest), Some(range)).map_err(Integrity::Unreadable)
    }
}
