//! The project: `assay.yaml` at the top says which shared libraries of other Git repositories it uses.

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::Code;
use crate::problem::{Pointer, Problem};
use crate::shape::Shape;

/// What a project says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Libraries of other Git repositories whose objects may be referred to.
    #[serde(default)]
    pub libraries: Vec<LibraryDeclaration>,
}

/// A shared library: a Git repository, and which of its commits. At most one of `branch`, `tag` and `rev`;
/// without any, its current branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryDeclaration {
    /// Names the library in this project.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"))]
    pub name: String,
    /// The repository: a path relative to the project, a `file://` address, or an address of the network.
    pub git: String,
    /// The branch whose newest commit is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The tag whose commit is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The commit itself, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<String>,
    /// The folder of the repository that holds `libraries/`; its top where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl LibraryDeclaration {
    /// What is asked for, for people: `branch main`.
    pub fn wanted(&self) -> String {
        match (&self.branch, &self.tag, &self.rev) {
            (Some(branch), ..) => format!("branch {branch}"),
            (_, Some(tag), _) => format!("tag {tag}"),
            (.., Some(rev)) => format!("commit {rev}"),
            _ => "its current branch".to_owned(),
        }
    }
}

impl Project {
    /// The shape of the file.
    pub fn shape() -> &'static Shape {
        static SHAPE: OnceLock<Shape> = OnceLock::new();
        SHAPE.get_or_init(Shape::of::<Self>)
    }

    /// Turns an authored value into a project.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(value: &Value) -> Result<Self, Vec<Problem>> {
        let problems = Self::shape().check(value);
        if !problems.is_empty() {
            return Err(problems);
        }
        let project: Self = crate::shape::take(value)?;
        let names = project.libraries.iter().map(|library| library.name.as_str());
        let mut problems = super::unique_ids("libraries", "name", names);
        for (index, library) in project.libraries.iter().enumerate() {
            let place = Pointer::from("libraries").index(index);
            let given = [("branch", &library.branch), ("tag", &library.tag), ("rev", &library.rev)];
            let mut given = given.iter().filter(|(_, value)| value.is_some());
            if let (Some(_), Some((second, _))) = (given.next(), given.next()) {
                let message =
                    "a library is taken at a `branch`, a `tag` or a `rev`, not at two of them";
                problems.push(
                    Problem::new(Code::BadValue, place.key(second), message)
                        .at_key()
                        .hint("keep one of them"),
                );
            }
            let path = library.path.as_deref().unwrap_or_default();
            if path.starts_with('/') || path.split('/').any(|part| part == "..") {
                let message = format!("`{path}` is not a folder inside the repository");
                problems.push(
                    Problem::new(Code::BadValue, place.key("path"), message)
                        .hint("name the folder from the top of the repository, such as `quality`"),
                );
            }
        }
        if problems.is_empty() { Ok(project) } else { Err(problems) }
    }
}
