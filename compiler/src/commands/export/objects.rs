//! `assayc export`: objects in any authoring format, without loss.

use std::path::PathBuf;

use assay_schemas::exit::Exit;
use assay_schemas::problem::nearest;
use clap::Args;

use super::super::project::Project;
use super::super::{CommandError, Output, new};
use crate::compile::{self, Exportable};
use crate::report::counted;
use crate::report::{Form as ReportForm, Report};
use crate::write::{self, Form, Item};

/// Which objects are written, and how.
#[derive(Debug, Args)]
pub(super) struct Objects {
    /// Ids to write, as `id`, `kind/id` or `kind/id@version`; all where none is named.
    ids: Vec<String>,
    /// Format; that of the output file's name, else YAML.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Kind to write; all where none is named.
    #[arg(long)]
    kind: Option<String>,
    /// Write only what this environment admits.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// File to write; standard output where none is named.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite a file that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    project: Project,
}

impl Objects {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let kind = self.kind.as_deref().map(new::kind_named).transpose()?;
        let of_file = self.output.as_deref().and_then(Form::of_path);
        let form = self.format.or(of_file).unwrap_or(Form::Yaml);
        if form == Form::Xlsx && self.output.is_none() {
            return Err(CommandError::Usage {
                message: "a workbook is written to a file".to_owned(),
                hint: Some("name one with `--output FILE.xlsx`".to_owned()),
            });
        }
        let found = compile::exportable(&self.project.snapshot()?);
        if found.has_errors() {
            let report =
                Report { colour: output.colour, ..Report::new(&found.diagnostics, &found.files) };
            output.note(&report.render(ReportForm::Human));
            return Ok(Exit::Source);
        }
        let admitted = |object: &Exportable| match &self.env {
            Some(name) => found.admits(name, object),
            None => true,
        };
        if let Some(name) = self
            .env
            .as_ref()
            .filter(|name| !found.environments().any(|known| known == name.as_str()))
        {
            let known: Vec<_> = found.environments().collect();
            return Err(CommandError::Usage {
                message: format!("no environment `{name}`"),
                hint: Some(format!("environments are {}", known.join(", "))),
            });
        }
        let mut chosen: Vec<&Exportable> = found
            .objects
            .iter()
            .filter(|object| {
                kind.is_none_or(|kind| object.object.kind() == kind) && admitted(object)
            })
            .collect();
        if !self.ids.is_empty() {
            if let Some(missing) =
                self.ids.iter().find(|id| !chosen.iter().any(|object| is_named(object, id)))
            {
                return Err(unknown(missing, &chosen));
            }
            chosen.retain(|object| self.ids.iter().any(|id| is_named(object, id)));
        }
        chosen.sort_by_key(|object| {
            let object = &object.object;
            let scope = (object.tenant().cloned(), object.environment().cloned());
            (object.kind(), object.id().to_owned(), object.version().clone(), scope)
        });
        if chosen.is_empty() {
            return Err(CommandError::Usage {
                message: "there is nothing to write".to_owned(),
                hint: None,
            });
        }
        let items: Vec<_> = chosen
            .iter()
            .map(|object| Item { value: &object.value, object: &object.object })
            .collect();
        let bytes = write::write(&items, form).map_err(|error| CommandError::Usage {
            message: error.to_string(),
            hint: Some("write it as YAML or JSON".to_owned()).filter(|_| form == Form::Xlsx),
        })?;
        match &self.output {
            None => output.print(&String::from_utf8_lossy(&bytes)),
            Some(path) => {
                new::write(path, &bytes, self.force)?;
                let objects =
                    counted(items.len(), "object").unwrap_or_else(|| "nothing".to_owned());
                output.print(&format!("wrote {objects} to {}\n", path.display()));
            }
        }
        Ok(Exit::Success)
    }
}

/// Whether an object is meant by `id`, `kind/id` or `kind/id@version`.
fn is_named(object: &Exportable, name: &str) -> bool {
    let object = &object.object;
    let (name, version) =
        name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
    let (kind, id) = name.split_once('/').map_or((None, name), |(kind, id)| (Some(kind), id));
    object.id() == id
        && kind.is_none_or(|kind| object.kind().name() == kind)
        && version.is_none_or(|version| object.version().to_string() == version)
}

fn unknown(id: &str, known: &[&Exportable]) -> CommandError {
    let ids = known.iter().map(|object| object.object.id());
    CommandError::Usage {
        message: format!("the library holds no object `{id}`"),
        hint: nearest(id, ids).map(|near| format!("did you mean `{near}`?")),
    }
}
