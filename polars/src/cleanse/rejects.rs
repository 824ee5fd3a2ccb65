//! Rejects: rows, emptied cells and what was found before an engine read the files, each with its place in the
//! files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_engine::file::place::Lines;
use assay_engine::{EngineError, FileNote, redact};
use assay_schemas::plan::{DatasetPlan, Redaction};
use polars::prelude::{
    Column, DataFrame, DataType as Kept, Expr, IdxCa, IdxSize, Int64Chunked, IntoColumn as _,
    NamedFrom as _, NewChunkedArray as _, PolarsResult, Series, SortMultipleOptions, StringChunked,
};

use super::{Ground, file, pass_file, place, stopped};
use crate::chain::{AT, Pass, Program, Rejection, STEP, VALUE, cell_column, column, whole};
use crate::rows::FILE;

/// The file of the rejects.
pub(super) const FILE_NAME: &str = "rejects.parquet";

/// How a place among all rows comes to the row and line of its file.
pub(super) struct Places<'a> {
    files: &'a [PathBuf],
    notes: &'a [FileNote],
    dataset: &'a DatasetPlan,
    /// Rows before those of each file.
    starts: Vec<i64>,
}

impl<'a> Places<'a> {
    pub(super) fn of(ground: &Ground<'a>, program: &Program) -> Result<Self, EngineError> {
        let (files, notes) = ground.files;
        let mut starts = vec![0; notes.len().max(1)];
        if program.several {
            // Each file begins at the first of its places.
            let first = file::scan_numbered(&pass_file(ground.folder, 0))?
                .group_by([column(FILE)])
                .agg([column(AT).min().cast(Kept::Int64)]);
            let first = file::collect(first)?;
            let (files, places) = (numbers(&first, FILE)?, numbers(&first, AT)?);
            for (file, place) in files.iter().zip(&places) {
                let file = usize::try_from(*file).ok();
                if let Some(start) = file.and_then(|file| starts.get_mut(file)) {
                    *start = *place;
                }
            }
        }
        Ok(Self { files, notes, dataset: ground.outline.dataset, starts })
    }

    /// The data row of a file, from 1, at a place from 1.
    pub(super) fn row(&self, file: i64, place: i64) -> i64 {
        let start = usize::try_from(file).ok().and_then(|file| self.starts.get(file));
        place - start.copied().unwrap_or(0)
    }

    /// The lines that rows came from, where they are known.
    fn lines(&self, files: &[i64], rows: &[i64]) -> Result<Vec<Option<i64>>, EngineError> {
        let own = |(file, row): (&i64, &i64)| {
            Some((usize::try_from(*file).ok()?, u64::try_from(*row).ok()?))
        };
        let places: Vec<_> = files.iter().zip(rows).map(own).collect();
        let mut last = BTreeMap::new();
        for (file, row) in places.iter().flatten() {
            let last = last.entry(*file).or_insert(*row);
            *last = (*last).max(*row);
        }
        let lines = Lines::of(self.notes, self.files, &self.dataset.source.format, &last)?;
        let line = |place: Option<(usize, u64)>| {
            let (file, row) = place?;
            lines.line(file, row).and_then(|line| i64::try_from(line).ok())
        };
        Ok(places.into_iter().map(line).collect())
    }

    /// Names of files by number.
    pub(super) fn names(&self, files: &[i64]) -> PolarsResult<Column> {
        let names: Vec<&str> = self.notes.iter().map(|note| note.name.as_str()).collect();
        pick("file", &names.into_iter().map(Some).collect::<Vec<_>>(), files)
    }
}

/// A column of whole numbers.
pub(super) fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<i64>, EngineError> {
    let cells = frame.column(name).and_then(|cells| cells.cast(&Kept::Int64)).map_err(stopped)?;
    let cells = cells.i64().map_err(stopped)?;
    Ok(cells.iter().map(|cell| cell.unwrap_or(-1)).collect())
}

/// The texts at these places of a list; null where there is none.
pub(super) fn pick(name: &str, texts: &[Option<&str>], places: &[i64]) -> PolarsResult<Column> {
    let list = Series::new(name.into(), texts);
    let places: IdxCa = places
        .iter()
        .map(|place| IdxSize::try_from(*place).ok().filter(|place| (*place as usize) < texts.len()))
        .collect();
    let list =
        if list.is_empty() { Series::full_null(name.into(), 0, &Kept::String) } else { list };
    Ok(list.take(&places)?.into_column())
}

/// Rows and cells that were rejected: columns `place`, `file`, `number` and `value`.
pub(super) fn found(
    program: &Program,
    (pass, emptied): (&Pass, &[u64]),
    last: &Path,
    places: &Places<'_>,
) -> Result<DataFrame, EngineError> {
    let place = place(program.passes.len().saturating_sub(1));
    let of_file = if program.several { column(FILE) } else { whole(0) };
    let select = |number: Expr, value: &str| {
        [
            place.clone().cast(Kept::Int64).alias("place"),
            of_file.clone().alias("file"),
            number.cast(Kept::Int64).alias("number"),
            column(value).alias("value"),
        ]
    };
    let rows = file::scan_numbered(last)?.filter(column(STEP).is_not_null());
    let mut found = file::collect(rows.select(select(column(STEP), VALUE)))?;
    for (number, _) in program.rejections.iter().enumerate().filter(|(_, one)| one.cell) {
        let cell = cell_column(number);
        let at = pass.cells.iter().position(|own| *own == cell);
        if at.and_then(|at| emptied.get(at)).is_none_or(|count| *count == 0) {
            continue;
        }
        let number = i64::try_from(number).unwrap_or(-1);
        let rows = file::scan_numbered(last)?.filter(column(&cell).is_not_null());
        let more = file::collect(rows.select(select(whole(number), &cell)))?;
        found.vstack_mut(&more).map_err(stopped)?;
    }
    describe(program, &found, places)
}

