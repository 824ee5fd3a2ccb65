//! The Polars engine: plans as lazy frames, computed batch by batch.
//!
//! It means exactly what the plan's documentation says, as every engine does. What it cannot say that way it
//! does not begin: each call tells so with [`EngineError::Beyond`] before any work, and the plan is handed to
//! another engine.

pub mod chain;
pub mod cleanse;
pub mod measure;
pub mod profile;
pub mod quarantine;
pub mod rows;
pub mod scope;
pub mod source;
pub mod types;
pub mod violations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assay_engine::{
    Cleansed, Engine, EngineError, Inferred, Measured, Proof, Quarantine, Request, Staged,
    Statement, Violation, Workspace, structure,
};
use assay_input::secret::{self, Secret};
use assay_schemas::plan::{Check, DatasetPlan, Table};

use chain::Outline;
use measure::{Bad, Ground};
use rows::Rows;
use source::Source;
use types::Column;

/// The Polars engine of one run.
pub struct Polars {
    workspace: Workspace,
    datasets: BTreeMap<String, Prepared>,
    keys: BTreeMap<String, Secret>,
    bad: Bad,
}

/// A dataset on its way from files to rows that can be measured.
struct Prepared {
    plan: DatasetPlan,
    source: Source,
    /// Number in the order of staging, for names of folders.
    number: usize,
    /// The rows after cleansing.
    ready: Option<Rows>,
}

impl Polars {
    /// Opens the engine.
    ///
    /// # Errors
    /// The workspace cannot be created.
    pub fn open(workspace: &Workspace) -> Result<Self, EngineError> {
        std::fs::create_dir_all(&workspace.folder).map_err(|error| {
            EngineError::Resource(format!("{}: {error}", workspace.folder.display()))
        })?;
        Ok(Self {
            workspace: workspace.clone(),
            datasets: BTreeMap::new(),
            keys: BTreeMap::new(),
            bad: Bad::default(),
        })
    }

    fn prepared(&self, id: &str) -> Result<&Prepared, EngineError> {
        self.datasets
            .get(id)
            .ok_or_else(|| EngineError::Internal(format!("the dataset {id} was not staged")))
    }

    fn staged(&mut self, dataset: &DatasetPlan, source: Source) -> Staged {
        let staged = Staged {
            rows: source.count.filter(|_| !source.text),
            columns: source.layouts.first().map(|first| first.columns.clone()).unwrap_or_default(),
        };
        let number = self.datasets.len();
        let prepared = Prepared { plan: dataset.clone(), source, number, ready: None };
        self.datasets.insert(dataset.dataset_contract_id.clone(), prepared);
        staged
    }

    /// Reads the keys that a dataset's steps need.
    fn learn(&mut self, dataset: &DatasetPlan) -> Result<(), EngineError> {
        for reference in dataset.steps.iter().flat_map(|step| step.body.secrets()) {
            let key = secret::resolve(reference)
                .map_err(|error| EngineError::Resource(format!("a step needs a key: {error}")))?;
            self.keys.insert(reference.to_owned(), key);
        }
        Ok(())
    }

    /// Cleanses a dataset, and before it those that its steps look values up in.
    fn prepare(&mut self, dataset: &DatasetPlan, judged: bool) -> Result<Cleansed, EngineError> {
        let mut lookups = BTreeMap::new();
        for id in dataset.steps.iter().filter_map(|step| step.body.dataset()) {
            lookups.insert(id.to_owned(), self.look_up(id)?);
        }
        self.learn(dataset)?;
        let columns: BTreeMap<String, Vec<Column>> =
            lookups.iter().map(|(id, rows)| (id.clone(), rows.columns.clone())).collect();
        let prepared = self.prepared(&dataset.dataset_contract_id)?;
        let folder = match judged {
            true => self.workspace.folder.clone(),
            false => self.workspace.folder.join(format!("lookup_{}", prepared.number)),
        };
        let source = &prepared.source;
        let missing = missing(dataset, source);
        let outline = self.outline(dataset, source, (&missing, &columns));
        let (cleansed, rows) = cleanse::cleanse(cleanse::Ground {
            outline,
            rows: &source.rows,
            count: source.count,
            files: (&source.files, &source.notes),
            lookups: &lookups,
            folder: &folder,
        })?;
        let cleansed = Cleansed { missing: source.missing.words(), ..cleansed };
        if let Some(prepared) = self.datasets.get_mut(&dataset.dataset_contract_id) {
            prepared.ready = Some(rows);
        }
        Ok(cleansed)
    }

    fn outline<'a>(
        &'a self,
        dataset: &'a DatasetPlan,
        source: &'a Source,
        (missing, lookups): (&'a BTreeSet<String>, &'a BTreeMap<String, Vec<Column>>),
    ) -> Outline<'a> {
        Outline {
            dataset,
            columns: &source.rows.columns,
            text: source.text,
            several: source.files.len() > 1,
            missing,
            lookups,
            now: self.workspace.now,
            keys: &self.keys,
        }
    }

    /// The cleansed rows of another dataset.
    fn look_up(&mut self, id: &str) -> Result<Rows, EngineError> {
        if let Some(rows) = &self.prepared(id)?.ready {
            return Ok(rows.clone());
        }
        let plan = self.prepared(id)?.plan.clone();
        self.prepare(&plan, false)?;
        self.ready(id).cloned()
    }

    fn ready(&self, id: &str) -> Result<&Rows, EngineError> {
        let ready = self.prepared(id)?.ready.as_ref();
        ready.ok_or_else(|| EngineError::Internal(format!("the dataset {id} was not cleansed")))
    }

    /// The datasets that checks look into, or why they cannot be read.
    fn looked_into(
        &mut self,
        dataset: &DatasetPlan,
    ) -> Result<BTreeMap<String, Result<Rows, String>>, EngineError> {
        let mut found = BTreeMap::new();
        for id in dataset.checks.iter().flat_map(Check::datasets) {
            if *id == dataset.dataset_contract_id || found.contains_key(id) {
                continue;
            }
            let rows = match self.look_up(id) {
                Err(error @ (EngineError::Resource(_) | EngineError::Beyond(_))) => {
                    return Err(error);
                }
                other => other.map_err(|error| error.to_string()),
            };
            found.insert(id.to_owned(), rows);
        }
        Ok(found)
    }

    fn files(&self, id: &str) -> Result<&[assay_engine::FileNote], EngineError> {
        Ok(&self.prepared(id)?.source.notes)
    }
}

