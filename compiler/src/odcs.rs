//! The Open Data Contract Standard (ODCS) of Bitol: its contracts become libraries, and libraries become
//! its contracts.
//!
//! ```text
//! form     a document has the fields of the standard          form
//! import   document → objects, and what had no place          import, loss
//! export   objects → document, and what had no place          export, loss
//! ```
//!
//! Both directions share what a word means: `types`, `check`, `operator`, `instant`, `promise`. What the library
//! cannot say stays in the `metadata` of its objects under `odcs`, in the words of the standard. An export
//! gives a kept word back while it still says what the library says, and otherwise takes the library's
//! word, so that an edit of the library is never undone by what was imported once.

mod check;
mod export;
mod form;
mod ids;
mod import;
mod instant;
mod loss;
mod operator;
mod promise;
mod rest;
mod text;
mod types;
mod word;

pub use export::{Exported, Standard, Stored, Unsaid, export};
pub use form::{CONTRACT, Field, Form, SERVER_TYPES, Table, check as check_form};
pub use import::{Imported, import};
pub use loss::{Home, Loss, Record, human, records};
pub use text::{document, library_file};

use assay_schemas::code::Code;
use assay_schemas::problem::{Pointer, Problem};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::source::{self, Node, NodeValue, Span};

/// The contracts of a file, each of the form of the standard.
///
/// # Errors
/// Everything that is wrong with the file, or in which a contract departs from the form.
pub fn read(path: &str, bytes: &[u8]) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let mut reading = source::read(path, bytes);
    take_units(bytes, &mut reading);
    let mut found: Vec<_> =
        reading.problems.into_iter().map(|problem| Diagnostic::of_file(path, problem)).collect();
    for node in &reading.objects {
        let value = node.to_value();
        let fields = value.as_object().cloned().unwrap_or_default();
        let problems = match of_another_standard(&value) {
            Some(problem) => vec![problem],
            None => check_form(&fields),
        };
        let named = value.get("id").and_then(Value::as_str).unwrap_or("?");
        let object = format!("contract `{named}`");
        let located = |problem| Diagnostic::of_object(path, node, problem).object(object.clone());
        found.extend(problems.into_iter().map(located));
    }
    if reading.objects.is_empty() && found.is_empty() {
        let problem =
            source::LocatedProblem::new(Code::NotAnObject, None, "the file holds no contract");
        found.push(Diagnostic::of_file(path, problem));
    }
    if found.is_empty() { Ok(reading.objects) } else { Err(found) }
}

/// Takes `y` as the text that it is in YAML 1.2, which the standard's own examples write for years.
fn take_units(bytes: &[u8], reading: &mut source::Reading) {
    let Ok(text) = source::decode(bytes) else { return };
    let is_unit = |span: &Span| text.get(span.start as usize..span.end as usize) == Some("y");
    let source::Reading { objects, damaged, problems } = reading;
    problems.retain(|problem| {
        let span = problem.span.as_ref().filter(|span| is_unit(span));
        let taken = span.is_some_and(|span| damaged.iter_mut().any(|node| spell(node, span)));
        !(taken && problem.code == Code::AmbiguousScalar)
    });
    if problems.is_empty() {
        objects.append(damaged);
        objects.sort_by_key(|node| node.span.start);
    }
}

/// Makes the truth value at a place the text `y`, and tells whether there is one.
fn spell(node: &mut Node, span: &Span) -> bool {
    match &mut node.value {
        NodeValue::Bool(_) if node.span == *span => {
            node.value = NodeValue::Text("y".to_owned());
            true
        }
        NodeValue::List(items) => items.iter_mut().any(|item| spell(item, span)),
        NodeValue::Object(entries) => entries.iter_mut().any(|entry| spell(&mut entry.value, span)),
        _ => false,
    }
}

/// Says of a document that it follows the older specification, which has another form.
fn of_another_standard(document: &Value) -> Option<Problem> {
    document.get("dataContractSpecification")?;
    let place = Pointer::from("dataContractSpecification");
    let message = "this is a contract of the Data Contract Specification, which ODCS has replaced";
    let hint = "convert it first, for example with the exporter to `odcs` of datacontract-cli";
    Some(Problem::new(Code::BadValue, place, message).at_key().hint(hint))
}
