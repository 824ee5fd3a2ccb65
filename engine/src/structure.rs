//! Faults of a dataset's structure, from what its files say: columns missing, too many, out of order, of
//! another type, or not as a check demands beyond the schema.

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Bounds, ColumnDemand, DatasetPlan, Field};
use assay_schemas::verdict::Measurement;
use regex::Regex;

use crate::layout::Layout;
use crate::words::read as type_of;
use crate::{EngineError, Measured, Request};

/// Takes the checks of a dataset that ask about its columns and not about its rows. The layouts are those of
/// its files, each different one once.
pub fn measure(
    layouts: &[Layout],
    dataset: &DatasetPlan,
    request: &Request,
    measured: &mut Measured,
) {
    for check in &dataset.checks {
        let measurement = match &check.body {
            Body::Structure { fields, closed, ordered, types } => {
                let wanted = Wanted { fields, closed: *closed, ordered: *ordered, types: *types };
                Measurement::Faults { faults: faults(layouts, wanted) }
            }
            Body::Columns(demand) => meets(layouts, demand, request.earlier.columns.as_deref()),
            _ => continue,
        };
        measured.checks.insert(check.check_id.clone(), measurement);
    }
}

/// Whether each text matches a pattern as a whole.
///
/// # Errors
/// The pattern is none.
pub fn matches_whole(texts: &[String], pattern: &str) -> Result<Vec<bool>, EngineError> {
    let whole = Regex::new(&format!(r"\A(?:{pattern})\z"))
        .map_err(|error| EngineError::Data(error.to_string()))?;
    Ok(texts.iter().map(|text| whole.is_match(text)).collect())
}

/// What a structure check wants beyond the columns themselves.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    /// The declared columns, in order.
    fields: &'a [Field],
    /// No others may be there.
    closed: bool,
    /// Their order matters.
    ordered: bool,
    /// Their types matter, where the format knows types.
    types: bool,
}

/// The faults of all files, each in words.
fn faults(layouts: &[Layout], wanted: Wanted<'_>) -> Vec<String> {
    let several = layouts.len() > 1;
    let mut faults = Vec::new();
    for layout in layouts {
        let place = if several { format!("{}: ", layout.file.display()) } else { String::new() };
        for fault in structure_of(layout, wanted) {
            faults.push(format!("{place}{fault}"));
        }
    }
    faults
}

fn structure_of(layout: &Layout, wanted: Wanted<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let position = |name: &str| layout.columns.iter().position(|(found, _)| found == name);
    for field in wanted.fields {
        let found = position(field.name.as_str())
            .and_then(|index| layout.columns.get(index))
            .map(|(_, found)| found);
        match found {
            None if !field.optional => {
                faults.push(format!("the column `{}` is missing", field.name));
            }
            Some(found)
                if wanted.types && !found.is_empty() && type_of(found) != Some(field.data_type) =>
            {
                let shown =
                    type_of(found).map_or_else(|| found.to_lowercase(), |known| known.to_string());
                faults.push(format!(
                    "the column `{}` is {shown}, declared is {}",
                    field.name, field.data_type
                ));
            }
            _ => {}
        }
    }
    let declared = |name: &str| wanted.fields.iter().any(|field| field.name.as_str() == name);
    if wanted.closed {
        let extra = layout.columns.iter().filter(|(name, _)| !declared(name));
        faults.extend(extra.map(|(name, _)| format!("the column `{name}` is not declared")));
    }
    if wanted.ordered {
        let places: Vec<(usize, &str)> = wanted
            .fields
            .iter()
            .filter_map(|field| Some((position(field.name.as_str())?, field.name.as_str())))
            .collect();
        for pair in places.windows(2) {
            if let [(before, first), (after, second)] = pair
                && before > after
            {
                faults.push(format!("the column `{second}` comes before `{first}`"));
            }
        }
    }
    faults
}

