//! What `index.json` leads to: the bundle, its signatures, and what else refers to it.
//!
//! Tools that copy layouts write `index.json` anew: in another order, with other names for manifests, with
//! indexes inside of indexes. Nothing of it is trusted but the digests that it leads to, so all of that is
//! read. An index in canonical form is one that this program wrote, and then says of each manifest what
//! this program says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::blob::{Blobs, Integrity, read_blob, read_limited};
use super::layout::{Descriptor, media};
use crate::canonical;
use crate::digest::Digest;
use crate::words::counted;

/// Indexes inside of indexes that are followed.
const DEEPEST: usize = 4;
/// Manifests of one layout that are looked at.
const MOST: usize = 10_000;

/// An index of whoever. Fields that OCI does not have are errors: they are slips, or of a later version.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Index {
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    manifests: Vec<Pointer>,
    #[serde(default, rename = "artifactType")]
    _artifact_type: Option<IgnoredAny>,
    #[serde(default, rename = "subject")]
    _subject: Option<IgnoredAny>,
    #[serde(default, rename = "annotations")]
    _annotations: Option<IgnoredAny>,
}

/// A descriptor of whoever.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Pointer {
    media_type: String,
    digest: Digest,
    size: u64,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default, rename = "platform")]
    _platform: Option<IgnoredAny>,
    #[serde(default, rename = "urls")]
    _urls: Option<IgnoredAny>,
    #[serde(default, rename = "data")]
    _data: Option<IgnoredAny>,
}

/// As much of any manifest as tells what it is and what it needs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    #[serde(default)]
    artifact_type: Option<String>,
    config: Pointer,
    layers: Vec<Pointer>,
    #[serde(default)]
    subject: Option<Pointer>,
}

/// A manifest that the layout holds.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// What points at it.
    pub(super) pointer: Descriptor,
    /// Its bytes, which have its digest.
    pub(super) bytes: Vec<u8>,
    /// What it is; of images that do not say, the type of their config.
    pub(super) artifact_type: String,
    /// Its config and layers.
    pub(super) blobs: Vec<Descriptor>,
    /// The manifest that it refers to.
    pub(super) subject: Option<Digest>,
}

/// What a layout holds.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    /// The bundle.
    pub(super) bundle: Held,
    /// Its signatures.
    pub(super) signatures: Vec<Held>,
    /// Artifacts of other types that refer to it.
    pub(super) others: Vec<Held>,
    /// Indexes below `index.json`.
    pub(super) indexes: Vec<Descriptor>,
    /// Whether this program wrote `index.json`.
    pub(super) own: bool,
    /// `index.json`.
    pub(super) index: Value,
}

impl Contents {
    /// Reads `index.json` and all manifests that it leads to.
    pub(super) fn read(blobs: &impl Blobs) -> Result<Self, Integrity> {
        let bytes = read_limited(blobs, "index.json")?;
        let index: Value = json("index.json", &bytes)?;
        let mut walk =
            Walk { blobs, found: BTreeMap::new(), order: Vec::new(), indexes: Vec::new() };
        walk.index("index.json", &bytes, 0)?;
        let mut contents = walk.sorted()?;
        contents.own = canonical::text(&index).as_bytes() == bytes && contents.indexes.is_empty();
        contents.index = index;
        Ok(contents)
    }

    /// Every manifest, the bundle's first.
    pub(super) fn manifests(&self) -> impl Iterator<Item = &Held> {
        std::iter::once(&self.bundle).chain(&self.signatures).chain(&self.others)
    }

    /// Where this program wrote the index, it says of the manifests what this program says.
    pub(super) fn expect_described(&self, environment: &str) -> Result<(), Integrity> {
        if !self.own {
            return Ok(());
        }
        let bundle = Descriptor::of_manifest(&self.bundle.bytes, environment);
        let signed = |held: &Held| {
            let subject = held.subject.unwrap_or(self.bundle.pointer.digest);
            Descriptor::of_signature(&held.bytes, subject).is_within(&held.pointer)
        };
        if bundle.is_within(&self.bundle.pointer) && self.signatures.iter().all(signed) {
            return Ok(());
        }
        Err(Integrity::Malformed(format!(
            "`index.json` does not describe the bundle of environment `{environment}` that it points at"
        )))
    }
}

struct Walk<'a, B> {
    blobs: &'a B,
    found: BTreeMap<Digest, Held>,
    order: Vec<Digest>,
    indexes: Vec<Descriptor>,
}

