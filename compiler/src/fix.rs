//! Makes the edits that diagnostics carry: in memory, compiled again until nothing more can be made, and
//! only then written.

mod unified;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use assay_schemas::code::Code;

use crate::compile::Compiled;
use crate::diagnostic::{Diagnostic, Files};
use crate::edit::Replacement;
use crate::git::{Snapshot, SourceFile};
use crate::source;

pub use unified::unified;

/// One edit may uncover the next fault; after so many rounds the rest is left to the author.
const ROUNDS: usize = 8;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What came of fixing a snapshot.
#[derive(Debug)]
pub struct Fixed {
    /// The files with all edits made.
    pub snapshot: Snapshot,
    /// What the compile of these files says.
    pub compiled: Compiled,
    /// The edits, in the order in which they were made.
    pub made: Vec<Made>,
    /// The files that changed, in order of path.
    pub changed: Vec<Changed>,
    /// Files whose edits were given up because the file would not have been read as before.
    pub given_up: BTreeSet<String>,
}

/// A file that changed.
#[derive(Debug)]
pub struct Changed {
    /// Its path.
    pub path: String,
    /// What it held.
    pub before: Arc<[u8]>,
    /// What it is to hold.
    pub after: Arc<[u8]>,
    /// Both as text that may be shown: secrets are masked.
    pub shown: (String, String),
}

/// One edit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub path: String,
    /// The line, from 1, at the time of the edit.
    pub line: usize,
    /// What was put right.
    pub code: Code,
    /// The text before.
    pub was: String,
    /// The text after; empty where it was removed.
    pub now: String,
}

/// Makes every safe edit. `compile` is called on each state of the files.
///
/// # Errors
/// Those of `compile`.
pub fn fix<E>(
    snapshot: Snapshot,
    compile: impl Fn(&Snapshot) -> Result<Compiled, E>,
) -> Result<Fixed, E> {
    let before: BTreeMap<_, _> =
        snapshot.files.iter().map(|file| (file.path.clone(), Arc::clone(file.bytes()))).collect();
    let mut snapshot = snapshot;
    let mut compiled = compile(&snapshot)?;
    let mut made = Vec::new();
    let mut given_up = BTreeSet::new();
    let mut first = None;
    for _ in 0..ROUNDS {
        let mut progress = false;
        for (path, edits) in edits(&compiled, &given_up) {
            let Some(file) = snapshot.files.iter_mut().find(|file| file.path == path) else {
                continue;
            };
            match apply(&path, file.bytes(), &edits) {
                Some(bytes) => {
                    made.extend(edits.iter().map(|(found, edit)| record(found, edit, &compiled)));
                    *file = SourceFile::new(path, None, bytes);
                    progress = true;
                }
                None => {
                    given_up.insert(path);
                }
            }
        }
        if !progress {
            break;
        }
        let stale = std::mem::replace(&mut compiled, compile(&snapshot)?);
        first.get_or_insert(stale.files);
    }
    let changed = snapshot.files.iter().filter_map(|file| {
        let old = before.get(&file.path).filter(|old| *old != file.bytes())?;
        // A file of which nothing was found has no secrets to hide.
        let text = |files: Option<&Files>, bytes: &[u8]| {
            let masked = files.and_then(|files| files.text(&file.path)).map(str::to_owned);
            masked.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
        };
        Some(Changed {
            path: file.path.clone(),
            before: Arc::clone(old),
            after: Arc::clone(file.bytes()),
            shown: (text(first.as_ref(), old), text(Some(&compiled.files), file.bytes())),
        })
    });
    let changed = changed.collect();
    Ok(Fixed { snapshot, compiled, made, changed, given_up })
}

/// The edits of each file, from its end to its start. Of edits that touch each other none is taken: which
/// one is meant is not for a program to say.
fn edits<'a>(
    compiled: &'a Compiled,
    given_up: &BTreeSet<String>,
) -> BTreeMap<String, Vec<(&'a Diagnostic, Replacement)>> {
    let mut by_file: BTreeMap<String, BTreeMap<Replacement, &Diagnostic>> = BTreeMap::new();
    for diagnostic in &compiled.diagnostics {
        let edit = diagnostic.fix.as_ref().and_then(|edit| edit.spell(&compiled.files));
        if let Some(edit) = edit.filter(|edit| !given_up.contains(&edit.path)) {
            by_file.entry(edit.path.clone()).or_default().entry(edit).or_insert(diagnostic);
        }
    }
    let mut result = BTreeMap::new();
    for (path, edits) in by_file {
        // In order of place, since that is how replacements compare within a file.
        let mut kept: Vec<(&Diagnostic, Replacement)> = Vec::new();
        let (mut reach, mut crowded) = (0, false);
        for (edit, found) in edits {
            let meets = edit.start < reach;
            reach = edit.end.max(reach);
            if meets && !crowded {
                kept.pop();
            }
            crowded = meets;
            if !meets {
                kept.push((found, edit));
            }
        }
        if !kept.is_empty() {
            kept.reverse();
            result.insert(path, kept);
        }
    }
    result
}

/// The file with the edits made; `None` where it would be read worse than before.
fn apply(path: &str, bytes: &[u8], edits: &[(&Diagnostic, Replacement)]) -> Option<Arc<[u8]>> {
    let mut text = source::decode(bytes).ok()?.to_owned();
    for (_, edit) in edits {
        text.replace_range(edit.start..edit.end, &edit.text);
    }
    let mut new = Vec::with_capacity(text.len() + BOM.len());
    if bytes.starts_with(BOM) {
        new.extend_from_slice(BOM);
    }
    new.extend_from_slice(text.as_bytes());
    let problems = |bytes: &[u8]| source::documents(path, bytes).problems;
    let mut left: Vec<_> = problems(bytes).into_iter().map(|problem| problem.code).collect();
    for problem in problems(&new) {
        let known = left.iter().position(|code| *code == problem.code)?;
        left.swap_remove(known);
    }
    Some(new.into())
}

fn record(found: &Diagnostic, edit: &Replacement, compiled: &Compiled) -> Made {
    let text = compiled.files.text(&edit.path).and_then(|text| text.get(edit.start..edit.end));
    Made {
        path: edit.path.clone(),
        line: compiled.files.positions(&found.primary).map_or(1, |(from, _)| from.line),
        code: found.code,
        was: text.unwrap_or_default().trim_matches([',', '\n', '\r', ' ']).to_owned(),
        now: edit.text.clone(),
    }
}

/// Puts `bytes` in the place of the file, in one step, if it still holds `expected`.
///
/// # Errors
/// What the system says, or that the file has changed meanwhile; the file is then as it was.
pub fn replace(path: &Path, expected: &[u8], bytes: &[u8]) -> std::io::Result<()> {
    if fs::read(path)? != expected {
        return Err(std::io::Error::other("the file was changed meanwhile"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = (|| {
        let mut out = fs::File::create_new(&beside)?;
        out.write_all(bytes)?;
        out.set_permissions(fs::metadata(path)?.permissions())?;
        out.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
