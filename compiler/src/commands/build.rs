//! `assayc build`: seal the bundle of an environment.

mod branch;

use std::path::PathBuf;

use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use assay_schemas::words::counted;
use clap::Args;
use rayon::prelude::*;
use serde_json::json;

use super::basis::Judging;
use super::check::Reporting;
use super::project::{self, Project};
use super::{CommandError, Output};
use crate::compile::{Goal, environments};
use crate::report::Form;
use crate::store::{self, StoreError};

/// Seal bundles: one immutable folder for each environment, an OCI image layout.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc build --env dev                    .assay/bundles/dev, from HEAD
  assayc build --env prod --rev v1.4.0      from a tag
  assayc build --env dev --output out/dev   into a folder of your choice
  assayc build --format json                digests for a machine")]
pub(super) struct Build {
    #[command(flatten)]
    project: Project,
    /// Environment to seal; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Folder of the bundle, for one environment; by default `.assay/bundles/<environment>`.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reporting: Reporting,
}

impl Build {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        if self.output.is_some() && self.env.len() != 1 {
            return Err(CommandError::Usage {
                message: "`--output` is for one environment".to_owned(),
                hint: Some("name it with `--env`, or leave `--output` out".to_owned()),
            });
        }
        let snapshot = self.project.snapshot()?;
        let judged = self.judging.judge(&self.project, false)?;
        let compiled = project::compile(&snapshot, &self.env, (Goal::Seal, &judged.basis()))?;
        let (text, exit) = self.reporting.render(&self.project, &snapshot, &compiled, output)?;
        let human = self.reporting.form() == Form::Human;
        let failed = compiled.diagnostics.iter().any(|found| found.level == Level::Error)
            || exit != Exit::Success;
        if human {
            output.note(&judged.note(&compiled));
        }
        if !self.reporting.is_quiet() {
            output.note(&self.project.note_on_disk());
        }
        if failed {
            output.print(&text);
            return Ok(exit);
        }
        if human && !compiled.diagnostics.is_empty() {
            output.note(&text);
        }
        let bundles: Vec<_> = compiled.bundles.iter().collect();
        let written = bundles.par_iter().map(|(name, bundle)| {
            let folder = self.output.clone().unwrap_or_else(|| {
                self.project.folder().join(".assay").join("bundles").join(name.as_str())
            });
            store::write(&folder, &bundle.files)?;
            Ok((store::open(&folder)?, folder))
        });
        let written: Vec<_> = written.collect::<Result<_, StoreError>>()?;
        let declared = environments(&snapshot);
        let mut built = Vec::new();
        for ((name, bundle), (reader, folder)) in bundles.into_iter().zip(written) {
            let bytes: usize = bundle.files.iter().map(|file| file.bytes.len()).sum();
            if human {
                output.print(&format!(
                    "sealed {name}: {}, {}\n  content  {}\n  artifact {}\n  in       {}\n",
                    counted(bundle.config.records, "record"),
                    store::size(bytes as u64),
                    bundle.config.content_digest,
                    reader.artifact_digest(),
                    folder.display(),
                ));
            }
            if let Some(environment) = declared.get(name) {
                let content = bundle.config.content_digest;
                let sealed = branch::Sealed { content, revision: reader.revision() };
                let day = self.judging.today();
                output.note(&sealed.beside(environment, (self.project.ground(), day))?);
            }
            built.push(json!({
                "environment": name, "folder": folder, "records": bundle.config.records, "bytes": bytes,
                "content_digest": bundle.config.content_digest, "core_digest": bundle.config.core_digest,
                "overlay_digest": bundle.config.overlay_digest,
                "artifact_digest": reader.artifact_digest(), "revision": reader.revision(),
            }));
        }
        if !human {
            output.print(&format!("{}\n", json!({ "bundles": built })));
        }
        Ok(Exit::Success)
    }
}
