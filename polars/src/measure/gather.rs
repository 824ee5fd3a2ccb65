//! What is gathered from the rows of a scan, batch by batch, for each group of rows alone.

use polars::prelude::{Column, DataType as Kept, PolarsResult, Series, polars_bail};

use super::moments::{Exact, Moments, Paired, order, quantile};

/// What is gathered; numbers are places among the columns of the scan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Gather {
    /// Rows.
    Rows,
    /// Rows where a condition is true.
    True(usize),
    /// Rows that have a value.
    Present(usize),
    /// The sum of values and their number; decimals are whole numbers of their last digit.
    Sum(usize),
    /// The smallest value.
    Least(usize),
    /// The greatest value.
    Greatest(usize),
    /// The moments of values, which are doubles.
    Moments(usize),
    /// The moments of two values together, which are doubles.
    Paired(usize, usize),
    /// The values themselves, which are doubles.
    Values(usize),
}

/// A number as its column keeps it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// A whole number, a decimal without its point, days, or microseconds.
    Whole(i128),
    /// A double.
    Double(f64),
}

impl Number {
    /// As a double.
    pub(crate) fn double(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Double(value) => value,
        }
    }

    fn is_less(self, other: Self) -> bool {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => one < two,
            (one, two) => order(one.double(), two.double()).is_lt(),
        }
    }
}

/// What was gathered of one group.
#[derive(Clone, Debug)]
pub(crate) enum Gathered {
    /// A count.
    Count(u64),
    /// A sum of whole numbers, `None` where it does not fit, or of doubles, and how many there were.
    Sum { whole: Option<i128>, double: Exact, is_double: bool, count: u64 },
    /// The smallest or greatest value.
    Extreme(Option<Number>),
    /// Moments.
    Moments(Moments),
    /// Moments of pairs.
    Paired(Paired),
    /// Values.
    Values(Vec<f64>),
}

impl Gathered {
    /// A count; 0 where it is none.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Count(count) | Self::Sum { count, .. } => *count,
            _ => 0,
        }
    }

    /// A quantile of the values.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        match self {
            Self::Values(values) => quantile(&mut values.clone(), q),
            _ => None,
        }
    }
}

impl Gather {
    /// Nothing gathered yet.
    pub(crate) fn empty(&self) -> Gathered {
        match self {
            Self::Rows | Self::True(_) | Self::Present(_) => Gathered::Count(0),
            Self::Sum(_) => {
                let double = Exact::default();
                Gathered::Sum { whole: Some(0), double, is_double: false, count: 0 }
            }
            Self::Least(_) | Self::Greatest(_) => Gathered::Extreme(None),
            Self::Moments(_) => Gathered::Moments(Moments::default()),
            Self::Paired(..) => Gathered::Paired(Paired::default()),
            Self::Values(_) => Gathered::Values(Vec::new()),
        }
    }

    /// Takes in a batch. `group` gives the group of each row; `None` is one group for all.
    ///
    /// # Errors
    /// A column is not of the type that was said.
    pub(crate) fn take(
        &self,
        columns: &[Column],
        rows: usize,
        group: Option<&[usize]>,
        into: &mut [Gathered],
    ) -> PolarsResult<()> {
        let of = |place: usize| columns.get(place).map(Column::as_materialized_series);
        let only = group.is_none();
        match self {
            Self::Rows => match group {
                None => add_count(into, 0, rows as u64),
                Some(group) => group.iter().for_each(|group| add_count(into, *group, 1)),
            },
            Self::True(place) => {
                let Some(series) = of(*place) else { return Ok(()) };
                if only {
                    let found = series.bool()?.sum().unwrap_or(0);
                    add_count(into, 0, u64::from(found));
                } else {
                    each(series, |row, value| {
                        if value == Number::Whole(1) {
                            add_count(into, at(group, row), 1);
                        }
                    })?;
                }
            }
            Self::Present(place) => {
                let Some(series) = of(*place) else { return Ok(()) };
                match group {
                    None => add_count(into, 0, (series.len() - series.null_count()) as u64),
                    Some(group) => {
                        let there = series.is_not_null();
                        for (there, group) in there.iter().zip(group) {
                            add_count(into, *group, u64::from(there == Some(true)));
                        }
                    }
                }
            }
            Self::Paired(one, two) => {
                let (Some(one), Some(two)) = (of(*one), of(*two)) else { return Ok(()) };
                for (row, pair) in one.f64()?.iter().zip(two.f64()?.iter()).enumerate() {
                    if let (Some(one), Some(two)) = pair
                        && let Some(Gathered::Paired(paired)) = into.get_mut(at(group, row))
                    {
                        paired.add(one, two);
                    }
                }
            }
            Self::Sum(place)
            | Self::Least(place)
            | Self::Greatest(place)
            | Self::Moments(place)
            | Self::Values(place) => {
                let Some(series) = of(*place) else { return Ok(()) };
                each(series, |row, value| {
                    if let Some(held) = into.get_mut(at(group, row)) {
                        self.add(held, value);
                    }
                })?;
            }
        }
        Ok(())
    }

    fn add(&self, held: &mut Gathered, value: Number) {
        match held {
            Gathered::Sum { whole, double, is_double, count } => {
                *count += 1;
                match value {
                    Number::Whole(value) => *whole = whole.and_then(|sum| sum.checked_add(value)),
                    Number::Double(value) => {
                        *is_double = true;
                        double.add(value);
                    }
                }
            }
            Gathered::Extreme(best) => {
                let better = best.is_none_or(|best| match self {
                    Self::Least(_) => value.is_less(best),
                    _ => best.is_less(value),
                });
                if better {
                    *best = Some(value);
                }
            }
            Gathered::Moments(moments) => moments.add(value.double()),
            Gathered::Values(values) => values.push(value.double()),
            Gathered::Count(_) | Gathered::Paired(_) => {}
        }
    }
}

fn at(group: Option<&[usize]>, row: usize) -> usize {
    // Without groups all rows are the first.
    group.map_or(0, |group| group.get(row).copied().unwrap_or(usize::MAX))
}

fn add_count(into: &mut [Gathered], group: usize, more: u64) {
    if let Some(Gathered::Count(count)) = into.get_mut(group) {
        *count += more;
    }
}

/// Shows every value that is not null, with its row.
fn each(series: &Series, mut see: impl FnMut(usize, Number)) -> PolarsResult<()> {
    macro_rules! whole {
        ($values:expr) => {
            for (row, value) in $values.iter().enumerate() {
                if let Some(value) = value {
                    see(row, Number::Whole(i128::from(value)));
                }
            }
        };
    }
    match series.dtype() {
        Kept::Boolean => whole!(series.bool()?),
        Kept::Int64 => whole!(series.i64()?),
        Kept::Decimal(..) => whole!(series.decimal()?.physical()),
        Kept::Date => whole!(series.date()?.physical()),
        Kept::Datetime(..) => whole!(series.datetime()?.physical()),
        Kept::Float64 => {
            for (row, value) in series.f64()?.iter().enumerate() {
                if let Some(value) = value {
                    see(row, Number::Double(value));
                }
            }
        }
        Kept::Null => {}
        other => polars_bail!(ComputeError: "values kept as {other} are no numbers"),
    }
    Ok(())
}
