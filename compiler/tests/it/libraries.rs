//! Shared libraries from the outside: declared, locked, kept, and refused.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assay_testkit::{Project, Ran};
use tempfile::TempDir;

const RULES: &str =
    "rule_set_id: common\nrules: [{ rule_id: a, rule_type: not_null, column: fare }]\n";

/// A repository with a library, a project that uses it, and a cache of its own.
struct Bench {
    shared: Project,
    project: Project,
    cache: TempDir,
}

impl Bench {
    fn new() -> Self {
        let shared = Project::new();
        shared.write("libraries/rules/common.yaml", RULES);
        shared.commit("common rules");
        let project = Project::new();
        project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
        project.write(
            "libraries/schemas/a.yaml",
            "schema_id: a\ncolumns: [{ name: fare, data_type: integer }]\n",
        );
        project.write(
            "libraries/contracts/a.yaml",
            "contract_id: a\ndatasets:\n  - dataset_contract_id: a\n    schema: { schema_id: a }\n    source: { format: csv }\n    rule_sets: [{ rule_set_id: common, version: ^1.0 }]\n",
        );
        let bench = Self { shared, project, cache: TempDir::new().expect("a folder") };
        bench.declare(&bench.shared.path().to_string_lossy(), "branch: main");
        bench
    }

    fn declare(&self, git: &str, wanted: &str) {
        let text = format!("libraries:\n  - name: shared\n    git: \"{git}\"\n    {wanted}\n");
        self.project.write("assay.yaml", text);
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.project.command("assayc", arguments);
        command.env("XDG_CACHE_HOME", self.cache.path());
        Ran::from(command.output().expect("assayc runs"))
    }

    fn check(&self, more: &[&str]) -> Ran {
        self.run(&[&["check", "--worktree"], more].concat())
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.project.path().join("assay.lock")).expect("the lock is there")
    }

    fn forget(&self) {
        std::fs::remove_dir_all(self.cache.path().join("assay")).expect("there is a cache");
    }
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(ran.out.contains(word), "no `{word}` in\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_library_is_locked_and_stays_where_it_is() {
    let bench = Bench::new();
    says(&bench.check(&[]).ends(0), &["W0605", "there is no `assay.lock`", "assay.yaml:2"]);
    says(&bench.check(&["--locked"]).ends(3), &["E0315", "run `assayc lock`"]);
    says(
        &bench.run(&["lock"]).ends(0),
        &["shared", "branch main, 1 file, new", "wrote assay.lock"],
    );
    let first = bench.lock();
    bench.check(&["--locked"]).ends(0);
    bench.shared.write("libraries/rules/common.yaml", RULES.replace("fare", "fair"));
    bench.shared.commit("a slip");
    bench.check(&["--locked"]).ends(0);
    says(&bench.run(&["lock"]).ends(0), &["as before", "up to date"]);
    assert_eq!(bench.lock(), first);
    says(&bench.run(&["lock", "--update", "shared"]).ends(0), &["was ", "wrote assay.lock"]);
    assert_ne!(bench.lock(), first);
    // The diagnostic says which library, which commit and which file.
    let broken = bench.check(&["--locked"]).ends(3);
    says(&broken, &["E0307", "shared@", ":libraries/rules/common.yaml:2"]);
}

#[test]
fn what_was_fetched_is_enough_later() {
    let bench = Bench::new();
    bench.run(&["lock"]).ends(0);
    std::fs::remove_dir_all(bench.shared.path().join(".git")).expect("the repository is there");
    bench.check(&["--locked"]).ends(0);
    // A cache that was changed is no cache.
    let mut changed = 0;
    for file in files_below(bench.cache.path()) {
        std::fs::write(file, RULES.replace("not_null", "unique")).expect("the cache is written");
        changed += 1;
    }
    assert_eq!(changed, 1);
    says(&bench.check(&["--locked"]).ends(3), &["E0318", "is not inside a Git repository"]);
    bench.forget();
    says(&bench.check(&["--locked"]).ends(3), &["E0318"]);
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is read").flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn a_lock_that_does_not_fit_is_refused() {
    let bench = Bench::new();
    bench.run(&["lock"]).ends(0);
    let good = bench.lock();
    bench.shared.git(&["tag", "v1"]);
    bench.declare(&bench.shared.path().to_string_lossy(), "tag: v1");
    says(
        &bench.check(&["--locked"]).ends(3),
        &["E0316", "`branch main` is locked, `tag v1` is declared"],
    );
    says(&bench.check(&[]).ends(0), &["W0605", "out of date"]);
    bench.declare(&bench.shared.path().to_string_lossy(), "branch: main");
    let other = "sha256:".to_owned() + &"0".repeat(64);
    let digest = good.split("digest: \"").nth(1).and_then(|rest| rest.split('"').next());
    bench.project.write("assay.lock", good.replace(digest.expect("a digest"), &other));
    says(&bench.check(&[]).ends(3), &["E0319", "not those that were locked"]);
    bench.project.write("assay.lock", format!("<<<<<<< HEAD\n{good}"));
    says(&bench.check(&[]).ends(3), &["E0320", "write it anew"]);
    bench.run(&["lock"]).ends(0);
    assert_eq!(bench.lock(), good);
    bench.project.write("assay.yaml", "libraries: []\n");
    says(&bench.check(&["--locked"]).ends(3), &["E0316", "no longer declared"]);
    bench.project.write("assay.yaml", "libraries: [{ name: shared }]\n");
    says(&bench.check(&[]).ends(3), &["E0204", "missing field `git`", "assay.yaml:1"]);
}

