//! What a file that could not be read may have declared, so that references to it are not reported as
//! well: one fault in one file must not become a hundred elsewhere.

use std::collections::BTreeSet;

use assay_schemas::library::Kind;

use crate::source;

/// What is known of files that could not be read to their end.
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// Kind and id of what stands in their text, read or not.
    pub(super) ids: Vec<(Kind, String)>,
    /// Kinds of which any id may have been declared, since not even the text is there.
    pub(super) kinds: BTreeSet<Kind>,
}

impl Unread {
    /// What the file at `path` may have declared.
    pub(super) fn file(path: &str, bytes: &[u8]) -> Self {
        let mut unread = Self::default();
        let text = source::text_format(path).and_then(|_| source::decode(bytes).ok());
        match text {
            Some(text) => {
                for kind in Kind::in_folder(folder_of(path)) {
                    let ids = kind.id_spellings().flat_map(|field| values_of(text, field));
                    unread.ids.extend(ids.map(|id| (kind, id.to_owned())));
                }
            }
            None => unread.kinds = kinds_below(path),
        }
        unread
    }
}

/// The kinds that what stands at `path` may hold.
pub(super) fn kinds_below(path: &str) -> BTreeSet<Kind> {
    match folder_of(path) {
        "" if path == "libraries" => Kind::ALL.iter().copied().collect(),
        folder => Kind::in_folder(folder).collect(),
    }
}

fn folder_of(path: &str) -> &str {
    path.strip_prefix("libraries/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

/// The scalars that follow `field` and a colon in a text that is no longer YAML or JSON as a whole.
fn values_of<'a>(text: &'a str, field: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(field).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let rest = text[at + field.len()..].trim_start_matches(['"', '\'']).trim_start();
        let value = rest.strip_prefix(':')?.trim_start_matches([' ', '\t', '"', '\'']);
        let end = value.find(|c: char| c.is_whitespace() || "\"',}]".contains(c));
        let value = &value[..end.unwrap_or(value.len())];
        (!value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_a_text_that_does_not_parse() {
        let text = "rule_set_id: one\nrules: [\n---\n- {\"rule_set_id\" : \"two\", x\nmy_rule_set_id: no\n\
                    'rule_set_id':   'three'\nrule_set_id\nrule_set_id:";
        assert_eq!(values_of(text, "rule_set_id").collect::<Vec<_>>(), ["one", "two", "three"]);
        let unread = Unread::file("libraries/rules/a.yaml", text.as_bytes());
        assert_eq!((unread.ids.len(), unread.kinds.len()), (3, 0));
    }

    #[test]
    fn without_a_text_every_id_of_the_folder_is_in_doubt() {
        let unread = Unread::file("libraries/contracts/a.yaml", b"\xFF\xFE");
        assert!(unread.ids.is_empty() && unread.kinds.contains(&Kind::DataContract));
        assert_eq!(kinds_below("libraries").len(), Kind::ALL.len());
        assert!(kinds_below("environments/dev.yaml").is_empty());
    }
}
