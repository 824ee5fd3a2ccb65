//! `assayc codeowners`: the file that tells the repository host whom to ask.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use assay_schemas::words::counted;
use clap::Args;

use super::project::Project;
use super::{CommandError, Output};
use crate::codeowners::{self, Style};
use crate::compile;
use crate::report::{Form, Report};
use assay_schemas::shell;

/// Write CODEOWNERS from the owners that the library declares.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc codeowners                        .github/CODEOWNERS, from HEAD
  assayc codeowners --worktree --output -  print it, from the files on disk
  assayc codeowners --check                exit 6 where it is stale, for a pull request
  assayc codeowners --style gitlab         .gitlab/CODEOWNERS with a section for each folder")]
pub(super) struct Codeowners {
    #[command(flatten)]
    project: Project,
    /// Where it is written, relative to the project; `-` prints it. By default where the host looks for it,
    /// at the top of the repository.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing; exit 6 where the file is not as it should be.
    #[arg(long)]
    check: bool,
    /// Whose syntax.
    #[arg(long, default_value = "github", value_parser = ["github", "gitlab"])]
    style: String,
}

impl Codeowners {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let snapshot = self.project.snapshot()?;
        let root = self.project.root();
        let owned = compile::owners(&snapshot);
        if !owned.diagnostics.is_empty() {
            let report = Report {
                root: &root,
                colour: output.colour,
                ..Report::new(&owned.diagnostics, &owned.texts)
            };
            output.note(&report.render(Form::Human));
        }
        if owned.diagnostics.iter().any(|found| found.level == Level::Error) {
            return Ok(Exit::Source);
        }
        let style = if self.style == "gitlab" { Style::Gitlab } else { Style::Github };
        let block = codeowners::block(&owned.files, &root, style);
        let path = match &self.output {
            Some(path) if path.as_os_str() == "-" => {
                output.print(&block);
                return Ok(Exit::Success);
            }
            Some(path) => self.project.folder().join(path),
            None => {
                let up = root.split('/').filter(|folder| !folder.is_empty()).map(|_| "..");
                let top = self.project.folder().join(up.collect::<PathBuf>());
                top.join(if style == Style::Gitlab { ".gitlab" } else { ".github" })
                    .join("CODEOWNERS")
            }
        };
        let existing = read(&path)?;
        let Some(text) = codeowners::merged(existing.as_deref(), &block) else {
            return Err(CommandError::Usage {
                message: format!("`{}` was written by others", path.display()),
                hint: Some(
                    "add a line `# assayc: begin` and a line `# assayc: end` to it where the lines of the library \
                     shall stand, or name another file with `--output`"
                        .to_owned(),
                ),
            });
        };
        let lines = owned.files.iter().filter(|file| !file.handles.is_empty()).count();
        let lines = counted(lines, "file");
        if existing.as_deref() == Some(text.as_str()) {
            output.print(&format!("{} is as it should be: {lines}\n", path.display()));
            return Ok(Exit::Success);
        }
        if self.check {
            let mut options = self.project.options();
            if style == Style::Gitlab {
                options.push_str(" --style gitlab");
            }
            if let Some(path) = &self.output {
                options.push_str(&shell::option("output", &path.to_string_lossy()));
            }
            output.print(&format!(
                "{} is stale: write it with `assayc codeowners{options}`\n",
                path.display()
            ));
            return Ok(Exit::Changes);
        }
        write(&path, &text)?;
        output.print(&format!("wrote {}: {lines}\n", path.display()));
        Ok(Exit::Success)
    }
}

fn read(path: &Path) -> Result<Option<String>, CommandError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused("read", path, &error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| refused("make the folder of", path, &error))?;
    fs::write(path, text).map_err(|error| refused("write", path, &error))
}

fn refused(what: &str, path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::Usage {
        message: format!("cannot {what} `{}`: {error}", path.display()),
        hint: Some("name another file with `--output`".to_owned()),
    }
}
