//! Reading a bundle: the one reader that every path goes through. Each byte that it hands out has been
//! verified against the digest of the manifest.

use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::blob::{
    Blobs, Integrity, blob_path, expect_blob, expect_digest, into_text, parse, read_blob,
    read_limited,
};
use super::layout::{
    Config, Descriptor, Entry, FORMAT_VERSION, Manifest, OciIndex, Page, Part, SHARED, SectionKey,
    media,
};
use crate::digest::Digest;
use crate::id::Version;
use crate::plan::PLAN_VERSION;

/// A section of a bundle.
#[derive(Clone, Debug)]
pub struct Section {
    /// Part and tenant.
    pub key: SectionKey,
    pack: Descriptor,
    index: Descriptor,
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
    revision: Option<String>,
    libraries: BTreeMap<String, String>,
    sections: Vec<Section>,
    pub(super) signatures: Vec<Descriptor>,
}

impl<B: Blobs> Reader<B> {
    /// Opens a bundle.
    ///
    /// # Errors
    /// The layout is not a whole bundle of a version that this reader knows.
    pub fn open(blobs: B) -> Result<Self, Integrity> {
        let layout: Value = parse("oci-layout", &read_limited(&blobs, "oci-layout")?)?;
        if layout.get("imageLayoutVersion").and_then(Value::as_str) != Some("1.0.0") {
            return Err(Integrity::Malformed("`oci-layout` is not of version 1.0.0".into()));
        }
        let index: OciIndex = parse("index.json", &read_limited(&blobs, "index.json")?)?;
        if index.schema_version != 2 || index.media_type != media::OCI_INDEX {
            return Err(Integrity::Malformed(
                "`index.json` is not an OCI index of version 2".into(),
            ));
        }
        let (signatures, bundles): (Vec<_>, Vec<_>) =
            index.manifests.iter().partition(|pointer| pointer.is_signature());
        let [pointer] = bundles.as_slice() else {
            let count = bundles.len();
            return Err(Integrity::Malformed(format!(
                "`index.json` holds {count} manifests of bundles, not one"
            )));
        };
        let signatures = signatures.into_iter().cloned().collect();
        let bytes = read_blob(&blobs, pointer)?;
        let manifest: Manifest = parse("manifest", &bytes)?;
        if manifest.artifact_type != media::ARTIFACT {
            let found = manifest.artifact_type;
            return Err(Integrity::Malformed(format!(
                "this is an artifact of type `{found}`, no bundle"
            )));
        }
        let config: Config = parse("config", &read_blob(&blobs, &manifest.config)?)?;
        check_versions(&config)?;
        if Digest::of(&manifest.layers) != config.content_digest {
            return Err(Integrity::Malformed(
                "the layers are not those that the config names".into(),
            ));
        }
        if **pointer != Descriptor::of_manifest(&bytes, &config.environment) {
            return Err(Integrity::Malformed(format!(
                "`index.json` does not describe the bundle of environment `{}` that it points at",
                config.environment
            )));
        }
        let sections = sections_of(&manifest.layers)?;
        Ok(Self {
            blobs,
            config,
            artifact_digest: pointer.digest,
            revision: manifest.annotations.get(media::REVISION).cloned(),
            libraries: manifest
                .annotations
                .iter()
                .filter_map(|(key, from)| {
                    Some((key.strip_prefix(media::LIBRARY)?.to_owned(), from.clone()))
                })
                .collect(),
            sections,
            signatures,
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

    /// Hashes every blob, re-reads every index, and looks for files that do not belong. Returns the number
    /// of bytes verified.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self) -> Result<u64, Integrity>
    where
        B: Sync,
    {
        let mut known = BTreeSet::from(["oci-layout".to_owned(), "index.json".to_owned()]);
        let index: OciIndex = parse("index.json", &read_limited(&self.blobs, "index.json")?)?;
        let mut total = 0;
        for pointer in &index.manifests {
            let bytes = read_blob(&self.blobs, pointer)?;
            let manifest: Manifest = parse("manifest", &bytes)?;
            total += pointer.size;
            known.insert(blob_path(&pointer.digest));
            // The layers of the bundle itself are read with their sections.
            let own = pointer.digest == self.artifact_digest;
            let layers = manifest.layers.iter().map(|layer| (layer, !own));
            for (descriptor, read) in layers.chain([(&manifest.config, true)]) {
                if read {
                    read_blob(&self.blobs, descriptor)?;
                }
                total += descriptor.size;
                known.insert(blob_path(&descriptor.digest));
            }
        }
        for section in &self.sections {
            self.verify_section(section)?;
        }
        let strangers = self.blobs.list().map_err(Integrity::Unreadable)?;
        match strangers.into_iter().find(|path| !known.contains(path)) {
            Some(path) => {
                Err(Integrity::Malformed(format!("`{path}` does not belong to the bundle")))
            }
            None => Ok(total),
        }
    }

    /// Every line of the index is in order, on its page, and points at a record of its digest. The pack is hashed
    /// as a whole beside its records.
    fn verify_section(&self, section: &Section) -> Result<(), Integrity>
    where
        B: Sync,
    {
        let index = into_text("index", read_blob(&self.blobs, &section.index)?)?;
        let entries = index.lines().map(entry_of).collect::<Result<Vec<_>, _>>()?;
        let in_order = entries.windows(2).all(|pair| {
            (&pair[0].kind, &pair[0].id, &pair[0].version)
                < (&pair[1].kind, &pair[1].id, &pair[1].version)
        });
        if !in_order || !covers(&self.pages(section)?, &index)? {
            let name = format!("{} of {}", section.key.part.name(), section.key.tenant);
            return Err(Integrity::Malformed(format!("index and directory of {name} disagree")));
        }
        let path = blob_path(&section.pack.digest);
        let pack = self.blobs.read(&path, None).map_err(Integrity::Unreadable)?;
        std::thread::scope(|scope| {
            let whole = scope.spawn(|| expect_blob(&path, &pack, &section.pack));
            let records = entries.iter().try_for_each(|entry| expect_record(&pack, entry));
            // The pack as a whole says more than one of its records.
            whole.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            records
        })
    }

    fn pages(&self, section: &Section) -> Result<Vec<Page>, Integrity> {
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

/// The bytes that an entry points at are the record.
fn expect_record(pack: &[u8], entry: &Entry) -> Result<(), Integrity> {
    let range = usize::try_from(entry.offset).ok().zip(usize::try_from(entry.length).ok());
    let bytes = range
        .and_then(|(offset, length)| pack.get(offset..offset.checked_add(length)?))
        .ok_or_else(|| {
            Integrity::Malformed(format!("record `{}` lies outside its pack", entry.key()))
        })?;
    expect_digest(&entry.key(), bytes, entry.digest)
}

/// Whether pages cut an index without a rest, each at a line of its own.
///
/// # Errors
/// A page does not match its digest.
fn covers(pages: &[Page], index: &str) -> Result<bool, Integrity> {
    let mut rest = index;
    for page in pages {
        let Some((own, after)) =
            usize::try_from(page.length).ok().and_then(|length| rest.split_at_checked(length))
        else {
            return Ok(false);
        };
        let first = own.lines().next().map(entry_of).transpose()?;
        let here = page.offset as usize == index.len() - rest.len();
        if !here || first.is_none_or(|first| first.key() != page.first) {
            return Ok(false);
        }
        expect_digest("a page of the index", own.as_bytes(), page.digest)?;
        rest = after;
    }
    Ok(rest.is_empty())
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

fn entry_of(line: &str) -> Result<Entry, Integrity> {
    Entry::parse(line)
        .ok_or_else(|| Integrity::Malformed(format!("`{line}` is no line of an index")))
}
