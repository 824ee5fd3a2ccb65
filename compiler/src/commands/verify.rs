//! `assayc verify`: every byte of a bundle against its digests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use assay_schemas::bundle::{Folder, Reader};
use assay_schemas::exit::Exit;
use assay_schemas::trust::{Found, Policy, Report};
use assay_schemas::words::counted;
use clap::Args;
use serde_json::json;

use super::basis::Clock;
use super::{CommandError, Output};
use crate::store::{self, StoreError};

/// Verify a bundle: every blob, every index line, every record, and that nothing else is there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc verify .assay/bundles/dev
  assayc verify .assay/bundles/prod --expect sha256:4f5a…   and that it is this one
  assayc verify .assay/bundles/prod --trust trust.json      and that those who count have signed it

Exit codes: 9 a digest, a signature or what was expected does not hold · 11 all holds but who signed")]
pub(super) struct Verify {
    /// Folder of the bundle.
    bundle: PathBuf,
    /// The content or artifact digest that it must have.
    #[arg(long, value_name = "DIGEST")]
    expect: Option<String>,
    /// Policy that says whose signatures count; see `docs/trust.md`.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    clock: Clock,
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
        let trust = self.trust.as_deref().map(|path| self.judged(path, &reader)).transpose()?;
        let exit = match &trust {
            None => Exit::Success,
            Some(report) if report.holds() => Exit::Success,
            Some(report) if report.lacks_identity_alone() => Exit::Unconfirmed,
            Some(_) => Exit::Integrity,
        };
        if self.format == "json" {
            let trust = trust.as_ref().map(|report| {
                let part = |(name, found): (&str, &Found)| {
                    let (Ok(words) | Err(words)) = found;
                    (name.to_owned(), json!({ "holds": found.is_ok(), "words": words }))
                };
                report.parts().into_iter().map(part).collect::<serde_json::Map<_, _>>()
            });
            output.print(&format!(
                "{}\n",
                json!({
                    "bundle": self.bundle, "environment": config.environment, "bytes": bytes,
                    "records": config.records, "content_digest": config.content_digest,
                    "core_digest": config.core_digest, "overlay_digest": config.overlay_digest,
                    "artifact_digest": reader.artifact_digest(), "revision": reader.revision(),
                    "trust": trust,
                })
            ));
        } else {
            output.print(&format!(
                "whole: {} for {}, {} verified in {:.0} ms\n  content  {}\n  artifact {}\n  commit   {}\n",
                counted(config.records, "record"),
                config.environment,
                store::size(bytes),
                started.elapsed().as_secs_f64() * 1000.0,
                config.content_digest,
                reader.artifact_digest(),
                reader.revision().unwrap_or("none (a working tree)"),
            ));
            for (name, found) in trust.iter().flat_map(Report::parts) {
                let (sign, words) = match found {
                    Ok(words) => ("✓", words),
                    Err(words) => ("✗", words),
                };
                output.print(&format!("  {sign} {name}: {words}\n"));
            }
        }
        Ok(exit)
    }

    fn judged(&self, path: &Path, reader: &Reader<Folder>) -> Result<Report, CommandError> {
        let wrong = |reason: String| CommandError::Usage {
            message: format!("`{}` is no trust policy: {reason}", path.display()),
            hint: Some("`docs/trust.md` shows one".to_owned()),
        };
        let text = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let policy = Policy::read(&text).map_err(wrong)?;
        let envelopes = reader
            .envelopes()
            .map_err(|source| StoreError::Integrity { folder: self.bundle.clone(), source })?;
        let day = self.clock.without_project();
        let day = day.ok_or_else(|| wrong("today is not known".to_owned()))?;
        Ok(policy.judge(&reader.facts(), &envelopes, day))
    }
}
