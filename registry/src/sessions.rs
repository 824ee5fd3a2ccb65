//! Where uploads stand that are not over: written beside the bundle, so that a later push goes on with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use assay_schemas::bundle::Folder;
use assay_schemas::digest::Digest;
use reqwest::Url;

use crate::Place;

/// The uploads of one bundle to one repository.
pub(crate) struct Sessions {
    /// `None` where the folder has no name.
    file: Option<PathBuf>,
    repository: String,
    /// By repository and digest of the blob, the address that the registry gave.
    known: BTreeMap<String, BTreeMap<String, String>>,
}

impl Sessions {
    /// What a push of the same bundle left.
    pub(crate) fn beside(folder: &Folder, place: &Place) -> Self {
        let name = folder.0.file_name().map(|name| name.to_string_lossy().into_owned());
        let file = name.map(|name| folder.0.with_file_name(format!(".{name}.pushing.json")));
        // A file that cannot be read costs the bytes that were sent, and no more.
        let text = file.as_ref().and_then(|file| fs::read(file).ok()).unwrap_or_default();
        let known = serde_json::from_slice(&text).unwrap_or_default();
        Self { file, repository: place.base(), known }
    }

    pub(crate) fn of(&self, blob: Digest) -> Option<Url> {
        self.known.get(&self.repository)?.get(&blob.to_string())?.parse().ok()
    }

    pub(crate) fn keep(&mut self, blob: Digest, address: Option<&Url>) {
        let own = self.known.entry(self.repository.clone()).or_default();
        match address {
            Some(address) => own.insert(blob.to_string(), address.to_string()),
            None => own.remove(&blob.to_string()),
        };
        self.write();
    }

    /// Everything went through.
    pub(crate) fn forget(&mut self) {
        self.known.remove(&self.repository);
        self.write();
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        let none = self.known.values().all(BTreeMap::is_empty);
        // The folder may not be writable; then a later push begins anew.
        let _ = match none {
            true => fs::remove_file(file),
            false => fs::write(file, assay_schemas::canonical::text(&self.known)),
        };
    }
}
