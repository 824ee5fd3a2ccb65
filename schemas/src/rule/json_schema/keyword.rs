//! The keywords of a JSON Schema as expressions, each true where it has nothing to say of a value.

use serde_json::{Map, Value};

use crate::code::Code;
use crate::datatype::DataType;
use crate::pattern;
use crate::plan::{Expr, Function, Literal};
use crate::problem::{Pointer, Problem};
use crate::rule::values::{any, not};

/// Schemas within schemas.
const DEEPEST: usize = 16;

/// Keywords that demand nothing.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "format",
    "readOnly",
    "title",
    "writeOnly",
];

/// The types of JSON.
const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// Which value of the document a schema speaks of, and where the schema stands.
pub(super) struct Place<'a> {
    document: &'a Expr,
    /// Where the value is, as a JSON Pointer.
    value: Pointer,
    /// Where the schema stands in what the author wrote.
    schema: Pointer,
    depth: usize,
}

type Result<T> = std::result::Result<T, Vec<Problem>>;

impl<'a> Place<'a> {
    /// The whole document.
    pub(super) fn root(document: &'a Expr, schema: Pointer) -> Self {
        Self { document, value: Pointer::root(), schema, depth: 0 }
    }

    /// The same value under another schema.
    fn under(&self, schema: Pointer) -> Self {
        Self { value: self.value.clone(), schema, depth: self.depth + 1, ..*self }
    }

    fn call(&self, function: Function) -> Expr {
        let pointer = text(self.value.as_str());
        Expr::call(function, [self.document.clone(), pointer])
    }

    /// Whether the value is of a type of the plan.
    fn is(&self, kind: &str) -> Expr {
        Expr::call(Function::Equal, [self.call(Function::JsonType), text(kind)])
    }

    /// True where the value is of another type, otherwise what `test` says.
    fn if_of(&self, kind: &str, test: Expr) -> Expr {
        any([not(self.is(kind)), test])
    }

    fn number(&self) -> Expr {
        let value = Box::new(self.call(Function::JsonText));
        Expr::Cast { value, to: DataType::Double, format: None }
    }

    fn fault(&self, keyword: &str, message: impl Into<String>) -> Vec<Problem> {
        vec![Problem::new(Code::BadValue, self.schema.key(keyword), message)]
    }
}

fn text(value: &str) -> Expr {
    Expr::literal(Literal::Text(value.to_owned()))
}

fn truth(value: bool) -> Expr {
    Expr::literal(Literal::Boolean(value))
}

