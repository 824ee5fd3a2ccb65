//! `assayc rollback`: an environment goes back to a bundle that it had, and stays there.

use std::collections::BTreeSet;

use assay_schemas::day::Day;
use assay_schemas::digest::Digest;
use assay_schemas::exit::Exit;
use clap::Args;

use super::basis::{Clock, Who};
use super::environments::{branch, write};
use super::project::{self, Ground};
use super::promote::name;
use super::review::{Judge, Reviewed, faults, is_broken, short};
use super::{CommandError, Output};
use crate::compile::{Basis, Compiled, Goal, environments};
use crate::git::{BranchCommit, Files, NewCommit, Snapshot};
use crate::promotion::{Hold, ROLLBACK};

/// How far a branch is looked back on.
const LOOKED_AT: usize = 200;

/// For how many days a bundle is held back that was gone back from.
const HOLD: u32 = 30;

/// Show what going back would mean; with `--apply`, make the branch of the environment hold what it held when it
/// compiled to that bundle, and hold the present bundle back for a time.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc rollback prod --to sha256:4be1          what going back to that content would mean
  assayc rollback prod --to sha256:4be1 --apply --author \"Ada <ada@example.com>\"
  assayc rollback prod --list                    the bundles that the branch had, newest first

The digest is the content digest that `assayc build` and every run name; its beginning is enough. \
`assayc promote` refuses the bundle that was gone back from until the hold ends, or until what it holds is changed.")]
pub(super) struct Rollback {
    /// Environment.
    env: String,
    /// Content digest of the bundle to go back to, or its beginning.
    #[arg(long, value_name = "DIGEST", required_unless_present = "list")]
    to: Option<String>,
    /// List the bundles that the branch had.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    ground: Ground,
    #[command(flatten)]
    clock: Clock,
    /// Days for which the present bundle is held back.
    #[arg(long, default_value_t = HOLD, value_name = "DAYS")]
    hold: u32,
    /// Write the commit and move the branch.
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    who: Who,
}

/// What a branch held at a commit.
struct State {
    commit: BranchCommit,
    files: Snapshot,
    /// `None` where it does not compile.
    compiled: Option<(Compiled, Digest)>,
}

