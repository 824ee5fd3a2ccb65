//! Faults of a dataset's structure: columns missing, too many, out of order, of another type.

use assay_schemas::plan::Field;

use super::source::{Layout, Source};
use super::types;

/// What a structure check wants beyond the columns themselves.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) fields: &'a [Field],
    pub(super) closed: bool,
    pub(super) ordered: bool,
    pub(super) types: bool,
}

/// The faults of all files, each in words.
pub(super) fn faults(source: &Source, wanted: Wanted<'_>) -> Vec<String> {
    let several = source.layouts.len() > 1;
    let mut faults = Vec::new();
    for layout in &source.layouts {
        let place = if several { format!("{}: ", layout.file.display()) } else { String::new() };
        for fault in faults_of(layout, wanted) {
            faults.push(format!("{place}{fault}"));
        }
    }
    faults
}

fn faults_of(layout: &Layout, wanted: Wanted<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let position = |name: &str| layout.columns.iter().position(|(found, _)| found == name);
    for field in wanted.fields {
        let found = position(field.name.as_str()).map(|index| &layout.columns[index].1);
        match found {
            None if !field.optional => {
                faults.push(format!("the column `{}` is missing", field.name));
            }
            Some(found)
                if wanted.types
                    && !found.is_empty()
                    && types::read(found) != Some(field.data_type) =>
            {
                let shown = types::read(found)
                    .map_or_else(|| found.to_lowercase(), |known| known.to_string());
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
