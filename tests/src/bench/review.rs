//! What a change means, drift, verification and the check of a pull request, for large libraries.

use std::process::Command;

use assay_testkit::Project;

use crate::compile::{assayc, project, seconds};
use crate::measure::{Sample, figure, in_turns, once};

/// A pull request, told and not failed for.
const CI: [&str; 4] = ["ci", "--base", "base", "--inform"];

pub(crate) fn run() {
    for (objects, bound) in [(10_000, 100.0), (100_000, 1000.0)] {
        crate::print(&format!("review: {objects} objects, one rule set of them changed\n"));
        let project = two(objects);
        let diff = |what: &str, base: &str, head: &str| {
            let samples = in_turns(5, &mut [assayc(&project, &["diff", "--bundles", base, head])]);
            figure(
                &format!("diff of two bundles, {what}, median"),
                seconds(&samples[0]) * 1000.0,
                bound,
                "ms",
            );
        };
        diff("one change", "base", "head");
        diff("none", "base", "base");
        verify(&project);
        if objects == 10_000 {
            pull_request(&project);
            drift(&project);
        }
    }
}

/// A library of which two commits are sealed, under `base` and `head`; its branches are even.
fn two(objects: usize) -> Project {
    let project = project(objects);
    for (name, from) in [("dev", None), ("test", Some("dev")), ("prod", Some("test"))] {
        let path = format!("environments/{name}.yaml");
        let text = std::fs::read_to_string(project.path().join(&path)).expect("it is read");
        let from = from.map(|from| format!("promotes_from: {from}\n")).unwrap_or_default();
        project.write(&path, format!("{text}branch: {name}\n{from}"));
    }
    project.commit("branches");
    for branch in ["base", "dev", "test", "prod"] {
        project.git(&["branch", branch]);
    }
    project.assayc(&["build", "--env", "prod", "--output", "base"]).ends(0);
    project.replace("libraries/rules/f00007.yaml", "min: 0", "min: 1");
    project.git(&["add", "libraries"]);
    project.git(&["commit", "--quiet", "--message", "one rule set"]);
    project.assayc(&["build", "--env", "prod", "--output", "head"]).ends(0);
    project
}

fn verify(project: &Project) {
    let bytes: u64 = walk(&project.path().join("base"));
    let samples = in_turns(5, &mut [assayc(project, &["verify", "base"])]);
    let rate = bytes as f64 / 1e6 / seconds(&samples[0]);
    crate::print(&format!(
        "       verify: {:.0} MB/s of {:.1} MB (at least 400 asked)\n",
        rate,
        bytes as f64 / 1e6
    ));
}

fn walk(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("it is listed").filter_map(Result::ok);
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path()),
            _ => entry.metadata().map_or(0, |found| found.len()),
        })
        .sum()
}

/// All environments, from two commits, without anything kept from before.
fn pull_request(project: &Project) {
    let mut command = assayc(project, &CI);
    command.env("ASSAY_CACHE", "off");
    let samples = in_turns(3, &mut [command]);
    figure(
        "ci of a pull request, cold, three environments, median",
        seconds(&samples[0]),
        3.0,
        "s",
    );
    let cache = tempfile::tempdir().expect("a folder");
    let mut samples: Vec<Sample> = Vec::new();
    // The first is of the base, as a check of the branch that changes go to leaves it.
    for arguments in [&["check", "--rev", "base"][..], &CI, &CI, &CI, &CI, &CI] {
        let mut command = assayc(project, arguments);
        command.env("ASSAY_CACHE", cache.path());
        samples.push(once(&mut command));
    }
    figure(
        "the same with a warm cache, one file changed, median",
        seconds(&samples[1..]) * 1000.0,
        500.0,
        "ms",
    );
    let mut warm: Vec<Sample> = Vec::new();
    for _ in 0..5 {
        warm.push(once(&mut assayc(project, &["check"])));
    }
    figure("its check alone, nothing new since, median", seconds(&warm[1..]) * 1000.0, 500.0, "ms");
}

fn drift(project: &Project) {
    let command: Command = assayc(project, &["drift", "--env", "prod", "--bundle", "base"]);
    let samples = in_turns(3, &mut [command]);
    figure("drift of one environment, in sync, median", seconds(&samples[0]), 1.5, "s");
    let command: Command = assayc(project, &["drift", "--env", "prod", "--bundle", "head"]);
    let samples = in_turns(3, &mut [command]);
    figure("the same where the bundle is ahead, median", seconds(&samples[0]), 1.5, "s");
}
