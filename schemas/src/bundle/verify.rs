//! Verifying a bundle as a whole, in memory that does not grow with it.

use std::collections::BTreeSet;

use super::blob::{
    Blobs, Integrity, blob_path, expect_digest, expect_length, into_text, read_blob, same_digest,
};
use super::layout::{Entry, Page};
use super::read::{Reader, Section, entry_of};
use crate::digest::Hasher;

/// Bytes of a pack that are in memory at once.
const WINDOW: u64 = 8 * 1024 * 1024;

impl<B: Blobs> Reader<B> {
    /// Hashes every blob, re-reads every index, and looks for files that do not belong. Returns the number
    /// of bytes verified.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self) -> Result<u64, Integrity> {
        let mut known = BTreeSet::from(["oci-layout".to_owned(), "index.json".to_owned()]);
        let mut total = 0;
        for index in &self.contents.indexes {
            total += index.size;
            known.insert(blob_path(&index.digest));
        }
        for held in self.contents.manifests() {
            total += held.pointer.size;
            known.insert(blob_path(&held.pointer.digest));
            // The layers of the bundle itself are read with their sections, and its config was read with it.
            let own = held.pointer.digest == self.artifact_digest;
            for blob in &held.blobs {
                if !own {
                    self.verify_blob(blob)?;
                }
                total += blob.size;
                known.insert(blob_path(&blob.digest));
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

    fn verify_blob(&self, blob: &super::layout::Descriptor) -> Result<(), Integrity> {
        let path = blob_path(&blob.digest);
        expect_length(&self.blobs, &path, blob)?;
        let mut whole = Hasher::default();
        for start in (0..blob.size).step_by(WINDOW as usize) {
            let range = start..blob.size.min(start + WINDOW);
            whole.update(&self.blobs.read(&path, Some(range)).map_err(Integrity::Unreadable)?);
        }
        same_digest(&path, whole.finish(), blob.digest)
    }

    /// Every line of the index is in order, on its page, and points at a record of its digest; the records are all
    /// that the pack holds. The pack is hashed as a whole beside its records.
    fn verify_section(&self, section: &Section) -> Result<(), Integrity> {
        let index = into_text("index", read_blob(&self.blobs, &section.index)?)?;
        let entries = index.lines().map(entry_of).collect::<Result<Vec<_>, _>>()?;
        let in_order = entries.windows(2).all(|pair| {
            (&pair[0].kind, &pair[0].id, &pair[0].version)
                < (&pair[1].kind, &pair[1].id, &pair[1].version)
        });
        let name = || format!("{} of {}", section.key.part.name(), section.key.tenant);
        if !in_order || !covers(&self.pages(section)?, &index)? {
            let name = name();
            return Err(Integrity::Malformed(format!("index and directory of {name} disagree")));
        }
        let (path, size) = (blob_path(&section.pack.digest), section.pack.size);
        expect_length(&self.blobs, &path, &section.pack)?;
        let mut whole = Hasher::default();
        let mut records = Records::of(&entries);
        let mut found = Ok(());
        for start in (0..size).step_by(WINDOW as usize) {
            let range = start..size.min(start + WINDOW);
            let bytes = self.blobs.read(&path, Some(range)).map_err(Integrity::Unreadable)?;
            std::thread::scope(|scope| {
                let hashed = scope.spawn(|| whole.update(&bytes));
                if found.is_ok() {
                    found = records.take(&bytes);
                }
                hashed.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            });
        }
        // The pack as a whole says more than one of its records.
        same_digest(&path, whole.finish(), section.pack.digest)?;
        found?;
        if records.are_over() {
            return Ok(());
        }
        Err(Integrity::Malformed(format!("the pack of {} ends before its records do", name())))
    }
}

/// The records of a pack, hashed one after the other as its bytes come by.
struct Records<'a> {
    rest: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
    hasher: Hasher,
    /// Bytes of the pack that came by.
    at: u64,
}

impl<'a> Records<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut rest = entries.iter();
        Self { current: rest.next(), rest, hasher: Hasher::default(), at: 0 }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Integrity> {
        while let Some((&next, after)) = bytes.split_first() {
            let Some(entry) = self.current else {
                return Err(Integrity::Malformed(
                    "a pack holds more than its index says".to_owned(),
                ));
            };
            let end = entry.offset.checked_add(entry.length);
            let Some(end) = end.filter(|end| entry.offset <= self.at && self.at <= *end) else {
                return Err(self.astray(entry));
            };
            if self.at == end {
                // What ends a record belongs to none.
                if next != b'\n' {
                    return Err(self.astray(entry));
                }
                expect_same(entry, &mut self.hasher)?;
                self.current = self.rest.next();
                self.at += 1;
                bytes = after;
                if let Some(following) = self.current.filter(|entry| entry.offset != self.at) {
                    return Err(self.astray(following));
                }
                continue;
            }
            let length = usize::try_from(end - self.at).unwrap_or(usize::MAX).min(bytes.len());
            let (own, after) = bytes.split_at(length);
            self.hasher.update(own);
            self.at += length as u64;
            bytes = after;
        }
        Ok(())
    }

    fn astray(&self, entry: &Entry) -> Integrity {
        let (name, at) = (entry.key(), self.at);
        Integrity::Malformed(format!("record `{name}` is not where its pack has one, at byte {at}"))
    }

    fn are_over(&self) -> bool {
        self.current.is_none()
    }
}

fn expect_same(entry: &Entry, hasher: &mut Hasher) -> Result<(), Integrity> {
    same_digest(&entry.key(), hasher.finish(), entry.digest)
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