impl<B: Blobs> Walk<'_, B> {
    fn index(&mut self, name: &str, bytes: &[u8], depth: usize) -> Result<(), Integrity> {
        let index: Index = json(name, bytes)?;
        let typed = index.media_type.as_deref().is_none_or(|found| found == media::OCI_INDEX);
        if index.schema_version != 2 || !typed {
            return Err(Integrity::Malformed(format!("`{name}` is not an OCI index of version 2")));
        }
        for pointer in index.manifests {
            if self.found.len() + self.indexes.len() >= MOST {
                return Err(Integrity::Malformed(format!(
                    "the layout holds more than {MOST} manifests"
                )));
            }
            let pointer = Descriptor::from(pointer);
            match pointer.media_type.as_str() {
                media::MANIFEST => self.manifest(pointer)?,
                media::OCI_INDEX if depth >= DEEPEST => {
                    return Err(Integrity::Malformed(format!(
                        "more than {DEEPEST} indexes lie inside of each other"
                    )));
                }
                media::OCI_INDEX => {
                    let bytes = read_blob(self.blobs, &pointer)?;
                    let name = pointer.digest.to_string();
                    self.indexes.push(pointer);
                    self.index(&name, &bytes, depth + 1)?;
                }
                other => {
                    return Err(Integrity::Malformed(format!(
                        "`{name}` points at a `{other}`, which is no manifest of OCI"
                    )));
                }
            }
        }
        Ok(())
    }

    fn manifest(&mut self, pointer: Descriptor) -> Result<(), Integrity> {
        if self.found.contains_key(&pointer.digest) {
            // Another name for the same.
            return Ok(());
        }
        let bytes = read_blob(self.blobs, &pointer)?;
        let outline: Outline = json(&pointer.digest.to_string(), &bytes)?;
        let of_config = || outline.config.media_type.clone();
        let artifact_type = outline.artifact_type.unwrap_or_else(of_config);
        let blobs = std::iter::once(outline.config).chain(outline.layers).map(Descriptor::from);
        let held = Held {
            blobs: blobs.collect(),
            subject: outline.subject.map(|subject| subject.digest),
            artifact_type,
            bytes,
            pointer,
        };
        self.order.push(held.pointer.digest);
        self.found.insert(held.pointer.digest, held);
        Ok(())
    }

    /// The one bundle, and the rest by what it is.
    fn sorted(mut self) -> Result<Contents, Integrity> {
        let order: Vec<_> =
            self.order.iter().filter_map(|digest| self.found.remove(digest)).collect();
        let of = |held: &Held, wanted: &str| held.artifact_type == wanted;
        let (bundles, rest): (Vec<_>, Vec<_>) =
            order.into_iter().partition(|held| of(held, media::ARTIFACT));
        let count = bundles.len();
        let names: Vec<_> = bundles.iter().map(|held| held.pointer.digest.to_string()).collect();
        let Ok([bundle]) = <[Held; 1]>::try_from(bundles) else {
            let named =
                if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
            return Err(Integrity::Malformed(format!(
                "`index.json` leads to {}, not to one{named}",
                counted(count, "bundle")
            )));
        };
        let (signatures, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|held| of(held, media::SIGNATURE));
        // A signature of another bundle is told apart by those who read signatures.
        if let Some(strange) =
            others.iter().find(|held| held.subject != Some(bundle.pointer.digest))
        {
            return Err(Integrity::Malformed(format!(
                "`index.json` leads to {}, an artifact of type `{}` that does not refer to the bundle",
                strange.pointer.digest, strange.artifact_type
            )));
        }
        let indexes = self.indexes;
        Ok(Contents { bundle, signatures, others, indexes, own: false, index: Value::Null })
    }
}

impl From<Pointer> for Descriptor {
    fn from(pointer: Pointer) -> Self {
        let Pointer { media_type, digest, size, annotations, artifact_type, .. } = pointer;
        Self { media_type, digest, size, annotations, artifact_type }
    }
}

fn json<'a, T: Deserialize<'a>>(what: &str, bytes: &'a [u8]) -> Result<T, Integrity> {
    serde_json::from_slice(bytes).map_err(|error| {
        let form = if error.is_data() { "does not have the expected form" } else { "is not JSON" };
        Integrity::Malformed(format!("`{what}` {form}: {error}"))
    })
}
