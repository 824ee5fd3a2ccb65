//! Values of an object as pieces of its text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::record::Records;

/// Adds the values of an object to `found`, with the numbers of their names.
///
/// # Errors
/// The text is no object, or has a key twice; why, as a clause.
pub(super) fn pick<'t>(
    text: &'t str,
    records: &mut Records,
    found: &mut Vec<(usize, &'t str)>,
) -> Result<(), String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Pick { records, found }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| told(&error))
}

/// The value that a path of keys leads to.
pub(super) fn within<'t>(
    value: Option<&'t str>,
    path: &[String],
) -> Result<Option<&'t str>, String> {
    let mut value = value;
    for key in path {
        let Some(text) = value.filter(|text| text.starts_with('{')) else { return Ok(None) };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        value = Child(key).deserialize(&mut deserializer).map_err(|error| told(&error))?;
    }
    Ok(value)
}

/// An error without the line, which is always the first.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (what, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    match (error.line(), error.column()) {
        (0 | 1, column) => format!("{what} (character {column})"),
        (line, column) => format!("{what} (its line {line}, character {column})"),
    }
}

/// Collects the values of an object.
struct Pick<'r, 'f, 't> {
    records: &'r mut Records,
    found: &'f mut Vec<(usize, &'t str)>,
}

impl<'t> DeserializeSeed<'t> for Pick<'_, '_, 't> {
    type Value = ();
    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for Pick<'_, '_, 't> {
    type Value = ();
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }
    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<(), M::Error> {
        let mut position = 0;
        while let Some(number) = map.next_key_seed(Key { records: &mut *self.records, position })? {
            let value: &RawValue = map.next_value()?;
            self.found.push((number, value.get()));
            position += 1;
        }
        Ok(())
    }
}

/// Finds the number of a key.
struct Key<'r> {
    records: &'r mut Records,
    position: usize,
}

impl<'t> DeserializeSeed<'t> for Key<'_> {
    type Value = usize;
    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = usize;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<usize, E> {
        self.records
            .meet(name, self.position)
            .ok_or_else(|| E::custom(format_args!("the key `{name}` is there twice")))
    }
}

/// Finds the value of one key.
struct Child<'k>(&'k str);

impl<'t> DeserializeSeed<'t> for Child<'_> {
    type Value = Option<&'t str>;
    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for Child<'_> {
    type Value = Option<&'t str>;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }
    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found: Option<&'t str> = None;
        while let Some(same) = map.next_key_seed(Same(self.0))? {
            if !same {
                map.next_value::<IgnoredAny>()?;
            } else if found.is_some() {
                return Err(M::Error::custom(format_args!("the key `{}` is there twice", self.0)));
            } else {
                found = Some(map.next_value::<&RawValue>()?.get());
            }
        }
        Ok(found)
    }
}

/// Compares a key without keeping it.
struct Same<'k>(&'k str);

impl<'t> DeserializeSeed<'t> for Same<'_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Same<'_> {
    type Value = bool;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }
    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}
