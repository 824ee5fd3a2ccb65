//! `assay.lock`: the commit and the content of each shared library, written by one writer.

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::library::project::LibraryDeclaration;
use assay_schemas::problem::Pointer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LOCK;
use crate::diagnostic::{Diagnostic, Place};
use crate::source;

/// Version of the form of the file.
const LOCK_VERSION: u64 = 1;

/// The locked libraries, in order of name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// One for each library.
    pub libraries: Vec<Locked>,
}

/// A library at the commit that its declaration came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// As it was declared when it was locked.
    #[serde(flatten)]
    pub declaration: LibraryDeclaration,
    /// The commit, in hexadecimal.
    pub commit: String,
    /// SHA-256 over the paths and the bytes of its files.
    pub digest: Digest,
}

impl Lock {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        let bad = |place: Place, message: String| {
            let hint = "write it anew with `assayc lock`; after a merge, that settles both sides";
            Box::new(Diagnostic::new(Code::BadLock, place, message).hint(hint))
        };
        // The reader of YAML goes by the ending of a name.
        let documents = source::documents("assay.lock.yaml", bytes);
        if let Some(problem) = documents.problems.into_iter().next() {
            let place = problem.span.map_or(Place::file(LOCK), |span| Place::new(LOCK, span));
            return Err(bad(place, problem.message));
        }
        let [root] = documents.roots.as_slice() else {
            return Err(bad(Place::file(LOCK), "the file is not one document".to_owned()));
        };
        let at = |pointer: &str| {
            Place::new(
                LOCK,
                root.locate(&Pointer::from(pointer), assay_schemas::problem::Part::Value),
            )
        };
        let value = root.to_value();
        if value["lock_version"] != LOCK_VERSION {
            let message = format!("this is no lock file of version {LOCK_VERSION}");
            return Err(bad(at("lock_version"), message));
        }
        let list = value["libraries"].as_array().map_or(&[][..], Vec::as_slice);
        let mut libraries = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            let locked = serde_json::from_value::<Locked>(entry.clone());
            let locked = locked.map_err(|error| {
                bad(at(&format!("/libraries/{index}")), format!("not a locked library: {error}"))
            })?;
            let whole =
                locked.commit.len() >= 40 && locked.commit.bytes().all(|b| b.is_ascii_hexdigit());
            if !whole {
                let message = format!("`{}` is not the full id of a commit", locked.commit);
                return Err(bad(at(&format!("/libraries/{index}/commit")), message));
            }
            libraries.push(locked);
        }
        Ok(Self { libraries })
    }

    /// The library of that name.
    pub fn get(&self, name: &str) -> Option<&Locked> {
        self.libraries.iter().find(|locked| locked.declaration.name == name)
    }

    /// The text of the file: the same for the same libraries, one fact a line.
    pub fn text(&self) -> String {
        let mut text = "# The shared libraries of assay.yaml, each at one commit.\n\
                        # Written by `assayc lock`: commit this file, and do not edit it.\n\
                        lock_version: 1\n"
            .to_owned();
        let mut libraries: Vec<_> = self.libraries.iter().collect();
        libraries.sort_by(|a, b| a.declaration.name.cmp(&b.declaration.name));
        text.push_str(if libraries.is_empty() { "libraries: []\n" } else { "libraries:\n" });
        for Locked { declaration, commit, digest } in libraries {
            let digest = digest.to_string();
            let fields = [
                ("name", Some(&declaration.name)),
                ("git", Some(&declaration.git)),
                ("branch", declaration.branch.as_ref()),
                ("tag", declaration.tag.as_ref()),
                ("rev", declaration.rev.as_ref()),
                ("path", declaration.path.as_ref()),
                ("commit", Some(commit)),
                ("digest", Some(&digest)),
            ];
            let mut lead = "  - ";
            for (field, value) in fields {
                if let Some(value) = value {
                    // Every text of JSON is one of YAML, and means the same to all its readers.
                    text.push_str(&format!("{lead}{field}: {}\n", Value::from(value.as_str())));
                    lead = "    ";
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str) -> Locked {
        let declaration = LibraryDeclaration {
            name: name.to_owned(),
            git: "../a \"b\"".to_owned(),
            branch: Some("main".to_owned()),
            tag: None,
            rev: None,
            path: Some("007".to_owned()),
        };
        Locked { declaration, commit: "4f".repeat(20), digest: Digest::of_bytes(b"") }
    }

    #[test]
    fn what_is_written_is_read() {
        let lock = Lock { libraries: vec![locked("b"), locked("a")] };
        let read = Lock::read(lock.text().as_bytes()).expect("the file is whole");
        assert_eq!(read.libraries, [locked("a"), locked("b")]);
        assert_eq!(read.text(), lock.text());
        assert_eq!(Lock::read(Lock::default().text().as_bytes()), Ok(Lock::default()));
    }

    #[test]
    fn a_damaged_file_is_refused_with_the_way_out() {
        let text = Lock { libraries: vec![locked("a")] }.text();
        for bad in [
            String::new(),
            text.replace("lock_version: 1", "lock_version: 2"),
            text.replace("  - name", "<<<<<<< HEAD\n  - name"),
            text.replace("sha256:", "md5:"),
            text.replace("4f4f", "main"),
            format!("{text}---\n{text}"),
        ] {
            let fault = Lock::read(bad.as_bytes()).expect_err(&bad);
            assert_eq!(fault.code, Code::BadLock);
            assert!(fault.hint.is_some_and(|hint| hint.contains("assayc lock")), "{bad}");
        }
    }
}
