//! A case as it stands in its file, and its tables as those of an engine case.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

/// An object whose keys stay in their order.
#[derive(Clone, Debug)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

/// A case of Great Expectations.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) expectation: String,
    #[serde(default)]
    pub(crate) title: String,
    pub(crate) rows: usize,
    /// Columns of the table under test, in order.
    pub(crate) data: Ordered<Vec<Value>>,
    pub(crate) column_types: Map<String, Value>,
    /// Further tables, the one under test first.
    #[serde(default)]
    pub(crate) other_tables: Ordered<Ordered<Vec<Value>>>,
    pub(crate) kwargs: Value,
    pub(crate) expected: Value,
}

impl Case {
    /// The values of a column, in row order; none where there is no such column.
    pub(crate) fn column(&self, name: &str) -> &[Value] {
        self.data.0.iter().find(|(known, _)| known == name).map_or(&[], |(_, values)| values)
    }

    /// The type of a column of the table under test, in the words of the language.
    pub(crate) fn type_of(&self, name: &str) -> &'static str {
        match self.column_types.get(name).and_then(Value::as_str).unwrap_or_default() {
            "int64" => "integer",
            "float64" => "double",
            "bool" => "boolean",
            "timestamp" | "timestamptz" => "timestamp",
            "date" => "date",
            "decimal" => "decimal(38,10)",
            _ => "text",
        }
    }

    /// An argument of the check that is a text, or else nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.kwargs[name].as_str().unwrap_or_default()
    }

    /// An argument of the check that is a list of texts, or else nothing.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.kwargs[name].as_array();
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The engine case that asks what this one asks; `mapped` holds the rule and whatever else differs.
    pub(crate) fn written(&self, mapped: Value) -> Value {
        let columns = self.data.0.iter().map(|(name, _)| (name.as_str(), self.type_of(name)));
        let mut case = table(columns, &self.data, self.rows);
        let others = self.other_tables.0.iter().skip(1).map(|(name, data)| {
            let columns = data.0.iter().map(|(name, values)| (name.as_str(), inferred(values)));
            let rows = data.0.first().map_or(0, |(_, values)| values.len());
            let mut other = table(columns, data, rows);
            other["dataset"] = name.as_str().into();
            other
        });
        case["others"] = others.collect();
        for (name, value) in mapped.as_object().into_iter().flatten() {
            case[name] = value.clone();
        }
        case
    }
}

fn table<'a>(
    columns: impl Iterator<Item = (&'a str, &'a str)>,
    data: &Ordered<Vec<Value>>,
    rows: usize,
) -> Value {
    let columns: Vec<_> =
        columns.map(|(name, kind)| json!({ "name": name, "data_type": kind })).collect();
    let row = |index: usize| -> Vec<Value> {
        data.0.iter().map(|(_, values)| values.get(index).map_or(Value::Null, cell)).collect()
    };
    json!({ "columns": columns, "rows": (0..rows).map(row).collect::<Vec<_>>() })
}

/// A cell as an engine case writes it.
fn cell(value: &Value) -> Value {
    match value {
        Value::Object(_) if value["$num"].is_string() => value["$num"].clone(),
        Value::Object(_) | Value::Array(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

/// The type that values have of themselves, where the case states none.
fn inferred(values: &[Value]) -> &'static str {
    let all = |test: fn(&Value) -> bool| {
        values.iter().all(|value| value.is_null() || test(value))
            && values.iter().any(|value| !value.is_null())
    };
    match () {
        () if all(Value::is_boolean) => "boolean",
        () if all(Value::is_i64) => "integer",
        () if all(|value| super::number(value).is_some()) => "double",
        () => "text",
    }
}
