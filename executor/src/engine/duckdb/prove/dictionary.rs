//! Proofs from dictionaries: a condition on one column that holds for each value of its dictionaries holds
//! for every row. A dictionary may hold a value that no row has, so a condition that one of them breaks is
//! scanned for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Check, Expr, Literal};
use duckdb::types::Value;

use super::footer::{self, Chunks};
use super::page::{self, Chunk, Physical};
use super::{Facts, is_constant};
use crate::engine::EngineError;
use crate::engine::duckdb::connection::{Session, absolute, fault};
use crate::engine::duckdb::source::Source;
use crate::engine::duckdb::sql::{self, Scope};

/// Values of all dictionaries of a column that are worth the while.
const MOST_VALUES: usize = 20_000;
/// Chunks of a column that are worth looking at one by one.
const MOST_CHUNKS: usize = 2_000;

/// The dictionaries of a dataset's columns, read when they are first asked for.
pub(super) struct Dictionaries<'a> {
    session: &'a Session,
    source: &'a Source,
    chunks: &'a Chunks,
    /// The table of a column's values and their number; `None` where they cannot be known.
    tables: BTreeMap<String, Option<(String, usize)>>,
}

impl<'a> Dictionaries<'a> {
    pub(super) fn new(session: &'a Session, source: &'a Source, chunks: &'a Chunks) -> Self {
        Self { session, source, chunks, tables: BTreeMap::new() }
    }

    /// Rewrites a check of single rows on one column; gives what was found, in words.
    pub(super) fn rewrite(
        &mut self,
        scope: &Scope<'_>,
        facts: &Facts,
        check: &mut Check,
    ) -> Result<Option<String>, EngineError> {
        let Body::Rows { evaluated, holds } = &mut check.body else { return Ok(None) };
        if is_constant(holds, true) {
            return Ok(None);
        }
        let Some(name) = only_column(holds, evaluated.as_ref()) else { return Ok(None) };
        let judged = evaluated.as_ref().map(|judged| scope.say(judged)).transpose();
        // What cannot be said breaks in the scan, where it is told of.
        let (Ok(judged), Ok(said)) = (judged, scope.say(holds)) else { return Ok(None) };
        let Some((table, number)) = self.table(&name)? else { return Ok(None) };
        let judged = judged.unwrap_or_else(|| "true".into());
        let nulls = if facts.no_null(&name) {
            String::new()
        } else {
            format!(" UNION ALL SELECT NULL AS {}", sql::identifier(name.as_str()))
        };
        let text = format!(
            "SELECT coalesce(bool_and({judged} IS NOT TRUE OR {said} IS TRUE), true), \
             coalesce(bool_and({judged} IS TRUE), true)\nFROM (SELECT * FROM {table}{nulls})"
        );
        let Ok(rows) = self.session.rows("values of dictionaries", &text) else { return Ok(None) };
        let held = |place: usize| {
            let cell = rows.first().and_then(|row| row.get(place));
            matches!(cell, Some(Value::Boolean(true)))
        };
        if !held(0) {
            return Ok(None);
        }
        *holds = Expr::literal(Literal::Boolean(true));
        if held(1) {
            *evaluated = None;
        }
        Ok(Some(format!("dictionaries: each of the {number} values of `{name}` meets it")))
    }

    /// The table of a column's values.
    fn table(&mut self, name: &ColumnName) -> Result<Option<(String, usize)>, EngineError> {
        if let Some(known) = self.tables.get(name.as_str()) {
            return Ok(known.clone());
        }
        let values = self.values(name)?;
        let table = match values {
            None => None,
            Some((values, kind)) => {
                let table = format!("dictionary_{}", self.tables.len());
                self.fill(&table, name, &values, kind)?;
                Some((table, values.len()))
            }
        };
        self.tables.insert(name.to_string(), table.clone());
        Ok(table)
    }

