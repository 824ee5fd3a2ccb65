//! What columns have to do with each other: rows that are twice there, correlations, nulls in common.

mod tables;

use std::collections::BTreeMap;

use assay_engine::{ColumnProfile, EngineError, NullPattern, Pair, PairMeasure, TableProfile};
use assay_schemas::datatype::{DataType, Family};
use assay_schemas::plan::ProfilePlan;
use polars::prelude::{DataType as Kept, Expr, Series, len, lit};

pub(super) use self::tables::is_class;
use super::values::{COUNT, column, counts, series};
use crate::rows::{Rows, collect, fault};
use crate::types::Column;

/// Columns of which all pairs are looked at; the work grows with the square.
const MOST_COLUMNS: usize = 40;
/// Patterns of nulls kept.
const PATTERNS: usize = 10;

/// A column of few different values, with these in ascending order.
pub(super) type Class = (Column, Series);

/// What the profiles of the columns do not tell.
pub(super) fn table(
    rows: &Rows,
    plan: &ProfilePlan,
    profiles: &[ColumnProfile],
    classes: &[Class],
) -> Result<TableProfile, EngineError> {
    let mut table = TableProfile::default();
    if plan.duplicate_rows {
        table.duplicate_rows = Some(duplicates(rows, profiles)?);
    }
    if plan.correlations {
        table.pairs.extend(correlations(rows, profiles)?);
        table.pairs.extend(tables::cramer(rows, &classes[..classes.len().min(MOST_COLUMNS)])?);
    }
    if plan.missingness {
        let partly: Vec<&str> = profiles
            .iter()
            .filter(|profile| profile.nulls > 0 && profile.nulls < profile.rows)
            .map(|profile| profile.column.as_str())
            .take(MOST_COLUMNS)
            .collect();
        let patterns = patterns(rows, &partly)?;
        table.pairs.extend(nullity(&partly, &patterns));
        table.null_patterns = most(&partly, &patterns);
    }
    Ok(table)
}

/// Rows that equal an earlier one. A column without a null and without a value twice proves that there
/// are none.
fn duplicates(rows: &Rows, profiles: &[ColumnProfile]) -> Result<u64, EngineError> {
    let tells_apart =
        |profile: &ColumnProfile| !profile.distinct_is_estimate && profile.distinct == profile.rows;
    if rows.columns.is_empty() || profiles.iter().any(tells_apart) {
        return Ok(0);
    }
    // Names of our own, as a column may be called anything.
    let names: Vec<String> = (0..rows.columns.len()).map(|at| format!("c{at}")).collect();
    let all = rows.columns.iter().zip(&names);
    let renamed: Vec<Expr> = all.map(|(of, name)| column(&of.name).alias(name.as_str())).collect();
    let keys: Vec<Expr> = names.iter().map(column).collect();
    let repeated = (column(COUNT).cast(Kept::Int64) - lit(1_i64)).sum();
    let grouped = rows.frame.clone().select(renamed).group_by(keys).agg([len().alias(COUNT)]);
    let found = collect(grouped.select([repeated.alias(COUNT)]))?;
    Ok(counts(&found, COUNT)?.first().copied().unwrap_or(0))
}

/// All pairs of so many things.
fn pairs(number: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..number).flat_map(move |left| (left + 1..number).map(move |right| (left, right)))
}

/// Correlations of numbers, and of their ranks.
fn correlations(rows: &Rows, profiles: &[ColumnProfile]) -> Result<Vec<Pair>, EngineError> {
    let number = |profile: &&ColumnProfile| {
        let of = rows.columns.iter().find(|column| column.name == profile.column);
        let data_type = of.and_then(|column| column.data_type);
        profile.distinct > 1 && data_type.map(DataType::family) == Some(Family::Number)
    };
    let names: Vec<&str> = profiles
        .iter()
        .filter(number)
        .map(|profile| profile.column.as_str())
        .take(MOST_COLUMNS)
        .collect();
    if names.len() < 2 {
        return Ok(Vec::new());
    }
    let wanted = names.iter().enumerate();
    let wanted: Vec<Expr> =
        wanted.map(|(at, name)| column(name).cast(Kept::Float64).alias(at.to_string())).collect();
    let frame = collect(rows.frame.clone().select(wanted))?;
    let mut numbers: Vec<Vec<f64>> = Vec::new();
    for at in 0..names.len() {
        let found = series(&frame, &at.to_string())?;
        let found = found.f64().map_err(fault)?.iter();
        // What is not finite has no part in it, just as what is null.
        let finite = |number: Option<f64>| number.filter(|x| x.is_finite()).unwrap_or(f64::NAN);
        numbers.push(found.map(finite).collect());
    }
    drop(frame);
    let mut found = read(&names, PairMeasure::Pearson, &numbers);
    numbers.iter_mut().for_each(|column| *column = ranks(column));
    found.extend(read(&names, PairMeasure::Spearman, &numbers));
    Ok(found)
}

