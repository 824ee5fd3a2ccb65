//! Row groups of a Parquet file: what the statistics of each say, and a footer that tells of some of them only.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataReader,
    ParquetMetaDataWriter,
};
use parquet::file::statistics::Statistics;

use super::super::Error;
use super::SparseFile;

/// A row group, as the footer tells of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowGroup {
    /// Its rows.
    pub rows: u64,
    /// What is known of its top-level columns that are not nested, by their names.
    pub columns: BTreeMap<String, ColumnFacts>,
}

/// What the statistics of a column say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnFacts {
    /// Rows that are null.
    pub nulls: Option<u64>,
    /// No value is less than the first or greater than the second; they need not be values themselves. Of NaN
    /// they say nothing.
    pub bounds: Option<(Bound, Bound)>,
}

/// A bound of values, of the type that the file has them in.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Whole numbers.
    Integer(i64),
    /// Binary floating-point numbers.
    Double(f64),
    /// Text, in the order of its code points.
    Text(String),
    /// A day, `YYYY-MM-DD`.
    Date(String),
    /// An instant in UTC, `YYYY-MM-DDTHH:MM:SS`.
    Timestamp(String),
}

impl SparseFile {
    /// The row groups, with what their statistics say of each top-level column.
    ///
    /// # Errors
    /// The metadata is damaged.
    pub fn row_groups(&self) -> Result<Vec<RowGroup>, Error> {
        row_groups(&self.footer).map_err(|said| Error::Data(format!("{}: {said}", self.object.uri)))
    }

    /// Takes all but these row groups out of the metadata of the local file, so that no reader looks for them. Call
    /// it when everything has been filled in.
    ///
    /// # Errors
    /// The metadata is damaged, or there is no room.
    pub fn keep(mut self, row_groups: &[usize]) -> Result<Self, Error> {
        let told = |said| Error::Data(format!("{}: {said}", self.object.uri));
        let metadata = kept(&self.footer, row_groups).map_err(told)?;
        let begin = self.object.size - 8 - self.footer.len() as u64;
        self.part.keep(false);
        self.part.write_at(begin, &metadata)?;
        self.part.set_length(begin + metadata.len() as u64)?;
        self.part.keep(true);
        Ok(self)
    }
}

/// The row groups of a file with this footer.
///
/// # Errors
/// The metadata is damaged.
fn row_groups(footer: &[u8]) -> Result<Vec<RowGroup>, String> {
    let metadata = decoded(footer)?;
    let group = |group: &parquet::file::metadata::RowGroupMetaData| RowGroup {
        rows: u64::try_from(group.num_rows()).unwrap_or(0),
        columns: group.columns().iter().filter_map(facts).collect(),
    };
    Ok(metadata.row_groups().iter().map(group).collect())
}

/// The footer, with length and magic, of a file that has these row groups only.
///
/// # Errors
/// The metadata is damaged.
fn kept(footer: &[u8], row_groups: &[usize]) -> Result<Vec<u8>, String> {
    let metadata = decoded(footer)?;
    let groups: Vec<_> = row_groups
        .iter()
        .filter_map(|number| metadata.row_groups().get(*number).cloned())
        .collect();
    let file = metadata.file_metadata();
    let file = FileMetaData::new(
        file.version(),
        groups.iter().map(|group| group.num_rows()).sum(),
        file.created_by().map(str::to_owned),
        file.key_value_metadata().cloned(),
        file.schema_descr_ptr(),
        file.column_orders().cloned(),
    );
    let mut written = Vec::with_capacity(footer.len() + 8);
    ParquetMetaDataWriter::new(&mut written, &ParquetMetaData::new(file, groups))
        .finish()
        .map_err(|_| damaged())?;
    Ok(written)
}

/// The rows of a local Parquet file, by its footer.
///
/// # Errors
/// The file cannot be read, or its metadata is damaged.
pub fn rows_of(path: &Path) -> Result<u64, String> {
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let file = File::open(path).map_err(|error| told(&error))?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file);
    let metadata = metadata.map_err(|_| told(&damaged()))?;
    Ok(u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0))
}

fn decoded(footer: &[u8]) -> Result<Arc<ParquetMetaData>, String> {
    ParquetMetaDataReader::decode_metadata(footer).map(Arc::new).map_err(|_| damaged())
}