#[test]
fn a_network_is_not_reached_unasked_and_a_clone_will_do() {
    let bench = Bench::new();
    for git in ["https://example.com/q.git", "ssh://example.com/q", "git@example.com:q.git"] {
        bench.declare(git, "branch: main");
        says(&bench.run(&["lock"]).ends(3), &["E0318", "on a network", "--library shared=DIR"]);
        says(&bench.check(&[]).ends(3), &["E0315"]);
    }
    let clone = format!("shared={}", bench.shared.path().display());
    bench.run(&["lock", "--library", &clone]).ends(0);
    assert!(bench.lock().contains("git: \"git@example.com:q.git\""), "{}", bench.lock());
    bench.check(&["--locked"]).ends(0);
    bench.forget();
    bench.check(&["--locked", "--library", &clone]).ends(0);
    let slip = bench.check(&["--library", "sharde=.."]).ends(2);
    assert!(slip.err.contains("did you mean `shared`?"), "{}", slip.err);
    bench.declare(&format!("file://{}", bench.shared.path().display()), "branch: none");
    says(&bench.run(&["lock"]).ends(3), &["E0318", "has no branch none"]);
}

/// A server of Git on this machine, for as long as it is held.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn of(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.expect("a port is free").port();
        // The program itself: `git daemon` would start it as a child, which outlives its parent.
        let folder_of_git = Command::new("git").arg("--exec-path").output().expect("git runs");
        let folder_of_git = String::from_utf8_lossy(&folder_of_git.stdout).trim().to_owned();
        let process = Command::new(Path::new(&folder_of_git).join("git-daemon"))
            .args(["--export-all", "--reuseaddr", "--listen=127.0.0.1"])
            .arg(format!("--port={port}"))
            .arg(format!("--base-path={}", folder.display()))
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let reached = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        let up = (0..500).any(|_| {
            reached() || {
                std::thread::sleep(Duration::from_millis(10));
                false
            }
        });
        assert!(up, "the server answers");
        Self { process, address: format!("git://127.0.0.1:{port}/.git") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_library_is_fetched_from_a_network_where_that_is_asked_for() {
    let bench = Bench::new();
    let server = Server::of(bench.shared.path());
    bench.shared.git(&["tag", "v1"]);
    for wanted in ["branch: main", "tag: v1", "rev: v1", "# its current branch"] {
        bench.declare(&server.address, wanted);
        says(&bench.run(&["lock"]).ends(3), &["E0318", "assayc lock --fetch"]);
        bench.run(&["lock", "--fetch"]).ends(0);
        // From now on the cache will do.
        bench.check(&["--locked"]).ends(0);
        bench.forget();
        std::fs::remove_file(bench.project.path().join("assay.lock")).expect("there is a lock");
    }
    bench.declare(&server.address, "branch: main");
    bench.run(&["lock", "--fetch"]).ends(0);
    let locked = bench.lock();
    // The branch moves on; the locked commit is what is fetched where the cache is empty.
    bench.shared.write("libraries/rules/common.yaml", RULES.replace("fare", "fair"));
    bench.shared.commit("another column");
    bench.forget();
    bench.run(&["lock", "--fetch"]).ends(0);
    assert_eq!(bench.lock(), locked);
    bench.check(&["--locked"]).ends(0);
    bench.declare(&server.address, "branch: none");
    says(&bench.run(&["lock", "--fetch"]).ends(3), &["E0318", "cannot be fetched", "none"]);
    bench.declare("ext::sh -c touch% hacked", "branch: main");
    says(&bench.run(&["lock", "--fetch"]).ends(3), &["E0318", "ext", "not allowed"]);
    assert_eq!(bench.lock(), locked, "what cannot be fetched changes no lock");
}

#[test]
fn a_bundle_says_where_its_objects_come_from() {
    let bench = Bench::new();
    bench.run(&["lock"]).ends(0);
    bench.project.commit("all of it");
    bench.run(&["build", "--locked", "--env", "dev"]).ends(0);
    says(&bench.run(&["show"]).ends(0), &["library  shared from ", "@", " sha256:"]);
    let object = bench.run(&["show", "--object", "rule_set/common"]).ends(0);
    says(&object, &["\"origin\": \"shared:libraries/rules/common.yaml\""]);
    let contract = bench.run(&["show", "--object", "data_contract/a"]).ends(0);
    says(&contract, &["\"pin\": \"rule_set/common@1.0.0\"", "\"request\": \"^1.0\""]);
}
