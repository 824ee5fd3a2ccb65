//! Taxonomies whose codes stand in a CSV file: the codes are written out before anything looks at them, so
//! that such a taxonomy is in every way the one that has them in it.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::library::taxonomy::{CodeType, ValuesFrom, ValuesTable};
use assay_schemas::words::counted;

use crate::diagnostic::{Diagnostic, Place};
use crate::git::SourceFile;
use crate::source::csv::{self, Cell};
use crate::source::{self, Entry, Node, NodeValue, Span};

/// The CSV files of a snapshot, by path.
#[derive(Debug, Default)]
pub(super) struct Tables<'a>(BTreeMap<&'a str, &'a SourceFile>);

impl<'a> Tables<'a> {
    pub(super) fn of(files: impl Iterator<Item = &'a SourceFile>) -> Self {
        let tables = files.filter(|file| file.path.to_ascii_lowercase().ends_with(".csv"));
        Self(tables.map(|file| (&*file.path, file)).collect())
    }

    /// Writes out the codes of a taxonomy that says `values_from`.
    ///
    /// # Errors
    /// What is wrong with the file, at its place there. What is wrong with the field itself is left to the
    /// check of its shape.
    pub(super) fn expand(&self, path: &str, node: &mut Node) -> Result<(), Vec<Diagnostic>> {
        let NodeValue::Object(entries) = &mut node.value else { return Ok(()) };
        let said = entries.iter().position(|entry| entry.key == "values_from");
        let Some(said) = said.filter(|_| entries.iter().all(|entry| entry.key != "values")) else {
            return Ok(());
        };
        let Ok(from) = serde_json::from_value::<ValuesFrom>(entries[said].value.to_value()) else {
            return Ok(());
        };
        let here = Place::new(path, entries[said].key_span.clone());
        let table = match from {
            ValuesFrom::Table(table) => table,
            ValuesFrom::File(file) => ValuesTable {
                file,
                code: "code".to_owned(),
                label: None,
                description: None,
                code_type: CodeType::Text,
            },
        };
        let found = resolved(path, &table.file).and_then(|path| self.0.get_key_value(&*path));
        let Some((table_path, file)) = found else {
            let message = format!("there is no file `{}` beside this one", table.file);
            let hint = "the path is relative to this file and stays inside `libraries/`";
            return Err(vec![Diagnostic::new(Code::BadTable, here, message).hint(hint)]);
        };
        let span = entries[said].value.span.clone();
        let terms = source::decode(file.bytes())
            .map_err(|problem| vec![(problem.span, problem.message)])
            .and_then(|text| terms(text, &table, &span));
        let terms = terms.map_err(|faults| {
            let diagnostic = |(span, message): (Option<Span>, String)| {
                let place = match span {
                    Some(span) => Place::new(*table_path, span),
                    None => Place::file(*table_path),
                };
                Diagnostic::new(Code::BadTable, place, message).related(here.clone(), "named here")
            };
            faults.into_iter().map(diagnostic).collect::<Vec<_>>()
        })?;
        entries[said].key = "values".to_owned();
        entries[said].value = Node::new(NodeValue::List(terms), span);
        Ok(())
    }
}

/// A path relative to a file, if it stays below `libraries/`; that of a shared library begins with where it
/// comes from.
fn resolved(file: &str, relative: &str) -> Option<String> {
    let (library, inside) =
        file.split_once(':').map_or(("", file), |(library, inside)| (library, inside));
    let mut segments: Vec<&str> = inside.split('/').collect();
    segments.pop();
    for segment in relative.split('/') {
        match segment {
            "" => return None,
            "." => {}
            ".." => drop(segments.pop()?),
            name => segments.push(name),
        }
    }
    let path = segments.join("/");
    let stays = path.starts_with("libraries/");
    stays.then(|| if library.is_empty() { path } else { format!("{library}:{path}") })
}

/// What is wrong with a table: the place, or the table as a whole.
type Faults = Vec<(Option<Span>, String)>;

