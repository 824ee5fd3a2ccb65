//! `assay verdict-diff`: which verdicts a change of the configuration flips, on data, before it is merged.

mod recorded;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use assay_schemas::verdict::Verdict;
use clap::Args;
use serde_json::json;

use super::{CommandError, Output, scratch};
use crate::flips::{Flip, Flips, Row};
use crate::load::{Bundle, Job, LoadError};

/// Rows that are shown of each check.
const SHOWN: usize = 5;

/// Run the jobs of two bundles over the same data, or over what recorded runs left of theirs, and show which verdicts
/// flip and which rows. Nothing is recorded and no action is carried out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay verdict-diff base/prod head/prod                        the jobs that behave otherwise
  assay verdict-diff base/prod head/prod --job taxi-trips --data 'sample/*.parquet'
  assay verdict-diff base/prod head/prod --recorded             over what the latest run of each job left in the lake
  assay verdict-diff base/prod head/prod --job taxi-trips --run 0198c0de
  assay verdict-diff base/prod head/prod --format markdown      for a pull request
  assay verdict-diff base/prod head/prod --detailed-exitcode    exit 6 where a verdict flips

The bundles are folders that `assayc build` wrote. Rules that look back at earlier runs find none here.
Of a recorded run, the rows are taken that it kept, or the files that it read where they are still the same; else what
its measurements and its profile prove, and a check that they do not tell is named.")]
pub(super) struct VerdictDiff {
    /// Folder of the bundle as it is.
    base: PathBuf,
    /// Folder of the bundle as it would be.
    head: PathBuf,
    /// Job; those of either bundle that behave otherwise where none is named.
    #[arg(long, value_name = "ID")]
    job: Vec<String>,
    /// Data instead of what the contracts name: a path or a glob; may be given several times.
    #[arg(long, value_name = "PATH")]
    data: Vec<String>,
    /// Look at what the latest run of each job left in the lake, instead of at data.
    #[arg(long, conflicts_with = "data")]
    recorded: bool,
    /// Look at what this run left: its id, or the beginning of it; for one job.
    #[arg(long, value_name = "ID", conflicts_with = "data")]
    run: Option<String>,
    /// Results location instead of that of the first bundle's environment: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
    /// Violating rows that are held against each other, for each check.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    rows: u32,
    /// Folder of the project, from which relative paths of contracts start.
    #[arg(long, default_value = ".", value_name = "DIR")]
    project: PathBuf,
    /// End with code 6 where a verdict flips.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "markdown", "json"])]
    format: String,
}

/// What was found of a job.
struct Found {
    job: String,
    /// `None` where one side does not have it.
    flips: Option<Flips>,
    /// Why there is nothing to compare.
    word: String,
    /// What was looked at, where that is not the data.
    from: Option<String>,
    /// Checks that it does not tell.
    untold: Vec<String>,
}

impl Found {
    fn of(flips: Flips) -> Self {
        let job = flips.job.clone();
        Self { job, flips: Some(flips), word: String::new(), from: None, untold: Vec::new() }
    }

    fn none(job: String, word: &str) -> Self {
        Self { job, flips: None, word: word.to_owned(), from: None, untold: Vec::new() }
    }
}

impl VerdictDiff {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let (base, head) = (Bundle::open(&self.base)?, Bundle::open(&self.head)?);
        let lake = self.lake(&base)?;
        let mut found = Vec::new();
        for (id, tenant) in self.jobs(&base, &head)? {
            let sides = [job(&base, &id, &tenant)?, job(&head, &id, &tenant)?];
            let [Some(before), Some(after)] = sides else {
                let word = if job(&head, &id, &tenant)?.is_some() { "new" } else { "gone" };
                found.push(Found::none(
                    id,
                    &format!("{word}, so there is nothing to compare it with"),
                ));
                continue;
            };
            found.push(match &lake {
                Some(lake) => self.recorded(lake, before, after)?,
                None => Found::of(self.over((before, after), &self.data)?),
            });
        }
        output.print(&match self.format.as_str() {
            "json" => {
                let jobs: Vec<_> = found
                    .iter()
                    .map(Found::json)
                    .collect();
                format!("{}\n", json!({ "base": base.content_digest(), "head": head.content_digest(), "jobs": jobs }))
            }
            "markdown" => markdown(&found),
            _ => human(&found),
        });
        let flipped =
            found.iter().filter_map(|found| found.flips.as_ref()).any(|flips| !flips.is_empty());
        Ok(if flipped && self.detailed_exitcode { Exit::Changes } else { Exit::Success })
    }

    /// The folder of the project; `.` is no part of the paths below it.
    fn project(&self) -> &Path {
        self.project.strip_prefix(".").unwrap_or(&self.project)
    }

    /// What both versions say of the same files; those of the contract where none is named.
    fn over(&self, (before, after): (Job, Job), data: &[String]) -> Result<Flips, CommandError> {
        let record = |mut job: Job| {
            job.plan.violation_rows = self.rows;
            scratch::record(job, self.project(), data)
        };
        let (before, after) = (record(before)?, record(after)?);
        Ok(Flips::between(&before, &after))
    }

    /// Id and tenant of each job that is compared.
    fn jobs(&self, base: &Bundle, head: &Bundle) -> Result<Vec<(String, String)>, CommandError> {
        let (old, new) = (base.jobs()?, head.jobs()?);
        let key = |(tenant, entry): &(String, assay_schemas::bundle::Entry)| {
            (entry.id.clone(), tenant.clone())
        };
        let all: BTreeSet<_> = old.iter().chain(&new).map(key).collect();
        if !self.job.is_empty() {
            if let Some(missing) = self.job.iter().find(|id| all.iter().all(|(own, _)| own != *id))
            {
                return Err(CommandError::Usage(format!("neither bundle has a job `{missing}`")));
            }
            return Ok(all.into_iter().filter(|(id, _)| self.job.contains(id)).collect());
        }
        let prints = |jobs: &[(String, assay_schemas::bundle::Entry)],
                      wanted: &(String, String)| {
            let own = jobs.iter().filter(|job| key(job) == *wanted);
            own.map(|(_, entry)| entry.fingerprint.to_string()).collect::<BTreeSet<_>>()
        };
        Ok(all.into_iter().filter(|wanted| prints(&old, wanted) != prints(&new, wanted)).collect())
    }
}

