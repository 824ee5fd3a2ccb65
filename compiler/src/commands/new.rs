//! `assayc new`: objects, jobs and projects to begin with.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use assay_schemas::id::RuleId;
use assay_schemas::library::Kind;
use assay_schemas::problem::nearest;
use assay_schemas::words::counted;
use clap::{Args, Subcommand};

use super::{CommandError, Output};
use crate::scaffold::{self, ScaffoldError, TEMPLATES};
use crate::write::Form;
use assay_schemas::shell;

/// Write an object, a job or a whole project to begin with.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  assayc new project quality                         a project that compiles as it stands
  assayc new --kind rule_set --id returns-rules      libraries/rules/returns-rules.yaml, explained
  assayc new --kind rule_set --id returns-rules --format xlsx   a workbook to fill in
  assayc new job --template file-arrival --id orders-arrival"
)]
pub(super) struct New {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    object: NewObject,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A whole project: libraries, environments, workflows.
    Project(NewProject),
    /// A job made from a template.
    Job(NewJob),
}

#[derive(Debug, Args)]
struct NewObject {
    /// Kind of the object.
    #[arg(long, required = true)]
    kind: Option<String>,
    /// Its id; the kind's name with dashes where none is given.
    #[arg(long)]
    id: Option<String>,
    /// Format of the file.
    #[arg(long, value_enum, default_value = "yaml")]
    format: Form,
    #[command(flatten)]
    place: FilePlace,
}

#[derive(Debug, Args)]
struct NewJob {
    /// What it is for.
    #[arg(long, value_parser = TEMPLATES)]
    template: String,
    /// Id of the job; the template's name where none is given.
    #[arg(long)]
    id: Option<String>,
    /// Id of the contract that it runs.
    #[arg(long, default_value = "orders")]
    contract: String,
    #[command(flatten)]
    place: FilePlace,
}

#[derive(Debug, Args)]
struct NewProject {
    /// Folder of the project; made where it is not there.
    folder: PathBuf,
    /// Overwrite files that are there.
    #[arg(long)]
    force: bool,
}

/// Where projects keep the JSON Schemas of the kinds: `assayc new project` in the first of these folders, as this
/// repository does in the second.
const SCHEMAS: [&str; 2] = ["schemas", "schemas/json"];

/// Where a file goes.
#[derive(Debug, Args)]
struct FilePlace {
    /// Folder of the project.
    #[arg(long, default_value = ".", value_name = "DIR")]
    project: PathBuf,
    /// File to write instead of `libraries/<folder>/<id>.<format>`.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite a file that is there.
    #[arg(long)]
    force: bool,
}

impl FilePlace {
    fn path(&self, kind: Kind, id: &str, form: Form) -> PathBuf {
        self.output.clone().unwrap_or_else(|| {
            let folder = Path::new("libraries").join(kind.folder());
            let project = self.project.strip_prefix(".").unwrap_or(&self.project);
            project.join(folder).join(format!("{id}.{}", form.extension()))
        })
    }

    /// The way from a file to the JSON Schema of its kind, if the project holds that.
    fn schema(&self, kind: Kind, file: &Path) -> Option<String> {
        let name = format!("{}.json", kind.name());
        let mut places = SCHEMAS.iter().map(|folder| self.project.join(folder).join(&name));
        let schema = real(&places.find(|place| place.is_file())?)?;
        let folder = real(file)?.parent()?.to_owned();
        let shared = folder.iter().zip(&schema).take_while(|(one, other)| one == other).count();
        let up = folder.iter().skip(shared).map(|_| Cow::Borrowed(".."));
        let down = schema.iter().skip(shared).map(|part| part.to_string_lossy());
        Some(up.chain(down).collect::<Vec<_>>().join("/"))
    }

    fn said(&self, output: &Output, path: &Path, next: &str) {
        let project = match self.project == Path::new(".") {
            true => String::new(),
            false => shell::option("project", &self.project.to_string_lossy()),
        };
        output.print(&format!(
            "wrote {}\n\nnext: {next}, then `assayc check --worktree{project}`\n",
            path.display()
        ));
    }
}

