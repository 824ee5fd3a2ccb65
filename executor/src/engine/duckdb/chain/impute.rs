//! Nulls of a column, filled from its other values.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Fill, Order};

use super::*;

impl Builder<'_> {
    pub(super) fn impute(
        &mut self,
        step: &Step,
        (column, with): (&ColumnName, Fill),
        (by, order): (&[ColumnName], Option<(&ColumnName, Order)>),
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let found = self.scope().column(column)?.clone();
        let name = sql::identifier(&found.name);
        let by = self.scope().known(by)?;
        let rows = self.looked_at(&by, filter.as_deref());
        let mut opening = Opening::new("fill nulls and cleanse");
        let value = match with {
            Fill::Previous | Fill::Next => {
                let order = match order {
                    Some((column, order)) => format!("{}, {PLACE}", self.ordered(column, order)?),
                    None => PLACE.to_owned(),
                };
                opening.table("filled", neighbour(&name, (&by, &order), &rows, with));
                opening.join(format!("LEFT JOIN filled ON before.{PLACE} = filled.place"));
                "filled.value"
            }
            Fill::Mean | Fill::Median | Fill::Mode => {
                let query = match with {
                    Fill::Mode => most_frequent(&name, &by, &rows),
                    _ => {
                        let function = if with == Fill::Mean { "avg" } else { "median" };
                        let value = rounded(&format!("{function}({name})"), found.data_type);
                        grouped(&by, &value, &format!("{rows} AND {name} IS NOT NULL"))
                    }
                };
                opening.table("filling", query);
                opening.join(joined("filling", &by));
                "filling.value"
            }
        };
        let brought = opening.bring(value);
        self.open(opening);
        let new = format!("CASE WHEN {name} IS NULL AND {rows} THEN {brought} ELSE {name} END");
        self.assign(&step.step_id, &found.name, &new);
        self.forget();
        Ok(())
    }
}

/// A mean as a value of the column's type.
fn rounded(value: &str, data_type: Option<DataType>) -> String {
    match data_type {
        Some(DataType::Integer) => format!("CAST(round({value}) AS BIGINT)"),
        Some(other) => format!("CAST({value} AS {})", types::name(other)),
        None => value.to_owned(),
    }
}

/// One value for each key; one for all rows where there is none.
fn grouped(by: &[String], value: &str, rows: &str) -> String {
    let keys: String = by.iter().map(|name| format!("{name}, ")).collect();
    let group = if by.is_empty() { String::new() } else { format!(" GROUP BY {}", by.join(", ")) };
    format!("SELECT {keys}{value} AS value FROM before WHERE {rows}{group}")
}

/// The most frequent value of each key; of several, the smallest.
pub(super) fn most_frequent(name: &str, by: &[String], rows: &str) -> String {
    let keys: String = by.iter().map(|name| format!("{name}, ")).collect();
    let parts =
        if by.is_empty() { String::new() } else { format!("PARTITION BY {} ", by.join(", ")) };
    format!(
        "SELECT {keys}value FROM (\n    SELECT {keys}{name} AS value, count(*) AS votes FROM before WHERE \
         {rows} AND {name} IS NOT NULL GROUP BY {keys}{name}\n  ) QUALIFY row_number() OVER ({parts}ORDER BY \
         votes DESC, value) = 1"
    )
}

/// The join of a relation with one row for each key.
pub(super) fn joined(table: &str, by: &[String]) -> String {
    if by.is_empty() {
        return format!("LEFT JOIN {table} ON true");
    }
    let equal: Vec<_> = by.iter().map(|name| format!("before.{name} = {table}.{name}")).collect();
    format!("LEFT JOIN {table} ON {}", equal.join(" AND "))
}

/// For each row with a null, the nearest value before or after it.
fn neighbour(name: &str, (by, order): (&[String], &str), rows: &str, with: Fill) -> String {
    let parts =
        if by.is_empty() { String::new() } else { format!("PARTITION BY {} ", by.join(", ")) };
    let (function, frame) = match with {
        Fill::Previous => ("last_value", "UNBOUNDED PRECEDING AND CURRENT ROW"),
        _ => ("first_value", "CURRENT ROW AND UNBOUNDED FOLLOWING"),
    };
    format!(
        "SELECT place, value FROM (\n    SELECT {PLACE} AS place, {name} AS own, {function}({name} IGNORE \
         NULLS) OVER ({parts}ORDER BY {order} ROWS BETWEEN {frame}) AS value FROM before WHERE {rows}\n  ) \
         WHERE own IS NULL AND value IS NOT NULL"
    )
}
