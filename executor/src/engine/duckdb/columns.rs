//! Faults of the columns of a dataset against demands beyond its schema, from what its files say.

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Bounds, ColumnDemand};
use assay_schemas::verdict::Measurement;
use duckdb::Connection;

use super::connection::fault;
use super::source::{Layout, Source};
use super::types;
use crate::engine::EngineError;

/// Holds the columns of all files against a demand; `before` are those of the last run.
pub(super) fn measure(
    source: &Source,
    demand: &ColumnDemand,
    before: Option<&[(String, String)]>,
) -> Measurement {
    if let ColumnDemand::Unchanged { .. } = demand {
        let Some(before) = before else {
            // Nothing to compare with is nothing judged.
            return Measurement::figure(None, None, false);
        };
        let faults = source.layouts.first().map(|now| changes(demand, before, &now.columns));
        return Measurement::Faults { faults: faults.unwrap_or_default() };
    }
    if let ColumnDemand::Count { bounds } = demand {
        return count(source, bounds);
    }
    let several = source.layouts.len() > 1;
    let mut faults = Vec::new();
    for layout in &source.layouts {
        let place = if several { format!("{}: ", layout.file.display()) } else { String::new() };
        let found = match demand {
            ColumnDemand::Names { pattern } => match misnamed(layout, pattern) {
                Ok(found) => found,
                Err(error) => return Measurement::Broken { reason: error.to_string() },
            },
            _ => faults_of(layout, demand),
        };
        faults.extend(found.into_iter().map(|fault| format!("{place}{fault}")));
    }
    Measurement::Faults { faults }
}

fn faults_of(layout: &Layout, demand: &ColumnDemand) -> Vec<String> {
    match demand {
        ColumnDemand::Exist { columns, position } => exist(layout, columns, *position),
        ColumnDemand::Absent { columns } => {
            let there = columns.iter().filter(|name| place(layout, name).is_some());
            there.map(|name| format!("the column `{name}` is there")).collect()
        }
        ColumnDemand::Set { columns, exact, ordered } => {
            let mut faults = exist(layout, columns, None);
            if *exact {
                faults.extend(beyond(layout, |name| columns.iter().any(|c| c.as_str() == name)));
            }
            if *ordered {
                faults.extend(disorder(layout, columns));
            }
            faults
        }
        ColumnDemand::Types { columns } => columns
            .iter()
            .filter_map(|(name, allowed)| match place(layout, name) {
                None => Some(missing(name)),
                Some(index) => mistyped(layout, index, allowed),
            })
            .collect(),
        ColumnDemand::Same { columns, more, types, .. } => {
            let names: Vec<ColumnName> = columns.iter().map(|(name, _)| name.clone()).collect();
            let mut faults = exist(layout, &names, None);
            if *types {
                faults.extend(columns.iter().filter_map(|(name, data_type)| {
                    mistyped(layout, place(layout, name)?, std::slice::from_ref(data_type))
                }));
            }
            if !more {
                faults.extend(beyond(layout, |name| names.iter().any(|c| c.as_str() == name)));
            }
            faults
        }
        // Judged by `measure` itself.
        ColumnDemand::Count { .. }
        | ColumnDemand::Names { .. }
        | ColumnDemand::Unchanged { .. } => Vec::new(),
    }
}

fn place(layout: &Layout, name: &ColumnName) -> Option<usize> {
    layout.columns.iter().position(|(found, _)| found == name.as_str())
}

fn missing(name: &ColumnName) -> String {
    format!("the column `{name}` is missing")
}

fn exist(layout: &Layout, columns: &[ColumnName], position: Option<u32>) -> Vec<String> {
    let fault = |name: &ColumnName| match (place(layout, name), position) {
        (None, _) => Some(missing(name)),
        (Some(index), Some(position)) if index + 1 != position as usize => {
            Some(format!("the column `{name}` is number {}, not {position}", index + 1))
        }
        _ => None,
    };
    columns.iter().filter_map(fault).collect()
}

/// The number of columns: of the first file whose number is wrong, if there is one.
fn count(source: &Source, bounds: &Bounds) -> Measurement {
    let counts = || source.layouts.iter().map(|layout| layout.columns.len() as f64);
    let wrong = counts().find(|count| !bounds.contain(*count));
    Measurement::figure(wrong.or_else(|| counts().next()), None, wrong.is_none())
}

