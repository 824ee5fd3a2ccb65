//! By what a compile is judged: the day of its waivers.

use std::time::{SystemTime, UNIX_EPOCH};

use assay_schemas::day::Day;
use clap::Args;

use super::CommandError;
use super::project::Project;
use crate::compile::{Basis, Compiled};

/// By what waivers are judged.
#[derive(Clone, Debug, Args)]
pub(super) struct Judging {
    /// Day on which waivers are judged: `today`, or one such as `2026-06-30`. By default the day of the
    /// commit, in UTC, so that a commit always comes to the same; today for `--worktree`.
    #[arg(long, value_name = "DAY", value_parser = now)]
    now: Option<Now>,
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

impl Judging {
    /// By what the project is judged; `on_disk` where its files are read from the disk whatever was named.
    pub(super) fn judge(&self, project: &Project, on_disk: bool) -> Result<Judged, CommandError> {
        let (day, why) = match self.now {
            Some(Now::Day(day)) => (Some(day), "as `--now` says"),
            None if !on_disk && !project.is_worktree() => {
                (Day::of_seconds(project.committed()?), "the day of the commit in UTC")
            }
            Some(Now::Today) | None => (today(), "today in UTC"),
        };
        Ok(Judged { day, why })
    }
}

/// By what the project is judged, and why so.
#[derive(Debug)]
pub(super) struct Judged {
    day: Option<Day>,
    why: &'static str,
}

impl Judged {
    /// For the compiler.
    pub(super) fn basis(&self) -> Basis {
        Basis { day: self.day }
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

/// The clock is read here and nowhere else in the compiler.
fn today() -> Option<Day> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Day::of_seconds(i64::try_from(since.as_secs()).ok()?)
}
