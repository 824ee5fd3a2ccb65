//! `assay drift`: whether what runs, and the data that it runs on, are what the bundle says.

use std::path::PathBuf;

use assay_schemas::exit::Exit;
use assay_schemas::literal;
use assay_schemas::plan::{Body, Check, Columns, DatasetPlan, Empty, Origin, Tolerance};
use assay_schemas::verdict::{Dimension, Outcome, Severity, Verdict};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::bundle::BundleArgs;
use super::{CommandError, Output, scratch};
use crate::drift::{Class, Finding, Judged, State, results, shifts};
use crate::lake::{Lake, Views};
use crate::load::Bundle;
use crate::overrides::{self, Standing};

/// Earlier verdicts that the latest is held against, for each check.
const EARLIER: u32 = 10;

/// Tell whether runs are of the bundle that is there, whether data has the columns that its contract declares,
/// whether verdicts are what they were, and which overrides there are. Reads only; mends nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay drift --env prod                      every class
  assay drift --env prod --gate               exit 8 where anything is not in order
  assay drift --env prod --off data_schema    without looking at the data
  assay drift --env prod --stale 24h          a job that has not run for a day is stale

`assayc drift` tells of branches, and of bundles beside what they are made from.")]
pub(super) struct Drift {
    #[command(flatten)]
    bundle: BundleArgs,
    /// Results location instead of the environment's: a folder or a `.duckdb` file.
    #[arg(long, value_name = "PATH")]
    results: Option<PathBuf>,
    /// How long ago the latest run of a job may be.
    #[arg(long, default_value = "48h", value_name = "TIME")]
    stale: String,
    /// Classes that are left out.
    #[arg(long, value_name = "CLASS", value_parser = ["bundle", "data_schema", "results", "override"])]
    off: Vec<String>,
    /// End with code 8 where a class is not in order.
    #[arg(long)]
    gate: bool,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Drift {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let bundle = self.bundle.open()?;
        let stale = literal::duration(&self.stale).map_err(CommandError::Usage)?;
        let location = match &self.results {
            Some(path) => path.clone(),
            None => self.bundle.project().join(bundle.results()?),
        };
        let lake = Lake::at(&location.to_string_lossy());
        let mut found = Vec::new();
        for class in
            Class::ALL.into_iter().filter(|class| !self.off.iter().any(|off| off == class.name()))
        {
            found.extend(match class {
                Class::Bundle => vec![of_bundle(&bundle, &lake.views()?)?],
                Class::DataSchema => self.of_data(&bundle)?,
                Class::Results => of_results(&bundle, &lake.views()?, stale)?,
                Class::Override => vec![of_overrides(&bundle, &lake)?],
            });
        }
        output.print(&match self.format.as_str() {
            "json" => {
                format!("{}\n", json!({ "environment": bundle.environment(), "drift": found }))
            }
            _ => human(&found),
        });
        let drifts = found.iter().any(|finding| !finding.state.is_in_order());
        Ok(if drifts && self.gate { Exit::Drift } else { Exit::Success })
    }

    /// The columns of the data of each job, beside those that its contract declares.
    fn of_data(&self, bundle: &Bundle) -> Result<Vec<Finding>, CommandError> {
        let mut found = Vec::new();
        for (tenant, entry) in bundle.jobs()? {
            let tenant = (tenant != assay_schemas::bundle::SHARED).then_some(tenant);
            let mut job = bundle.job(&entry.id, tenant.as_deref())?;
            let dataset = &mut job.plan.dataset;
            dataset.steps.clear();
            if let Some(reads) = dataset.reads.take() {
                dataset.fields = reads;
            }
            dataset.profile = None;
            let demands = [demand(dataset, false), demand(dataset, true)];
            dataset.checks = demands.into();
            // What is missing is found by the demands, so that it does not keep the rest from being read.
            dataset.fields.iter_mut().for_each(|field| field.optional = true);
            job.plan.lookups.clear();
            let named = job.plan.dataset.source.path.is_some();
            let record =
                if named { Some(scratch::record(job, self.bundle.project(), &[])?) } else { None };
            let verdict = |at: usize| record.as_ref().and_then(|record| record.verdicts.get(at));
            let fails = |at: usize| {
                verdict(at)
                    .filter(|own| own.verdict != Verdict::Pass)
                    .map(|own| own.message.clone())
            };
            let (state, differences) = match (&record, fails(0), fails(1)) {
                (None, ..) => {
                    (State::Unknown, vec!["the contract names no data: each run does".to_owned()])
                }
                (Some(record), ..) if record.outcome == Outcome::Error => {
                    (State::Unknown, vec![record.reason.clone()])
                }
                (_, Some(words), _) => (State::Breaking, vec![words]),
                (_, None, Some(words)) => (State::Compatible, vec![words]),
                _ => (State::None, Vec::new()),
            };
            found.push(Finding {
                class: Class::DataSchema,
                job: Some(entry.id),
                state,
                differences,
            });
        }
        Ok(found)
    }
}

