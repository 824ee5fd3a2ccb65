//! `assayc docs`: the reference documentation, generated from the language.

use std::fs;
use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use clap::Args;

use super::generated::Generated;
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
        let mut left_over = left_over(&folder, &pages);
        left_over.retain(|_| self.page.is_none());
        let files = wanted.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        Generated { folder: &folder, files, left_over }.settle(self.check, output)
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
