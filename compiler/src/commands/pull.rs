//! `assayc pull`: a bundle comes from a registry.

use std::path::PathBuf;

use assay_registry::{Login, Place, Registry};
use assay_schemas::bundle::{Blobs as _, Folder};
use assay_schemas::exit::Exit;
use clap::Args;

use super::{CommandError, Output};
use crate::store::{self, StoreError};

/// Fetch a bundle and its signatures from a registry into a folder, whole or not at all. Blobs that the folder has
/// are not fetched again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc pull oci://registry.example.com/quality/prod:2026-11-27 .assay/bundles/prod
  assayc pull oci://registry.example.com/quality/prod@sha256:… prod
  assayc verify prod --trust trust.json")]
pub(super) struct Pull {
    /// `oci://host/name:tag`, or `oci://host/name@sha256:…`.
    from: String,
    /// Folder of the bundle.
    bundle: PathBuf,
}

impl Pull {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let place = Place::parse(&self.from)?;
        let there = Folder(self.bundle.clone());
        let have = |digest: assay_schemas::digest::Digest| {
            let path = format!("blobs/sha256/{}", digest.hex());
            there.read(&path, None).ok()
        };
        let files = Registry::at(&place, Login::of_environment())?.pull(&have)?;
        store::write(&self.bundle, &files)?;
        let reader = store::open(&self.bundle)?;
        let bytes = reader
            .verify()
            .map_err(|source| StoreError::Integrity { folder: self.bundle.clone(), source })?;
        output.print(&format!(
            "pulled: {} for {}, {}\n  content  {}\n  artifact {}\n  in       {}\n",
            store::size(bytes),
            reader.config().environment,
            match reader.envelopes().map(|envelopes| envelopes.len()).unwrap_or_default() {
                0 => "not signed".to_owned(),
                1 => "1 signature".to_owned(),
                many => format!("{many} signatures"),
            },
            reader.config().content_digest,
            reader.artifact_digest(),
            self.bundle.display()
        ));
        Ok(Exit::Success)
    }
}
