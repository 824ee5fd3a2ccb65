//! Bundles on a bad line, to and from a real registry.

use std::collections::BTreeMap;
use std::fs;

use assay_testkit::{Project, Ran};
use serde_json::{Value, json};

use crate::proxy::{Fault, Proxy};
use crate::registry::{Server, project, registry};

/// Bytes of a piece, as pushes cut blobs.
const PIECE: u64 = 4 * 1024 * 1024;

/// A signed bundle with a pack of some 14 MB, a registry, and a proxy before it.
fn large() -> Option<(Project, Server, Proxy)> {
    let project = project();
    let words = "What a rule set is for may take many words. ".repeat(5_000);
    for number in 0..64 {
        project.write(
            &format!("libraries/rules/large-{number}.yaml"),
            format!("rule_set_id: large-{number}\ndescription: {words}\nrules:\n  - {{ rule_id: there, rule_type: not_null, column: fare }}\n"),
        );
    }
    crate::small::sealed(&project);
    project.assayc(&["sign", ".assay/bundles/dev", "--key", "key.pem"]).ends(0);
    let server = registry(project.path(), "")?;
    let proxy = Proxy::before(&server);
    Some((project, server, proxy))
}

fn parsed(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).expect("it is JSON")
}

/// Names in the folder that a call leaves, of those that nobody should see.
fn hidden(project: &Project, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(project.path().join(folder)).expect("it is listed").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| {
            name.starts_with('.') && ![".assay", ".git", ".gitignore"].contains(&&**name)
        })
        .collect()
}

/// The digest of the largest blob of the bundle, in hexadecimal.
fn largest(project: &Project) -> &'static str {
    let blobs = fs::read_dir(project.path().join(".assay/bundles/dev/blobs/sha256"));
    let blobs = blobs.expect("it is listed").flatten();
    let largest = blobs.max_by_key(|blob| blob.metadata().map_or(0, |found| found.len()));
    largest.expect("one").file_name().to_string_lossy().into_owned().leak()
}

fn index(project: &Project, folder: &str) -> Vec<u8> {
    fs::read(project.path().join(folder).join("index.json")).expect("it is read")
}

#[test]
fn a_pull_goes_on_where_it_was_cut_off() {
    let Some((project, _server, proxy)) = large() else { return };
    let place = proxy.place("quality/dev:v1");
    project.assayc(&["push", ".assay/bundles/dev", &place]).ends(0);
    proxy.seen();

    // Cut off within a call: it asks for the rest.
    let largest = largest(&project);
    for _ in 0..2 {
        proxy.fails(Fault {
            method: "GET",
            path: largest,
            after: 0,
            answer: Some(3_000_000),
            dies: false,
        });
    }
    let pull = ["pull", &place, "pulled", "--format", "json"];
    let ran = project.assayc(&pull).ends(0);
    let ranges: Vec<_> = proxy.seen().into_iter().filter(|seen| !seen.range.is_empty()).collect();
    assert!(!ranges.is_empty(), "it asks for the rest");
    let whole: u64 = fs::read_dir(project.path().join("pulled/blobs/sha256"))
        .expect("it is listed")
        .flatten()
        .map(|blob| blob.metadata().map_or(0, |found| found.len()))
        .sum();
    let came = parsed(&ran)["bytes"].as_u64().expect("a number");
    assert!(came <= whole, "nothing comes twice: {came} of {whole}");
    assert_eq!(index(&project, "pulled"), index(&project, ".assay/bundles/dev"));

    // Cut off for good, by the largest blob: nothing is seen, and the next call goes on.
    fs::remove_dir_all(project.path().join("pulled")).expect("it is removed");
    proxy.fails(Fault {
        method: "GET",
        path: largest,
        after: 0,
        answer: Some(6_000_000),
        dies: true,
    });
    project.assayc(&pull).ends(75).says("what went through is kept: try again");
    assert!(!project.path().join("pulled").exists(), "nothing is half there");
    assert_eq!(hidden(&project, ".").len(), 1, "what came is kept");
    proxy.state().dead = false;
    proxy.seen();
    let ran = project.assayc(&pull).ends(0);
    let asked: Vec<_> =
        proxy.seen().into_iter().filter(|seen| seen.path.contains(largest)).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let from = asked[0]
        .range
        .strip_prefix("bytes=")
        .and_then(|range| range.trim_end_matches('-').parse::<u64>().ok());
    assert!(from.is_some_and(|from| from > 5_000_000), "{asked:?}");
    assert!(parsed(&ran)["kept"].as_u64().is_some_and(|kept| kept > 0), "{ran:?}");
    assert_eq!(hidden(&project, "."), Vec::<String>::new(), "what was kept is gone");
    project.assayc(&["verify", "pulled", "--trust", "trust.json"]).ends(0);
    // Once it is there, nothing is fetched.
    assert_eq!(parsed(&project.assayc(&pull).ends(0))["bytes"], 0);
}

#[test]
fn what_was_kept_and_is_damaged_is_fetched_anew() {
    let Some((project, _server, proxy)) = large() else { return };
    let place = proxy.place("quality/dev:v1");
    project.assayc(&["push", ".assay/bundles/dev", &place]).ends(0);
    let path = largest(&project);
    proxy.fails(Fault { method: "GET", path, after: 0, answer: Some(200_000), dies: true });
    let pull = ["pull", &place, "pulled", "--format", "json"];
    project.assayc(&pull).ends(75);
    let kept = project.path().join(&hidden(&project, ".")[0]).join("growing");
    for part in fs::read_dir(kept).expect("it is listed").flatten() {
        let mut bytes = fs::read(part.path()).expect("it is read");
        bytes[0] ^= 1;
        fs::write(part.path(), bytes).expect("it is written");
    }
    proxy.state().dead = false;
    project.assayc(&pull).ends(0);
    project.assayc(&["verify", "pulled", "--trust", "trust.json"]).ends(0);
}