fn beyond(layout: &Layout, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let extra = layout.columns.iter().filter(|(name, _)| !wanted(name));
    extra.map(|(name, _)| format!("the column `{name}` is not wanted")).collect()
}

/// Wanted columns that come before one that they should follow.
fn disorder(layout: &Layout, columns: &[ColumnName]) -> Vec<String> {
    let places: Vec<(usize, &ColumnName)> =
        columns.iter().filter_map(|name| Some((place(layout, name)?, name))).collect();
    let wrong = places.windows(2).filter_map(|pair| match pair {
        [(before, first), (after, second)] if before > after => {
            Some(format!("the column `{second}` comes before `{first}`"))
        }
        _ => None,
    });
    wrong.collect()
}

fn mistyped(layout: &Layout, index: usize, allowed: &[DataType]) -> Option<String> {
    let (name, found) = layout.columns.get(index)?;
    let known = types::read(found);
    if found.is_empty() || known.is_some_and(|known| allowed.contains(&known)) {
        return None;
    }
    let words: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    Some(format!("the column `{name}` is {}, not {}", shown(found), words.join(" or ")))
}

/// A type of the engine in the words of the language, where there are any.
fn shown(found: &str) -> String {
    types::read(found).map_or_else(|| found.to_lowercase(), |known| known.to_string())
}

/// Names that do not match.
fn misnamed(layout: &Layout, pattern: &str) -> Result<Vec<String>, EngineError> {
    let names: Vec<String> = layout.columns.iter().map(|(name, _)| name.clone()).collect();
    let matched = matches_whole(&names, pattern)?;
    let wrong = names.iter().zip(matched).filter(|(_, matches)| !matches);
    Ok(wrong.map(|(name, _)| format!("the name `{name}` does not match")).collect())
}

/// Whether each text matches a pattern as a whole, by the regular expressions of the engine itself.
///
/// # Errors
/// The pattern is none.
pub fn matches_whole(texts: &[String], pattern: &str) -> Result<Vec<bool>, EngineError> {
    let connection = Connection::open_in_memory().map_err(|error| fault(&error))?;
    let mut statement =
        connection.prepare("SELECT regexp_full_match(?, ?)").map_err(|error| fault(&error))?;
    let one = |text: &String| statement.query_row([text.as_str(), pattern], |row| row.get(0));
    texts.iter().map(one).collect::<duckdb::Result<_>>().map_err(|error| fault(&error))
}

/// What changed between two lists of columns and is not allowed to.
fn changes(
    demand: &ColumnDemand,
    before: &[(String, String)],
    now: &[(String, String)],
) -> Vec<String> {
    let ColumnDemand::Unchanged { added, removed, retyped, reordered } = demand else {
        return Vec::new();
    };
    let find =
        |list: &[(String, String)], name: &str| list.iter().position(|(found, _)| found == name);
    let mut faults = Vec::new();
    let gone = before.iter().filter(|(name, _)| !removed && find(now, name).is_none());
    faults.extend(gone.map(|(name, _)| format!("the column `{name}` went")));
    let come = now.iter().filter(|(name, _)| !added && find(before, name).is_none());
    faults.extend(come.map(|(name, _)| format!("the column `{name}` came")));
    for (name, old) in before.iter().filter(|_| !retyped) {
        let Some((_, new)) = find(now, name).and_then(|index| now.get(index)) else { continue };
        if !old.is_empty() && !new.is_empty() && old != new {
            faults.push(format!("the column `{name}` was {}, and is {}", shown(old), shown(new)));
        }
    }
    if !reordered {
        let stayed = |list: &[(String, String)], other: &[(String, String)]| -> Vec<String> {
            let both = list.iter().filter(|(name, _)| find(other, name).is_some());
            both.map(|(name, _)| name.clone()).collect()
        };
        let (was, is) = (stayed(before, now), stayed(now, before));
        if let Some((first, second)) = was.iter().zip(&is).find(|(old, new)| old != new) {
            faults.push(format!("the order changed: `{second}` stands where `{first}` stood"));
        }
    }
    faults
}
