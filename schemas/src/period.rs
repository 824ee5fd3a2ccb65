//! Lengths of time as authors write them: ISO 8601 such as `P30D`, or short such as `24h`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::code::Code;
use crate::literal;
use crate::problem::{Pointer, Problem};

/// A length of time, kept as ISO 8601, so that `24h` and `PT24H` are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period(String);

impl Period {
    /// Reads a length of time.
    ///
    /// # Errors
    /// The text is none, or it is negative or nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let span = text.trim().parse::<jiff::Span>().map_err(|_| {
            format!("`{text}` is not a length of time such as `24h`, `P30D` or `P1Y`")
        })?;
        if span.is_negative() || span.is_zero() {
            return Err(format!("`{text}` is not longer than nothing"));
        }
        Ok(Self(span.to_string()))
    }

    /// The ISO 8601 form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A problem where the length is not the same at all times, as that of a month.
    pub fn check_length(&self, place: Pointer) -> Option<Problem> {
        let message = literal::duration(&self.0).err()?;
        Some(Problem::new(Code::BadValue, place, message))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "period",
            "pattern": r"^\s*(P[0-9YMWDTHS.,]+|[0-9][0-9a-zµ.,: ]*)\s*$",
            "description": "A length of time: ISO 8601 such as `P30D`, or short such as `24h`."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_length_has_one_form() {
        for (text, form) in
            [("24h", "PT24H"), ("PT24H", "PT24H"), ("30 days", "P30D"), ("P1Y", "P1Y")]
        {
            assert_eq!(Period::parse(text).map(|period| period.0), Ok(form.to_owned()), "{text}");
        }
        for bad in ["", "soon", "-1h", "0s", "24"] {
            assert!(Period::parse(bad).is_err(), "{bad}");
        }
        assert!(Period::parse("P1M").is_ok_and(|p| p.check_length(Pointer::root()).is_some()));
    }
}
