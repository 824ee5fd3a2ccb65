//! What columns have to do with each other: rows that are twice there, correlations, nulls in common.

use assay_schemas::datatype::{DataType, Family};
use duckdb::types::Value;

use super::finite;
use crate::engine::duckdb::connection::{Session, as_count, as_number, as_text, fault};
use crate::engine::duckdb::fuse::DATASET;
use crate::engine::duckdb::sql;
use crate::engine::duckdb::types::Column;
use crate::engine::{ColumnProfile, EngineError, NullPattern, Pair, PairMeasure, TableProfile};
use assay_schemas::plan::ProfilePlan;

/// Columns of which all pairs are looked at; the work grows with the square.
const MOST_COLUMNS: usize = 40;
/// Different values up to which a column is a classification.
const FEW_VALUES: u64 = 30;
/// Patterns of nulls kept.
const PATTERNS: usize = 10;

/// What the profiles of the columns do not tell.
pub(in crate::engine::duckdb) fn table(
    session: &Session,
    columns: &[Column],
    profiles: &[ColumnProfile],
    plan: &ProfilePlan,
) -> Result<TableProfile, EngineError> {
    let mut table = TableProfile::default();
    let profiled: Vec<(&Column, &ColumnProfile)> = profiles
        .iter()
        .filter_map(|profile| {
            Some((columns.iter().find(|column| column.name == profile.column)?, profile))
        })
        .collect();
    if plan.duplicate_rows {
        table.duplicate_rows = Some(duplicates(session, columns, profiles)?);
    }
    if plan.correlations {
        table.pairs.extend(pearson(session, &profiled, false)?);
        table.pairs.extend(pearson(session, &profiled, true)?);
        table.pairs.extend(cramer(session, &profiled)?);
    }
    if plan.missingness {
        let partly: Vec<&str> = profiled
            .iter()
            .filter(|(_, profile)| profile.nulls > 0 && profile.nulls < profile.rows)
            .map(|(column, _)| column.name.as_str())
            .take(MOST_COLUMNS)
            .collect();
        table.pairs.extend(nullity(session, &partly)?);
        table.null_patterns = patterns(session, &partly)?;
    }
    Ok(table)
}

fn ask(session: &Session, purpose: &str, text: &str) -> Result<Vec<Vec<Value>>, EngineError> {
    session.rows(purpose, text).map_err(|error| fault(&error))
}

/// Rows that equal an earlier one. A column without a null and without a value twice proves that there
/// are none.
fn duplicates(
    session: &Session,
    columns: &[Column],
    profiles: &[ColumnProfile],
) -> Result<u64, EngineError> {
    let tells_apart =
        |profile: &ColumnProfile| !profile.distinct_is_estimate && profile.distinct == profile.rows;
    if columns.is_empty() || profiles.iter().any(tells_apart) {
        return Ok(0);
    }
    let names: Vec<String> = columns.iter().map(|column| sql::identifier(&column.name)).collect();
    let text = format!(
        "SELECT CAST(coalesce(sum(n) - count(*), 0) AS BIGINT)\nFROM (SELECT count(*) AS n FROM {DATASET} \
         GROUP BY {})",
        names.join(", ")
    );
    let rows = ask(session, "rows that equal another", &text)?;
    Ok(rows.first().and_then(|row| row.first()).map_or(0, as_count))
}

/// All pairs of so many things.
fn pairs(number: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..number).flat_map(move |left| (left + 1..number).map(move |right| (left, right)))
}

/// One row of a figure for each pair, as pairs; where there is no figure, no pair.
fn read(names: &[&str], measure: PairMeasure, rows: &[Vec<Value>]) -> Vec<Pair> {
    let row = rows.first().map_or(&[][..], Vec::as_slice);
    pairs(names.len())
        .zip(row)
        .filter_map(|((left, right), cell)| {
            let value = as_number(cell).filter(|value| value.is_finite())?;
            let (left, right) = (names[left].to_owned(), names[right].to_owned());
            Some(Pair { left, right, measure, value })
        })
        .collect()
}

/// Correlations of numbers, or of their ranks.
fn pearson(
    session: &Session,
    profiled: &[(&Column, &ColumnProfile)],
    ranks: bool,
) -> Result<Vec<Pair>, EngineError> {
    let numbers: Vec<(&str, String)> = profiled
        .iter()
        .filter(|(_, profile)| profile.distinct > 1)
        .filter_map(|(column, _)| {
            Some((column.name.as_str(), finite(column, &sql::identifier(&column.name))?))
        })
        .take(MOST_COLUMNS)
        .collect();
    if numbers.len() < 2 {
        return Ok(Vec::new());
    }
    let values: Vec<String> =
        numbers.iter().enumerate().map(|(at, (_, value))| format!("{value} AS x{at}")).collect();
    let mut rows = format!("(SELECT {} FROM {DATASET})", values.join(", "));
    if ranks {
        let ranked: Vec<String> = (0..numbers.len())
            .map(|at| {
                format!(
                    "CASE WHEN x{at} IS NOT NULL THEN rank() OVER (ORDER BY x{at}) + (count(*) OVER \
                     (PARTITION BY x{at}) - 1) / 2.0 END AS x{at}"
                )
            })
            .collect();
        rows = format!("(SELECT {} FROM {rows})", ranked.join(", "));
    }
    let items: Vec<String> =
        pairs(numbers.len()).map(|(left, right)| format!("corr(x{left}, x{right})")).collect();
    let text = format!("SELECT {}\nFROM {rows}", items.join(",\n  "));
    let measure = if ranks { PairMeasure::Spearman } else { PairMeasure::Pearson };
    let names: Vec<&str> = numbers.iter().map(|(name, _)| *name).collect();
    Ok(read(&names, measure, &ask(session, "correlations", &text)?))
}

