//! What the tests across the crates share: the real programs, run without the caller's environment, and
//! projects made of text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assay_compiler::git::{SharedLibrary, Snapshot, SourceFile};
use assay_schemas::digest::Digest;
use tempfile::TempDir;

/// The root of the repository: the one that the program was started in, which need not be the one that this
/// crate was compiled in where several share a folder of builds.
pub fn root() -> PathBuf {
    let started = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let started = started.unwrap_or_else(|| std::env::current_dir().expect("there is a folder"));
    let mut folders = started.ancestors();
    folders
        .find(|folder| folder.join("Cargo.lock").exists())
        .expect("the program is started in the repository")
        .to_owned()
}

/// A program of this workspace, built by the same call of cargo.
pub fn program(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("the test knows its own path");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins`", path.display());
    path
}

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; 255 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Demands an exit code, showing everything where it is another.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Demands words on either stream, showing everything where they are missing.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        let said = self.out.contains(words) || self.err.contains(words);
        assert!(said, "`{words}` in\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(255),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A project in a folder of its own.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty project.
    #[expect(clippy::new_without_default, reason = "a folder is made, which is no default value")]
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    /// A copy of the worked example: libraries, environments and data.
    pub fn example() -> Self {
        let project = Self::new();
        for part in ["libraries", "environments", "data"] {
            copy(&root().join(part), &project.path().join(part));
        }
        project
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let full = self.path().join(path);
        fs::create_dir_all(full.parent().expect("a file lies in a folder"))
            .expect("the folder is made");
        fs::write(&full, content).expect("the file is written");
        full
    }

    /// Replaces text in a file.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let full = self.path().join(path);
        let text = fs::read_to_string(&full).expect("the file is text");
        assert!(text.contains(from), "`{path}` holds no `{from}`");
        fs::write(&full, text.replace(from, to)).expect("the file is written");
    }

    /// Makes everything in the project one commit.
    pub fn commit(&self, message: &str) {
        if !self.path().join(".git").exists() {
            self.git(&["init", "--quiet", "--initial-branch=main"]);
        }
        self.write(".gitignore", ".assay/\n");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Runs git without the caller's configuration.
    pub fn git(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new("git");
        hermetic(&mut command)
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "gc.auto=0"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .current_dir(self.path());
        Ran::from(command.output().expect("git runs")).ends(0)
    }

    /// Runs `assayc` in the project.
    pub fn assayc(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command("assayc", arguments).output().expect("assayc runs"))
    }

    /// Runs `assay` in the project.
    pub fn assay(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command("assay", arguments).output().expect("assay runs"))
    }

    /// A program, ready to be run in the project.
    pub fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program(name));
        hermetic(&mut command).args(arguments).current_dir(self.path());
        command
    }

    /// Seals the bundle of an environment from the files on disk.
    pub fn seal(&self, environment: &str) {
        self.assayc(&["build", "--worktree", "--env", environment]).ends(0);
    }
}

/// Takes the caller's environment away, but for what finds programs.
fn hermetic(command: &mut Command) -> &mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", "/nonexistent").env("TZ", "Pacific/Auckland")
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder is made");
    for entry in fs::read_dir(from).expect("the folder is read") {
        let entry = entry.expect("the folder is read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("the entry has a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file is copied");
        }
    }
}

/// Files written one after the other in one text: a line `=== path` begins each.
pub fn parts(text: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match (line.strip_prefix("=== "), parts.last_mut()) {
            (Some(path), _) => parts.push((path.trim().to_owned(), String::new())),
            (None, Some((_, content))) => content.push_str(line),
            (None, None) => {}
        }
    }
    parts
}

/// Files as the compiler reads them from a folder. A path such as `shared@4f1c2d3e:libraries/rules/a.yaml` is
/// of a shared library.
pub fn snapshot(files: Vec<(String, String)>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (path, text) in files {
        let origin = path.split_once(':').and_then(|(origin, _)| origin.split_once('@'));
        let list = match origin {
            Some((name, commit)) => library(&mut snapshot.libraries, name, commit),
            None => &mut snapshot.files,
        };
        list.push(SourceFile::new(&*path, None, text.clone().into_bytes()));
    }
    snapshot.files.sort_by(|a, b| a.path.cmp(&b.path));
    snapshot
}

/// The files of the shared library of that name.
fn library<'a>(
    libraries: &'a mut Vec<SharedLibrary>,
    name: &str,
    commit: &str,
) -> &'a mut Vec<SourceFile> {
    let found = libraries.iter().position(|library| library.name == name);
    let index = found.unwrap_or_else(|| {
        libraries.push(SharedLibrary {
            name: name.to_owned(),
            git: format!("../{name}"),
            commit: commit.to_owned(),
            digest: Digest::of_bytes(b""),
            files: Vec::new(),
        });
        libraries.len() - 1
    });
    &mut libraries[index].files
}
