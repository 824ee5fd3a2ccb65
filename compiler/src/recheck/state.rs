//! What a check leaves for the next one, and its form on disk.
//!
//! A text of lines, the first with the compiler's stamp and a checksum over the rest. A file that is not
//! exactly what was written is as good as none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};

use assay_schemas::id::EnvironmentName;

use crate::compile::Outline;

/// Separates the entries of a list; no path, id or version holds it.
const ENTRY: char = '\u{1e}';

/// A library without an error.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Every file, by path.
    pub(super) files: BTreeMap<String, FileState>,
    /// Objects in it.
    pub(super) objects: usize,
    /// The environments that were checked for.
    pub(super) sound: Vec<EnvironmentName>,
    /// The files that were warned of.
    pub(super) warned: BTreeSet<String>,
}

/// A file of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FileState {
    /// Its Git object; empty for a file of a shared library.
    pub(super) blob: String,
    /// What it declares and refers to.
    pub(super) outline: Outline,
}

impl State {
    /// Whether no path holds what separates lines and entries.
    pub(super) fn can_be_written(&self) -> bool {
        self.files.keys().all(|path| !path.contains(['\n', '\r', '\t', ENTRY]))
    }

    /// The form on disk.
    pub(super) fn write(&self, stamp: &str) -> String {
        let sound: Vec<_> = self.sound.iter().map(EnvironmentName::as_str).collect();
        let list = |entries: &[String]| entries.join(&ENTRY.to_string());
        let warned: Vec<_> = self.warned.iter().cloned().collect();
        let sound = sound.join(&ENTRY.to_string());
        let mut body = format!("{}\t{sound}\t{}\n", self.objects, list(&warned));
        for (path, FileState { blob, outline }) in &self.files {
            let Outline { declares, refers, joins } = outline;
            let (declares, refers, joins) = (list(declares), list(refers), list(joins));
            let _ = writeln!(body, "{path}\t{blob}\t{declares}\t{refers}\t{joins}");
        }
        format!("{stamp}\t{:016x}\n{body}", checksum(body.as_bytes()))
    }

    /// Reads it; `None` for anything but what [`State::write`] wrote with this stamp.
    pub(super) fn read(bytes: &[u8], stamp: &str) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once('\n')?;
        if head != format!("{stamp}\t{:016x}", checksum(body.as_bytes())) {
            return None;
        }
        let mut lines = body.lines();
        let mut head = lines.next()?.split('\t');
        let (objects, sound, warned) = (head.next()?, head.next()?, head.next()?);
        let sound = entries(sound).into_iter().map(|name| EnvironmentName::new(name).ok());
        let mut state = Self {
            objects: objects.parse().ok()?,
            sound: sound.collect::<Option<_>>()?,
            files: BTreeMap::new(),
            warned: entries(warned).into_iter().collect(),
        };
        for line in lines {
            let mut parts = line.split('\t');
            let path = parts.next()?.to_owned();
            let blob = parts.next()?.to_owned();
            let [declares, refers, joins] =
                [entries(parts.next()?), entries(parts.next()?), entries(parts.next()?)];
            let outline = Outline { declares, refers, joins };
            state.files.insert(path, FileState { blob, outline });
        }
        Some(state)
    }
}

fn entries(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(ENTRY).map(str::to_owned).collect()
}

/// Tells a damaged file from a whole one. It guards against accidents, not against people: a cache lies
/// among its owner's files.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_written_and_no_byte_may_differ() {
        let outline = Outline {
            declares: vec!["a".into(), "b".into()],
            refers: vec!["c".into()],
            joins: Vec::new(),
        };
        let file = FileState { blob: "0f".into(), outline };
        let state = State {
            files: BTreeMap::from([
                ("libraries/rules/a b.yaml".into(), file),
                ("environments/dev.yaml".into(), FileState::default()),
            ]),
            objects: 2,
            sound: vec![EnvironmentName::new("dev").expect("a name")],
            warned: BTreeSet::from(["libraries/rules/a b.yaml".into()]),
        };
        let written = state.write("stamp").into_bytes();
        assert_eq!(State::read(&written, "stamp"), Some(state));
        assert_eq!(State::read(&written, "other"), None);
        for position in 0..written.len() {
            let mut damaged = written.clone();
            damaged[position] ^= 1;
            assert_eq!(State::read(&damaged, "stamp"), None, "byte {position}");
        }
        assert_eq!(State::read(&written[..written.len() - 1], "stamp"), None);
    }
}
