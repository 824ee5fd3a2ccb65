//! The commands of `assay`: one file for each verb, and one list.

mod bundle;
mod cleanse;
mod drift;
mod engine;
mod loose;
mod outputs;
mod overrides;
mod plan;
mod profile;
mod replay;
mod report;
mod run;
mod runs;
mod scratch;
mod serve;
mod show;
mod sql;
mod test;
mod verdict_diff;
mod verification;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use assay_schemas::exit::Exit;
use clap::{Parser, Subcommand};

use crate::engine::EngineError;
use crate::fixture::TestError;
use crate::lake::LakeError;
use crate::load::LoadError;
use crate::report::ReportError;
use crate::run::RunError;

/// Runs the jobs of a bundle: one job a call, for whatever orchestrator calls.
#[derive(Debug, Parser)]
#[command(name = "assay", version, propagate_version = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  assay run taxi-trips-monthly            run a job of the bundle of `dev`
  assay plan taxi-trips-monthly           what that would do, without doing it
  assay test                              the unit tests of the rules
  assay profile trips.csv                 what is in a file, without a bundle
  assay cleanse beers.csv --policy p.yaml what a policy makes of it
  assay verdict-diff base/prod head/prod  which verdicts a change flips, before it is merged
  assay drift --env prod                  is what runs, and its data, what the bundle says
  assay serve --env prod                  run jobs when asked, from a bundle that moves on
  assay runs                              what has run
  assay report latest --output run.html   the latest run as a page
  assay sql \"select * from verdict\"       ask the lake

Exit codes: 0 success · 1 internal · 2 usage · 6 changes present · 8 drift · 9 integrity · 11 signer not confirmed ·
40 warned · 41 failed · 42 critical failure ·
43 a check could not run · 44 nothing evaluated · 75 temporary, try again";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Plan(plan::Plan),
    Profile(profile::ProfileFiles),
    Cleanse(cleanse::CleanseFiles),
    Override(overrides::Override),
    Drift(drift::Drift),
    Replay(replay::Replay),
    Runs(runs::Runs),
    Serve(serve::Serve),
    Show(show::Show),
    Report(report::Report),
    Sql(sql::Sql),
    Test(test::Test),
    VerdictDiff(verdict_diff::VerdictDiff),
    Verification(verification::VerificationOf),
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("{0}")]
    Load(#[from] LoadError),
    #[error("{0}")]
    Registry(#[from] assay_registry::Error),
    #[error("{0}")]
    Run(#[from] RunError),
    #[error("{0}")]
    Engine(#[from] EngineError),
    #[error("{0}")]
    Lake(#[from] LakeError),
    #[error("{0}")]
    Report(#[from] ReportError),
    #[error("{0}")]
    Usage(String),
}

impl From<TestError> for CommandError {
    fn from(error: TestError) -> Self {
        match error {
            TestError::Load(error) => Self::Load(error),
            TestError::Engine(error) => Self::Engine(error),
            TestError::Unknown(text) => Self::Usage(text),
        }
    }
}

impl CommandError {
    fn exit(&self) -> Exit {
        match self {
            Self::Load(error) => error.exit(),
            Self::Registry(error) => error.exit(),
            Self::Run(error) => error.exit(),
            Self::Engine(EngineError::Data(_)) => Exit::Broken,
            Self::Engine(EngineError::Resource(_)) => Exit::Temporary,
            Self::Lake(LakeError::Invalid(_) | LakeError::Query(_) | LakeError::NotFound(_))
            | Self::Usage(_) => Exit::Usage,
            Self::Engine(EngineError::Beyond(_) | EngineError::Internal(_))
            | Self::Lake(_)
            | Self::Report(_) => Exit::Internal,
        }
    }
}

/// Where a command writes, and whether in colour.
struct Output {
    colour: bool,
}

impl Output {
    /// Writes to standard output. A reader that went away ends the program quietly, as is the custom.
    fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Writes to standard error.
    fn note(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(text.as_bytes());
    }
}

/// Runs the program with these arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Success.into() };
        }
    };
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let output = Output { colour: std::io::stdout().is_terminal() && !no_colour };
    let result = match cli.command {
        Command::Run(command) => command.run(&output),
        Command::Plan(command) => command.run(&output),
        Command::Profile(command) => command.run(&output),
        Command::Cleanse(command) => command.run(&output),
        Command::Override(command) => command.run(&output),
        Command::Drift(command) => command.run(&output),
        Command::Replay(command) => command.run(&output),
        Command::Runs(command) => command.run(&output),
        Command::Serve(command) => command.run(&output),
        Command::Show(command) => command.run(&output),
        Command::Report(command) => command.run(&output),
        Command::Sql(command) => command.run(&output),
        Command::Test(command) => command.run(&output),
        Command::VerdictDiff(command) => command.run(&output),
        Command::Verification(command) => command.run(&output),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.note(&format!("error: {error}\n"));
            error.exit().into()
        }
    }
}
