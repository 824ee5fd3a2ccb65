//! What an expression comes to for a row, by the documentation of the plan and nothing else.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Literal};

use super::functions;
use super::value::{COLUMNS, NOW, Row, Value};

pub(crate) fn value_of(expr: &Expr, row: &Row) -> Value {
    match expr {
        Expr::Column { name } => {
            let place = COLUMNS.iter().position(|(known, _)| *known == name.as_str());
            row[place.expect("the column is known")].clone()
        }
        Expr::Literal { value } => constant(value),
        Expr::Now => Value::Instant(NOW),
        Expr::Call { function, arguments } => {
            let values: Vec<_> = arguments.iter().map(|part| value_of(part, row)).collect();
            functions::call(*function, &values)
        }
        Expr::Cast { value, to, format: None } => cast(value_of(value, row), *to),
        Expr::In { value, set } => match value_of(value, row) {
            Value::Null => Value::Null,
            value => Value::Truth(set.iter().any(|one| constant(one).order(&value).is_eq())),
        },
        Expr::Matches { value, pattern, whole } => match value_of(value, row) {
            Value::Text(text) => {
                let pattern =
                    if *whole { format!(r"\A(?:{pattern})\z") } else { format!("(?:{pattern})") };
                let pattern = compiled(&pattern);
                Value::Truth(pattern.is_match(&text))
            }
            _ => Value::Null,
        },
        Expr::Case { branches, otherwise } => {
            let chosen = branches.iter().find(|(condition, _)| value_of(condition, row).is_true());
            value_of(chosen.map_or(&**otherwise, |(_, result)| result), row)
        }
        other => panic!("{other:?} is not generated"),
    }
}

fn compiled(pattern: &str) -> regex::Regex {
    regex::Regex::new(pattern).expect("the pattern is generated")
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(value) => Value::Truth(*value),
        Literal::Integer(value) => Value::Integer(i128::from(*value)),
        Literal::Double(value) => Value::Double(*value),
        Literal::Text(text) => Value::Text(text.clone()),
        other => panic!("{other:?} is not generated"),
    }
}

fn cast(value: Value, to: DataType) -> Value {
    match (value, to) {
        (Value::Null, _) => Value::Null,
        (Value::Integer(value), DataType::Double) => Value::Double(value as f64),
        (Value::Integer(value), DataType::Text) => Value::Text(value.to_string()),
        (Value::Text(text), DataType::Integer) => integer(text.trim()),
        (value, to) => panic!("{value:?} to {to} is not generated"),
    }
}

/// Digits with a sign, and at most zeros behind a point.
fn integer(text: &str) -> Value {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let form = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
        && rest.chars().all(|c| c == '0');
    let number = whole.parse::<i64>().ok().filter(|_| form);
    number.map_or(Value::Null, |number| Value::Integer(i128::from(number)))
}
