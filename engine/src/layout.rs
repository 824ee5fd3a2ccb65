//! Layouts: which columns the files of a dataset have, held against those that are declared.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assay_schemas::plan::{DatasetPlan, Field};
use assay_schemas::problem::nearest;

use crate::EngineError;

/// Declared columns that files lack. Whatever reads one of them cannot be computed; all else can.
#[derive(Clone, Debug, Default)]
pub struct Missing {
    /// Their names.
    names: Vec<String>,
    /// What is missing where, for people; a text for each file.
    said: Vec<String>,
}

impl Missing {
    /// Whether a column is missing.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|missing| missing == name)
    }

    /// What is missing, in words; `None` where nothing is.
    pub fn words(&self) -> Option<String> {
        (!self.said.is_empty()).then(|| self.said.join("; "))
    }

    /// Takes note of what another file lacks.
    pub fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        // Of many files, a few tell enough.
        let room = 3_usize.saturating_sub(self.said.len());
        self.said.extend(other.said.into_iter().take(room));
    }
}

/// The columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The first file with these columns.
    pub file: PathBuf,
    /// Name and type in DuckDB's words, so that they are the same whoever reads the file; the type is empty
    /// for text files.
    pub columns: Vec<(String, String)>,
}

/// The columns to read: the declared ones that are not missing, or all where none is declared.
pub fn wanted(
    dataset: &DatasetPlan,
    layout: &Layout,
    missing: &Missing,
) -> Vec<(String, Option<Field>)> {
    if dataset.read_fields().is_empty() {
        layout.columns.iter().map(|(name, _)| (name.clone(), None)).collect()
    } else {
        let there = |field: &&Field| !missing.has(field.name.as_str());
        let declared = dataset.read_fields().iter().filter(there);
        declared.map(|field| (field.name.as_str().to_owned(), Some(field.clone()))).collect()
    }
}

/// The declared columns that a file lacks.
///
/// # Errors
/// It has a declared column twice, or none at all.
pub fn check_columns(dataset: &DatasetPlan, layout: &Layout) -> Result<Missing, EngineError> {
    let found: Vec<&str> = layout.columns.iter().map(|(name, _)| name.as_str()).collect();
    let file = layout.file.display();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    found.iter().for_each(|name| *counts.entry(name).or_default() += 1);
    let times = |name: &str| counts.get(name).copied().unwrap_or(0);
    if let Some(field) = dataset.read_fields().iter().find(|field| times(field.name.as_str()) > 1) {
        return Err(EngineError::Data(format!("{file}: the column `{}` occurs twice", field.name)));
    }
    let missing: Vec<&str> = dataset
        .read_fields()
        .iter()
        .filter(|field| !field.optional && times(field.name.as_str()) == 0)
        .map(|field| field.name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(Missing::default());
    }
    let named: Vec<String> = missing
        .iter()
        .map(|name| match near(name, &found) {
            Some(near) => format!("`{name}` (did you mean `{near}`?)"),
            None => format!("`{name}`"),
        })
        .collect();
    let word = if missing.len() == 1 { "the declared column" } else { "the declared columns" };
    let said =
        format!("{file}: {word} {} not found; the file has {}", named.join(", "), shown(&found));
    let said = match other_delimiter(&found, &missing) {
        Some(mark) => format!("{said}; it looks parted by `{mark}`: say `delimiter: \"{mark}\"`"),
        None => said,
    };
    if missing.len() == dataset.read_fields().len() {
        return Err(EngineError::Data(said));
    }
    let names = missing.into_iter().map(str::to_owned).collect();
    Ok(Missing { names, said: vec![said] })
}

/// What else may part the cells, where a file seems to have a single column: parted so, it has one that is missed.
fn other_delimiter(found: &[&str], missing: &[&str]) -> Option<&'static str> {
    let [only] = found else { return None };
    let marks = [(';', ";"), ('\t', "\\t"), ('|', "|"), (',', ",")];
    let is_it = |mark: char| {
        only.contains(mark)
            && only.split(mark).any(|name| missing.contains(&name.trim_matches(['"', ' '])))
    };
    marks.into_iter().find(|(mark, _)| is_it(*mark)).map(|(_, shown)| shown)
}

/// The found name that may be meant: the same but for case and blanks, or a slip of the pen.
pub(crate) fn near<'f>(name: &str, found: &[&'f str]) -> Option<&'f str> {
    let plain = |text: &str| text.trim().to_lowercase();
    let same = found.iter().copied().find(|found| plain(found) == plain(name));
    same.or_else(|| nearest(name, found.iter().copied()))
}

/// At most twenty names, quoted.
fn shown(names: &[&str]) -> String {
    let mut list: Vec<String> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
    if names.len() > list.len() {
        list.push(format!("and {} more", names.len() - list.len()));
    }
    if list.is_empty() { "none".into() } else { list.join(", ") }
}

/// Different layouts among the files, each with its first file.
pub fn distinct(layouts: &[Layout]) -> Vec<Layout> {
    let mut distinct: Vec<Layout> = Vec::new();
    for layout in layouts {
        if !distinct.iter().any(|known| known.columns == layout.columns) {
            distinct.push(layout.clone());
        }
    }
    distinct
}
