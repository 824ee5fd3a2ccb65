//! Cells: a value as authors write it, as the canonical text of the type that its column has.

use super::{Fit, date, time, timestamp, typed};
use crate::datatype::DataType;
use crate::library::taxonomy::Scalar;
use crate::plan::Literal;

/// Doubles that no number stands for.
const NO_NUMBERS: &[&str] = &["NaN", "Infinity", "-Infinity"];

/// A value as canonical text of a type; bytes are hexadecimal digits.
///
/// # Errors
/// Says in words why it is no value of the type: "`x` is not a day: write `YYYY-MM-DD`".
pub fn cell(value: &Scalar, data_type: DataType) -> Result<String, String> {
    match (data_type, value) {
        (DataType::Date, Scalar::Text(text)) => date(text),
        (DataType::Timestamp, Scalar::Text(text)) => timestamp(text),
        (DataType::Time, Scalar::Text(text)) => time(text),
        (DataType::Time, other) => {
            Err(format!("`{}` is not a time of day: write \"HH:MM:SS\"", other.shown()))
        }
        (DataType::Binary, value) => bytes(value),
        (DataType::Double, Scalar::Text(text)) if NO_NUMBERS.contains(&text.as_str()) => {
            Ok(text.clone())
        }
        _ => match typed(value, data_type, Fit::Value)? {
            Literal::Boolean(value) => Ok(value.to_string()),
            Literal::Integer(value) => Ok(value.to_string()),
            Literal::Double(value) => Ok(format!("{value:?}")),
            Literal::Decimal(text)
                if data_type == DataType::Integer && text.parse::<i64>().is_err() =>
            {
                Err(format!("`{text}` is beyond the whole numbers of 64 bits"))
            }
            Literal::Decimal(text)
            | Literal::Text(text)
            | Literal::Date(text)
            | Literal::Timestamp(text) => Ok(text),
            Literal::Null => Err("null is no value".to_owned()),
        },
    }
}

fn bytes(value: &Scalar) -> Result<String, String> {
    let text = value.shown();
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if matches!(value, Scalar::Text(_)) && digits && text.len().is_multiple_of(2) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!("`{text}` is not bytes: write hexadecimal digits, as in \"0aff\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Scalar {
        Scalar::Text(text.to_owned())
    }

    #[test]
    fn cells_keep_every_digit() {
        for (value, data_type, canonical) in [
            (Scalar::Number(3.5), DataType::Decimal(10, 2), "3.5"),
            (text("0.10"), DataType::Decimal(10, 2), "0.1"),
            (Scalar::Integer(-1), DataType::Decimal(10, 2), "-1"),
            (text("9223372036854775807"), DataType::Integer, "9223372036854775807"),
            (text("NaN"), DataType::Double, "NaN"),
            (Scalar::Number(1e-7), DataType::Double, "1e-7"),
            (Scalar::Boolean(true), DataType::Boolean, "true"),
            (text("it's"), DataType::Text, "it's"),
            (text("2024-02-29"), DataType::Date, "2024-02-29"),
            (text("2024-03-01T12:30:00+02:00"), DataType::Timestamp, "2024-03-01T10:30:00"),
            (text("09:30"), DataType::Time, "09:30:00"),
            (text("0AFF"), DataType::Binary, "0aff"),
        ] {
            assert_eq!(cell(&value, data_type).as_deref(), Ok(canonical), "{value:?}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_type_says_so() {
        for (value, data_type) in [
            (text("x"), DataType::Integer),
            (Scalar::Number(1.5), DataType::Integer),
            (text("9223372036854775808"), DataType::Integer),
            (text("0.123"), DataType::Decimal(10, 2)),
            (Scalar::Integer(1), DataType::Text),
            (text("true"), DataType::Boolean),
            (text("2023-02-29"), DataType::Date),
            (Scalar::Integer(2024), DataType::Timestamp),
            (Scalar::Integer(9), DataType::Time),
            (text("abc"), DataType::Binary),
        ] {
            assert!(cell(&value, data_type).is_err(), "{value:?} {data_type}");
        }
    }
}
