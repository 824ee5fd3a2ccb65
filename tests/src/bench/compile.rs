//! Compiling 10,000 objects in 5,000 files, cold: a whole process on a commit.

use std::process::Command;

use assay_testkit::{Project, program};

use crate::load::library;
use crate::measure::{figure, in_turns, spread};

pub(crate) fn run() {
    crate::print("compile: 10,000 objects in 5,000 files, cold, from a commit\n");
    let project = Project::new();
    // The library has one object a file; two go into each of 5,000 files of the same folder.
    let mut by_folder: std::collections::BTreeMap<String, Vec<String>> =
        std::collections::BTreeMap::new();
    for (path, text) in library(10_000) {
        match path.split('/').nth(1).filter(|_| path.starts_with("libraries/")) {
            Some(folder) => by_folder.entry(folder.to_owned()).or_default().push(text),
            None => drop(project.write(&path, text)),
        }
    }
    let mut files = 0;
    for (folder, texts) in by_folder {
        for (number, pair) in texts.chunks(2).enumerate() {
            project.write(&format!("libraries/{folder}/f{number:05}.yaml"), pair.join("---\n"));
            files += 1;
        }
    }
    project.commit("a large library");
    let mut check = Command::new(program("assayc"));
    check.arg("check").current_dir(project.path());
    let mut parse = Command::new("git");
    parse.args(["archive", "--format=tar", "HEAD"]).current_dir(project.path());
    let samples = in_turns(5, &mut [check, parse]);
    let (_, seconds, _) = spread(&samples[0], |sample| sample.seconds);
    let (_, git, _) = spread(&samples[1], |sample| sample.seconds);
    let (_, _, memory) = spread(&samples[0], |sample| sample.mebibytes);
    crate::print(&format!("       {files} files\n"));
    figure("whole process, median", seconds, 2.0, "s");
    figure("peak memory", memory, 200.0, "MiB");
    crate::print(&format!(
        "       ratio to `git archive` of the same commit: {:.1}\n",
        seconds / git
    ));
}
