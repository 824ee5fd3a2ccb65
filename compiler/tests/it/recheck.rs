//! A check from the cache says what a check of everything says, whatever was changed.

use std::fs;
use std::path::{Path, PathBuf};

use assay_testkit::{Project, Ran};

/// Runs a check with its cache in `cache`, or `off`.
fn check(project: &Project, cache: &str) -> Ran {
    let mut command = project.command("assayc", &["check"]);
    Ran::from(command.env("ASSAY_CACHE", cache).output().expect("assayc runs"))
}

/// The example without its waivers: what depends on the day is not kept.
fn example() -> (Project, tempfile::TempDir) {
    let project = Project::example();
    fs::remove_dir_all(project.path().join("libraries/waivers")).expect("the waivers are removed");
    project.commit("the example");
    (project, tempfile::tempdir().expect("a folder"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_line_left_out_is_found_from_the_cache_as_without_it() {
    let (project, cache) = example();
    leave_out(&project, &cache, 7);
}

#[test]
fn a_library_with_warnings_is_kept_too_and_its_warnings_are_found_again() {
    let (project, cache) = example();
    let template = "rule_template_id: forgotten\nrule_type: not_null\n";
    project.write("libraries/rules/forgotten.yaml", template);
    let path = project.path().join("libraries/rules/trip-rules.yaml");
    let text = fs::read_to_string(&path).expect("the rules are read");
    let rule = "  - { rule_id: a, rule_type: unique, parameters: { columns: [rate_code_id] } }\n";
    let twice = format!("\nrules:\n{rule}{}", rule.replace(": a,", ": b,"));
    fs::write(&path, text.replacen("\nrules:\n", &twice, 1)).expect("the rules are written");
    project.commit("what is warned of");
    let warned = check(&project, "off").ends(0).out;
    assert!(warned.contains("W0622") && warned.contains("W0629"), "{warned}");
    leave_out(&project, &cache, 19);
}

/// Leaves out one line in so many, one at a time, and compares a check from the cache with one without.
fn leave_out(project: &Project, cache: &tempfile::TempDir, step: usize) {
    let cache = cache.path().to_str().expect("the folder is text");
    let check = |cache: &str| check(project, cache);
    let whole = check(cache).ends(0);
    assert!(fs::read_dir(cache).expect("the cache is read").next().is_some(), "nothing is kept");
    let (mut lines, mut faults) = (0, 0);
    for path in files(&project.path().join("libraries")) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let all: Vec<&str> = text.lines().collect();
        for left_out in (lines % step..all.len()).step_by(step) {
            let mut rest = all.clone();
            rest.remove(left_out);
            fs::write(&path, format!("{}\n", rest.join("\n"))).expect("the file is written");
            project.commit("a line is left out");
            let (from_cache, without) = (check(cache), check("off"));
            let place = format!("{}:{}: {}", path.display(), left_out + 1, all[left_out]);
            assert_eq!(from_cache.out, without.out, "{place}");
            assert_eq!(from_cache.code, without.code, "{place}");
            faults += usize::from(without.code != 0);
            lines += 1;
        }
        fs::write(&path, &text).expect("the file is written");
    }
    project.commit("as it was");
    assert_eq!(check(cache).ends(0).out, whole.out);
    println!("{lines} lines left out, {faults} of them missed");
    assert!(faults > lines / 4, "{faults} faults of {lines} say little");
}

#[test]
fn a_lost_or_damaged_cache_changes_no_result() {
    let (project, cache) = example();
    let folder = cache.path().to_str().expect("the folder is text");
    let whole = check(&project, folder).ends(0).out;
    let [state] = &files(cache.path())[..] else { panic!("one file is kept") };
    let written = fs::read(state).expect("the state is read");
    for damaged in [Vec::new(), b"x".to_vec(), written[..written.len() / 2].to_vec(), {
        let mut damaged = written.clone();
        damaged[written.len() / 2] ^= 4;
        damaged
    }] {
        fs::write(state, damaged).expect("the state is written");
        assert_eq!(check(&project, folder).ends(0).out, whole);
        assert_eq!(fs::read(state).expect("the state is read"), written, "it is not written anew");
    }
    fs::remove_file(state).expect("the state is removed");
    assert_eq!(check(&project, folder).ends(0).out, whole);
    // A folder that cannot be made is no fault.
    assert_eq!(check(&project, "/proc/no").ends(0).out, whole);
}
