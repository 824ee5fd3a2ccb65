//! Redaction: what results may show of a classified column.
//!
//! Counts are always kept: rows, nulls, distinct values, lengths. Values are not: of a column that is
//! fully redacted no value and no figure that can be one is kept; of one that is partly redacted each
//! text keeps its first character, and figures that are single values are dropped.

use std::collections::BTreeMap;

use assay_schemas::plan::{Check, Field, Redaction};
use assay_schemas::verdict::Measurement;

pub use crate::engine::redact::{MASK, value};
use crate::engine::{ColumnProfile, Deep, Measured, TextKinds, Violation};
use crate::result::{ProfileRecord, ViolationRecord};

/// How each column of a dataset is shown; a column that is not declared is shown as it is.
#[derive(Clone, Debug, Default)]
pub struct Redactions {
    by_column: BTreeMap<String, (Redaction, Option<String>)>,
}

impl Redactions {
    /// Those of the declared columns.
    pub fn of(fields: &[Field]) -> Self {
        let entry = |field: &Field| {
            let name = field.name.as_str().to_owned();
            (name, (field.redaction, field.classification.clone()))
        };
        Self { by_column: fields.iter().map(entry).collect() }
    }

    /// That of one column.
    pub fn of_column(&self, column: &str) -> Redaction {
        self.by_column.get(column).map_or(Redaction::None, |(redaction, _)| *redaction)
    }

    /// A violating row as results may keep it. `message` is already free of hidden values.
    pub fn violation(&self, found: Violation, message: String) -> ViolationRecord {
        ViolationRecord {
            check_id: found.check_id,
            row: found.row,
            file: found.file,
            key: self.cells(found.key),
            values: self.cells(found.values),
            message,
        }
    }

    /// Brings the values that figures name to what results may keep; counts stay.
    pub fn figures(&self, checks: &[Check], measured: &mut Measured) {
        for check in checks {
            if let Some(measurement) = measured.checks.get_mut(&check.check_id) {
                self.figure(check, measurement);
            }
        }
    }

    fn figure(&self, check: &Check, measurement: &mut Measurement) {
        let names = match measurement {
            Measurement::Figure { names, .. } => names,
            Measurement::Segments { parts, .. } => {
                for part in parts {
                    for (column, cell) in &mut part.key {
                        *cell = cell.take().map(|cell| value(self.of_column(column), &cell));
                    }
                    self.figure(check, &mut part.measurement);
                }
                return;
            }
            _ => return,
        };
        let columns = check.columns.iter();
        let strictest = columns.map(|column| self.of_column(column.as_str())).max();
        match strictest.unwrap_or_default() {
            Redaction::None => {}
            Redaction::Full => names.clear(),
            Redaction::Partial => {
                for name in names.iter_mut() {
                    *name = value(Redaction::Partial, name);
                }
                names.dedup();
            }
        }
    }

    /// A profile as results may keep it.
    pub fn profile(&self, found: ColumnProfile) -> ProfileRecord {
        let known = self.by_column.get(&found.column);
        let redaction = known.map_or(Redaction::None, |(redaction, _)| *redaction);
        let classification = known.and_then(|(_, class)| class.clone());
        let shown = |text: Option<String>| match redaction {
            Redaction::Full => None,
            _ => text.map(|text| value(redaction, &text)),
        };
        let figure = |figure: Option<f64>| {
            figure.filter(|figure| redaction != Redaction::Full && figure.is_finite())
        };
        let open = redaction == Redaction::None;
        let mut quantiles = found.quantiles;
        quantiles.retain(|(_, value)| open && value.is_finite());
        let mut histogram = found.histogram;
        histogram.retain(|(low, high, _)| open && low.is_finite() && high.is_finite());
        let figures = ColumnProfile {
            min: shown(found.min),
            max: shown(found.max),
            mean: figure(found.mean),
            standard_deviation: figure(found.standard_deviation),
            sum: figure(found.sum),
            quantiles,
            top: top(redaction, found.top),
            histogram,
            deep: found.deep.map(|found| deep(redaction, found)),
            ..found
        };
        ProfileRecord { figures, classification }
    }

