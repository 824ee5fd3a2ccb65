//! `assayc check`: everything that is wrong with the library, in one go.

use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use assay_schemas::words::{counted, does};
use clap::Args;

use super::basis::{Judged, Judging};
use super::project::{self, Project};
use super::review::failure;
use super::{CommandError, Output};
use crate::compile::{Compiled, Goal};
use crate::diagnostic::Diagnostic;
use crate::fix::{self, Fixed, Made};
use crate::git::Snapshot;
use crate::report::{Form, Report};

/// Check the library of a commit, or of the files on disk, for every environment.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc check                                  the library at HEAD
  assayc check --worktree                       the files as they are on disk
  assayc check --rev main --env prod            another commit, one environment
  assayc check --fix --dry-run                  what would be put right, as a diff
  assayc check --fix                            the same, written to the files on disk
  assayc check --format sarif > findings.sarif  for code scanning
  assayc check --format github --touched origin/main
                                                annotations, those of changed lines first")]
pub(super) struct Check {
    #[command(flatten)]
    project: Project,
    /// Environment to compile for; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Put right what has one safe way out, in the files on disk.
    #[arg(long, conflicts_with = "rev")]
    fix: bool,
    /// Write nothing; show what `--fix` would change.
    #[arg(long, requires = "fix")]
    dry_run: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    reporting: Reporting,
}

/// How findings are reported, and from when on they fail the command.
#[derive(Clone, Debug, Args)]
pub(super) struct Reporting {
    /// Form of the report.
    #[arg(long, default_value = "human", value_parser = form_names())]
    format: String,
    /// Least severity that fails the command.
    #[arg(long, default_value = "error", value_parser = ["error", "warning"])]
    fail_level: String,
    /// How many findings are shown to people; 0 is all.
    #[arg(long, default_value_t = 50, value_name = "N")]
    max: usize,
    /// Base revision of a change: findings on lines that differ from it come first.
    #[arg(long, value_name = "REV")]
    touched: Option<String>,
    /// Show people only what fails the command.
    #[arg(long, short)]
    quiet: bool,
}

fn form_names() -> Vec<&'static str> {
    Form::ALL.iter().map(|(name, _)| *name).collect()
}

impl Reporting {
    /// The form that was asked for.
    pub(super) fn form(&self) -> Form {
        Form::ALL
            .iter()
            .find(|(name, _)| *name == self.format)
            .map_or(Form::Human, |(_, form)| *form)
    }

    /// The report on a compile of `snapshot`, and how the command ends.
    pub(super) fn render(
        &self,
        project: &Project,
        snapshot: &Snapshot,
        compiled: &Compiled,
        output: &Output,
    ) -> Result<(String, Exit), CommandError> {
        let touched = self.touched.as_deref().map(|base| project.touched(base, snapshot));
        let touched = touched.transpose()?;
        let exit = self.exit(compiled);
        let fails = |found: &&Diagnostic| {
            exit != Exit::Success && (found.level == Level::Error || exit == Exit::Warnings)
        };
        let quiet = self.quiet && self.form() == Form::Human;
        let shown: Vec<_> =
            compiled.diagnostics.iter().filter(|found| !quiet || fails(found)).cloned().collect();
        if quiet && shown.is_empty() {
            return Ok((String::new(), exit));
        }
        let root = project.root();
        let report = Report {
            root: &root,
            colour: output.colour,
            most: (self.max > 0).then_some(self.max),
            touched: touched.as_ref(),
            ..Report::new(&shown, &compiled.files)
        };
        Ok((report.render(self.form()), exit))
    }

    /// Whether a word on success is wanted.
    pub(super) fn is_chatty(&self) -> bool {
        self.form() == Form::Human && !self.quiet
    }

    /// Whether people want to be told only what fails.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn exit(&self, compiled: &Compiled) -> Exit {
        let warns = || compiled.diagnostics.iter().any(|found| found.level == Level::Warning);
        match failure(compiled) {
            Some(exit) => exit,
            None if self.fail_level == "warning" && warns() => Exit::Warnings,
            None => Exit::Success,
        }
    }
}

