//! Overlay: the environment's variables take the place of `${name}` in text fields.
//!
//! Only values are looked at, never keys, and each once: what a variable holds is not looked at again.
//! Where a text is one variable and nothing else, a number or `true` takes its place as it is, so that
//! `max: ${limit}` is a number. `$${` writes `${`; a name with a dot, such as `${artifacts.output_path}`, is
//! of a run, not of an environment, and stays. In workflows, so does every name that an event has.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::library::environment::Environment;
use assay_schemas::library::taxonomy::Scalar;
use assay_schemas::library::{Kind, Object, event};
use assay_schemas::problem::{Pointer, Problem, nearest};
use rayon::prelude::*;
use serde_json::Value;

use super::link::Linked;
use super::validate::Loaded;
use crate::diagnostic::Sink;
use crate::source::{Node, NodeValue};

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
        self.changed.get(&index).unwrap_or_else(|| self.linked.loaded(index).object())
    }
}

/// Puts the values of variables in place.
pub(crate) fn overlay<'a>(linked: &'a Linked<'a>, sink: &mut Sink) -> Resolved<'a> {
    let environment = linked.environment;
    variables_in_variables(environment, sink);
    let results: Vec<_> = linked
        .order
        .par_iter()
        .filter(|index| linked.index.holds_variable(**index))
        .map(|index| {
            let loaded = linked.loaded(*index);
            let read = read(loaded.object().kind(), &loaded.value(), environment.object());
            (*index, read)
        })
        .collect();
    let mut changed = BTreeMap::new();
    for (index, read) in results {
        match read {
            Ok(object) => {
                changed.insert(index, object);
            }
            Err(faults) => {
                for Fault { problem, variables } in faults {
                    let mut diagnostic = linked.loaded(index).diagnostic(problem);
                    for name in variables {
                        let place = environment.place(&Pointer::from("variables").key(&name));
                        diagnostic = diagnostic.related(place, format!("`{name}` is set here"));
                    }
                    sink.push(diagnostic);
                }
            }
        }
    }
    Resolved { linked, changed }
}

/// Whether a tree holds anything to be replaced.
pub(super) fn holds_variable(node: &Node) -> bool {
    match &node.value {
        NodeValue::Text(text) => text.contains("${"),
        NodeValue::List(items) => items.iter().any(holds_variable),
        NodeValue::Object(entries) => entries.iter().any(|entry| holds_variable(&entry.value)),
        _ => false,
    }
}

/// The places of texts that are one variable and nothing else, each with the variable's name.
pub(super) fn whole_variables(kind: Kind, value: &Value) -> Vec<(Pointer, String)> {
    let mut found = Vec::new();
    gather_wholes(value, &Pointer::root(), &mut found);
    let of_run = of_run(kind);
    found.retain(|(_, name)| !of_run(name));
    found
}

/// Tells the names that are of a run or an event and stay.
fn of_run(kind: Kind) -> fn(&str) -> bool {
    match kind {
        Kind::Workflow => event::is_path,
        _ => |name| name.contains('.'),
    }
}

fn gather_wholes(value: &Value, pointer: &Pointer, found: &mut Vec<(Pointer, String)>) {
    match value {
        Value::String(text) => {
            if let Some(name) = whole(text) {
                found.push((pointer.clone(), name.to_owned()));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                gather_wholes(item, &pointer.index(index), found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                gather_wholes(field, &pointer.key(key), found);
            }
        }
        _ => {}
    }
}

/// The name of the variable that a text consists of.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let plain = !name.is_empty() && !name.contains(['{', '}', '.', '$']);
    plain.then_some(name)
}

/// What is wrong with an object once the values are in place, and the variables that stand there.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: Problem,
    pub(super) variables: Vec<String>,
}

