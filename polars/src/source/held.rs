//! Staging of rows that come with a plan: a frame in memory instead of files.

use std::path::PathBuf;

use crate::rows::col;
use assay_engine::EngineError;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{DatasetPlan, Table};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use polars::prelude::{
    BinaryChunked, BooleanChunked, Column as Values, DataFrame, Float64Chunked, Int32Chunked,
    Int64Chunked, Int128Chunked, IntoColumn as _, IntoLazy as _, NewChunkedArray as _,
    StringChunked, TimeUnit,
};

use super::{Source, convert};
use crate::rows::{FILE, ROW, Rows, fault};
use crate::types::Column;
use assay_engine::layout::{Layout, check_columns, wanted};
use assay_engine::words;

/// Makes the frame.
pub(super) fn stage(dataset: &DatasetPlan, table: &Table) -> Result<Source, EngineError> {
    let layout = Layout {
        file: PathBuf::from(&dataset.dataset_contract_id),
        columns: table
            .columns
            .iter()
            .map(|column| (column.name.to_string(), words::name(column.data_type)))
            .collect(),
    };
    let missing = check_columns(dataset, &layout)?;
    if let Some(words) = missing.words() {
        return Err(EngineError::Data(words));
    }
    let frame = frame(table)?.lazy();
    let mut columns = Vec::new();
    let mut selected = Vec::new();
    for (name, field) in wanted(dataset, &layout, &missing) {
        let position = layout.columns.iter().position(|(found, _)| *found == name);
        let found = position.and_then(|index| Some((index, &layout.columns.get(index)?.1)));
        let (value, data_type) = match found {
            Some((index, found)) => convert::widened(
                col(format!("c{index}").as_str()),
                words::read(found),
                field.as_ref(),
            ),
            None => convert::absent(field.as_ref()),
        };
        selected.push(value.alias(name.as_str()));
        columns.push(Column { name, data_type });
    }
    selected.push(col(ROW));
    selected.push(col(FILE));
    Ok(Source {
        rows: Rows { frame: frame.select(selected), columns },
        // There is none whose metadata or text could be looked at.
        files: Vec::new(),
        notes: Vec::new(),
        layouts: vec![layout],
        count: Some(table.rows.len() as u64),
        text: false,
        missing,
    })
}

/// The frame: columns `c0`, `c1`, … of their types, and the hidden ones.
fn frame(table: &Table) -> Result<DataFrame, EngineError> {
    let mut columns = Vec::with_capacity(table.columns.len() + 2);
    for (index, column) in table.columns.iter().enumerate() {
        let cells: Vec<Option<&str>> = table
            .rows
            .iter()
            .map(|cells| cells.get(index).and_then(|cell| cell.as_deref()))
            .collect();
        let wrong = |row: usize| {
            let cell = cells.get(row).copied().flatten().unwrap_or_default();
            EngineError::Data(format!(
                "row {}: the cell `{cell}` of `{}` is not of the type {}",
                row + 1,
                column.name,
                column.data_type
            ))
        };
        columns.push(values(&format!("c{index}"), column.data_type, &cells).map_err(wrong)?);
    }
    let rows = table.rows.len();
    let numbers = (1..=rows).map(|row| Some(row as i64));
    columns.push(Int64Chunked::from_iter_options(ROW.into(), numbers).into_column());
    let files = std::iter::repeat_n(Some(0_i64), rows);
    columns.push(Int64Chunked::from_iter_options(FILE.into(), files).into_column());
    DataFrame::new(rows, columns).map_err(fault)
}

/// The values of a column, or the first cell that is none of its type.
pub(super) fn values(
    name: &str,
    data_type: DataType,
    cells: &[Option<&str>],
) -> Result<Values, usize> {
    let name = name.into();
    Ok(match data_type {
        DataType::Boolean => {
            let read = |text: &str| match text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            };
            let cells = all(cells, read)?;
            BooleanChunked::from_iter_options(name, cells.into_iter()).into_column()
        }
        DataType::Integer => {
            let cells = all(cells, |text| text.parse::<i64>().ok())?;
            Int64Chunked::from_iter_options(name, cells.into_iter()).into_column()
        }
        DataType::Decimal(precision, scale) => {
            let (precision, scale) = (usize::from(precision), usize::from(scale));
            let cells = all(cells, |text| decimal(text, precision, scale))?;
            Int128Chunked::from_iter_options(name, cells.into_iter())
                .into_decimal_unchecked(precision, scale)
                .into_column()
        }
        DataType::Double => {
            let cells = all(cells, |text| text.parse::<f64>().ok())?;
            Float64Chunked::from_iter_options(name, cells.into_iter()).into_column()
        }
        DataType::Text | DataType::Struct | DataType::List | DataType::Map => {
            StringChunked::from_iter_options(name, cells.iter().copied()).into_column()
        }
        DataType::Date => {
            let cells = all(cells, day)?;
            Int32Chunked::from_iter_options(name, cells.into_iter()).into_date().into_column()
        }
        DataType::Timestamp => {
            let cells = all(cells, instant)?;
            Int64Chunked::from_iter_options(name, cells.into_iter())
                .into_datetime(TimeUnit::Microseconds, None)
                .into_column()
        }
        DataType::Time => {
            let cells = all(cells, time)?;
            Int64Chunked::from_iter_options(name, cells.into_iter()).into_time().into_column()
        }
        DataType::Binary => {
            let cells = all(cells, bytes)?;
            BinaryChunked::from_iter_options(name, cells.into_iter()).into_column()
        }
    })
}

/// Every cell as a value, or the place of the first that is none.
fn all<'c, T>(
    cells: &[Option<&'c str>],
    read: impl Fn(&'c str) -> Option<T>,
) -> Result<Vec<Option<T>>, usize> {
    let value = |(row, cell): (usize, &Option<&'c str>)| match *cell {
        Some(text) => read(text).map(Some).ok_or(row),
        None => Ok(None),
    };
    cells.iter().enumerate().map(value).collect()
}

/// The digits of a decimal as a whole number of its last place.
fn decimal(text: &str, precision: usize, scale: usize) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = scale.checked_sub(fraction.len())?;
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let unscaled: i128 = format!("{whole}{fraction}{}", "0".repeat(places)).parse().ok()?;
    let fits = unscaled < 10_i128.checked_pow(u32::try_from(precision).ok()?)?;
    fits.then_some(if negative { -unscaled } else { unscaled })
}

/// Days since 1970-01-01.
fn day(text: &str) -> Option<i32> {
    let day: Date = text.parse().ok()?;
    let midnight = Offset::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok()?;
    i32::try_from(midnight.as_second().div_euclid(86_400)).ok()
}

/// Microseconds since 1970-01-01 UTC.
fn instant(text: &str) -> Option<i64> {
    let instant: DateTime = text.parse().ok()?;
    Some(Offset::UTC.to_timestamp(instant).ok()?.as_microsecond())
}

/// Nanoseconds since midnight.
fn time(text: &str) -> Option<i64> {
    let time: Time = text.parse().ok()?;
    let seconds =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    Some(seconds * 1_000_000_000 + i64::from(time.subsec_nanosecond()))
}

/// Bytes from their hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .bytes()
        .map(|byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}
