//! Proofs from dictionaries: a condition on one column that holds for each value of its dictionaries holds
//! for every row. A dictionary may hold a value that no row has, so a condition that one of them breaks is
//! scanned for, in the files that have it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Check, Expr, Literal};
use duckdb::types::Value;

use super::footer::{self, Chunks};
use super::page::{self, Chunk, Physical};
use super::{Apart, Facts, is_constant};
use crate::engine::EngineError;
use crate::engine::duckdb::connection::{Session, absolute, fault};
use crate::engine::duckdb::source::Source;
use crate::engine::duckdb::sql::{self, Scope};

/// Values of all dictionaries of a column that are worth the while.
const MOST_VALUES: usize = 20_000;
/// The number of null, which is no value of a dictionary.
const NULL: usize = usize::MAX;
/// Chunks of a column that are worth looking at one by one.
const MOST_CHUNKS: usize = 2_000;

/// The dictionaries of a dataset's columns, read when they are first asked for.
pub(super) struct Dictionaries<'a> {
    session: &'a Session,
    source: &'a Source,
    chunks: &'a Chunks,
    /// What is known of a column's values; `None` where nothing is.
    columns: BTreeMap<String, Option<Values>>,
}

/// The values of a column.
#[derive(Clone)]
struct Values {
    /// The table that holds each different one once, with its number.
    table: String,
    /// How many there are.
    number: usize,
    /// By file: the numbers of its values; `None` where they are not all known.
    files: Vec<Option<BTreeSet<usize>>>,
}

/// What the dictionaries say of a condition.
pub(super) struct Answer {
    /// The column that it speaks of.
    pub(super) column: String,
    number: usize,
    /// The condition, and the rows judged, as SQL.
    said: (String, Option<String>),
    /// By file: every row meets it.
    holds: Vec<bool>,
    /// By file: every row is judged.
    judged: Vec<bool>,
}

impl<'a> Dictionaries<'a> {
    pub(super) fn new(session: &'a Session, source: &'a Source, chunks: &'a Chunks) -> Self {
        Self { session, source, chunks, columns: BTreeMap::new() }
    }