/// Reads an object with the values of an environment in place.
///
/// A number takes the place of a whole text where the field wants one, and is written out as text where the
/// field wants text.
pub(super) fn read(
    kind: Kind,
    authored: &Value,
    environment: &Environment,
) -> Result<Object, Vec<Fault>> {
    let mut substitution = Substitution::new(kind, environment, Vec::new());
    let mut value = authored.clone();
    substitution.apply(&mut value, &Pointer::root());
    if !substitution.faults.is_empty() {
        return Err(substitution.faults);
    }
    let problems = match kind.read(&value) {
        Ok(object) => return Ok(object),
        Err(problems) => problems,
    };
    let as_text: Vec<_> = problems
        .iter()
        .map(|problem| problem.pointer.clone())
        .filter(|pointer| substitution.typed.contains(pointer))
        .collect();
    if !as_text.is_empty() {
        let mut again = Substitution::new(kind, environment, as_text);
        let mut value = authored.clone();
        again.apply(&mut value, &Pointer::root());
        if let Ok(object) = kind.read(&value) {
            return Ok(object);
        }
    }
    let used = substitution.used;
    let names = |pointer: &Pointer| {
        let at = used.iter().filter(|(at, _)| at == pointer);
        at.map(|(_, name)| name.clone()).collect()
    };
    let fault = |problem: Problem| Fault { variables: names(&problem.pointer), problem };
    Err(problems.into_iter().map(fault).collect())
}

struct Substitution<'a> {
    environment: &'a Environment,
    /// Names that are of a run or an event and stay.
    of_run: fn(&str) -> bool,
    /// Whole texts that are to stay text.
    as_text: Vec<Pointer>,
    /// Whole texts that a number or `true` took the place of.
    typed: Vec<Pointer>,
    /// Where which variable was put.
    used: Vec<(Pointer, String)>,
    faults: Vec<Fault>,
}

impl<'a> Substitution<'a> {
    fn new(kind: Kind, environment: &'a Environment, as_text: Vec<Pointer>) -> Self {
        let of_run = of_run(kind);
        let (typed, used, faults) = (Vec::new(), Vec::new(), Vec::new());
        Self { environment, of_run, as_text, typed, used, faults }
    }

    fn apply(&mut self, value: &mut Value, pointer: &Pointer) {
        match value {
            Value::String(text) if text.contains("${") => {
                if let Some(typed) = self.typed_value(text, pointer) {
                    *value = typed;
                    return;
                }
                match self.replaced(text, pointer) {
                    Ok(new) => *text = new,
                    Err(problem) => {
                        self.faults.push(Fault { problem, variables: Vec::new() });
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.apply(item, &pointer.index(index));
                }
            }
            Value::Object(fields) => {
                // Notes for other tools are theirs, and so is what `${…}` means in them.
                let notes = |key: &str| pointer.as_str().is_empty() && key == "metadata";
                for (key, field) in fields.iter_mut().filter(|(key, _)| !notes(key)) {
                    self.apply(field, &pointer.key(key));
                }
            }
            _ => {}
        }
    }

    /// The number, or true or false, that takes the place of a whole text.
    fn typed_value(&mut self, text: &str, pointer: &Pointer) -> Option<Value> {
        let name = whole(text).filter(|name| !(self.of_run)(name))?;
        let typed = match self.environment.variables.get(name)? {
            Scalar::Text(_) => return None,
            Scalar::Boolean(flag) => Value::from(*flag),
            Scalar::Integer(number) => Value::from(*number),
            Scalar::Number(number) => Value::from(*number),
        };
        if self.as_text.contains(pointer) {
            return None;
        }
        self.typed.push(pointer.clone());
        self.used.push((pointer.clone(), name.to_owned()));
        Some(typed)
    }

    /// The text with every variable's value in place.
    fn replaced(&mut self, text: &str, pointer: &Pointer) -> Result<String, Problem> {
        let malformed = |message: &str| {
            Problem::new(Code::BadVariable, pointer.clone(), message.to_owned())
                .hint("write `${name}` for a variable, or `$${` for `${` itself")
        };
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, after) = rest.split_at(start);
            if let Some(before) = before.strip_suffix('$') {
                result.push_str(before);
                result.push_str("${");
                rest = &after[2..];
                continue;
            }
            result.push_str(before);
            let end = after.find('}').ok_or_else(|| malformed("`${` without its `}`"))?;
            let name = &after[2..end];
            if name.is_empty() || name.contains(['$', '{']) || name != name.trim() {
                return Err(malformed(&format!("`${{{name}}}` is not a variable")));
            }
            if (self.of_run)(name) {
                result.push_str(&after[..=end]);
            } else {
                let value = self.environment.variables.get(name);
                let value = value.ok_or_else(|| unknown(name, pointer, [self.environment]))?;
                result.push_str(&value.shown());
                self.used.push((pointer.clone(), name.to_owned()));
            }
            rest = &after[end + 1..];
        }
        result.push_str(rest);
        Ok(result)
    }
}

