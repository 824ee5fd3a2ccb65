//! Fields as the shapes of the kinds have them: what may stand at a path, in which types, and what it
//! means. Tables, scaffolds and exports are laid out by it, so that a new kind or field needs no word there.

use assay_schemas::shape::Shape;
use assay_schemas::{action, cleanse, rule};
use serde_json::Value;

/// A set of JSON types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const TEXT: Self = Self(1);
    pub(crate) const NUMBER: Self = Self(2);
    pub(crate) const BOOLEAN: Self = Self(4);
    pub(crate) const LIST: Self = Self(8);
    pub(crate) const OBJECT: Self = Self(16);
    pub(crate) const ANY: Self = Self(31);

    /// Whether all of `other` are in it.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing but `other` is in it.
    pub(crate) fn only(self, other: Self) -> bool {
        self == other
    }

    /// Both together.
    #[must_use]
    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn named(name: &str) -> Self {
        match name {
            "string" => Self::TEXT,
            "integer" | "number" => Self::NUMBER,
            "boolean" => Self::BOOLEAN,
            "array" => Self::LIST,
            "object" => Self::OBJECT,
            _ => Self::default(),
        }
    }

    /// The type of a value.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::default(),
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(_) => Self::NUMBER,
            Value::String(_) => Self::TEXT,
            Value::Array(_) => Self::LIST,
            Value::Object(_) => Self::OBJECT,
        }
    }
}

/// A field of a kind, or a kind as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    root: &'static Value,
    /// The schema as the parent has it, with its description.
    schema: &'static Value,
}

/// What a free field is.
static ANYTHING: Value = Value::Bool(true);

impl Field {
    /// A kind, or the parameters of a rule, step or action type.
    pub(crate) fn of(shape: &'static Shape) -> Self {
        Self { root: shape.schema(), schema: shape.schema() }
    }

    fn at(self, schema: &'static Value) -> Self {
        Self { root: self.root, schema }
    }

