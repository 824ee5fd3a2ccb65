//! Running a cleansing program: its passes, its counts, its rejects.

mod average;
mod changes;
mod clusters;
mod file;
mod groups;
mod learn;
mod lookup;
mod rejects;
mod settle;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_engine::file::columns;
use assay_engine::{Cleansed, EngineError, FileNote};
use polars::prelude::{
    AnyValue, DataFrame, DataType as Kept, Expr, IDX_DTYPE, LazyFrame, NULL, PolarsError, len, lit,
};

use crate::chain::{
    self, Layer, Outline, PLACE, Pass, Program, STEP, VALUE, cell_column, column, mark_column,
};
use crate::rows::{FILE, ROW, Rows, fault};
use crate::types::Column;

/// What a program runs over, and where it writes.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What is known before any row is read.
    pub outline: Outline<'a>,
    /// The staged rows.
    pub rows: &'a Rows,
    /// How many they are, where that is known.
    pub count: Option<u64>,
    /// The files, and what is known of them, in the same order.
    pub files: (&'a [PathBuf], &'a [FileNote]),
    /// Cleansed rows of the datasets that steps look values up in, by `dataset_contract_id`.
    pub lookups: &'a BTreeMap<String, Rows>,
    /// The folder that everything is written into. Files of a cleansing before are replaced.
    pub folder: &'a Path,
}

/// Applies a dataset's steps; gives what was done and the rows that are left.
///
/// # Errors
/// [`EngineError::Beyond`] where Polars cannot do it with the meaning of the plan, or stops at a value: another
/// engine will do it, or say what is wrong. [`EngineError::Resource`] where the machine lacks something. What
/// was written up to then is gone.
pub fn cleanse(ground: Ground<'_>) -> Result<(Cleansed, Rows), EngineError> {
    let program = chain::compile(&ground.outline).map_err(EngineError::Beyond)?;
    if program.passes.is_empty() {
        let rows = ground.count.unwrap_or(0);
        let cleansed = Cleansed { rows_in: rows, rows_out: rows, ..Cleansed::default() };
        return Ok((cleansed, ground.rows.clone()));
    }
    std::fs::create_dir_all(ground.folder)
        .map_err(|error| EngineError::Resource(format!("{}: {error}", ground.folder.display())))?;
    let done = Run { ground, program: &program }.run();
    for number in 0..program.passes.len() {
        // The passes are scaffolding; where one is already gone or stays, nothing is wrong.
        let _ = std::fs::remove_file(pass_file(ground.folder, number));
    }
    if done.is_err() {
        for file in [OUTPUT, rejects::FILE_NAME, changes::FILE_NAME, clusters::FILE_NAME] {
            let _ = std::fs::remove_file(ground.folder.join(file));
        }
    }
    done
}

/// What each pass is for, and its plan.
pub type Passes = Vec<(String, String)>;

/// What the first pass over the staged rows and each later pass would do, for people: purpose and plan.
///
/// # Errors
/// [`EngineError::Beyond`] where Polars cannot do it with the meaning of the plan.
pub fn explain(outline: &Outline<'_>, rows: &Rows) -> Result<(Passes, Vec<Column>), EngineError> {
    let program = chain::compile(outline).map_err(EngineError::Beyond)?;
    let mut said = Vec::new();
    for (number, pass) in program.passes.iter().enumerate() {
        let text = match number {
            0 => {
                let frame = staged(outline, rows, program.several);
                layered(frame, &pass.layers).explain(false).map_err(fault)?
            }
            // What a later pass reads is not there yet.
            _ => pass.layers.iter().map(words).collect(),
        };
        let purpose = if number == 0 { "read and cleanse" } else { "a pass over all rows" };
        said.push((purpose.to_owned(), text));
    }
    Ok((said, program.columns))
}

/// The file of the cleansed rows.
const OUTPUT: &str = "cleansed.parquet";

fn pass_file(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("pass_{number}.parquet"))
}

/// An error of Polars while steps are carried out. A value that it stops at, another engine may take, or at
/// least explain.
fn stopped(error: PolarsError) -> EngineError {
    match error {
        PolarsError::IO { .. } => fault(error),
        other => EngineError::Beyond(format!("Polars stops at a step: {other}")),
    }
}

/// What a pass has done.
struct Counted {
    /// Rows that it wrote.
    rows: u64,
    /// Changed cells, by mark.
    marks: Vec<u64>,
    /// Emptied cells, by their place among the pass's.
    cells: Vec<u64>,
    /// Rejected rows, by the number of the rejection.
    rejected: BTreeMap<usize, u64>,
}