/// Holds the columns of all files against a demand; `before` are those of the last run.
fn meets(
    layouts: &[Layout],
    demand: &ColumnDemand,
    before: Option<&[(String, String)]>,
) -> Measurement {
    if let ColumnDemand::Unchanged { .. } = demand {
        let Some(before) = before else {
            // Nothing to compare with is nothing judged.
            return Measurement::figure(None, None, false);
        };
        let faults = layouts.first().map(|now| changes(demand, before, &now.columns));
        return Measurement::Faults { faults: faults.unwrap_or_default() };
    }
    if let ColumnDemand::Count { bounds } = demand {
        return count(layouts, bounds);
    }
    let several = layouts.len() > 1;
    let mut faults = Vec::new();
    for layout in layouts {
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
        // Judged by `meets` itself.
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
fn count(layouts: &[Layout], bounds: &Bounds) -> Measurement {
    let counts = || layouts.iter().map(|layout| layout.columns.len() as f64);
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
    let known = type_of(found);
    if found.is_empty() || known.is_some_and(|known| allowed.contains(&known)) {
        return None;
    }
    let words: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    Some(format!("the column `{name}` is {}, not {}", shown(found), words.join(" or ")))
}

/// A type of the engine in the words of the language, where there are any.
fn shown(found: &str) -> String {
    type_of(found).map_or_else(|| found.to_lowercase(), |known| known.to_string())
}

/// Names that do not match.
fn misnamed(layout: &Layout, pattern: &str) -> Result<Vec<String>, EngineError> {
    let names: Vec<String> = layout.columns.iter().map(|(name, _)| name.clone()).collect();
    let matched = matches_whole(&names, pattern)?;
    let wrong = names.iter().zip(matched).filter(|(_, matches)| !matches);
    Ok(wrong.map(|(name, _)| format!("the name `{name}` does not match")).collect())
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

#[cfg(test)]
mod tests {
    use assay_schemas::plan::Redaction;

    use super::*;

    fn name(name: &str) -> ColumnName {
        ColumnName::new(name).unwrap()
    }

    fn field(of: &str, data_type: DataType) -> Field {
        Field {
            name: name(of),
            data_type,
            optional: false,
            catalog_attribute: None,
            classification: None,
            redaction: Redaction::None,
        }
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect()
    }

    #[test]
    fn structures_are_held_against_what_is_declared() {
        let columns = pairs(&[("a", "BIGINT"), ("b", "VARCHAR"), ("c", "DATE")]);
        let layouts = [Layout { file: "x.parquet".into(), columns }];
        let declared =
            [field("b", DataType::Text), field("a", DataType::Double), field("d", DataType::Text)];
        let wanted = Wanted { fields: &declared, closed: true, ordered: true, types: true };
        assert_eq!(
            faults(&layouts, wanted),
            [
                "the column `a` is integer, declared is double",
                "the column `d` is missing",
                "the column `c` is not declared",
                "the column `a` comes before `b`"
            ]
        );
        let found = |demand: &ColumnDemand, before: Option<&[(String, String)]>| match meets(
            &layouts, demand, before,
        ) {
            Measurement::Faults { faults } => faults,
            other => panic!("{other:?}"),
        };
        let names = ColumnDemand::Names { pattern: "[ab]|x".into() };
        assert_eq!(found(&names, None), ["the name `c` does not match"]);
        let exist = ColumnDemand::Exist { columns: vec![name("b")], position: Some(1) };
        assert_eq!(found(&exist, None), ["the column `b` is number 2, not 1"]);
        let unchanged = ColumnDemand::Unchanged {
            added: false,
            removed: false,
            retyped: false,
            reordered: false,
        };
        let before = pairs(&[("b", "VARCHAR"), ("a", "DOUBLE"), ("z", "DATE")]);
        assert_eq!(
            found(&unchanged, Some(&before)),
            [
                "the column `z` went",
                "the column `c` came",
                "the column `a` was double, and is integer",
                "the order changed: `a` stands where `b` stood"
            ]
        );
    }
}
