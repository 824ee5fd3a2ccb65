//! `assay cleanse`: what a policy makes of files, without a job.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use assay_schemas::library::cleansing_policy::CleansingPolicy;
use assay_schemas::library::taxonomy::Taxonomy;
use assay_schemas::library::{Kind, Object};
use assay_schemas::plan::DatasetPlan;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::engine::EngineArgs;
use super::loose::TextArgs;
use super::outputs::{self, Read};
use super::run::Spinner;
use super::{CommandError, Output};
use crate::cleanse::{self, CleanseError, Outcome, Wanted};
use crate::engine::{Cleansed, EngineError, Statement};
use crate::loose::Scratch;
use crate::report::counted;
use crate::run::Progress as _;

/// Cleanse files by a policy, without a job or a bundle. The files themselves are never changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay cleanse beers.csv --policy beers.yaml                    writes beers.cleansed.parquet, and says what changed
  assay cleanse beers.csv --policy beers.yaml --changes log.parquet --rejects rejects.parquet
  assay cleanse beers.csv --policy beers.yaml --plan             the steps and the SQL, without doing it
  assay cleanse 'in/*.parquet' --policy p.yaml --lookup zones=zones.csv -o out.parquet
  assay cleanse people.csv --policy people.yaml --clusters who.parquet   which rows were taken for one, and why

A policy is a cleansing policy as libraries have it, as YAML or JSON:

  cleansing_policy_id: beers
  version: 1.0.0
  steps:
    - {step_id: no-value, step_type: null_tokens, parameters: {columns: [ibu], tokens: [N/A]}}")]
pub(super) struct CleanseFiles {
    /// Files to cleanse: paths or globs.
    #[arg(required = true, value_name = "FILE")]
    input: Vec<String>,
    /// The policy.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// A taxonomy that steps name; may be given several times.
    #[arg(long, value_name = "FILE")]
    taxonomy: Vec<PathBuf>,
    /// Files that steps look values up in, by the name that they use; may be given several times.
    #[arg(long, value_name = "NAME=FILE")]
    lookup: Vec<String>,
    /// Where the cleansed rows go; beside the first file where nothing is said.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write rejected rows and cells: file, row, line, column, value, reason, step.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Write every changed cell: file, row, column, what it was and became, step.
    #[arg(long, value_name = "FILE")]
    changes: Option<PathBuf>,
    /// Write the clusters of a fuzzy deduplication.
    #[arg(long, value_name = "FILE")]
    clusters: Option<PathBuf>,
    /// Only say what would be done: the steps and the statements.
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    text: TextArgs,
    /// Memory to use at most, in MiB; more is spilled to disk.
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Threads to use.
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    #[command(flatten)]
    engine: EngineArgs,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl CleanseFiles {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let wanted = self.wanted()?;
        let target = self.target()?;
        self.check_outputs(&target)?;
        let scratch = Scratch::new();
        let now = Timestamp::now().as_microsecond();
        let spinner = Spinner::start("cleanse");
        spinner.stage("reading and cleansing");
        let outcome = cleanse::of_files(&wanted, scratch.path(), (now, self.plan));
        spinner.stop();
        let Outcome { plan, cleansed, statements } = outcome.map_err(|error| match error {
            CleanseError::Engine(error) => CommandError::Engine(error),
            CleanseError::Policy(_) => {
                CommandError::Usage(format!("{}:\n{error}", self.policy.display()))
            }
        })?;
        let Some(mut cleansed) = cleansed else {
            output.print(&match self.format.as_str() {
                "json" => format!("{}\n", json!({ "plan": plan, "statements": statements })),
                _ => planned(&plan, &statements),
            });
            return Ok(Exit::Success);
        };
        let mut written = Vec::new();
        if cleansed.output.is_none() {
            cleansed.said.push(format!(
                "there is nothing to do: no step applies, and {} is not written",
                target.display()
            ));
        }
        for (from, to) in [
            (&cleansed.output, Some(&target)),
            (&cleansed.rejects, self.rejects.as_ref()),
            (&cleansed.changes, self.changes.as_ref()),
            (&cleansed.clusters, self.clusters.as_ref()),
        ] {
            if let (Some(from), Some(to)) = (from, to) {
                put(from, to)?;
                written.push(to.display().to_string());
            }
        }
        output.print(&match self.format.as_str() {
            "json" => format!("{}\n", json!({ "cleansed": shown(&cleansed), "written": written })),
            _ => human(&cleansed, &written),
        });
        Ok(Exit::Success)
    }

    fn wanted(&self) -> Result<Wanted, CommandError> {
        let policy = match read(Kind::CleansingPolicy, &self.policy)? {
            Object::CleansingPolicy(policy) => policy,
            _ => return Err(CommandError::Usage(format!("{}: no policy", self.policy.display()))),
        };
        let mut taxonomies: BTreeMap<String, Taxonomy> = BTreeMap::new();
        for path in &self.taxonomy {
            if let Object::Taxonomy(taxonomy) = read(Kind::Taxonomy, path)? {
                taxonomies.insert(taxonomy.taxonomy_id.to_string(), taxonomy);
            }
        }
        let mut lookups = BTreeMap::new();
        for lookup in &self.lookup {
            let Some((name, file)) = lookup.split_once('=') else {
                let text = format!("`--lookup {lookup}`: write NAME=FILE, as in zones=zones.csv");
                return Err(CommandError::Usage(text));
            };
            lookups.insert(name.to_owned(), self.text.loose(&[file.to_owned()]));
        }
        check_taxonomies(&policy, &taxonomies)?;
        Ok(Wanted {
            loose: self.text.loose(&self.input),
            policy,
            taxonomies,
            lookups,
            change_log: self.changes.is_some(),
            memory_limit: self.memory.map(|mebibytes| mebibytes << 20),
            threads: self.threads,
            engine: self.engine.engine.unwrap_or_default(),
        })
    }

