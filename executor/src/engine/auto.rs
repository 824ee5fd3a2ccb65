//! Which engine is the faster one for a plan. `bench engines` and `bench small-files` measure both side by
//! side.

use std::path::PathBuf;

use assay_schemas::library::infra_profile::EngineName;
use assay_schemas::plan::DatasetPlan;

use super::Workspace;

/// From so many text files on, what DuckDB spends on opening each outweighs the rest.
const MANY: usize = 200;
/// Bytes of a file, on average, up to which that is so.
const SMALL: u64 = 1 << 20;
/// Bytes of text that Polars may hold, as it does not spill: all of them, where a plan groups by every column.
const HELD: u64 = 1 << 30;
/// Memory that it takes, at most, for each byte of text.
const SPREAD: u64 = 4;

/// The engine for datasets, the one that is judged first, and why in words.
pub(super) fn choose(
    datasets: &[&DatasetPlan],
    inputs: &[PathBuf],
    workspace: &Workspace,
) -> (EngineName, String) {
    let is_text = datasets.first().is_some_and(|dataset| dataset.source.format.is_text());
    if is_text && inputs.len() >= MANY {
        let sizes = inputs.iter().filter_map(|file| file.metadata().ok()).map(|data| data.len());
        let bytes: u64 = sizes.sum();
        let held = workspace.memory_limit.map_or(HELD, |limit| HELD.min(limit / SPREAD));
        if bytes / inputs.len() as u64 <= SMALL && bytes <= held {
            return (EngineName::Polars, "it opens many small files in less time".to_owned());
        }
    }
    let has_steps = |dataset: &&DatasetPlan| !dataset.steps.is_empty();
    let why = match datasets.first() {
        _ if workspace.memory_limit.is_some() => "it keeps the memory limit by spilling to disk",
        _ if is_text => "it reads text in less memory",
        Some(dataset) if has_steps(dataset) => "it cleanses in less memory",
        _ if inputs.is_empty() => "the rows are few",
        _ => "it does not scan for what the metadata of the files proves",
    };
    (EngineName::Duckdb, why.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::loose::open;
    use assay_schemas::plan::{CsvDialect, Format};

    fn chosen(format: Format, files: usize, bytes: usize, limit: Option<u64>) -> EngineName {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> =
            (0..files).map(|number| folder.path().join(format!("{number}.csv"))).collect();
        for path in &paths {
            std::fs::write(path, vec![b'x'; bytes]).unwrap();
        }
        let workspace = Workspace {
            folder: folder.path().join("work"),
            memory_limit: limit,
            threads: None,
            now: 0,
            columns: 1,
            notes: BTreeMap::new(),
        };
        choose(&[&open(format)], &paths, &workspace).0
    }

    #[test]
    fn many_small_files_of_text_are_for_polars() {
        let text = || Format::Csv(CsvDialect::default());
        assert_eq!(chosen(text(), MANY, 100, None), EngineName::Polars);
        assert_eq!(chosen(text(), MANY, 100, Some(1 << 20)), EngineName::Polars);
        assert_eq!(chosen(text(), MANY - 1, 100, None), EngineName::Duckdb);
        // What it may have to hold is more than the limit.
        assert_eq!(chosen(text(), MANY, 2000, Some(1 << 20)), EngineName::Duckdb);
        assert_eq!(chosen(Format::Parquet, MANY, 100, None), EngineName::Duckdb);
    }
}