    /// Asks the dictionaries about a check of single rows on one column.
    pub(super) fn ask(
        &mut self,
        scope: &Scope<'_>,
        facts: &Facts,
        check: &Check,
    ) -> Result<Option<Answer>, EngineError> {
        let Body::Rows { evaluated, holds } = &check.body else { return Ok(None) };
        if is_constant(holds, true) {
            return Ok(None);
        }
        let Some(name) = only_column(holds, evaluated.as_ref()) else { return Ok(None) };
        let judged = evaluated.as_ref().map(|judged| scope.say(judged)).transpose();
        // What cannot be said breaks in the scan, where it is told of.
        let (Ok(judged), Ok(said)) = (judged, scope.say(holds)) else { return Ok(None) };
        let Some(values) = self.column(&name)? else { return Ok(None) };
        let rows_judged = judged.clone().unwrap_or_else(|| "true".into());
        let text = format!(
            "SELECT _assay_number, {rows_judged} IS NOT TRUE OR {said} IS TRUE, {rows_judged} IS TRUE\nFROM {}",
            values.table
        );
        let Ok(rows) = self.session.rows("values of dictionaries", &text) else { return Ok(None) };
        let (mut breaks, mut spares) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            let is_true = |place: usize| matches!(row.get(place), Some(Value::Boolean(true)));
            let number = row.first().map_or(NULL, |cell| match cell {
                Value::BigInt(number) => usize::try_from(*number).unwrap_or(NULL),
                _ => NULL,
            });
            if !is_true(1) {
                breaks.insert(number);
            }
            if !is_true(2) {
                spares.insert(number);
            }
        }
        let none_of = |set: &BTreeSet<usize>| -> Vec<bool> {
            let files = values.files.iter().enumerate();
            files
                .map(|(file, found)| {
                    let null = !facts.no_null(&name) && self.holds_null(&name, file);
                    found.as_ref().is_some_and(|found| found.is_disjoint(set))
                        && !(null && set.contains(&NULL))
                })
                .collect()
        };
        Ok(Some(Answer {
            column: name.to_string(),
            number: values.number,
            holds: none_of(&breaks),
            judged: none_of(&spares),
            said: (said, judged),
        }))
    }

    /// Whether a file may hold a null in a column.
    fn holds_null(&self, name: &ColumnName, file: usize) -> bool {
        let path = self.source.files.get(file).map(|path| absolute(path));
        let Some(Ok(path)) = path else { return true };
        let chunks = self.chunks.get(name.as_str()).into_iter().flatten();
        chunks.filter(|chunk| chunk.file == path).any(|chunk| chunk.nulls() != Some(0))
    }

    /// The values of a column.
    fn column(&mut self, name: &ColumnName) -> Result<Option<Values>, EngineError> {
        if let Some(known) = self.columns.get(name.as_str()) {
            return Ok(known.clone());
        }
        let values = match self.values(name)? {
            None => None,
            Some((values, files, kind)) => {
                let table = format!("dictionary_{}", self.columns.len());
                self.fill(&table, name, &values, kind)?;
                Some(Values { table, number: values.len(), files })
            }
        };
        self.columns.insert(name.to_string(), values.clone());
        Ok(values)
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
        run(format!("CREATE OR REPLACE TEMP TABLE {table} ({name} {kind}, _assay_number BIGINT)"))?;
        run(format!("INSERT INTO {table} VALUES (NULL, NULL)"))?;
        let numbered: Vec<(usize, &String)> = values.iter().enumerate().collect();
        for part in numbered.chunks(2000) {
            let row = |(number, value): &(usize, &String)| format!("({value}, {number})");
            let rows: Vec<String> = part.iter().map(row).collect();
            run(format!("INSERT INTO {table} VALUES {}", rows.join(", ")))?;
        }
        Ok(())
    }

    /// The different values of a column's dictionaries in SQL, which of them each file has, and the type of
    /// the column; `None` where no file has all of its pages encoded by dictionaries.
    fn values(&self, name: &ColumnName) -> Result<Option<Found>, EngineError> {
        let Some((physical, kind)) = self.physical(name.as_str()) else { return Ok(None) };
        let Some(chunks) = self.chunks.get(name.as_str()) else { return Ok(None) };
        if chunks.len() > MOST_CHUNKS {
            return Ok(None);
        }
        let spoken: u64 = chunks.iter().map(|chunk| chunk.values).sum();
        if Some(spoken) != self.source.rows {
            return Ok(None);
        }
        let mut of_file: BTreeMap<&str, Vec<&footer::Chunk>> = BTreeMap::new();
        for chunk in chunks {
            of_file.entry(chunk.file.as_str()).or_default().push(chunk);
        }
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let mut files = Vec::new();
        for path in &self.source.files {
            let name = absolute(path)?;
            let chunks = of_file.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            let found = File::open(path).ok().and_then(|mut file| {
                let values = chunks
                    .iter()
                    .map(|chunk| page::dictionary(&mut file, place(chunk, physical)?, physical));
                values.collect::<Option<Vec<_>>>()
            });
            let said = found.and_then(|values| {
                let said = values.iter().flatten().map(|value| sql::literal(value).ok());
                said.collect::<Option<Vec<String>>>()
            });
            files.push(said.map(|said| {
                let number = said.into_iter().map(|value| {
                    let next = numbers.len();
                    *numbers.entry(value).or_insert(next)
                });
                number.collect::<BTreeSet<usize>>()
            }));
            if numbers.len() > MOST_VALUES {
                return Ok(None);
            }
        }
        let mut values = vec![String::new(); numbers.len()];
        for (value, number) in numbers {
            if let Some(place) = values.get_mut(number) {
                *place = value;
            }
        }
        Ok(files.iter().any(Option::is_some).then_some((values, files, kind)))
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

/// The different values of a column in SQL, which of them each file has, and the type of the column.
type Found = (Vec<String>, Vec<Option<BTreeSet<usize>>>, &'static str);

impl Answer {
    /// Rewrites the check that it was asked about; gives what was found, in words. Where it is proven in some
    /// files only, `files` takes note of the others.
    pub(super) fn rewrite(
        &self,
        check: &mut Check,
        files: Option<(&mut Apart, &Source)>,
    ) -> Option<String> {
        let Body::Rows { evaluated, holds } = &mut check.body else { return None };
        let Self { column, number, .. } = self;
        let all = |proven: &[bool]| proven.iter().all(|proven| *proven);
        if all(&self.holds) {
            *holds = Expr::literal(Literal::Boolean(true));
            if all(&self.judged) {
                *evaluated = None;
            }
            return Some(format!(
                "dictionaries: each of the {number} values of `{column}` meets it"
            ));
        }
        let (apart, source) = files?;
        // A file is spared only where nothing of the column is asked any more.
        let spared: Vec<bool> =
            self.holds.iter().zip(&self.judged).map(|(holds, judged)| *holds && *judged).collect();
        let left = spared.iter().filter(|spared| !**spared).count();
        if left == spared.len() {
            return None;
        }
        let conditions: Vec<String> =
            [Some(self.said.0.clone()), self.said.1.clone()].into_iter().flatten().collect();
        let mut stands = apart.add(&conditions, &spared)?.into_iter();
        *holds = stands.next()?;
        *evaluated = stands.next();
        let first = spared.iter().position(|spared| !spared)?;
        let name = source.notes.get(first).map(|note| note.name.as_str()).unwrap_or_default();
        let more = if left > 1 { format!(" and {} more", left - 1) } else { String::new() };
        Some(format!(
            "dictionaries: each value of `{column}` meets it in {} of {} files; `{name}`{more} is read",
            spared.len() - left,
            spared.len()
        ))
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
