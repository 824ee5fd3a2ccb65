//! Which engine is the faster one for a plan. `bench engines` measures both side by side, at any scale: with few
//! rows Polars takes half to nine tenths of DuckDB's time, with ten times as many DuckDB is the faster one.

use std::path::PathBuf;

use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::DatasetPlan;

use super::Workspace;

/// Bytes of text up to which Polars is the faster one.
const FEW_OF_TEXT: u64 = 16 << 20;
/// Bytes of Parquet, which packs its rows, up to which it is.
const FEW_OF_PARQUET: u64 = 4 << 20;
/// Memory that Polars takes, at most, for each byte; it does not spill.
const SPREAD: u64 = 16;

/// The engine for datasets, the one that is judged first, and why in words.
pub(super) fn choose(
    datasets: &[&DatasetPlan],
    inputs: &[PathBuf],
    workspace: &Workspace,
) -> (EngineName, String) {
    let is_text = datasets.first().is_some_and(|dataset| dataset.source.format.is_text());
    let bytes = size(inputs);
    let few = if is_text { FEW_OF_TEXT } else { FEW_OF_PARQUET };
    let held = beyond_memory(inputs, workspace).is_none();
    let mut steps = datasets.iter().flat_map(|dataset| &dataset.steps);
    let looks_at_all = steps.any(|step| !step.body.looks_at_one_row());
    if bytes <= few && held && (is_text || !looks_at_all) {
        return (EngineName::Polars, "the input is small, and it begins in less time".to_owned());
    }
    let why = match bytes <= few {
        true if !held => "it keeps the memory limit by spilling to disk",
        true => "it is as fast for steps that look at all rows, in less memory",
        false if is_text => "it reads much text in less time and memory",
        false => "it reads many rows in less time and memory",
    };
    (EngineName::Duckdb, why.to_owned())
}

/// Why Polars may not keep the memory limit, where there is one: it does not spill.
pub(super) fn beyond_memory(inputs: &[PathBuf], workspace: &Workspace) -> Option<String> {
    let (bytes, limit) = (size(inputs), workspace.memory_limit?);
    (bytes > limit / SPREAD).then(|| {
        format!(
            "it does not spill, and {} of input may take more than the memory limit of {} MiB",
            crate::report::size(bytes),
            limit >> 20
        )
    })
}

fn size(inputs: &[PathBuf]) -> u64 {
    inputs.iter().filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::engine::{Chosen, Engine as _};
    use crate::loose::open;
    use assay_schemas::plan::{CsvDialect, Format, Keep, Step, StepBody};

    fn workspace(folder: &Path, memory_limit: Option<u64>) -> Workspace {
        Workspace {
            folder: folder.join("work"),
            memory_limit,
            threads: None,
            now: 0,
            columns: 1,
            notes: BTreeMap::new(),
        }
    }

    fn chosen(format: Format, bytes: u64, limit: Option<u64>, steps: Vec<Step>) -> EngineName {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        std::fs::File::create(&path).unwrap().set_len(bytes).unwrap();
        let workspace = workspace(folder.path(), limit);
        let dataset = DatasetPlan { steps, ..open(format) };
        choose(&[&dataset], &[path], &workspace).0
    }

    #[test]
    fn small_inputs_are_for_polars() {
        let text = || Format::Csv(CsvDialect::default());
        let chosen_of = |format, bytes, limit| chosen(format, bytes, limit, Vec::new());
        assert_eq!(chosen_of(text(), FEW_OF_TEXT, None), EngineName::Polars);
        assert_eq!(chosen_of(text(), FEW_OF_TEXT + 1, None), EngineName::Duckdb);
        assert_eq!(chosen_of(text(), FEW_OF_TEXT, Some(FEW_OF_TEXT)), EngineName::Duckdb);
        assert_eq!(chosen_of(Format::Parquet, FEW_OF_PARQUET, None), EngineName::Polars);
        assert_eq!(chosen_of(Format::Parquet, FEW_OF_PARQUET + 1, None), EngineName::Duckdb);
    }

    #[test]
    fn a_memory_limit_that_polars_may_not_keep_is_for_duckdb() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        std::fs::File::create(&path).unwrap().set_len(1_000_000).unwrap();
        let why = |limit| {
            let workspace = workspace(folder.path(), limit);
            let chosen =
                Chosen::open(EngineName::Polars, &[], &workspace, std::slice::from_ref(&path));
            let chosen = chosen.unwrap();
            (chosen.name(), chosen.why().map(str::to_owned))
        };
        assert_eq!(why(None), ("polars", None));
        assert_eq!(why(Some(16 << 20)), ("polars", None));
        let reason = "Polars handed the plan to DuckDB: it does not spill, and 1.0 MB of input may take more \
                      than the memory limit of 8 MiB";
        assert_eq!(why(Some(8 << 20)), ("duckdb", Some(reason.to_owned())));
    }

    #[test]
    fn steps_that_look_at_all_rows_of_parquet_are_for_duckdb() {
        let step = Step {
            step_id: "once".into(),
            step_type: "deduplicate".into(),
            title: String::new(),
            filter: None,
            body: StepBody::Deduplicate { columns: Vec::new(), keep: Keep::First },
        };
        let steps = || vec![step.clone()];
        assert_eq!(chosen(Format::Parquet, 1, None, steps()), EngineName::Duckdb);
        let text = Format::Csv(CsvDialect::default());
        assert_eq!(chosen(text, 1, None, steps()), EngineName::Polars);
    }
}
