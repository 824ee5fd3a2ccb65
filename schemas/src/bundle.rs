//! The bundle: an OCI image layout that holds everything one environment needs.
//!
//! ```text
//! oci-layout
//! index.json                 the bundle's manifest, and those of its signatures
//! blobs/sha256/…             manifest, config, and for each section three layers:
//!   pack       canonical JSON records, one a line, in order of their keys
//!   index      one sorted line a record: kind id version digest fingerprint offset length
//!   directory  the index cut into pages: offset length sha256 first-key
//! ```
//!
//! A *section* is a pair of part (`core`, which no environment touches, or `overlay`) and tenant (or
//! `shared`). The directory lets a reader prove and read one page of an index of any size, and the page
//! proves the record: every byte that is used is verified, and nothing else is read.
//!
//! The *content digest* covers the sections only; the *artifact digest* is the manifest's, with the commit
//! and the environment in its annotations. Nothing here depends on a clock, a machine or chance.

mod artifact;
mod blob;
mod contents;
mod folder;
mod layout;
mod read;
mod signature;
mod verify;
mod write;

pub use artifact::{Artifact, artifact, layout};
pub use blob::{Blobs, Integrity};
pub use folder::{Arriving, Folder, Growing};
pub use layout::{Config, Descriptor, Entry, FORMAT_VERSION, Part, SHARED, SectionKey, media};
pub use read::{Reader, Section};
pub use write::{File, Header, Memory, Record, write};