impl Rollback {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let env = name(&self.env)?;
        let repository = self.ground.repository()?;
        let declared = environments(&self.ground.snapshot_at("HEAD")?);
        let environment = declared.get(&env).ok_or_else(|| CommandError::Usage {
            message: format!("no environment `{env}`"),
            hint: None,
        })?;
        let branch = branch(environment)?;
        let tip = repository.tip(&branch)?;
        let mut states = self.states(&tip)?;
        if self.list {
            output.print(&listed(&mut states));
            return Ok(Exit::Success);
        }
        let wanted = self.to.clone().unwrap_or_default();
        let Some(now) = states.next().transpose()? else { return Ok(Exit::Usage) };
        let Some((present, present_digest)) = &now.compiled else {
            return Ok(self.broken(&now, output));
        };
        if present_digest.to_string().starts_with(&wanted) {
            output.print(&format!("`{env}` is at {present_digest} already\n"));
            return Ok(Exit::Success);
        }
        let Some((commit, files, earlier, digest)) = self.earlier(states)? else {
            return Err(CommandError::Usage {
                message: format!(
                    "branch `{branch}` had no bundle {wanted} in its last {LOOKED_AT} commits"
                ),
                hint: Some(format!(
                    "`assayc rollback {env} --list{}` shows those that it had",
                    self.ground.options()
                )),
            });
        };
        let (day, seconds) = self.clock.day_now();
        // Nothing that is gone back to is agreed to anew.
        let judge = Judge { day, ground: &self.ground, commits: None };
        let reviewed = Reviewed::of((&now.files, present), (&files, &earlier), &judge)?;
        output.print(&format!(
            "roll {env} ({branch} at {}) back to {} \"{}\"\n  from {present_digest}\n  to   {digest}\n\n{}",
            short(Some(&tip)), short(Some(&commit.id)), commit.title(), reviewed.rendered("human", output.colour)
        ));
        let Some(until) = day.map(|day| day.after(self.hold)) else { return Ok(Exit::Usage) };
        if !self.apply {
            let hold =
                if self.hold == HOLD { String::new() } else { format!(" --hold {}", self.hold) };
            output.note(&format!(
                "to go back, and hold {present_digest} back until {until}:\n  assayc rollback {env} --to {digest}{}{}{hold} --apply{}\n",
                self.ground.options(), self.clock.option(), self.who.option()
            ));
            return Ok(Exit::Success);
        }
        let author = self.who.person()?;
        let message = format!(
            "Roll {env} back to {}\n\n{ROLLBACK}: {digest}\n{}\n",
            short(Some(&commit.id)),
            Hold::trailer(*present_digest, until)
        );
        let new = NewCommit {
            branch: &branch,
            tip: &tip,
            files: Files::AsIn(&commit.id),
            merged: None,
            message: &message,
            author: &author,
            seconds,
        };
        let made = write(&self.ground, &new)?;
        output.note(&format!(
            "rolled back: `{branch}` is at {}; {present_digest} is held until {until}\n  help: `git push origin {branch}` publishes it\n",
            short(Some(&made))
        ));
        Ok(Exit::Success)
    }

    /// The newest state that compiled to the bundle that is wanted.
    fn earlier(
        &self,
        states: impl Iterator<Item = Result<State, CommandError>>,
    ) -> Result<Option<(BranchCommit, Snapshot, Compiled, Digest)>, CommandError> {
        let wanted = self.to.clone().unwrap_or_default();
        for state in states {
            let State { commit, files, compiled } = state?;
            if let Some((compiled, digest)) = compiled
                && digest.to_string().starts_with(&wanted)
            {
                return Ok(Some((commit, files, compiled, digest)));
            }
        }
        Ok(None)
    }

    /// What the branch held, newest first, each different content once.
    fn states(
        &self,
        tip: &str,
    ) -> Result<impl Iterator<Item = Result<State, CommandError>> + '_, CommandError> {
        let commits = self.ground.repository()?.line(tip, LOOKED_AT)?;
        let mut seen = BTreeSet::new();
        Ok(commits.into_iter().filter(move |commit| seen.insert(commit.tree.clone())).map(
            |commit| {
                let files = self.ground.snapshot_at(&commit.id)?;
                let wanted = [self.env.clone()];
                let compiled =
                    project::compile_known(&files, &wanted, (Goal::Seal, &Basis::default()));
                let digest =
                    compiled.bundles.values().next().map(|bundle| bundle.config.content_digest);
                let broken = is_broken(&compiled);
                let compiled = digest.filter(|_| !broken).map(|digest| (compiled, digest));
                Ok(State { commit, files, compiled })
            },
        ))
    }

    fn broken(&self, state: &State, output: &Output) -> Exit {
        let wanted = [self.env.clone()];
        let compiled =
            project::compile_known(&state.files, &wanted, (Goal::Check, &Basis::default()));
        output.note("error: the branch does not compile as it is\n\n");
        output.print(&faults(&self.ground.root(), &compiled, output.colour));
        Exit::Source
    }
}

fn listed(states: &mut (impl Iterator<Item = Result<State, CommandError>> + ?Sized)) -> String {
    let mut text = String::new();
    for state in states.filter_map(Result::ok) {
        let day =
            Day::of_seconds(state.commit.seconds).map(|day| day.to_string()).unwrap_or_default();
        let digest = match &state.compiled {
            Some((_, digest)) => digest.to_string(),
            None => "does not compile".to_owned(),
        };
        text.push_str(&format!(
            "{} {day} {digest}  {}\n",
            short(Some(&state.commit.id)),
            state.commit.title()
        ));
    }
    text
}
