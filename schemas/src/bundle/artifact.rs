//! A bundle as artifacts that travel: each a manifest and the blobs that it points at, the bundle first.

use std::sync::Arc;

use super::blob::{Blobs, Integrity, blob_path, expect_blob, parse, read_blob, read_limited};
use super::layout::{Config, Descriptor, Manifest, OciIndex, media};
use super::read::Reader;
use super::write::File;
use crate::canonical;
use crate::digest::Digest;

/// A manifest and what it points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Digest of the manifest.
    pub digest: Digest,
    /// The manifest's bytes.
    pub manifest: Vec<u8>,
    /// Its config and layers.
    pub blobs: Vec<Descriptor>,
}

/// Reads a manifest as an artifact.
///
/// # Errors
/// It is none of a bundle or a signature.
pub fn artifact(manifest: Vec<u8>) -> Result<Artifact, Integrity> {
    let read: Manifest = parse("manifest", &manifest)?;
    if ![media::ARTIFACT, media::SIGNATURE].contains(&read.artifact_type.as_str()) {
        let found = read.artifact_type;
        return Err(Integrity::Malformed(format!(
            "this is an artifact of type `{found}`, no bundle"
        )));
    }
    let digest = Digest::of_bytes(&manifest);
    Ok(Artifact { digest, manifest, blobs: [read.config].into_iter().chain(read.layers).collect() })
}

/// The files of a layout that holds artifacts, the bundle first, and their blobs.
///
/// # Errors
/// A blob is not what points at it, or the first artifact is no bundle.
pub fn layout(
    artifacts: &[Artifact],
    blobs: Vec<(Descriptor, Vec<u8>)>,
) -> Result<Vec<File>, Integrity> {
    let mut files = vec![super::write::marker()];
    let mut config: Option<Config> = None;
    for (descriptor, bytes) in blobs {
        let path = blob_path(&descriptor.digest);
        expect_blob(&path, &bytes, &descriptor)?;
        if descriptor.media_type == media::CONFIG {
            config = Some(parse("config", &bytes)?);
        }
        files.push(File { path, bytes: Arc::new(bytes) });
    }
    let Some(config) = config else {
        return Err(Integrity::Malformed("the bundle has no config".to_owned()));
    };
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
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files.dedup_by(|one, other| one.path == other.path);
    Ok(files)
}

impl<B: Blobs> Reader<B> {
    /// The bundle, then its signatures.
    ///
    /// # Errors
    /// A manifest does not match its digest.
    pub fn artifacts(&self) -> Result<Vec<Artifact>, Integrity> {
        let index: OciIndex = parse("index.json", &read_limited(&self.blobs, "index.json")?)?;
        let (own, signatures): (Vec<_>, Vec<_>) =
            index.manifests.iter().partition(|pointer| pointer.digest == self.artifact_digest);
        own.into_iter()
            .chain(signatures)
            .map(|pointer| artifact(read_blob(&self.blobs, pointer)?))
            .collect()
    }

    /// A blob of the bundle.
    ///
    /// # Errors
    /// It does not match its digest.
    pub fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Integrity> {
        read_blob(&self.blobs, descriptor)
    }
}