/// Whether the value that is there at `place` is of the schema.
///
/// # Errors
/// The schema is none, or has a keyword that is not judged.
pub(super) fn lower(schema: &Value, place: &Place<'_>) -> Result<Expr> {
    if place.depth > DEEPEST {
        let message = format!("schemas stand more than {DEEPEST} deep in each other");
        return Err(vec![Problem::new(Code::BadValue, place.schema.clone(), message)]);
    }
    let keywords = match schema {
        Value::Bool(value) => return Ok(truth(*value)),
        Value::Object(keywords) => keywords,
        _ => {
            let message = "a schema is an object, `true` or `false`";
            return Err(vec![Problem::new(Code::BadValue, place.schema.clone(), message)]);
        }
    };
    let mut tests = Vec::new();
    let mut problems = Vec::new();
    for (name, value) in keywords {
        match keyword(name, value, keywords, place) {
            Ok(found) => tests.extend(found),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if problems.is_empty() { Ok(Expr::all(tests)) } else { Err(problems) }
}

fn keyword(
    name: &str,
    value: &Value,
    beside: &Map<String, Value>,
    place: &Place<'_>,
) -> Result<Option<Expr>> {
    let test = match name {
        "type" => types(value, place)?,
        "enum" => choices(name, value, place)?,
        "const" => place_equals(value, place).ok_or_else(|| single(name, place))?,
        "required" => required(value, place)?,
        "properties" => properties(value, place)?,
        "additionalProperties" => return closed(value, beside, place),
        "minimum" => bound(name, Function::GreaterOrEqual, value, place)?,
        "maximum" => bound(name, Function::LessOrEqual, value, place)?,
        "exclusiveMinimum" => bound(name, Function::Greater, value, place)?,
        "exclusiveMaximum" => bound(name, Function::Less, value, place)?,
        "multipleOf" => multiple(name, value, place)?,
        "minLength" | "maxLength" => {
            let length = Expr::call(Function::Length, [place.call(Function::JsonText)]);
            place.if_of("string", size(name, length, value, place)?)
        }
        "minItems" | "maxItems" => {
            place.if_of("array", size(name, place.call(Function::JsonLength), value, place)?)
        }
        "pattern" => matches(name, value, place)?,
        "allOf" => Expr::all(schemas(name, value, place)?),
        "anyOf" => any(schemas(name, value, place)?),
        "not" => not(lower(value, &place.under(place.schema.key(name)))?),
        _ if ANNOTATIONS.contains(&name) => return Ok(None),
        _ => {
            let message = format!("the keyword `{name}` is not judged here");
            return Err(vec![
                Problem::new(Code::BadValue, place.schema.key(name), message).at_key(),
            ]);
        }
    };
    Ok(Some(test))
}

fn single(name: &str, place: &Place<'_>) -> Vec<Problem> {
    place.fault(name, "only single values are compared, no lists and no objects")
}

fn types(value: &Value, place: &Place<'_>) -> Result<Expr> {
    let names: Vec<&str> = match value {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let known = names.iter().all(|name| TYPES.contains(name));
    if names.is_empty() || !known || value.as_array().is_some_and(|list| list.len() != names.len())
    {
        return Err(place.fault("type", format!("a type is one of {}", TYPES.join(", "))));
    }
    Ok(any(names.into_iter().map(|name| match name {
        "integer" => {
            let one = Expr::literal(Literal::Double(1.0));
            let zero = Expr::literal(Literal::Double(0.0));
            let rest = Expr::call(Function::Modulo, [place.number(), one]);
            Expr::all([place.is("number"), Expr::call(Function::Equal, [rest, zero])])
        }
        other => place.is(other),
    })))
}

/// Whether the value is this one; `None` where that is a list or an object.
fn place_equals(value: &Value, place: &Place<'_>) -> Option<Expr> {
    let equal = |kind: &str, sides: [Expr; 2]| {
        Some(Expr::all([place.is(kind), Expr::call(Function::Equal, sides)]))
    };
    match value {
        Value::Null => Some(place.is("null")),
        Value::Bool(truth) => {
            equal("boolean", [place.call(Function::JsonText), text(&truth.to_string())])
        }
        Value::Number(number) => {
            let number = Expr::literal(Literal::Double(number.as_f64()?));
            equal("number", [place.number(), number])
        }
        Value::String(value) => equal("string", [place.call(Function::JsonText), text(value)]),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn choices(name: &str, value: &Value, place: &Place<'_>) -> Result<Expr> {
    let Value::Array(values) = value else {
        return Err(place.fault(name, "a list of values is wanted"));
    };
    let here = place.under(place.schema.key(name));
    let tests = values.iter().enumerate().map(|(index, value)| {
        place_equals(value, place).ok_or_else(|| single(&index.to_string(), &here))
    });
    Ok(any(tests.collect::<Result<Vec<_>>>()?))
}

/// The value of a field of the object.
fn field<'a>(name: &str, schema: Pointer, place: &Place<'a>) -> Place<'a> {
    Place { value: place.value.key(name), ..place.under(schema) }
}

fn required(value: &Value, place: &Place<'_>) -> Result<Expr> {
    let names = value.as_array().map_or(&[][..], Vec::as_slice);
    if !value.is_array() || !names.iter().all(Value::is_string) {
        return Err(place.fault("required", "a list of names is wanted"));
    }
    let there = names
        .iter()
        .filter_map(Value::as_str)
        .map(|name| field(name, Pointer::root(), place).call(Function::JsonType).is_not_null());
    Ok(place.if_of("object", Expr::all(there)))
}

fn properties(value: &Value, place: &Place<'_>) -> Result<Expr> {
    let Value::Object(fields) = value else {
        return Err(place.fault("properties", "an object of names and schemas is wanted"));
    };
    let mut tests = Vec::new();
    let mut problems = Vec::new();
    for (name, schema) in fields {
        let below = field(name, place.schema.key("properties").key(name), place);
        let absent = Expr::call(Function::IsNull, [below.call(Function::JsonType)]);
        match lower(schema, &below) {
            Ok(test) => tests.push(any([absent, test])),
            Err(mut found) => problems.append(&mut found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(place.if_of("object", Expr::all(tests)))
}

fn closed(value: &Value, beside: &Map<String, Value>, place: &Place<'_>) -> Result<Option<Expr>> {
    match value {
        Value::Bool(true) => return Ok(None),
        Value::Bool(false) => {}
        _ => {
            let message = "`true` or `false` is wanted; a schema for further fields is not judged";
            return Err(place.fault("additionalProperties", message));
        }
    }
    let known = beside.get("properties").and_then(Value::as_object);
    let known = known.into_iter().flatten().map(|(name, _)| text(name));
    let arguments = [place.document.clone(), text(place.value.as_str())].into_iter().chain(known);
    Ok(Some(place.if_of("object", Expr::call(Function::JsonKeysWithin, arguments))))
}

fn bound(name: &str, function: Function, value: &Value, place: &Place<'_>) -> Result<Expr> {
    let number = value.as_f64().filter(|_| value.is_number());
    let number = number.ok_or_else(|| place.fault(name, "a number is wanted"))?;
    let sides = [place.number(), Expr::literal(Literal::Double(number))];
    Ok(place.if_of("number", Expr::call(function, sides)))
}

fn multiple(name: &str, value: &Value, place: &Place<'_>) -> Result<Expr> {
    let number = value.as_f64().filter(|number| *number > 0.0);
    let number = number.ok_or_else(|| place.fault(name, "a number above zero is wanted"))?;
    let quotient =
        Expr::call(Function::Divide, [place.number(), Expr::literal(Literal::Double(number))]);
    let rest = Expr::call(Function::Modulo, [quotient, Expr::literal(Literal::Double(1.0))]);
    let whole = Expr::call(Function::Equal, [rest, Expr::literal(Literal::Double(0.0))]);
    Ok(place.if_of("number", whole))
}

/// A size at least or at most so large.
fn size(name: &str, size: Expr, value: &Value, place: &Place<'_>) -> Result<Expr> {
    let bound = value.as_u64().and_then(|bound| i64::try_from(bound).ok());
    let bound = bound.ok_or_else(|| place.fault(name, "a whole number is wanted"))?;
    let function =
        if name.starts_with("min") { Function::GreaterOrEqual } else { Function::LessOrEqual };
    Ok(Expr::call(function, [size, Expr::literal(crate::literal::integer(bound))]))
}

fn matches(name: &str, value: &Value, place: &Place<'_>) -> Result<Expr> {
    let pattern = value.as_str().ok_or_else(|| place.fault(name, "a text is wanted"))?;
    let pattern = pattern::portable(pattern).map_err(|error| place.fault(name, error.message))?;
    let value = Box::new(place.call(Function::JsonText));
    Ok(place.if_of("string", Expr::Matches { value, pattern, whole: false }))
}

fn schemas(name: &str, value: &Value, place: &Place<'_>) -> Result<Vec<Expr>> {
    let list = value.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| place.fault(name, "a list of schemas is wanted"))?;
    let below = |index| place.under(place.schema.key(name).index(index));
    list.iter().enumerate().map(|(index, schema)| lower(schema, &below(index))).collect()
}
