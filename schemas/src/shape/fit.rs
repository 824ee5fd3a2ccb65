//! The quick answer of a shape: whether a value fits at all.
//!
//! Nearly every value does. So the schema is turned once into what can be walked without looking anything up and
//! without allocating; only where a value does not fit does the check that explains go over it. Both say the
//! same, which a test over samples of every kind and their mutations holds.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::form::{Reader, reader};
use super::resolve;
use super::words::{allowed_values, is_whole, tag_of, type_of, types_of};
use crate::day::Day;

/// A schema, made ready.
#[derive(Debug)]
pub(super) struct Fit {
    nodes: Vec<Node>,
}

/// A node by its place in the list.
type At = usize;

#[derive(Debug)]
enum Node {
    /// Nothing is demanded.
    Anything,
    /// The branch that the type of the value speaks for, or else the first that is not about null.
    AnyOf {
        branches: Vec<(Types, At)>,
        otherwise: Option<At>,
    },
    /// One of these.
    Values(Vec<Value>),
    /// The branch that a field names.
    Tagged {
        tag: String,
        branches: Vec<(Value, At)>,
    },
    Typed(Box<Typed>),
}

/// A set of the types of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Types(u8);

impl Types {
    const NAMES: [&'static str; 7] =
        ["null", "boolean", "number", "integer", "string", "array", "object"];

    fn of(schema: &Value) -> Self {
        let names = types_of(schema);
        Self(names.iter().fold(0, |set, name| set | Self::one(name).0))
    }

    fn one(name: &str) -> Self {
        Self(Self::NAMES.iter().position(|known| *known == name).map_or(0, |place| 1 << place))
    }

    fn of_value(value: &Value) -> Self {
        Self(match value {
            Value::Null => 1,
            Value::Bool(_) => 1 << 1,
            Value::Number(number) if number.is_f64() => 1 << 2,
            Value::Number(_) => 1 << 3,
            Value::String(_) => 1 << 4,
            Value::Array(_) => 1 << 5,
            Value::Object(_) => 1 << 6,
        })
    }

    fn holds(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn admits(self, value: &Value) -> bool {
        let actual = Self::of_value(value);
        self.0 == 0
            || self.holds(actual)
            || (type_of(value) == "integer" && self.holds(Self::one("number")))
            || (type_of(value) == "number" && self.holds(Self::one("integer")) && is_whole(value))
    }
}

#[derive(Debug)]
struct Typed {
    types: Types,
    fields: BTreeMap<String, At>,
    rest: Rest,
    required: Vec<String>,
    item: Option<At>,
    least_items: usize,
    unique: bool,
    /// Bounds of the length, where there are any.
    length: Option<(u64, u64)>,
    form: Option<Reader>,
    /// The pattern; one that is no regular expression matches nothing.
    pattern: Option<Option<Regex>>,
    date: bool,
    least: Option<f64>,
    most: Option<f64>,
    above: Option<f64>,
    below: Option<f64>,
}

/// What becomes of fields that are not listed.
#[derive(Debug)]
enum Rest {
    Anything,
    Refused,
    Each(At),
    ByPattern(Vec<(Option<Regex>, At)>),
}

impl Fit {
    /// Makes a schema ready; its root is the first node.
    pub(super) fn of(root: &Value) -> Self {
        let mut maker = Maker { root, nodes: Vec::new(), named: BTreeMap::new() };
        maker.node(root);
        Self { nodes: maker.nodes }
    }

    /// Whether the value departs from the shape in nothing.
    pub(super) fn fits(&self, value: &Value) -> bool {
        self.value(0, value)
    }

    fn value(&self, at: At, value: &Value) -> bool {
        match &self.nodes[at] {
            Node::Anything => true,
            Node::AnyOf { branches, otherwise } => {
                let actual = Types::of_value(value);
                let fitting = branches.iter().find(|(types, _)| types.holds(actual));
                match fitting.map(|(_, at)| *at).or(*otherwise) {
                    Some(branch) if !value.is_null() => self.value(branch, value),
                    _ => true,
                }
            }
            Node::Values(allowed) => allowed.contains(value),
            Node::Tagged { tag, branches } => {
                let found = value.as_object().and_then(|fields| fields.get(tag));
                let branch = branches.iter().find(|(name, _)| Some(name) == found);
                branch.is_some_and(|(_, at)| self.value(*at, value))
            }
            Node::Typed(typed) => typed.types.admits(value) && self.typed(typed, value),
        }
    }

    fn typed(&self, typed: &Typed, value: &Value) -> bool {
        match value {
            Value::Object(fields) => self.object(typed, fields),
            Value::Array(items) => {
                items.len() >= typed.least_items
                    && typed
                        .item
                        .is_none_or(|item| items.iter().all(|value| self.value(item, value)))
                    && !(typed.unique
                        && items.iter().enumerate().any(|(at, item)| items[..at].contains(item)))
            }
            Value::String(text) => {
                let length = || text.chars().count() as u64;
                typed.length.is_none_or(|(least, most)| (least..=most).contains(&length()))
                    && typed.form.is_none_or(|read| read(text).is_ok())
                    && typed.pattern.as_ref().is_none_or(|pattern| matches(pattern.as_ref(), text))
                    && (!typed.date || text.parse::<Day>().is_ok())
            }
            Value::Number(number) => number.as_f64().is_none_or(|number| {
                typed.least.is_none_or(|least| number >= least)
                    && typed.most.is_none_or(|most| number <= most)
                    && typed.above.is_none_or(|least| number > least)
                    && typed.below.is_none_or(|most| number < most)
            }),
            Value::Null | Value::Bool(_) => true,
        }
    }

    fn object(&self, typed: &Typed, fields: &Map<String, Value>) -> bool {
        let has = |name: &String| fields.get(name).is_some_and(|value| !value.is_null());
        fields.iter().all(|(key, value)| match (typed.fields.get(key), &typed.rest) {
            (Some(_), _) if value.is_null() => true,
            (Some(field), _) => self.value(*field, value),
            (None, Rest::Anything) => true,
            (None, Rest::Refused) => false,
            (None, Rest::Each(rest)) => self.value(*rest, value),
            (None, Rest::ByPattern(patterns)) => patterns
                .iter()
                .find(|(pattern, _)| matches(pattern.as_ref(), key))
                .is_some_and(|(_, at)| self.value(*at, value)),
        }) && typed.required.iter().all(has)
    }
}

fn matches(pattern: Option<&Regex>, text: &str) -> bool {
    pattern.is_some_and(|pattern| pattern.is_match(text))
}

/// Turns schemas into nodes.
struct Maker<'a> {
    root: &'a Value,
    nodes: Vec<Node>,
    /// Nodes of what is referred to, which may refer to itself.
    named: BTreeMap<&'a str, At>,
}

impl<'a> Maker<'a> {
    fn node(&mut self, schema: &'a Value) -> At {
        let name = schema.get("$ref").and_then(Value::as_str);
        if let Some(at) = name.and_then(|name| self.named.get(name)) {
            return *at;
        }
        let at = self.nodes.len();
        self.nodes.push(Node::Anything);
        self.named.extend(name.map(|name| (name, at)));
        self.nodes[at] = self.made(resolve(self.root, schema));
        at
    }

