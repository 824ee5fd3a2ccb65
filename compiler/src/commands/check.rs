//! `assayc check`: everything that is wrong with the library, in one go.

use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use clap::Args;

use super::project::{self, Project};
use super::{CommandError, Output};
use crate::compile::{Compiled, Goal};
use crate::report::{Form, Report};

/// Check the library of a commit, or of the files on disk, for every environment.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc check                                  the library at HEAD
  assayc check --worktree                       the files as they are on disk
  assayc check --rev main --env prod            another commit, one environment
  assayc check --format sarif > findings.sarif  for code scanning
  assayc check --format github                  annotations in a workflow")]
pub(super) struct Check {
    #[command(flatten)]
    project: Project,
    /// Environment to compile for; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
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

    /// The report on a compile, and how the command ends.
    pub(super) fn render(
        &self,
        root: &str,
        compiled: &Compiled,
        output: &Output,
    ) -> (String, Exit) {
        let report = Report {
            diagnostics: &compiled.diagnostics,
            files: &compiled.files,
            root,
            colour: output.colour,
        };
        (report.render(self.form()), self.exit(compiled))
    }

    fn exit(&self, compiled: &Compiled) -> Exit {
        let worst = compiled.diagnostics.iter().map(|found| found.level).max();
        match worst {
            Some(Level::Error) => Exit::Source,
            Some(Level::Warning) if self.fail_level == "warning" => Exit::Warnings,
            _ => Exit::Success,
        }
    }
}

impl Check {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let snapshot = self.project.snapshot()?;
        let compiled = project::compile(&snapshot, &self.env, Goal::Check)?;
        let (text, exit) = self.reporting.render(&self.project.root(), &compiled, output);
        output.print(&text);
        if self.reporting.form() == Form::Human && exit == Exit::Success {
            let names: Vec<_> = compiled.sound.iter().map(|name| name.as_str()).collect();
            output.print(&format!(
                "{} objects in {} files compile for {}\n",
                compiled.objects,
                snapshot.files.len(),
                names.join(", ")
            ));
        }
        Ok(exit)
    }
}
