//! The form of an ODCS document: which fields there are, what each takes, and which are required.
//!
//! Tables below `form/` state it for versions 3.0 and 3.1 together, since documents of the one often use
//! words of the other; a test holds them against the standard's own JSON Schemas. Unknown fields are
//! errors, so that a slip of the pen is not carried along as if it meant something.

/// Fields of something that has notes of every kind, and its own.
macro_rules! noted {
    ($($field:expr),* $(,)?) => {
        &[
            may("id", Form::StableId),
            may("description", Form::Text),
            may("tags", TEXTS),
            may("customProperties", CUSTOM_PROPERTIES),
            may("authoritativeDefinitions", DEFINITIONS),
            $($field,)*
        ]
    };
}

mod contract;
mod quality;
mod schema;
mod server;

use assay_schemas::code::Code;
use assay_schemas::problem::{Pointer, Problem, nearest};
use serde_json::{Map, Value};

pub use contract::CONTRACT;
pub(crate) use quality::unknown_metric;
pub use server::SERVER_TYPES;

/// What a value may be. Nothing but [`Form::Any`] and [`Form::Single`] takes null.
#[derive(Debug)]
pub enum Form {
    /// Text.
    Text,
    /// Text of letters, digits, `_` and `-`: an id that other tools may refer to.
    StableId,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A number.
    Number,
    /// A number above zero.
    Positive,
    /// A whole number.
    Whole,
    /// A whole number from zero.
    Count,
    /// `true` or `false`.
    Flag,
    /// Two different numbers.
    Pair,
    /// Anything.
    Any,
    /// Anything but a list or an object.
    Single,
    /// An object of any fields.
    Free,
    /// A list.
    List(&'static Self),
    /// A list of at least one.
    Some(&'static Self),
    /// An object.
    Object(&'static Table),
    /// Any of these; told apart by their JSON types.
    Either(&'static [Self]),
}

/// The fields of an object.
#[derive(Debug)]
pub struct Table {
    /// What messages call the object.
    pub name: &'static str,
    /// The fields that it always may have.
    pub fields: &'static [Field],
    /// Fields that it may have besides, by what it holds.
    pub more: fn(&Map<String, Value>) -> &'static [Field],
    /// What its fields must be together.
    pub together: fn(&Map<String, Value>) -> Option<Together>,
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
}

/// What is wrong with the fields of an object together.
#[derive(Debug)]
pub struct Together {
    /// The field that it concerns; the object itself where there is none.
    pub field: Option<&'static str>,
    /// Stable code.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub hint: String,
    /// Whether 3.0 allows it.
    pub since_3_1: bool,
}

impl Table {
    /// A table of these fields and nothing more.
    pub(crate) const fn of(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, more: |_| &[], together: |_| None }
    }
}

/// A field that may be left out.
pub(crate) const fn may(name: &'static str, form: Form) -> Field {
    Field { name, form, required: false }
}

/// A field that must be there.
pub(crate) const fn must(name: &'static str, form: Form) -> Field {
    Field { name, form, required: true }
}

/// Everything in which a document departs from the form of a contract.
pub fn check(document: &Map<String, Value>) -> Vec<Problem> {
    let old = document
        .get("apiVersion")
        .and_then(Value::as_str)
        .is_some_and(|version| version.starts_with("v3.0"));
    let mut check = Check { old, problems: Vec::new() };
    check.object(&CONTRACT, document, &Pointer::root());
    check.problems
}

struct Check {
    /// Whether the document is of version 3.0.
    old: bool,
    problems: Vec<Problem>,
}

impl Check {
    fn object(&mut self, table: &Table, fields: &Map<String, Value>, at: &Pointer) {
        let more = (table.more)(fields);
        let known = || table.fields.iter().chain(more);
        for (key, value) in fields {
            match known().find(|field| field.name == key) {
                Some(field) => self.value(&field.form, value, &at.key(key)),
                None => self.unknown(table, key, known().map(|field| field.name), at),
            }
        }
        for field in known().filter(|field| field.required && !fields.contains_key(field.name)) {
            let message = format!("{} has no `{}`", table.name, field.name);
            let problem = Problem::new(Code::MissingField, at.clone(), message);
            self.problems.push(problem.hint(format!("the standard requires `{}`", field.name)));
        }
        let together = (table.together)(fields).filter(|found| !(self.old && found.since_3_1));
        if let Some(found) = together {
            let place = found.field.map_or_else(|| at.clone(), |field| at.key(field));
            self.problems.push(Problem::new(found.code, place, found.message).hint(found.hint));
        }
    }

    fn unknown(
        &mut self,
        table: &Table,
        key: &str,
        known: impl Iterator<Item = &'static str> + Clone,
        at: &Pointer,
    ) {
        let message = format!("{} has no field `{key}` in this standard", table.name);
        let problem = Problem::new(Code::UnknownField, at.key(key), message).at_key();
        self.problems.push(match nearest(key, known.clone()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None if known.clone().any(|name| name == "customProperties") => {
                problem.hint("what the standard does not know belongs into `customProperties`")
            }
            None => {
                problem.hint(format!("fields here are {}", known.collect::<Vec<_>>().join(", ")))
            }
        });
    }

    fn value(&mut self, form: &Form, value: &Value, at: &Pointer) {
        match (form, value) {
            (Form::Either(forms), _) => match forms.iter().find(|form| form.takes_type(value)) {
                Some(form) => self.value(form, value, at),
                None => self.wrong_type(form, value, at),
            },
            _ if !form.takes_type(value) => self.wrong_type(form, value, at),
            (Form::Some(_), Value::Array(items)) if items.is_empty() => {
                self.bad(at, "the list is empty");
            }
            (Form::List(form) | Form::Some(form), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(form, item, &at.index(index));
                }
            }
            (Form::Object(table), Value::Object(fields)) => self.object(table, fields, at),
            (Form::OneOf(names), Value::String(text)) => self.one_of(names, text, at),
            (Form::StableId, Value::String(text)) if !is_stable_id(text) => {
                self.bad(at, "an id has letters, digits, `_` and `-` alone");
            }
            (Form::Positive, Value::Number(number))
                if number.as_f64().is_some_and(|number| number <= 0.0) =>
            {
                self.bad(at, "expected a number above 0");
            }
            (Form::Count, Value::Number(number))
                if number.as_f64().is_some_and(|number| number < 0.0) =>
            {
                self.bad(at, "expected a whole number from 0");
            }
            (Form::Pair, Value::Array(items)) => {
                let numbers = items.iter().all(Value::is_number);
                if !numbers || items.len() != 2 || items[0] == items[1] {
                    self.bad(at, "expected two different numbers, the smaller first");
                }
            }
            _ => {}
        }
    }

    fn bad(&mut self, at: &Pointer, message: &str) {
        self.problems.push(Problem::new(Code::BadValue, at.clone(), message));
    }

    fn one_of(&mut self, names: &[&'static str], text: &str, at: &Pointer) {
        if names.contains(&text) {
            return;
        }
        let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let problem =
            Problem::new(Code::BadValue, at.clone(), format!("`{text}` is none of {listed}"));
        self.problems.push(match nearest(text, names.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        });
    }

    fn wrong_type(&mut self, form: &Form, value: &Value, at: &Pointer) {
        let message = format!("expected {}, found {}", form.words(), found(value));
        let problem = Problem::new(Code::WrongType, at.clone(), message);
        self.problems.push(match value {
            Value::Null => problem.hint("write a value, or leave the field out"),
            Value::Number(_) | Value::Bool(_) if form.takes_type(&Value::String(String::new())) => {
                problem.hint(format!("quote it: \"{value}\""))
            }
            _ => problem,
        });
    }
}

impl Form {
    /// Whether a value has the JSON type of this form.
    fn takes_type(&self, value: &Value) -> bool {
        match self {
            Self::Text | Self::StableId | Self::OneOf(_) => value.is_string(),
            Self::Number | Self::Positive => value.is_number(),
            Self::Whole | Self::Count => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Flag => value.is_boolean(),
            Self::Any => true,
            Self::Single => !value.is_array() && !value.is_object(),
            Self::List(_) | Self::Some(_) | Self::Pair => value.is_array(),
            Self::Object(_) | Self::Free => value.is_object(),
            Self::Either(forms) => forms.iter().any(|form| form.takes_type(value)),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Text | Self::StableId | Self::OneOf(_) => "text".to_owned(),
            Self::Number | Self::Positive => "a number".to_owned(),
            Self::Whole | Self::Count => "a whole number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Any => "anything".to_owned(),
            Self::Single => "a single value".to_owned(),
            Self::List(_) | Self::Some(_) => "a list".to_owned(),
            Self::Pair => "a list of two numbers".to_owned(),
            Self::Object(_) | Self::Free => "an object".to_owned(),
            Self::Either(forms) => forms.iter().map(Self::words).collect::<Vec<_>>().join(" or "),
        }
    }
}

fn is_stable_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// A value as a message shows it.
fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) if text.chars().count() > 40 => "a long text".to_owned(),
        other => format!("`{}`", other.as_str().map_or_else(|| other.to_string(), str::to_owned)),
    }
}
