//! Types of columns: DuckDB's names, the language's names, and which turn into which without loss.

use assay_schemas::datatype::DataType;

/// A column of a relation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// Its type; `None` where the language has no word for it.
    pub(super) data_type: Option<DataType>,
}

/// The type that a DuckDB type stands for, once [`normal`] has been applied; `None` where there is none.
pub(super) fn read(found: &str) -> Option<DataType> {
    if let Some(arguments) = found.strip_prefix("DECIMAL(").and_then(|rest| rest.strip_suffix(')'))
    {
        let (precision, scale) = arguments.split_once(',')?;
        return Some(DataType::Decimal(precision.trim().parse().ok()?, scale.trim().parse().ok()?));
    }
    Some(match found {
        "BOOLEAN" => DataType::Boolean,
        "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT" | "USMALLINT" | "UINTEGER" => {
            DataType::Integer
        }
        "FLOAT" | "DOUBLE" => DataType::Double,
        "VARCHAR" => DataType::Text,
        "DATE" => DataType::Date,
        "TIMESTAMP"
        | "TIMESTAMP_S"
        | "TIMESTAMP_MS"
        | "TIMESTAMP_NS"
        | "TIMESTAMP WITH TIME ZONE" => DataType::Timestamp,
        "TIME" => DataType::Time,
        "BLOB" => DataType::Binary,
        _ if found.starts_with("ENUM(") => DataType::Text,
        _ if found.ends_with(']') => DataType::List,
        _ if found.starts_with("STRUCT(") => DataType::Struct,
        _ if found.starts_with("MAP(") => DataType::Map,
        _ => return None,
    })
}

/// DuckDB's name of a type.
pub(super) fn name(data_type: DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Integer => "BIGINT".into(),
        DataType::Decimal(precision, scale) => format!("DECIMAL({precision},{scale})"),
        DataType::Double => "DOUBLE".into(),
        DataType::Text => "VARCHAR".into(),
        DataType::Date => "DATE".into(),
        DataType::Timestamp => "TIMESTAMP".into(),
        DataType::Time => "TIME".into(),
        DataType::Binary => "BLOB".into(),
        // Nested values are their JSON.
        DataType::Struct | DataType::List | DataType::Map => "VARCHAR".into(),
    }
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

/// Whether every value of `from` is in substance one of `to`, so that a cast says nothing new.
pub(super) fn widens(from: DataType, to: DataType) -> bool {
    match (from, to) {
        (DataType::Integer, DataType::Decimal(precision, scale)) => precision >= scale + 19,
        (DataType::Decimal(p, s), DataType::Decimal(precision, scale)) => {
            scale >= s && precision + s >= p + scale
        }
        (DataType::Decimal(..) | DataType::Integer, DataType::Double)
        | (DataType::Date, DataType::Timestamp) => true,
        _ => from == to,
    }
}
