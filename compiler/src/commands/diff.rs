//! `assayc diff`: what a change means, by meaning and not by text.

use std::path::{Path, PathBuf};

use assay_schemas::bundle::{Blobs, Reader};
use assay_schemas::exit::Exit;
use assay_schemas::id::EnvironmentName;
use clap::Args;

use super::basis::Clock;
use super::project::{self, Project};
use super::review::{Judge, Reviewed, faults, is_broken};
use super::{CommandError, Output};
use crate::compile::{Basis, Goal};
use crate::diagnostic::Files;
use crate::git::Snapshot;
use crate::past::Makers;
use crate::review::{self, Gatherer};
use crate::store::{self, StoreError};

/// Show what a change means, from Git alone: which rules become looser, which promises break, what is judged
/// no more, what is done elsewhere, what is guarded less, and which jobs it reaches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc diff main..HEAD                     for every environment
  assayc diff main...HEAD --gate             since HEAD left main; exit 7 without agreement
  assayc diff HEAD~1 --env prod              a revision against HEAD
  assayc diff HEAD --worktree                what is not committed yet
  assayc diff main...HEAD --format markdown  for a comment on the pull request
  assayc diff --bundles old/prod new/prod    two bundles, without Git

Findings are named by axis and value, such as `verdict.looser`. A waiver that comes with the change lets \
one pass: `finding: verdict.looser`, `object: rule_set/NAME`, a reason, an approver who made none of it, \
and an end.")]
pub(super) struct Diff {
    /// `BASE..HEAD`, `BASE...HEAD` from where the two parted, or a base that is compared with `--rev` or the
    /// working tree.
    #[arg(required_unless_present = "bundles")]
    range: Option<String>,
    #[command(flatten)]
    project: Project,
    #[command(flatten)]
    clock: Clock,
    /// Environment; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Two folders with bundles, the older one first.
    #[arg(long, num_args = 2, value_names = ["BASE", "HEAD"], conflicts_with_all = ["range", "env"])]
    bundles: Vec<PathBuf>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "markdown", "json", "sarif", "github", "gitlab", "junit"])]
    format: String,
    /// End with code 7 where something needs agreement and no waiver gives it.
    #[arg(long)]
    gate: bool,
    /// End with code 6 where anything changed.
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Diff {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let reviewed = match (self.bundles.as_slice(), &self.range) {
            ([base, head], _) => self.of_bundles(base, head)?,
            (_, Some(range)) => match self.of_range(range, output)? {
                Some(reviewed) => reviewed,
                None => return Ok(Exit::Source),
            },
            _ => return Ok(Exit::Usage),
        };
        output.print(&reviewed.rendered(&self.format, output.colour));
        if self.gate && reviewed.gates() {
            output.note(&reviewed.obstacle());
            return Ok(Exit::Gating);
        }
        let changed = !reviewed.review.is_empty();
        Ok(if changed && self.detailed_exitcode { Exit::Changes } else { Exit::Success })
    }

    /// The two sides of a range, compiled and compared; `None` where one does not compile, which is told.
    fn of_range(&self, range: &str, output: &Output) -> Result<Option<Reviewed>, CommandError> {
        let (base, head) = self.snapshots(range)?;
        let mut sides = Vec::new();
        for (side, snapshot) in [("base", &base), ("head", &head)] {
            let compiled =
                project::compile_known(snapshot, &self.env, (Goal::Seal, &Basis::default()));
            if is_broken(&compiled) {
                output.note(&format!("error: the {side} of the range does not compile\n\n"));
                output.print(&faults(&self.project.root(), &compiled, output.colour));
                return Ok(None);
            }
            sides.push(compiled);
        }
        project::expect_known(&self.env, sides.iter().flat_map(|side| &side.environments))?;
        let (day, _) = self.clock.day(&self.project, self.project.is_worktree())?;
        let commits = base.revision.as_deref().zip(head.revision.as_deref());
        let judge = Judge { day, ground: self.project.ground(), commits };
        Reviewed::of((&base, &sides[0]), (&head, &sides[1]), &judge).map(Some)
    }

    fn snapshots(&self, range: &str) -> Result<(Snapshot, Snapshot), CommandError> {
        let since = range.split_once("...");
        match since.or_else(|| range.split_once("..")) {
            Some(_) if self.project.is_worktree() => Err(CommandError::Usage {
                message: "`--worktree` takes the place of the head of the range".to_owned(),
                hint: Some(format!("write `assayc diff BASE{}`", self.project.options())),
            }),
            Some((base, head)) => {
                let head = if head.is_empty() { "HEAD" } else { head };
                let base = match since {
                    Some(_) => self.project.merge_base(base, head)?,
                    None => base.to_owned(),
                };
                Ok((self.project.snapshot_at(&base)?, self.project.snapshot_at(head)?))
            }
            None => Ok((self.project.snapshot_at(range)?, self.project.snapshot()?)),
        }
    }

    fn of_bundles(&self, base: &Path, head: &Path) -> Result<Reviewed, CommandError> {
        let (base, head) = (store::open(base)?, store::open(head)?);
        let name = named(&head)?;
        let mut gatherer = Gatherer::default();
        gatherer.compare(&name, &base, &head).map_err(StoreError::in_memory)?;
        let mut review = gatherer.finish();
        let waivers = review::waivers(&review, &name, &head).map_err(StoreError::in_memory)?;
        // Bundles do not tell who made them what they are.
        let judge = (self.clock.without_project(), &Makers::default());
        let misfits = review::apply(&mut review, &waivers, judge);
        let revision = |own: Option<&str>| own.map(str::to_owned);
        let revisions = (revision(base.revision()), revision(head.revision()));
        let waivers = "libraries/waivers".to_owned();
        let (files, root, options) = (Files::default(), String::new(), String::new());
        Ok(Reviewed { review, misfits, files, root, options, waivers, revisions })
    }
}

fn named<B: Blobs>(bundle: &Reader<B>) -> Result<EnvironmentName, CommandError> {
    EnvironmentName::new(&*bundle.config().environment).map_err(|error| CommandError::Usage {
        message: format!("the bundle is of no environment: {error}"),
        hint: None,
    })
}
