//! Reading a bundle: the one reader that every path goes through. Each byte that it hands out has been
//! verified against the digest of the manifest.

use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

use super::blob::{
    Blobs, Integrity, blob_path, expect_digest, into_text, parse, read_blob, read_limited,
};
use super::contents::Contents;
use super::layout::{
    Config, Descriptor, Entry, FORMAT_VERSION, Manifest, Page, Part, SHARED, SectionKey, media,
};
use crate::digest::Digest;
use crate::id::Version;
use crate::plan::PLAN_VERSION;

/// A section of a bundle.
#[derive(Clone, Debug)]
pub struct Section {
    /// Part and tenant.
    pub key: SectionKey,
    pub(super) pack: Descriptor,
    pub(super) index: Descriptor,
    directory: Descriptor,
}

impl Section {
    /// Whether another section, perhaps of another bundle, holds the same records.
    pub fn holds_the_same(&self, other: &Self) -> bool {
        self.pack.digest == other.pack.digest && self.index.digest == other.index.digest
    }
}

/// A bundle, opened and verified down to its manifest and config.
pub struct Reader<B> {
    pub(super) blobs: B,
    pub(super) config: Config,
    pub(super) artifact_digest: Digest,
    pub(super) contents: Contents,
    revision: Option<String>,
    libraries: BTreeMap<String, String>,
    pub(super) sections: Vec<Section>,
}

impl<B: Blobs> Reader<B> {
    /// Opens a bundle.
    ///
    /// # Errors
    /// The layout is not a whole bundle of a version that this reader knows.
    pub fn open(blobs: B) -> Result<Self, Integrity> {
        let layout = read_limited(&blobs, "oci-layout")?;
        let layout: Value = serde_json::from_slice(&layout).unwrap_or_default();
        if layout.get("imageLayoutVersion").and_then(Value::as_str) != Some("1.0.0") {
            return Err(Integrity::Malformed("`oci-layout` is not of version 1.0.0".into()));
        }
        let contents = Contents::read(&blobs)?;
        let manifest: Manifest = parse("manifest", &contents.bundle.bytes)?;
        let config: Config = parse("config", &read_blob(&blobs, &manifest.config)?)?;
        check_versions(&config)?;
        if Digest::of(&manifest.layers) != config.content_digest {
            return Err(Integrity::Malformed(
                "the layers are not those that the config names".into(),
            ));
        }
        contents.expect_described(&config.environment)?;
        let sections = sections_of(&manifest.layers)?;
        Ok(Self {
            blobs,
            config,
            artifact_digest: contents.bundle.pointer.digest,
            contents,
            revision: manifest.annotations.get(media::REVISION).cloned(),
            libraries: manifest
                .annotations
                .iter()
                .filter_map(|(key, from)| {
                    Some((key.strip_prefix(media::LIBRARY)?.to_owned(), from.clone()))
                })
                .collect(),
            sections,
        })
    }

    /// What the bundle is.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Digest of the manifest.
    pub fn artifact_digest(&self) -> Digest {
        self.artifact_digest
    }

    /// The commit that the bundle was compiled from; `None` for a working tree.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// The shared libraries that it holds objects of, by name: repository, commit and digest.
    pub fn libraries(&self) -> &BTreeMap<String, String> {
        &self.libraries
    }

    /// The sections, in order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The records of a kind and id in a section, lowest version first. Reads only the pages that can hold
    /// them.
    ///
    /// # Errors
    /// A page does not match its digest.
    pub fn find(&self, section: &Section, kind: &str, id: &str) -> Result<Vec<Entry>, Integrity> {
        let wanted = format!("{kind} {id} ");
        let pages = self.pages(section)?;
        // The last page that begins at or before the key may hold it, and so may those after it that
        // begin with the same key.
        let first =
            pages.partition_point(|page| page.first.as_str() < wanted.as_str()).saturating_sub(1);
        let mut found = Vec::new();
        for page in &pages[first..] {
            if page.first.as_str() > wanted.as_str() && !page.first.starts_with(&wanted) {
                break;
            }
            let entries = self.page(section, page)?;
            found.extend(entries.into_iter().filter(|entry| entry.kind == kind && entry.id == id));
        }
        found.sort_by_key(|entry| Version::new(&entry.version).unwrap_or_default());
        Ok(found)
    }

