//! Writing a bundle: records become the files of an OCI layout. Pure; somebody else writes the files.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;

use super::layout::{
    Config, Descriptor, Entry, FORMAT_VERSION, Manifest, OciIndex, Page, Part, SectionKey, media,
};
use crate::canonical;
use crate::digest::Digest;
use crate::plan::PLAN_VERSION;

/// Bytes of an index on one page, give or take a line: small enough to hash in no time, large enough to
/// keep the directory short.
const PAGE_BYTES: usize = 32 * 1024;

/// A record to be sealed.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where it belongs.
    pub section: SectionKey,
    /// Its kind.
    pub kind: String,
    /// The object's id.
    pub id: String,
    /// The object's version.
    pub version: String,
    /// Its canonical JSON, without a line end. Bundles of several environments share it.
    pub text: Arc<str>,
    /// Digest of the text.
    pub digest: Digest,
    /// What it means, with all that it refers to.
    pub fingerprint: Digest,
}

/// What is said of the bundle as a whole.
#[derive(Clone, Debug)]
pub struct Header {
    /// The environment.
    pub environment: String,
    /// The commit it was compiled from; `None` for a working tree.
    pub revision: Option<String>,
    /// The shared libraries that it holds objects of, by name: repository, commit and digest.
    pub libraries: BTreeMap<String, String>,
}

/// A file of the layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path below the bundle's folder, with `/`.
    pub path: String,
    /// Its content, which bundles of several environments share.
    pub bytes: Arc<Vec<u8>>,
}

/// The sections of bundles that are written together. Most of what environments hold is the same in all of them,
/// and is then laid out and hashed once.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<SectionKey, Arc<OnceLock<Section>>>>);

/// A section, laid out.
#[derive(Clone, Debug)]
struct Section {
    /// What it was made of: the texts, which are shared, and what each means.
    of: Vec<(Arc<str>, Digest)>,
    layers: Vec<(Descriptor, Arc<Vec<u8>>)>,
}

impl Memory {
    /// The section of these records: of the core, the one that another bundle has if it is of the same records.
    fn section(&self, records: &[Record]) -> Section {
        let Some(first) = records.first().filter(|first| first.section.part == Part::Core) else {
            return Section::of(records);
        };
        let kept = {
            let mut sections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sections.entry(first.section.clone()).or_default())
        };
        let section = kept.get_or_init(|| Section::of(records));
        if section.is_of(records) { section.clone() } else { Section::of(records) }
    }
}

/// The files of a bundle, blobs first and `index.json` last, and its config.
pub fn write(mut records: Vec<Record>, header: &Header, memory: &Memory) -> (Vec<File>, Config) {
    records.sort_by(|a, b| {
        (&a.section, &a.kind, &a.id, &a.version).cmp(&(&b.section, &b.kind, &b.id, &b.version))
    });
    let mut files = Vec::new();
    let mut layers = Vec::new();
    for section in records.chunk_by(|a, b| a.section == b.section) {
        for (layer, bytes) in memory.section(section).layers {
            add(&mut files, layer.digest, bytes);
            layers.push(layer);
        }
    }
    let config = Config {
        format_version: FORMAT_VERSION,
        plan_version: PLAN_VERSION,
        environment: header.environment.clone(),
        content_digest: Digest::of(&layers),
        core_digest: digest_of_part(&layers, Part::Core),
        overlay_digest: digest_of_part(&layers, Part::Overlay),
        records: records.len() as u64,
    };
    let config_blob = blob(&mut files, media::CONFIG, canonical::text(&config).into_bytes());
    let mut annotations: BTreeMap<_, _> = header
        .revision
        .iter()
        .map(|revision| (media::REVISION.to_owned(), revision.clone()))
        .collect();
    annotations.extend(
        header
            .libraries
            .iter()
            .map(|(name, from)| (format!("{}{name}", media::LIBRARY), from.clone())),
    );
    let manifest = Manifest {
        schema_version: 2,
        media_type: media::MANIFEST.to_owned(),
        artifact_type: media::ARTIFACT.to_owned(),
        config: config_blob,
        layers,
        subject: None,
        annotations,
    };
    let bytes = canonical::text(&manifest).into_bytes();
    let pointer = Descriptor::of_manifest(&bytes, &header.environment);
    blob(&mut files, media::MANIFEST, bytes);
    let index = OciIndex {
        schema_version: 2,
        media_type: media::OCI_INDEX.to_owned(),
        manifests: vec![pointer],
    };
    files.push(marker());
    files.push(text_file("index.json", &index));
    (files, config)
}

