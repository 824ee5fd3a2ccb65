//! The commands of `assayc`: one file for each verb, and one list.

mod basis;
mod build;
mod check;
mod ci;
mod codeowners;
mod diff;
mod docs;
mod drift;
mod environments;
mod explain;
mod export;
mod generated;
mod import;
mod lock;
mod new;
mod project;
mod promote;
mod pull;
mod push;
mod review;
mod rollback;
mod schema;
mod show;
mod sign;
mod verify;

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use assay_schemas::exit::Exit;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::git;
use crate::store::StoreError;

/// Compiles data-quality libraries kept in Git into bundles, one for each environment.
#[derive(Debug, Parser)]
#[command(name = "assayc", version, propagate_version = true, after_help = AFTER_HELP)]
struct Cli {
    /// When to colour what is meant for people; `NO_COLOR` in the environment means `never`.
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN",
          value_parser = ["auto", "always", "never"])]
    color: String,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  assayc new project quality       a project to begin with
  assayc check --worktree          what is wrong with the files as they are
  assayc build --env dev           seal the bundle of `dev` at HEAD
  assayc show --env dev            what the bundle holds
  assayc diff main..HEAD           what a merge would mean
  assayc ci --base origin/main     all that a pull request is held against

Exit codes: 0 success · 1 internal · 2 usage · 3 source errors · 4 warnings reached the fail level · \
5 policy denied · 6 changes present · 7 a change needs agreement · 8 drift · 9 integrity · 10 stale · \
11 signer not confirmed · 75 temporary, try again";

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Build(build::Build),
    Show(show::Show),
    Diff(diff::Diff),
    Ci(ci::Ci),
    Promote(promote::Promote),
    Rollback(rollback::Rollback),
    Drift(drift::Drift),
    Sign(sign::Sign),
    Push(push::Push),
    Pull(pull::Pull),
    Verify(verify::Verify),
    Lock(lock::Lock),
    Codeowners(codeowners::Codeowners),
    Explain(explain::Explain),
    Import(import::Import),
    Export(export::Export),
    Schema(schema::Schema),
    New(new::New),
    Docs(docs::Docs),
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The repository does not have what was asked for.
    #[error("{0}")]
    Git(#[from] git::Error),
    /// A bundle cannot be read or written, or does not hold what its digests say.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A registry does not do what it was asked.
    #[error("{0}")]
    Registry(#[from] assay_registry::Error),
    /// The command line names something that is not there.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
}

impl CommandError {
    fn exit(&self) -> Exit {
        match self {
            Self::Git(git::Error::Moved { .. }) => Exit::Stale,
            Self::Git(_) | Self::Usage { .. } => Exit::Usage,
            Self::Store(error) => error.exit(),
            Self::Registry(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } => hint.as_deref(),
            Self::Git(_) | Self::Store(_) | Self::Registry(_) => None,
        }
    }
}

/// Where a command writes, and whether in colour.
pub(crate) struct Output {
    pub(crate) colour: bool,
}

impl Output {
    /// Writes to standard output. A reader that went away ends the program quietly, as is the custom.
    pub(crate) fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// Writes to standard error.
    pub(crate) fn note(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(text.as_bytes());
    }
}

/// Every command by its full name, and what its `--help` prints on a page of fixed width.
pub fn helps() -> Vec<(String, String)> {
    fn add(command: &mut clap::Command, name: &str, helps: &mut Vec<(String, String)>) {
        helps.push((name.to_owned(), command.render_long_help().to_string()));
        for below in command.get_subcommands_mut().filter(|below| below.get_name() != "help") {
            let name = format!("{name} {}", below.get_name());
            add(below, &name, helps);
        }
    }
    let mut program = Cli::command().term_width(100);
    program.build();
    let mut helps = Vec::new();
    add(&mut program, "assayc", &mut helps);
    helps
}

/// Runs the program with these arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let usage = error.use_stderr();
            return if usage { Exit::Usage.into() } else { Exit::Success.into() };
        }
    };
    let output = Output { colour: wants_colour(&cli.color) };
    let result = match cli.command {
        Command::Check(command) => command.run(&output),
        Command::Build(command) => command.run(&output),
        Command::Show(command) => command.run(&output),
        Command::Diff(command) => command.run(&output),
        Command::Ci(command) => command.run(&output),
        Command::Promote(command) => command.run(&output),
        Command::Rollback(command) => command.run(&output),
        Command::Drift(command) => command.run(&output),
        Command::Sign(command) => command.run(&output),
        Command::Push(command) => command.run(&output),
        Command::Pull(command) => command.run(&output),
        Command::Verify(command) => command.run(&output),
        Command::Lock(command) => command.run(&output),
        Command::Codeowners(command) => command.run(&output),
        Command::Explain(command) => command.run(&output),
        Command::Import(command) => command.run(&output),
        Command::Export(command) => command.run(&output),
        Command::Schema(command) => command.run(&output),
        Command::New(command) => command.run(&output),
        Command::Docs(command) => command.run(&output),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.note(&format!("error: {error}\n"));
            if let Some(hint) = error.hint() {
                output.note(&format!("  help: {hint}\n"));
            }
            error.exit().into()
        }
    }
}

/// Unless told, colour is for a terminal that knows it, unless `NO_COLOR` is set.
fn wants_colour(when: &str) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match when {
        "always" => true,
        "never" => false,
        _ => {
            std::io::stdout().is_terminal()
                && !set("NO_COLOR")
                && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paragraphs are wrapped to the width of the terminal; a break of their own would break them a second time.
    #[test]
    fn help_texts_leave_the_breaking_of_lines_to_the_terminal() {
        fn look(command: &clap::Command, faults: &mut Vec<String>) {
            let own = [command.get_about(), command.get_long_about(), command.get_after_help()];
            let arguments = command.get_arguments();
            let of_arguments = arguments.flat_map(|one| [one.get_help(), one.get_long_help()]);
            for text in own.into_iter().chain(of_arguments).flatten().map(ToString::to_string) {
                let is_prose =
                    |line: &str| !line.is_empty() && !line.starts_with(' ') && !line.ends_with(':');
                let lines: Vec<_> = text.lines().collect();
                let broken = lines.windows(2).find(|pair| pair.iter().all(|line| is_prose(line)));
                faults.extend(broken.map(|pair| format!("{}: {pair:?}", command.get_name())));
            }
            command.get_subcommands().for_each(|below| look(below, faults));
        }
        let mut faults = Vec::new();
        look(&Cli::command(), &mut faults);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