    /// The records of a kind and id, with their sections: of one tenant and shared, or of all tenants.
    ///
    /// # Errors
    /// A page does not match its digest.
    pub fn find_anywhere(
        &self,
        kind: &str,
        id: &str,
        tenant: Option<&str>,
    ) -> Result<Vec<(&Section, Entry)>, Integrity> {
        let mut found = Vec::new();
        for section in &self.sections {
            let name = section.key.tenant.as_str();
            if tenant.is_none_or(|tenant| name == tenant || name == SHARED) {
                found.extend(
                    self.find(section, kind, id)?.into_iter().map(|entry| (section, entry)),
                );
            }
        }
        Ok(found)
    }

    /// All entries of a section, in order.
    ///
    /// # Errors
    /// The index does not match its digest.
    pub fn entries(&self, section: &Section) -> Result<Vec<Entry>, Integrity> {
        let text = into_text("index", read_blob(&self.blobs, &section.index)?)?;
        text.lines().map(entry_of).collect()
    }

    /// The record that an entry points at.
    ///
    /// # Errors
    /// It does not match its digest.
    pub fn record<T: DeserializeOwned>(
        &self,
        section: &Section,
        entry: &Entry,
    ) -> Result<T, Integrity> {
        let path = blob_path(&section.pack.digest);
        let end = entry.offset.checked_add(entry.length).filter(|end| *end <= section.pack.size);
        let Some(end) = end else {
            return Err(Integrity::Malformed(format!(
                "record `{}` lies outside its pack",
                entry.key()
            )));
        };
        let bytes =
            self.blobs.read(&path, Some(entry.offset..end)).map_err(Integrity::Unreadable)?;
        expect_digest(&format!("{path} ({})", entry.key()), &bytes, entry.digest)?;
        parse(&entry.key(), &bytes)
    }

    pub(super) fn pages(&self, section: &Section) -> Result<Vec<Page>, Integrity> {
        let text = into_text("directory", read_blob(&self.blobs, &section.directory)?)?;
        text.lines()
            .map(|line| {
                Page::parse(line).ok_or_else(|| {
                    Integrity::Malformed(format!("`{line}` is no line of a directory"))
                })
            })
            .collect()
    }

    fn page(&self, section: &Section, page: &Page) -> Result<Vec<Entry>, Integrity> {
        let path = blob_path(&section.index.digest);
        let end = page.offset.checked_add(page.length).filter(|end| *end <= section.index.size);
        let Some(end) = end else {
            return Err(Integrity::Malformed("a page lies outside its index".into()));
        };
        let bytes =
            self.blobs.read(&path, Some(page.offset..end)).map_err(Integrity::Unreadable)?;
        expect_digest(&path, &bytes, page.digest)?;
        into_text("index", bytes)?.lines().map(entry_of).collect()
    }
}

fn check_versions(config: &Config) -> Result<(), Integrity> {
    let newer = |what: &str, found: u32, known: u32| {
        Integrity::Malformed(format!(
            "the bundle has {what} version {found}, this program knows {known}: use a program of the same age"
        ))
    };
    if config.format_version != FORMAT_VERSION {
        return Err(newer("format", config.format_version, FORMAT_VERSION));
    }
    if config.plan_version != PLAN_VERSION {
        return Err(newer("plan", config.plan_version, PLAN_VERSION));
    }
    Ok(())
}

/// Groups the layers into sections: pack, index and directory of each, in this order.
fn sections_of(layers: &[Descriptor]) -> Result<Vec<Section>, Integrity> {
    let malformed =
        || Integrity::Malformed("the manifest's layers are not those of a bundle".into());
    let (groups, rest) = layers.as_chunks::<3>();
    if !rest.is_empty() {
        return Err(malformed());
    }
    groups
        .iter()
        .map(|[pack, index, directory]| {
            let kinds = [&pack.media_type, &index.media_type, &directory.media_type];
            let part = match pack.annotations.get(media::PART).map(String::as_str) {
                Some("core") => Part::Core,
                Some("overlay") => Part::Overlay,
                _ => return Err(malformed()),
            };
            let tenant = pack.annotations.get(media::TENANT).ok_or_else(malformed)?.clone();
            if kinds != [media::PACK, media::INDEX, media::DIRECTORY] {
                return Err(malformed());
            }
            Ok(Section {
                key: SectionKey { part, tenant },
                pack: pack.clone(),
                index: index.clone(),
                directory: directory.clone(),
            })
        })
        .collect()
}

pub(super) fn entry_of(line: &str) -> Result<Entry, Integrity> {
    Entry::parse(line)
        .ok_or_else(|| Integrity::Malformed(format!("`{line}` is no line of an index")))
}
