//! `assayc lock`: pin shared libraries to commits.

use std::path::PathBuf;

use assay_schemas::exit::Exit;
use assay_schemas::words::counted;
use clap::Args;
use serde_json::json;

use super::project;
use super::{CommandError, Output};
use crate::diagnostic::Files;
use crate::git;
use crate::libraries::{self, Cache, DECLARATION, LOCK, Options};
use crate::report::{Form, Report};

/// Pin the shared libraries that `assay.yaml` declares to commits, in `assay.lock`.
///
/// Libraries that are locked stay at their commit unless their declaration changed or `--update` names them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc lock                                lock what is new or declared otherwise
  assayc lock --update shared                take the newest commit of the library `shared`
  assayc lock --update                       take the newest commit of every library
  assayc lock --fetch                        fetch what is on a network, as `git` may
  assayc lock --library shared=../a-clone    read `shared` from a clone, such as a submodule")]
pub(super) struct Lock {
    /// Folder of the project: the one that holds `assay.yaml`.
    #[arg(long, default_value = ".", value_name = "DIR")]
    project: PathBuf,
    /// Library to move to the newest commit that its declaration means; all where none is named.
    #[arg(long, value_name = "NAME", num_args = 0..)]
    update: Option<Vec<String>>,
    /// Fetch libraries whose repository is on a network and whose locked commit is not in the cache. No other
    /// command reaches a network for them.
    #[arg(long)]
    fetch: bool,
    /// Clone to read a library from, instead of the repository that is declared.
    #[arg(long, value_name = "NAME=DIR")]
    library: Vec<String>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Lock {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let snapshot = git::worktree(&self.project)?;
        let options = Options {
            folder: self.project.clone(),
            locked: false,
            checkouts: project::checkouts(&self.library)?,
            cache: Cache::of_user(),
            fetch: self.fetch,
        };
        let updates = |name: &str| match &self.update {
            None => false,
            Some(names) => names.is_empty() || names.iter().any(|wanted| wanted == name),
        };
        let result = libraries::relock(&snapshot, &options, &updates);
        if !result.findings.is_empty() {
            let mut files = Files::default();
            for file in &snapshot.files {
                files.insert(&*file.path, file.bytes());
            }
            let report = Report { colour: output.colour, ..Report::new(&result.findings, &files) };
            output.print(&report.render(if self.format == "json" {
                Form::Json
            } else {
                Form::Human
            }));
            return Ok(Exit::Source);
        }
        let unknown = self.update.iter().flatten().chain(options.checkouts.keys());
        if let Some(name) = unknown.into_iter().find(|name| result.lock.get(name).is_none()) {
            let known: Vec<_> = result.files.keys().map(String::as_str).collect();
            let hint = if known.is_empty() {
                format!("declare it under `libraries:` in `{DECLARATION}`")
            } else {
                format!("declared are {}", known.join(", "))
            };
            let message = format!("`{DECLARATION}` declares no library `{name}`");
            return Err(CommandError::Usage { message, hint: Some(hint) });
        }
        let place = self.project.join(LOCK);
        let text = result.lock.text();
        let old = snapshot.files.iter().find(|file| file.path == LOCK);
        let changed = old.is_none_or(|old| **old.bytes() != *text.as_bytes());
        if changed && (old.is_some() || !result.lock.libraries.is_empty()) {
            libraries::write_lock(&place, &text).map_err(|error| CommandError::Usage {
                message: format!("`{}` cannot be written: {error}", place.display()),
                hint: None,
            })?;
        }
        output.print(&if self.format == "json" {
            let locked: Vec<_> = result
                .lock
                .libraries
                .iter()
                .map(|locked| {
                    let name = &locked.declaration.name;
                    json!({ "library": locked, "before": result.before.get(name), "files": result.files.get(name) })
                })
                .collect();
            format!("{}\n", json!({ "lock": LOCK, "changed": changed, "libraries": locked }))
        } else {
            human(&result, changed)
        });
        Ok(Exit::Success)
    }
}

fn human(result: &libraries::Relocked, changed: bool) -> String {
    if result.lock.libraries.is_empty() {
        return format!("no shared library is declared: write `libraries:` in `{DECLARATION}`\n");
    }
    let names = result.lock.libraries.iter().map(|locked| locked.declaration.name.len());
    let width = names.max().unwrap_or(0);
    let mut text = String::new();
    for locked in &result.lock.libraries {
        let name = &locked.declaration.name;
        let short = |commit: &str| commit.get(..12).unwrap_or(commit).to_owned();
        let moved = match result.before.get(name) {
            Some(before) if *before == locked.commit => "as before".to_owned(),
            Some(before) => format!("was {}", short(before)),
            None => "new".to_owned(),
        };
        let files = result.files.get(name).copied().unwrap_or_default();
        text.push_str(&format!(
            "{name:width$}  {}  {}, {}, {moved}\n",
            short(&locked.commit),
            locked.declaration.wanted(),
            counted(files, "file")
        ));
    }
    text.push_str(&match changed {
        true => format!("wrote {LOCK}\n"),
        false => format!("{LOCK} is up to date\n"),
    });
    text
}
