//! Places: where in the files a finding is written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Finding, Named, Review};
use crate::compile::{Written, written};
use crate::diagnostic::{Files, Place};
use crate::git::Snapshot;
use crate::source::{Node, NodeValue};

/// A place, for people and machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// `path`, `path:line:column`, or `path:Sheet!C14`.
    pub shown: String,
    /// The same as reports for machines want it.
    #[serde(skip)]
    pub place: Place,
}

/// Gives the findings their places in the files of the head; of what is gone, the file that held it. Only the files that are not the same on both sides are read; returns them for excerpts and lines.
pub fn locate(review: &mut Review, base: &Snapshot, head: &Snapshot) -> Files {
    let mut files = Files::default();
    let (old, new) = (base.without(head), head.without(base));
    let key =
        |written: &Written| (written.kind.clone(), written.id.clone(), written.version.clone());
    let gone: BTreeMap<_, _> = written(&old).into_iter().map(|own| (key(&own), own)).collect();
    let found: BTreeMap<_, _> = written(&new).into_iter().map(|own| (key(&own), own)).collect();
    for file in &new.files {
        files.insert(&*file.path, file.bytes());
    }
    for finding in &mut review.findings {
        let Named { kind, id, version, .. } = &finding.object;
        let key = (kind.clone(), id.clone(), version.clone());
        let place = match (found.get(&key), gone.get(&key)) {
            (Some(written), _) => Some(place(finding, written)),
            (None, Some(gone)) => Some(Place::file(&*gone.path)),
            (None, None) => None,
        };
        finding.place = place.map(|place| Spot { shown: files.shown(&place), place });
    }
    files
}

/// The part of the object that the finding names, else the object.
fn place(finding: &Finding, written: &Written) -> Place {
    let words: Vec<&str> = finding.part.split(['/', ' ', ':']).collect();
    let span = match words.first() {
        Some(&("rule" | "step" | "column")) => {
            words.iter().rev().find_map(|word| member(&written.node, word))
        }
        _ => below(&written.node, &words),
    };
    let span = span.unwrap_or_else(|| headline(&written.node));
    Place::new(&*written.path, span)
}

/// The member of a list anywhere inside that is told apart by a name.
fn member(node: &Node, name: &str) -> Option<crate::source::Span> {
    match &node.value {
        NodeValue::Object(entries) => entries.iter().find_map(|entry| member(&entry.value, name)),
        NodeValue::List(items) => items.iter().find_map(|item| match key(item) {
            Some((key, span)) if key == name => Some(span),
            _ => member(item, name),
        }),
        _ => None,
    }
}

/// What tells a member of a list apart, and where it stands.
fn key(item: &Node) -> Option<(&str, crate::source::Span)> {
    super::object::KEYS.iter().find_map(|key| {
        let value = &item.get(key)?.value;
        Some((value.as_text()?, value.span.clone()))
    })
}

/// The field at the end of a way of names; the last of them that is there.
fn below(node: &Node, names: &[&str]) -> Option<crate::source::Span> {
    let (first, rest) = names.split_first()?;
    let next = match &node.value {
        NodeValue::Object(_) => node.get(first).map(|entry| &entry.value),
        NodeValue::List(items) => items
            .iter()
            .find(|item| key(item).map(|(key, _)| key).or(item.as_text()) == Some(first)),
        _ => None,
    }?;
    below(next, rest).or_else(|| Some(headline(next)))
}

fn headline(node: &Node) -> crate::source::Span {
    node.locate(&assay_schemas::problem::Pointer::root(), assay_schemas::problem::Part::Value)
}
