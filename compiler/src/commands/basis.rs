//! By what a compile is judged: the day of its waivers, and the commits that carry approvals.

use std::time::{SystemTime, UNIX_EPOCH};

use assay_schemas::day::Day;
use clap::Args;

use super::CommandError;
use super::project::Project;
use crate::compile::{Approvals, Basis, Compiled};
use crate::git::History;
use crate::past::{Past, Person};
use assay_schemas::shell;

/// The day on which waivers are judged.
#[derive(Clone, Debug, Args)]
pub(super) struct Clock {
    /// Day on which waivers are judged: `today`, or one such as `2026-06-30`. By default the day of the
    /// commit, in UTC, so that a commit always comes to the same; today for `--worktree`.
    #[arg(long, value_name = "DAY", value_parser = now)]
    now: Option<Now>,
}

/// By what waivers and approvals are judged.
#[derive(Clone, Debug, Args)]
pub(super) struct Judging {
    #[command(flatten)]
    clock: Clock,
    /// Revision that the changes start from, for the approvals that a policy demands. By default the branch
    /// of the environment; on that branch, the commit before.
    #[arg(long, value_name = "REV", conflicts_with = "worktree")]
    base: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Now {
    Today,
    Day(Day),
}

fn now(text: &str) -> Result<Now, String> {
    match text {
        "today" => Ok(Now::Today),
        _ => text.parse().map(Now::Day).map_err(|error| format!("{error}, nor `today`")),
    }
}

impl Clock {
    /// The day, and why it is that one; `on_disk` where the files of the project are read from the disk.
    pub(super) fn day(
        &self,
        project: &Project,
        on_disk: bool,
    ) -> Result<(Option<Day>, &'static str), CommandError> {
        Ok(match self.now {
            Some(Now::Day(day)) => (Some(day), "as `--now` says"),
            None if !on_disk => {
                (Day::of_seconds(project.committed()?), "the day of the commit in UTC")
            }
            Some(Now::Today) | None => (today(), "today in UTC"),
        })
    }

    /// The day that was named, else today; and the seconds since 1970 that it is, or began with.
    pub(super) fn day_now(&self) -> (Option<Day>, i64) {
        match self.now {
            Some(Now::Day(day)) => (Some(day), day.seconds()),
            Some(Now::Today) | None => (today(), seconds()),
        }
    }

    /// What the command line said, for commands that are to be pasted, with a space before it.
    pub(super) fn option(&self) -> String {
        match self.now {
            Some(Now::Day(day)) => format!(" --now {day}"),
            Some(Now::Today) => " --now today".to_owned(),
            None => String::new(),
        }
    }

    /// The day that was named, else today.
    pub(super) fn without_project(&self) -> Option<Day> {
        match self.now {
            Some(Now::Day(day)) => Some(day),
            Some(Now::Today) | None => today(),
        }
    }
}

impl Judging {
    /// The day that is today, for what depends on no commit.
    pub(super) fn today(&self) -> Option<Day> {
        self.clock.day_now().0
    }

    /// The base, where one was named.
    pub(super) fn named_base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// By what the project is judged; `on_disk` where its files are read from the disk whatever was named.
    pub(super) fn judge(&self, project: &Project, on_disk: bool) -> Result<Judged, CommandError> {
        let disk = on_disk || project.is_worktree();
        let (day, why) = self.clock.day(project, disk)?;
        let past = if disk { None } else { Some(project.history(self.base.as_deref())?) };
        Ok(Judged { day, why, past })
    }
}

/// By what the project is judged, and why so.
#[derive(Debug)]
pub(super) struct Judged {
    day: Option<Day>,
    why: &'static str,
    past: Option<History>,
}

impl Judged {
    /// For the compiler.
    pub(super) fn basis(&self) -> Basis<'_> {
        let approvals = match &self.past {
            Some(past) => Approvals::Past(past),
            None => Approvals::NoCommit,
        };
        Basis { day: self.day, approvals }
    }

    /// The day.
    pub(super) fn day(&self) -> Option<Day> {
        self.day
    }

    /// Whether the caller named a base, which what an earlier check left knows nothing of.
    pub(super) fn has_base(&self) -> bool {
        self.past.as_ref().is_some_and(Past::has_base)
    }

    /// Which day it was, and why that one, where a waiver was judged.
    pub(super) fn note(&self, compiled: &Compiled) -> String {
        match self.day {
            Some(day) if compiled.waivers > 0 => {
                format!("waivers are judged on {day}, {}\n", self.why)
            }
            _ => String::new(),
        }
    }
}

fn today() -> Option<Day> {
    Day::of_seconds(seconds())
}

/// The clock is read here and nowhere else in the compiler.
pub(super) fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Who makes a commit.
#[derive(Clone, Debug, Args)]
pub(super) struct Who {
    /// Who makes the commit, as `Name <mail>`; by default `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL`.
    #[arg(long, value_name = "NAME <MAIL>")]
    author: Option<String>,
}

impl Who {
    /// What the command line said, or what it is to say, for commands that are to be pasted, with a space before it.
    pub(super) fn option(&self) -> String {
        match &self.author {
            Some(author) => shell::option("author", author),
            None => " --author \"NAME <MAIL>\"".to_owned(),
        }
    }

    /// The person.
    ///
    /// # Errors
    /// Nobody is named.
    pub(super) fn person(&self) -> Result<Person, CommandError> {
        let named = match &self.author {
            Some(text) => Person::parse(text),
            None => {
                let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
                variable("GIT_AUTHOR_NAME")
                    .zip(variable("GIT_AUTHOR_EMAIL"))
                    .map(|(name, mail)| Person { name, mail })
            }
        };
        named.ok_or_else(|| CommandError::Usage {
            message: "it is not said who makes the commit".to_owned(),
            hint: Some("name yourself: `--author \"Ada <ada@example.com>\"`".to_owned()),
        })
    }
}
