//! `assayc diff`: what changed between two revisions, by meaning.

use std::fmt::Write as _;

use assay_schemas::bundle::{Blobs, Reader};
use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use assay_schemas::id::EnvironmentName;
use clap::Args;
use serde_json::json;

use super::project::{self, Project};
use super::{CommandError, Output};
use crate::compile::{Basis, Compiled, Goal};
use crate::diff::{Change, ChangeKind, Diff as Changes};
use crate::report::{Form, Report};
use crate::store::{InMemory, StoreError};

/// Show which objects and jobs changed between two revisions, from Git alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc diff main..HEAD                     for every environment
  assayc diff HEAD~1 --env prod              a revision against HEAD
  assayc diff HEAD --worktree                what is not committed yet
  assayc diff main..HEAD --detailed-exitcode exit 6 where anything changed")]
pub(super) struct Diff {
    /// `BASE..HEAD`, or a base that is compared with `--rev` or the working tree.
    range: String,
    #[command(flatten)]
    project: Project,
    /// Environment; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
    /// End with code 6 where anything changed.
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Diff {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let (base, head) = match self.range.split_once("..") {
            Some((base, head)) if !self.project.is_worktree() => {
                let head = if head.is_empty() { "HEAD" } else { head };
                (self.project.snapshot_at(base)?, self.project.snapshot_at(head)?)
            }
            Some(_) => {
                return Err(CommandError::Usage {
                    message: "`--worktree` takes the place of the head of the range".to_owned(),
                    hint: Some("write `assayc diff BASE --worktree`".to_owned()),
                });
            }
            None => (self.project.snapshot_at(&self.range)?, self.project.snapshot()?),
        };
        let mut sides = Vec::new();
        for (side, snapshot) in [("base", &base), ("head", &head)] {
            let compiled = project::compile(snapshot, &self.env, (Goal::Seal, &Basis::default()))?;
            if compiled.diagnostics.iter().any(|found| found.level == Level::Error) {
                output.note(&format!("error: the {side} of the range does not compile\n\n"));
                output.print(&report(&self.project.root(), &compiled, output));
                return Ok(Exit::Source);
            }
            sides.push(compiled);
        }
        let mut changes = Vec::new();
        for name in &sides[1].environments {
            if let Some(diff) = between(&sides[0], &sides[1], name)? {
                changes.push((name.clone(), diff));
            }
        }
        let text = if self.format == "json" {
            let environments: Vec<_> = changes
                .iter()
                .map(|(name, diff)| json!({ "environment": name, "objects": diff.objects, "jobs": diff.jobs }))
                .collect();
            format!(
                "{}\n",
                json!({ "base": base.revision, "head": head.revision, "environments": environments })
            )
        } else {
            human(&changes)
        };
        output.print(&text);
        let changed = changes.iter().any(|(_, diff)| !diff.is_empty());
        Ok(if changed && self.detailed_exitcode { Exit::Changes } else { Exit::Success })
    }
}

fn report(root: &str, compiled: &Compiled, output: &Output) -> String {
    let report = Report {
        root,
        colour: output.colour,
        ..Report::new(&compiled.diagnostics, &compiled.files)
    };
    report.render(Form::Human)
}

/// The changes of an environment; an environment that the base lacks is all new.
fn between(
    base: &Compiled,
    head: &Compiled,
    name: &EnvironmentName,
) -> Result<Option<Changes>, CommandError> {
    let Some(head) = head.bundles.get(name) else { return Ok(None) };
    let head = open(&head.files)?;
    let changes = match base.bundles.get(name) {
        Some(base) => Changes::between(&open(&base.files)?, &head),
        None => Changes::all_new(&head),
    };
    changes.map(Some).map_err(|source| StoreError::in_memory(source).into())
}

fn open(files: &[assay_schemas::bundle::File]) -> Result<Reader<impl Blobs + '_>, CommandError> {
    Reader::open(InMemory(files)).map_err(|source| StoreError::in_memory(source).into())
}

fn human(changes: &[(EnvironmentName, Changes)]) -> String {
    let mut text = String::new();
    for (name, diff) in changes {
        if diff.is_empty() {
            let _ = writeln!(text, "{name}: nothing changed");
            continue;
        }
        let _ = writeln!(text, "{name}: {} objects, {} jobs", diff.objects.len(), diff.jobs.len());
        list("objects", &diff.objects, &mut text);
        list("jobs that behave differently", &diff.jobs, &mut text);
    }
    text
}

fn list(title: &str, changes: &[Change], text: &mut String) {
    if changes.is_empty() {
        return;
    }
    let _ = writeln!(text, "  {title}");
    for change in changes {
        let (sign, words) = match change.change {
            ChangeKind::Added => ("+", ""),
            ChangeKind::Removed => ("-", ""),
            ChangeKind::Changed => ("~", ""),
            ChangeKind::Indirect => ("~", "  through what it refers to"),
            ChangeKind::Notes => ("·", "  notes only"),
        };
        let _ =
            writeln!(text, "    {sign} {} {} {}{words}", change.kind, change.id, change.version);
    }
}
