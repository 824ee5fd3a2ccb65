//! Facts from the footers of Parquet files.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::datatype::DataType;
use assay_schemas::domain::{Point, Ranges};
use assay_schemas::id::ColumnName;
use assay_schemas::plan::Literal;
use duckdb::types::Value;

use super::{Column, Facts};
use crate::engine::EngineError;
use crate::engine::duckdb::connection::{Session, as_count, as_text, fault, list};
use crate::engine::duckdb::source::Source;
use crate::engine::duckdb::sql::{self, Scope};
use crate::engine::duckdb::types;

/// Chunks that are worth looking at.
const MOST_CHUNKS: usize = 100_000;

/// The exact bounds of a column's values.
#[derive(Clone, Debug)]
pub(in crate::engine::duckdb) struct Bounds {
    pub(super) min: Literal,
    pub(super) max: Literal,
}

impl Bounds {
    /// The values from one to the other.
    pub(super) fn ranges(&self) -> Option<Ranges> {
        let (min, max) = (Point::of(&self.min)?, Point::of(&self.max)?);
        min.comparable(&max).then(|| Ranges::from(min, true).meet(&Ranges::up_to(max, true)))
    }

    /// The same, down to this value too.
    fn least(mut self, min: Literal) -> Option<Self> {
        let below = Ranges::up_to(Point::of(&self.min)?, false);
        if below.contain(&Point::of(&min)?) {
            self.min = min;
        }
        Some(self)
    }

    /// The same, up to this value too.
    fn most(mut self, max: Literal) -> Option<Self> {
        let above = Ranges::from(Point::of(&self.max)?, false);
        if above.contain(&Point::of(&max)?) {
            self.max = max;
        }
        Some(self)
    }

    /// How a value of these can stand to one of those: -1, 0, 1.
    pub(super) fn orders(&self, other: &Self) -> Option<Vec<i128>> {
        let (a, b) = (self.ranges()?, other.ranges()?);
        let (min, max) = (Point::of(&self.min)?, Point::of(&self.max)?);
        if !min.comparable(&Point::of(&other.min)?) {
            return None;
        }
        let below = !Ranges::from(min, false).meet(&b).is_none();
        let above = !Ranges::up_to(max, false).meet(&b).is_none();
        let equal = !a.meet(&b).is_none();
        let orders = [(below, -1), (equal, 0), (above, 1)];
        Some(orders.into_iter().filter(|(may, _)| *may).map(|(_, order)| order).collect())
    }

    /// The bounds in words.
    pub(super) fn said(&self, name: &ColumnName) -> String {
        format!("`{name}` lies between {} and {}", shown(&self.min), shown(&self.max))
    }
}

fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Integer(value) => value.to_string(),
        Literal::Decimal(text) | Literal::Date(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// A chunk of a column, as the footer of its file has it.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// The file, by its absolute path.
    pub(super) file: String,
    /// How values are stored.
    pub(super) stored: String,
    /// How pages are compressed.
    pub(super) compression: String,
    /// Values, nulls among them.
    pub(super) values: u64,
    /// Where the dictionary begins, or zero; where data begins; bytes in all.
    pub(super) place: (u64, u64, u64),
    nulls: Option<u64>,
    min: Option<String>,
    max: Option<String>,
    exact: bool,
}

impl Chunk {
    /// Values that are null.
    pub(super) fn nulls(&self) -> Option<u64> {
        self.nulls
    }
}

/// Chunks by the name of their column.
pub(super) type Chunks = BTreeMap<String, Vec<Chunk>>;

