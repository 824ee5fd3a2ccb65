//! Logical and physical types, and the one type of a column.

use assay_schemas::datatype::{DataType, Family};
use serde_json::{Map, Value, json};

/// The type of a column, and why it is not all that the contract says, if it is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) data_type: DataType,
    pub(super) why: Option<&'static str>,
}

/// What a property says of the values inside its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Nothing.
    Nothing,
    /// Properties, each with a name of its own.
    Properties,
    /// What the items of a list are.
    Items,
}

/// The type of a property: its logical type made precise by the physical one.
pub(super) fn carried(logical: Option<&str>, physical: Option<&str>, inside: Inside) -> Carried {
    let exact = |data_type| Carried { data_type, why: None };
    match (logical, inside) {
        (Some("object") | None, Inside::Properties) => return exact(DataType::Struct),
        (Some("array") | None, Inside::Items) => return exact(DataType::List),
        (Some("object") | None, Inside::Nothing) if map_values(physical).is_some() => {
            return exact(DataType::Map);
        }
        _ => {}
    }
    let plain = |data_type: &DataType| data_type.family() != Family::Nested;
    match (logical, physical.and_then(of_physical).filter(plain)) {
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
            why: Some("the contract does not say what is inside; the column is read as text"),
        },
        (_, Some(physical)) => exact(physical),
        (_, None) => Carried {
            data_type: DataType::Text,
            why: Some("no type is given; the column is read as text"),
        },
    }
}

/// The type of the values of a physical type such as `map<text,integer>`, whose keys are text.
pub(super) fn map_values(physical: Option<&str>) -> Option<DataType> {
    let lower = physical?.trim().to_ascii_lowercase();
    let inner = lower.strip_prefix("map")?.trim_start();
    let inner = inner
        .strip_prefix('<')
        .and_then(|inner| inner.strip_suffix('>'))
        .or_else(|| inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')))?;
    let (keys, values) = inner.split_once(',')?;
    let values = of_physical(values).filter(|values| values.family() != Family::Nested)?;
    (of_physical(keys) == Some(DataType::Text)).then_some(values)
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

/// The logical and physical type of a column that was not imported, or whose type was changed since; `values`
/// is the type of the values of a map.
pub(super) fn given(data_type: DataType, values: Option<DataType>) -> Map<String, Value> {
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
        DataType::Map => {
            let map =
                values.map_or_else(|| "map".to_owned(), |values| format!("map<text,{values}>"));
            json!({ "logicalType": "object", "physicalType": map })
        }
    };
    value.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
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
            (Some("object"), Some("MAP<STRING, decimal(9,2)>"), DataType::Map),
        ] {
            let found = carried(logical, physical, Inside::Nothing);
            assert_eq!(found, Carried { data_type: expected, why: None });
        }
        let inside = |logical, inside| carried(logical, None, inside).data_type;
        assert_eq!(inside(Some("object"), Inside::Properties), DataType::Struct);
        assert_eq!(inside(Some("array"), Inside::Items), DataType::List);
        assert_eq!(inside(Some("string"), Inside::Properties), DataType::Text);
        for (logical, physical) in [
            (Some("array"), Some("list")),
            (Some("object"), Some("map<integer,text>")),
            (None, Some("geometry")),
            (None, Some("struct")),
        ] {
            let found = carried(logical, physical, Inside::Nothing);
            assert!(found.why.is_some() && found.data_type == DataType::Text, "{physical:?}");
        }
    }

    #[test]
    fn every_type_is_given_so_that_it_comes_back() {
        for name in DataType::NAMES {
            let data_type = DataType::parse(&name.replace("p,s", "9,2")).unwrap();
            let given = given(data_type, Some(DataType::Decimal(9, 2)));
            let text = |key: &str| given.get(key).and_then(Value::as_str);
            let inside = match data_type {
                DataType::Struct => Inside::Properties,
                DataType::List => Inside::Items,
                _ => Inside::Nothing,
            };
            let back = carried(text("logicalType"), text("physicalType"), inside);
            assert_eq!(back, Carried { data_type, why: None });
        }
    }
}
