//! Outlines: what each file of a library declares and refers to, by name.
//!
//! An outline is all that other files can see of a file without looking into what its objects say. As
//! long as it stays the same, links, names and the set of objects of the whole library stay the same.

use std::collections::BTreeMap;

use assay_schemas::library::{Kind, Object};

use super::index::Index;
use super::validate::Library;

/// Separates the parts of a name; no id holds it.
const PART: char = '\u{1f}';

/// What a file declares and refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Objects, each with everything that decides whether a reference finds it.
    pub declares: Vec<String>,
    /// References, each with the versions that it accepts.
    pub refers: Vec<String>,
    /// Objects that take this file's objects in without referring to them.
    pub joins: Vec<String>,
}

/// The outline of every file that holds an object, by path.
pub(super) fn outlines(library: &Library, index: &Index<'_>) -> BTreeMap<String, Outline> {
    let mut outlines: BTreeMap<String, Outline> = BTreeMap::new();
    for (position, loaded) in library.objects.iter().enumerate() {
        let object = loaded.object();
        let outline = outlines.entry(loaded.path().to_owned()).or_default();
        outline.declares.push(declared(object));
        outline.refers.extend(index.references(position).iter().map(|reference| {
            let request = reference.request.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{}{PART}{request}", name(reference.kind, &reference.id))
        }));
        if let Object::RuleSet(set) = object
            && let Some(entity) = &set.catalog_entity_id
        {
            outline.joins.push(name(Kind::Entity, entity.as_str()));
        }
    }
    outlines
}

/// The part of a declaration or a reference that names an object whatever its version.
pub(crate) fn name_of(text: &str) -> &str {
    match text.match_indices(PART).nth(1) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

fn name(kind: Kind, id: &str) -> String {
    format!("{}{PART}{id}", kind.name())
}

fn declared(object: &Object) -> String {
    format!(
        "{}{PART}{}{PART}{}{PART}{}{PART}{}",
        name(object.kind(), object.id()),
        object.version(),
        object.tenant().map_or("", |tenant| tenant.as_str()),
        object.environment().map_or("", |environment| environment.as_str()),
        object.status().name(),
    )
}
