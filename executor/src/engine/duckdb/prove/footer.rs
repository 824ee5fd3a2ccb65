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

/// Aggregates for each column, in the order of [`read`].
fn aggregates(path: &str, cast: Option<&str>) -> String {
    let here = format!("FILTER (path_in_schema = {path})");
    let end = |side: &str, function: &str| match cast {
        Some(name) => {
            format!("CAST({function}(TRY_CAST(stats_{side}_value AS {name})) {here} AS VARCHAR)")
        }
        None => "NULL::VARCHAR".into(),
    };
    let whole = match cast {
        // A chunk without a value has no bounds; any other must have both, and exactly.
        Some(name) => format!(
            "bool_and(coalesce(stats_null_count = num_values, false) OR (TRY_CAST(stats_min_value AS {name}) IS \
             NOT NULL AND TRY_CAST(stats_max_value AS {name}) IS NOT NULL AND coalesce(min_is_exact, true) AND \
             coalesce(max_is_exact, true))) {here}"
        ),
        None => "NULL::BOOLEAN".into(),
    };
    [
        format!("count(*) {here}"),
        format!("count(stats_null_count) {here}"),
        format!("CAST(coalesce(sum(stats_null_count) {here}, 0) AS BIGINT)"),
        end("min", "min"),
        end("max", "max"),
        whole,
    ]
    .join(",\n  ")
}

/// What the footers say of these columns. Where they cannot be read so, nothing is known.
pub(super) fn facts(
    session: &Session,
    scope: &Scope<'_>,
    source: &Source,
    wanted: &BTreeSet<ColumnName>,
) -> Result<Facts, EngineError> {
    let mut facts = Facts { rows: source.rows.unwrap_or(0), columns: BTreeMap::new() };
    let columns: Vec<(&ColumnName, DataType)> = wanted
        .iter()
        .filter_map(|name| Some((name, scope.type_of(name)?)))
        .filter(|(name, data_type)| unchanged(source, name.as_str(), *data_type))
        .collect();
    for part in columns.chunks(100) {
        let items: Vec<String> = part
            .iter()
            .map(|(name, data_type)| {
                let cast = bounded(*data_type);
                aggregates(&sql::text(name.as_str()), cast.as_deref())
            })
            .collect();
        let text = format!(
            "SELECT count(DISTINCT (file_name, row_group_id)), {}\nFROM parquet_metadata({})",
            items.join(",\n  "),
            list(&source.files)?
        );
        let rows = match session.rows("footers", &text) {
            Ok(rows) => rows,
            // Nothing known is no fault: the scan finds out.
            Err(error) => match fault(&error) {
                EngineError::Resource(text) => return Err(EngineError::Resource(text)),
                _ => return Ok(facts),
            },
        };
        let Some(row) = rows.into_iter().next() else { continue };
        let groups = row.first().map_or(0, as_count);
        for ((name, data_type), cells) in part.iter().zip(row[1..].chunks(6)) {
            facts.columns.insert(name.to_string(), read(*data_type, groups, cells));
        }
    }
    Ok(facts)
}

/// Whether a column is read as the files have it, and all of them have it so.
fn unchanged(source: &Source, name: &str, data_type: DataType) -> bool {
    let found = |layout: &crate::engine::duckdb::source::Layout| {
        let column = layout.columns.iter().find(|(found, _)| found == name);
        column.and_then(|(_, found)| types::read(found))
    };
    source.layouts.iter().all(|layout| found(layout) == Some(data_type))
}

/// The type by which bounds are read, where they are exact.
fn bounded(data_type: DataType) -> Option<String> {
    match data_type {
        DataType::Integer => Some("BIGINT".into()),
        DataType::Decimal(..) | DataType::Date => Some(types::name(data_type)),
        _ => None,
    }
}

fn read(data_type: DataType, groups: u64, cells: &[Value]) -> Column {
    let count = |place: usize| cells.get(place).map_or(0, as_count);
    let text = |place: usize| cells.get(place).cloned().and_then(as_text);
    if count(0) != groups {
        return Column::default();
    }
    let nulls = (count(1) == groups).then(|| count(2));
    let whole = matches!(cells.get(5), Some(Value::Boolean(true)));
    let bounds = text(3).zip(text(4)).filter(|_| whole).and_then(|(min, max)| {
        Some(Bounds { min: literal(data_type, min)?, max: literal(data_type, max)? })
    });
    Column { nulls, bounds }
}

fn literal(data_type: DataType, text: String) -> Option<Literal> {
    Some(match data_type {
        // A literal of the plan is exact within 2^53.
        DataType::Integer => {
            Literal::Integer(text.parse().ok().filter(|n: &i64| n.unsigned_abs() <= 1 << 53)?)
        }
        DataType::Decimal(..) => Literal::Decimal(text),
        // Years of other than four digits, and infinity, are no literals of the plan.
        DataType::Date if text.len() == 10 && text.as_bytes()[0].is_ascii_digit() => {
            Literal::Date(text)
        }
        _ => return None,
    })
}