    /// Refuses outputs that would take the place of something, or that say to be no Parquet.
    fn check_outputs(&self, target: &Path) -> Result<(), CommandError> {
        let others = [&self.rejects, &self.changes, &self.clusters];
        let outputs: Vec<&Path> = std::iter::once(target)
            .chain(others.into_iter().flatten().map(PathBuf::as_path))
            .collect();
        let is_text = |path: &&&Path| {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            ["csv", "tsv", "txt", "json", "ndjson", "xlsx"]
                .iter()
                .any(|text| ending.eq_ignore_ascii_case(text))
        };
        if let Some(path) = outputs.iter().find(is_text) {
            let text =
                format!("{}: what is written is Parquet; name it `….parquet`", path.display());
            return Err(CommandError::Usage(text));
        }
        let lookups = self.lookup.iter().filter_map(|lookup| lookup.split_once('='));
        let patterns: Vec<String> =
            self.input.iter().cloned().chain(lookups.map(|(_, file)| file.to_owned())).collect();
        let files: Vec<PathBuf> =
            std::iter::once(&self.policy).chain(&self.taxonomy).cloned().collect();
        outputs::check(&outputs, &Read { patterns: &patterns, files: &files })
    }

    /// Where the cleansed rows go.
    fn target(&self) -> Result<PathBuf, CommandError> {
        if let Some(target) = &self.output {
            return Ok(target.clone());
        }
        let first = Path::new(self.input.first().map_or("", String::as_str));
        let name = first.file_name().unwrap_or_default().to_string_lossy();
        let stem = name.split('.').next().unwrap_or_default();
        if stem.is_empty() || name.contains(['*', '?', '[', '{']) {
            let text = "several files become one: name it with `--output FILE`".to_owned();
            return Err(CommandError::Usage(text));
        }
        Ok(first.with_file_name(format!("{stem}.cleansed.parquet")))
    }
}

/// An object of a file.
fn read(kind: Kind, path: &Path) -> Result<Object, CommandError> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::Usage(format!("{name}: {error}")))?;
    cleanse::read_object(kind, &text)
        .map_err(|error| CommandError::Usage(format!("{name}:\n{error}")))
}

/// Refuses a policy whose steps name a taxonomy that was not given.
fn check_taxonomies(
    policy: &CleansingPolicy,
    known: &BTreeMap<String, Taxonomy>,
) -> Result<(), CommandError> {
    use assay_schemas::library::LibraryObject as _;
    let references = policy.references();
    let missing = references
        .iter()
        .find(|reference| reference.kind == Kind::Taxonomy && !known.contains_key(&reference.id));
    match missing {
        Some(reference) => Err(CommandError::Usage(format!(
            "a step names the taxonomy `{}`: name its file with `--taxonomy FILE`",
            reference.id
        ))),
        None => Ok(()),
    }
}

/// Moves a file to where it is wanted, whole or not at all.
fn put(from: &Path, to: &Path) -> Result<(), CommandError> {
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    // On another disk: copied beside the target first, so that nobody sees half of it.
    let beside = to.with_extension("part");
    let moved = std::fs::copy(from, &beside).and_then(|_| std::fs::rename(&beside, to));
    moved.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        CommandError::Engine(EngineError::Resource(format!("{}: {error}", to.display())))
    })
}

fn shown(cleansed: &Cleansed) -> serde_json::Value {
    json!({
        "rows_in": cleansed.rows_in, "rows_out": cleansed.rows_out,
        "rows_rejected": cleansed.rows_rejected, "rows_merged": cleansed.rows_merged,
        "malformed": cleansed.malformed, "changed": cleansed.changed, "reasons": cleansed.reasons,
        "said": cleansed.said,
    })
}

fn human(cleansed: &Cleansed, written: &[String]) -> String {
    let mut text = format!(
        "rows      {} in, {} out, {} rejected, {} merged\n",
        cleansed.rows_in, cleansed.rows_out, cleansed.rows_rejected, cleansed.rows_merged
    );
    for (step, columns) in &cleansed.changed {
        let counts = columns.iter().filter(|(_, count)| **count > 0);
        let counts: Vec<_> = counts.map(|(column, count)| format!("{column} {count}")).collect();
        if !counts.is_empty() {
            let _ = writeln!(text, "changed   {step}: {}", counts.join(", "));
        }
    }
    for (reason, count) in &cleansed.reasons {
        let _ = writeln!(text, "aside     {count} × {reason}");
    }
    for said in &cleansed.said {
        let _ = writeln!(text, "note      {said}");
    }
    for path in written {
        let _ = writeln!(text, "written   {path}");
    }
    text
}

fn planned(plan: &DatasetPlan, statements: &[Statement]) -> String {
    let mut text = counted(plan.steps.len(), "step") + "\n";
    for step in &plan.steps {
        let filter = if step.filter.is_some() { ", where its condition holds" } else { "" };
        let _ = writeln!(text, "  {:<20} {}{filter}", step.step_id, step.title);
    }
    let statements = statements.iter().filter(|statement| statement.purpose != "rows to measure");
    for statement in statements {
        let _ = writeln!(text, "\n-- {}\n{}", statement.purpose, statement.text.trim_end());
    }
    text
}
