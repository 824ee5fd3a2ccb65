//! `assayc verify`: every byte of a bundle against its digests.

use std::path::PathBuf;
use std::time::Instant;

use assay_schemas::exit::Exit;
use clap::Args;
use serde_json::json;

use super::{CommandError, Output};
use crate::store::{self, StoreError};

/// Verify a bundle: every blob, every index line, every record, and that nothing else is there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc verify .assay/bundles/dev
  assayc verify .assay/bundles/prod --expect sha256:4f5a…   and that it is this one")]
pub(super) struct Verify {
    /// Folder of the bundle.
    bundle: PathBuf,
    /// The content or artifact digest that it must have.
    #[arg(long, value_name = "DIGEST")]
    expect: Option<String>,
    /// Form of the report.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Verify {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let started = Instant::now();
        let reader = store::open(&self.bundle)?;
        let bytes = reader
            .verify()
            .map_err(|source| StoreError::Integrity { folder: self.bundle.clone(), source })?;
        let config = reader.config();
        if let Some(expected) = &self.expect {
            let digests = [config.content_digest.to_string(), reader.artifact_digest().to_string()];
            if !digests.contains(expected) {
                output.note(&format!(
                    "error: the bundle is whole, but not the one expected\n  expected {expected}\n  content  \
                     {}\n  artifact {}\n",
                    digests[0], digests[1]
                ));
                return Ok(Exit::Integrity);
            }
        }
        if self.format == "json" {
            output.print(&format!(
                "{}\n",
                json!({
                    "bundle": self.bundle, "environment": config.environment, "bytes": bytes,
                    "records": config.records, "content_digest": config.content_digest,
                    "core_digest": config.core_digest, "overlay_digest": config.overlay_digest,
                    "artifact_digest": reader.artifact_digest(), "revision": reader.revision(),
                })
            ));
        } else {
            output.print(&format!(
                "whole: {} records for {}, {} verified in {:.0} ms\n  content  {}\n  artifact {}\n  commit   {}\n",
                config.records,
                config.environment,
                store::size(bytes),
                started.elapsed().as_secs_f64() * 1000.0,
                config.content_digest,
                reader.artifact_digest(),
                reader.revision().unwrap_or("none (a working tree)"),
            ));
        }
        Ok(Exit::Success)
    }
}
