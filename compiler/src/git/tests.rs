use std::fs;

use super::*;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const LINK: EntryKind = EntryKind::Link;
pub(super) const FILE: EntryKind = EntryKind::Blob;

/// Commits `entries` on `main` of the repository in `dir`, on top of `parents`.
pub(super) fn commit(
    dir: &Path,
    entries: &[(&str, EntryKind, &[u8])],
    parents: &[gix::ObjectId],
) -> Result<gix::ObjectId> {
    let repository = gix::open_opts(dir, gix::open::Options::isolated())?;
    let mut editor = repository.empty_tree().edit()?;
    for (path, kind, content) in entries {
        let id = repository.write_blob(content)?;
        editor.upsert(*path, *kind, id)?;
    }
    let tree = editor.write()?;
    let who = gix::actor::SignatureRef::from_bytes(b"A <a@example.com> 1700000000 +0000")?;
    let parents = parents.iter().copied();
    Ok(repository.commit_as(who, who, "refs/heads/main", "change", tree, parents)?.detach())
}

pub(super) fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.files.iter().map(|file| file.path.as_str()).collect()
}

pub(super) fn refused(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.unreadable.iter().map(|entry| entry.path.as_str()).collect()
}

#[test]
fn a_revision_is_read_without_a_checkout() -> Result<()> {
    let dir = tempfile::tempdir()?;
    gix::init(dir.path())?;
    let first = commit(dir.path(), &[("libraries/a.yaml", FILE, b"a: 1")], &[])?;
    let entries: &[(&str, EntryKind, &[u8])] = &[
        ("README.md", FILE, b"x"),
        ("elsewhere/b.yaml", FILE, b"x"),
        ("environments/dev.yml", FILE, b"dev"),
        ("libraries/a.yaml", FILE, b"a: 2"),
        ("libraries/rules/b.json", EntryKind::BlobExecutable, b"{}"),
        ("libraries/rules/notes.md", FILE, b"x"),
        ("libraries/rules/link.yaml", LINK, b"../../etc/passwd"),
    ];
    let second = commit(dir.path(), entries, &[first])?;
    let repository = Repository::discover(dir.path())?;
    let snapshot = repository.snapshot("main", "")?;
    assert_eq!(snapshot.revision, Some(second.to_string()));
    let expected = ["environments/dev.yml", "libraries/a.yaml", "libraries/rules/b.json"];
    assert_eq!(paths(&snapshot), expected);
    assert_eq!(refused(&snapshot), ["libraries/rules/link.yaml"]);
    assert_eq!(snapshot.unreadable[0].diagnostic().code, Code::Unreadable);
    assert_eq!(&**snapshot.files[1].bytes(), b"a: 2");
    // The id that `printf '{}' | git hash-object --stdin` prints.
    let blob = snapshot.files[2].blob.as_deref();
    assert_eq!(blob, Some("9e26dfeeb6e641a33dae4961196235bdb965b21b"));
    let before = repository.snapshot("main~1", "")?;
    assert_eq!(
        (paths(&before), &**before.files[0].bytes()),
        (vec!["libraries/a.yaml"], &b"a: 1"[..])
    );
    assert_eq!(repository.commit_info(&first.to_string()[..12])?.id, first.to_string());
    Ok(())
}

#[test]
fn a_project_may_be_a_folder_of_its_repository() -> Result<()> {
    let dir = tempfile::tempdir()?;
    gix::init(dir.path())?;
    let inside = "data/quality/libraries/a.yaml";
    commit(dir.path(), &[(inside, FILE, b"a"), ("libraries/b.yaml", FILE, b"b")], &[])?;
    let project = dir.path().join("data/quality");
    fs::create_dir_all(&project)?;
    let repository = Repository::discover(&project)?;
    assert_eq!(repository.prefix(), "data/quality");
    let snapshot = repository.snapshot("HEAD", repository.prefix())?;
    assert_eq!(paths(&snapshot), ["libraries/a.yaml"]);
    let missing = repository.snapshot("HEAD", "data/none");
    assert!(matches!(missing, Err(Error::NoRoot { .. })));
    Ok(())
}

#[test]
fn submodules_are_named() -> Result<()> {
    let dir = tempfile::tempdir()?;
    gix::init(dir.path())?;
    let entries: &[(&str, EntryKind, &[u8])] =
        &[("libraries", LINK, b"x"), ("environments/shared", EntryKind::Commit, b"x")];
    commit(dir.path(), entries, &[])?;
    let snapshot = Repository::discover(dir.path())?.snapshot("main", "")?;
    assert_eq!(refused(&snapshot), ["environments/shared", "libraries"]);
    assert!(snapshot.files.is_empty());
    Ok(())
}

#[test]
fn errors_name_the_place_and_the_way_out() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let says = |error: Option<Error>| error.map(|error| error.to_string()).unwrap_or_default();
    let outside = says(Repository::discover(dir.path()).err());
    assert!(outside.contains("is not inside a Git repository"), "{outside}");
    gix::init(dir.path())?;
    let repository = Repository::discover(dir.path())?;
    for revision in ["main", "", "^", "no such", "HEAD^{blob}", "-x", "a..b", "\0", ":/x", "@{-1}"]
    {
        let unknown = says(repository.snapshot(revision, "").err());
        assert!(unknown.contains(&format!("has no commit `{revision}`")), "{unknown}");
    }
    let parent = gix::ObjectId::from_hex(&[b'1'; 40])?;
    let tip = commit(dir.path(), &[("libraries/a.yaml", FILE, b"gone")], &[parent])?;
    fs::write(dir.path().join(".git/shallow"), format!("{tip}\n"))?;
    let repository = Repository::discover(dir.path())?;
    let shallow = says(repository.snapshot("main~1", "").err());
    assert!(shallow.contains("git fetch --unshallow"), "{shallow}");
    let blob = repository.snapshot("main", "")?.files[0].blob.clone().unwrap_or_default();
    fs::remove_file(dir.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]))?;
    let missing = Repository::discover(dir.path())?.snapshot("main", "");
    assert!(matches!(&missing, Err(Error::Missing { object, .. }) if *object == blob));
    Ok(())
}