/// The codes of a table; all of them stand where the taxonomy names the table.
fn terms(text: &str, table: &ValuesTable, span: &Span) -> Result<Vec<Node>, Faults> {
    let rows = csv::rows(text).map_err(|(span, message)| vec![(Some(span), message.to_owned())])?;
    let Some((head, rows)) = rows.split_first() else {
        return Err(vec![(None, "the file is empty".to_owned())]);
    };
    let mut faults: Faults = Vec::new();
    let mut column = |name: Option<&str>, default: &str| {
        let wanted = name.unwrap_or(default);
        let found = head.iter().position(|cell| cell.text.trim() == wanted);
        if found.is_none() && name.is_some() {
            let names: Vec<_> = head.iter().map(|cell| format!("`{}`", cell.text.trim())).collect();
            let place = head.first().map(|first| first.span.start..first.span.end);
            let message =
                format!("there is no column `{wanted}`; columns are {}", names.join(", "));
            faults.push((place, message));
        }
        found
    };
    let code = column(Some(&table.code), "code");
    let others = [
        ("label", column(table.label.as_deref(), "label")),
        ("description", column(table.description.as_deref(), "description")),
    ];
    let Some(code) = code.filter(|_| faults.is_empty()) else { return Err(faults) };
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut terms = Vec::new();
    let entry = |key: &str, value: NodeValue| Entry {
        key: key.to_owned(),
        key_span: span.clone(),
        value: Node::new(value, span.clone()),
    };
    for (index, row) in rows.iter().enumerate() {
        if row.len() != head.len() {
            let cells = counted(row.len(), "cell");
            let message = format!("the row has {cells}, the first line has {}", head.len());
            faults.push((row.first().map(|cell| cell.span.clone()), message));
            continue;
        }
        let cell = &row[code];
        match code_of(cell, table.code_type) {
            Ok(value) => {
                if let Some(first) = seen.insert(cell.text.as_str(), index + 2) {
                    let message = format!("the code `{}` stands in row {first} already", cell.text);
                    faults.push((Some(cell.span.clone()), message));
                }
                let mut fields = vec![entry("code", value)];
                for (key, column) in others {
                    let text = column.map(|column| row[column].text.as_str()).unwrap_or_default();
                    if !text.is_empty() {
                        fields.push(entry(key, NodeValue::Text(text.to_owned())));
                    }
                }
                terms.push(Node::new(NodeValue::Object(fields), span.clone()));
            }
            Err(message) => faults.push((Some(cell.span.clone()), message)),
        }
    }
    if terms.is_empty() && faults.is_empty() {
        faults.push((None, "the file has no rows below its first line".to_owned()));
    }
    if faults.is_empty() { Ok(terms) } else { Err(faults) }
}

fn code_of(cell: &Cell, code_type: CodeType) -> Result<NodeValue, String> {
    let text = cell.text.as_str();
    match code_type {
        _ if text.trim().is_empty() => Err("the row has no code".to_owned()),
        CodeType::Text => Ok(NodeValue::Text(text.to_owned())),
        CodeType::Integer => {
            let number =
                text.trim().parse::<i64>().ok().filter(|number| number.unsigned_abs() <= 1 << 53);
            number.map(NodeValue::Integer).ok_or_else(|| format!("`{text}` is no whole number"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_the_library() {
        let at = |relative| resolved("libraries/schemas/a.yaml", relative);
        assert_eq!(at("x.csv").as_deref(), Some("libraries/schemas/x.csv"));
        assert_eq!(at("../data/./x.csv").as_deref(), Some("libraries/data/x.csv"));
        assert_eq!(at("../../x.csv"), None);
        assert_eq!(at("../../../../x.csv"), None);
        assert_eq!(at("/etc/x.csv"), None);
        let shared = resolved("shared:libraries/schemas/a.yaml", "x.csv");
        assert_eq!(shared.as_deref(), Some("shared:libraries/schemas/x.csv"));
    }
}
