//! Commits written as text, for cases: `=== commit: Ada <ada@example.com>` begins one. Its text is the message;
//! the files behind it are those that it changes, and `=== remove PATH` takes one away. The files before the
//! first commit are the base.

use std::collections::BTreeMap;

use assay_compiler::past::{Branch, Changes, Commit, Content, Past, Person, Unknown};

/// Commits one after the other, on a base that the caller names.
#[derive(Debug)]
pub(crate) struct Commits(Changes);

impl Past for Commits {
    fn changes(&self, _: Branch<'_>) -> Result<Changes, Unknown> {
        Ok(self.0.clone())
    }

    fn has_base(&self) -> bool {
        true
    }
}

type Tree = BTreeMap<String, String>;

/// The files at the end, and the commits that led there, if there are any.
pub(crate) fn read(parts: Vec<(String, String)>) -> (Vec<(String, String)>, Option<Commits>) {
    let mut tree = Tree::new();
    let mut steps: Vec<(Person, String, Tree, Tree)> = Vec::new();
    for (path, text) in parts {
        if let Some(author) = path.strip_prefix("commit: ") {
            let author = Person::parse(author).expect("a commit names its author");
            steps.push((author, text, tree.clone(), tree.clone()));
            continue;
        }
        match path.strip_prefix("remove ") {
            Some(path) => drop(tree.remove(path)),
            None => drop(tree.insert(path, text)),
        }
        if let Some((.., after)) = steps.last_mut() {
            after.clone_from(&tree);
        }
    }
    let commits = steps.first().map(|(_, _, base, _)| {
        let changed = |path: &String| base.get(path) != tree.get(path);
        let files = |tree: &Tree| {
            tree.iter()
                .filter(|(path, _)| changed(path))
                .map(|(path, text)| {
                    let content = Content { id: text.clone(), bytes: text.as_bytes().into() };
                    (path.clone(), content)
                })
                .collect::<BTreeMap<_, _>>()
        };
        let commits =
            steps.iter().enumerate().map(|(index, (author, message, before, after))| Commit {
                id: index.to_string(),
                author: author.clone(),
                message: message.clone(),
                after: files(after),
                parents: vec![files(before)],
            });
        Commits(Changes {
            base: "base".to_owned(),
            before: files(base),
            after: files(&tree),
            commits: commits.collect(),
        })
    });
    (tree.into_iter().collect(), commits)
}
