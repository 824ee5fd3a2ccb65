//! Columns of relations, and values as exactly the type of the language that they stand for.

use assay_schemas::datatype::DataType;

pub(super) use crate::engine::words::{name, read, widens};

/// A column of a relation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// Its type; `None` where the language has no word for it.
    pub(super) data_type: Option<DataType>,
}

/// `value` of the DuckDB type `found` as exactly the type of the language that it stands for.
pub(super) fn normal(value: &str, found: &str) -> String {
    match read(found) {
        // An instant is one in UTC; casting it would ask for the session's time zone.
        Some(DataType::Timestamp) if found == "TIMESTAMP WITH TIME ZONE" => {
            format!("make_timestamp(epoch_us({value}))")
        }
        Some(DataType::Struct | DataType::List | DataType::Map) => {
            format!("CAST(to_json({value}) AS VARCHAR)")
        }
        Some(data_type) if name(data_type) != found => {
            format!("CAST({value} AS {})", name(data_type))
        }
        _ => value.to_owned(),
    }
}