/// The file that says what the folder is.
pub(super) fn marker() -> File {
    text_file("oci-layout", &BTreeMap::from([("imageLayoutVersion", "1.0.0")]))
}

impl Section {
    /// Pack, index and directory of the records of one section, which are sorted.
    fn of(records: &[Record]) -> Self {
        let mut pack = Vec::with_capacity(records.iter().map(|record| record.text.len() + 1).sum());
        let mut index = String::new();
        let mut pages: Vec<Page> = Vec::new();
        let mut page_start = 0;
        for record in records {
            let entry = Entry {
                kind: record.kind.clone(),
                id: record.id.clone(),
                version: record.version.clone(),
                digest: record.digest,
                fingerprint: record.fingerprint,
                offset: pack.len() as u64,
                length: record.text.len() as u64,
            };
            pack.extend_from_slice(record.text.as_bytes());
            pack.push(b'\n');
            if pages.is_empty() || index.len() - page_start >= PAGE_BYTES {
                close_page(&mut pages, &index, page_start);
                page_start = index.len();
                let offset = page_start as u64;
                pages.push(Page {
                    offset,
                    length: 0,
                    digest: Digest::of_bytes(b""),
                    first: entry.key(),
                });
            }
            index.push_str(&entry.to_string());
            index.push('\n');
        }
        close_page(&mut pages, &index, page_start);
        let directory: String = pages.iter().map(|page| format!("{page}\n")).collect();
        let key = records.first().map(|record| &record.section);
        let layers = [
            (media::PACK, pack),
            (media::INDEX, index.into_bytes()),
            (media::DIRECTORY, directory.into_bytes()),
        ];
        let layers = layers.into_iter().map(|(media_type, bytes)| {
            let mut descriptor = describe(media_type, &bytes);
            if let Some(SectionKey { part, tenant }) = key {
                descriptor.annotations.insert(media::PART.to_owned(), part.name().to_owned());
                descriptor.annotations.insert(media::TENANT.to_owned(), tenant.clone());
            }
            (descriptor, Arc::new(bytes))
        });
        let of = records.iter().map(|record| (Arc::clone(&record.text), record.fingerprint));
        Self { of: of.collect(), layers: layers.collect() }
    }

    /// Whether it was made of records like these. Texts hold kind, id and version.
    fn is_of(&self, records: &[Record]) -> bool {
        let same = |((text, fingerprint), record): (&(Arc<str>, Digest), &Record)| {
            Arc::ptr_eq(text, &record.text) && *fingerprint == record.fingerprint
        };
        self.of.len() == records.len() && self.of.iter().zip(records).all(same)
    }
}

/// Fills in length and digest of the last page, which begins at `start`.
fn close_page(pages: &mut [Page], index: &str, start: usize) {
    if let Some(page) = pages.last_mut() {
        let bytes = &index.as_bytes()[start..];
        page.length = bytes.len() as u64;
        page.digest = Digest::of_bytes(bytes);
    }
}

fn digest_of_part(layers: &[Descriptor], part: Part) -> Digest {
    let name = part.name();
    let of_part: Vec<_> = layers
        .iter()
        .filter(|layer| layer.annotations.get(media::PART).is_some_and(|part| part == name))
        .collect();
    Digest::of(&of_part)
}

/// Adds a blob to the files, once, and points at it.
fn blob(files: &mut Vec<File>, media_type: &str, bytes: Vec<u8>) -> Descriptor {
    let descriptor = describe(media_type, &bytes);
    add(files, descriptor.digest, Arc::new(bytes));
    descriptor
}

fn describe(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: Digest::of_bytes(bytes),
        size: bytes.len() as u64,
        annotations: BTreeMap::new(),
        artifact_type: None,
    }
}

fn add(files: &mut Vec<File>, digest: Digest, bytes: Arc<Vec<u8>>) {
    let path = format!("blobs/sha256/{}", digest.hex());
    if !files.iter().any(|file| file.path == path) {
        files.push(File { path, bytes });
    }
}

fn text_file(path: &str, value: &impl Serialize) -> File {
    File { path: path.to_owned(), bytes: Arc::new(canonical::text(value).into_bytes()) }
}
