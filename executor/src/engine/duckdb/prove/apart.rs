//! Files told apart: where the dictionaries of some files prove a condition and those of others do not, only the
//! others are read for it. To the checks, the condition is a column then, which is a constant in the files that
//! are proven.

use std::collections::BTreeMap;

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::Expr;

use crate::engine::EngineError;
use crate::engine::duckdb::source::Source;
use crate::engine::duckdb::sql;
use crate::engine::duckdb::types::Column;

/// Groups of files that are worth the while.
const MOST_GROUPS: usize = 8;

/// Conditions that are known in some files.
#[derive(Default)]
pub(in crate::engine::duckdb) struct Apart {
    known: Vec<Known>,
}

/// A condition that is true for every row of some files.
struct Known {
    column: String,
    said: String,
    /// By file.
    proven: Vec<bool>,
}

impl Apart {
    /// Whether files of this source can be read apart from each other.
    pub(super) fn allows(source: &Source) -> bool {
        source.files.len() > 1 && source.apart.is_some()
    }

    /// Takes note of conditions that are true for every row of the files that `proven` names; what stands for
    /// them from here on. `None` where that would divide the files into too many groups.
    pub(super) fn add(&mut self, conditions: &[String], proven: &[bool]) -> Option<Vec<Expr>> {
        let groups = self.known.iter().map(|known| &known.proven);
        let mut signatures: Vec<Vec<bool>> = vec![Vec::new(); proven.len()];
        for part in groups.chain([&proven.to_vec()]) {
            for (signature, proven) in signatures.iter_mut().zip(part) {
                signature.push(*proven);
            }
        }
        signatures.sort();
        signatures.dedup();
        if signatures.len() > MOST_GROUPS {
            return None;
        }
        let mut stands = Vec::new();
        for said in conditions {
            let column = format!("_assay_known_{}", self.known.len());
            stands.push(Expr::column(&ColumnName::new(column.clone()).ok()?));
            self.known.push(Known { column, said: said.clone(), proven: proven.to_vec() });
        }
        Some(stands)
    }

    /// The columns that stand for conditions.
    pub(in crate::engine::duckdb) fn columns(&self) -> Vec<Column> {
        let column = |known: &Known| Column {
            name: known.column.clone(),
            data_type: Some(DataType::Boolean),
        };
        self.known.iter().map(column).collect()
    }

    /// The query of the rows with these columns; `None` where there are none.
    pub(in crate::engine::duckdb) fn query(
        &self,
        source: &Source,
    ) -> Result<Option<String>, EngineError> {
        let Some(apart) = source.apart.as_ref().filter(|_| !self.known.is_empty()) else {
            return Ok(None);
        };
        let mut groups: BTreeMap<Vec<bool>, Vec<usize>> = BTreeMap::new();
        for file in 0..source.files.len() {
            let proven = |known: &Known| known.proven.get(file).copied().unwrap_or(false);
            groups.entry(self.known.iter().map(proven).collect()).or_default().push(file);
        }
        let mut parts = Vec::new();
        for (proven, files) in groups {
            let columns = self.known.iter().zip(proven).map(|(known, proven)| {
                let name = sql::identifier(&known.column);
                match proven {
                    true => format!("true AS {name}"),
                    false => format!("({}) AS {name}", known.said),
                }
            });
            let columns: Vec<String> = columns.collect();
            let rows = apart.query(&source.files, &files)?;
            parts.push(format!("SELECT *, {}\nFROM (\n{rows}\n)", columns.join(", ")));
        }
        Ok(Some(parts.join("\nUNION ALL\n")))
    }
}
