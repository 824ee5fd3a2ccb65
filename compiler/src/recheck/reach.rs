//! What a change can reach, by name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::state::FileState;
use crate::compile::name_of;

/// What a change reaches.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    /// The changed files, and those whose objects refer to theirs, directly or not.
    pub(super) affected: BTreeSet<&'a str>,
    /// These, and everything that they refer to, directly or not.
    pub(super) needed: BTreeSet<&'a str>,
}

/// Which files have to do with a name.
#[derive(Debug, Default)]
struct Files<'a> {
    declaring: Vec<&'a str>,
    referring: Vec<&'a str>,
    joining: Vec<&'a str>,
}

impl<'a> Reach<'a> {
    /// The reach of a change of these files.
    pub(super) fn of(files: &'a BTreeMap<String, FileState>, changed: &BTreeSet<&str>) -> Self {
        let mut by_name: HashMap<&str, Files<'_>> = HashMap::new();
        for (path, file) in files {
            let of = |list: &'a [String]| list.iter().map(|text| name_of(text));
            for name in of(&file.outline.declares) {
                by_name.entry(name).or_default().declaring.push(path);
            }
            for name in of(&file.outline.refers) {
                by_name.entry(name).or_default().referring.push(path);
            }
            for name in of(&file.outline.joins) {
                by_name.entry(name).or_default().joining.push(path);
            }
        }
        let at = |path: &str| files.get_key_value(path);
        let begin = changed.iter().filter_map(|path| Some(at(path)?.0.as_str()));
        // Who refers to an object of the file, has one of the same name, or takes it in.
        let affected = spread(begin, |path| {
            let outline = at(path).map(|(_, file)| &file.outline);
            let own = outline.into_iter().flat_map(|outline| &outline.declares);
            let joined = outline.into_iter().flat_map(|outline| &outline.joins);
            let users = own.filter_map(|text| by_name.get(name_of(text)));
            let hosts = joined.filter_map(|text| by_name.get(name_of(text)));
            users
                .flat_map(|files| files.referring.iter().chain(&files.declaring))
                .chain(hosts.flat_map(|files| &files.declaring))
                .copied()
                .collect()
        });
        let needed = spread(affected.iter().copied(), |path| {
            let outline = at(path).map(|(_, file)| &file.outline);
            let refers = outline.into_iter().flat_map(|outline| &outline.refers);
            let joins = outline.into_iter().flat_map(|outline| &outline.joins);
            let own = outline.into_iter().flat_map(|outline| &outline.declares);
            let meant = refers.chain(joins).filter_map(|text| by_name.get(name_of(text)));
            let guests = own.filter_map(|text| by_name.get(name_of(text)));
            meant
                .flat_map(|files| &files.declaring)
                .chain(guests.flat_map(|files| files.joining.iter().chain(&files.declaring)))
                .copied()
                .collect()
        });
        Self { affected, needed }
    }
}

/// Everything that can be reached from `begin` in any number of steps.
fn spread<'a>(
    begin: impl Iterator<Item = &'a str>,
    next: impl Fn(&str) -> Vec<&'a str>,
) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = begin.collect();
    let mut reached: BTreeSet<&str> = open.iter().copied().collect();
    while let Some(path) = open.pop() {
        for found in next(path) {
            if reached.insert(found) {
                open.push(found);
            }
        }
    }
    reached
}
