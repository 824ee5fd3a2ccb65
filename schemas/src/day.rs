//! A day of the calendar, as people write it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day, such as `2026-06-30`. What falls on it is judged in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// Why a text is not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day such as `2026-06-30`")]
pub struct NotADay(String);

impl Day {
    /// The day in UTC of a moment, in seconds since 1970.
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        let moment = jiff::Timestamp::from_second(seconds).ok()?;
        Some(Self(jiff::tz::Offset::UTC.to_datetime(moment).date()))
    }

    /// When it begins in UTC, in seconds since 1970.
    pub fn seconds(self) -> i64 {
        let begins = jiff::tz::Offset::UTC.to_timestamp(self.0.at(0, 0, 0, 0));
        begins.map_or(i64::MAX, jiff::Timestamp::as_second)
    }

    /// The day so many days later; the last that there is where that is beyond it.
    #[must_use]
    pub fn after(self, days: u32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(i64::from(days))))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let wrong = || NotADay(text.to_owned());
        let date: Date = text.parse().map_err(|_| wrong())?;
        // Only the form that is printed, so that a day is written in one way.
        if date.to_string() == text { Ok(Self(date)) } else { Err(wrong()) }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_in_one_way_and_ordered() {
        for wrong in ["2026-6-30", "2026-02-30", "20260630", "2026-06-30T00:00", ""] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
        let day = "2026-06-30".parse::<Day>();
        assert_eq!(day.as_ref().map(ToString::to_string), Ok("2026-06-30".to_owned()));
        assert!("2026-07-01".parse::<Day>().ok() > day.as_ref().ok().copied());
        assert_eq!(
            Day::of_seconds(1_767_225_599).map(|day| day.to_string()),
            Some("2025-12-31".to_owned())
        );
        assert_eq!(Day::of_seconds(i64::MAX), None);
    }
}
