//! What lies where in a bundle: descriptors, manifest, config, and the lines of an index.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Media types and annotation keys.
pub mod media {
    /// Of the artifact as a whole.
    pub const ARTIFACT: &str = "application/vnd.assay.bundle.v1";
    /// Of the config blob.
    pub const CONFIG: &str = "application/vnd.assay.bundle.config.v1+json";
    /// Of a pack.
    pub const PACK: &str = "application/vnd.assay.pack.v1+jsonl";
    /// Of an index.
    pub const INDEX: &str = "application/vnd.assay.index.v1+text";
    /// Of a directory.
    pub const DIRECTORY: &str = "application/vnd.assay.directory.v1+text";
    /// Of a signature of a bundle, as an artifact of its own that refers to it.
    pub const SIGNATURE: &str = "application/vnd.assay.signature.v1";
    /// Of a DSSE envelope.
    pub const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
    /// Of a config that says nothing.
    pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// Names, in the layout, the manifest that a signature refers to.
    pub const SUBJECT: &str = "dev.assay.subject";
    /// Of an OCI manifest.
    pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// Of an OCI index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// The commit that the bundle was compiled from.
    pub const REVISION: &str = "org.opencontainers.image.revision";
    /// The environment, as the name of the manifest in the layout.
    pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
    /// Begins the keys that name the shared libraries: repository, commit and digest of each.
    pub const LIBRARY: &str = "dev.assay.library.";
    /// `core` or `overlay`.
    pub const PART: &str = "dev.assay.part";
    /// The tenant of a section.
    pub const TENANT: &str = "dev.assay.tenant";
}

/// The name of the section of objects without a tenant.
pub const SHARED: &str = "shared";

/// Version of this format.
pub const FORMAT_VERSION: u32 = 1;

/// Half of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The same for every environment that admits the same objects.
    Core,
    /// What the environment adds: its own file, objects for it alone, and the plans of the jobs.
    Overlay,
}

impl Part {
    /// The name as annotations hold it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Overlay => "overlay",
        }
    }
}

/// Names a section.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SectionKey {
    /// Which half.
    pub part: Part,
    /// The tenant, or `shared`.
    pub tenant: String,
}

/// Points at a blob, as OCI does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Descriptor {
    /// What the blob holds.
    pub media_type: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Number of its bytes.
    pub size: u64,
    /// Notes; for layers, the section.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Of a manifest: what the artifact is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
}

/// An OCI 1.1 artifact manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) schema_version: u32,
    pub(super) media_type: String,
    pub(super) artifact_type: String,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
    /// The manifest that it refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<Descriptor>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// What points at bytes of a kind.
    pub(super) fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of_bytes(bytes),
            size: bytes.len() as u64,
            annotations: BTreeMap::new(),
            artifact_type: None,
        }
    }

    /// What `index.json` says of the manifest of a signature.
    pub(super) fn of_signature(bytes: &[u8], subject: Digest) -> Self {
        Self {
            annotations: BTreeMap::from([(media::SUBJECT.to_owned(), subject.to_string())]),
            artifact_type: Some(media::SIGNATURE.to_owned()),
            ..Self::of(media::MANIFEST, bytes)
        }
    }

    /// Whether another one says the same and perhaps more.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let noted = |(key, value): (&String, &String)| other.annotations.get(key) == Some(value);
        self.annotations.iter().all(noted)
            && *self == Self { annotations: self.annotations.clone(), ..other.clone() }
    }

    /// What `index.json` says of a bundle's manifest.
    pub(super) fn of_manifest(bytes: &[u8], environment: &str) -> Self {
        Self {
            media_type: media::MANIFEST.to_owned(),
            digest: Digest::of_bytes(bytes),
            size: bytes.len() as u64,
            annotations: BTreeMap::from([(media::REF_NAME.to_owned(), environment.to_owned())]),
            artifact_type: Some(media::ARTIFACT.to_owned()),
        }
    }
}

/// An OCI index as this program writes it; [`super::contents`] reads those of others, too.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OciIndex {
    pub(super) schema_version: u32,
    pub(super) media_type: String,
    pub(super) manifests: Vec<Descriptor>,
}

/// The config blob: what the bundle is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// [`crate::plan::PLAN_VERSION`] of the plans inside.
    pub plan_version: u32,
    /// The environment.
    pub environment: String,
    /// Digest of all sections.
    pub content_digest: Digest,
    /// Digest of the core sections.
    pub core_digest: Digest,
    /// Digest of the overlay sections.
    pub overlay_digest: Digest,
    /// Records in all.
    pub records: u64,
}

/// One line of an index: where a record is and what it must hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Kind of the record.
    pub kind: String,
    /// Id of the object.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the record's bytes.
    pub digest: Digest,
    /// SHA-256 over what the object means and the fingerprints of all that it refers to.
    pub fingerprint: Digest,
    /// Where the record begins in its pack.
    pub offset: u64,
    /// Its number of bytes, without the line end.
    pub length: u64,
}

impl Entry {
    /// Reads a line without its line end; `None` where it is not one.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let entry = Self {
            kind: next()?.to_owned(),
            id: next()?.to_owned(),
            version: next()?.to_owned(),
            digest: Digest::parse(next()?)?,
            fingerprint: Digest::parse(next()?)?,
            offset: next()?.parse().ok()?,
            length: next()?.parse().ok()?,
        };
        words.next().is_none().then_some(entry)
    }

    /// `kind id version`, the order of an index.
    pub fn key(&self) -> String {
        format!("{} {} {}", self.kind, self.id, self.version)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, id, version, digest, fingerprint, offset, length } = self;
        write!(f, "{kind} {id} {version} {digest} {fingerprint} {offset} {length}")
    }
}

/// One page of an index, as a line of its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) digest: Digest,
    /// [`Entry::key`] of the first line.
    pub(super) first: String,
}

impl Page {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        Some(Self {
            offset: words.next()?.parse().ok()?,
            length: words.next()?.parse().ok()?,
            digest: Digest::parse(words.next()?)?,
            first: words.next()?.to_owned(),
        })
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.offset, self.length, self.digest, self.first)
    }
}
