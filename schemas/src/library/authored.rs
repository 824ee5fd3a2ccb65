//! What the authored form of a kind allows beyond its fields: other spellings of a field, an id that is
//! written elsewhere, several objects in one map.
//!
//! Everything behind this module sees one form only: the fields as their struct names them. Digests
//! therefore do not depend on which of the forms an author chose.

use serde_json::{Map, Value};

use super::Kind;

/// Another spelling of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Keys from the root to the object that has the field; `*` stands for every field or element.
    pub within: &'static [&'static str],
    /// The other spelling.
    pub alias: &'static str,
    /// The field.
    pub field: &'static str,
}

/// Where the id of an object comes from when its id field is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdFrom {
    /// Nowhere: the field is required.
    Nowhere,
    /// Another field of the object.
    Field(&'static str),
    /// The name of the file, without its ending.
    FileStem,
}

/// What the authored form of a kind allows.
#[derive(Clone, Copy, Debug)]
pub struct Authored {
    /// Other spellings.
    pub aliases: &'static [Alias],
    /// Fields that tell the kind within its folder, beside the id field and its other spellings.
    pub tells: &'static [&'static str],
    /// Where a missing id comes from.
    pub id_from: IdFrom,
    /// The key of a map that holds one object under each id.
    pub map: Option<&'static str>,
    /// Puts what one field says of another into that field.
    pub rewrite: Option<fn(&mut Value)>,
}

impl PartialEq for Authored {
    fn eq(&self, other: &Self) -> bool {
        let plain = |one: &Self| (one.aliases, one.tells, one.id_from, one.map);
        plain(self) == plain(other) && self.rewrite.is_some() == other.rewrite.is_some()
    }
}

impl Authored {
    /// Fields as they are, and the id among them.
    pub const PLAIN: Self =
        Self { aliases: &[], tells: &[], id_from: IdFrom::Nowhere, map: None, rewrite: None };
}

/// Fields that every kind has, beside its id; in a map of objects they may stand once for all.
pub const SHARED_FIELDS: &[&str] =
    &["environment", "metadata", "owner", "status", "tags", "tenant_id", "version"];

/// Brings an authored value into the one form, as far as that can be told without its file.
pub(super) fn normalized(kind: Kind, value: &Value) -> Value {
    let authored = kind.authored();
    let mut value = value.clone();
    for alias in authored.aliases {
        rename(&mut value, alias.within, alias);
    }
    if let (IdFrom::Field(field), Some(fields)) = (authored.id_from, value.as_object_mut())
        && is_absent(fields, kind.id_field())
        && let Some(id) = fields.get(field).cloned()
    {
        fields.insert(kind.id_field().to_owned(), id);
    }
    if let Some(rewrite) = authored.rewrite {
        rewrite(&mut value);
    }
    value
}

/// Whether an object lacks a field; null is nothing.
fn is_absent(fields: &Map<String, Value>, field: &str) -> bool {
    fields.get(field).is_none_or(Value::is_null)
}

fn rename(value: &mut Value, within: &[&str], alias: &Alias) {
    match (within.split_first(), value) {
        (None, Value::Object(fields)) => {
            // Both spellings in one object are left for the shape to complain of.
            if is_absent(fields, alias.field)
                && let Some(value) = fields.remove(alias.alias)
            {
                fields.insert(alias.field.to_owned(), value);
            }
        }
        (Some((&"*", rest)), Value::Object(fields)) => {
            fields.values_mut().for_each(|field| rename(field, rest, alias));
        }
        (Some((&"*", rest)), Value::Array(items)) => {
            items.iter_mut().for_each(|item| rename(item, rest, alias));
        }
        (Some((key, rest)), Value::Object(fields)) => {
            if let Some(field) = fields.get_mut(*key) {
                rename(field, rest, alias);
            }
        }
        _ => {}
    }
}
