//! Functions that read values from text as the language does, for every statement of a connection.
//!
//! DuckDB's own `TRY_CAST` is more generous: it rounds `1.5` to an integer and `1.239` to two digits, drops the
//! time of a date and the offset of an instant, and reads `epoch` as a day.

use std::error::Error;

use assay_schemas::datatype::DataType;
use duckdb::Connection;
use duckdb::core::{DataChunkHandle, LogicalTypeId};
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::WritableVector;

use super::types;
use super::vector::{constant, map_to_cells};
use crate::engine::read;

/// `text`, an expression of text, read as a value of a type; null where it has not the form of one. `None` for
/// types that are not read from text.
pub(super) fn read(text: &str, to: DataType) -> Option<String> {
    let call = |function: &str| format!("{function}({text})");
    Some(match to {
        DataType::Boolean => call(Boolean::NAME),
        DataType::Integer => call(Integer::NAME),
        DataType::Double => call(Double::NAME),
        DataType::Date => call(Date::NAME),
        DataType::Timestamp => call(Timestamp::NAME),
        DataType::Time => call(Time::NAME),
        DataType::Decimal(_, scale) => format!(
            "CASE WHEN {}({text}, {scale}) THEN TRY_CAST({text} AS {}) END",
            IsDecimal::NAME,
            types::name(to)
        ),
        DataType::Text | DataType::Binary | DataType::Struct | DataType::List | DataType::Map => {
            return None;
        }
    })
}

/// Makes the functions known to a connection.
pub(super) fn register(connection: &Connection) -> duckdb::Result<()> {
    connection.register_scalar_function::<Boolean>(Boolean::NAME)?;
    connection.register_scalar_function::<Integer>(Integer::NAME)?;
    connection.register_scalar_function::<Double>(Double::NAME)?;
    connection.register_scalar_function::<Date>(Date::NAME)?;
    connection.register_scalar_function::<Timestamp>(Timestamp::NAME)?;
    connection.register_scalar_function::<Time>(Time::NAME)?;
    connection.register_scalar_function::<IsDecimal>(IsDecimal::NAME)
}

/// A function of one text that gives a type which has no parameters.
macro_rules! reader {
    ($function:ident, $name:literal, $type:ident, $read:path) => {
        struct $function;

        impl $function {
            const NAME: &str = $name;
        }

        impl VScalar for $function {
            type State = ();

            fn invoke(
                (): &(),
                input: &mut DataChunkHandle,
                output: &mut dyn WritableVector,
            ) -> Result<(), Box<dyn Error>> {
                map_to_cells(input, output, $read)
            }

            fn signatures() -> Vec<ScalarFunctionSignature> {
                let text = LogicalTypeId::Varchar.into();
                vec![ScalarFunctionSignature::exact(vec![text], LogicalTypeId::$type.into())]
            }
        }
    };
}

reader!(Boolean, "assay_boolean", Boolean, read::boolean);
reader!(Integer, "assay_integer", Bigint, read::integer);
reader!(Double, "assay_double", Double, read::double);
reader!(Date, "assay_date", Date, read::date);
reader!(Timestamp, "assay_timestamp", Timestamp, read::timestamp);
reader!(Time, "assay_time", Time, read::time);

/// Whether a text has the form of a decimal with no more digits behind the point than the second argument says.
/// A function cannot give a type that follows from what it is given, so DuckDB's own conversion makes the value.
struct IsDecimal;

impl IsDecimal {
    const NAME: &str = "assay_is_decimal";
}

impl VScalar for IsDecimal {
    type State = ();

    fn invoke(
        (): &(),
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn Error>> {
        let scale = u8::try_from(constant(input, 1)?)?;
        map_to_cells(input, output, |text| Some(read::is_decimal(text, scale)))
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        let arguments = vec![LogicalTypeId::Varchar.into(), LogicalTypeId::Bigint.into()];
        vec![ScalarFunctionSignature::exact(arguments, LogicalTypeId::Boolean.into())]
    }
}
