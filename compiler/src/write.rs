//! Writing: objects become files of any authoring format, so that reading them gives the same objects.
//!
//! Fields stand in the order in which their kind declares them; nulls and what equals the default are left
//! out.

mod explain;
mod order;
mod workbook;
mod yaml;

use assay_schemas::library::Object;
use serde_json::Value;

use crate::field::Field;
use crate::source::{self, Entry, Node, NodeValue};
use order::Order;

/// The formats, by the name that a command line takes; it is also the extension of their files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// YAML 1.2, one document for each object.
    Yaml,
    /// JSON: an object, or a list of them.
    Json,
    /// An Excel workbook, a sheet for each kind.
    Xlsx,
}

impl Form {
    /// The extension of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }

    /// The form of a file with this name.
    pub fn of_path(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }
}

/// An object to write: as its author wrote it, and what it was read as.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The authored value.
    pub value: &'a Value,
    /// The object.
    pub object: &'a Object,
}

/// What keeps objects from being written in a format.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A cell of a workbook cannot hold it.
    #[error("{object} does not fit into a workbook: {reason}")]
    Unfit {
        /// Which object.
        object: String,
        /// Why.
        reason: String,
    },
    /// The workbook could not be made.
    #[error("the workbook cannot be written: {0}")]
    Workbook(String),
    /// What was written reads as something else; a fault of this program.
    #[error("{object} would not be the same after being written as {form}")]
    Changed {
        /// Which object.
        object: String,
        /// The format.
        form: &'static str,
    },
}

/// The bytes of a file with these objects, in the order given.
///
/// # Errors
/// See [`WriteError`]. Every object was read back and is the same.
pub fn write(items: &[Item<'_>], form: Form) -> Result<Vec<u8>, WriteError> {
    let mut order = Order::default();
    for item in items {
        order.learn(item.object);
    }
    let nodes: Vec<_> = items
        .iter()
        .map(|item| (item.object.kind(), ordered(item.value, item.object, &order)))
        .collect();
    let bytes = match form {
        Form::Yaml => {
            let documents = nodes.iter().map(|(_, node)| yaml::document(node));
            documents.collect::<Vec<_>>().join("---\n").into_bytes()
        }
        Form::Json => match nodes.as_slice() {
            [(_, one)] => json(one, 0).into_bytes(),
            all => {
                let list = all.iter().map(|(_, node)| node.clone()).collect();
                json(&Node::new(NodeValue::List(list), 0..0), 0).into_bytes()
            }
        }
        .into_iter()
        .chain(*b"\n")
        .collect(),
        Form::Xlsx => workbook::write(&nodes, &order)?,
    };
    check(items, form, &bytes)?;
    Ok(bytes)
}

/// Any value as YAML, its fields in the order of the tree.
pub(crate) fn plain(value: &Node) -> String {
    yaml::document(value)
}

/// One object as YAML, with what each field is for and with the fields that could be added.
pub(crate) fn explained(item: Item<'_>) -> String {
    let mut order = Order::default();
    order.learn(item.object);
    let node = ordered(item.value, item.object, &order);
    explain::yaml(item.object.kind(), &node, &order)
}

/// One object as a workbook that also has these headings.
pub(crate) fn template(item: Item<'_>, headings: &[String]) -> Result<Vec<u8>, WriteError> {
    let mut order = Order::default();
    order.learn(item.object);
    let node = ordered(item.value, item.object, &order);
    let bytes = workbook::template(item.object.kind(), &node, headings, &order)?;
    check(&[item], Form::Xlsx, &bytes)?;
    Ok(bytes)
}

/// Reads what was written and compares. A workbook has the objects of a kind together.
fn check(items: &[Item<'_>], form: Form, bytes: &[u8]) -> Result<(), WriteError> {
    let mut wanted: Vec<_> = items.iter().map(|item| item.object).collect();
    if form == Form::Xlsx {
        wanted.sort_by_key(|object| object.kind());
    }
    let reading = source::read(&format!("written.{}", form.extension()), bytes);
    for (index, object) in wanted.iter().enumerate() {
        let found = reading.objects.get(index).map(Node::to_value);
        let found = found.and_then(|value| object.kind().read(&value).ok());
        if found.is_none_or(|found| found.to_value() != object.to_value()) {
            return Err(WriteError::Changed { object: name(object), form: form.extension() });
        }
    }
    Ok(())
}

/// What messages call an object; unlike those of any other.
fn name(object: &Object) -> String {
    let tenant = object.tenant().map_or_else(String::new, |tenant| format!(" of {tenant}"));
    let environment = object.environment().map_or_else(String::new, |name| format!(" for {name}"));
    format!("{} `{}` {}{tenant}{environment}", object.kind().name(), object.id(), object.version())
}

/// The value without nulls and defaults, its fields in order: as authored, unless that leaves out the id or
/// spells fields in another way.
fn ordered(value: &Value, object: &Object, order: &Order) -> Node {
    let kind = object.kind();
    let field = Some(Field::of(kind.shape()));
    if value.get(kind.id_field()).is_some() && kind.shape().check(value).is_empty() {
        return arranged(value, field, order);
    }
    arranged(&object.to_value(), field, order)
}

fn arranged(value: &Value, field: Option<Field>, order: &Order) -> Node {
    let value = match value {
        Value::Array(items) => {
            let inner = field.and_then(Field::items);
            NodeValue::List(items.iter().map(|item| arranged(item, inner, order)).collect())
        }
        Value::Object(fields) => {
            let mut entries = Vec::new();
            for (key, value) in fields {
                let inner = field.and_then(|field| field.property(key));
                // Where nothing is declared, as inside `metadata`, a null is a value like others.
                let declares =
                    |field: Field| field.properties().iter().any(|(name, _)| name == key);
                let implied = key != "version"
                    && inner.is_some_and(|inner| inner.is_default(value))
                    && !field.is_some_and(|field| field.needs(key))
                    && field.is_some_and(declares);
                if implied {
                    continue;
                }
                entries.push(Entry::new(key, arranged(value, inner, order)));
            }
            if let Some(field) = field {
                let names = order.of(field);
                entries.sort_by_key(|entry| {
                    names.iter().position(|name| *name == entry.key).unwrap_or(names.len())
                });
            }
            NodeValue::Object(entries)
        }
        single => return Node::of(single),
    };
    Node::new(value, 0..0)
}

/// JSON laid out for reading.
fn json(node: &Node, indent: usize) -> String {
    let pad = "  ".repeat(indent + 1);
    let inner: Vec<String> = match &node.value {
        NodeValue::List(items) => items.iter().map(|item| json(item, indent + 1)).collect(),
        NodeValue::Object(entries) => entries
            .iter()
            .map(|entry| {
                format!("{}: {}", Value::from(entry.key.as_str()), json(&entry.value, indent + 1))
            })
            .collect(),
        _ => return node.to_value().to_string(),
    };
    let (open, close) = match &node.value {
        NodeValue::List(_) => ('[', ']'),
        _ => ('{', '}'),
    };
    let flat = format!("{open}{}{close}", inner.join(", "));
    if flat.len() <= 60 && !flat.contains('\n') && (indent > 0 || inner.is_empty()) {
        return flat;
    }
    let last = "  ".repeat(indent);
    let lines = inner.iter().map(|line| format!("{pad}{line}")).collect::<Vec<_>>().join(",\n");
    format!("{open}\n{lines}\n{last}{close}")
}
