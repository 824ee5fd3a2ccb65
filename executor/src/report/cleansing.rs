//! What cleansing did to the columns, as reports tell it.

use super::{figure, thousands};
use crate::result::{ProfileRecord, RunRecord};

/// A column that cleansing changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Changed {
    /// The column.
    pub(super) column: String,
    /// Each figure that is another one: its name, before and after.
    pub(super) figures: Vec<(&'static str, String, String)>,
    /// How far the values have moved; `None` where the column came or went.
    pub(super) drift: Option<&'static str>,
}

/// The columns that cleansing changed, made or dropped, in the order in which they were read.
pub(super) fn changed(record: &RunRecord) -> Vec<Changed> {
    let Some(before) = &record.before else { return Vec::new() };
    let find = |columns: &'_ [ProfileRecord], name: &str| {
        columns.iter().find(|column| column.column == name).cloned()
    };
    let mut all = Vec::new();
    for was in &before.profile {
        let name = &was.column;
        let drift = before.change.columns.iter().find(|change| change.column == *name);
        let figures = match find(&record.profile, name) {
            Some(is) => figures(was, &is),
            None => vec![("column", was.data_type.clone(), "gone".to_owned())],
        };
        if !figures.is_empty() {
            let drift = drift.map(|change| change.drift.name());
            all.push(Changed { column: name.clone(), figures, drift });
        }
    }
    for name in &before.change.added {
        let Some(is) = find(&record.profile, name) else { continue };
        let figures = vec![("column", "new".to_owned(), is.data_type.clone())];
        all.push(Changed { column: name.clone(), figures, drift: None });
    }
    all
}

fn figures(was: &ProfileRecord, is: &ProfileRecord) -> Vec<(&'static str, String, String)> {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), figure);
    let plain = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
    let mut all = vec![
        ("type", was.data_type.clone(), is.data_type.clone()),
        ("nulls", thousands(was.nulls), thousands(is.nulls)),
        ("distinct", thousands(was.distinct), thousands(is.distinct)),
        ("min", plain(&was.min), plain(&is.min)),
        ("max", plain(&was.max), plain(&is.max)),
        ("mean", number(was.mean), number(is.mean)),
    ];
    all.retain(|(_, before, after)| before != after);
    all
}
