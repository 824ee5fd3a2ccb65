//! Conversions that yield null where a value does not fit.
//!
//! DuckDB's own `TRY_CAST` is more generous than the language: it rounds `1.5` to an integer and `1.239`
//! to two digits, drops the time of a date and the offset of an instant, and reads `epoch` as a day. So
//! text is converted only where it has the form of the type. For a column the common spelling is
//! recognised by printing the result again; only what differs pays for a regular expression.

use assay_schemas::datatype::DataType;

use super::{sql, types};

const TIME: &str = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?";
const DAY: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";

/// `value` as `to`, or null where it does not fit.
///
/// `from` is the type of `value` where it is known; `plain` says that `value` is a column, cheap to
/// repeat.
pub(super) fn cast(
    value: &str,
    from: Option<DataType>,
    to: DataType,
    format: Option<&str>,
    plain: bool,
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
        (Some(DataType::Text), _) if plain => match direct(value, from, to, format) {
            Some(direct) => checked(value, &direct, to),
            None => text(value, to),
        },
        (None | Some(DataType::Text), _)
        | (Some(DataType::Double | DataType::Decimal(..)), DataType::Integer)
        | (Some(DataType::Decimal(..)), DataType::Decimal(..)) => {
            text(&format!("CAST({value} AS VARCHAR)"), to)
        }
        _ => format!("TRY_CAST({value} AS {})", types::name(to)),
    }
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

/// DuckDB's own reading of a column of text, where [`checked`] can tell whether it was too generous.
pub(super) fn direct(
    value: &str,
    from: Option<DataType>,
    to: DataType,
    format: Option<&str>,
) -> Option<String> {
    let known = matches!(
        to,
        DataType::Integer
            | DataType::Decimal(..)
            | DataType::Double
            | DataType::Date
            | DataType::Timestamp
    );
    (known && from == Some(DataType::Text) && format.is_none())
        .then(|| format!("TRY_CAST({value} AS {})", types::name(to)))
}

/// A column of text whose [`direct`] reading is at hand, as an expression or under a name.
pub(super) fn checked(value: &str, direct: &str, to: DataType) -> String {
    // `1_000` and overflow to infinity are the two ways in which numbers are read too generously.
    if to == DataType::Double {
        return format!(
            "CASE WHEN contains({value}, '_') OR (isinf({direct}) AND NOT contains(lower({value}), \
             'inf')) THEN NULL ELSE {direct} END"
        );
    }
    // `infinity`, years of five digits and those before Christ are printed as they are read, too.
    let usual = match to {
        DataType::Date => format!(" AND strlen({value}) = 10"),
        DataType::Timestamp => {
            format!(" AND substring({value}, 5, 1) = '-' AND NOT suffix({value}, ')')")
        }
        _ => String::new(),
    };
    format!(
        "CASE WHEN CAST({direct} AS VARCHAR) = {value}{usual} THEN {direct} ELSE {} END",
        text(value, to)
    )
}

/// Any expression of text, mentioned once. What does not have the form becomes the empty text, which is
/// no value of any of these types.
fn text(value: &str, to: DataType) -> String {
    let form = match to {
        DataType::Boolean => return boolean(value),
        DataType::Integer => r"([+-]?[0-9]+)(?:\.0*)?".to_owned(),
        DataType::Decimal(_, 0) => r"([+-]?[0-9]+)(?:\.0*)?".to_owned(),
        DataType::Decimal(_, scale) => {
            format!(r"([+-]?(?:[0-9]+(?:\.[0-9]{{0,{scale}}})?|\.[0-9]{{1,{scale}}})0*)")
        }
        DataType::Double => {
            r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?i:nan|inf|infinity))"
                .to_owned()
        }
        DataType::Date => format!(r"({DAY})(?:[T ]00:00(?::00(?:\.0+)?)?)?"),
        DataType::Timestamp => {
            format!(r"({DAY}(?:[T ]{TIME}(?:Z|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?)")
        }
        DataType::Time => format!("({TIME})"),
        DataType::Text | DataType::Binary | DataType::Struct | DataType::List | DataType::Map => {
            return value.to_owned();
        }
    };
    let form = sql::text(&format!(r"^\s*{form}\s*$"));
    let matched = format!("regexp_extract({value}, {form}, 1)");
    match to {
        // Read as an instant with offset, so that the offset counts.
        DataType::Timestamp => {
            format!("make_timestamp(epoch_us(TRY_CAST({matched} AS TIMESTAMPTZ)))")
        }
        other => format!("TRY_CAST({matched} AS {})", types::name(other)),
    }
}

/// Text as a truth value; the words are the language's own.
fn boolean(value: &str) -> String {
    let word = format!("lower({})", sql::trimmed(value));
    let branch = |words: [&str; 5], result: &str| {
        words.map(|word| format!("WHEN {} THEN {result}", sql::text(word))).join(" ")
    };
    format!(
        "CASE {word} {} {} END",
        branch(["true", "t", "yes", "y", "1"], "true"),
        branch(["false", "f", "no", "n", "0"], "false")
    )
}