    fn cells(&self, cells: Vec<(String, Option<String>)>) -> BTreeMap<String, Option<String>> {
        cells
            .into_iter()
            .map(|(column, cell)| {
                let redaction = self.of_column(&column);
                (column, cell.map(|cell| value(redaction, &cell)))
            })
            .collect()
    }
}

/// Figures of every value; of a classified column, those that are counts only.
fn deep(redaction: Redaction, found: Deep) -> Deep {
    if redaction == Redaction::None {
        return found;
    }
    Deep {
        least: Vec::new(),
        greatest: Vec::new(),
        median: None,
        interquartile_range: None,
        median_deviation: None,
        text: found.text.map(|text| TextKinds { sentinels: Vec::new(), ..text }),
        ..found
    }
}

/// Frequent values; those that look the same once redacted are counted together.
fn top(redaction: Redaction, found: Vec<(String, u64)>) -> Vec<(String, u64)> {
    if redaction == Redaction::Full {
        return Vec::new();
    }
    let mut shown: Vec<(String, u64)> = Vec::with_capacity(found.len());
    for (text, count) in found {
        let text = value(redaction, &text);
        match shown.iter_mut().find(|(known, _)| *known == text) {
            Some((_, total)) => *total += count,
            None => shown.push((text, count)),
        }
    }
    shown.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shown
}

#[cfg(test)]
mod tests {
    use assay_schemas::datatype::DataType;
    use assay_schemas::id::ColumnName;

    use super::*;

    fn redactions(redaction: Redaction) -> Redactions {
        Redactions::of(&[Field {
            name: ColumnName::new("name").unwrap(),
            data_type: DataType::Text,
            optional: false,
            catalog_attribute: None,
            classification: Some("pii".into()),
            redaction,
        }])
    }

    fn profile() -> ColumnProfile {
        ColumnProfile {
            column: "name".into(),
            rows: 9,
            nulls: 1,
            min: Some("Ada".into()),
            max: Some("Zoe".into()),
            mean: Some(f64::NAN),
            quantiles: vec![(0.5, 3.0)],
            top: vec![("Ada".into(), 3), ("Zoe".into(), 2), ("Ann".into(), 2)],
            histogram: vec![(0.0, 1.0, 9)],
            ..ColumnProfile::default()
        }
    }

    #[test]
    fn a_fully_redacted_profile_keeps_counts_only() {
        let kept = redactions(Redaction::Full).profile(profile());
        assert_eq!((kept.rows, kept.nulls, kept.classification.as_deref()), (9, 1, Some("pii")));
        assert!(kept.min.is_none() && kept.max.is_none() && kept.mean.is_none());
        assert!(kept.top.is_empty() && kept.histogram.is_empty() && kept.quantiles.is_empty());
    }

    #[test]
    fn frequent_values_that_look_alike_are_counted_together() {
        let kept = redactions(Redaction::Partial).profile(profile());
        assert_eq!(kept.top, [("A***".to_owned(), 5), ("Z***".to_owned(), 2)]);
        assert_eq!(kept.max.as_deref(), Some("Z***"));
        assert!(kept.histogram.is_empty());
    }

    #[test]
    fn keys_are_redacted_like_values() {
        let cells = || vec![("name".to_owned(), Some("Ada".to_owned())), ("id".to_owned(), None)];
        let found =
            Violation { check_id: "c".into(), row: 1, file: None, key: cells(), values: cells() };
        let kept = redactions(Redaction::Full).violation(found, "name is odd".into());
        assert_eq!(kept.key["name"].as_deref(), Some(MASK));
        assert_eq!(kept.values["name"].as_deref(), Some(MASK));
        assert_eq!(kept.values["id"], None);
    }
}
