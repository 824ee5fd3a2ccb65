//! The types of columns, written as one word or a word with arguments: `integer`, `decimal(12,2)`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataType {
    /// True or false.
    Boolean,
    /// Whole numbers of 64 bits.
    Integer,
    /// Exact decimals: digits in all (1 to 38), digits after the point.
    Decimal(u8, u8),
    /// Binary floating-point numbers of 64 bits.
    Double,
    /// Text.
    Text,
    /// Calendar days.
    Date,
    /// Instants of microsecond precision without zone, read as UTC.
    Timestamp,
    /// Times of day.
    Time,
    /// Bytes.
    Binary,
    /// Named fields, each of a type of its own. Read as JSON text.
    Struct,
    /// Items of one type. Read as JSON text.
    List,
    /// Values of one type by keys of text. Read as JSON text.
    Map,
}

/// What a type is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Truth values.
    Boolean,
    /// Numbers.
    Number,
    /// Text.
    Text,
    /// Days, instants and times of day.
    Temporal,
    /// Bytes.
    Binary,
    /// Values made of values.
    Nested,
}

impl Family {
    /// The family in words, after "columns of".
    pub fn word(self) -> &'static str {
        match self {
            Self::Boolean => "truth values",
            Self::Number => "numbers",
            Self::Text => "text",
            Self::Temporal => "days or times",
            Self::Binary => "bytes",
            Self::Nested => "nested values",
        }
    }
}

impl DataType {
    /// Names as written by authors; other spellings of the field map to one of them.
    pub const NAMES: &'static [&'static str] = &[
        "boolean",
        "integer",
        "decimal(p,s)",
        "double",
        "text",
        "date",
        "timestamp",
        "time",
        "binary",
        "struct",
        "list",
        "map",
    ];

    /// Reads a type; `None` where the text names none.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let (word, arguments) = match lower.split_once('(') {
            Some((word, rest)) => (word.trim(), Some(rest.strip_suffix(')')?)),
            None => (lower.as_str(), None),
        };
        let plain = match word {
            "boolean" | "bool" => Self::Boolean,
            "integer" | "int" | "bigint" | "long" => Self::Integer,
            "double" | "float" | "number" => Self::Double,
            "text" | "string" | "varchar" | "char" => Self::Text,
            "date" => Self::Date,
            "timestamp" | "datetime" => Self::Timestamp,
            "time" => Self::Time,
            "binary" | "bytes" => Self::Binary,
            "struct" => Self::Struct,
            "list" | "array" => Self::List,
            "map" => Self::Map,
            "decimal" | "numeric" => {
                let (precision, scale) = arguments?.split_once(',')?;
                let (precision, scale) =
                    (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
                return (1..=38)
                    .contains(&precision)
                    .then_some(Self::Decimal(precision, scale))
                    .filter(|_| scale <= precision);
            }
            _ => return None,
        };
        match arguments {
            // How long a text may be is no part of its type; a schema keeps it beside.
            Some(_) if plain == Self::Text => Self::text_length(text).map(|_| plain),
            Some(_) => None,
            None => Some(plain),
        }
    }

    /// The number of characters in a spelling such as `varchar(20)`.
    pub fn text_length(text: &str) -> Option<u32> {
        let lower = text.trim().to_ascii_lowercase();
        let (word, rest) = lower.split_once('(')?;
        let length: u32 = rest.strip_suffix(')')?.trim().parse().ok()?;
        let is_text = ["text", "string", "varchar", "char"].contains(&word.trim());
        (is_text && length > 0).then_some(length)
    }

    /// What the type is good for.
    pub fn family(self) -> Family {
        match self {
            Self::Boolean => Family::Boolean,
            Self::Integer | Self::Decimal(..) | Self::Double => Family::Number,
            Self::Text => Family::Text,
            Self::Date | Self::Timestamp | Self::Time => Family::Temporal,
            Self::Binary => Family::Binary,
            Self::Struct | Self::List | Self::Map => Family::Nested,
        }
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal(precision, scale) => return write!(f, "decimal({precision},{scale})"),
            Self::Double => "double",
            Self::Text => "text",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Time => "time",
            Self::Binary => "binary",
            Self::Struct => "struct",
            Self::List => "list",
            Self::Map => "map",
        })
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a type")))
    }
}

impl JsonSchema for DataType {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "DataType".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*((?i:boolean|bool|integer|int|bigint|long|double|float|number|text|string|varchar|char|date|timestamp|datetime|time|binary|bytes|struct|list|array|map)|(?i:text|string|varchar|char)\s*\(\s*[1-9][0-9]{0,8}\s*\)|(?i:decimal|numeric)\s*\(\s*([1-9]|[12][0-9]|3[0-8])\s*,\s*([0-9]|[12][0-9]|3[0-8])\s*\))\s*$",
            "description": "A type: boolean, integer, decimal(p,s), double, text, date, timestamp, time, binary, struct, list or map."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_and_printed() {
        assert_eq!(DataType::parse("Decimal( 12, 2 )"), Some(DataType::Decimal(12, 2)));
        assert_eq!(DataType::parse("string"), Some(DataType::Text));
        for bad in ["decimal", "decimal(40,2)", "decimal(3,4)", "integer(4)", "varchar(0)", "money"]
        {
            assert_eq!(DataType::parse(bad), None, "{bad}");
        }
        assert_eq!(DataType::Decimal(12, 2).to_string(), "decimal(12,2)");
    }
}
