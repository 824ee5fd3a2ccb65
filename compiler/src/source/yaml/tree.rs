//! Builds the located tree from parser events.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::code::Code;
use granit_parser::{Event, ScalarStyle, StructureStyle, Tag, YamlVersion};

use super::super::{
    Documents, Entry, LocatedProblem, MAX_DEPTH, MAX_NODES, Node, NodeValue, Span, name_of, unique,
};
use super::{place, scalar};

/// Why reading cannot go on as it was.
pub(super) enum Stop {
    /// The rest of this document makes no sense.
    Document,
    /// The rest of the file is not worth the memory.
    File,
}

/// Takes events, gives documents.
#[derive(Default)]
pub(super) struct Builder {
    documents: Documents,
    root: Option<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    /// Values in the file so far, those of expanded aliases included.
    nodes: usize,
    /// Values kept for later aliases.
    kept: usize,
}

/// A list or an object whose end has not come yet.
struct Open {
    contents: Contents,
    span: Span,
    flow: bool,
    anchor: usize,
    nodes_before: usize,
    /// Levels below this one.
    height: usize,
}

enum Contents {
    List(Vec<Node>),
    Object { key: Key, entries: Vec<Entry>, merged: Vec<(Span, Node)> },
}

/// The key whose value comes next.
#[derive(Default)]
enum Key {
    /// The next node is itself a key.
    #[default]
    Awaited,
    Field(String, Span),
    Merge(Span),
    /// Already reported; its value is dropped.
    Refused,
}

/// A node that aliases may repeat.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

impl Builder {
    pub(super) fn report(&mut self, problem: LocatedProblem) {
        self.documents.problems.push(problem);
    }

    /// The opening of the innermost `[` or `{` that is not closed yet.
    pub(super) fn innermost_flow(&self) -> Option<u32> {
        self.open.iter().rev().find(|open| open.flow).map(|open| open.span.start)
    }

    /// Forgets the document being read.
    pub(super) fn abandon(&mut self) {
        self.open.clear();
        self.anchors.clear();
        self.root = None;
    }

    pub(super) fn finish(self) -> Documents {
        self.documents
    }

    pub(super) fn take(
        &mut self,
        event: Event<'_>,
        source: &granit_parser::Span,
    ) -> Result<(), Stop> {
        let span = place(source);
        match event {
            Event::DocumentStart(_, version) => {
                self.abandon();
                self.version(version, span);
                Ok(())
            }
            Event::DocumentEnd => {
                self.documents.roots.extend(self.root.take());
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.tag(tag.as_deref(), source);
                self.scalar(&text, style, anchor, span)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), source);
                self.begin(Contents::List(Vec::new()), style, anchor, span)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag(tag.as_deref(), source);
                let (entries, merged) = (Vec::new(), Vec::new());
                let contents = Contents::Object { key: Key::Awaited, entries, merged };
                self.begin(contents, style, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands before this alias");
                self.report(LocatedProblem::new(Code::BadSyntax, span.clone(), message));
                self.push(Node::new(NodeValue::Null, span), 0);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn version(&mut self, version: Option<YamlVersion>, span: Span) {
        if version.is_some_and(|version| version != YamlVersion::new(1, 2)) {
            let problem = LocatedProblem::new(Code::Unsupported, span, "only YAML 1.2 is read");
            self.report(problem.hint("remove the `%YAML` line"));
        }
    }

    fn tag(&mut self, tag: Option<&Tag>, source: &granit_parser::Span) {
        if let Some(tag) = tag {
            let span = source.tag_span().map_or_else(|| place(source), |span| place(&span));
            let message = format!("the tag `{}` is not part of the language", tag.original());
            let hint = "remove it; quote a value that is meant as a text";
            self.report(LocatedProblem::new(Code::Unsupported, span, message).hint(hint));
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Stop> {
        let plain = style == ScalarStyle::Plain;
        if let Some(Contents::Object { key: key @ Key::Awaited, .. }) =
            self.open.last_mut().map(|open| &mut open.contents)
        {
            let mut problem = None;
            *key = if !plain {
                Key::Field(text.to_owned(), span.clone())
            } else if text == "<<" {
                Key::Merge(span.clone())
            } else if span.is_empty() {
                problem = Some(refused_key(&span, "a key is missing"));
                Key::Refused
            } else {
                problem = scalar::doubt_about_key(text, &span);
                Key::Field(text.to_owned(), span.clone())
            };
            self.documents.problems.extend(problem);
            let node = Node::new(NodeValue::Text(text.to_owned()), span);
            return self.keep(anchor, &node, 1, 0);
        }
        self.grow(1, &span)?;
        let value = if plain {
            let (value, problem) = scalar::value(text, &span);
            self.documents.problems.extend(problem);
            value
        } else {
            NodeValue::Text(text.to_owned())
        };
        let node = Node::new(value, span);
        self.keep(anchor, &node, 1, 0)?;
        self.push(node, 0);
        Ok(())
    }

    fn begin(
        &mut self,
        contents: Contents,
        style: StructureStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return self.too_deep(span);
        }
        let nodes_before = self.nodes;
        self.grow(1, &span)?;
        let flow = style == StructureStyle::Flow;
        self.open.push(Open { contents, span, flow, anchor, nodes_before, height: 0 });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Stop> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if open.flow {
            open.span.end = span.end;
        }
        let value = match open.contents {
            Contents::List(items) => NodeValue::List(items),
            Contents::Object { entries, merged, .. } => {
                let entries = unique(entries, &mut self.documents.problems);
                NodeValue::Object(merge(entries, merged, &mut self.documents.problems))
            }
        };
        let node = Node::new(value, open.span);
        let height = open.height + 1;
        self.keep(open.anchor, &node, self.nodes - open.nodes_before, height)?;
        self.push(node, height);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some(Anchored { node, nodes, height }) = self.anchors.get(&anchor) else {
            let message = "this alias stands inside what it refers to";
            self.report(LocatedProblem::new(Code::BadSyntax, span.clone(), message));
            self.push(Node::new(NodeValue::Null, span), 0);
            return Ok(());
        };
        let (nodes, height) = (*nodes, *height);
        if self.open.len() + height > MAX_DEPTH {
            return self.too_deep(span);
        }
        let value =
            if self.nodes + nodes > MAX_NODES { NodeValue::Null } else { node.value.clone() };
        self.grow(nodes, &span)?;
        self.push(Node::new(value, span), height);
        Ok(())
    }

    /// Puts a complete node where it belongs.
    fn push(&mut self, node: Node, height: usize) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.height = open.height.max(height);
        open.span.end = open.span.end.max(node.span.end);
        let (key, entries, merged) = match &mut open.contents {
            Contents::List(items) => return items.push(node),
            Contents::Object { key, entries, merged } => (key, entries, merged),
        };
        match std::mem::take(key) {
            Key::Field(name, key_span) => entries.push(Entry { key: name, key_span, value: node }),
            Key::Merge(span) => merged.push((span, node)),
            Key::Refused => {}
            Key::Awaited => {
                *key = match node.value {
                    NodeValue::Text(text) => Key::Field(text, node.span),
                    other => {
                        let message = format!("a key must be a text, not {}", name_of(&other));
                        self.documents.problems.push(refused_key(&node.span, &message));
                        Key::Refused
                    }
                }
            }
        }
    }

    /// Remembers a node that carries an anchor.
    fn keep(
        &mut self,
        anchor: usize,
        node: &Node,
        nodes: usize,
        height: usize,
    ) -> Result<(), Stop> {
        if anchor == 0 {
            return Ok(());
        }
        self.kept += nodes;
        if self.kept > MAX_NODES {
            return self.too_large(&node.span);
        }
        self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, height });
        Ok(())
    }

