//! `assayc schema`: the JSON Schemas of the language.

use std::fs;
use std::path::PathBuf;

use assay_schemas::exit::Exit;
use clap::Args;

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
        let mut stale = Vec::new();
        for (name, text) in wanted {
            let path = folder.join(name);
            if fs::read_to_string(&path).is_ok_and(|found| found == *text) {
                continue;
            }
            stale.push(path.display().to_string());
            if !self.check {
                let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
                written.map_err(|error| CommandError::Usage {
                    message: format!("cannot write `{}`: {error}", path.display()),
                    hint: None,
                })?;
            }
        }
        if self.check && !stale.is_empty() {
            output.note(&format!("not up to date: {}\n", stale.join(", ")));
            return Ok(Exit::Changes);
        }
        Ok(Exit::Success)
    }
}