/// The demand that the data has the declared columns; `exact` also that it has no others, in this order.
fn demand(dataset: &DatasetPlan, exact: bool) -> Check {
    Check {
        check_id: format!("declared-{exact}"),
        rule_type: "structure".to_owned(),
        title: "the dataset has the declared columns".to_owned(),
        message: None,
        severity: Severity::Error,
        dimension: Dimension::Validity,
        columns: Columns::new(),
        origin: Origin {
            kind: "dataset_schema".to_owned(),
            id: dataset.dataset_contract_id.clone(),
            version: String::new(),
            via: None,
            chain: Vec::new(),
        },
        digest: assay_schemas::digest::Digest::of_bytes(b""),
        filter: None,
        tolerance: Tolerance::default(),
        warn: None,
        segments: Columns::new(),
        empty: Empty::default(),
        body: Body::Structure {
            fields: dataset.fields.clone(),
            closed: exact,
            ordered: exact,
            types: true,
        },
    }
}

/// Whether the latest run of each job was of the bundle that is there.
fn of_bundle(bundle: &Bundle, views: &Views) -> Result<Finding, CommandError> {
    let query = "select job, arg_max(bundle_digest, started_at), max(started_at)::varchar from run \
                 where outcome <> 'skipped' group by job, tenant order by job";
    let answer = views.query(query)?;
    let own = bundle.content_digest();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let others = answer.rows.iter().filter_map(|row| match row.as_slice() {
        [job, digest, at] if word(digest) != own => Some(format!(
            "{}: the latest run, of {}, was of {}, not of {own}",
            word(job),
            word(at),
            word(digest)
        )),
        _ => None,
    });
    let others: Vec<_> = others.collect();
    let (state, differences) = match (answer.rows.is_empty(), others.is_empty()) {
        (true, _) => (State::Unknown, vec!["nothing has run here yet".to_owned()]),
        (false, true) => (State::InSync, Vec::new()),
        (false, false) => (State::Behind, others),
    };
    Ok(Finding { class: Class::Bundle, job: None, state, differences })
}

/// Whether the latest verdicts of each job of the bundle are what they were, and new enough.
fn of_results(bundle: &Bundle, views: &Views, stale: f64) -> Result<Vec<Finding>, CommandError> {
    let query = format!(
        "select job, check_id, rule_digest, verdict from (select r.job, v.check_id, v.rule_digest, v.verdict, \
         r.started_at, r.run_id, row_number() over (partition by r.job, r.tenant, v.check_id order by r.started_at \
         desc, r.run_id desc) as place from run r join verdict v using (run_id) where r.outcome not in \
         ('skipped', 'error')) where place <= {} order by started_at desc, run_id desc",
        EARLIER + 1
    );
    let judged: Vec<_> =
        views.query(&query)?.rows.iter().filter_map(|row| Judged::of(row)).collect();
    let mut shifted = shifts(&judged);
    let ages = "select job, floor(epoch(max(started_at)))::bigint from run where outcome <> 'skipped' group by job";
    let now = Timestamp::now().as_second();
    let ages: std::collections::BTreeMap<String, i64> = views
        .query(ages)?
        .rows
        .iter()
        .filter_map(|row| Some((row.first()?.as_str()?.to_owned(), now - row.get(1)?.as_i64()?)))
        .collect();
    let jobs = bundle.jobs()?.into_iter().map(|(_, entry)| entry.id);
    Ok(jobs
        .map(|job| {
            let differences = shifted.remove(&job).unwrap_or_default();
            let (state, differences) = results(ages.get(&job).copied(), stale, differences);
            Finding { class: Class::Results, job: Some(job), state, differences }
        })
        .collect())
}

/// The overrides of the bundle that is there.
fn of_overrides(bundle: &Bundle, lake: &Lake) -> Result<Finding, CommandError> {
    let (digest, now) = (bundle.content_digest(), Timestamp::now().as_second());
    let mut state = State::None;
    let mut differences = Vec::new();
    for found in overrides::all(lake)? {
        let standing = found.standing((&digest, bundle.environment()), now, bundle.trust());
        let words = match &found.says {
            Ok(own) => format!("{} {}: {}", standing.word(), own.job, own.change.words()),
            Err(why) => format!("{} {}: {why}", standing.word(), found.path.display()),
        };
        match standing {
            Standing::OtherBundle => continue,
            Standing::Expired | Standing::Refused(_) => state = State::Expired,
            Standing::Active | Standing::Waiting if state == State::None => state = State::Active,
            Standing::Active | Standing::Waiting => {}
        }
        differences.push(words);
    }
    Ok(Finding { class: Class::Override, job: None, state, differences })
}

fn human(found: &[Finding]) -> String {
    let mut text = String::new();
    for finding in found {
        let sign = if finding.state.is_in_order() { "✓" } else { "✗" };
        let job = finding.job.as_deref().map(|job| format!(" of {job}")).unwrap_or_default();
        text.push_str(&format!(
            "{sign} {}{job}: {}\n",
            finding.class.name(),
            finding.state.words()
        ));
        for difference in &finding.differences {
            text.push_str(&format!("    {difference}\n"));
        }
    }
    text
}
