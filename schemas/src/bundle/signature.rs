//! Signatures of a bundle: artifacts of their own in its layout, which refer to its manifest as OCI 1.1 has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::blob::{Blobs, Integrity, blob_path, parse, read_blob};
use super::layout::{Descriptor, Manifest, media};
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
        for held in &self.contents.signatures {
            if held.subject != Some(self.artifact_digest) {
                return Err(Integrity::Malformed(
                    "a signature refers to another bundle".to_owned(),
                ));
            }
            let manifest: Manifest = parse("signature", &held.bytes)?;
            for layer in &manifest.layers {
                envelopes.push(read_blob(&self.blobs, layer)?);
            }
        }
        Ok(envelopes)
    }

    /// The files that add a signature to the bundle: its blobs first, the new `index.json` last.
    pub fn signed(&self, envelope: &[u8]) -> Vec<File> {
        let bundle = &self.contents.bundle;
        let subject = Descriptor {
            annotations: BTreeMap::new(),
            ..Descriptor::of_manifest(&bundle.bytes, &self.config.environment)
        };
        let config = b"{}".to_vec();
        let manifest = canonical::text(&Manifest {
            schema_version: 2,
            media_type: media::MANIFEST.to_owned(),
            artifact_type: media::SIGNATURE.to_owned(),
            config: Descriptor::of(media::EMPTY, &config),
            layers: vec![Descriptor::of(media::ENVELOPE, envelope)],
            subject: Some(subject),
            annotations: BTreeMap::new(),
        });
        let pointer = Descriptor::of_signature(manifest.as_bytes(), self.artifact_digest);
        let mut index = self.contents.index.clone();
        let known =
            self.contents.signatures.iter().any(|held| held.pointer.digest == pointer.digest);
        if let Some(manifests) = index["manifests"].as_array_mut().filter(|_| !known) {
            manifests.push(serde_json::to_value(&pointer).unwrap_or_default());
        }
        // What another tool has written stays recognisable as such.
        let index = match self.contents.own {
            true => canonical::text(&index),
            false => format!("{index:#}\n"),
        };
        let blobs = [config, envelope.to_vec(), manifest.into_bytes()];
        let files = blobs.into_iter().map(|bytes| File {
            path: blob_path(&Digest::of_bytes(&bytes)),
            bytes: Arc::new(bytes),
        });
        let index = File { path: "index.json".to_owned(), bytes: Arc::new(index.into_bytes()) };
        files.chain([index]).collect()
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
