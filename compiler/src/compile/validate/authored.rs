//! The authored forms of a kind are brought into one, with every place kept.
//!
//! Fields written in another spelling get their name, a missing id comes from where the kind says, and a
//! map of objects becomes its objects. [`assay_schemas::library::authored`] says what each kind allows.

use assay_schemas::code::Code;
use assay_schemas::library::Kind;
use assay_schemas::library::authored::{Alias, IdFrom, SHARED_FIELDS};
use assay_schemas::problem::{Pointer, Problem};

use crate::source::{Entry, Node, NodeValue};

/// The objects that one authored tree holds: itself, or those of its map.
///
/// # Errors
/// The map of objects is none.
pub(super) fn objects(folder: &str, node: Node) -> Result<Vec<Node>, (Node, Problem)> {
    let map = Kind::in_folder(folder).find_map(|kind| {
        let map = kind.authored().map?;
        node.get(map).map(|_| (kind, map))
    });
    let Some((kind, map)) = map else { return Ok(vec![node]) };
    let NodeValue::Object(entries) = &node.value else { return Ok(vec![node]) };
    let (whole, beside): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.key == map);
    let members = match whole.first().map(|entry| &entry.value.value) {
        Some(NodeValue::Object(members)) => members,
        Some(NodeValue::Null) => return Ok(Vec::new()),
        _ => {
            let message =
                format!("`{map}` is a map: the id of each object, and under it the object");
            let problem = Problem::new(Code::WrongType, Pointer::from(map), message);
            return Err((node, problem));
        }
    };
    Ok(members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let id = Node::new(NodeValue::Text(member.key.clone()), member.key_span.clone());
            let mut fields = vec![entry(kind.id_field(), &member.key_span, id)];
            match &member.value.value {
                NodeValue::Object(own) => fields.extend(own.iter().cloned()),
                NodeValue::Null => {}
                // The shape says what is wrong with it.
                _ => fields.push(entry(&member.key, &member.key_span, member.value.clone())),
            }
            for shared in &beside {
                // What no kind has is complained of once, with the first object.
                let known = SHARED_FIELDS.contains(&shared.key.as_str());
                let own = fields.iter().any(|field| field.key == shared.key);
                if (known || index == 0) && !own {
                    fields.push((*shared).clone());
                }
            }
            Node::new(NodeValue::Object(fields), member.value.span.clone())
        })
        .collect())
}

/// Brings an object into the one form of its kind; `stem` is the name of its file without the ending.
pub(super) fn normalize(kind: Kind, stem: &str, node: &mut Node) {
    let authored = kind.authored();
    for alias in authored.aliases {
        rename(node, alias.within, alias);
    }
    let id_field = kind.id_field();
    let NodeValue::Object(fields) = &mut node.value else { return };
    if !is_absent(fields, id_field) {
        return;
    }
    let id = match authored.id_from {
        IdFrom::Nowhere => None,
        IdFrom::Field(name) => fields
            .iter()
            .find(|field| field.key == name)
            .map(|field| entry(id_field, &field.key_span, field.value.clone())),
        IdFrom::FileStem => fields.first().map(|first| {
            let stem = Node::new(NodeValue::Text(stem.to_owned()), first.key_span.clone());
            entry(id_field, &first.key_span, stem)
        }),
    };
    fields.retain(|field| field.key != id_field || id.is_none());
    fields.extend(id);
}

fn entry(key: &str, key_span: &crate::source::Span, value: Node) -> Entry {
    Entry { key: key.to_owned(), key_span: key_span.clone(), value }
}

fn is_absent(fields: &[Entry], name: &str) -> bool {
    fields
        .iter()
        .find(|field| field.key == name)
        .is_none_or(|field| field.value.value == NodeValue::Null)
}

fn rename(node: &mut Node, within: &[&str], alias: &Alias) {
    match (within.split_first(), &mut node.value) {
        // Both spellings in one object are left for the shape to complain of.
        (None, NodeValue::Object(fields))
            if is_absent(fields, alias.field)
                && fields.iter().any(|field| field.key == alias.alias) =>
        {
            fields.retain(|field| field.key != alias.field);
            if let Some(field) = fields.iter_mut().find(|field| field.key == alias.alias) {
                alias.field.clone_into(&mut field.key);
            }
        }
        (Some((&"*", rest)), NodeValue::Object(fields)) => {
            fields.iter_mut().for_each(|field| rename(&mut field.value, rest, alias));
        }
        (Some((&"*", rest)), NodeValue::List(items)) => {
            items.iter_mut().for_each(|item| rename(item, rest, alias));
        }
        (Some((key, rest)), NodeValue::Object(fields)) => {
            if let Some(field) = fields.iter_mut().find(|field| field.key == *key) {
                rename(&mut field.value, rest, alias);
            }
        }
        _ => {}
    }
}