impl Check {
    /// Compiles what has to be: all of it, or what changed since nothing was found.
    fn compile(&self, judged: &Judged) -> Result<(Snapshot, Compiled), CommandError> {
        let cache = self.project.cache(&self.env).filter(|_| !judged.has_base());
        if let Some(cache) = &cache
            && let Some(compiled) = self.project.recheck(cache, &self.env)?
        {
            return Ok(compiled);
        }
        let snapshot = self.project.snapshot()?;
        let compiled = project::compile(&snapshot, &self.env, (Goal::Check, &judged.basis()))?;
        // What depends on a day or on commits is not told by the files alone.
        if let Some(cache) = cache.filter(|_| !compiled.by_circumstance) {
            self.project.remember(&cache, &compiled)?;
        }
        Ok((snapshot, compiled))
    }

    /// Carries out the edits that are safe, and compiles what came of it.
    fn fixed(
        &self,
        judged: &Judged,
        output: &Output,
    ) -> Result<(Snapshot, Compiled), CommandError> {
        let basis = judged.basis();
        let compile = |files: &Snapshot| project::compile(files, &self.env, (Goal::Check, &basis));
        let fixed = fix::fix(self.project.on_disk()?, compile)?;
        self.carry_out(&fixed, output)?;
        Ok((fixed.snapshot, fixed.compiled))
    }

    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let judged = self.judging.judge(&self.project, self.fix)?;
        let (snapshot, compiled) =
            if self.fix { self.fixed(&judged, output)? } else { self.compile(&judged)? };
        let (text, exit) = self.reporting.render(&self.project, &snapshot, &compiled, output)?;
        output.print(&text);
        if self.reporting.is_chatty() {
            output.print(&judged.note(&compiled));
        }
        if !self.fix && !self.reporting.is_quiet() {
            output.note(&self.project.note_on_disk());
        }
        if self.reporting.is_chatty() && exit == Exit::Success {
            let names: Vec<_> = compiled.sound.iter().map(|name| name.as_str()).collect();
            output.print(&format!(
                "{} in {} {} for {}\n",
                counted(compiled.objects, "object"),
                counted(compiled.sources, "file"),
                does(compiled.objects, "compile"),
                names.join(", ")
            ));
        }
        Ok(exit)
    }

    /// Writes what was fixed, or shows it.
    fn carry_out(&self, fixed: &Fixed, output: &Output) -> Result<(), CommandError> {
        let said = self.reporting.is_chatty();
        let mut text = String::new();
        for file in &fixed.changed {
            if self.dry_run {
                text.push_str(&fix::unified(&file.path, &file.shown.0, &file.shown.1));
                continue;
            }
            let place = self.project.folder().join(&file.path);
            fix::replace(&place, &file.before, &file.after).map_err(|error| {
                CommandError::Usage {
                    message: format!("cannot write `{}`: {error}", place.display()),
                    hint: Some(
                        "nothing of this file was changed; run `check --fix` again".to_owned(),
                    ),
                }
            })?;
        }
        if !self.dry_run {
            for made in &fixed.made {
                text.push_str(&format!("fixed {}\n", describe(made)));
            }
        }
        for path in &fixed.given_up {
            text.push_str(&format!("left alone: {path}, since it would be read differently\n"));
        }
        text.push_str(&match (fixed.made.len(), self.dry_run) {
            (0, _) => "nothing has a safe fix\n\n".to_owned(),
            (made, true) => format!(
                "{} in {} would be made; what would be left:\n\n",
                counted(made, "change"),
                counted(fixed.changed.len(), "file")
            ),
            (made, false) => format!(
                "{} made in {}; what is left:\n\n",
                counted(made, "change"),
                counted(fixed.changed.len(), "file")
            ),
        });
        match (said, self.dry_run) {
            (true, _) => output.print(&text),
            // The report owns standard output.
            (false, true) => output.note(&text),
            (false, false) => {}
        }
        Ok(())
    }
}

fn describe(made: &Made) -> String {
    let Made { path, line, code, was, now } = made;
    match now.as_str() {
        "" => format!("{path}:{line}: {}: removed `{was}`", code.id()),
        now => format!("{path}:{line}: {}: `{was}` is now `{now}`", code.id()),
    }
}
