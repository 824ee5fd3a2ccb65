//! Overlay: the environment's variables take the place of `${name}` in text fields.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::library::Object;
use assay_schemas::library::environment::Environment;
use assay_schemas::problem::{Pointer, Problem, nearest};
use serde_json::Value;

use super::link::Linked;
use crate::diagnostic::Sink;

/// The objects of one environment with its values in place.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    /// The objects and their references.
    pub(crate) linked: &'a Linked<'a>,
    /// Objects that hold a variable, with its value in place.
    changed: BTreeMap<usize, Object>,
}

impl Resolved<'_> {
    /// The object of an index, with values in place.
    pub(crate) fn object(&self, index: usize) -> &Object {
        self.changed.get(&index).unwrap_or_else(|| &self.linked.loaded(index).object())
    }
}

/// Puts the values of variables in place.
pub(crate) fn overlay<'a>(linked: &'a Linked<'a>, sink: &mut Sink) -> Resolved<'a> {
    let environment = &linked.environment.object();
    let mut changed = BTreeMap::new();
    for index in &linked.order {
        let loaded = linked.loaded(*index);
        if !holds_variable(&loaded.value()) {
            continue;
        }
        let mut value = loaded.value().clone();
        let mut problems = Vec::new();
        substitute(&mut value, environment, &Pointer::root(), &mut problems);
        if problems.is_empty() {
            match loaded.object().kind().read(&value) {
                Ok(object) => {
                    changed.insert(*index, object);
                }
                Err(found) => problems.extend(found),
            }
        }
        for problem in problems {
            sink.push(loaded.diagnostic(problem));
        }
    }
    Resolved { linked, changed }
}

fn holds_variable(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("${"),
        Value::Array(items) => items.iter().any(holds_variable),
        Value::Object(fields) => fields.values().any(holds_variable),
        _ => false,
    }
}

fn substitute(
    value: &mut Value,
    environment: &Environment,
    pointer: &Pointer,
    problems: &mut Vec<Problem>,
) {
    match value {
        Value::String(text) if text.contains("${") => match replaced(text, environment) {
            Ok(new) => *text = new,
            Err((message, hint)) => {
                problems
                    .push(Problem::new(Code::UnknownVariable, pointer.clone(), message).hint(hint));
            }
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                substitute(item, environment, &pointer.index(index), problems);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                substitute(field, environment, &pointer.key(key), problems);
            }
        }
        _ => {}
    }
}

/// The text with every variable's value in place. A name with a dot, such as `${artifacts.output_path}`,
/// is of a run, not of an environment, and stays.
fn replaced(text: &str, environment: &Environment) -> Result<String, (String, String)> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = rest.split_at(start);
        result.push_str(before);
        let Some(end) = after.find('}') else {
            return Err((
                "`${` without its `}`".to_owned(),
                "close it, or write a text without `${`".to_owned(),
            ));
        };
        let name = &after[2..end];
        if name.contains('.') {
            result.push_str(&after[..=end]);
        } else if let Some(value) = environment.variables.get(name) {
            result.push_str(value);
        } else {
            let known = environment.variables.keys().map(String::as_str);
            let file = format!("environments/{}.yaml", environment.environment);
            let hint = match nearest(name, known) {
                Some(near) => format!("did you mean `${{{near}}}`?"),
                None => format!("declare it under `variables:` in `{file}`"),
            };
            let message =
                format!("environment `{}` declares no variable `{name}`", environment.environment);
            return Err((message, hint));
        }
        rest = &after[end + 1..];
    }
    result.push_str(rest);
    Ok(result)
}
