//! `assay report`: a run as a page, as JSON or as JUnit.

use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use clap::Args;

use super::bundle::LakeArgs;
use super::{CommandError, Output};
use crate::report::{html, json, junit};

/// Write a run as an HTML page, as JSON or as JUnit XML.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay report latest --output run.html
  assay report latest --format junit > checks.xml
  assay report 0198c0de --format json")]
pub(super) struct Report {
    /// Id of the run, the beginning of it, or `latest`.
    run: String,
    #[command(flatten)]
    lake: LakeArgs,
    /// Form of the report.
    #[arg(long, default_value = "html", value_parser = ["html", "json", "junit"])]
    format: String,
    /// File to write; standard output where none is named.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let lake = self.lake.lake()?;
        let views = lake.views()?;
        let record = views.load(&self.run)?;
        let text = match self.format.as_str() {
            "json" => json::render(&record)?,
            "junit" => junit::render(&record)?,
            _ => html::render(&record, &[], None)?,
        };
        match self.output {
            Some(path) => {
                write(&path, &text)?;
                output.print(&format!("written to {}\n", path.display()));
            }
            None => output.print(&text),
        }
        Ok(Exit::Success)
    }
}

/// Writes a file whole: beside its place first.
pub(super) fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let beside = path.with_extension(format!("{}.partial", std::process::id()));
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        CommandError::Usage(format!("cannot write `{}`: {error}", path.display()))
    })
}
