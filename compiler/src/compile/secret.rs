//! Secrets: a value that looks like one must not stand in Git, and is never printed.
//!
//! The text of a file is searched for tokens of known shapes and for words such as `password=`, so that
//! comments, keys and files that cannot be parsed are covered; the trees are searched for values that a
//! field's name gives away. What is found is masked in excerpts and struck out of every message.

mod name;
mod shape;

use assay_schemas::code::Code;
use assay_schemas::problem::{Pointer, Problem};

use crate::diagnostic::{Diagnostic, Files, Place};
use crate::edit::Edit;
use crate::source::{Node, NodeValue, Span};

const HINT: &str = "refer to it: `secret://env/NAME` or `secret://file/PATH`, and replace the secret, for it has \
                    been in Git; where it is none, a waiver for E0211 says so";

/// Shorter texts are not struck out of messages: they would stand in them by chance.
const LEAST_STRUCK: usize = 6;

/// Something that must never be printed.
#[derive(Clone, Debug)]
pub(super) struct Secret {
    /// Where it stands.
    place: Place,
    /// What it is, letter by letter.
    text: String,
}

/// The secrets of one file, as diagnostics and as what is to be hidden.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) found: Vec<Secret>,
}

/// Searches a file: its text where it is one, and its objects, whole or damaged.
pub(super) fn find<'a>(
    path: &str,
    text: Option<&str>,
    objects: impl Iterator<Item = &'a Node>,
) -> Secrets {
    let mut secrets = Secrets::default();
    for hit in text.map(shape::find).unwrap_or_default() {
        let span = offset(hit.range.start)..offset(hit.range.end);
        let message = said(hit.what);
        let diagnostic =
            Diagnostic::new(Code::LiteralSecret, Place::new(path, span), message).hint(HINT);
        let text = text.and_then(|text| text.get(hit.range)).unwrap_or_default();
        secrets.add(diagnostic, text);
    }
    for root in objects {
        let mut search = Search { shapes: text.is_none(), hits: Vec::new() };
        search.node(root, "", &Pointer::root());
        for (pointer, what, text) in search.hits {
            let problem = Problem::new(Code::LiteralSecret, pointer, said(what)).hint(HINT);
            secrets.add(Diagnostic::of_object(path, root, problem), &text);
        }
    }
    secrets
}

fn said(what: &str) -> String {
    format!("this looks like a secret written as a literal: {what}")
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Secrets {
    /// Adds a finding, unless one at the same place was made before.
    fn add(&mut self, diagnostic: Diagnostic, text: &str) {
        let known = self.diagnostics.iter().any(|known| {
            known.primary.path == diagnostic.primary.path
                && overlap(known.primary.span.as_ref(), diagnostic.primary.span.as_ref())
        });
        self.found.push(Secret { place: diagnostic.primary.clone(), text: text.to_owned() });
        if !known {
            self.diagnostics.push(diagnostic);
        }
    }
}

fn overlap(a: Option<&Span>, b: Option<&Span>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.start < b.end && b.start < a.end,
        (None, None) => true,
        _ => false,
    }
}

/// The search of one tree.
struct Search {
    /// Whether values and keys are searched for shapes too, because there is no text that was.
    shapes: bool,
    hits: Vec<(Pointer, &'static str, String)>,
}

impl Search {
    fn node(&mut self, node: &Node, key: &str, pointer: &Pointer) {
        match &node.value {
            NodeValue::Object(entries) => {
                for entry in entries {
                    let pointer = pointer.key(&entry.key);
                    self.shaped(&entry.key, &pointer);
                    self.node(&entry.value, &entry.key, &pointer);
                }
            }
            NodeValue::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, key, &pointer.index(index));
                }
            }
            NodeValue::Text(text) => {
                self.shaped(text, pointer);
                if let Some(what) = name::gives_away(key, text) {
                    self.hits.push((pointer.clone(), what, text.clone()));
                }
            }
            _ => {}
        }
    }

    fn shaped(&mut self, text: &str, pointer: &Pointer) {
        if self.shapes {
            for hit in shape::find(text) {
                self.hits.push((pointer.clone(), hit.what, text.to_owned()));
            }
        }
    }
}

/// Hides secrets: in the texts that excerpts are taken from, and in all that the diagnostics say.
pub(super) fn hide(secrets: &[Secret], files: &mut Files, diagnostics: &mut [Diagnostic]) {
    if secrets.is_empty() {
        return;
    }
    let mut texts: Vec<String> = Vec::new();
    for secret in secrets {
        texts.push(secret.text.clone());
        texts.extend(files.range(&secret.place).and_then(|range| {
            let text = files.text(&secret.place.path)?.get(range)?;
            Some(text.trim_matches(['"', '\'']).to_owned())
        }));
    }
    texts.retain(|text| text.len() >= LEAST_STRUCK);
    // The longest first, so that none leaves the end of another behind.
    texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    texts.dedup();
    for secret in secrets {
        files.mask(&secret.place);
    }
    let strike = |said: &mut String| {
        for text in &texts {
            if said.contains(text.as_str()) {
                *said = said.replace(text.as_str(), "***");
            }
        }
    };
    for diagnostic in diagnostics {
        strike(&mut diagnostic.message);
        diagnostic.hint.iter_mut().for_each(strike);
        diagnostic.object.iter_mut().for_each(strike);
        diagnostic.related.iter_mut().for_each(|(_, label)| strike(label));
        let tells =
            |fix: &Edit| texts.iter().any(|text| format!("{fix:?}").contains(text.as_str()));
        if diagnostic.fix.as_ref().is_some_and(tells) {
            diagnostic.fix = None;
        }
        if let Some(pointer) = &diagnostic.pointer {
            let mut said = pointer.as_str().to_owned();
            strike(&mut said);
            diagnostic.pointer = Some(Pointer::from(said.as_str()));
        }
    }
}