/// A correlation for each pair that has one.
fn read(names: &[&str], measure: PairMeasure, columns: &[Vec<f64>]) -> Vec<Pair> {
    pairs(names.len())
        .filter_map(|(left, right)| {
            let value = correlation(&columns[left], &columns[right])?;
            let (left, right) = (names[left].to_owned(), names[right].to_owned());
            Some(Pair { left, right, measure, value })
        })
        .collect()
}

/// The ranks of numbers from 1, equal ones sharing theirs; NaN has none.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).filter(|at| !numbers[*at].is_nan()).collect();
    let compare =
        |one: f64, other: f64| one.partial_cmp(&other).unwrap_or(std::cmp::Ordering::Equal);
    order.sort_unstable_by(|one, other| compare(numbers[*one], numbers[*other]));
    let mut ranks = vec![f64::NAN; numbers.len()];
    let mut before = 0;
    for equal in order.chunk_by(|one, other| numbers[*one] == numbers[*other]) {
        let rank = (before + 1) as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|at| ranks[*at] = rank);
        before += equal.len();
    }
    ranks
}

/// Pearson's correlation over the places where both have a number; nothing where one of them is always the
/// same there.
fn correlation(left: &[f64], right: &[f64]) -> Option<f64> {
    let both = || {
        let all = left.iter().copied().zip(right.iter().copied());
        all.filter(|(x, y)| !x.is_nan() && !y.is_nan())
    };
    let first = both().next()?;
    let (mut n, mut x_sum, mut y_sum, mut x_varies, mut y_varies) = (0_u64, 0.0, 0.0, false, false);
    for (x, y) in both() {
        n += 1;
        // Distances from a value that is there lose less than the values themselves.
        x_sum += x - first.0;
        y_sum += y - first.1;
        x_varies |= x != first.0;
        y_varies |= y != first.1;
    }
    if !x_varies || !y_varies {
        return None;
    }
    let n = n as f64;
    let (x_mean, y_mean) = (first.0 + x_sum / n, first.1 + y_sum / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in both() {
        let (x, y) = (x - x_mean, y - y_mean);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    Some(xy / n / ((xx / n).sqrt() * (yy / n).sqrt())).filter(|value| value.is_finite())
}

/// Rows by which columns are null, as `1` in the place of a column, else `0`.
fn patterns(rows: &Rows, partly: &[&str]) -> Result<BTreeMap<String, u64>, EngineError> {
    if partly.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: Vec<String> = (0..partly.len()).map(|at| format!("c{at}")).collect();
    let marks = partly.iter().zip(&names);
    let marks: Vec<Expr> =
        marks.map(|(of, name)| column(of).is_null().alias(name.as_str())).collect();
    let keys: Vec<Expr> = names.iter().map(column).collect();
    let grouped = rows.frame.clone().select(marks).group_by(keys).agg([len().alias(COUNT)]);
    let found = collect(grouped)?;
    let mut masks = vec![String::new(); found.height()];
    for name in &names {
        let marks = series(&found, name)?;
        for (mask, mark) in masks.iter_mut().zip(marks.bool().map_err(fault)?.iter()) {
            mask.push(if mark == Some(true) { '1' } else { '0' });
        }
    }
    Ok(masks.into_iter().zip(counts(&found, COUNT)?).collect())
}

/// Correlations of being null. Of truth values they follow from four counts.
fn nullity(partly: &[&str], patterns: &BTreeMap<String, u64>) -> Vec<Pair> {
    let marked = |mask: &str, at: usize| mask.as_bytes().get(at) == Some(&b'1');
    let count = |met: &dyn Fn(&str) -> bool| {
        patterns.iter().filter(|(mask, _)| met(mask)).map(|(_, n)| n).sum::<u64>() as f64
    };
    let all = count(&|_| true);
    pairs(partly.len())
        .filter_map(|(left, right)| {
            let (x, y) = (count(&|mask| marked(mask, left)), count(&|mask| marked(mask, right)));
            let both = count(&|mask| marked(mask, left) && marked(mask, right));
            let (x, y, both) = (x / all, y / all, both / all);
            let value = (both - x * y) / ((x * (1.0 - x)).sqrt() * (y * (1.0 - y)).sqrt());
            let (left, right) = (partly[left].to_owned(), partly[right].to_owned());
            let pair = Pair { left, right, measure: PairMeasure::Nullity, value };
            value.is_finite().then_some(pair)
        })
        .collect()
}

/// The patterns that most rows have.
fn most(partly: &[&str], patterns: &BTreeMap<String, u64>) -> Vec<NullPattern> {
    let mut patterns: Vec<(&String, &u64)> = patterns.iter().collect();
    patterns.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
    patterns.truncate(PATTERNS);
    let pattern = |(mask, rows): (&String, &u64)| {
        let columns = partly.iter().zip(mask.chars()).filter(|(_, mark)| *mark == '1');
        NullPattern { columns: columns.map(|(name, _)| (*name).to_owned()).collect(), rows: *rows }
    };
    patterns.into_iter().map(pattern).collect()
}
