//! The embedded default engine.
//!
//! Typed files without steps are measured where they lie. Everything else is read once, cleansed on the
//! way and written as Parquet into the workspace, and measured there. The measurements are one scan for
//! all checks of rows and figures and for the profile, one grouping for each key set, one for each
//! profiled column, and one query for the violating rows of each check that has any.

mod across;
mod apart;
mod cast;
mod chain;
mod cleanse;
pub mod connection;
mod counted;
mod csv;
mod digits;
mod document;
mod figure;
mod functions;
mod fuse;
mod held;
mod keys;
mod measure;
mod parquet;
mod partition;
mod profile;
mod prove;
mod quarantine;
mod reading;
mod segments;
mod source;
mod sql;
#[cfg(test)]
mod tests;
mod types;
mod vector;
mod violations;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assay_schemas::plan::{DatasetPlan, Format, Table};
use assay_schemas::verdict::Measurement;

pub use connection::{Access, connect};

use super::{
    Cleansed, Engine, EngineError, Inferred, Measured, Proof, Quarantine, Request, Staged,
    Statement, Violation, Workspace,
};
use connection::{Session, fault};
use functions::Keys;
use fuse::DATASET;
use keys::BadKeys;
use source::{FILE, Place, ROW, Source};
use sql::Scope;
use types::Column;

/// The DuckDB engine of one run.
pub struct DuckDb {
    session: Session,
    keys: Keys,
    workspace: Workspace,
    datasets: BTreeMap<String, Prepared>,
    bad_keys: BTreeMap<String, BadKeys>,
}

/// A dataset on its way from files to rows that can be measured.
struct Prepared {
    plan: DatasetPlan,
    source: Source,
    /// Number in the order of staging, for names of tables and folders.
    number: usize,
    /// After cleansing: the view's definition and its columns.
    ready: Option<(String, Vec<Column>)>,
}

impl DuckDb {
    /// Opens the engine. It can read `inputs` and its workspace, and nothing else: name here every file
    /// that will be staged, those of lookups too.
    ///
    /// # Errors
    /// The workspace cannot be created, or a path is not Unicode.
    pub fn open(workspace: &Workspace, inputs: &[PathBuf]) -> Result<Self, EngineError> {
        let connection = connect(workspace, Access { files: inputs, folders: &[] })?;
        let keys = functions::register(&connection)?;
        Ok(Self {
            session: Session::new(connection),
            keys,
            workspace: workspace.clone(),
            datasets: BTreeMap::new(),
            bad_keys: BTreeMap::new(),
        })
    }

    /// Takes note of a dataset that can be read.
    fn staged(&mut self, dataset: &DatasetPlan, source: Source, number: usize) -> Staged {
        let staged = Staged {
            rows: source.rows,
            columns: source.layouts.first().map(|first| first.columns.clone()).unwrap_or_default(),
        };
        let prepared = Prepared { plan: dataset.clone(), source, number, ready: None };
        self.datasets.insert(dataset.dataset_contract_id.clone(), prepared);
        staged
    }

    fn prepared(&self, id: &str) -> Result<&Prepared, EngineError> {
        self.datasets
            .get(id)
            .ok_or_else(|| EngineError::Internal(format!("the dataset {id} was not staged")))
    }

    /// The program of a staged dataset.
    fn program(&self, dataset: &DatasetPlan) -> Result<chain::Program, EngineError> {
        let prepared = self.prepared(&dataset.dataset_contract_id)?;
        let mut lookups = BTreeMap::new();
        for wanted in dataset.steps.iter().filter_map(|step| step.body.dataset()) {
            let found = self.prepared(wanted)?;
            if let Some((_, columns)) = &found.ready {
                let looked =
                    chain::Looked { view: lookup_view(found.number), columns: columns.clone() };
                lookups.insert(wanted.to_owned(), looked);
            }
        }
        chain::compile(dataset, &prepared.source, &lookups, self.workspace.now)
            .map_err(EngineError::Data)
    }

    /// Where a dataset's own files are written: the workspace itself for the one that is judged.
    fn folder(&self, prepared: &Prepared, judged: bool) -> PathBuf {
        if judged {
            self.workspace.folder.clone()
        } else {
            self.workspace.folder.join(format!("lookup_{}", prepared.number))
        }
    }

