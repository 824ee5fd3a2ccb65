//! Logical and physical types, and the one type of a column.

use assay_schemas::datatype::DataType;
use serde_json::{Map, Value, json};

/// The type of a column, and why it is not all that the contract says, if it is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) data_type: DataType,
    pub(super) why: Option<&'static str>,
}

/// The type of a property: its logical type made precise by the physical one.
pub(super) fn carried(logical: Option<&str>, physical: Option<&str>) -> Carried {
    let exact = |data_type| Carried { data_type, why: None };
    let physical = physical.and_then(of_physical);
    match (logical, physical) {
        (Some("string"), _) => exact(DataType::Text),
        (Some("date"), _) => exact(DataType::Date),
        (Some("timestamp"), _) => exact(DataType::Timestamp),
        (Some("time"), _) => exact(DataType::Time),
        (Some("boolean"), _) => exact(DataType::Boolean),
        (Some("integer"), _) => exact(DataType::Integer),
        (Some("number"), Some(physical @ (DataType::Decimal(..) | DataType::Integer))) => {
            exact(physical)
        }
        (Some("number"), _) => exact(DataType::Double),
        (Some("object" | "array"), _) => Carried {
            data_type: DataType::Text,
            why: Some("values inside a value have no type; the column is read as text"),
        },
        (_, Some(physical)) => exact(physical),
        (_, None) => Carried {
            data_type: DataType::Text,
            why: Some("no type is given; the column is read as text"),
        },
    }
}

/// The type that a physical type is, in the words of common databases; `None` where it is not known.
fn of_physical(text: &str) -> Option<DataType> {
    let lower = text.trim().to_ascii_lowercase();
    if let Some(data_type) = DataType::parse(&lower) {
        return Some(data_type);
    }
    let word = lower.split(['(', ' ', '<']).next().unwrap_or_default();
    match word {
        "char" | "character" | "nvarchar" | "nchar" | "varchar" | "varchar2" | "clob" | "uuid"
        | "json" | "jsonb" | "tinytext" | "mediumtext" | "longtext" | "xml" => Some(DataType::Text),
        "tinyint" | "smallint" | "mediumint" | "int2" | "int4" | "int8" | "int16" | "int32"
        | "int64" | "serial" | "bigserial" | "byteint" => Some(DataType::Integer),
        "float" | "float4" | "float8" | "float32" | "float64" | "real" => Some(DataType::Double),
        "timestamp_tz" | "timestamp_ntz" | "timestamp_ltz" | "timestamptz" | "datetime2"
        | "smalldatetime" | "datetimeoffset" => Some(DataType::Timestamp),
        "timestamp" => Some(DataType::Timestamp),
        "bit" => Some(DataType::Boolean),
        "blob" | "bytea" | "varbinary" | "raw" => Some(DataType::Binary),
        _ => None,
    }
}

/// The logical and physical type of a column that was not imported, or whose type was changed since.
pub(super) fn given(data_type: DataType) -> Map<String, Value> {
    let value = match data_type {
        DataType::Text => json!({ "logicalType": "string" }),
        DataType::Integer => json!({ "logicalType": "integer" }),
        DataType::Double => json!({ "logicalType": "number" }),
        DataType::Decimal(..) => {
            json!({ "logicalType": "number", "physicalType": data_type.to_string() })
        }
        DataType::Boolean => json!({ "logicalType": "boolean" }),
        DataType::Date => json!({ "logicalType": "date" }),
        DataType::Timestamp => json!({ "logicalType": "timestamp" }),
        DataType::Time => json!({ "logicalType": "time" }),
        DataType::Binary => json!({ "physicalType": "binary" }),
        DataType::Struct => json!({ "logicalType": "object" }),
        DataType::List => json!({ "logicalType": "array" }),
        DataType::Map => json!({ "logicalType": "object", "physicalType": "map" }),
    };
    value.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use assay_schemas::datatype::Family;

    use super::*;

    #[test]
    fn the_logical_type_is_made_precise_by_the_physical_one() {
        for (logical, physical, expected) in [
            (Some("number"), Some("DECIMAL(10, 2)"), DataType::Decimal(10, 2)),
            (Some("number"), Some("int"), DataType::Integer),
            (Some("number"), Some("float(3,2)"), DataType::Double),
            (Some("date"), Some("timestamp_tz"), DataType::Date),
            (None, Some("varchar(18)"), DataType::Text),
            (None, Some("timestamp with time zone"), DataType::Timestamp),
        ] {
            let found = carried(logical, physical);
            assert_eq!(found, Carried { data_type: expected, why: None });
        }
        assert!(carried(Some("array"), Some("list")).why.is_some());
        assert!(carried(None, Some("geometry")).why.is_some());
    }

    #[test]
    fn every_type_is_given_so_that_it_comes_back() {
        for name in DataType::NAMES {
            let data_type = DataType::parse(&name.replace("p,s", "9,2")).unwrap();
            let given = given(data_type);
            let text = |key: &str| given.get(key).and_then(Value::as_str);
            let back = carried(text("logicalType"), text("physicalType"));
            // Nested columns are imported as their text; what they are made of is kept beside.
            let expected = match data_type.family() {
                Family::Nested => DataType::Text,
                _ => data_type,
            };
            assert_eq!(back.data_type, expected);
        }
    }
}
