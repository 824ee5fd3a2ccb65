//! Signatures of a bundle: artifacts of their own in its layout, which refer to its manifest as OCI 1.1 has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blob::{Blobs, Integrity, blob_path, parse, read_blob, read_limited};
use super::layout::{Descriptor, Manifest, OciIndex, media};
use super::read::Reader;
use super::write::File;
use crate::canonical;
use crate::digest::Digest;
use crate::trust::Facts;

impl<B: Blobs> Reader<B> {
    /// The envelopes of its signatures. Nothing is said of whether they are worth anything.
    ///
    /// # Errors
    /// One does not match its digest, or refers to another manifest.
    pub fn envelopes(&self) -> Result<Vec<Vec<u8>>, Integrity> {
        let mut envelopes = Vec::new();
        for pointer in &self.signatures {
            let manifest: Manifest = parse("signature", &read_blob(&self.blobs, pointer)?)?;
            if manifest
                .subject
                .as_ref()
                .is_none_or(|subject| subject.digest != self.artifact_digest)
            {
                return Err(Integrity::Malformed(
                    "a signature refers to another bundle".to_owned(),
                ));
            }
            for layer in &manifest.layers {
                envelopes.push(read_blob(&self.blobs, layer)?);
            }
        }
        Ok(envelopes)
    }

    /// The files that add a signature to the bundle: its blobs first, the new `index.json` last.
    ///
    /// # Errors
    /// The layout is not whole.
    pub fn signed(&self, envelope: &[u8]) -> Result<Vec<File>, Integrity> {
        let mut index: OciIndex = parse("index.json", &read_limited(&self.blobs, "index.json")?)?;
        let subject = index.manifests.iter().find(|pointer| pointer.digest == self.artifact_digest);
        let subject = subject.map(|pointer| Descriptor {
            annotations: BTreeMap::new(),
            artifact_type: pointer.artifact_type.clone(),
            ..pointer.clone()
        });
        let config = b"{}".to_vec();
        let manifest = canonical::text(&Manifest {
            schema_version: 2,
            media_type: media::MANIFEST.to_owned(),
            artifact_type: media::SIGNATURE.to_owned(),
            config: Descriptor::of(media::EMPTY, &config),
            layers: vec![Descriptor::of(media::ENVELOPE, envelope)],
            subject,
            annotations: BTreeMap::new(),
        });
        let pointer = Descriptor::of_signature(manifest.as_bytes(), self.artifact_digest);
        if !index.manifests.contains(&pointer) {
            index.manifests.push(pointer);
        }
        let blobs = [config, envelope.to_vec(), manifest.into_bytes()];
        let files = blobs.into_iter().map(|bytes| File {
            path: blob_path(&Digest::of_bytes(&bytes)),
            bytes: Arc::new(bytes),
        });
        let index = File {
            path: "index.json".to_owned(),
            bytes: Arc::new(canonical::text(&index).into_bytes()),
        };
        Ok(files.chain([index]).collect())
    }

    /// What is known of the bundle from its own bytes, for those who judge its signatures.
    pub fn facts(&self) -> Facts {
        Facts {
            artifact_digest: self.artifact_digest,
            content_digest: self.config.content_digest,
            core_digest: self.config.core_digest,
            environment: self.config.environment.clone(),
        }
    }
}
