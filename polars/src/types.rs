//! Types of columns: the language's names, and what Polars keeps their values in.

use assay_schemas::datatype::DataType;
use polars::prelude::{DataType as Kept, TimeUnit};

/// A column of a relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type; `None` where the language has no word for it.
    pub data_type: Option<DataType>,
}

/// What Polars keeps values of a type in. Nested values are their JSON.
pub fn kept(data_type: DataType) -> Kept {
    match data_type {
        DataType::Boolean => Kept::Boolean,
        DataType::Integer => Kept::Int64,
        DataType::Decimal(precision, scale) => {
            Kept::Decimal(usize::from(precision), usize::from(scale))
        }
        DataType::Double => Kept::Float64,
        DataType::Text | DataType::Struct | DataType::List | DataType::Map => Kept::String,
        DataType::Date => Kept::Date,
        DataType::Timestamp => Kept::Datetime(TimeUnit::Microseconds, None),
        DataType::Time => Kept::Time,
        DataType::Binary => Kept::Binary,
    }
}
