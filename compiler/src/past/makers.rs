//! Who made a change, and whether somebody who agrees to it is one of them.

use std::collections::BTreeMap;

use super::change::changed;
use super::{Changes, Person, Unknown};

/// Who made a change, by object; nobody where the change is no commit yet.
#[derive(Clone, Debug, Default)]
pub struct Makers {
    /// By kind and id.
    objects: BTreeMap<(String, String), Vec<Person>>,
    /// Why they are not known, where they should be.
    unknown: Option<String>,
}

impl Makers {
    /// The authors of what changed in commits.
    pub fn of(changes: Changes) -> Self {
        let mut objects: BTreeMap<_, Vec<Person>> = BTreeMap::new();
        for own in changed(&changes) {
            let key = (own.identity.kind.to_owned(), own.identity.id);
            objects.entry(key).or_default().extend(own.authors.into_values());
        }
        Self { objects, unknown: None }
    }

    /// Nobody who is known, and so nobody who is known to be another.
    pub fn unknown(Unknown(reason): Unknown) -> Self {
        Self { unknown: Some(reason), ..Self::default() }
    }

    /// Whether an object is among what changed.
    pub fn has(&self, kind: &str, id: &str) -> bool {
        self.objects.contains_key(&(kind.to_owned(), id.to_owned()))
    }

    /// Why somebody cannot agree to a change of some objects, each as kind and id: lower case, no full stop.
    /// `None` where nothing is against it.
    pub fn objection<'a>(
        &self,
        approver: &str,
        objects: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<String> {
        if let Some(reason) = &self.unknown {
            return Some(format!("who made the change is not known: {reason}"));
        }
        objects.into_iter().find_map(|(kind, id)| {
            let authors = self.objects.get(&(kind.to_owned(), id.to_owned()))?;
            let author = authors.iter().find(|author| names(approver, author))?;
            Some(format!("its approver `{approver}` made the change of {kind}/{id} as `{author}`"))
        })
    }
}

/// Whether the name of an approver, which authors write as they like, is that of a person: by any mail address in
/// it, or by the name before the first. Names of roles and teams are nobody's.
fn names(approver: &str, person: &Person) -> bool {
    let parts = approver.split(|c: char| c.is_whitespace() || "<>(),;".contains(c));
    let mut mails = parts.filter(|part| {
        part.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
    });
    if mails.any(|mail| mail.to_lowercase() == person.key()) {
        return true;
    }
    let name = approver.split(['<', '(']).next().unwrap_or_default();
    let (name, own) = (plain(name), plain(&person.name));
    !name.is_empty() && name == own
}

/// A name as names are compared: neither case nor the spaces between words count.
fn plain(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approver_is_compared_as_far_as_it_is_a_person() {
        let ada = Person { name: "Ada Lovelace".to_owned(), mail: "Ada@example.com".to_owned() };
        for same in [
            "Ada Lovelace <ada@example.com>",
            "Ada Lovelace",
            "ada  lovelace",
            "ada@EXAMPLE.com",
            "Somebody <ada@example.com>",
            "Ada Lovelace <ada@home.example>",
            "Grace <grace@example.com>, Ada <ada@example.com>",
            "Ada Lovelace (steward)",
        ] {
            assert!(names(same, &ada), "{same}");
        }
        for other in [
            "Ada",
            "Grace Hopper <grace@example.com>",
            "mobility-data",
            "@acme/data",
            "<>",
            "lovelace@example.com",
        ] {
            assert!(!names(other, &ada), "{other}");
        }
    }

    #[test]
    fn where_the_commits_are_not_known_nobody_can_agree() {
        let makers = Makers::unknown(Unknown("the clone is shallow".to_owned()));
        let words = makers.objection("Ada", []).unwrap_or_default();
        assert_eq!(words, "who made the change is not known: the clone is shallow");
        assert_eq!(Makers::default().objection("Ada", [("rule_set", "a")]), None);
    }
}
