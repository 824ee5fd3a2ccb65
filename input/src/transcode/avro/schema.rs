//! The schema of an Avro file.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Types that a schema may have.
const MAX_TYPES: usize = 100_000;

/// A type. Numbers are those of other types in the schema.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Record(Vec<(String, usize)>),
    Enum(Vec<String>),
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Fixed(usize),
    /// Days since 1970-01-01, an int.
    Date,
    /// A time of day in units of so many nanoseconds; an int where the unit is a millisecond.
    Time {
        int: bool,
        unit: i64,
    },
    /// A point in time likewise.
    Timestamp {
        unit: i64,
    },
    /// Digits behind the point; the number of bytes where it is fixed.
    Decimal {
        scale: usize,
        fixed: Option<usize>,
    },
    /// Sixteen bytes.
    Uuid,
    /// Months, days and milliseconds.
    Duration,
}

/// All types of a schema; the last one read is the root.
pub(super) struct Schema {
    types: Vec<Type>,
    root: usize,
}

impl Schema {
    /// # Errors
    /// It is no JSON, or no schema; what is wrong, as a clause.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let mut reader = Reader { types: Vec::new(), names: HashMap::new() };
        let root = reader.read(&value, "")?;
        Ok(Self { types: reader.types, root })
    }

    pub(super) fn root(&self) -> &Type {
        &self.types[self.root]
    }

    pub(super) fn get(&self, number: usize) -> &Type {
        &self.types[number]
    }
}

struct Reader {
    types: Vec<Type>,
    /// Types by their full names.
    names: HashMap<String, usize>,
}

impl Reader {
    /// Reads a type whose names are in a namespace, and gives its number.
    fn read(&mut self, value: &Value, space: &str) -> Result<usize, String> {
        match value {
            Value::String(name) => self.named(name, space),
            Value::Array(branches) => {
                let branches: Result<Vec<usize>, String> =
                    branches.iter().map(|branch| self.read(branch, space)).collect();
                self.add(Type::Union(branches?))
            }
            Value::Object(map) => self.complex(map, space),
            other => Err(format!("`{other}` is no type")),
        }
    }

    fn add(&mut self, found: Type) -> Result<usize, String> {
        if self.types.len() == MAX_TYPES {
            return Err(format!("it has more than {MAX_TYPES} types"));
        }
        self.types.push(found);
        Ok(self.types.len() - 1)
    }

    /// A type that goes by its name alone.
    fn named(&mut self, name: &str, space: &str) -> Result<usize, String> {
        let found = match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "int" => Type::Int,
            "long" => Type::Long,
            "float" => Type::Float,
            "double" => Type::Double,
            "bytes" => Type::Bytes,
            "string" => Type::Text,
            _ => {
                let known = self.names.get(&full(name, space)).or_else(|| self.names.get(name));
                return known.copied().ok_or_else(|| format!("there is no type `{name}`"));
            }
        };
        self.add(found)
    }

    fn complex(&mut self, map: &Map<String, Value>, space: &str) -> Result<usize, String> {
        let kind = map.get("type").ok_or("a type has no `type`")?;
        let Value::String(kind) = kind else { return self.read(kind, space) };
        match kind.as_str() {
            "record" | "error" | "enum" | "fixed" => self.definition(kind, map, space),
            "array" => {
                let items = self.read(map.get("items").ok_or("an array has no `items`")?, space)?;
                self.add(Type::Array(items))
            }
            "map" => {
                let values = self.read(map.get("values").ok_or("a map has no `values`")?, space)?;
                self.add(Type::Map(values))
            }
            _ => match logical(kind, map, None) {
                Some(found) => self.add(found),
                None => self.named(kind, space),
            },
        }
    }

    /// A type that has a name of its own.
    fn definition(
        &mut self,
        kind: &str,
        map: &Map<String, Value>,
        space: &str,
    ) -> Result<usize, String> {
        let text = |key: &str| map.get(key).and_then(Value::as_str);
        let name = text("name").ok_or_else(|| format!("a type of kind `{kind}` has no `name`"))?;
        let own = match name.rsplit_once('.') {
            Some((space, _)) => space,
            None => text("namespace").unwrap_or(space),
        };
        // A record may hold itself, so its name is known before its fields.
        let number = self.add(Type::Null)?;
        self.names.insert(full(name, own), number);
        let list = |key: &str| {
            map.get(key).and_then(Value::as_array).ok_or_else(|| format!("`{name}` has no `{key}`"))
        };
        self.types[number] = match kind {
            "enum" => Type::Enum(
                list("symbols")?
                    .iter()
                    .map(|symbol| symbol.as_str().unwrap_or_default().to_owned())
                    .collect(),
            ),
            "fixed" => {
                let size = map.get("size").and_then(Value::as_u64);
                let size = size.and_then(|size| usize::try_from(size).ok());
                let size = size.ok_or_else(|| format!("`{name}` has no `size`"))?;
                logical(kind, map, Some(size)).unwrap_or(Type::Fixed(size))
            }
            _ => {
                let mut fields = Vec::new();
                for field in list("fields")? {
                    let called = field.get("name").and_then(Value::as_str);
                    let called =
                        called.ok_or_else(|| format!("a field of `{name}` has no name"))?;
                    let of = field.get("type").ok_or_else(|| format!("`{called}` has no type"))?;
                    fields.push((called.to_owned(), self.read(of, own)?));
                }
                Type::Record(fields)
            }
        };
        Ok(number)
    }
}

fn full(name: &str, space: &str) -> String {
    if space.is_empty() || name.contains('.') { name.to_owned() } else { format!("{space}.{name}") }
}

/// A logical type of a type; `None` where there is none, or one that is to be ignored.
fn logical(kind: &str, map: &Map<String, Value>, size: Option<usize>) -> Option<Type> {
    let word = map.get("logicalType")?.as_str()?;
    Some(match (word, kind, size) {
        ("date", "int", _) => Type::Date,
        ("time-millis", "int", _) => Type::Time { int: true, unit: 1_000_000 },
        ("time-micros", "long", _) => Type::Time { int: false, unit: 1000 },
        ("timestamp-millis" | "local-timestamp-millis", "long", _) => {
            Type::Timestamp { unit: 1_000_000 }
        }
        ("timestamp-micros" | "local-timestamp-micros", "long", _) => {
            Type::Timestamp { unit: 1000 }
        }
        ("timestamp-nanos" | "local-timestamp-nanos", "long", _) => Type::Timestamp { unit: 1 },
        ("decimal", "bytes" | "fixed", fixed) => {
            let scale = map.get("scale").map_or(Some(0), Value::as_u64)?;
            let scale = usize::try_from(scale).ok().filter(|scale| *scale <= 10_000)?;
            Type::Decimal { scale, fixed }
        }
        ("uuid", "fixed", Some(16)) => Type::Uuid,
        ("duration", "fixed", Some(12)) => Type::Duration,
        _ => return None,
    })
}
