//! Whether an answer is the one that a case states.

use assay_schemas::literal;
use assay_schemas::verdict::Measurement;
use serde_json::Value;

use super::number;
use super::table::Case;
use crate::engines::Answer;

/// How far a measured value may be from the stated one.
const TOLERANCE: f64 = 1e-6;

/// Holds the answer, or the reason why there is none, against what the case states.
pub(crate) fn compare(case: &Case, answer: &Result<Answer, String>) -> Result<(), String> {
    let outcome = case.expected["outcome"].as_str().unwrap_or_default();
    let answer = match answer {
        Err(_) if outcome == "error" => return Ok(()),
        Err(reason) => return Err(reason.clone()),
        Ok(answer) => answer,
    };
    if answer.verdict != outcome {
        return Err(format!(
            "expected {outcome}, found {} {:?}",
            answer.verdict, answer.measurement
        ));
    }
    if outcome == "error" {
        return Ok(());
    }
    count(case, answer)?;
    rows(case, answer)?;
    values(case, answer)?;
    observed(case, answer)
}

fn count(case: &Case, answer: &Answer) -> Result<(), String> {
    let Some(expected) = case.expected["unexpected_count"].as_u64() else { return Ok(()) };
    match &answer.measurement {
        Measurement::Rows { violations, .. } if *violations == expected => Ok(()),
        Measurement::Faults { faults } if faults.len() as u64 == expected => Ok(()),
        other => Err(format!("expected {expected} violations, found {other:?}")),
    }
}

/// Violating rows, counted from 0, in order.
fn violating(answer: &Answer) -> Vec<usize> {
    answer.rows.iter().filter_map(|row| usize::try_from(row.checked_sub(1)?).ok()).collect()
}

fn rows(case: &Case, answer: &Answer) -> Result<(), String> {
    let Some(expected) = case.expected["unexpected_rows"].as_array() else { return Ok(()) };
    let found = violating(answer);
    // One case gives the rows themselves.
    if expected.iter().any(Value::is_object) {
        let row = |at: usize, row: &Value| row_is(case, at, row);
        let same =
            found.len() == expected.len() && found.iter().zip(expected).all(|(at, r)| row(*at, r));
        return same.then_some(()).ok_or_else(|| format!("expected {expected:?}, found {found:?}"));
    }
    let mut expected: Vec<_> =
        expected.iter().filter_map(|row| usize::try_from(row.as_u64()?).ok()).collect();
    expected.sort_unstable();
    if found == expected {
        Ok(())
    } else {
        Err(format!("expected rows {expected:?}, found {found:?}"))
    }
}

/// Whether the cells of a row are those of an object; names in any case.
fn row_is(case: &Case, at: usize, row: &Value) -> bool {
    row.as_object().into_iter().flatten().all(|(name, value)| {
        let column = case.data.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        column.is_some_and(|(_, values)| values.get(at).is_some_and(|found| same(found, value)))
    })
}

fn values(case: &Case, answer: &Answer) -> Result<(), String> {
    let Some(expected) = case.expected["unexpected_values"].as_array() else { return Ok(()) };
    let found = violating(answer);
    let is = |at: usize, value: &Value| match value {
        Value::Object(_) if value["$num"].is_null() => row_is(case, at, value),
        Value::Array(pair) => {
            let sides = [case.text("column_A"), case.text("column_B")];
            let cell = |name: &&str| case.column(name).get(at).cloned().unwrap_or(Value::Null);
            sides.iter().map(cell).zip(pair).all(|(found, value)| same(&found, value))
        }
        value => case.column(case.text("column")).get(at).is_some_and(|found| same(found, value)),
    };
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(at, value)| is(*at, value));
    if same { Ok(()) } else { Err(format!("expected values {expected:?}, found rows {found:?}")) }
}

/// Whether two cells are the same; numbers as numbers, also where one of them is written as text, null and
/// NaN as one.
fn same(one: &Value, other: &Value) -> bool {
    let written = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    let (numbers, texts) = ((number(one), number(other)), (written(one), written(other)));
    match (numbers, texts) {
        ((Some(one), Some(other)), _)
        | ((Some(one), None), (_, Some(other)))
        | ((None, Some(other)), (Some(one), _)) => one == other || (one.is_nan() && other.is_nan()),
        _ => one == other,
    }
}

/// Whether a figure fits a list of values found: the most frequent ones are named; of a set, those outside
/// it and those missing from it are counted.
fn listed(case: &Case, found: &[Value], (value, names): (f64, &[String])) -> bool {
    let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let set = case.kwargs["value_set"].as_array().map_or(&[][..], Vec::as_slice);
    let lacking = |these: &[Value], those: &[Value]| {
        these.iter().filter(|one| !those.iter().any(|other| same(one, other))).count() as f64
    };
    let (outside, missing) = (lacking(found, set), lacking(set, found));
    match case.expectation.as_str() {
        "expect_column_most_common_value_to_be_in_set" => {
            found.iter().map(name).collect::<Vec<_>>() == names
        }
        "expect_column_distinct_values_to_be_in_set" => value == outside,
        "expect_column_distinct_values_to_contain_set" => value == missing,
        "expect_column_distinct_values_to_equal_set" => value == outside + missing,
        _ => false,
    }
}

fn observed(case: &Case, answer: &Answer) -> Result<(), String> {
    let expected = &case.expected["observed_value"];
    let tolerance = number(&case.expected["tolerance"]).unwrap_or(TOLERANCE);
    let agrees = match (&answer.measurement, expected) {
        (_, Value::Null) => true,
        (Measurement::Figure { value: Some(value), .. }, expected)
            if number(expected).is_some() =>
        {
            number(expected).is_some_and(|expected| (value - expected).abs() <= tolerance)
        }
        (Measurement::Figure { value: Some(seconds), .. }, Value::String(instant)) => {
            literal::seconds(instant) == Some(*seconds)
        }
        (Measurement::Figure { value: Some(value), names, .. }, Value::Array(found)) => {
            listed(case, found, (*value, names))
        }
        (Measurement::Segments { parts, .. }, expected) => {
            let expected = expected["values"].as_array().map_or(&[][..], Vec::as_slice);
            parts.len() == expected.len()
                && parts.iter().zip(expected).all(|(part, expected)| {
                    matches!(&part.measurement, Measurement::Figure { value: Some(value), .. }
                        if number(expected).is_some_and(|it| (value - it).abs() <= tolerance))
                })
        }
        (Measurement::Rows { violations, .. }, Value::String(text)) => {
            let count = text.split_once(" unexpected row").map(|(count, _)| count);
            count.is_some_and(|count| *violations == count.parse().unwrap_or(u64::MAX))
        }
        // The columns of the table are those of the case.
        (Measurement::Faults { .. }, Value::Array(columns)) => {
            let known = case.data.0.iter().map(|(name, _)| name.as_str());
            known.eq(columns.iter().filter_map(Value::as_str))
        }
        (Measurement::Figure { value, .. }, Value::Object(sides)) => {
            *value == sides.get("self").and_then(number)
        }
        _ => false,
    };
    match agrees {
        true => Ok(()),
        false => Err(format!("expected value {expected}, found {:?}", answer.measurement)),
    }
}
