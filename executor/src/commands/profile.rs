//! `assay profile`: what is in files, without a bundle.

use std::path::{Path, PathBuf};

use assay_schemas::exit::Exit;
use assay_schemas::plan::ProfilePlan;
use assay_schemas::shell;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::bundle::LakeArgs;
use super::engine::EngineArgs;
use super::loose::TextArgs;
use super::outputs::{self, Read};
use super::run::Spinner;
use super::{CommandError, Output};
use crate::engine::EngineError;
use crate::loose::Scratch;
use crate::profile::compare::{Drift, compare};
use crate::profile::{self, PROFILE_VERSION, Profile, Wanted, suggest};
use crate::report::profile::{csv, html, terminal};
use crate::report::terminal::Style;
use crate::run::Progress as _;

/// Find out what is in files: figures, distributions and what is worth a look. No bundle is needed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay profile trips.csv                             figures and small histograms of every column
  assay profile 'inbox/*.parquet' --format html -o profile.html
  assay profile titanic.csv --null NA --pairs         NA is no value; correlations, too
  assay profile january.csv --compare february.csv    how far the values have moved
  assay profile run:latest --compare march.csv        the profile of a run against a file
  assay profile trips.csv --suggest project           a contract with rules, from the data

With `--compare`, the exit code is 8 where a column has drifted as far as `--fail-on` says.")]
pub(super) struct ProfileFiles {
    /// Files to profile: paths or globs; a profile written as JSON; or `run:ID`, the profile of a run.
    #[arg(required = true, value_name = "FILE")]
    input: Vec<String>,
    /// Compare with another file, glob, profile written as JSON, or `run:ID`.
    #[arg(long, value_name = "FILE", conflicts_with = "suggest")]
    compare: Option<String>,
    /// How far columns may drift before the exit code says so.
    #[arg(long, value_name = "DRIFT", requires = "compare", value_parser = ["moderate", "major"])]
    fail_on: Option<String>,
    /// Write schema, rules, contract and job, as the data suggests them, into a project's folder.
    #[arg(long, value_name = "DIR")]
    suggest: Option<PathBuf>,
    /// Name of what is suggested, instead of the file's.
    #[arg(long, value_name = "ID", requires = "suggest")]
    name: Option<String>,
    #[command(flatten)]
    text: TextArgs,
    /// Correlations of all pairs of columns, and which columns are null together.
    #[arg(long)]
    pairs: bool,
    /// Most frequent values kept for each column.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    top: u32,
    /// Bins of the histograms.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    bins: u32,
    /// Memory to use at most, in MiB; more is spilled to disk.
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Threads to use.
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    lake: LakeArgs,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "html", "csv"])]
    format: String,
    /// File to write; standard output where none is named.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ProfileFiles {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let output_file: Vec<&Path> = self.output.iter().map(PathBuf::as_path).collect();
        let patterns: Vec<String> = self.input.iter().chain(&self.compare).cloned().collect();
        outputs::check(&output_file, &Read { patterns: &patterns, files: &[] })?;
        let spinner = Spinner::start("profile");
        spinner.stage("reading");
        let own = self.read(&self.input);
        let other = self.compare.as_ref().map(|other| self.read(std::slice::from_ref(other)));
        spinner.stop();
        let (profile, other) = (own?, other.transpose()?);
        if let Some(other) = other {
            return self.compared(&profile, &other, output);
        }
        if let Some(folder) = &self.suggest {
            return self.suggested(&profile, folder, output);
        }
        let style = Style { colour: output.colour && self.output.is_none() };
        let text = match self.format.as_str() {
            "json" => pretty(&profile)?,
            "html" => html::render(&profile)?,
            "csv" => csv::render(&profile),
            _ => terminal::render(&profile, style),
        };
        self.write(&text, output)?;
        Ok(Exit::Success)
    }

    /// A profile that was computed before, or one of files.
    fn read(&self, input: &[String]) -> Result<Profile, CommandError> {
        match input {
            [run] if run.starts_with("run:") => self.of_run(run.trim_start_matches("run:")),
            [file] if file.to_lowercase().ends_with(".json") => stored(Path::new(file)),
            patterns => {
                let scratch = Scratch::new();
                let now = Timestamp::now().as_microsecond();
                Ok(profile::of_files(&self.wanted(patterns), scratch.path(), now)?)
            }
        }
    }

    fn wanted(&self, patterns: &[String]) -> Wanted {
        // Drift of classifications is measured over their most frequent values.
        let top = if self.compare.is_some() { self.top.max(100) } else { self.top };
        let plan = ProfilePlan {
            top_values: top,
            histogram_bins: self.bins,
            deep: true,
            duplicate_rows: true,
            correlations: self.pairs,
            missingness: self.pairs,
            ..ProfilePlan::default()
        };
        Wanted {
            loose: self.text.loose(patterns),
            plan,
            memory_limit: self.memory.map(|mebibytes| mebibytes << 20),
            threads: self.threads,
            engine: self.engine.engine.unwrap_or_default(),
        }
    }

    fn of_run(&self, id: &str) -> Result<Profile, CommandError> {
        let record = self.lake.lake()?.views()?.load(id)?;
        if record.profile.is_empty() {
            let text =
                format!("run {} has no profile: its job has the stage switched off", record.run_id);
            return Err(CommandError::Usage(text));
        }
        let mut profile = Profile {
            why_engine: record.why_engine().map(str::to_owned),
            profile_version: PROFILE_VERSION,
            files: record.inputs.iter().map(|(path, ..)| path.clone()).collect(),
            bytes: record.inputs.iter().map(|(_, bytes, _)| bytes).sum(),
            format: "run".to_owned(),
            dialect: None,
            rows: record.rows,
            malformed: 0,
            columns: record.profile,
            formats: Vec::new(),
            table: record.table,
            alerts: Vec::new(),
            engine: record.engine,
            elapsed_ms: record.stages.iter().map(|stage| stage.elapsed_ms).sum(),
        };
        profile.alerts = profile::alert::alerts(&profile);
        Ok(profile)
    }

    fn compared(
        &self,
        before: &Profile,
        after: &Profile,
        output: &Output,
    ) -> Result<Exit, CommandError> {
        let found = compare((before.rows, &before.columns), (after.rows, &after.columns));
        let (left, right) = (self.input.join(" "), self.compare.as_deref().unwrap_or_default());
        let style = Style { colour: output.colour && self.output.is_none() };
        let text = match self.format.as_str() {
            "human" => terminal::comparison(&found, (&left, right), style),
            "json" => pretty(&json!({ "before": left, "after": right, "comparison": found }))?,
            other => {
                let text = format!("a comparison is written as human or json, not as {other}");
                return Err(CommandError::Usage(text));
            }
        };
        self.write(&text, output)?;
        let bound = match self.fail_on.as_deref() {
            Some("moderate") => Some(Drift::Moderate),
            Some(_) => Some(Drift::Major),
            None => None,
        };
        let beyond = bound.is_some_and(|bound| found.drift() >= bound);
        Ok(if beyond { Exit::Drift } else { Exit::Success })
    }

    fn suggested(
        &self,
        profile: &Profile,
        folder: &Path,
        output: &Output,
    ) -> Result<Exit, CommandError> {
        let source = self.input.first().map_or("", String::as_str);
        let files = suggest::write(profile, source, self.name.as_deref(), folder)
            .map_err(CommandError::Usage)?;
        let mut text = String::new();
        for file in &files {
            text.push_str(&format!("written {}\n", file.display()));
        }
        output.print(&text);
        let there = match folder == Path::new(".") {
            true => String::new(),
            false => format!("cd {} && ", shell::word(&folder.to_string_lossy())),
        };
        output.print(&format!(
            "next\n  {there}assayc check --worktree\n  read what the comments say of each rule, and commit\n"
        ));
        Ok(Exit::Success)
    }

    fn write(&self, text: &str, output: &Output) -> Result<(), CommandError> {
        match &self.output {
            Some(path) => {
                super::report::write(path, text)?;
                output.print(&format!("written to {}\n", path.display()));
            }
            None => output.print(text),
        }
        Ok(())
    }
}

fn pretty(value: &impl serde::Serialize) -> Result<String, CommandError> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| CommandError::Engine(EngineError::Internal(error.to_string())))
}

/// A profile that was written as JSON.
fn stored(path: &Path) -> Result<Profile, CommandError> {
    let told = |text: String| {
        CommandError::Engine(EngineError::Data(format!("{}: {text}", path.display())))
    };
    let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
    let profile: Profile = serde_json::from_str(&text).map_err(|error| {
        told(format!("not a profile as `assay profile --format json` writes it: {error}"))
    })?;
    if profile.profile_version != PROFILE_VERSION {
        let version = profile.profile_version;
        return Err(told(format!(
            "a profile of version {version}, this program knows {PROFILE_VERSION}"
        )));
    }
    Ok(profile)
}