    fn grow(&mut self, nodes: usize, span: &Span) -> Result<(), Stop> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES { self.too_large(span) } else { Ok(()) }
    }

    fn too_large(&mut self, span: &Span) -> Result<(), Stop> {
        let message = format!("the file holds more than {MAX_NODES} values, aliases expanded");
        let hint = "split it into several files of the same folder";
        self.report(LocatedProblem::new(Code::TooDeep, span.clone(), message).hint(hint));
        Err(Stop::File)
    }

    fn too_deep(&mut self, span: Span) -> Result<(), Stop> {
        let message = format!("more than {MAX_DEPTH} lists and objects inside each other");
        self.report(LocatedProblem::new(Code::TooDeep, span, message));
        Err(Stop::Document)
    }
}

fn refused_key(span: &Span, message: &str) -> LocatedProblem {
    LocatedProblem::new(Code::Unsupported, span.clone(), message)
        .hint("write a text before the `:`")
}

/// Adds to `entries` what merge keys bring in: a written field wins over a merged one, an earlier
/// source over a later one.
fn merge(
    mut entries: Vec<Entry>,
    merged: Vec<(Span, Node)>,
    problems: &mut Vec<LocatedProblem>,
) -> Vec<Entry> {
    let Some((first, _)) = merged.first() else { return entries };
    for (again, _) in &merged[1..] {
        let message = "the key `<<` stands twice in this object";
        let problem = LocatedProblem::new(Code::DuplicateKey, again.clone(), message)
            .related(first.clone(), "it stands here first")
            .hint("merge a list: `<<: [*one, *two]`");
        problems.push(problem);
    }
    let mut known: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let mut add = |node: Node| match node.value {
        NodeValue::Object(more) => {
            let new = more.into_iter().filter(|entry| known.insert(entry.key.clone()));
            entries.extend(new);
        }
        other => {
            let message = format!("`<<` merges objects, not {}", name_of(&other));
            problems.push(LocatedProblem::new(Code::WrongType, node.span, message));
        }
    };
    for (_, node) in merged {
        match node.value {
            NodeValue::List(items) => items.into_iter().for_each(&mut add),
            value => add(Node { value, span: node.span }),
        }
    }
    entries
}