    /// Cleanses the datasets that steps look values up in, unless they have been, and makes their views.
    fn look_up(&mut self, dataset: &DatasetPlan) -> Result<(), EngineError> {
        let wanted: BTreeSet<String> = dataset
            .steps
            .iter()
            .filter_map(|step| step.body.dataset())
            .map(str::to_owned)
            .collect();
        for id in wanted {
            let prepared = self.prepared(&id)?;
            let (number, is_ready) = (prepared.number, prepared.ready.is_some());
            if !is_ready {
                let plan = prepared.plan.clone();
                self.prepare(&plan, false)?;
            }
            self.view(&id, &lookup_view(number))?;
        }
        Ok(())
    }

    /// Cleanses a dataset and notes how its rows are read from then on.
    fn prepare(&mut self, dataset: &DatasetPlan, judged: bool) -> Result<Cleansed, EngineError> {
        self.look_up(dataset)?;
        let secrets: Vec<&str> =
            dataset.steps.iter().flat_map(|step| step.body.secrets()).collect();
        self.keys.learn(&secrets)?;
        let program = self.program(dataset)?;
        let prepared = self.prepared(&dataset.dataset_contract_id)?;
        let folder = self.folder(prepared, judged);
        let missing = prepared.source.missing.words();
        let (cleansed, definition) = if program.passes.is_empty() {
            let rows = prepared.source.rows.unwrap_or(0);
            let cleansed = Cleansed { rows_in: rows, rows_out: rows, ..Cleansed::default() };
            (cleansed, prepared.source.query.clone())
        } else {
            let encoding = match &dataset.source.format {
                Format::Csv(dialect) => dialect.encoding.as_str(),
                _ => "",
            };
            let ground = cleanse::Ground {
                session: &self.session,
                dataset,
                source: &prepared.source,
                folder: &folder,
            };
            let cleansed = cleanse::run(ground, &program, encoding)?;
            (cleansed, cleansed_rows(&program, &folder)?)
        };
        let cleansed = Cleansed { missing, ..cleansed };
        let id = dataset.dataset_contract_id.clone();
        if let Some(prepared) = self.datasets.get_mut(&id) {
            prepared.ready = Some((definition, program.columns));
        }
        Ok(cleansed)
    }

    /// Makes the view of a dataset's rows.
    fn view(&self, id: &str, name: &str) -> Result<Vec<Column>, EngineError> {
        let Some((definition, columns)) = &self.prepared(id)?.ready else {
            return Err(EngineError::Internal(format!("the dataset {id} was not cleansed")));
        };
        let text = format!("CREATE OR REPLACE TEMP VIEW {name} AS\n{definition}");
        self.session.run("rows to measure", &text).map_err(|error| fault(&error))?;
        Ok(columns.clone())
    }
}

/// The rows that cleansing wrote, with row number and file.
fn cleansed_rows(program: &chain::Program, folder: &Path) -> Result<String, EngineError> {
    let columns: Vec<String> =
        program.columns.iter().map(|column| sql::identifier(&column.name)).collect();
    let file = if program.several { FILE.to_owned() } else { format!("0 AS {FILE}") };
    Ok(format!(
        "SELECT {}, file_row_number + 1 AS {ROW}, {file}\nFROM {}",
        columns.join(", "),
        cleanse::read(&folder.join("cleansed.parquet"))?
    ))
}

/// Name of the view of a lookup.
fn lookup_view(number: usize) -> String {
    format!("lookup_{number}")
}

impl Engine for DuckDb {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn version(&self) -> String {
        format!("DuckDB {}", self.session.version().trim_start_matches('v'))
    }

    fn restart(&mut self, folder: PathBuf, now: i64) {
        // The names of tables and views are given anew, and making one replaces the one before.
        self.datasets.clear();
        self.bad_keys.clear();
        self.session.take_statements();
        self.workspace.folder = folder;
        self.workspace.now = now;
    }

    fn stage(&mut self, dataset: &DatasetPlan, files: &[PathBuf]) -> Result<Staged, EngineError> {
        let number = self.datasets.len();
        let notes = self.workspace.notes_of(files);
        let names: Vec<String> = notes.iter().map(|note| note.name.clone()).collect();
        let named = (files, names.as_slice());
        let folder = self.workspace.folder.join(format!("joined_{number}"));
        let place = Place { session: &self.session, number, folder: &folder };
        let mut source = partition::stage(place, dataset, named)?;
        source.notes = notes;
        // What an engine wrote beside the columns of a dataset is no column of it.
        for layout in &mut source.layouts {
            layout.columns.retain(|(name, _)| !name.starts_with("_assay_"));
        }
        Ok(self.staged(dataset, source, number))
    }

