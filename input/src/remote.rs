//! Objects at remote locations: listed by a pattern, fetched whole, or read in part into a sparse file.
//!
//! A [`Location`] says where, an [`Access`] how and as whom, a [`Remote`] is the two together. Calls
//! block; a failure that may pass is met with further attempts before it is told. What is read is pinned
//! to what was listed: an object that is replaced in between is an error and never a mixture.

mod access;
mod budget;
mod error;
mod fetch;
mod list;
mod location;
mod part;
mod patience;
mod probe;
mod sparse;

use std::sync::Arc;

use jiff::Timestamp;
use object_store::list::PaginatedListStore;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Runtime;

pub use access::{Access, Credentials};
pub use budget::Budget;
pub use error::Error;
pub use fetch::Fetched;
pub use location::Location;
pub use patience::Patience;
pub use sparse::{Bound, ColumnFacts, RowGroup, SparseFile, rows_of};

use error::{Failure, failure, replaced};
use location::Service;

/// An object as it was when it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it lies, in the form of the location that it was listed by.
    pub uri: String,
    /// Its bytes.
    pub size: u64,
    /// What changes with its content, in the form of an HTTP header: quoted, `W/` in front if it is weak.
    pub etag: Option<String>,
    /// Its version or generation, where the service names one.
    pub version: Option<String>,
    /// When it was written, to the second where the service says no more.
    pub last_modified: Option<Timestamp>,
}

/// A bucket, container, web server or file system that can be asked.
pub struct Remote {
    location: Location,
    store: Arc<dyn ObjectStore>,
    /// The same store, where it lists by a prefix that need not end with a folder.
    pages: Option<Arc<dyn PaginatedListStore>>,
    runtime: Runtime,
    patience: Patience,
}

impl Remote {
    /// Prepares to ask for what lies at `location`. Nothing is asked yet.
    ///
    /// # Errors
    /// The access does not fit the location, an address without encryption is not allowed, or the machine
    /// has no means for a connection.
    pub fn open(location: &Location, access: &Access) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Resource(format!("{location}: no connection: {error}")))?;
        let (store, pages) = access::open(location, access)?;
        Ok(Self {
            location: location.clone(),
            store,
            pages,
            runtime,
            patience: access.patience.clone(),
        })
    }

    /// One attempt to read an object, or a part of it, that must still be the one that was listed.
    async fn get(
        &self,
        object: &Object,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<GetResult, Failure> {
        let key = self.location.key_of(object)?;
        let options = GetOptions {
            // A weak tag never matches by the rules of HTTP; it is compared with the answer instead.
            if_match: object.etag.clone().filter(|etag| !etag.starts_with("W/")),
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        let result = self
            .store
            .get_opts(&key, options)
            .await
            .map_err(|error| failure(&error, &object.uri, self.location.service.name()))?;
        let now = self.object(&result.meta);
        let same = now.size == object.size
            && match (&object.etag, &now.etag) {
                (Some(before), Some(now)) => before == now,
                _ => object.last_modified == now.last_modified,
            };
        if same { Ok(result) } else { Err(Failure::lasting(replaced(&object.uri))) }
    }

    fn object(&self, meta: &ObjectMeta) -> Object {
        let quoted = |etag: &String| match etag.starts_with('"') || etag.starts_with("W/") {
            true => etag.clone(),
            // Azure lists them bare, and writes them quoted into headers.
            false => format!("\"{etag}\""),
        };
        // To the second, as headers have no more: listings of S3 do, and would seem to differ.
        let seconds = meta.last_modified.timestamp();
        Object {
            uri: self.location.uri_of(meta.location.as_ref()),
            size: meta.size,
            etag: meta.e_tag.as_ref().map(quoted),
            version: meta.version.clone(),
            // A server that does not say gives the beginning of time.
            last_modified: (seconds != 0).then(|| Timestamp::from_second(seconds).ok()).flatten(),
        }
    }

    /// Whether a web server is asked, which lists nothing and may not say much of what it has.
    fn is_web(&self) -> bool {
        matches!(self.location.service, Service::Web { .. })
    }

    async fn head(&self, key: &Key) -> Result<ObjectMeta, object_store::Error> {
        match self.store.head(key).await {
            // Some servers answer to nothing but a plain request.
            Err(
                object_store::Error::NotFound { .. } | object_store::Error::PermissionDenied { .. },
            ) if self.is_web() => {
                self.store.get_opts(key, GetOptions::default()).await.map(|result| result.meta)
            }
            met => met,
        }
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("location", &self.location).finish_non_exhaustive()
    }
}