    fn made(&mut self, schema: &'a Value) -> Node {
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let types: Vec<_> =
                branches.iter().map(|branch| Types::of(resolve(self.root, branch))).collect();
            let nodes: Vec<_> = branches.iter().map(|branch| self.node(branch)).collect();
            let branches: Vec<_> = types.into_iter().zip(nodes).collect();
            let null = Types::one("null");
            let otherwise =
                branches.iter().find(|(types, _)| !types.holds(null)).map(|found| found.1);
            return Node::AnyOf { branches, otherwise };
        }
        if let Some(allowed) = allowed_values(schema) {
            return Node::Values(allowed.into_iter().cloned().collect());
        }
        if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
            let Some((tag, names)) = tag_of(branches) else { return Node::Anything };
            let nodes: Vec<_> = branches.iter().map(|branch| self.node(branch)).collect();
            let branches = names.into_iter().cloned().zip(nodes).collect();
            return Node::Tagged { tag: tag.to_owned(), branches };
        }
        Node::Typed(Box::new(self.typed(schema)))
    }

    fn typed(&mut self, schema: &'a Value) -> Typed {
        let whole = |name: &str| schema.get(name).and_then(Value::as_u64);
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let format = schema.get("format").and_then(Value::as_str);
        let pattern = schema.get("pattern").and_then(Value::as_str);
        let length = match (whole("minLength"), whole("maxLength")) {
            (None, None) => None,
            (least, most) => Some((least.unwrap_or(0), most.unwrap_or(u64::MAX))),
        };
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        Typed {
            types: Types::of(schema),
            fields: fields.map(|(name, field)| (name.clone(), self.node(field))).collect(),
            rest: self.rest(schema),
            required: required.filter_map(Value::as_str).map(str::to_owned).collect(),
            item: schema.get("items").map(|item| self.node(item)),
            least_items: usize::try_from(whole("minItems").unwrap_or(0)).unwrap_or(usize::MAX),
            unique: schema.get("uniqueItems") == Some(&Value::Bool(true)),
            length,
            form: reader(schema),
            pattern: pattern.map(|pattern| Regex::new(pattern).ok()),
            date: format == Some("date"),
            least: bound("minimum"),
            most: bound("maximum"),
            above: bound("exclusiveMinimum"),
            below: bound("exclusiveMaximum"),
        }
    }

    fn rest(&mut self, schema: &'a Value) -> Rest {
        match (schema.get("additionalProperties"), schema.get("patternProperties")) {
            (None, _) => Rest::Anything,
            (Some(Value::Bool(false)), Some(Value::Object(patterns))) => Rest::ByPattern(
                patterns
                    .iter()
                    .map(|(pattern, schema)| (Regex::new(pattern).ok(), self.node(schema)))
                    .collect(),
            ),
            (Some(Value::Bool(false)), _) => Rest::Refused,
            (Some(rest), _) => Rest::Each(self.node(rest)),
        }
    }
}