/// Declared columns that the files of a dataset lack.
fn missing(dataset: &DatasetPlan, source: &Source) -> BTreeSet<String> {
    let declared = dataset.read_fields().iter().chain(&dataset.fields);
    let names = declared.map(|field| field.name.as_str());
    names.filter(|name| source.missing.has(name)).map(str::to_owned).collect()
}

impl Engine for Polars {
    fn name(&self) -> &'static str {
        "polars"
    }

    fn version(&self) -> String {
        format!("Polars {}", polars::VERSION)
    }

    fn stage(&mut self, dataset: &DatasetPlan, files: &[PathBuf]) -> Result<Staged, EngineError> {
        let source = source::stage(dataset, files, &self.workspace)?;
        Ok(self.staged(dataset, source))
    }

    fn hold(&mut self, dataset: &DatasetPlan, table: &Table) -> Result<Staged, EngineError> {
        let source = source::hold(dataset, table)?;
        Ok(self.staged(dataset, source))
    }

    fn restart(&mut self, folder: PathBuf, now: i64) {
        self.datasets.clear();
        self.bad = Bad::default();
        self.workspace.folder = folder;
        self.workspace.now = now;
    }

    fn cleanse(&mut self, dataset: &DatasetPlan) -> Result<Cleansed, EngineError> {
        self.prepare(dataset, true)
    }

    fn measure(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Measured, EngineError> {
        let lookups = self.looked_into(dataset)?;
        let rows = self.ready(&dataset.dataset_contract_id)?;
        let known = lookups.iter().filter_map(|(id, rows)| Some((id, rows.as_ref().ok()?)));
        let columns = known.map(|(id, rows)| (id.clone(), rows.columns.clone())).collect();
        let beyond = measure::beyond(dataset, &rows.columns, &columns, &self.keys);
        let profile = request.profile.as_ref();
        let beyond = beyond.or_else(|| profile::beyond(profile?, &rows.columns));
        if let Some(reason) = beyond {
            return Err(EngineError::Beyond(reason));
        }
        let now = self.workspace.now;
        let ground = Ground { rows, lookups: &lookups, now, keys: &self.keys };
        let (mut measured, bad) = measure::measure(ground, dataset, request)?;
        if let Some(plan) = profile {
            (measured.profile, measured.table) = profile::profile(rows, plan)?;
        }
        let layouts = &self.prepared(&dataset.dataset_contract_id)?.source.layouts;
        structure::measure(layouts, dataset, request, &mut measured);
        self.bad = bad;
        Ok(measured)
    }

    fn violations(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
        limit: u32,
    ) -> Result<Vec<Violation>, EngineError> {
        let lookups = self.looked_into(dataset)?;
        let id = &dataset.dataset_contract_id;
        let (rows, now) = (self.ready(id)?, self.workspace.now);
        let ground = Ground { rows, lookups: &lookups, now, keys: &self.keys };
        violations::violations(ground, dataset, self.files(id)?, (measured, &self.bad), limit)
    }

    fn proofs(&mut self, _: &DatasetPlan) -> Result<Vec<Proof>, EngineError> {
        // Everything is scanned for.
        Ok(Vec::new())
    }

    fn infer(&mut self, dataset: &DatasetPlan) -> Result<Vec<Inferred>, EngineError> {
        profile::infer(self.ready(&dataset.dataset_contract_id)?)
    }

    fn quarantine(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
    ) -> Result<Quarantine, EngineError> {
        let lookups = self.looked_into(dataset)?;
        let (rows, now) = (self.ready(&dataset.dataset_contract_id)?, self.workspace.now);
        let ground = Ground { rows, lookups: &lookups, now, keys: &self.keys };
        quarantine::quarantine(ground, dataset, (measured, &self.bad), &self.workspace.folder)
    }

    fn explain(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Vec<Statement>, EngineError> {
        self.learn(dataset)?;
        let mut columns = BTreeMap::new();
        for id in dataset.steps.iter().filter_map(|step| step.body.dataset()) {
            columns.insert(id.to_owned(), self.look_up(id)?.columns);
        }
        let source = &self.prepared(&dataset.dataset_contract_id)?.source;
        let missing = missing(dataset, source);
        let outline = self.outline(dataset, source, (&missing, &columns));
        let (mut said, after) = cleanse::explain(&outline, &source.rows)?;
        let rows = rows::none(after);
        let lookups = BTreeMap::new();
        let now = self.workspace.now;
        let ground = Ground { rows: &rows, lookups: &lookups, now, keys: &self.keys };
        said.extend(measure::explain(ground, dataset)?);
        let _ = request;
        let statement =
            |(purpose, text)| Statement { purpose, text, elapsed: std::time::Duration::ZERO };
        Ok(said.into_iter().map(statement).collect())
    }
}
