//! Words that YAML readers disagree on, settled by what their place takes: `active: yes` becomes `true`
//! where the shape wants a boolean, and `"yes"` where it wants a text.

use assay_schemas::code::Code;
use assay_schemas::expect::types_at;
use assay_schemas::library::Kind;
use assay_schemas::library::environment::Environment;
use assay_schemas::problem::{Fix, Pointer};
use assay_schemas::shape::Shape;

use crate::edit::Change;
use crate::source::{LocatedProblem, Node, NodeValue, Span};

/// Gives the ambiguous scalars among `problems` the change that their place asks for, where it is sure.
/// `damaged` are the objects that they lie in, from the folder `folder` of `top`.
pub(super) fn settle(
    (top, folder): (&str, &str),
    damaged: &[Node],
    problems: &mut [LocatedProblem],
) {
    let mut known: Option<(usize, serde_json::Value)> = None;
    for problem in problems.iter_mut() {
        let Some(span) = problem.span.clone() else { continue };
        if problem.code != Code::AmbiguousScalar || problem.fix.is_some() {
            continue;
        }
        let index = damaged.partition_point(|node| node.span.end < span.start);
        let Some(node) = damaged.get(index) else { continue };
        let Some((pointer, value)) = find(node, &span, Pointer::root()) else { continue };
        if known.as_ref().is_none_or(|(of, _)| *of != index) {
            known = Some((index, node.to_value()));
        }
        let Some((_, object)) = &known else { continue };
        let shape = match object.as_object() {
            Some(fields) if top != "environments" => {
                Kind::of(folder, fields.keys().map(String::as_str)).map(Kind::shape)
            }
            _ if top == "environments" => Some(Environment::shape()),
            _ => None,
        };
        let Some(change) = shape.and_then(|shape| change(shape, object, &pointer, value)) else {
            continue;
        };
        problem.fix = Some((span, change));
    }
}

/// The one change that makes sense of the value at `pointer`.
fn change(
    shape: &'static Shape,
    object: &serde_json::Value,
    pointer: &Pointer,
    value: &NodeValue,
) -> Option<Change> {
    let mut types = types_at(shape, object, pointer);
    types.remove("null");
    let only = |name: &str| types.len() == 1 && types.contains(name);
    match value {
        NodeValue::Bool(true) if only("boolean") => Some(Change::Word("true")),
        NodeValue::Bool(false) if only("boolean") => Some(Change::Word("false")),
        // Where anything goes, `yes` is the text that YAML 1.2 has it be.
        NodeValue::Bool(_) if types.is_empty() => Some(Change::Fix(Fix::Quote)),
        _ if only("string") => Some(Change::Fix(Fix::Quote)),
        _ => None,
    }
}

/// The scalar that stands at `span`, and the way to it.
fn find<'a>(node: &'a Node, span: &Span, pointer: Pointer) -> Option<(Pointer, &'a NodeValue)> {
    match &node.value {
        NodeValue::Object(entries) => entries
            .iter()
            .filter(|entry| entry.value.span.end >= span.end)
            .find_map(|entry| find(&entry.value, span, pointer.key(&entry.key))),
        NodeValue::List(items) => items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.span.end >= span.end)
            .find_map(|(index, item)| find(item, span, pointer.index(index))),
        value => (node.span == *span).then_some((pointer, value)),
    }
}
