//! Compiling large libraries for three environments: cold, after a change of one file, and at ten times the size.

use std::fmt::Write as _;
use std::process::Command;

use assay_testkit::{Project, program};

use crate::load::library;
use crate::measure::{Sample, figure, in_turns, once, spread};

pub(crate) fn run() {
    crate::print("compile: 10,000 objects in 5,000 files, three environments, from a commit\n");
    let project = project(10_000);
    let mut build = assayc(&project, &["build"]);
    build.env("ASSAY_CACHE", "off");
    let mut check = assayc(&project, &["check"]);
    check.env("ASSAY_CACHE", "off");
    let mut archive = Command::new("git");
    archive.args(["archive", "--format=tar", "HEAD"]).current_dir(project.path());
    let samples = in_turns(5, &mut [check, build, archive]);
    let (check, build, archive) =
        (seconds(&samples[0]), seconds(&samples[1]), seconds(&samples[2]));
    figure("check, cold, median", check, 1.5, "s");
    figure("build, cold, bundles written, median", build, 1.5, "s");
    figure("its peak memory", mebibytes(&samples[1]), 250.0, "MiB");
    crate::print(&format!(
        "       build / `git archive` of the same commit: {:.1}\n",
        build / archive
    ));
    after_a_change(&project);
    help(&project);
    large();
}

/// One file of 5,000 changes, again and again; all else is in the cache.
fn after_a_change(project: &Project) {
    let mut samples = Vec::new();
    for round in 0..9 {
        let path = "libraries/rules/f00007.yaml";
        let full = project.path().join(path);
        let mut text = std::fs::read_to_string(&full).expect("the file is read");
        let _ = writeln!(text, "# change {round}");
        project.write(path, text.replace("min: 0", &format!("min: {round}")));
        project.commit("one file");
        let sample = once(&mut assayc(project, &["check"]));
        // The first fills the cache.
        if round > 0 {
            samples.push(sample);
        }
    }
    figure("check after a change of one file, median", seconds(&samples) * 1000.0, 80.0, "ms");
}

fn help(project: &Project) {
    let samples = in_turns(9, &mut [assayc(project, &["--help"])]);
    figure("`--help`, median", seconds(&samples[0]) * 1000.0, 15.0, "ms");
}

fn large() {
    crate::print("compile: 100,000 objects in 50,000 files, three environments, from a commit\n");
    let project = project(100_000);
    let mut build = assayc(&project, &["build"]);
    build.env("ASSAY_CACHE", "off");
    let samples = in_turns(1, &mut [build]);
    figure("build, cold, bundles written", seconds(&samples[0]), 12.0, "s");
    figure("its peak memory", mebibytes(&samples[0]), 1200.0, "MiB");
}

pub(crate) fn assayc(project: &Project, arguments: &[&str]) -> Command {
    let mut command = Command::new(program("assayc"));
    command.args(arguments).current_dir(project.path());
    command
}

/// A committed library of so many objects, two in each file, for dev, test and prod.
pub(crate) fn project(objects: usize) -> Project {
    let project = Project::new();
    // The library has one object a file; two go into each file of the same folder.
    let mut by_folder: std::collections::BTreeMap<String, Vec<String>> =
        std::collections::BTreeMap::new();
    for (path, text) in library(objects) {
        match path.split('/').nth(1).filter(|_| path.starts_with("libraries/")) {
            Some(folder) => by_folder.entry(folder.to_owned()).or_default().push(text),
            None => {
                for name in ["dev", "test", "prod"] {
                    let text = text.replace("environment: dev", &format!("environment: {name}"));
                    project.write(&path.replace("dev", name), text);
                }
            }
        }
    }
    for (folder, texts) in by_folder {
        for (number, pair) in texts.chunks(2).enumerate() {
            project.write(&format!("libraries/{folder}/f{number:05}.yaml"), pair.join("---\n"));
        }
    }
    project.commit("a large library");
    project.git(&["gc", "--quiet"]);
    project
}

pub(crate) fn seconds(samples: &[Sample]) -> f64 {
    spread(samples, |sample| sample.seconds).1
}

fn mebibytes(samples: &[Sample]) -> f64 {
    spread(samples, |sample| sample.mebibytes).2
}
