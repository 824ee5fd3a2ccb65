//! Objects that are whole only once variables have their values: `max: ${limit}` where a number is wanted.
//!
//! Such an object is read with the values of the first environment in which it fits, which tells its name
//! and what it refers to: neither can depend on a number. Each environment reads it again with its own.

use std::sync::Arc;

use assay_schemas::library::environment::Environment;
use assay_schemas::library::{Kind, Object};
use assay_schemas::problem::{Pointer, Problem};
use serde_json::Value;

use super::super::overlay;
use super::{Library, Loaded};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::Node;

/// An object that does not fit its kind as it was written.
pub(super) struct Unsettled {
    pub(super) path: String,
    pub(super) node: Node,
    pub(super) value: Value,
    pub(super) kind: Kind,
    /// What is wrong with it as it was written.
    pub(super) problems: Vec<Problem>,
    pub(super) library: Option<Arc<str>>,
}

impl Unsettled {
    /// Whether a variable stands where something is wrong.
    pub(super) fn may_settle(&self) -> bool {
        let wholes = overlay::whole_variables(self.kind, &self.value);
        let stands_at = |pointer: &Pointer| {
            let pointer = pointer.as_str();
            wholes.iter().any(|(whole, _)| whole.as_str().starts_with(pointer))
        };
        self.problems.iter().any(|problem| stands_at(&problem.pointer))
    }

    /// Reports everything that is wrong with it.
    pub(super) fn report(self, sink: &mut Sink) {
        let id = self.value.get(self.kind.id_field()).and_then(Value::as_str).unwrap_or("?");
        let object = format!("{} `{id}`", self.kind.name());
        for problem in self.problems {
            sink.push(Diagnostic::of_object(&self.path, &self.node, problem).object(&*object));
        }
    }

    /// The object with the values of the first environment in which it fits.
    fn settled(mut self, environments: &[&Environment]) -> Result<Loaded<Object>, Box<Self>> {
        let wholes = overlay::whole_variables(self.kind, &self.value);
        let mut faults = None;
        for environment in environments {
            let declares = |(_, name): &(Pointer, String)| environment.variables.contains_key(name);
            if !wholes.iter().any(declares) {
                continue;
            }
            match overlay::read(self.kind, &self.value, environment) {
                Ok(object) => {
                    let typed = wholes
                        .into_iter()
                        .map(|(pointer, name)| (pointer, format!("${{{name}}}")))
                        .collect();
                    let Self { path, node, library, .. } = self;
                    return Ok(Loaded { path, node, object, typed, library });
                }
                Err(found) => faults = faults.or(Some(found)),
            }
        }
        // With a value in place, the problem is what is wrong with the value; without, that there is none.
        if let Some(faults) = faults {
            self.problems = faults.into_iter().map(|fault| fault.problem).collect();
        } else {
            for problem in &mut self.problems {
                if let Some((_, name)) = wholes.iter().find(|(at, _)| *at == problem.pointer) {
                    let pointer = problem.pointer.clone();
                    *problem = overlay::unknown(name, &pointer, environments.iter().copied());
                }
            }
        }
        Err(Box::new(self))
    }
}

/// Reads what could not be read without variables; what cannot be read with them either is reported.
pub(super) fn settle(unsettled: Vec<Unsettled>, library: &mut Library, sink: &mut Sink) {
    if unsettled.is_empty() {
        return;
    }
    let environments: Vec<_> =
        library.environments.values().map(|loaded| loaded.object.clone()).collect();
    let environments: Vec<_> = environments.iter().collect();
    for object in unsettled {
        match object.settled(&environments) {
            Ok(loaded) => library.objects.push(loaded),
            Err(object) => {
                let id = object.value.get(object.kind.id_field()).and_then(Value::as_str);
                library.damaged.extend(id.map(|id| (object.kind, id.to_owned())));
                object.report(sink);
            }
        }
    }
    // Back into the order in which everything was read.
    library.objects.sort_by(|a, b| {
        let at = |loaded: &Loaded<_>| loaded.node.span.start;
        (a.library.is_some(), &a.path, at(a)).cmp(&(b.library.is_some(), &b.path, at(b)))
    });
}