/// A job of a bundle; `None` where it has none of that name.
fn job(bundle: &Bundle, id: &str, tenant: &str) -> Result<Option<Job>, CommandError> {
    let tenant = (tenant != assay_schemas::bundle::SHARED).then_some(tenant);
    match bundle.job(id, tenant) {
        Ok(job) => Ok(Some(job)),
        Err(LoadError::UnknownJob { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn human(found: &[Found]) -> String {
    if found.is_empty() {
        return "no job behaves otherwise\n".to_owned();
    }
    let mut text = String::new();
    for Found { job, flips, word, from, untold } in found {
        let Some(flips) = flips else {
            text.push_str(&format!("{job}: {word}\n"));
            continue;
        };
        let flipped = flips.flipped().count();
        let (before, after) = (flips.outcomes.0.name(), flips.outcomes.1.name());
        let outcome =
            if before == after { before.to_owned() } else { format!("{before} → {after}") };
        text.push_str(&format!(
            "{job}: {outcome}; {}, {} unchanged\n",
            verdicts(flipped),
            flips.unchanged
        ));
        if let Some(from) = from {
            text.push_str(&format!("  by {from}\n"));
        }
        if !untold.is_empty() {
            text.push_str(&format!("  not told by it: {}\n", untold.join(", ")));
        }
        for flip in &flips.checks {
            text.push_str(&format!("  {}  {}\n", verdict_words(flip), flip.check_id));
            if let Some(words) = violation_words(flip) {
                text.push_str(&format!("      {words}\n"));
            }
            for (sign, rows) in [("+", &flip.new_rows), ("-", &flip.gone_rows)] {
                for row in rows.iter().take(SHOWN) {
                    text.push_str(&format!("      {sign} {}\n", row_words(row)));
                }
                if let Some(more) = rows.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                    text.push_str(&format!("      {sign} and {more} more\n"));
                }
            }
        }
    }
    text
}

fn markdown(found: &[Found]) -> String {
    let mut text = "### Assay: verdicts on data\n\n".to_owned();
    if found.is_empty() {
        text.push_str("No job behaves otherwise.\n");
        return text;
    }
    text.push_str("| job | check | verdict | rows |\n| --- | --- | --- | --- |\n");
    for Found { job, flips, word, untold, .. } in found {
        if !untold.is_empty() {
            text.push_str(&format!("| {job} | {} | not told | |\n", untold.join(", ")));
        }
        match flips {
            None => text.push_str(&format!("| {job} | {word} | | |\n")),
            Some(flips) if flips.is_empty() => {
                text.push_str(&format!("| {job} | all {} say the same | | |\n", flips.unchanged));
            }
            Some(flips) => {
                for flip in &flips.checks {
                    let words = violation_words(flip).unwrap_or_default();
                    text.push_str(&format!(
                        "| {job} | {} | {} | {words} |\n",
                        flip.check_id,
                        verdict_words(flip)
                    ));
                }
            }
        }
    }
    text
}

fn verdicts(flipped: usize) -> String {
    if flipped == 1 { "1 verdict flips".to_owned() } else { format!("{flipped} verdicts flip") }
}

fn verdict_words(flip: &Flip) -> String {
    let name = |verdict: Option<Verdict>| verdict.map_or("not asked", Verdict::name);
    let (before, after) = (name(flip.verdicts.0), name(flip.verdicts.1));
    if before == after { before.to_owned() } else { format!("{before} → {after}") }
}

fn violation_words(flip: &Flip) -> Option<String> {
    match flip.violations {
        (Some(before), Some(after)) if before != after => {
            Some(format!("{before} → {after} violating rows"))
        }
        (Some(rows), None) | (None, Some(rows)) => Some(format!("{rows} violating rows")),
        (None, None) => flip.messages.1.clone().or_else(|| flip.messages.0.clone()),
        _ => None,
    }
}

fn row_words(row: &Row) -> String {
    let pairs = row.key.iter().chain(&row.values);
    let shown = pairs.map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("null")));
    format!("row {} ({})", row.row, shown.collect::<Vec<_>>().join(", "))
}
