//! `assayc pull`: a bundle comes from a registry.

use std::path::PathBuf;

use assay_registry::{Login, Place, Registry};
use assay_schemas::bundle::Folder;
use assay_schemas::exit::Exit;
use assay_schemas::words::counted;
use clap::Args;
use serde_json::json;

use super::{CommandError, Output};
use crate::store::{self, StoreError};

/// Fetch a bundle and its signatures from a registry into a folder, whole or not at all. Blobs that the folder has
/// are not fetched again, and a pull that was cut off is gone on with.
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
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Pull {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let place = Place::parse(&self.from)?;
        store::expect_free(&self.bundle)?;
        let pulled =
            Registry::at(&place, Login::of_environment())?.pull(&Folder(self.bundle.clone()))?;
        let reader = store::open(&self.bundle)?;
        let bytes = reader
            .verify()
            .map_err(|source| StoreError::Integrity { folder: self.bundle.clone(), source })?;
        let config = reader.config();
        let signatures = reader.envelopes().map(|envelopes| envelopes.len()).unwrap_or_default();
        output.print(&if self.format == "json" {
            let found = json!({
                "digest": pulled.digest, "environment": config.environment, "folder": self.bundle,
                "content_digest": config.content_digest, "fetched": pulled.fetched,
                "kept": pulled.kept, "bytes": pulled.bytes, "signatures": signatures,
            });
            format!("{found}\n")
        } else {
            format!(
                "pulled: {} for {}, {}; {} came ({}), {} there already\n  content  {}\n  artifact {}\n  in       {}\n",
                store::size(bytes),
                config.environment,
                match signatures {
                    0 => "not signed".to_owned(),
                    some => counted(some, "signature"),
                },
                counted(pulled.fetched, "blob"),
                store::size(pulled.bytes),
                pulled.kept,
                config.content_digest,
                reader.artifact_digest(),
                self.bundle.display()
            )
        });
        Ok(Exit::Success)
    }
}
