//! `assayc promote`: a change moves from the branch of one environment to that of the next.

mod demand;
mod verified;

use std::path::PathBuf;

use assay_schemas::bundle::{Blobs, Integrity, Reader};
use assay_schemas::code::Level;
use assay_schemas::digest::Digest;
use assay_schemas::exit::Exit;
use assay_schemas::id::EnvironmentName;
use assay_schemas::words::counted;
use clap::Args;

use super::basis::{Clock, Who};
use super::environments::{self, Branches, Compiles};
use super::project::Ground;
use super::review::{Judge, Reviewed, open, short};
use super::{CommandError, Output};
use crate::compile::{Approvals, Basis, Compiled};
use crate::diff::Diff;
use crate::git::{Files, NewCommit};
use crate::past::Past;
use crate::promotion::selection::Taken;
use crate::promotion::{Hold, PROMOTION, hold, strays};
use crate::review::{self, Named};
use crate::store::StoreError;
use assay_schemas::shell;
use demand::{Demand, agreed, held, own_commits};
use verified::{Asked, verified};

/// Show what a promotion would bring and what keeps it back; with `--apply`, make the branch of the environment
/// hold what the branch of the environment before it holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc promote test prod                             the plan, and what keeps it back
  assayc promote test prod --verification test.json    with what `assay verification` says of test
  assayc promote test prod --format markdown           for the body of a pull request
  assayc promote test prod --apply --author \"Ada <ada@example.com>\"
  assayc promote test prod --job taxi-trips-monthly    one job with all that it depends on

Both branches are those that `environments/` names. Nothing is pushed. Exit codes: 5 approvals are missing · \
7 kept back · 8 drift: the branch holds commits of its own, or a class that gates is not in order where the change \
comes from · 10 the branch has moved meanwhile")]
pub(super) struct Promote {
    /// Environment that the change comes from.
    from: String,
    /// Environment that it goes to.
    to: String,
    #[command(flatten)]
    ground: Ground,
    #[command(flatten)]
    clock: Clock,
    /// Job that moves, with all that it depends on; everything does where none is named.
    #[arg(long, value_name = "ID")]
    job: Vec<String>,
    /// What the lake of the environment before says, as `assay verification` writes it.
    #[arg(long, value_name = "FILE")]
    verification: Option<PathBuf>,
    /// Commit that the branch must still be at.
    #[arg(long, value_name = "COMMIT")]
    expect: Option<String>,
    /// Write the commit and move the branch.
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    who: Who,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "markdown", "json"])]
    format: String,
}

/// What a promotion would do.
struct Plan {
    branches: Branches,
    content_digest: Digest,
    demands: Vec<Demand>,
    reviewed: Reviewed,
    /// The files that move, where not all of them do.
    taken: Option<Taken>,
}

