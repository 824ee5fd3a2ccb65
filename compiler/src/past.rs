//! What led to the files that are compiled, as far as approvals ask for it: commits, who made them and what
//! they say. A trait, so that nothing behind it knows where commits come from.

pub(crate) mod change;
mod makers;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use makers::Makers;

/// Gives the changes that led to what is compiled.
pub trait Past: fmt::Debug + Sync {
    /// The changes since the base that the caller named, else since those that a branch has.
    ///
    /// # Errors
    /// Why the changes are not known.
    fn changes(&self, branch: Branch<'_>) -> Result<Changes, Unknown>;

    /// Whether the caller named a base.
    fn has_base(&self) -> bool;
}

/// The branch of an environment, where it names one.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a>(pub Option<&'a str>);

/// Why changes are not known: lower case, no full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

/// Changes since a commit that counts as approved.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// That commit.
    pub base: String,
    /// By path, the authoring files in which base and head differ, as the base has them.
    pub before: BTreeMap<String, Content>,
    /// The same files as the head has them.
    pub after: BTreeMap<String, Content>,
    /// The commits that the head has and the base has not, in any order.
    pub commits: Vec<Commit>,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Content {
    /// Names the content; equal content has an equal name.
    pub id: String,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// One commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// Who made the change.
    pub author: Person,
    /// All that it says.
    pub message: String,
    /// The files of [`Changes::before`] and [`Changes::after`] as it leaves them.
    pub after: BTreeMap<String, Content>,
    /// The same files as each of its parents leaves them.
    pub parents: Vec<BTreeMap<String, Content>>,
}

/// Somebody, as commits name people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The mail address.
    pub mail: String,
}

impl Person {
    /// Reads `Ada Lovelace <ada@example.com>`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let mail = rest.split_once('>')?.0.trim();
        mail.contains('@').then(|| Self { name: name.trim().to_owned(), mail: mail.to_owned() })
    }

    /// The mail address as addresses are compared: case does not count.
    pub fn key(&self) -> String {
        self.mail.to_lowercase()
    }
}

impl fmt::Display for Person {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} <{}>", self.name, self.mail)
    }
}

impl Commit {
    /// Those who approve, by `Approved-by:` trailers.
    pub fn approvers(&self) -> Vec<Person> {
        self.trailers("approved-by")
    }

    /// Those who made the change: the author and all `Co-authored-by:`.
    pub fn authors(&self) -> Vec<Person> {
        let mut authors = vec![self.author.clone()];
        authors.extend(self.trailers("co-authored-by"));
        authors
    }

    fn trailers(&self, wanted: &str) -> Vec<Person> {
        trailers(&self.message, wanted).into_iter().filter_map(Person::parse).collect()
    }
}

/// The values of a trailer: lines `Name: value` of the last paragraph, if that is made of such lines.
pub fn trailers<'a>(message: &'a str, wanted: &str) -> Vec<&'a str> {
    let Some(last) = last_paragraph(message) else { return Vec::new() };
    let lines: Vec<_> = last.lines().map(|line| (line, trailer(line))).collect();
    let is_block =
        lines.iter().all(|(line, found)| found.is_some() || line.starts_with([' ', '\t', '(']));
    if !is_block {
        return Vec::new();
    }
    lines
        .iter()
        .filter_map(|(_, found)| *found)
        .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value)
        .collect()
}

/// The last of several paragraphs.
fn last_paragraph(message: &str) -> Option<&str> {
    let message = message.trim_end();
    let parted = message.rfind("\n\n").map(|at| at + 2);
    let parted = parted.max(message.rfind("\r\n\r\n").map(|at| at + 4));
    parted.map(|at| &message[at..])
}

fn trailer(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let named = !name.is_empty()
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    named.then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approvers(message: &str) -> Vec<String> {
        let author = Person { name: "A".to_owned(), mail: "a@x".to_owned() };
        let commit = Commit {
            id: String::new(),
            author,
            message: message.to_owned(),
            after: BTreeMap::new(),
            parents: Vec::new(),
        };
        commit.approvers().into_iter().map(|person| person.mail).collect()
    }

    #[test]
    fn trailers_are_the_last_paragraph() {
        let two = "Title\n\nWhy.\n\nApproved-by: Ada <ada@x>\nSigned-off-by: B <b@x>\napproved-By:  Bob  <Bob@x> \n";
        assert_eq!(approvers(two), ["ada@x", "Bob@x"]);
        assert_eq!(approvers("Title\r\n\r\nApproved-by: Ada <ada@x>\r\n"), ["ada@x"]);
        for none in [
            "Approved-by: Ada <ada@x>",
            "Title\nApproved-by: Ada <ada@x>",
            "Title\n\nApproved-by: Ada <ada@x>\n\nMore words.",
            "Title\n\nquoting you:\nyou wrote this\nApproved-by: Ada <ada@x>",
            "Title\n\nApproved-by: Ada",
            "Title\n\nNot-Approved-by: Ada <ada@x>",
        ] {
            assert_eq!(approvers(none), Vec::<String>::new(), "{none}");
        }
    }
}
