//! `assayc push`: a bundle goes to a registry.

use std::path::PathBuf;

use assay_registry::{Login, Place, Registry};
use assay_schemas::bundle::Folder;
use assay_schemas::exit::Exit;
use assay_schemas::words::counted;
use clap::Args;
use serde_json::json;

use super::{CommandError, Output};
use crate::store;

/// Send a bundle and its signatures to a registry that speaks OCI distribution. What it has is not sent again, a push
/// that was cut off is gone on with, and the tag moves last.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc push .assay/bundles/prod oci://registry.example.com/quality/prod:2026-11-27
  assayc push .assay/bundles/prod oci://registry.example.com/quality/prod --mount quality/test
  assay run taxi-trips-monthly --bundle oci://registry.example.com/quality/prod@sha256:…

`ASSAY_REGISTRY_USER` and `ASSAY_REGISTRY_PASSWORD`, or `ASSAY_REGISTRY_TOKEN`, say who asks.")]
pub(super) struct Push {
    /// Folder of the bundle.
    bundle: PathBuf,
    /// `oci://host/name:tag`.
    to: String,
    /// Repository of the same registry; what it has of the bundle is taken over from there. May be given several
    /// times.
    #[arg(long, value_name = "NAME")]
    mount: Vec<String>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Push {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let place = Place::parse(&self.to)?;
        // Says better than a registry could that there is no bundle.
        store::open(&self.bundle)?;
        let pushed = Registry::at(&place, Login::of_environment())?
            .push(&Folder(self.bundle.clone()), &self.mount)?;
        let name = place.at(pushed.digest);
        output.print(&if self.format == "json" {
            let found = json!({
                "digest": pushed.digest, "place": name, "sent": pushed.sent, "kept": pushed.kept,
                "bytes": pushed.bytes, "signatures": pushed.signatures,
            });
            format!("{found}\n")
        } else {
            format!(
                "pushed: {} sent ({}), {} there already, {}\n  {name}\n",
                counted(pushed.sent, "blob"),
                store::size(pushed.bytes),
                pushed.kept,
                counted(pushed.signatures, "signature")
            )
        });
        Ok(Exit::Success)
    }
}