    fn fill(
        &self,
        table: &str,
        name: &ColumnName,
        values: &[String],
        kind: &str,
    ) -> Result<(), EngineError> {
        let run = |text: String| {
            self.session.run("dictionary", &text).map_err(|error| fault(&error)).map(|_| ())
        };
        let name = sql::identifier(name.as_str());
        run(format!("CREATE OR REPLACE TEMP TABLE {table} ({name} {kind})"))?;
        for part in values.chunks(2000) {
            let rows: Vec<String> = part.iter().map(|value| format!("({value})")).collect();
            run(format!("INSERT INTO {table} VALUES {}", rows.join(", ")))?;
        }
        Ok(())
    }

    /// The different values of a column's dictionaries in SQL, with the type of the column; `None` unless
    /// every page of the column in every file is encoded by its dictionary.
    fn values(
        &self,
        name: &ColumnName,
    ) -> Result<Option<(Vec<String>, &'static str)>, EngineError> {
        let Some((physical, kind)) = self.physical(name.as_str()) else { return Ok(None) };
        let Some(chunks) = self.chunks.get(name.as_str()) else { return Ok(None) };
        if chunks.len() > MOST_CHUNKS {
            return Ok(None);
        }
        let mut files: BTreeMap<String, File> = BTreeMap::new();
        for path in &self.source.files {
            let Ok(file) = File::open(path) else { return Ok(None) };
            files.insert(absolute(path)?, file);
        }
        let mut found = BTreeSet::new();
        let mut seen = 0;
        for chunk in chunks {
            seen += chunk.values;
            let values = files
                .get_mut(&chunk.file)
                .zip(place(chunk, physical))
                .and_then(|(file, chunk)| page::dictionary(file, chunk, physical));
            let Some(values) = values else { return Ok(None) };
            for value in values {
                let Ok(said) = sql::literal(&value) else { return Ok(None) };
                found.insert(said);
            }
            if found.len() > MOST_VALUES {
                return Ok(None);
            }
        }
        let whole = Some(seen) == self.source.rows;
        Ok(whole.then(|| (found.into_iter().collect(), kind)))
    }

    /// How a column is stored and its type in SQL, where its dictionaries can be read; the same in all files.
    fn physical(&self, name: &str) -> Option<(Physical, &'static str)> {
        let mut kinds = self.source.layouts.iter().map(|layout| {
            let found = layout.columns.iter().find(|(found, _)| found == name);
            found.map(|(_, kind)| kind.as_str())
        });
        let first = kinds.next()??;
        if !kinds.all(|other| other == Some(first)) {
            return None;
        }
        Some(match first {
            "VARCHAR" => (Physical::Text, "VARCHAR"),
            "TINYINT" | "SMALLINT" | "INTEGER" => (Physical::Int32, "BIGINT"),
            "BIGINT" => (Physical::Int64, "BIGINT"),
            "DOUBLE" => (Physical::Double, "DOUBLE"),
            "DATE" => (Physical::Days, "DATE"),
            _ => return None,
        })
    }
}

/// Where a chunk lies; `None` where it is stored in a way that is not read here.
fn place(chunk: &footer::Chunk, physical: Physical) -> Option<Chunk> {
    let stored = match physical {
        Physical::Int32 | Physical::Days => "INT32",
        Physical::Int64 => "INT64",
        Physical::Double => "DOUBLE",
        Physical::Text => "BYTE_ARRAY",
    };
    let snappy = match chunk.compression.as_str() {
        "SNAPPY" => true,
        "UNCOMPRESSED" => false,
        _ => return None,
    };
    let (dictionary, data, length) = chunk.place;
    let start = if dictionary == 0 { data } else { dictionary.min(data) };
    (chunk.stored == stored).then_some(Chunk { start, length, values: chunk.values, snappy })
}

/// The one column that a condition and the rows judged depend on, if there is no other.
fn only_column(holds: &Expr, judged: Option<&Expr>) -> Option<ColumnName> {
    let mut found = BTreeSet::new();
    for expression in [Some(holds), judged].into_iter().flatten() {
        if expression.needs_now() {
            return None;
        }
        expression.columns(&mut |name| {
            found.insert(name.to_string());
        });
    }
    match found.len() {
        1 => found.pop_first().and_then(|name| ColumnName::new(name).ok()),
        _ => None,
    }
}
