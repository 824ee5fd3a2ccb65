//! DuckDB's words for types, in which layouts are told whoever reads the files, and which types turn into
//! which without loss.

use assay_schemas::datatype::DataType;

/// The type that a word of DuckDB stands for; `None` where the language has none.
pub fn read(found: &str) -> Option<DataType> {
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

/// DuckDB's word for a type.
pub fn name(data_type: DataType) -> String {
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

/// Whether every value of `from` is in substance one of `to`, so that a cast says nothing new.
pub fn widens(from: DataType, to: DataType) -> bool {
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