struct Run<'a> {
    ground: Ground<'a>,
    program: &'a Program,
}

impl Run<'_> {
    fn run(&self) -> Result<(Cleansed, Rows), EngineError> {
        let Ground { folder, .. } = self.ground;
        let mut cleansed = Cleansed::default();
        let mut changes = changes::Changes::new(self.ground.outline.dataset, self.program);
        let (mut first, mut last, mut emptied) = (0, None, Vec::new());
        for (number, pass) in self.program.passes.iter().enumerate() {
            let file = pass_file(folder, number);
            let frame = self.beginning(number, pass, &mut cleansed)?;
            file::sink(layered(frame, &pass.layers), &file)?;
            let counted = self.count(pass, &file)?;
            if number == 0 {
                first = counted.rows;
            }
            if self.program.logs {
                changes.gather((number, pass), &counted.marks, &file)?;
            }
            for ((step, column), count) in pass.marks.iter().zip(&counted.marks) {
                if *count > 0 {
                    let columns = cleansed.changed.entry(step.clone()).or_default();
                    *columns.entry(column.clone()).or_default() += count;
                }
            }
            emptied.clone_from(&counted.cells);
            last = Some((pass, file, counted));
        }
        let Some((pass, file, counted)) = last else { return Err(nothing()) };
        self.settle(first, &counted, (pass, &emptied), &mut cleansed);
        let places = rejects::Places::of(&self.ground, self.program)?;
        if !cleansed.reasons.is_empty() {
            let found = rejects::found(self.program, (pass, &emptied), &file, &places)?;
            cleansed.rejects = Some(rejects::write(found, &places, folder)?);
        }
        if self.program.logs {
            cleansed.changes = Some(changes.write(&places, folder)?);
        }
        let output = folder.join(OUTPUT);
        // What was in emptied cells is for the rejects alone.
        if counted.rejected.is_empty() && emptied.iter().all(|count| *count == 0) {
            let named = &self.program.columns;
            columns::keep(&file, |name| {
                named.iter().any(|known| known.name == name) || self.program.several && name == FILE
            })?;
            std::fs::rename(&file, &output)
                .map_err(|error| EngineError::Resource(format!("{}: {error}", output.display())))?;
        } else {
            file::sink(self.survivors(&file)?, &output)?;
        }
        let rows = self.rows(&output)?;
        cleansed.output = Some(output);
        Ok((cleansed, rows))
    }

    /// The rows that a pass begins with, and what it has learnt of them.
    fn beginning(
        &self,
        number: usize,
        pass: &Pass,
        cleansed: &mut Cleansed,
    ) -> Result<LazyFrame, EngineError> {
        let file = number.checked_sub(1).map(|before| pass_file(self.ground.folder, before));
        let (Some(opening), Some(file)) = (&pass.opening, file) else {
            return Ok(staged(&self.ground.outline, self.ground.rows, self.program.several));
        };
        let before = learn::Before::of(&file, number)?;
        let learnt = learn::learn(&self.ground, opening, &before)?;
        if let Some((file, said)) = learnt.clusters.clone() {
            cleansed.clusters = Some(file);
            cleansed.said.extend(said);
        }
        Ok(learnt.attach(before, &opening.brought))
    }

    /// Counts what a pass has written.
    fn count(&self, pass: &Pass, file: &Path) -> Result<Counted, EngineError> {
        let mut list = vec![len().cast(Kept::UInt64).alias("rows")];
        for mark in 0..pass.marks.len() {
            let name = mark_column(mark);
            list.push(column(&name).sum().cast(Kept::UInt64).alias(name.as_str()));
        }
        let cells = pass.cells.iter();
        list.extend(cells.map(|cell| column(cell).count().cast(Kept::UInt64).alias(cell.as_str())));
        let rejects = self.program.rejections.iter().any(|rejection| !rejection.cell);
        if rejects {
            list.push(column(STEP).count().cast(Kept::UInt64).alias(STEP));
        }
        let counts = file::collect(file::scan(file)?.select(list))?;
        let number = |name: &str| counts.column(name).ok().map_or(0, |cells| count_at(cells, 0));
        let mut counted = Counted {
            rows: number("rows"),
            marks: (0..pass.marks.len()).map(|mark| number(&mark_column(mark))).collect(),
            cells: pass.cells.iter().map(|cell| number(cell)).collect(),
            rejected: BTreeMap::new(),
        };
        if rejects && number(STEP) > 0 {
            let steps = file::scan(file)?
                .filter(column(STEP).is_not_null())
                .group_by([column(STEP)])
                .agg([len().cast(IDX_DTYPE).alias("rows")]);
            counted.rejected = by_number(&file::collect(steps)?);
        }
        Ok(counted)
    }

    /// The counts of the whole.
    fn settle(
        &self,
        first: u64,
        last: &Counted,
        (pass, emptied): (&Pass, &[u64]),
        cleansed: &mut Cleansed,
    ) {
        let rejected: u64 = last.rejected.values().sum();
        let rows = last.rejected.iter().map(|(number, count)| (*number, *count));
        let cells = pass.cells.iter().zip(emptied).filter_map(|(cell, count)| {
            let mut numbers = 0..self.program.rejections.len();
            numbers.find(|number| cell_column(*number) == *cell).map(|number| (number, *count))
        });
        for (number, count) in rows.chain(cells).filter(|(_, count)| *count > 0) {
            if let Some(rejection) = self.program.rejections.get(number) {
                *cleansed.reasons.entry(rejection.reason.clone()).or_default() += count;
            }
        }
        for fault in self.ground.files.1.iter().flat_map(|note| &note.faults) {
            *cleansed.reasons.entry(fault.reason.clone()).or_default() += 1;
        }
        cleansed.malformed = self.ground.files.1.iter().map(|note| note.left_out).sum();
        cleansed.rows_in = first + cleansed.malformed;
        cleansed.rows_merged = first - last.rows;
        cleansed.rows_out = last.rows - rejected;
        cleansed.rows_rejected = rejected + cleansed.malformed;
    }

    /// The rows that stay, with the program's columns and nothing hidden but their file.
    fn survivors(&self, last: &Path) -> Result<LazyFrame, EngineError> {
        let mut list: Vec<Expr> =
            self.program.columns.iter().map(|known| column(&known.name)).collect();
        list.extend(self.program.several.then(|| column(FILE)));
        Ok(file::scan(last)?.filter(column(STEP).is_null()).select(list))
    }

    /// The cleansed rows, to be measured.
    fn rows(&self, output: &Path) -> Result<Rows, EngineError> {
        let mut list: Vec<Expr> =
            self.program.columns.iter().map(|known| column(&known.name)).collect();
        list.push((column(chain::AT).cast(Kept::Int64) + chain::whole(1)).alias(ROW));
        list.push(match self.program.several {
            true => column(FILE),
            false => chain::whole(0).alias(FILE),
        });
        let frame = file::scan_numbered(output)?.select(list);
        Ok(Rows { frame, columns: self.program.columns.clone() })
    }
}

