//! The different values of a column.

use std::collections::BTreeMap;

use assay_engine::EngineError;
use assay_schemas::datatype::{DataType, Family};
use polars::prelude::{
    DataFrame, DataType as Kept, Expr, IdxSize, IntoColumn as _, IntoLazy as _, PolarsResult,
    Series, SortMultipleOptions, StringChunked, len,
};

pub(super) use crate::rows::col as column;
use crate::rows::{Rows, collect, fault};
use crate::scope::{Said, text_of};
use crate::types::Column;

/// The name under which values stand.
pub(super) const VALUE: &str = "v";
/// The name under which the number of rows stands.
pub(super) const COUNT: &str = "n";

/// The values at hand.
pub(super) fn value() -> Expr {
    column(VALUE)
}

/// The different values of a column and the rows that hold them.
pub(super) struct Values<'a> {
    /// The column.
    pub(super) column: &'a Column,
    /// The values in ascending order, without null.
    pub(super) sorted: Series,
    /// How many rows hold each.
    pub(super) counts: Vec<u64>,
    /// All rows.
    pub(super) rows: u64,
    /// Rows that are not null.
    pub(super) present: u64,
    /// The values on an axis: numbers as they are, days and instants in seconds since 1970-01-01 UTC.
    pub(super) axis: Option<Vec<f64>>,
    /// Lengths of text in code points in ascending order, each with its rows.
    pub(super) lengths: Vec<(u64, u64)>,
}

impl<'a> Values<'a> {
    /// Groups a column.
    pub(super) fn of(rows: &Rows, of: &'a Column) -> Result<Self, EngineError> {
        let grouped = rows
            .frame
            .clone()
            .select([column(&of.name).alias(VALUE)])
            .group_by([value()])
            .agg([len().alias(COUNT)])
            .sort([VALUE], SortMultipleOptions::default().with_nulls_last(true));
        let grouped = collect(grouped)?;
        let mut values = Self {
            column: of,
            sorted: series(&grouped, VALUE)?,
            counts: counts(&grouped, COUNT)?,
            rows: 0,
            present: 0,
            axis: None,
            lengths: Vec::new(),
        };
        values.rows = values.counts.iter().sum();
        if values.sorted.null_count() > 0 {
            values.counts.pop();
            values.sorted = values.sorted.slice(0, values.counts.len());
        }
        values.present = values.counts.iter().sum();
        values.axis = axis(&values.sorted, of.data_type).map_err(fault)?;
        if of.data_type == Some(DataType::Text) {
            let mut lengths = BTreeMap::new();
            for (text, n) in values.strings()? {
                *lengths.entry(text.chars().count() as u64).or_insert(0) += n;
            }
            values.lengths = lengths.into_iter().collect();
        }
        Ok(values)
    }

    /// The values that have a place on an axis, each with its rows; nothing where the column has no axis.
    pub(super) fn on_axis(&self) -> Option<impl Iterator<Item = (f64, u64)>> {
        let axis = self.axis.as_ref()?;
        let all = axis.iter().copied().zip(self.counts.iter().copied());
        Some(all.filter(|(number, _)| number.is_finite()))
    }

    /// The numbers that are finite, each with its rows; nothing where the column holds no numbers.
    pub(super) fn finite(&self) -> Option<impl Iterator<Item = (f64, u64)>> {
        let number = self.column.data_type.map(DataType::family) == Some(Family::Number);
        self.on_axis().filter(|_| number)
    }

    /// The values of a column of text, each with its rows.
    pub(super) fn strings(&self) -> Result<impl Iterator<Item = (&str, u64)>, EngineError> {
        let text: &StringChunked = self.sorted.str().map_err(fault)?;
        Ok(text.iter().flatten().zip(self.counts.iter().copied()))
    }

    /// The values at these places as text.
    pub(super) fn texts(&self, places: &[usize]) -> Result<Vec<String>, EngineError> {
        let frame = self.some(places)?;
        let said = Said { expr: value(), data_type: self.column.data_type };
        let found = collect(frame.lazy().select([text_of(said).alias(VALUE)]))?;
        let found = series(&found, VALUE)?;
        let found = found.str().map_err(fault)?;
        Ok(found.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
    }

    /// The values at these places as text, with their rows.
    pub(super) fn named(&self, places: &[usize]) -> Result<Vec<(String, u64)>, EngineError> {
        let counts = places.iter().map(|place| self.counts[*place]);
        Ok(self.texts(places)?.into_iter().zip(counts).collect())
    }

    /// The values at these places as a frame of [`VALUE`].
    pub(super) fn some(&self, places: &[usize]) -> Result<DataFrame, EngineError> {
        let places: Vec<IdxSize> =
            places.iter().filter_map(|place| IdxSize::try_from(*place).ok()).collect();
        let taken = self.sorted.take_slice(&places).map_err(fault)?;
        DataFrame::new(places.len(), vec![taken.into_column()]).map_err(fault)
    }

    /// Values and rows as a frame of [`VALUE`] and [`COUNT`].
    pub(super) fn frame(&self) -> Result<DataFrame, EngineError> {
        let counts = Series::from_iter(self.counts.iter().copied()).with_name(COUNT.into());
        let columns = vec![self.sorted.clone().into_column(), counts.into_column()];
        DataFrame::new(self.counts.len(), columns).map_err(fault)
    }
}

/// A column of a frame.
pub(super) fn series(frame: &DataFrame, name: &str) -> Result<Series, EngineError> {
    Ok(frame.column(name).map_err(fault)?.as_materialized_series().clone())
}

/// A column of whole numbers of a frame.
pub(super) fn counts(frame: &DataFrame, name: &str) -> Result<Vec<u64>, EngineError> {
    let found = series(frame, name)?.cast(&Kept::UInt64).map_err(fault)?;
    Ok(found.u64().map_err(fault)?.iter().map(|count| count.unwrap_or(0)).collect())
}

/// Values on an axis.
fn axis(values: &Series, data_type: Option<DataType>) -> PolarsResult<Option<Vec<f64>>> {
    Ok(Some(match data_type {
        Some(DataType::Integer) => {
            values.i64()?.iter().flatten().map(|whole| whole as f64).collect()
        }
        Some(DataType::Decimal(_, scale)) => {
            let digits = values.decimal()?.physical();
            digits.iter().flatten().map(|digits| double(digits, scale)).collect()
        }
        Some(DataType::Double) => values.f64()?.iter().flatten().collect(),
        Some(DataType::Date) => {
            let days = values.date()?.physical();
            days.iter().flatten().map(|day| f64::from(day) * 86_400.0).collect()
        }
        Some(DataType::Timestamp) => {
            let instants = values.datetime()?.physical();
            instants.iter().flatten().map(|instant| instant as f64 / 1e6).collect()
        }
        _ => return Ok(None),
    }))
}

/// The number nearest to so many units of so many digits after the point.
pub(super) fn double(digits: i128, scale: u8) -> f64 {
    // Both are doubles without rounding, so that the quotient is rounded once.
    if scale <= 22 && digits.unsigned_abs() <= 1 << 53 {
        return digits as f64 / 10_f64.powi(i32::from(scale));
    }
    format!("{digits}e-{scale}").parse().unwrap_or(f64::NAN)
}
