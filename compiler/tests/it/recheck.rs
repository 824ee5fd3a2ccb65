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

/// So many small datasets that have nothing to do with each other, each with its rules, its contract and its job.
fn islands(count: usize) -> Project {
    let project = Project::new();
    for name in ["dev", "prod"] {
        let text = format!("environment: {name}\nresults: .assay/{name}\n");
        project.write(&format!("environments/{name}.yaml"), text);
    }
    for at in 0..count {
        let write = |folder: &str, text: String| {
            project.write(&format!("libraries/{folder}/i{at}.yaml"), text);
        };
        write(
            "schemas",
            format!("schema_id: s{at}\ncolumns: [{{ name: x, data_type: integer }}]\n"),
        );
        write(
            "rules",
            format!(
                "rule_set_id: r{at}\nrules:\n  - {{ rule_id: low, rule_type: range, column: x, parameters: {{ max: 9 }} }}\n"
            ),
        );
        write(
            "contracts",
            format!(
                "contract_id: c{at}\ndatasets: [{{ dataset_contract_id: d{at}, schema: {{ schema_id: s{at} }}, source: {{ path: d.csv, format: csv }}, rule_sets: [{{ rule_set_id: r{at} }}] }}]\n"
            ),
        );
        write(
            "jobs",
            format!("job_definition_id: j{at}\ndata_contract: {{ contract_id: c{at} }}\n"),
        );
    }
    project.commit("islands");
    project
}

/// What `ci` says of the change since `main`, with its cache in `cache`, or `off`.
fn ci(project: &Project, cache: &str, form: &str) -> Ran {
    let mut command = project.command("assayc", &["ci", "--base", "main", "--format", form]);
    Ran::from(command.env("ASSAY_CACHE", cache).output().expect("assayc runs"))
}

#[test]
fn a_pull_request_is_told_from_the_cache_as_without_it() {
    let project = islands(6);
    let cache = tempfile::tempdir().expect("a folder");
    let folder = cache.path().to_str().expect("the folder is text");
    check(&project, folder).ends(0);
    project.git(&["checkout", "--quiet", "-b", "change"]);
    let rules = "libraries/rules/i3.yaml";
    let changes = [
        (rules, "max: 9", "max: 5", 0),
        (rules, "max: 5", "max: 50", 7),
        (rules, "max: 50", "min: 50", 7),
        (rules, "column: x", "column: y", 3),
        (rules, "column: y", "column: x", 7),
        (rules, "rule_type: range", "rule_typ: range", 3),
        (rules, "rule_typ: range", "rule_type: range", 7),
        ("libraries/schemas/i4.yaml", "name: x", "name: y", 3),
        ("libraries/schemas/i4.yaml", "name: y", "name: x", 7),
        ("libraries/jobs/i1.yaml", "job_definition_id: j1", "job_definition_id: j7", 7),
        ("libraries/jobs/i1.yaml", "job_definition_id: j7", "job_definition_id: j1", 7),
        ("environments/prod.yaml", ".assay/prod", ".assay/other", 7),
        (rules, "min: 50", "max: 9", 7),
    ];
    for (path, from, to, code) in changes {
        project.replace(path, from, to);
        project.commit(to);
        for form in ["human", "json", "sarif"] {
            let (from_cache, without) = (ci(&project, folder, form), ci(&project, "off", form));
            let place = format!("{path}: {to}, {form}");
            assert_eq!(without.code, code, "{place}: {}{}", without.out, without.err);
            assert_eq!(from_cache.code, code, "{place}: {}{}", from_cache.out, from_cache.err);
            assert_eq!(from_cache.out, without.out, "{place}");
            assert_eq!(from_cache.err, without.err, "{place}");
        }
    }
}

#[test]
fn of_a_pull_request_only_what_the_change_reaches_is_read() {
    let project = islands(6);
    let cache = tempfile::tempdir().expect("a folder");
    let folder = cache.path().to_str().expect("the folder is text");
    check(&project, folder).ends(0);
    project.git(&["checkout", "--quiet", "-b", "change"]);
    project.replace("libraries/rules/i3.yaml", "max: 9", "max: 5");
    project.commit("ask more");
    // What is not read may as well not be there.
    let blob = project.git(&["rev-parse", "HEAD:libraries/rules/i5.yaml"]).out;
    let (first, rest) = blob.trim().split_at(2);
    let object = project.path().join(".git/objects").join(first).join(rest);
    fs::remove_file(object).expect("the object is removed");
    ci(&project, folder, "human").ends(0).says("prod: 2 objects changed, 1 job behaves otherwise");
    ci(&project, "off", "human").ends(2).says("is missing from");
}
