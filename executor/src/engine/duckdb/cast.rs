//! Conversions that yield null where a value does not fit.

use assay_schemas::datatype::DataType;

use super::{reading, sql, types};

/// `value` as `to`, or null where it does not fit; `from` is the type of `value` where it is known.
pub(super) fn cast(
    value: &str,
    from: Option<DataType>,
    to: DataType,
    format: Option<&str>,
) -> String {
    if from == Some(to) {
        return value.to_owned();
    }
    if let (Some(format), None | Some(DataType::Text)) = (format, from) {
        return by_format(value, to, format);
    }
    match (from, to) {
        (Some(DataType::Text), DataType::Struct | DataType::List | DataType::Map) => {
            format!("CASE WHEN json_valid({value}) THEN {value} END")
        }
        (_, DataType::Struct | DataType::List | DataType::Map) => {
            format!("CAST(to_json({value}) AS VARCHAR)")
        }
        (_, DataType::Text) => format!("CAST({value} AS VARCHAR)"),
        (Some(DataType::Text), DataType::Binary) => format!("encode({value})"),
        (Some(DataType::Text), _) => text(value, to),
        (None, _)
        | (Some(DataType::Double | DataType::Decimal(..)), DataType::Integer)
        | (Some(DataType::Decimal(..)), DataType::Decimal(..)) => {
            text(&format!("CAST({value} AS VARCHAR)"), to)
        }
        _ => format!("TRY_CAST({value} AS {})", types::name(to)),
    }
}

/// An expression of text as a value that has the form of the type.
fn text(value: &str, to: DataType) -> String {
    reading::read(value, to).unwrap_or_else(|| value.to_owned())
}

/// Text by a strftime pattern.
fn by_format(value: &str, to: DataType, format: &str) -> String {
    let parsed = format!("try_strptime(CAST({value} AS VARCHAR), {})", sql::text(format));
    // With an offset in the pattern the result is an instant with zone.
    let zoned = format.contains("%z") || format.contains("%Z");
    let parsed = if zoned { format!("make_timestamp(epoch_us({parsed}))") } else { parsed };
    // `%Y` wants four digits; with fewer, DuckDB takes the year 24 for what another pattern means by 2024.
    let parsed = match format.contains("%Y") {
        true => format!("CASE WHEN year({parsed}) >= 1000 THEN {parsed} END"),
        false => parsed,
    };
    match to {
        DataType::Timestamp => parsed,
        other => format!("TRY_CAST({parsed} AS {})", types::name(other)),
    }
}