/// Rejects in words.
fn describe<'p>(
    program: &'p Program,
    found: &DataFrame,
    places: &Places<'_>,
) -> Result<DataFrame, EngineError> {
    let (files, at) = (numbers(found, "file")?, numbers(found, "place")?);
    let number = numbers(found, "number")?;
    let rows: Vec<i64> =
        files.iter().zip(&at).map(|(file, place)| places.row(*file, *place)).collect();
    let lines = places.lines(&files, &rows)?;
    let of = |name: &str, text: &dyn Fn(usize) -> Option<&'p str>| {
        let texts: Vec<Option<&str>> = (0..program.rejections.len()).map(text).collect();
        pick(name, &texts, &number)
    };
    let rejection = |number: usize| program.rejections.get(number);
    let made = || -> PolarsResult<DataFrame> {
        let columns = vec![
            places.names(&files)?,
            Int64Chunked::from_vec("row".into(), rows.clone()).into_column(),
            Int64Chunked::from_slice_options("line".into(), &lines).into_column(),
            of("column", &|number| rejection(number)?.column.as_deref())?,
            shown(program, found.column("value")?, &number, places.dataset)?,
            of("reason", &|number| Some(rejection(number)?.reason.as_str()))?,
            of("step", &|number| Some(rejection(number)?.step.as_str()))?,
        ];
        DataFrame::new(found.height(), columns)
    };
    made().map_err(stopped)
}

/// Values of rejections, as far as people may see them.
fn shown(
    program: &Program,
    values: &Column,
    numbers: &[i64],
    dataset: &DatasetPlan,
) -> PolarsResult<Column> {
    let of = |rejection: &Rejection| {
        let column = rejection.column.as_deref();
        column.map_or(Redaction::None, |column| redact::of_column(dataset, column))
    };
    let redactions: Vec<Redaction> = program.rejections.iter().map(of).collect();
    let texts = values.cast(&Kept::String)?;
    let shown = texts.str()?.iter().zip(numbers).map(|(text, number)| {
        let number = usize::try_from(*number).ok();
        let redaction = number.and_then(|number| redactions.get(number)).copied();
        text.map(|text| redact::value(redaction.unwrap_or_default(), text))
    });
    Ok(StringChunked::from_iter_options("value".into(), shown).into_column())
}

/// Lines and cells that were found before an engine read the files.
fn faults(places: &Places<'_>) -> PolarsResult<DataFrame> {
    let faults: Vec<_> = places
        .notes
        .iter()
        .flat_map(|note| note.faults.iter().map(|fault| (note.name.as_str(), fault)))
        .collect();
    let text = |name: &str, of: &dyn Fn(usize) -> Option<String>| {
        let texts: Vec<Option<String>> = (0..faults.len()).map(of).collect();
        Series::new(name.into(), texts).cast(&Kept::String).map(Series::into_column)
    };
    let number = |name: &str, of: &dyn Fn(usize) -> Option<u64>| {
        let numbers: Vec<Option<i64>> =
            (0..faults.len()).map(|at| of(at).and_then(|n| i64::try_from(n).ok())).collect();
        Int64Chunked::from_slice_options(name.into(), &numbers).into_column()
    };
    let fault = |at: usize| faults.get(at).map(|(_, fault)| *fault);
    let columns = vec![
        text("file", &|at| faults.get(at).map(|(name, _)| (*name).to_owned()))?,
        number("row", &|at| fault(at)?.row),
        number("line", &|at| fault(at).map(|fault| fault.line)),
        text("column", &|at| fault(at)?.column.clone())?,
        text("value", &|at| fault(at)?.shown(places.dataset))?,
        text("reason", &|at| fault(at).map(|fault| fault.reason.clone()))?,
        text("step", &|at| fault(at).map(|_| "read".to_owned()))?,
    ];
    DataFrame::new(faults.len(), columns)
}

/// Writes the rejects in the order of their places.
pub(super) fn write(
    mut found: DataFrame,
    places: &Places<'_>,
    folder: &Path,
) -> Result<PathBuf, EngineError> {
    let path = folder.join(FILE_NAME);
    let faults = faults(places).map_err(stopped)?;
    if faults.height() > 0 {
        found.vstack_mut(&faults).map_err(stopped)?;
    }
    let options = SortMultipleOptions::default().with_nulls_last(true).with_maintain_order(true);
    let sorted = found.sort(["file", "row", "line"], options).map_err(stopped)?;
    file::write(sorted, &path)?;
    Ok(path)
}