#[test]
fn a_push_goes_on_where_it_was_cut_off_and_moves_the_tag_last() {
    let Some((project, _server, proxy)) = large() else { return };
    let place = proxy.place("quality/dev:v1");
    let push = ["push", ".assay/bundles/dev", &place, "--format", "json"];
    // Cut off before the second piece, within a call: the same upload goes on.
    proxy.fails(Fault { method: "PATCH", path: "/uploads/", after: 1, answer: None, dies: false });
    project.assayc(&push).ends(0);
    let seen = proxy.seen();
    let pieces: Vec<_> = seen.iter().filter(|seen| seen.method == "PATCH").collect();
    let starts: Vec<u64> =
        pieces.iter().filter_map(|seen| seen.range.split('-').next()?.parse().ok()).collect();
    assert_eq!(
        starts,
        [0, PIECE, PIECE, 2 * PIECE, 3 * PIECE],
        "one piece was lost, and no other sent again"
    );
    assert!(pieces.iter().all(|seen| seen.body as u64 <= PIECE), "no piece is larger");
    let last = seen.last().expect("something came by");
    assert_eq!((&*last.method, &*last.path), ("PUT", "/v2/quality/dev/manifests/v1"));
    let puts = seen.iter().filter(|seen| seen.path.ends_with("/manifests/v1")).count();
    assert_eq!(puts, 1, "the tag moves once");

    // Cut off for good, into another repository: no tag, and the next call goes on with the upload.
    let place = proxy.place("quality/again:v1");
    let push = ["push", ".assay/bundles/dev", &place, "--format", "json"];
    proxy.fails(Fault { method: "PATCH", path: "/uploads/", after: 2, answer: None, dies: true });
    project.assayc(&push).ends(75).says("try again");
    proxy.state().dead = false;
    project.assayc(&["pull", &place, "pulled"]).ends(2).says("the registry has nothing there");
    assert!(!hidden(&project, ".assay/bundles").is_empty(), "where it stands is written down");
    proxy.seen();
    project.assayc(&push).ends(0);
    let pieces: Vec<_> = proxy.seen().into_iter().filter(|seen| seen.method == "PATCH").collect();
    let starts: Vec<u64> =
        pieces.iter().filter_map(|seen| seen.range.split('-').next()?.parse().ok()).collect();
    assert_eq!(starts, [2 * PIECE, 3 * PIECE], "what went through is not sent again");
    assert_eq!(hidden(&project, ".assay/bundles"), Vec::<String>::new());
    project.assayc(&["pull", &place, "pulled"]).ends(0);
    assert_eq!(index(&project, "pulled"), index(&project, ".assay/bundles/dev"));
}

#[test]
fn a_registry_that_lists_referrers_is_asked_for_them_and_needs_no_tag() {
    let project = project();
    let Some(server) = registry(project.path(), "") else { return };
    let proxy = Proxy::before(&server);
    project.write("other.pem", crate::small::OTHER_KEY);
    project.assayc(&["sign", ".assay/bundles/dev", "--key", "other.pem"]).ends(0);
    let pulls = |listed: bool, folder: &str| {
        let place = proxy.place(if listed { "quality/listed:v1" } else { "quality/tagged:v1" });
        project.assayc(&["push", ".assay/bundles/dev", &place]).ends(0);
        let tags =
            proxy.seen().iter().filter(|seen| seen.path.contains("/manifests/sha256-")).count();
        assert_eq!(tags == 0, listed, "the tag stands in for the list where there is none");
        project.assayc(&["pull", &place, folder]).ends(0).says("2 signatures");
        let asked = proxy.seen();
        let tags = asked.iter().filter(|seen| seen.path.contains("/manifests/sha256-")).count();
        assert_eq!(tags == 0, listed, "{asked:?}");
        project.assayc(&["verify", folder, "--trust", "trust.json"]).ends(0).says("signed by ci");
        assert_eq!(index(&project, folder), index(&project, ".assay/bundles/dev"));
    };
    pulls(false, "tagged");
    proxy.state().referrers = Some(BTreeMap::new());
    pulls(true, "listed");
}

#[test]
fn what_another_repository_has_is_taken_over_from_there() {
    let project = project();
    let Some(server) = registry(project.path(), "") else { return };
    let place = |name: &str| format!("oci://127.0.0.1:{}/quality/{name}:v1", server.port);
    project.assayc(&["push", ".assay/bundles/dev", &place("test")]).ends(0);
    let arguments = [
        "push",
        ".assay/bundles/dev",
        &place("prod"),
        "--mount",
        "quality/test",
        "--format",
        "json",
    ];
    let pushed = parsed(&project.assayc(&arguments).ends(0));
    assert_eq!((&pushed["sent"], &pushed["bytes"]), (&json!(0), &json!(0)), "{pushed}");
    project.assayc(&["pull", &place("prod"), "pulled"]).ends(0).says("1 signature");
    // One that has nothing of it is no harm.
    let arguments = [
        "push",
        ".assay/bundles/dev",
        &place("other"),
        "--mount",
        "quality/none",
        "--format",
        "json",
    ];
    let pushed = parsed(&project.assayc(&arguments).ends(0));
    assert!(pushed["sent"].as_u64().is_some_and(|sent| sent > 3), "{pushed}");
}
