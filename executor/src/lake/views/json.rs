//! Values of DuckDB as JSON.

use duckdb::types::{TimeUnit, Value};
use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};
use serde_json::{Map, Value as Json, json};

/// A value as people and machines read it: nothing is rounded, so what JSON's numbers cannot hold is text.
pub(super) fn of(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(truth) => truth.into(),
        Value::TinyInt(number) => number.into(),
        Value::SmallInt(number) => number.into(),
        Value::Int(number) => number.into(),
        Value::BigInt(number) => number.into(),
        Value::UTinyInt(number) => number.into(),
        Value::USmallInt(number) => number.into(),
        Value::UInt(number) => number.into(),
        Value::UBigInt(number) => number.into(),
        Value::HugeInt(number) => {
            i64::try_from(number).map_or_else(|_| number.to_string().into(), Json::from)
        }
        Value::UHugeInt(number) => {
            u64::try_from(number).map_or_else(|_| number.to_string().into(), Json::from)
        }
        Value::Float(number) => double(number.into()),
        Value::Double(number) => double(number),
        Value::Decimal(number) => number.to_string().into(),
        Value::Timestamp(unit, count) => timestamp(unit, count),
        Value::Date32(days) => day(days),
        Value::Time64(unit, count) => time(unit, count),
        Value::Text(text) | Value::Enum(text) => text.into(),
        Value::Blob(bytes) | Value::Geometry(bytes) => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
        }
        Value::Interval { months, days, nanos } => {
            format!("{months} months {days} days {} s", nanos as f64 / 1e9).into()
        }
        Value::List(items) | Value::Array(items) => items.into_iter().map(of).collect(),
        Value::Struct(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), of(field.clone())))
            .collect::<Map<_, _>>()
            .into(),
        Value::Map(entries) => {
            entries.iter().map(|(key, entry)| json!([of(key.clone()), of(entry.clone())])).collect()
        }
        Value::Union(inner) => of(*inner),
        other => format!("{other:?}").into(),
    }
}

/// A number; JSON has none that is infinite or none at all.
fn double(number: f64) -> Json {
    if number.is_finite() { number.into() } else { number.to_string().into() }
}

fn micros(unit: TimeUnit, count: i64) -> i64 {
    match unit {
        TimeUnit::Second => count.saturating_mul(1_000_000),
        TimeUnit::Millisecond => count.saturating_mul(1_000),
        TimeUnit::Microsecond => count,
        TimeUnit::Nanosecond => count.div_euclid(1_000),
    }
}

fn timestamp(unit: TimeUnit, count: i64) -> Json {
    Timestamp::from_microsecond(micros(unit, count)).map_or(Json::Null, |at| at.to_string().into())
}

fn day(days: i32) -> Json {
    Date::constant(1970, 1, 1)
        .checked_add(Span::new().days(days))
        .map_or(Json::Null, |day| day.to_string().into())
}

fn time(unit: TimeUnit, count: i64) -> Json {
    Time::midnight()
        .checked_add(Span::new().microseconds(micros(unit, count)))
        .map_or(Json::Null, |time| time.to_string().into())
}
