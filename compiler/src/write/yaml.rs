//! YAML that is pleasant to read and that every reader takes in the same way: what any of them could take
//! for something else is quoted.

use crate::source::{Entry, Node, NodeValue};

/// Objects and lists of scalars up to this length stand on one line.
const SHORT: usize = 70;
/// What one reader or another takes for something other than text.
const WORDS: [&str; 14] = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "nan", ".nan", "inf", ".inf",
];

/// One document, ending with a line break.
pub(super) fn document(node: &Node) -> String {
    let mut text = String::new();
    match &node.value {
        NodeValue::Object(entries) if !entries.is_empty() => fields(entries, 0, false, &mut text),
        NodeValue::List(items) if !items.is_empty() => list(items, 0, &mut text),
        _ => {
            text.push_str(&flow(node));
            text.push('\n');
        }
    }
    text
}

/// The fields of an object, a line or more each; the first one follows a dash if `begun`.
fn fields(entries: &[Entry], indent: usize, begun: bool, text: &mut String) {
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 || !begun {
            pad(indent, text);
        }
        text.push_str(&scalar(&entry.key, true));
        text.push(':');
        value(&entry.value, indent, text);
    }
}

fn list(items: &[Node], indent: usize, text: &mut String) {
    for item in items {
        pad(indent, text);
        text.push('-');
        match &item.value {
            NodeValue::Object(entries) if !entries.is_empty() && !is_short(item) => {
                text.push(' ');
                fields(entries, indent + 2, true, text);
            }
            _ => value(item, indent, text),
        }
    }
}

/// What follows a key or a dash, to the end of its line or lines.
fn value(node: &Node, indent: usize, text: &mut String) {
    match &node.value {
        NodeValue::Object(entries) if !entries.is_empty() && !is_short(node) => {
            text.push('\n');
            fields(entries, indent + 2, false, text);
        }
        NodeValue::List(items) if !items.is_empty() && !is_short(node) => {
            text.push('\n');
            list(items, indent + 2, text);
        }
        NodeValue::Text(content) if is_block(content) => {
            text.push_str(if content.ends_with('\n') { " |\n" } else { " |-\n" });
            for line in content.strip_suffix('\n').unwrap_or(content).split('\n') {
                if !line.is_empty() {
                    pad(indent + 2, text);
                    text.push_str(line);
                }
                text.push('\n');
            }
        }
        NodeValue::Text(content) => {
            text.push(' ');
            text.push_str(&scalar(content, false));
            text.push('\n');
        }
        _ => {
            text.push(' ');
            text.push_str(&flow(node));
            text.push('\n');
        }
    }
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

/// Whether an object or a list reads well on one line: few scalars, none of them long.
fn is_short(node: &Node) -> bool {
    let plain = |node: &Node| match &node.value {
        NodeValue::Text(text) => !text.contains('\n'),
        NodeValue::List(items) => items.is_empty(),
        NodeValue::Object(entries) => entries.is_empty(),
        _ => true,
    };
    let simple = match &node.value {
        NodeValue::List(items) => items.iter().all(plain),
        NodeValue::Object(entries) => {
            entries.len() <= 4 && entries.iter().all(|entry| plain(&entry.value))
        }
        _ => true,
    };
    simple && flow(node).len() <= SHORT
}

/// A value on one line.
fn flow(node: &Node) -> String {
    match &node.value {
        NodeValue::Null => "null".to_owned(),
        NodeValue::Bool(flag) => flag.to_string(),
        NodeValue::Integer(number) => number.to_string(),
        // Always with a point or an exponent, so that it stays what it is.
        NodeValue::Float(number) => format!("{number:?}"),
        NodeValue::Text(text) => scalar(text, true),
        NodeValue::List(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        NodeValue::Object(entries) if entries.is_empty() => "{}".to_owned(),
        NodeValue::Object(entries) => {
            let field =
                |entry: &Entry| format!("{}: {}", scalar(&entry.key, true), flow(&entry.value));
            format!("{{ {} }}", entries.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text, bare where nothing can be mistaken in it. Inside brackets more can.
fn scalar(text: &str, inside: bool) -> String {
    if is_plain(text, inside) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str, inside: bool) -> bool {
    // Two points make no number in any reader.
    let is_version = text.split('.').count() == 3
        && text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    if is_version {
        return true;
    }
    let starts = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '/' | '$'));
    let lower = text.to_ascii_lowercase();
    let each = |c: char| match c {
        '[' | ']' | '{' | '}' | ',' | ':' | '#' | '"' | '\'' => !inside,
        c => c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ',
    };
    starts
        && !WORDS.contains(&lower.as_str())
        && text.chars().all(each)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// In double quotes, with escapes that JSON has as well.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}') =>
            {
                quoted.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text reads best as a block of lines, and survives as one.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && text.chars().all(|c| c == '\n' || (!c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}')))
        // A line of nothing but spaces could be taken for an empty one.
        && body.split('\n').all(|line| line.is_empty() || !line.trim().is_empty())
}