/// Reads what the footers say of these columns. Where it cannot be read, or is too much to be worth the
/// while, nothing is known.
pub(super) fn chunks(
    session: &Session,
    source: &Source,
    names: &[&ColumnName],
) -> Result<Chunks, EngineError> {
    let mut chunks = Chunks::new();
    // The parts of nested columns are named so.
    let plain = names.iter().filter(|name| !name.as_str().contains(", "));
    let listed: Vec<String> = plain.map(|name| sql::text(name.as_str())).collect();
    if listed.is_empty() {
        return Ok(chunks);
    }
    let text = format!(
        "SELECT path_in_schema, file_name, type, compression, CAST(num_values AS BIGINT), \
         CAST(coalesce(dictionary_page_offset, 0) AS BIGINT), CAST(data_page_offset AS BIGINT), \
         CAST(total_compressed_size AS BIGINT), CAST(stats_null_count AS BIGINT), stats_min_value, stats_max_value, \
         coalesce(min_is_exact, true) AND coalesce(max_is_exact, true)\nFROM parquet_metadata({}) WHERE \
         path_in_schema IN ({}) LIMIT {}",
        list(&source.files)?,
        listed.join(", "),
        MOST_CHUNKS + 1
    );
    let rows = match session.rows("footers", &text) {
        Ok(rows) => rows,
        // Nothing known is no fault: the scan finds out.
        Err(error) => match fault(&error) {
            EngineError::Resource(text) => return Err(EngineError::Resource(text)),
            _ => return Ok(chunks),
        },
    };
    if rows.len() > MOST_CHUNKS {
        return Ok(chunks);
    }
    for row in rows {
        let text = |place: usize| row.get(place).cloned().and_then(as_text);
        let count = |place: usize| row.get(place).map_or(0, as_count);
        let nulls = row.get(8).filter(|cell| !matches!(cell, Value::Null)).map(as_count);
        let chunk = Chunk {
            file: text(1).unwrap_or_default(),
            stored: text(2).unwrap_or_default(),
            compression: text(3).unwrap_or_default(),
            values: count(4),
            place: (count(5), count(6), count(7)),
            nulls,
            min: text(9),
            max: text(10),
            exact: matches!(row.get(11), Some(Value::Boolean(true))),
        };
        chunks.entry(text(0).unwrap_or_default()).or_default().push(chunk);
    }
    Ok(chunks)
}

/// What is known of the columns that are read as the files have them; their chunks.
pub(super) fn facts(
    session: &Session,
    scope: &Scope<'_>,
    source: &Source,
    wanted: &BTreeSet<ColumnName>,
) -> Result<(Facts, Chunks), EngineError> {
    let mut facts = Facts { rows: source.rows.unwrap_or(0), columns: BTreeMap::new() };
    let columns: Vec<(&ColumnName, DataType)> = wanted
        .iter()
        // A file may hold other values in a column of that name, and they are not read.
        .filter(|name| !source.partitions.contains(name))
        .filter_map(|name| Some((name, scope.type_of(name)?)))
        .filter(|(name, data_type)| unchanged(source, name.as_str(), *data_type))
        .collect();
    let names: Vec<&ColumnName> = columns.iter().map(|(name, _)| *name).collect();
    let chunks = chunks(session, source, &names)?;
    for (name, data_type) in columns {
        if let Some(chunks) = chunks.get(name.as_str()) {
            facts.columns.insert(name.to_string(), read(facts.rows, data_type, chunks));
        }
    }
    Ok((facts, chunks))
}

/// Whether a column is read as the files have it, and all of them have it so.
fn unchanged(source: &Source, name: &str, data_type: DataType) -> bool {
    let found = |layout: &crate::engine::layout::Layout| {
        let column = layout.columns.iter().find(|(found, _)| found == name);
        column.and_then(|(_, found)| types::read(found))
    };
    source.layouts.iter().all(|layout| found(layout) == Some(data_type))
}

/// Facts of a column from all of its chunks.
fn read(rows: u64, data_type: DataType, chunks: &[Chunk]) -> Column {
    // Every row of every file must be spoken of.
    if chunks.iter().map(|chunk| chunk.values).sum::<u64>() != rows {
        return Column::default();
    }
    let nulls: Option<Vec<u64>> = chunks.iter().map(|chunk| chunk.nulls).collect();
    // A chunk without a value has no bounds; any other must have both, and exactly.
    let mut with_values = chunks.iter().filter(|chunk| chunk.nulls != Some(chunk.values));
    let mut bounds: Option<Bounds> = None;
    let whole = with_values.all(|chunk| {
        let end = |text: &Option<String>| text.clone().and_then(|text| literal(data_type, text));
        let Some((min, max)) = end(&chunk.min).zip(end(&chunk.max)).filter(|_| chunk.exact) else {
            return false;
        };
        let known = bounds.take().unwrap_or_else(|| Bounds { min: min.clone(), max: max.clone() });
        bounds = known.least(min).and_then(|known| known.most(max));
        bounds.is_some()
    });
    Column { nulls: nulls.map(|nulls| nulls.iter().sum()), bounds: bounds.filter(|_| whole) }
}

fn literal(data_type: DataType, text: String) -> Option<Literal> {
    Some(match data_type {
        // A literal of the plan is exact within 2^53.
        DataType::Integer => {
            Literal::Integer(text.parse().ok().filter(|n: &i64| n.unsigned_abs() <= 1 << 53)?)
        }
        DataType::Decimal(..)
            if text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b)) =>
        {
            Literal::Decimal(text)
        }
        // Years of other than four digits, and infinity, are no literals of the plan.
        DataType::Date if text.len() == 10 && text.as_bytes()[0].is_ascii_digit() => {
            Literal::Date(text)
        }
        _ => return None,
    })
}