fn layered(frame: LazyFrame, layers: &[Layer]) -> LazyFrame {
    layers.iter().fold(frame, |frame, layer| match layer {
        Layer::With(columns) => frame.with_columns(columns),
        Layer::Select(columns) => frame.select(columns),
    })
}

/// The staged rows, none of them rejected yet.
fn staged(outline: &Outline<'_>, rows: &Rows, several: bool) -> LazyFrame {
    let mut list: Vec<Expr> = outline.columns.iter().map(|known| column(&known.name)).collect();
    list.extend(several.then(|| column(FILE)));
    list.push(lit(NULL).cast(Kept::Int32).alias(STEP));
    list.push(lit(NULL).cast(Kept::String).alias(VALUE));
    rows.frame.clone().select(list)
}

/// A layer in Polars' words, an expression a line.
fn words(layer: &Layer) -> String {
    let (Layer::With(expressions) | Layer::Select(expressions)) = layer;
    expressions.iter().map(|expression| format!("{expression:?}\n")).collect()
}

fn nothing() -> EngineError {
    EngineError::Internal("a cleansing without a pass".into())
}

/// The place of a row among all that were read, from 1, in what pass `number` has written and scanned with
/// its rows numbered.
fn place(number: usize) -> Expr {
    match number {
        0 => column(chain::AT).cast(Kept::Int64) + chain::whole(1),
        _ => column(PLACE),
    }
}

/// A count in a column.
fn count_at(cells: &polars::prelude::Column, row: usize) -> u64 {
    cells.get(row).ok().and_then(|cell: AnyValue<'_>| cell.extract()).unwrap_or(0)
}

/// Rows by the number of their rejection.
fn by_number(counts: &DataFrame) -> BTreeMap<usize, u64> {
    let (Ok(steps), Ok(rows)) = (counts.column(STEP), counts.column("rows")) else {
        return BTreeMap::new();
    };
    let at = |row: usize| {
        let number = steps.get(row).ok().and_then(|cell| cell.extract::<usize>())?;
        Some((number, count_at(rows, row)))
    };
    (0..counts.height()).filter_map(at).collect()
}
