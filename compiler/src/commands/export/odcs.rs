//! `assayc export odcs`: a data contract as a contract of the Open Data Contract Standard.

use std::fs;
use std::path::PathBuf;

use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use clap::Args;
use serde_json::json;

use super::super::project::Project;
use super::super::{CommandError, Output};
use crate::compile;
use crate::odcs::{self, Standard, Stored};
use crate::report::{Form, Report};

/// Export a data contract as a contract of the Open Data Contract Standard.
///
/// The document stands on standard output or in a file; what the standard has no words for is listed on
/// standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc export odcs yellow-trips --worktree
  assayc export odcs yellow-trips --odcs-version 3.0.2 --output trips.odcs.yaml
  assayc export odcs yellow-trips --format json")]
pub(super) struct Odcs {
    /// The `contract_id` of the data contract; its highest version is taken.
    contract: String,
    #[command(flatten)]
    project: Project,
    /// Version of the standard.
    #[arg(long, default_value = "3.1.0", value_parser = versions())]
    odcs_version: String,
    /// File to write the document into.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Form of the document, and of what it does not say.
    #[arg(long, default_value = "yaml", value_parser = ["yaml", "json"])]
    format: String,
    /// Fail (exit code 4) where the standard has no words for anything.
    #[arg(long)]
    strict: bool,
}

fn versions() -> Vec<&'static str> {
    Standard::ALL.iter().map(|(name, _)| *name).collect()
}

impl Odcs {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let authored = compile::authored(&self.project.snapshot()?);
        let errors = authored.diagnostics.iter().any(|found| found.level == Level::Error);
        if errors {
            let report = Report {
                colour: output.colour,
                ..Report::new(&authored.diagnostics, &authored.files)
            };
            output.note(&report.render(Form::Human));
            return Ok(Exit::Source);
        }
        let objects: Vec<_> =
            authored.objects.into_iter().map(|(object, value)| Stored { object, value }).collect();
        let known = Standard::ALL.iter().find(|(name, _)| *name == self.odcs_version);
        let standard = known.map_or_else(Standard::default, |(_, standard)| *standard);
        let exported = odcs::export(&objects, &self.contract, standard).map_err(|known| {
            CommandError::Usage {
                message: format!("no data contract `{}`", self.contract),
                hint: Some(match known.is_empty() {
                    true => "the library has no data contract".to_owned(),
                    false => format!("data contracts are {}", known.join(", ")),
                }),
            }
        })?;
        let json = self.format == "json";
        let text = if json {
            format!("{:#}\n", exported.document)
        } else {
            odcs::document(&exported.document)
        };
        match &self.output {
            Some(path) => fs::write(path, text).map_err(|error| CommandError::Usage {
                message: format!("cannot write `{}`: {error}", path.display()),
                hint: None,
            })?,
            None => output.print(&text),
        }
        if json {
            let unsaid: Vec<_> = exported
                .unsaid
                .iter()
                .map(|unsaid| {
                    let home = &unsaid.place;
                    json!({ "kind": home.kind, "id": home.id, "pointer": home.pointer.as_str(), "why": unsaid.why })
                })
                .collect();
            output.note(&format!("{}\n", json!({ "unsaid": unsaid })));
        } else {
            for unsaid in &exported.unsaid {
                let home = &unsaid.place;
                let place = [home.pointer.as_str()].into_iter().filter(|place| !place.is_empty());
                let place: String = place.map(|place| format!(" {place}")).collect();
                output.note(&format!("{} `{}`{place}: {}\n", home.kind, home.id, unsaid.why));
            }
        }
        let lost = self.strict && !exported.unsaid.is_empty();
        Ok(if lost { Exit::Warnings } else { Exit::Success })
    }
}
