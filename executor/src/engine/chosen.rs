//! Which engine computes a plan, and who takes over where it cannot.

use std::path::PathBuf;

use assay_polars::Polars;
use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::{DatasetPlan, Table};

use super::duckdb::DuckDb;
use super::{
    Cleansed, Engine, EngineError, Inferred, Measured, Proof, Quarantine, Request, Staged,
    Statement, Violation, Workspace, auto,
};

/// The engine that a plan names. What it cannot compute is handed to DuckDB, from the beginning, and
/// [`Chosen::why`] tells why.
pub struct Chosen {
    under: Box<dyn Engine + Send>,
    workspace: Workspace,
    inputs: Vec<PathBuf>,
    /// What has been staged, in order, to be staged again by the engine that takes over.
    staged: Vec<(DatasetPlan, Rows)>,
    /// The dataset whose steps have been applied.
    cleansed: Option<DatasetPlan>,
    why: Option<String>,
}

/// Where the rows of a dataset come from.
#[derive(Clone)]
enum Rows {
    Files(Vec<PathBuf>),
    Held(Table),
}

impl Chosen {
    /// Opens an engine for datasets: the one that is judged first, then its lookups. It can read `inputs`
    /// and its workspace.
    ///
    /// # Errors
    /// The workspace cannot be created, or a path is not Unicode.
    pub fn open(
        name: EngineName,
        datasets: &[&DatasetPlan],
        workspace: &Workspace,
        inputs: &[PathBuf],
    ) -> Result<Self, EngineError> {
        let (name, why) = match name {
            EngineName::Auto => {
                let (name, why) = auto::choose(datasets, inputs, workspace);
                (name, Some(format!("auto chose {}: {why}", name.name())))
            }
            EngineName::Polars => match auto::beyond_memory(inputs, workspace) {
                Some(reason) => (EngineName::Duckdb, Some(handed(&reason))),
                None => (EngineName::Polars, None),
            },
            EngineName::Duckdb => (EngineName::Duckdb, None),
        };
        let under: Box<dyn Engine + Send> = match name {
            EngineName::Polars => Box::new(Polars::open(workspace)?),
            _ => Box::new(DuckDb::open(workspace, inputs)?),
        };
        let (workspace, inputs) = (workspace.clone(), inputs.to_vec());
        Ok(Self { under, workspace, inputs, staged: Vec::new(), cleansed: None, why })
    }

    /// Why this engine and not another computes, where there is something to say.
    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// Calls the engine; where that is beyond it, lets DuckDB do all that was done and calls it.
    fn ask<T>(
        &mut self,
        call: impl Fn(&mut dyn Engine) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        match call(&mut *self.under) {
            Err(EngineError::Beyond(reason)) => {
                let mut other = DuckDb::open(&self.workspace, &self.inputs)?;
                for (dataset, rows) in &self.staged {
                    match rows {
                        Rows::Files(files) => other.stage(dataset, files)?,
                        Rows::Held(table) => other.hold(dataset, table)?,
                    };
                }
                if let Some(dataset) = &self.cleansed {
                    other.cleanse(dataset)?;
                }
                self.under = Box::new(other);
                self.why = Some(handed(&reason));
                call(&mut *self.under)
            }
            answered => answered,
        }
    }
}

fn handed(reason: &str) -> String {
    format!("Polars handed the plan to DuckDB: {reason}")
}

impl Engine for Chosen {
    fn name(&self) -> &'static str {
        self.under.name()
    }

    fn version(&self) -> String {
        self.under.version()
    }

    fn stage(&mut self, dataset: &DatasetPlan, files: &[PathBuf]) -> Result<Staged, EngineError> {
        let staged = self.ask(|engine| engine.stage(dataset, files))?;
        self.staged.push((dataset.clone(), Rows::Files(files.to_vec())));
        Ok(staged)
    }

    fn hold(&mut self, dataset: &DatasetPlan, table: &Table) -> Result<Staged, EngineError> {
        let staged = self.ask(|engine| engine.hold(dataset, table))?;
        self.staged.push((dataset.clone(), Rows::Held(table.clone())));
        Ok(staged)
    }

    fn restart(&mut self, folder: PathBuf, now: i64) {
        self.staged.clear();
        self.cleansed = None;
        self.workspace.folder.clone_from(&folder);
        self.workspace.now = now;
        self.under.restart(folder, now);
    }

    fn cleanse(&mut self, dataset: &DatasetPlan) -> Result<Cleansed, EngineError> {
        let cleansed = self.ask(|engine| engine.cleanse(dataset))?;
        self.cleansed = Some(dataset.clone());
        Ok(cleansed)
    }

    fn measure(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Measured, EngineError> {
        self.ask(|engine| engine.measure(dataset, request))
    }

    fn violations(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
        limit: u32,
    ) -> Result<Vec<Violation>, EngineError> {
        self.under.violations(dataset, measured, limit)
    }

    fn proofs(&mut self, dataset: &DatasetPlan) -> Result<Vec<Proof>, EngineError> {
        self.ask(|engine| engine.proofs(dataset))
    }

    fn infer(&mut self, dataset: &DatasetPlan) -> Result<Vec<Inferred>, EngineError> {
        self.ask(|engine| engine.infer(dataset))
    }

    fn quarantine(
        &mut self,
        dataset: &DatasetPlan,
        measured: &Measured,
    ) -> Result<Quarantine, EngineError> {
        self.under.quarantine(dataset, measured)
    }

    fn explain(
        &mut self,
        dataset: &DatasetPlan,
        request: &Request,
    ) -> Result<Vec<Statement>, EngineError> {
        self.ask(|engine| engine.explain(dataset, request))
    }
}
