//! The text of documents and of library files.

use assay_schemas::library::Kind;
use serde_json::Value;

use crate::source::{Node, NodeValue};
use crate::write::{self, Form, Item};

/// Fields of the standard that stand first, in this order; the others follow by name.
const FIRST: &[&str] = &[
    "apiVersion",
    "kind",
    "id",
    "server",
    "property",
    "username",
    "role",
    "channel",
    "name",
    "version",
    "status",
    "domain",
    "dataProduct",
    "tenant",
    "type",
    "engine",
    "metric",
    "arguments",
    "query",
    "implementation",
    "businessName",
    "physicalName",
    "description",
    "tags",
    "logicalType",
    "logicalTypeOptions",
    "physicalType",
    "required",
    "unique",
    "primaryKey",
    "primaryKeyPosition",
    "from",
    "to",
];

/// Fields that stand last, in this order: what is long.
const LAST: &[&str] = &[
    "relationships",
    "quality",
    "items",
    "properties",
    "schema",
    "servers",
    "team",
    "roles",
    "slaProperties",
    "support",
    "price",
    "customProperties",
];

/// The text of a library file with these objects.
///
/// # Errors
/// Why an object cannot be written.
pub fn library_file(objects: &[Value]) -> Result<String, String> {
    let mut read = Vec::new();
    for value in objects {
        let fields = value.as_object().ok_or("it is no object")?;
        let kind = Kind::ALL.iter().find(|kind| fields.contains_key(kind.id_field()));
        let object = kind.ok_or("it is of no kind")?.read(value).map_err(|problems| {
            let words: Vec<_> = problems
                .iter()
                .map(|problem| format!("{}: {}", problem.pointer, problem.message))
                .collect();
            words.join("; ")
        })?;
        read.push((value, object));
    }
    let items: Vec<_> = read.iter().map(|(value, object)| Item { value, object }).collect();
    let bytes = write::write(&items, Form::Yaml).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The text of a contract of the standard, with the fields of its objects in the order in which people
/// read them.
pub fn document(value: &Value) -> String {
    let mut node = Node::of(value);
    arrange(&mut node);
    write::plain(&node)
}

fn arrange(node: &mut Node) {
    match &mut node.value {
        NodeValue::List(items) => items.iter_mut().for_each(arrange),
        NodeValue::Object(entries) => {
            entries.iter_mut().for_each(|entry| arrange(&mut entry.value));
            entries.sort_by_key(|entry| rank(&entry.key));
        }
        _ => {}
    }
}

fn rank(key: &str) -> (usize, usize) {
    let place = |list: &[&str]| list.iter().position(|name| *name == key);
    match (place(FIRST), place(LAST)) {
        (Some(place), _) => (0, place),
        (None, Some(place)) => (2, place),
        (None, None) => (1, 0),
    }
}
