//! Shapes: the JSON Schema of an authored value, and the one check against it.
//!
//! A shape is generated from a Rust type and published for editors. The check understands exactly the
//! part of JSON Schema that these types generate, which lets it say what is wrong in the author's terms:
//! the key that is unknown, the one that was meant, the values that are allowed.

mod fit;
mod form;
mod words;

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::code::Code;
use crate::day::Day;
use crate::problem::{Fix, Pointer, Problem};
use crate::words::counted;
use fit::Fit;
pub(crate) use form::matches;
use words::{
    allowed_values, elsewhere, first_line, is_whole, shown, tag_of, type_of, types_of, word,
};

/// The JSON Schema of an authored value.
#[derive(Debug)]
pub struct Shape {
    schema: Value,
    fit: Fit,
}

impl Shape {
    /// The shape of a type.
    pub fn of<T: JsonSchema>() -> Self {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let schema = generator.into_root_schema_for::<T>().to_value();
        Self { fit: Fit::of(&schema), schema }
    }

    /// The JSON Schema, draft 2020-12.
    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// Everything in which `value` departs from the shape.
    pub fn check(&self, value: &Value) -> Vec<Problem> {
        if self.fits(value) { Vec::new() } else { self.explain(value) }
    }

    /// Whether `value` departs from the shape in nothing.
    pub fn fits(&self, value: &Value) -> bool {
        self.fit.fits(value)
    }

    /// The same as [`Shape::check`], found by the way that explains alone.
    pub fn explain(&self, value: &Value) -> Vec<Problem> {
        let mut check = Check { root: &self.schema, problems: Vec::new() };
        check.value(&self.schema, value, &Pointer::root());
        check.problems
    }
}

/// The shape of a type, made once and kept for the life of the program.
pub(crate) fn cached<T: JsonSchema + 'static>() -> &'static Shape {
    static SHAPES: OnceLock<Mutex<BTreeMap<TypeId, &'static Shape>>> = OnceLock::new();
    let mut shapes = SHAPES
        .get_or_init(|| Mutex::new(BTreeMap::new()))
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    shapes.entry(TypeId::of::<T>()).or_insert_with(|| Box::leak(Box::new(Shape::of::<T>())))
}

/// Turns a value that fits its shape into its type.
///
/// # Errors
/// A condition of the type that its shape does not state, as one problem with the whole value.
pub fn take<T: DeserializeOwned>(value: &Value) -> Result<T, Vec<Problem>> {
    let mut value = value.clone();
    drop_null_fields(&mut value);
    serde_json::from_value(value)
        .map_err(|error| vec![Problem::new(Code::BadValue, Pointer::root(), error.to_string())])
}

/// A field that is null means the same as one that is not there.
fn drop_null_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_null_fields);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null_fields),
        _ => {}
    }
}

