//! The log of changed cells: what each was and what it became, by which step.

use std::path::{Path, PathBuf};

use assay_engine::{EngineError, redact};
use assay_schemas::plan::{DatasetPlan, Redaction};
use polars::prelude::{
    Column, DataFrame, DataType as Kept, Expr, Field, Int64Chunked, IntoColumn as _, NULL,
    PolarsResult, SortMultipleOptions, StringChunked, lit, map_multiple,
};

use super::rejects::{Places, numbers, pick};
use super::{file, place, stopped};
use crate::chain::{Pass, Program, column, log_columns, mark_column, whole};
use crate::rows::FILE;
use crate::scope::{Said, text_of};

/// The file of the log.
pub(super) const FILE_NAME: &str = "changes.parquet";

/// The changes of the passes so far.
pub(super) struct Changes<'a> {
    dataset: &'a DatasetPlan,
    program: &'a Program,
    /// Columns `place`, `of`, `pass`, `mark`, `key`, `was` and `became`.
    found: Option<DataFrame>,
}

impl<'a> Changes<'a> {
    pub(super) fn new(dataset: &'a DatasetPlan, program: &'a Program) -> Self {
        Self { dataset, program, found: None }
    }

    /// Takes the changes of a pass.
    pub(super) fn gather(
        &mut self,
        (number, pass): (usize, &Pass),
        counts: &[u64],
        written: &Path,
    ) -> Result<(), EngineError> {
        let of_file = if self.program.several { column(FILE) } else { whole(0) };
        let counted = |number: usize| whole(i64::try_from(number).unwrap_or(-1));
        for (mark, (_, name)) in pass.marks.iter().enumerate() {
            let changed = counts.get(mark).is_some_and(|count| *count > 0);
            // A log without changes has its columns nevertheless.
            if !changed && self.found.is_some() {
                continue;
            }
            let [was, became] = log_columns(mark);
            let rows = file::scan_numbered(written)?.filter(column(mark_column(mark))).select([
                place(number).cast(Kept::Int64).alias("place"),
                of_file.clone().alias("of"),
                counted(number).alias("pass"),
                counted(mark).alias("mark"),
                self.key(pass).alias("key"),
                self.shown(name, &was).alias("was"),
                self.shown(name, &became).alias("became"),
            ]);
            let rows = file::collect(rows)?;
            match &mut self.found {
                Some(found) => {
                    found.vstack_mut(&rows).map_err(stopped)?;
                }
                None => self.found = Some(rows),
            }
        }
        Ok(())
    }

    /// The primary key of a row as JSON; null where there is none, or where it must not be shown.
    fn key(&self, pass: &Pass) -> Expr {
        let nothing = lit(NULL).cast(Kept::String);
        let names: Vec<&str> = self.dataset.primary_key.iter().map(|name| name.as_str()).collect();
        let shown = |name: &str| redact::of_column(self.dataset, name) == Redaction::None;
        let there = |name: &str| self.program.columns.iter().any(|known| known.name == name);
        if names.is_empty() || !names.iter().all(|name| shown(name) && there(name)) {
            return nothing;
        }
        let mut texts = Vec::with_capacity(names.len());
        for name in &names {
            let Some(known) = pass.columns.iter().find(|known| known.name == *name) else {
                return nothing;
            };
            texts.push(text_of(Said { expr: column(name), data_type: known.data_type }));
        }
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        json(names, texts)
    }

    /// A value as the log may show it, by the column that it is of.
    fn shown(&self, name: &str, value: &str) -> Expr {
        let redaction = redact::of_column(self.dataset, name);
        if redaction == Redaction::None {
            return column(value);
        }
        let hide = move |values: Column| {
            let hidden = |value: Option<&str>| value.map(|value| redact::value(redaction, value));
            let made: StringChunked = values.str()?.iter().map(hidden).collect();
            Ok(made.with_name(values.name().clone()).into_column())
        };
        column(value).map(hide, |_, field| Ok(field.clone()))
    }