impl New {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        match self.what {
            Some(What::Project(project)) => project.run(output),
            Some(What::Job(job)) => job.run(output),
            None => self.object.run(output),
        }
    }
}

impl NewObject {
    fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let name = self.kind.unwrap_or_default();
        let kind = kind_named(&name)?;
        let id = self.id.unwrap_or_else(|| kind.name().replace('_', "-"));
        let path = self.place.path(kind, &id, self.format);
        let schema = self.place.schema(kind, &path);
        let bytes = scaffold::object(kind, &id, self.format, schema.as_deref())
            .map_err(|error| refused(&id, &error))?;
        write(&path, &bytes, self.place.force)?;
        let next = match self.format {
            Form::Xlsx => "open it, fill in the rows below the explanations",
            _ => "change what it says",
        };
        self.place.said(output, &path, next);
        Ok(Exit::Success)
    }
}

impl NewJob {
    fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let template = TEMPLATES.iter().position(|name| *name == self.template).unwrap_or_default();
        let id = self.id.unwrap_or(self.template);
        let path = self.place.path(Kind::JobDefinition, &id, Form::Yaml);
        let schema = self.place.schema(Kind::JobDefinition, &path);
        let bytes = scaffold::job(template, &id, &self.contract, schema.as_deref())
            .map_err(|error| refused(&id, &error))?;
        write(&path, &bytes, self.place.force)?;
        let next = format!("see that the contract `{}` is the one to run", self.contract);
        self.place.said(output, &path, &next);
        Ok(Exit::Success)
    }
}

impl NewProject {
    fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let files = scaffold::project().map_err(|error| refused("project", &error))?;
        if !self.force {
            let there: Vec<_> = files
                .iter()
                .map(|(path, _)| self.folder.join(path))
                .filter(|path| path.exists())
                .collect();
            if let Some(first) = there.first() {
                return Err(CommandError::Usage {
                    message: match there.len() {
                        1 => format!("`{}` is there already", first.display()),
                        count => format!(
                            "`{}` and {} are there already",
                            first.display(),
                            counted(count - 1, "more file")
                        ),
                    },
                    hint: Some(
                        "nothing was written; choose another folder, or overwrite with `--force`"
                            .to_owned(),
                    ),
                });
            }
        }
        for (path, bytes) in &files {
            write(&self.folder.join(path), bytes, true)?;
        }
        let folder = self.folder.display();
        let inside = shell::word(&self.folder.to_string_lossy());
        output.print(&format!(
            "wrote {} into {folder}\n\nnext:\n  cd {inside}\n  git init && git add . && git commit -m \"A project\"\n  \
             assayc check\n  assayc build --env dev\n",
            counted(files.len(), "file")
        ));
        Ok(Exit::Success)
    }
}

fn refused(id: &str, error: &ScaffoldError) -> CommandError {
    match RuleId::new(id) {
        Ok(_) => {
            CommandError::Usage { message: format!("cannot make `{id}`: {error}"), hint: None }
        }
        // All ids have one form; what is no id is told apart from what an id cannot be used for.
        Err(malformed) => CommandError::Usage {
            message: malformed.to_string(),
            hint: Some("the first character is a letter or a digit".to_owned()),
        },
    }
}

/// A path without links, whose last parts need not be there yet.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find_map(|there| {
        let rest = path.strip_prefix(there).ok()?;
        Some(there.canonicalize().ok()?.join(rest))
    })
}

/// Writes a file and the folders it lies in. One that is there stays, unless `force`.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), CommandError> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(CommandError::Usage {
            message: format!("`{}` is there already", path.display()),
            hint: Some(
                "name another file with `--output`, or overwrite it with `--force`".to_owned(),
            ),
        });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, bytes)).map_err(|error| CommandError::Usage {
        message: format!("cannot write `{}`: {error}", path.display()),
        hint: None,
    })
}

/// The kind of this name.
///
/// # Errors
/// There is none; the nearest is a hint.
pub(super) fn kind_named(name: &str) -> Result<Kind, CommandError> {
    Kind::named(name).ok_or_else(|| {
        let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        CommandError::Usage {
            message: format!("no kind `{name}`"),
            hint: Some(match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("kinds are {}", names.join(", ")),
            }),
        }
    })
}