    fn resolved(self) -> &'static Value {
        let target = self
            .schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.root.pointer(pointer));
        target.unwrap_or(self.schema)
    }

    /// The forms that it may take, without null.
    pub(crate) fn forms(self) -> Vec<Self> {
        let schema = self.resolved();
        let list = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
        match list {
            Some(branches) => branches.iter().flat_map(|branch| self.at(branch).forms()).collect(),
            None if schema.get("type").and_then(Value::as_str) == Some("null") => Vec::new(),
            None => vec![self.at(schema)],
        }
    }

    /// Its types.
    pub(crate) fn types(self) -> Types {
        let of_form = |form: Self| match form.schema {
            Value::Object(fields) => match fields.get("type") {
                Some(Value::String(name)) => Types::named(name),
                Some(Value::Array(names)) => names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(Types::named)
                    .fold(Types::default(), Types::with),
                _ => {
                    let values = fields.get("enum").and_then(Value::as_array).into_iter().flatten();
                    let values: Vec<_> = values.chain(fields.get("const")).map(Types::of).collect();
                    if values.is_empty() {
                        Types::ANY
                    } else {
                        values.into_iter().fold(Types::default(), Types::with)
                    }
                }
            },
            _ => Types::ANY,
        };
        self.forms().into_iter().map(of_form).fold(Types::default(), Types::with)
    }

    /// The field `name` of an object, if it may have one.
    pub(crate) fn property(self, name: &str) -> Option<Self> {
        self.forms().into_iter().find_map(|form| {
            let fields = match form.schema {
                Value::Object(fields) => fields,
                _ => return Some(form.at(&ANYTHING)),
            };
            if let Some(property) = fields.get("properties").and_then(|known| known.get(name)) {
                return Some(form.at(property));
            }
            if !form.types().has(Types::OBJECT) {
                return None;
            }
            match fields.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    let patterns = fields.get("patternProperties")?.as_object()?;
                    patterns.values().next().map(|schema| form.at(schema))
                }
                Some(schema) => Some(form.at(schema)),
                None => Some(form.at(&ANYTHING)),
            }
        })
    }

    /// The fields that have names of their own: those it needs first, then by name.
    pub(crate) fn properties(self) -> Vec<(&'static str, Self)> {
        let mut found: Vec<(&str, Self)> = Vec::new();
        for form in self.forms() {
            let Some(known) = form.schema.get("properties").and_then(Value::as_object) else {
                continue;
            };
            for (name, schema) in known {
                if found.iter().all(|(other, _)| other != name) {
                    found.push((name, form.at(schema)));
                }
            }
        }
        found.sort_by_key(|(name, _)| (rank(name), !self.needs(name), *name));
        found
    }

    /// Whether an object must have the field `name`.
    pub(crate) fn needs(self, name: &str) -> bool {
        let lists =
            self.forms().into_iter().filter_map(|form| form.schema.get("required")?.as_array());
        lists.flatten().any(|required| required == name)
    }

    /// The elements of a list.
    pub(crate) fn items(self) -> Option<Self> {
        self.forms().into_iter().find_map(|form| match form.schema {
            Value::Object(fields) if form.types().has(Types::LIST) => {
                Some(form.at(fields.get("items").unwrap_or(&ANYTHING)))
            }
            Value::Object(_) => None,
            _ => Some(form.at(&ANYTHING)),
        })
    }

    /// The texts it takes, where they are listed.
    pub(crate) fn choices(self) -> Vec<&'static str> {
        let of_form = |form: Self| {
            let list = form.schema.get("enum").and_then(Value::as_array).into_iter().flatten();
            list.chain(form.schema.get("const")).filter_map(Value::as_str).collect::<Vec<_>>()
        };
        self.forms().into_iter().flat_map(of_form).collect()
    }

    /// What it is for, in a sentence.
    pub(crate) fn description(self) -> Option<&'static str> {
        let described =
            self.schema.get("description").or_else(|| self.resolved().get("description"));
        described.and_then(Value::as_str).and_then(|text| text.lines().next())
    }

    /// What is meant where it is left out.
    pub(crate) fn default(self) -> Option<&'static Value> {
        self.schema.get("default").or_else(|| self.resolved().get("default"))
    }

    /// Where an object has a type and its parameters: the field that names the type, and each type with
    /// its parameters.
    pub(crate) fn units(self) -> Option<(&'static str, Vec<(&'static str, Self)>)> {
        let has = |name| self.forms().iter().any(|form| form.schema.pointer(name).is_some());
        if !has("/properties/parameters") {
            return None;
        }
        if has("/properties/step_type") {
            let units = cleanse::ALL.iter().map(|unit| (unit.name(), Self::of(unit.shape())));
            return Some(("step_type", units.collect()));
        }
        if has("/properties/action_type") {
            let units = action::ALL.iter().map(|unit| (unit.name(), Self::of(unit.shape())));
            return Some(("action_type", units.collect()));
        }
        if has("/properties/rule_type") || has("/properties/template") {
            let units = rule::ALL.iter().map(|unit| (unit.name(), Self::of(unit.shape())));
            return Some(("rule_type", units.collect()));
        }
        None
    }

    /// Whether a value equals what is meant where the field is left out.
    pub(crate) fn is_default(self, value: &Value) -> bool {
        match (value, self.default()) {
            (Value::Null, _) => true,
            (value, Some(default)) => value == default,
            (_, None) => false,
        }
    }
}

/// Fields that all kinds share stand in this order, behind the id and before their own.
fn rank(name: &str) -> usize {
    const FIRST: [&str; 8] =
        ["name", "description", "tenant_id", "environment", "version", "status", "owner", "tags"];
    match FIRST.iter().position(|first| *first == name) {
        Some(position) => position + 1,
        None if name == "metadata" => FIRST.len() + 2,
        None if name.ends_with("_id") => 0,
        None => FIRST.len() + 1,
    }
}
