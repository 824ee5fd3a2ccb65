//! The located tree that every authoring format is read into.

use std::ops::Range;

use assay_schemas::problem::{Part, Pointer};

/// A range of bytes in a file's text (see [`crate::source::decode`]), end excluded.
pub type Span = Range<u32>;

/// One value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: NodeValue,
    /// Where it stands; empty for a value left out, as in `key:`. A node that comes from an alias
    /// stands where the alias is; what is inside it stands where the anchor is.
    pub span: Span,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number within ±2^53.
    Integer(i64),
    /// A finite number written with a point or an exponent.
    Float(f64),
    /// Everything else that is not a list or an object; dates and times too.
    Text(String),
    /// Values in the order written.
    List(Vec<Node>),
    /// Fields in the order written; keys are unique.
    Object(Vec<Entry>),
}

/// One field of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The field's name.
    pub key: String,
    /// Where the name stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Entry {
    /// A field that stands nowhere.
    pub fn new(key: &str, value: Node) -> Self {
        Self { key: key.to_owned(), key_span: 0..0, value }
    }
}

impl Node {
    /// A node of `value` at `span`.
    pub fn new(value: NodeValue, span: Span) -> Self {
        Self { value, span }
    }

    /// A value as a tree that stands nowhere.
    pub fn of(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(flag) => NodeValue::Bool(*flag),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => NodeValue::Integer(whole),
                (None, float) => NodeValue::Float(float.unwrap_or_default()),
            },
            Value::String(text) => NodeValue::Text(text.clone()),
            Value::Array(items) => NodeValue::List(items.iter().map(Self::of).collect()),
            Value::Object(fields) => NodeValue::Object(
                fields.iter().map(|(key, value)| Entry::new(key, Self::of(value))).collect(),
            ),
        };
        Self::new(value, 0..0)
    }

    /// The field `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            NodeValue::Object(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The same tree without places.
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(flag) => Value::Bool(*flag),
            NodeValue::Integer(number) => Value::from(*number),
            NodeValue::Float(number) => Value::from(*number),
            NodeValue::Text(text) => Value::String(text.clone()),
            NodeValue::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            NodeValue::Object(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_value())).collect(),
            ),
        }
    }

    /// Where `part` of the field at `pointer` stands.
    ///
    /// A list or object is shown by the key that introduces it, else by its first key, never by its
    /// whole extent. A pointer that leads nowhere is shown by the nearest ancestor that exists.
    pub fn locate(&self, pointer: &Pointer, part: Part) -> Span {
        let mut node = self;
        let mut key = None;
        for token in pointer.tokens() {
            let next = match &node.value {
                NodeValue::Object(_) => {
                    node.get(&token).map(|entry| (&entry.value, Some(&entry.key_span)))
                }
                NodeValue::List(items) => token
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item, None)),
                _ => None,
            };
            match next {
                Some(step) => (node, key) = step,
                None => return node.headline(key),
            }
        }
        match (part, key) {
            (Part::Key, Some(key)) => key.clone(),
            _ => node.headline(key),
        }
    }

    /// The few characters that stand for this node, whose field name stands at `key`.
    fn headline(&self, key: Option<&Span>) -> Span {
        let inner = match &self.value {
            NodeValue::Object(entries) => entries.first().map(|entry| entry.key_span.clone()),
            NodeValue::List(items) => items.first().map(|item| item.headline(None)),
            _ if self.span.is_empty() => None,
            _ => return self.span.clone(),
        };
        key.cloned().or(inner).unwrap_or_else(|| self.span.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a: {b: 1}\nlist: [7]\nnone:` with made-up spans.
    fn sample() -> Node {
        let number = |value, span| Node::new(NodeValue::Integer(value), span);
        let entry = |key: &str, key_span, value| Entry { key: key.to_owned(), key_span, value };
        let inner = Node::new(NodeValue::Object(vec![entry("b", 4..5, number(1, 7..8))]), 3..9);
        let list = Node::new(NodeValue::List(vec![number(7, 17..18)]), 16..19);
        let none = Node::new(NodeValue::Null, 25..25);
        let entries =
            vec![entry("a", 0..1, inner), entry("list", 10..14, list), entry("none", 20..24, none)];
        Node::new(NodeValue::Object(entries), 0..25)
    }

    #[test]
    fn a_pointer_finds_keys_and_values() {
        let node = sample();
        let at = |pointer: &str, part| node.locate(&Pointer::from(pointer), part);
        assert_eq!(at("/a/b", Part::Value), 7..8);
        assert_eq!(at("/a/b", Part::Key), 4..5);
        assert_eq!(at("/list/0", Part::Value), 17..18);
    }

    #[test]
    fn large_or_absent_things_are_shown_by_a_key() {
        let node = sample();
        let at = |pointer: &str, part| node.locate(&Pointer::from(pointer), part);
        assert_eq!(at("", Part::Value), 0..1, "the object itself: its first key");
        assert_eq!(at("/a", Part::Value), 0..1, "an object below a key: that key");
        assert_eq!(at("/a/missing", Part::Value), 0..1);
        assert_eq!(at("/a/b/deeper", Part::Key), 7..8);
        assert_eq!(at("/list/9", Part::Value), 10..14);
        assert_eq!(at("/missing", Part::Key), 0..1);
        assert_eq!(at("/none", Part::Value), 20..24, "a value left out: its key");
    }

    #[test]
    fn a_tree_without_places_is_json() {
        let expected = serde_json::json!({"a": {"b": 1}, "list": [7], "none": null});
        assert_eq!(sample().to_value(), expected);
    }
}