fn damaged() -> String {
    "the Parquet file is damaged: its metadata cannot be read".to_owned()
}

/// What is known of a chunk, by the name of its column.
fn facts(chunk: &ColumnChunkMetaData) -> Option<(String, ColumnFacts)> {
    let [name] = chunk.column_path().parts() else { return None };
    let statistics = chunk.statistics()?;
    // The older statistics are in an order that is not that of the values for some types.
    let bounds = match statistics.is_min_max_deprecated() {
        true => None,
        false => bounds(chunk, statistics),
    };
    Some((name.clone(), ColumnFacts { nulls: statistics.null_count_opt(), bounds }))
}

fn bounds(chunk: &ColumnChunkMetaData, statistics: &Statistics) -> Option<(Bound, Bound)> {
    let logical = chunk.column_descr().logical_type_ref();
    let converted = chunk.column_descr().converted_type();
    // Anything else that is stored in whole numbers is none.
    let signed = match logical {
        None => true,
        Some(LogicalType::Integer(kind)) => kind.is_signed,
        Some(_) => false,
    };
    let both = |min: Option<Bound>, max: Option<Bound>| Some((min?, max?));
    match statistics {
        Statistics::Int32(found) => {
            let (min, max) = (i64::from(*found.min_opt()?), i64::from(*found.max_opt()?));
            match converted {
                ConvertedType::DATE => both(day(min), day(max)),
                ConvertedType::NONE
                | ConvertedType::INT_8
                | ConvertedType::INT_16
                | ConvertedType::INT_32
                    if signed =>
                {
                    Some((Bound::Integer(min), Bound::Integer(max)))
                }
                _ => None,
            }
        }
        Statistics::Int64(found) => {
            let (min, max) = (*found.min_opt()?, *found.max_opt()?);
            match converted {
                ConvertedType::TIMESTAMP_MILLIS => both(second(min, 1000, 0), second(max, 1000, 1)),
                ConvertedType::TIMESTAMP_MICROS => {
                    both(second(min, 1_000_000, 0), second(max, 1_000_000, 1))
                }
                ConvertedType::NONE | ConvertedType::INT_64 if signed => {
                    Some((Bound::Integer(min), Bound::Integer(max)))
                }
                _ => None,
            }
        }
        Statistics::Double(found) => {
            let (min, max) = (*found.min_opt()?, *found.max_opt()?);
            (!min.is_nan() && !max.is_nan()).then_some((Bound::Double(min), Bound::Double(max)))
        }
        Statistics::ByteArray(_)
            if converted == ConvertedType::UTF8 && chunk.column_type() == Type::BYTE_ARRAY =>
        {
            let text =
                |bytes: Option<&[u8]>| String::from_utf8(bytes?.to_vec()).ok().map(Bound::Text);
            both(text(statistics.min_bytes_opt()), text(statistics.max_bytes_opt()))
        }
        _ => None,
    }
}

/// A day, by its distance from 1970-01-01; only those whose year has four digits.
fn day(days: i64) -> Option<Bound> {
    let second = Timestamp::from_second(days.checked_mul(86_400)?).ok()?;
    let text = second.to_string();
    (text.len() == 20).then(|| Bound::Date(text[..10].to_owned()))
}

/// The whole second before an instant, and so many more.
fn second(instant: i64, units: i64, more: i64) -> Option<Bound> {
    let second = Timestamp::from_second(instant.div_euclid(units).checked_add(more)?).ok()?;
    let text = second.to_string();
    (text.len() == 20).then(|| Bound::Timestamp(text[..19].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_bounded_by_whole_seconds() {
        let said = |bound| format!("{bound:?}");
        assert_eq!(said(day(0)), "Some(Date(\"1970-01-01\"))");
        assert_eq!(said(day(-1)), "Some(Date(\"1969-12-31\"))");
        assert_eq!(day(i64::MAX), None);
        assert_eq!(said(second(-1, 1000, 0)), "Some(Timestamp(\"1969-12-31T23:59:59\"))");
        assert_eq!(
            said(second(1_500_000, 1_000_000, 1)),
            "Some(Timestamp(\"1970-01-01T00:00:02\"))"
        );
    }
}