/// How classifications go together.
fn cramer(
    session: &Session,
    profiled: &[(&Column, &ColumnProfile)],
) -> Result<Vec<Pair>, EngineError> {
    let classes: Vec<&str> = profiled
        .iter()
        .filter(|(column, profile)| {
            let family = column.data_type.map(DataType::family);
            (2..=FEW_VALUES).contains(&profile.distinct)
                && matches!(family, Some(Family::Text | Family::Boolean))
                || (2..=FEW_VALUES).contains(&profile.distinct)
                    && column.data_type == Some(DataType::Integer)
        })
        .map(|(column, _)| column.name.as_str())
        .take(MOST_COLUMNS)
        .collect();
    let mut found = Vec::new();
    for (left, right) in pairs(classes.len()) {
        let (a, b) = (sql::identifier(classes[left]), sql::identifier(classes[right]));
        let text = format!(
            "SELECT dense_rank() OVER (ORDER BY a), dense_rank() OVER (ORDER BY b), n\nFROM (SELECT {a} AS \
             a, {b} AS b, count(*) AS n FROM {DATASET} WHERE {a} IS NOT NULL AND {b} IS NOT NULL GROUP BY a, b)"
        );
        let cells: Vec<(u64, u64, u64)> = ask(session, "values together", &text)?
            .iter()
            .filter_map(|row| {
                Some((as_count(row.first()?), as_count(row.get(1)?), as_count(row.get(2)?)))
            })
            .collect();
        if let Some(value) = cramers_v(&cells) {
            let (left, right) = (classes[left].to_owned(), classes[right].to_owned());
            found.push(Pair { left, right, measure: PairMeasure::CramersV, value });
        }
    }
    Ok(found)
}

/// Cramér's V of a table of row, column, count; both counted from 1.
fn cramers_v(cells: &[(u64, u64, u64)]) -> Option<f64> {
    let total: u64 = cells.iter().map(|cell| cell.2).sum();
    let (rows, columns) =
        (cells.iter().map(|cell| cell.0).max()?, cells.iter().map(|cell| cell.1).max()?);
    if total == 0 || rows < 2 || columns < 2 {
        return None;
    }
    let margin = |of: fn(&(u64, u64, u64)) -> u64, at: u64| {
        cells.iter().filter(|cell| of(cell) == at).map(|cell| cell.2).sum::<u64>() as f64
    };
    // The sum over all cells of n² / (row · column), less one, is chi-squared over the total; empty cells
    // add nothing to it.
    let sum: f64 = cells
        .iter()
        .map(|cell| {
            let n = cell.2 as f64;
            n * n / (margin(|cell| cell.0, cell.0) * margin(|cell| cell.1, cell.1))
        })
        .sum();
    let least = (rows.min(columns) - 1) as f64;
    Some(((sum - 1.0).max(0.0) / least).sqrt().min(1.0))
}

fn nullity(session: &Session, partly: &[&str]) -> Result<Vec<Pair>, EngineError> {
    if partly.len() < 2 {
        return Ok(Vec::new());
    }
    let null = |at: usize| format!("CAST({} IS NULL AS INTEGER)", sql::identifier(partly[at]));
    let items: Vec<String> = pairs(partly.len())
        .map(|(left, right)| format!("corr({}, {})", null(left), null(right)))
        .collect();
    let text = format!("SELECT {}\nFROM {DATASET}", items.join(",\n  "));
    Ok(read(partly, PairMeasure::Nullity, &ask(session, "nulls in common", &text)?))
}

fn patterns(session: &Session, partly: &[&str]) -> Result<Vec<NullPattern>, EngineError> {
    if partly.is_empty() {
        return Ok(Vec::new());
    }
    let marks: Vec<String> = partly
        .iter()
        .map(|name| format!("CASE WHEN {} IS NULL THEN '1' ELSE '0' END", sql::identifier(name)))
        .collect();
    let text = format!(
        "SELECT {} AS mask, count(*) AS n\nFROM {DATASET} GROUP BY mask ORDER BY n DESC, mask LIMIT {PATTERNS}",
        marks.join(" || ")
    );
    let rows = ask(session, "patterns of nulls", &text)?;
    let pattern = |row: Vec<Value>| {
        let mut cells = row.into_iter();
        let mask = cells.next().and_then(as_text)?;
        let columns = partly.iter().zip(mask.chars()).filter(|(_, mark)| *mark == '1');
        Some(NullPattern {
            columns: columns.map(|(name, _)| (*name).to_owned()).collect(),
            rows: cells.next().map_or(0, |cell| as_count(&cell)),
        })
    };
    Ok(rows.into_iter().filter_map(pattern).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cramers_v_is_one_for_what_is_the_same_and_nothing_for_what_is_independent() {
        assert_eq!(cramers_v(&[(1, 1, 5), (2, 2, 5)]), Some(1.0));
        assert_eq!(cramers_v(&[(1, 1, 5), (1, 2, 5), (2, 1, 5), (2, 2, 5)]), Some(0.0));
        assert_eq!(cramers_v(&[(1, 1, 5)]), None);
    }
}
