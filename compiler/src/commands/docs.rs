//! `assayc docs`: the reference documentation, generated from the language.

use std::fs;
use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use clap::Args;

use super::{CommandError, Output};
use crate::reference::{self, GENERATED};

/// Write the reference: kinds, rule types, steps, actions, codes and commands.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc docs rules.md                          one page, to standard output
  assayc docs --output docs/reference           all pages, a file each
  assayc docs --output docs/reference --check   fail where a file is not as it should be")]
pub(super) struct Docs {
    /// The page; all where none is named.
    page: Option<String>,
    /// Folder to write a file for each page into.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write nothing; fail where a file is missing, differs, or should not be there.
    #[arg(long, requires = "output")]
    check: bool,
}

impl Docs {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let pages = reference::pages(&super::helps());
        let wanted: Vec<_> = pages
            .iter()
            .filter(|(path, _)| self.page.as_ref().is_none_or(|page| page == path))
            .collect();
        if wanted.is_empty() {
            let names: Vec<_> = pages.iter().map(|(path, _)| path.as_str()).collect();
            return Err(CommandError::Usage {
                message: format!("no page `{}`", self.page.unwrap_or_default()),
                hint: Some(format!("pages are {}", names.join(", "))),
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
                let parent = path.parent().unwrap_or(&folder);
                let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
                written.map_err(|error| failed("write", &path, &error))?;
            }
        }
        for path in left_over(&folder, &pages).into_iter().filter(|_| self.page.is_none()) {
            stale.push(path.display().to_string());
            if !self.check {
                fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
            }
        }
        if self.check && !stale.is_empty() {
            output.note(&format!("not up to date: {}\n", stale.join(", ")));
            return Ok(Exit::Changes);
        }
        Ok(Exit::Success)
    }
}

/// Generated files of pages that no longer exist.
fn left_over(folder: &Path, pages: &[reference::Page]) -> Vec<PathBuf> {
    let known: Vec<_> = pages.iter().map(|(name, _)| folder.join(name)).collect();
    let mut found: Vec<_> = [folder.to_owned(), folder.join("kinds")]
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
        .filter(|path| !known.contains(path))
        .filter(|path| fs::read_to_string(path).is_ok_and(|text| text.starts_with(GENERATED)))
        .collect();
    found.sort();
    found
}

fn failed(verb: &str, path: &Path, error: &std::io::Error) -> CommandError {
    CommandError::Usage {
        message: format!("cannot {verb} `{}`: {error}", path.display()),
        hint: None,
    }
}