impl Promote {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let branches = Branches::of(&self.ground, &self.from, &self.to)?;
        if let Some(expected) = &self.expect
            && !branches.to.starts_with(expected.as_str())
        {
            output.note(&format!(
                "error: branch `{}` is at {} and not at {expected}\n  help: look at the plan again\n",
                branches.to_branch,
                short(Some(&branches.to))
            ));
            return Ok(Exit::Stale);
        }
        let compiles = Compiles::of(&self.ground, (&branches, &self.job), output)?;
        let Some(compiles) = compiles else { return Ok(Exit::Source) };
        let nothing = match &compiles.taken {
            Some(taken) => taken.is_empty(),
            None => branches.is_even(&self.ground)?,
        };
        if nothing {
            output.print(&format!(
                "`{}` holds what `{}` holds: nothing to promote\n",
                self.to, self.from
            ));
            return Ok(Exit::Success);
        }
        let plan = self.plan(branches, compiles)?;
        output.print(&self.shown(&plan, output));
        let kept = plan.demands.iter().find(|demand| !demand.holds);
        if let Some(demand) = kept {
            output.note(&format!("error: kept back: {}\n", demand.words));
            return Ok(demand.exit);
        }
        if !self.apply {
            output.note(&self.advice(&plan));
            return Ok(Exit::Success);
        }
        let commit = self.write(&plan)?;
        output.note(&format!(
            "promoted: `{}` is at {}\n  help: `git push origin {}` publishes it\n",
            plan.branches.to_branch,
            short(Some(&commit)),
            plan.branches.to_branch
        ));
        Ok(Exit::Success)
    }

    fn plan(&self, branches: Branches, compiles: Compiles) -> Result<Plan, CommandError> {
        let repository = self.ground.repository()?;
        let (day, now) = self.clock.day_now();
        let content_digest = compiles.head.bundles[&branches.to_name].config.content_digest;
        let reviewed = Reviewed::of(
            (&compiles.base_files, &compiles.base),
            (&compiles.head_files, &compiles.head),
            &Judge { day, ground: &self.ground, commits: Some((&branches.to, &branches.from)) },
        )?;
        let core = compiles.from.bundles[&branches.from_name].config.core_digest;
        let environments = (
            &compiles.environment(&branches.from_name)?,
            &compiles.environment(&branches.to_name)?,
        );
        let asked = Asked { file: self.verification.as_deref(), jobs: &self.job, core, now };
        let mut demands = vec![
            own_commits(&branches, &strays(&repository, &branches.to, &branches.from)?),
            self.same_core(&branches, &compiles)?,
        ];
        demands.extend(verified(&asked, environments)?);
        let commits = repository.line(&branches.to, hold::LOOKED_AT)?;
        demands.push(held(&Hold::of(&commits), content_digest, day));
        demands.push(self.approved(&branches, &compiles)?);
        demands.push(agreed(&reviewed));
        Ok(Plan { branches, content_digest, demands, reviewed, taken: compiles.taken })
    }

    /// Whatever does not belong to an environment is byte for byte what the environment before had.
    fn same_core(&self, branches: &Branches, compiles: &Compiles) -> Result<Demand, CommandError> {
        let before = &compiles.from.bundles[&branches.from_name];
        let after = &compiles.head.bundles[&branches.to_name];
        let (from, to) = (open(&before.files)?, open(&after.files)?);
        let others = match compiles.taken {
            None => {
                Diff::core_beyond(&from, &to).map(|others| others.iter().map(Named::of).collect())
            }
            // What does not move is what it was.
            Some(_) => self.selected(&to).and_then(|names| review::unlike(&to, &from, &names)),
        };
        let others: Vec<Named> = others.map_err(StoreError::in_memory)?;
        let core = after.config.core_digest;
        let words = match others.as_slice() {
            [] if core == before.config.core_digest => {
                format!("its core is the one of `{}`: {core}", self.from)
            }
            [] => format!(
                "all of its core {core} is in the one of `{}`, which holds more: {}",
                self.from, before.config.core_digest
            ),
            others => {
                let names = others
                    .iter()
                    .take(3)
                    .map(|own| format!("{}/{}@{}", own.kind, own.id, own.version));
                let names: Vec<_> = names.collect();
                format!(
                    "`{}` did not have {} as they would be here: {}",
                    self.from,
                    counted(others.len(), "object"),
                    names.join(", ")
                )
            }
        };
        Ok(Demand { demand: "same_core", holds: others.is_empty(), words, exit: Exit::Gating })
    }

    /// The objects that move, where not all do.
    fn selected<B: Blobs>(&self, bundle: &Reader<B>) -> Result<Vec<Named>, Integrity> {
        let mut names = Vec::new();
        for job in &self.job {
            names.extend(review::closure(bundle, job)?);
        }
        Ok(names)
    }

    /// The approvals that the policy of the environment demands of what changes on its branch.
    fn approved(&self, branches: &Branches, compiles: &Compiles) -> Result<Demand, CommandError> {
        let repository = self.ground.repository()?;
        let history = repository.history(&branches.from, Some(&branches.to))?;
        let past: &dyn Past = &history;
        let basis = Basis { day: None, approvals: Approvals::Past(past) };
        let wanted = [self.to.clone()];
        let goal = (crate::compile::Goal::Check, &basis);
        let judged: Compiled = super::project::compile_known(&compiles.head_files, &wanted, goal);
        let missing: Vec<_> = judged
            .diagnostics
            .iter()
            .filter(|found| found.level == Level::Error)
            .map(|found| found.message.clone())
            .collect();
        let words = match missing.as_slice() {
            [] => "its approvals are there, as far as the policy demands any".to_owned(),
            missing => missing.join("; "),
        };
        Ok(Demand { demand: "approved", holds: missing.is_empty(), words, exit: Exit::Policy })
    }

    fn shown(&self, plan: &Plan, output: &Output) -> String {
        let Plan { branches, content_digest, demands, reviewed, taken } = plan;
        match self.format.as_str() {
            "json" => {
                let value = serde_json::json!({
                    "from": { "environment": self.from, "branch": branches.from_branch, "commit": branches.from },
                    "to": { "environment": self.to, "branch": branches.to_branch, "commit": branches.to },
                    "content_digest": content_digest,
                    "jobs": self.job,
                    "files": taken.as_ref().map(|taken| taken.keys().collect::<Vec<_>>()),
                    "demands": demands,
                    "review": reviewed.review,
                });
                format!("{value}\n")
            }
            "markdown" => {
                let mut text = reviewed.rendered("markdown", false);
                text.push_str(&format!("\n#### Promotion of `{}` to `{}`\n\n", self.from, self.to));
                for demand in demands {
                    let sign = if demand.holds { "x" } else { " " };
                    text.push_str(&format!("- [{sign}] {}\n", demand.words));
                }
                text
            }
            _ => {
                let mut text = format!(
                    "promote {} ({} at {}) to {} ({} at {})\n  content {content_digest}\n",
                    self.from,
                    branches.from_branch,
                    short(Some(&branches.from)),
                    self.to,
                    branches.to_branch,
                    short(Some(&branches.to)),
                );
                for demand in demands {
                    let sign = if demand.holds { "✓" } else { "✗" };
                    text.push_str(&format!("  {sign} {}\n", demand.words));
                }
                if let Some(taken) = taken {
                    text.push_str("  files\n");
                    taken.keys().for_each(|path| text.push_str(&format!("    {path}\n")));
                }
                text.push('\n');
                text.push_str(&reviewed.rendered("human", output.colour));
                text
            }
        }
    }

    fn advice(&self, plan: &Plan) -> String {
        let Branches { to_branch, from_branch, to, .. } = &plan.branches;
        let mut options = self.ground.options() + &self.clock.option();
        self.job.iter().for_each(|job| options.push_str(&shell::option("job", job)));
        if let Some(file) = &self.verification {
            options.push_str(&shell::option("verification", &file.to_string_lossy()));
        }
        let apply = format!(
            "assayc promote {} {}{options} --apply --expect {}{}",
            self.from,
            self.to,
            short(Some(to)),
            self.who.option()
        );
        if plan.taken.is_some() {
            return format!("nothing keeps it back. To promote\n  {apply}\n");
        }
        format!(
            "nothing keeps it back. To promote, either\n  {apply}\nor open a pull request from `{from_branch}` into `{to_branch}` and merge it with a merge commit\n"
        )
    }

    fn write(&self, plan: &Plan) -> Result<String, CommandError> {
        let Branches { to_branch, from, to, .. } = &plan.branches;
        let author = self.who.person()?;
        let what = if self.job.is_empty() { &self.from } else { &self.job.join(", ") };
        let message = format!(
            "Promote {what} to {}\n\n{PROMOTION}: {from}\nAssay-Content: {}\n",
            self.to, plan.content_digest
        );
        let prefix = self.ground.root();
        let files: Option<Taken> = plan.taken.as_ref().map(|taken| {
            let path = |path: &str| {
                if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }
            };
            taken.iter().map(|(name, id)| (path(name), id.clone())).collect()
        });
        let commit = NewCommit {
            branch: to_branch,
            tip: to,
            files: files.as_ref().map_or(Files::AsIn(from), Files::Changed),
            // Of some jobs alone, the rest is still to come.
            merged: files.is_none().then_some(from),
            message: &message,
            author: &author,
            seconds: self.clock.day_now().1,
        };
        environments::write(&self.ground, &commit)
    }
}

/// Two environments by name.
pub(super) fn name(text: &str) -> Result<EnvironmentName, CommandError> {
    EnvironmentName::new(text)
        .map_err(|error| CommandError::Usage { message: error.to_string(), hint: None })
}
