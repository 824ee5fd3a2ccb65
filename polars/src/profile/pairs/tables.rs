//! How classifications go together.

use assay_engine::{EngineError, Pair, PairMeasure};
use assay_schemas::datatype::DataType;
use polars::prelude::{
    Column as Cells, DataType as Kept, Expr, Field, IntoColumn as _, PolarsResult, Series,
    UInt8Chunked,
};

use super::{Class, pairs};
use crate::profile::values::{Values, column, series};
use crate::rows::{Rows, collect, fault};

/// Different values up to which a column is a classification.
const FEW_VALUES: usize = 30;
/// The place of a null.
const NOWHERE: u8 = u8::MAX;

/// Whether a column is a classification.
pub(in crate::profile) fn is_class(values: &Values<'_>) -> bool {
    (2..=FEW_VALUES).contains(&values.counts.len())
        && matches!(
            values.column.data_type,
            Some(DataType::Text | DataType::Boolean | DataType::Integer)
        )
}

/// Cramér's V of each pair. All columns are read once, each value as its place among those of the column.
pub(super) fn cramer(rows: &Rows, classes: &[Class]) -> Result<Vec<Pair>, EngineError> {
    if classes.len() < 2 {
        return Ok(Vec::new());
    }
    let mut wanted: Vec<Expr> = Vec::new();
    for (at, (of, values)) in classes.iter().enumerate() {
        let places = Places::of(values).map_err(fault)?;
        let placed = column(&of.name).map(
            move |cells| places.look(&cells),
            |_, field| Ok(Field::new(field.name.clone(), Kept::UInt8)),
        );
        wanted.push(placed.alias(at.to_string()));
    }
    let frame = collect(rows.frame.clone().select(wanted))?;
    let mut columns: Vec<Vec<u8>> = Vec::new();
    for at in 0..classes.len() {
        let places = series(&frame, &at.to_string())?;
        let places = places.u8().map_err(fault)?.iter();
        columns.push(places.map(|place| place.unwrap_or(NOWHERE)).collect());
    }
    drop(frame);
    let found = pairs(classes.len()).filter_map(|(left, right)| {
        let mut cells = [[0_u64; FEW_VALUES]; FEW_VALUES];
        for (row, column) in columns[left].iter().zip(&columns[right]) {
            let row = cells.get_mut(usize::from(*row));
            if let Some(cell) = row.and_then(|row| row.get_mut(usize::from(*column))) {
                *cell += 1;
            }
        }
        let value = cramers_v(&cells)?;
        let (left, right) = (classes[left].0.name.clone(), classes[right].0.name.clone());
        Some(Pair { left, right, measure: PairMeasure::CramersV, value })
    });
    Ok(found.collect())
}

/// The values of a classification in ascending order.
enum Places {
    Text(Vec<String>),
    Integer(Vec<i64>),
    Boolean(Vec<bool>),
}

impl Places {
    fn of(values: &Series) -> PolarsResult<Self> {
        Ok(match values.dtype() {
            Kept::Boolean => Self::Boolean(values.bool()?.iter().flatten().collect()),
            Kept::Int64 => Self::Integer(values.i64()?.iter().flatten().collect()),
            _ => Self::Text(values.str()?.iter().flatten().map(str::to_owned).collect()),
        })
    }

    /// The places of cells.
    fn look(&self, cells: &Cells) -> PolarsResult<Cells> {
        let place = |found: Result<usize, usize>| found.ok().and_then(|at| u8::try_from(at).ok());
        let places: UInt8Chunked = match self {
            Self::Text(values) => {
                let at = |text: &str| values.binary_search_by(|value| value.as_str().cmp(text));
                cells.str()?.iter().map(|cell| place(at(cell?))).collect()
            }
            Self::Integer(values) => {
                cells.i64()?.iter().map(|cell| place(values.binary_search(&cell?))).collect()
            }
            Self::Boolean(values) => {
                cells.bool()?.iter().map(|cell| place(values.binary_search(&cell?))).collect()
            }
        };
        Ok(places.with_name(cells.name().clone()).into_column())
    }
}

/// Cramér's V of a table.
fn cramers_v(cells: &[[u64; FEW_VALUES]; FEW_VALUES]) -> Option<f64> {
    let row = |at: usize| cells[at].iter().sum::<u64>();
    let column = |at: usize| cells.iter().map(|row| row[at]).sum::<u64>();
    let rows: Vec<u64> = (0..FEW_VALUES).map(row).collect();
    let columns: Vec<u64> = (0..FEW_VALUES).map(column).collect();
    let filled = |margin: &[u64]| margin.iter().filter(|n| **n > 0).count();
    let least = filled(&rows).min(filled(&columns));
    if least < 2 {
        return None;
    }
    // The sum over all cells of n² / (row · column), less one, is chi-squared over the total; empty cells
    // add nothing to it.
    let mut sum = 0.0;
    for (row, cells) in rows.iter().zip(cells) {
        for (column, n) in columns.iter().zip(cells).filter(|(_, n)| **n > 0) {
            let n = *n as f64;
            sum += n * n / (*row as f64 * *column as f64);
        }
    }
    Some(((sum - 1.0_f64).max(0.0) / (least - 1) as f64).sqrt().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cramers_v_is_one_for_what_is_the_same_and_nothing_for_what_is_independent() {
        let table = |cells: &[(usize, usize, u64)]| {
            let mut table = [[0; FEW_VALUES]; FEW_VALUES];
            cells.iter().for_each(|(row, column, n)| table[*row][*column] = *n);
            cramers_v(&table)
        };
        assert_eq!(table(&[(1, 1, 5), (2, 2, 5)]), Some(1.0));
        assert_eq!(table(&[(1, 1, 5), (1, 2, 5), (2, 1, 5), (2, 2, 5)]), Some(0.0));
        assert_eq!(table(&[(1, 1, 5)]), None);
    }
}
