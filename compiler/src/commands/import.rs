//! `assayc import`: contracts of other tools become library files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use assay_schemas::exit::Exit;
use assay_schemas::words::counted;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{CommandError, Output};
use crate::diagnostic::{Diagnostic, Files};
use crate::odcs::{self, Record};
use crate::report::{Form, Report};

/// Turn contracts of other tools into library files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc import odcs orders.odcs.yaml              library files below the folder of the project
  assayc import odcs contracts/*.yaml --output .   several contracts at once
  assayc import odcs orders.odcs.yaml --strict     fail where anything has no place in the library")]
pub(super) struct Import {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    Odcs(Odcs),
}

/// Import contracts of the Open Data Contract Standard, 3.0 and 3.1.
///
/// What the library has no words for is kept in the metadata of the objects, so that `assayc export odcs`
/// gives it back, and is listed with its place.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc import odcs orders.odcs.yaml
  assayc import odcs orders.odcs.yaml --output ../quality --format json
  assayc import odcs orders.odcs.yaml --dry-run")]
struct Odcs {
    /// Contracts, in YAML or JSON.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder of the project; files go below its `libraries/`.
    #[arg(long, short, default_value = ".", value_name = "DIR")]
    output: PathBuf,
    /// Write nothing; say what would be written and what has no place.
    #[arg(long)]
    dry_run: bool,
    /// Replace library files that are there already.
    #[arg(long)]
    overwrite: bool,
    /// Fail (exit code 4) where anything has no place in the library.
    #[arg(long)]
    strict: bool,
    /// Form of the report.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Import {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        match self.from {
            From::Odcs(odcs) => odcs.run(output),
        }
    }
}

/// What was read from all files.
#[derive(Default)]
struct Gathered {
    files: Files,
    diagnostics: Vec<Diagnostic>,
    contracts: Vec<String>,
    written: BTreeMap<String, Vec<Value>>,
    losses: Vec<Record>,
    /// A file that two contracts give.
    twice: Option<String>,
}

impl Odcs {
    fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let mut gathered = Gathered::default();
        for path in &self.files {
            let bytes = fs::read(path).map_err(|error| CommandError::Usage {
                message: format!("cannot read `{}`: {error}", path.display()),
                hint: None,
            })?;
            gathered.read(&path.to_string_lossy(), &bytes);
        }
        let json = self.format == "json";
        if !gathered.diagnostics.is_empty() {
            let report = Report {
                colour: output.colour,
                ..Report::new(&gathered.diagnostics, &gathered.files)
            };
            output.print(&report.render(if json { Form::Json } else { Form::Human }));
            return Ok(Exit::Source);
        }
        if let Some(file) = &gathered.twice {
            return Err(CommandError::Usage {
                message: format!("two contracts of one id both give `{file}`; nothing was written"),
                hint: Some("import them one by one, into projects of their own".to_owned()),
            });
        }
        if !self.dry_run {
            self.write(&gathered)?;
        }
        output.print(&if json { gathered.json() } else { gathered.human(self.dry_run) });
        let lost = self.strict && !gathered.losses.is_empty();
        Ok(if lost { Exit::Warnings } else { Exit::Success })
    }

    fn write(&self, gathered: &Gathered) -> Result<(), CommandError> {
        let failed = |path: &PathBuf, error: &str| CommandError::Usage {
            message: format!("cannot write `{}`: {error}", path.display()),
            hint: None,
        };
        let paths = || gathered.written.keys().map(|path| self.output.join(path));
        if let Some(there) = paths().find(|path| path.exists()).filter(|_| !self.overwrite) {
            return Err(CommandError::Usage {
                message: format!("`{}` is there already; nothing was written", there.display()),
                hint: Some(
                    "replace what is there with `--overwrite`, or choose another `--output`"
                        .to_owned(),
                ),
            });
        }
        for (path, objects) in &gathered.written {
            let full = self.output.join(path);
            let text = odcs::library_file(objects).map_err(|error| failed(&full, &error))?;
            let folder = full.parent().map_or(Ok(()), fs::create_dir_all);
            folder
                .and_then(|()| fs::write(&full, text))
                .map_err(|error| failed(&full, &error.to_string()))?;
        }
        Ok(())
    }
}

impl Gathered {
    fn read(&mut self, path: &str, bytes: &[u8]) {
        self.files.insert(path, bytes);
        match odcs::read(path, bytes) {
            Err(found) => self.diagnostics.extend(found),
            Ok(documents) => {
                for node in documents {
                    let imported = odcs::import(&node.to_value());
                    self.losses.extend(odcs::records(path, &node, &self.files, &imported.losses));
                    for (file, objects) in imported.files {
                        if self.written.insert(file.clone(), objects).is_some() {
                            self.twice.get_or_insert(file);
                        }
                    }
                    self.contracts.push(imported.contract_id);
                }
            }
        }
    }

    fn human(&self, dry_run: bool) -> String {
        let contracts = self.contracts.join(", ");
        let verb = if dry_run { "would write" } else { "wrote" };
        let files = counted(self.written.len(), "file");
        let mut text = format!("contract {contracts}: {verb} {files}\n");
        for path in self.written.keys() {
            text += &format!("  {path}\n");
        }
        if self.losses.is_empty() {
            return text + "everything has a place in the library\n";
        }
        let losses = self.losses.len();
        let have = if losses == 1 { "has" } else { "have" };
        text += &format!("{} {have} no effect in the library:\n", counted(losses, "thing"));
        text + &odcs::human(&self.losses)
    }

    fn json(&self) -> String {
        let files: Vec<_> = self.written.keys().collect();
        let value = json!({ "contracts": self.contracts, "files": files, "losses": self.losses });
        format!("{value:#}\n")
    }
}