    fn hold(&mut self, dataset: &DatasetPlan, table: &Table) -> Result<Staged, EngineError> {
        let number = self.datasets.len();
        let source = held::stage(&self.session, dataset, table, number)?;
        Ok(self.staged(dataset, source, number))
    }

    fn cleanse(&mut self, dataset: &DatasetPlan) -> Result<Cleansed, EngineError> {
        self.prepare(dataset, true)
    }

    fn measure(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Measured, EngineError> {
        measure::measure(self, dataset, request)
    }

    fn violations(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
        limit: u32,
    ) -> Result<Vec<Violation>, EngineError> {
        let prepared = self.prepared(&dataset.dataset_contract_id)?;
        let columns =
            prepared.ready.as_ref().map(|(_, columns)| columns.as_slice()).unwrap_or_default();
        let scope = Scope { columns, now: self.workspace.now };
        let mut found = Vec::new();
        for check in &dataset.checks {
            let found_any = measured.checks.get(&check.check_id).and_then(Measurement::violations);
            if found_any.unwrap_or(0) == 0 {
                continue;
            }
            let bad = self.bad_keys.get(&check.check_id);
            let query = violations::query(&scope, dataset, check, bad, limit);
            let Some(query) = query.map_err(EngineError::Internal)? else { continue };
            let purpose = format!("violations of {}", check.check_id);
            let rows = self.session.rows(&purpose, &query).map_err(|error| fault(&error))?;
            found.extend(
                rows.into_iter()
                    .map(|row| violations::read(dataset, check, &prepared.source.notes, row)),
            );
        }
        Ok(found)
    }

    fn proofs(&mut self, dataset: &DatasetPlan) -> Result<Vec<Proof>, EngineError> {
        let program = self.program(dataset)?;
        let scope = Scope { columns: &program.columns, now: self.workspace.now };
        let proven = measure::prove(self, &scope, dataset, &Request::default())?;
        Ok(proven.map(|proven| proven.proofs).unwrap_or_default())
    }

    fn infer(&mut self, dataset: &DatasetPlan) -> Result<Vec<Inferred>, EngineError> {
        let columns = self.view(&dataset.dataset_contract_id, DATASET)?;
        profile::infer(&self.session, &columns)
    }

    fn quarantine(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
    ) -> Result<Quarantine, EngineError> {
        let prepared = self.prepared(&dataset.dataset_contract_id)?;
        let columns =
            prepared.ready.as_ref().map(|(_, columns)| columns.as_slice()).unwrap_or_default();
        let scope = Scope { columns, now: self.workspace.now };
        let marks = quarantine::marks(&scope, dataset, measured, &self.bad_keys)
            .map_err(EngineError::Internal)?;
        quarantine::split(&self.session, columns, &marks, &self.workspace.folder)
    }

    fn explain(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Vec<Statement>, EngineError> {
        let program = self.program(dataset)?;
        let prepared = self.prepared(&dataset.dataset_contract_id)?;
        let folder = self.folder(prepared, true);
        let (mut said, _) = cleanse::passes(&program, &prepared.source, &folder)?;
        let definition = match program.passes.is_empty() {
            true => prepared.source.query.clone(),
            false => cleansed_rows(&program, &folder)?,
        };
        let now = self.workspace.now;
        let proven =
            measure::prove(self, &Scope { columns: &program.columns, now }, dataset, request)?;
        let mut columns = program.columns.clone();
        let mut rows = definition;
        if let Some(apart) = proven.as_ref().map(|proven| &proven.apart) {
            columns.extend(apart.columns());
            rows = apart.query(&prepared.source)?.unwrap_or(rows);
        }
        let view = format!("CREATE OR REPLACE TEMP VIEW {DATASET} AS\n{rows}");
        said.push(("rows to measure".into(), view));
        let scope = Scope { columns: &columns, now };
        let dataset = proven.as_ref().map_or(dataset, |proven| &proven.dataset);
        said.extend(measure::explain(self, &scope, dataset, request));
        Ok(said
            .into_iter()
            .map(|(purpose, text)| Statement { purpose, text, elapsed: std::time::Duration::ZERO })
            .collect())
    }
}