    /// Writes the log.
    pub(super) fn write(self, places: &Places<'_>, folder: &Path) -> Result<PathBuf, EngineError> {
        let path = folder.join(FILE_NAME);
        let Some(found) = self.found.clone() else {
            file::write(self.empty().map_err(stopped)?, &path)?;
            return Ok(path);
        };
        let (files, at) = (numbers(&found, "of")?, numbers(&found, "place")?);
        let rows = files.iter().zip(&at).map(|(file, place)| places.row(*file, *place)).collect();
        let log = self.describe(&found, rows, places.names(&files).map_err(stopped)?);
        file::write(log.map_err(stopped)?, &path)?;
        Ok(path)
    }

    fn describe(
        &self,
        found: &DataFrame,
        rows: Vec<i64>,
        files: Column,
    ) -> PolarsResult<DataFrame> {
        let number = |name: &str| -> PolarsResult<Vec<i64>> {
            Ok(found.column(name)?.i64()?.iter().map(|cell| cell.unwrap_or(-1)).collect())
        };
        // Marks of all passes, one after the other.
        let mut before = Vec::with_capacity(self.program.passes.len());
        let mut marks = Vec::new();
        for pass in &self.program.passes {
            before.push(i64::try_from(marks.len()).unwrap_or(0));
            marks.extend(pass.marks.iter());
        }
        let all: Vec<i64> = number("pass")?
            .iter()
            .zip(number("mark")?)
            .map(|(pass, mark)| {
                let pass = usize::try_from(*pass).ok();
                pass.and_then(|pass| before.get(pass)).copied().unwrap_or(0) + mark
            })
            .collect();
        let text = |name: &str, of: &dyn Fn(&(String, String)) -> usize| {
            let texts: Vec<Option<&str>> = marks
                .iter()
                .map(|mark| Some(if of(mark) == 0 { mark.0.as_str() } else { mark.1.as_str() }))
                .collect();
            pick(name, &texts, &all)
        };
        let mut columns = vec![
            files,
            Int64Chunked::from_vec("row".into(), rows).into_column(),
            found.column("key")?.clone(),
            text("column", &|_| 1)?,
            found.column("was")?.clone(),
            found.column("became")?.clone(),
            text("step", &|_| 0)?,
        ];
        columns.extend(
            ["of", "pass", "mark"].map(|name| found.column(name).cloned()).into_iter().flatten(),
        );
        let log = DataFrame::new(found.height(), columns)?;
        let options = SortMultipleOptions::default().with_maintain_order(true);
        let log = log.sort(["of", "row", "pass", "mark"], options)?;
        log.select(LOG)
    }

    fn empty(&self) -> PolarsResult<DataFrame> {
        let columns = LOG.map(|name| {
            let kept = if name == "row" { Kept::Int64 } else { Kept::String };
            Column::new_empty(name.into(), &kept)
        });
        DataFrame::new(0, columns.to_vec())
    }
}

/// The columns of the log.
const LOG: [&str; 7] = ["file", "row", "key", "column", "was", "became", "step"];

/// Names and texts as an object of JSON.
fn json(names: Vec<String>, texts: Vec<Expr>) -> Expr {
    let write = move |columns: &mut [Column]| {
        let mut parts = Vec::with_capacity(columns.len());
        for column in columns.iter() {
            parts.push(column.as_materialized_series().str()?.clone());
        }
        let rows = columns.iter().map(Column::len).max().unwrap_or(0);
        let object = |row: usize| {
            let mut object = String::from("{");
            for (number, (name, part)) in names.iter().zip(&parts).enumerate() {
                let comma = if number > 0 { "," } else { "" };
                let value = part.get(row).map_or_else(|| "null".to_owned(), quoted);
                object.push_str(&format!("{comma}{}:{value}", quoted(name)));
            }
            object + "}"
        };
        let made: StringChunked = (0..rows).map(|row| Some(object(row))).collect();
        Ok(made.with_name("key".into()).into_column())
    };
    map_multiple(write, texts, |_, _| Ok(Field::new("key".into(), Kept::String)))
}

/// A text of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            control if control < ' ' => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