struct Check<'a> {
    root: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn value(&mut self, schema: &'a Value, value: &Value, pointer: &Pointer) {
        let schema = self.resolve(schema);
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            self.any_of(branches, value, pointer);
            return;
        }
        if let Some(allowed) = allowed_values(schema) {
            self.one_of_values(&allowed, value, pointer);
            return;
        }
        if let Some(branches) = schema.get("oneOf").and_then(Value::as_array) {
            self.tagged(branches, value, pointer);
            return;
        }
        if !self.has_type(schema, value, pointer) {
            return;
        }
        match value {
            Value::Object(fields) => self.object(schema, fields, pointer),
            Value::Array(items) => self.list(schema, items, pointer),
            Value::String(text) => self.text(schema, text, pointer),
            Value::Number(number) => self.number(schema, number.as_f64(), pointer),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        resolve(self.root, schema)
    }

    /// Takes the branch that the value's type speaks for.
    fn any_of(&mut self, branches: &'a [Value], value: &Value, pointer: &Pointer) {
        let fitting =
            branches.iter().find(|branch| types_of(self.resolve(branch)).contains(type_of(value)));
        match fitting
            .or_else(|| branches.iter().find(|b| !types_of(self.resolve(b)).contains("null")))
        {
            Some(branch) if !value.is_null() => self.value(branch, value, pointer),
            _ => {}
        }
    }

    fn one_of_values(&mut self, allowed: &[&Value], value: &Value, pointer: &Pointer) {
        if allowed.contains(&value) {
            return;
        }
        let names: Vec<_> = allowed.iter().filter_map(|name| name.as_str()).collect();
        let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let problem = Problem::new(
            Code::BadValue,
            pointer.clone(),
            format!("expected one of {listed}, found {}", shown(value)),
        );
        let Some(text) = value.as_str() else { return self.problems.push(problem) };
        // Names that differ in case alone are the nearest, however many letters they have.
        let same = |name: &&&str| name.eq_ignore_ascii_case(text);
        self.problems.push(match names.iter().find(same) {
            Some(name) => problem
                .hint(format!("did you mean `{name}`?"))
                .fix(Fix::Rename { was: text.to_owned(), now: (*name).to_owned() }),
            None => problem.did_you_mean(text, names.iter().copied()),
        });
    }

    /// Takes the branch that the value names in the one field that tells the branches apart.
    fn tagged(&mut self, branches: &'a [Value], value: &Value, pointer: &Pointer) {
        let Some((tag, names)) = tag_of(branches) else { return };
        let Some(fields) = value.as_object() else {
            let message = format!("expected an object, found {}", shown(value));
            self.problems.push(Problem::new(Code::WrongType, pointer.clone(), message));
            return;
        };
        let Some(found) = fields.get(tag).filter(|found| !found.is_null()) else {
            let problem =
                Problem::new(Code::MissingField, pointer.clone(), format!("missing field `{tag}`"));
            let listed: Vec<_> = names.iter().map(|name| shown(name)).collect();
            self.problems.push(problem.hint(format!("it is one of {}", listed.join(", "))));
            return;
        };
        match names.iter().position(|name| *name == found) {
            Some(index) => self.value(&branches[index], value, pointer),
            None => self.one_of_values(&names, found, &pointer.key(tag)),
        }
    }

    fn has_type(&mut self, schema: &Value, value: &Value, pointer: &Pointer) -> bool {
        let wanted = types_of(schema);
        let actual = type_of(value);
        let fits = wanted.is_empty()
            || wanted.contains(actual)
            || (actual == "integer" && wanted.contains("number"))
            || (actual == "number" && wanted.contains("integer") && is_whole(value));
        if !fits {
            let words: Vec<_> =
                wanted.iter().filter(|name| **name != "null").map(|name| word(name)).collect();
            let message = format!("expected {}, found {}", words.join(" or "), shown(value));
            let mut problem = Problem::new(Code::WrongType, pointer.clone(), message);
            let scalar = matches!(value, Value::Number(_) | Value::Bool(_));
            // What has a form of its own is not put right by quotes alone.
            let read = form::reader(schema).map(|read| read(&value.to_string()));
            if let (true, Some(Err(why))) = (scalar, read) {
                problem = problem.hint(why);
            } else if wanted.contains("string") && scalar {
                // A number may have been written in another way than it prints, as `1.10`.
                let hint = match value.is_f64() {
                    true => "put it in quotes, so that it is a text".to_owned(),
                    false => format!("quote it: \"{value}\""),
                };
                problem = problem.hint(hint).fix(Fix::Quote);
            } else if wanted.contains("array") && !value.is_array() {
                problem = problem.hint("write a list, even of one: `[…]`");
            }
            self.problems.push(problem);
        }
        fits
    }

    fn object(&mut self, schema: &'a Value, fields: &Map<String, Value>, pointer: &Pointer) {
        let empty = Map::new();
        let known = schema.get("properties").and_then(Value::as_object);
        let rest = schema.get("additionalProperties");
        for (key, value) in fields {
            let place = pointer.key(key);
            match (known.and_then(|known| known.get(key)), rest) {
                (Some(_), _) if value.is_null() => {}
                (Some(field), _) => self.value(field, value, &place),
                (None, Some(Value::Bool(false))) => match schema.get("patternProperties") {
                    Some(Value::Object(patterns)) => self.by_pattern(patterns, (key, value), place),
                    _ => self.unknown_field(key, known.unwrap_or(&empty), fields, place),
                },
                (None, Some(rest)) => self.value(rest, value, &place),
                (None, None) => {}
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if fields.get(name).is_none_or(Value::is_null) {
                let message = format!("missing field `{name}`");
                let problem = Problem::new(Code::MissingField, pointer.clone(), message);
                let meaning = known
                    .and_then(|known| known.get(name))
                    .and_then(|field| field.get("description"))
                    .and_then(Value::as_str);
                self.problems.push(match meaning {
                    Some(meaning) => problem.hint(format!("`{name}`: {}", first_line(meaning))),
                    None => problem,
                });
            }
        }
    }

    fn unknown_field(
        &mut self,
        key: &str,
        known: &Map<String, Value>,
        fields: &Map<String, Value>,
        place: Pointer,
    ) {
        let elsewhere = elsewhere(self.root, key, &place);
        let mut problem = Problem::new(Code::UnknownField, place, format!("unknown field `{key}`"))
            .at_key()
            .did_you_mean(key, known.keys().map(String::as_str))
            .or_hint(|| {
                let names: Vec<_> = known.keys().map(String::as_str).collect();
                elsewhere.unwrap_or_else(|| format!("fields here are {}", names.join(", ")))
            });
        // A field that is there already must not come a second time.
        problem.fix = problem
            .fix
            .filter(|fix| matches!(fix, Fix::Rename { now, .. } if !fields.contains_key(now)));
        self.problems.push(problem);
    }

    /// A field of a map whose keys have a form of their own.
    fn by_pattern(
        &mut self,
        patterns: &'a Map<String, Value>,
        (key, value): (&str, &Value),
        place: Pointer,
    ) {
        match patterns.iter().find(|(pattern, _)| matches(pattern, key)) {
            Some((_, schema)) => self.value(schema, value, &place),
            None => {
                let forms: Vec<_> = patterns.keys().map(|pattern| format!("`{pattern}`")).collect();
                let message = format!("`{key}` does not have the form of a name here");
                let problem = Problem::new(Code::BadValue, place, message).at_key();
                self.problems.push(problem.hint(format!("it must match {}", forms.join(" or "))));
            }
        }
    }

    fn list(&mut self, schema: &'a Value, items: &[Value], pointer: &Pointer) {
        if let Some(item) = schema.get("items") {
            for (index, value) in items.iter().enumerate() {
                self.value(item, value, &pointer.index(index));
            }
        }
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        if (items.len() as u64) < least {
            let wanted = counted(least, "element");
            let message = format!("expected at least {wanted}, found {}", items.len());
            self.problems.push(Problem::new(Code::BadValue, pointer.clone(), message));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            for (index, value) in items.iter().enumerate() {
                if items[..index].contains(value) {
                    let message = format!("{} stands here for the second time", shown(value));
                    let place = pointer.index(index);
                    self.problems.push(Problem::new(Code::BadValue, place, message));
                }
            }
        }
    }

    fn text(&mut self, schema: &Value, text: &str, pointer: &Pointer) {
        let length = text.chars().count() as u64;
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
        if length < least || length > most {
            let most = counted(most, "character");
            let message = format!("expected {least} to {most}, found {length}");
            self.problems.push(Problem::new(Code::BadValue, pointer.clone(), message));
            return;
        }
        if let Some(Err(message)) = form::reader(schema).map(|read| read(text)) {
            self.problems.push(Problem::new(Code::BadValue, pointer.clone(), message));
            return;
        }
        let pattern = schema.get("pattern").and_then(Value::as_str);
        if let Some(pattern) = pattern.filter(|pattern| !matches(pattern, text)) {
            let problem = Problem::new(
                Code::BadValue,
                pointer.clone(),
                format!("`{text}` does not have the form of this field"),
            );
            let hint = schema.get("description").and_then(Value::as_str).map_or_else(
                || format!("it must match `{pattern}`"),
                |meaning| first_line(meaning).to_owned(),
            );
            self.problems.push(problem.hint(hint));
            return;
        }
        let is_date = schema.get("format").and_then(Value::as_str) == Some("date");
        if let (true, Err(error)) = (is_date, text.parse::<Day>()) {
            self.problems.push(Problem::new(Code::BadValue, pointer.clone(), error.to_string()));
        }
    }

    fn number(&mut self, schema: &Value, number: Option<f64>, pointer: &Pointer) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let Some(number) = number else { return };
        let fits = bound("minimum").is_none_or(|least| number >= least)
            && bound("maximum").is_none_or(|most| number <= most)
            && bound("exclusiveMinimum").is_none_or(|least| number > least)
            && bound("exclusiveMaximum").is_none_or(|most| number < most);
        if !fits {
            let least = bound("minimum").or(bound("exclusiveMinimum"));
            let most = bound("maximum").or(bound("exclusiveMaximum"));
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("between {least} and {most}"),
                (Some(least), None) => format!("at least {least}"),
                (None, Some(most)) => format!("at most {most}"),
                (None, None) => "within bounds".to_owned(),
            };
            let message = format!("{number} is out of range: expected {range}");
            self.problems.push(Problem::new(Code::BadValue, pointer.clone(), message));
        }
    }
}

/// What a schema refers to, or the schema itself.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| root.pointer(pointer));
    target.unwrap_or(schema)
}