/// A variable that none of these environments declares.
pub(super) fn unknown<'a>(
    name: &str,
    pointer: &Pointer,
    environments: impl IntoIterator<Item = &'a Environment> + Clone,
) -> Problem {
    let known =
        environments.clone().into_iter().flat_map(|environment| environment.variables.keys());
    let mut names = environments.into_iter().map(|environment| &environment.environment);
    let only = names.next().filter(|_| names.next().is_none());
    let (whose, file) = match only {
        Some(name) => {
            (format!("environment `{name}` declares no"), format!("environments/{name}.yaml"))
        }
        None => ("no environment declares a".to_owned(), "the environment files".to_owned()),
    };
    let message = format!("{whose} variable `{name}`");
    let problem = Problem::new(Code::UnknownVariable, pointer.clone(), message);
    match nearest(name, known.map(String::as_str)) {
        Some(near) => problem.hint(format!("did you mean `${{{near}}}`?")),
        None => problem.hint(format!("declare it under `variables:` in `{file}`")),
    }
}

/// Values of variables that look as if they wanted to be replaced themselves.
fn variables_in_variables(environment: &Loaded<Environment>, sink: &mut Sink) {
    for (name, value) in &environment.object().variables {
        let Scalar::Text(text) = value else { continue };
        let inner = text.find("${").map(|start| &text[start + 2..]);
        let inner = inner.and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner);
        let Some(inner) = inner.filter(|inner| !inner.contains('.')) else { continue };
        let place = Pointer::from("variables").key(name);
        let message = format!("variable `{name}` holds `${{{inner}}}`, which is not replaced");
        let problem = Problem::new(Code::VariableInVariable, place, message)
            .hint("write the value out; a variable does not refer to another");
        sink.push(environment.diagnostic(problem));
    }
}

#[cfg(test)]
mod tests {
    use assay_schemas::library::Kind;
    use serde_json::json;

    use super::*;

    fn environment() -> Environment {
        let value = json!({
            "environment": "dev", "results": "lake",
            "variables": { "data": "in", "limit": 5, "strict": true, "year": 2018 },
        });
        Environment::read(&value).expect("the environment is whole")
    }

    fn replaced(text: &str) -> Result<String, String> {
        let environment = environment();
        let mut substitution = Substitution::new(Kind::RuleSet, &environment, Vec::new());
        substitution.replaced(text, &Pointer::root()).map_err(|problem| problem.message)
    }

    #[test]
    fn text_is_replaced_once_and_escapes_stay() {
        for (text, expected) in [
            ("${data}/${year}.csv", "in/2018.csv"),
            ("$${data}", "${data}"),
            ("$$${data}", "$${data}"),
            ("a $${ b ${data}", "a ${ b in"),
            ("${artifacts.output_path}/${data}", "${artifacts.output_path}/in"),
            ("$ {data} $", "$ {data} $"),
        ] {
            assert_eq!(replaced(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["${data", "${}", "${ data }", "${a${data}}"] {
            assert!(replaced(text).is_err(), "{text}");
        }
        assert_eq!(
            replaced("${dat}"),
            Err("environment `dev` declares no variable `dat`".to_owned())
        );
    }

    #[test]
    fn a_whole_text_takes_the_type_that_the_field_wants() {
        let rule = json!({
            "rule_set_id": "a", "description": "${limit}",
            "rules": [{
                "rule_id": "b", "rule_type": "range", "column": "c", "parameters": { "max": "${limit}" },
            }],
        });
        let Ok(Object::RuleSet(set)) = read(Kind::RuleSet, &rule, &environment()) else {
            panic!("the values do not fit")
        };
        assert_eq!(set.rules[0].parameters["max"], json!(5));
        assert_eq!(set.description.as_deref(), Some("5"));
        assert_eq!(whole_variables(Kind::RuleSet, &rule).len(), 2);
    }
}
