//! `assayc schema`: the JSON Schemas of the language.

use std::path::PathBuf;

use assay_schemas::exit::Exit;
use clap::Args;

use super::generated::Generated;
use super::{CommandError, Output};
use crate::scaffold;

/// Print or write the JSON Schemas that editors check library files with.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc schema rule_set                     one kind, to standard output
  assayc schema index                        which schema is for which file
  assayc schema --output schemas/json        all kinds, a file each
  assayc schema --output schemas/json --check   fail where a file is not as it should be")]
pub(super) struct Schema {
    /// The kind; all where none is named.
    kind: Option<String>,
    /// Folder to write a file for each kind into.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write nothing; fail where a file is missing or differs.
    #[arg(long, requires = "output")]
    check: bool,
}

impl Schema {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let documents = scaffold::schemas();
        let wanted: Vec<_> = documents
            .iter()
            .filter(|(name, _)| {
                self.kind
                    .as_ref()
                    .is_none_or(|kind| name.strip_suffix(".json") == Some(kind.as_str()))
            })
            .collect();
        if wanted.is_empty() {
            let names: Vec<_> =
                documents.iter().filter_map(|(name, _)| name.strip_suffix(".json")).collect();
            return Err(CommandError::Usage {
                message: format!("no kind `{}`", self.kind.unwrap_or_default()),
                hint: Some(format!("there are {}", names.join(", "))),
            });
        }
        let Some(folder) = self.output else {
            wanted.iter().for_each(|(_, text)| output.print(text));
            return Ok(Exit::Success);
        };
        let files = wanted.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Generated { folder: &folder, files, left_over: Vec::new() }.settle(self.check, output)
    }
}
