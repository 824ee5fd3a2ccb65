//! Row groups of remote Parquet files that no check looks at, so that they are not fetched; and the rows of the
//! originals that the rows of such files are.

use assay_input::remote::{Bound, ColumnFacts, RowGroup, rows_of};
use assay_schemas::datatype::DataType;
use assay_schemas::domain::{Domain, Known, Point, Ranges, Term, truth};
use assay_schemas::plan::{Body, Check, DatasetPlan, Expr, Function, Literal, Measure};

use super::acquire::{Group, InputFile};
use crate::engine::{EngineError, partition};

/// Whether there can be row groups that no check looks at: each looks at some rows only.
pub fn are_needless_ones(dataset: &DatasetPlan) -> bool {
    // A profile is of all rows; so is a figure that another is held against.
    let partial = |check: &Check| match &check.body {
        Body::Rows { .. } | Body::Unique { .. } | Body::Reference { .. } => check.filter.is_some(),
        Body::Metric { measure: Measure::Metric { .. }, bounds } => {
            check.filter.is_some() && bounds.adapt.is_none()
        }
        _ => check.reads_files(),
    };
    dataset.profile.is_none() && dataset.steps.is_empty() && dataset.checks.iter().all(partial)
}

/// The row groups of a file that is called so, each with whether a check may look at a row of it.
pub fn needed(dataset: &DatasetPlan, name: &str, groups: &[RowGroup]) -> Vec<Group> {
    let conditions: Vec<&Expr> =
        dataset.checks.iter().filter_map(|check| check.filter.as_ref()).collect();
    // A path that gives no values is for the engine to complain about.
    let partitions = partition::read(dataset, &[name.to_owned()]).unwrap_or_default();
    let group = |group: &RowGroup| {
        let domain = |column: &str| {
            let field = dataset.fields.iter().find(|field| field.name.as_str() == column)?;
            match partitions.iter().find(|partition| partition.field.name == field.name) {
                Some(partition) => constant(partition.values.first()?.as_deref(), field.data_type),
                None if dataset.source.partitions.contains(&field.name) => None,
                None => known(group.columns.get(column)?, group.rows, field.data_type),
            }
        };
        let kept = !conditions.iter().all(|condition| never(condition, &domain));
        Group { rows: group.rows, kept }
    };
    groups.iter().map(group).collect()
}

/// Whether a condition is true for no row, as the values that columns can have tell.
fn never(condition: &Expr, domain: &impl Fn(&str) -> Option<Domain>) -> bool {
    let alone = match truth(condition) {
        Some(Known::Constant(value)) => value != Some(true),
        Some(Known::Depends(truth)) => match &truth.term {
            Term::Value(Expr::Column { name }) => domain(name.as_str()).is_some_and(|values| {
                values.comparable(&truth.yes) && values.meet(&truth.yes).is_none()
            }),
            _ => false,
        },
        None => false,
    };
    alone
        || match condition {
            Expr::Call { function: Function::And, arguments } => {
                arguments.iter().any(|part| never(part, domain))
            }
            Expr::Call { function: Function::Or, arguments } => {
                arguments.iter().all(|part| never(part, domain))
            }
            _ => false,
        }
}

/// The values that a column of the declared type can have, by its statistics; `None` where they do not tell.
fn known(facts: &ColumnFacts, rows: u64, declared: DataType) -> Option<Domain> {
    let null = facts.nulls != Some(0);
    if facts.nulls == Some(rows) {
        return Some(Domain::null());
    }
    let (min, max) = facts.bounds.as_ref()?;
    let (min, max) = (point(min, declared)?, point(max, declared)?);
    let values = Ranges::from(min, true).meet(&Ranges::up_to(max, true));
    Some(Domain { null, nan: declared == DataType::Double, values })
}

/// A bound of values that are read as the declared type without change.
fn point(bound: &Bound, declared: DataType) -> Option<Point> {
    match (bound, declared) {
        (Bound::Integer(value), DataType::Integer) => Some(Point::whole(i128::from(*value))),
        (Bound::Double(value), DataType::Double) => Point::double(*value),
        (Bound::Text(text), DataType::Text) => Some(Point::Text(text.clone())),
        (Bound::Date(day), DataType::Date) => Point::of(&Literal::Date(day.clone())),
        (Bound::Timestamp(instant), DataType::Timestamp) => {
            Point::of(&Literal::Timestamp(instant.clone()))
        }
        _ => None,
    }
}

/// The one value of a partition column.
fn constant(value: Option<&str>, declared: DataType) -> Option<Domain> {
    let Some(text) = value else { return Some(Domain::null()) };
    let point = match declared {
        DataType::Integer => Point::whole(text.parse().ok()?),
        DataType::Boolean => Point::Boolean(text == "true"),
        DataType::Date => Point::of(&Literal::Date(text.to_owned()))?,
        DataType::Text => Point::Text(text.to_owned()),
        _ => return None,
    };
    Some(Domain::of(Ranges::points([point])))
}

/// Rows of a dataset that were not fetched, and what that does to the numbers of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub rows: u64,
    /// For rows from these on, counted from 1 as the engine counts them: how many were left out before.
    shifts: Vec<(u64, u64)>,
}

impl LeftOut {
    /// What was left out of the files of a dataset, in their order.
    ///
    /// # Errors
    /// A file before one that lost rows cannot be read.
    pub fn of(files: &[InputFile]) -> Result<Self, EngineError> {
        let mut left_out = Self::default();
        let Some(last) = files.iter().rposition(|file| !file.groups.is_empty()) else {
            return Ok(left_out);
        };
        let mut next = 1;
        for (index, file) in files.iter().enumerate() {
            if index > last {
                left_out.shifts.push((next, left_out.rows));
                break;
            }
            let whole = match file.groups.is_empty() {
                true => {
                    let rows = rows_of(&file.path).map_err(EngineError::Data)?;
                    vec![Group { rows, kept: true }]
                }
                false => Vec::new(),
            };
            for group in file.groups.iter().chain(&whole) {
                if group.kept {
                    left_out.shifts.push((next, left_out.rows));
                    next += group.rows;
                } else {
                    left_out.rows += group.rows;
                }
            }
        }
        left_out.shifts.dedup_by_key(|(_, before)| *before);
        Ok(left_out)
    }

    /// The row of the dataset that the engine counts as `row`.
    pub fn original(&self, row: u64) -> u64 {
        // The last breakpoint at or before the row counts.
        let before = self.shifts.partition_point(|(first, _)| *first <= row);
        let shift = before.checked_sub(1).and_then(|index| self.shifts.get(index));
        row + shift.map_or(0, |(_, before)| *before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_the_numbers_that_they_have_in_the_originals() {
        let file = |groups: &[(u64, bool)]| InputFile {
            groups: groups.iter().map(|(rows, kept)| Group { rows: *rows, kept: *kept }).collect(),
            ..InputFile::local("a".into())
        };
        let files = [
            file(&[(10, false), (5, true), (7, false)]),
            file(&[(3, false), (4, true), (1, false)]),
            file(&[]),
        ];
        let left_out = LeftOut::of(&files).unwrap();
        assert_eq!(left_out.rows, 21);
        assert_eq!([1, 5, 6, 9, 10].map(|row| left_out.original(row)), [11, 15, 26, 29, 31]);
        assert_eq!(LeftOut::of(&[]).unwrap(), LeftOut::default());
        assert_eq!(LeftOut::default().original(7), 7);
    }
}
