//! The files of a layout: where they come from, and how each is verified as it is read.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::layout::Descriptor;
use crate::canonical;
use crate::digest::Digest;

/// Largest `index.json`, manifest or config that is read; ours are a few kilobytes.
const MAX_HEADER_BYTES: u64 = 64 * 1024 * 1024;

/// Where the files of a layout come from.
pub trait Blobs {
    /// The bytes of a file of the layout by its path, or a range of them.
    ///
    /// # Errors
    /// In words: the file is missing, too short or cannot be read.
    fn read(&self, path: &str, range: Option<Range<u64>>) -> Result<Vec<u8>, String>;

    /// Number of bytes of a file of the layout.
    ///
    /// # Errors
    /// In words: the file is missing, or is no file.
    fn length(&self, path: &str) -> Result<u64, String>;

    /// Paths of all files of the layout.
    ///
    /// # Errors
    /// In words: the folder cannot be listed.
    fn list(&self) -> Result<Vec<String>, String>;
}

/// Why a bundle is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum Integrity {
    /// A file is missing or cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// Bytes do not have the digest that points at them.
    #[error("`{path}` does not match its digest: expected {expected}, found {found}")]
    Mismatch {
        /// Path below the bundle's folder.
        path: String,
        /// The digest that points at it.
        expected: Digest,
        /// The digest that it has.
        found: Digest,
    },
    /// The layout is not a bundle, or not one of this version.
    #[error("{0}")]
    Malformed(String),
}

pub(super) fn blob_path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

pub(super) fn read_limited(blobs: &impl Blobs, path: &str) -> Result<Vec<u8>, Integrity> {
    if blobs.length(path).map_err(Integrity::Unreadable)? > MAX_HEADER_BYTES {
        return Err(Integrity::Malformed(format!("`{path}` is larger than any bundle's")));
    }
    blobs.read(path, None).map_err(Integrity::Unreadable)
}

/// A whole blob, verified. It is not read where it has not the length that its descriptor says.
pub(super) fn read_blob(blobs: &impl Blobs, descriptor: &Descriptor) -> Result<Vec<u8>, Integrity> {
    let path = blob_path(&descriptor.digest);
    expect_length(blobs, &path, descriptor)?;
    let bytes = blobs.read(&path, None).map_err(Integrity::Unreadable)?;
    expect_digest(&path, &bytes, descriptor.digest)?;
    Ok(bytes)
}

/// A file has as many bytes as a descriptor says.
pub(super) fn expect_length(
    blobs: &impl Blobs,
    path: &str,
    descriptor: &Descriptor,
) -> Result<(), Integrity> {
    let found = blobs.length(path).map_err(Integrity::Unreadable)?;
    if found != descriptor.size {
        let size = descriptor.size;
        return Err(Integrity::Malformed(format!(
            "`{path}` has {found} bytes, its descriptor says {size}"
        )));
    }
    Ok(())
}

pub(super) fn expect_digest(path: &str, bytes: &[u8], expected: Digest) -> Result<(), Integrity> {
    same_digest(path, Digest::of_bytes(bytes), expected)
}

pub(super) fn same_digest(path: &str, found: Digest, expected: Digest) -> Result<(), Integrity> {
    if found == expected {
        Ok(())
    } else {
        Err(Integrity::Mismatch { path: path.to_owned(), expected, found })
    }
}

pub(super) fn into_text(what: &str, bytes: Vec<u8>) -> Result<String, Integrity> {
    String::from_utf8(bytes).map_err(|_| Integrity::Malformed(format!("the {what} is not UTF-8")))
}

/// Reads JSON that must be canonical, so that there is one text for one meaning.
pub(super) fn parse<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Integrity> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Integrity::Malformed(format!("`{what}` is not JSON: {error}")))?;
    if canonical::text(&value).as_bytes() != bytes {
        return Err(Integrity::Malformed(format!("`{what}` is not in canonical form")));
    }
    serde_json::from_value(value).map_err(|error| {
        Integrity::Malformed(format!("`{what}` does not have the expected form: {error}"))
    })
}
