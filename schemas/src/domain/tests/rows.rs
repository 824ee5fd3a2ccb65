//! Rows of few values, and what an expression comes to for one, written apart from what is tested.

use std::cmp::Ordering;

use proptest::prelude::*;

use crate::id::ColumnName;
use crate::plan::{Expr, Function, Literal};

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Number(f64),
    Text(String),
    Truth(bool),
}

impl Value {
    /// NaN equals itself and is greater than every number.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => match (one.is_nan(), two.is_nan()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ => one.partial_cmp(two).unwrap(),
            },
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Truth(one), Self::Truth(two)) => one.cmp(two),
            _ => panic!("{self:?} and {other:?} have no order"),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) a: Value,
    pub(crate) b: Value,
    pub(crate) t: Value,
    pub(crate) d: Value,
}

pub(crate) fn every_row() -> Vec<Row> {
    let numbers = |values: &[f64]| {
        let mut all: Vec<_> = values.iter().map(|value| Value::Number(*value)).collect();
        all.push(Value::Null);
        all
    };
    let texts = ["", "a", "ab", "b", "AB"].map(|text| Value::Text(text.to_owned()));
    let mut texts = texts.to_vec();
    texts.push(Value::Null);
    let mut rows = Vec::new();
    for a in numbers(&[-1.0, 0.0, 1.0, 2.0, 3.0]) {
        for b in numbers(&[-1.0, 0.5, 1.0, 2.0, f64::NAN, f64::INFINITY]) {
            for t in &texts {
                for d in numbers(&[0.5, 1.0]) {
                    rows.push(Row { a: a.clone(), b: b.clone(), t: t.clone(), d });
                }
            }
        }
    }
    rows
}

fn column(name: &str) -> Expr {
    Expr::column(&ColumnName::new(name).unwrap())
}

/// A condition over the columns of a row.
pub(crate) fn predicate() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| Expr::call(Function::And, parts)),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| Expr::call(Function::Or, parts)),
            inner.clone().prop_map(|part| Expr::call(Function::Not, [part])),
            inner.clone().prop_map(|part| Expr::call(Function::IsNull, [part])),
            inner.prop_map(|part| part.is_not_null()),
        ]
    })
}

fn comparison() -> impl Strategy<Value = Function> {
    use Function as F;
    prop::sample::select(vec![
        F::Equal,
        F::NotEqual,
        F::Less,
        F::LessOrEqual,
        F::Greater,
        F::GreaterOrEqual,
    ])
}

fn leaf() -> impl Strategy<Value = Expr> {
    let exact = prop::sample::select(vec!["-1", "0", "0.5", "1", "2", "2.5"]);
    let exact = || exact.clone().prop_map(|text| Literal::Decimal(text.to_owned()));
    let texts = || prop::sample::select(vec!["", "a", "b", "AB", "c"]);
    let text = || texts().prop_map(|text| Literal::Text(text.to_owned()));
    let doubles =
        prop::sample::select(vec![-1.0, 0.5, 1.0, 2.0, f64::INFINITY]).prop_map(Literal::Double);
    let number = prop::sample::select(vec![
        column("a"),
        column("d"),
        Expr::call(Function::Negate, [column("a")]),
        Expr::call(Function::Length, [column("t")]),
        Expr::call(Function::Coalesce, [column("a"), Expr::literal(Literal::Integer(0))]),
    ]);
    let sided = |left: Expr, function, right: Expr, turned: bool| {
        Expr::call(function, if turned { [right, left] } else { [left, right] })
    };
    prop_oneof![
        (number.clone(), comparison(), exact(), any::<bool>())
            .prop_map(move |(left, f, right, turned)| sided(left, f, Expr::literal(right), turned)),
        (comparison(), doubles, any::<bool>()).prop_map(move |(f, right, turned)| sided(
            column("b"),
            f,
            Expr::literal(right),
            turned
        )),
        (comparison(), text())
            .prop_map(|(f, right)| Expr::call(f, [column("t"), Expr::literal(right)])),
        (number.clone(), comparison(), number.clone())
            .prop_map(|(left, f, right)| Expr::call(f, [left, right])),
        (number.clone(), prop::collection::vec(exact(), 1..4))
            .prop_map(|(value, set)| Expr::In { value: Box::new(value), set }),
        (any::<bool>(), prop::collection::vec(text(), 1..4)).prop_map(|(lower, set)| {
            let value =
                if lower { Expr::call(Function::Lower, [column("t")]) } else { column("t") };
            Expr::In { value: Box::new(value), set }
        }),
        Just(Expr::call(Function::IsNan, [column("b")])),
        number.prop_map(|value| Expr::call(Function::IsNull, [value])),
        Just(column("t").is_not_null()),
        (
            texts(),
            prop::sample::select(vec![
                Function::StartsWith,
                Function::EndsWith,
                Function::Contains
            ])
        )
            .prop_map(|(part, f)| {
                Expr::call(f, [column("t"), Expr::literal(Literal::Text(part.to_owned()))])
            }),
        (prop::sample::select(vec!["a.*", "[ab]+", "A", ""]), any::<bool>()).prop_map(
            |(pattern, whole)| Expr::Matches {
                value: Box::new(column("t")),
                pattern: pattern.to_owned(),
                whole
            }
        ),
        any::<bool>().prop_map(|value| Expr::literal(Literal::Boolean(value))),
        Just(Expr::literal(Literal::Null)),
    ]
}

/// What an expression comes to for a row.
pub(crate) fn value_of(expr: &Expr, row: &Row) -> Value {
    match expr {
        Expr::Column { name } => match name.as_str() {
            "a" => row.a.clone(),
            "b" => row.b.clone(),
            "d" => row.d.clone(),
            _ => row.t.clone(),
        },
        Expr::Literal { value } => match value {
            Literal::Null => Value::Null,
            Literal::Boolean(value) => Value::Truth(*value),
            Literal::Integer(value) => Value::Number(*value as f64),
            Literal::Double(value) => Value::Number(*value),
            Literal::Decimal(text) => Value::Number(text.parse().unwrap()),
            Literal::Text(text) => Value::Text(text.clone()),
            other => panic!("{other:?} is not generated"),
        },
        Expr::In { value, set } => match value_of(value, row) {
            Value::Null => Value::Null,
            value => Value::Truth(
                set.iter().any(|one| value_of(&Expr::literal(one.clone()), row) == value),
            ),
        },
        Expr::Matches { value, pattern, whole } => match value_of(value, row) {
            Value::Text(text) => {
                let found = regex::Regex::new(&format!("(?:{pattern})")).unwrap();
                let all = regex::Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
                Value::Truth(if *whole { all.is_match(&text) } else { found.is_match(&text) })
            }
            _ => Value::Null,
        },
        Expr::Call { function, arguments } => {
            let values: Vec<_> = arguments.iter().map(|part| value_of(part, row)).collect();
            called(*function, &values)
        }
        other => panic!("{other:?} is not generated"),
    }
}

fn called(function: Function, values: &[Value]) -> Value {
    use Function as F;
    let logic = |stop: bool| {
        if values.contains(&Value::Truth(stop)) {
            Value::Truth(stop)
        } else if values.contains(&Value::Null) {
            Value::Null
        } else {
            Value::Truth(!stop)
        }
    };
    match (function, values) {
        (F::And, _) => logic(false),
        (F::Or, _) => logic(true),
        (F::IsNull, [value]) => Value::Truth(*value == Value::Null),
        (F::IsNotNull, [value]) => Value::Truth(*value != Value::Null),
        (F::Coalesce, [one, two]) => {
            if *one == Value::Null {
                two.clone()
            } else {
                one.clone()
            }
        }
        (_, values) if values.contains(&Value::Null) => Value::Null,
        (F::Not, [Value::Truth(value)]) => Value::Truth(!value),
        (F::IsNan, [Value::Number(value)]) => Value::Truth(value.is_nan()),
        (F::Negate, [Value::Number(value)]) => Value::Number(0.0 - value),
        (F::Length, [Value::Text(text)]) => Value::Number(text.chars().count() as f64),
        (F::Lower, [Value::Text(text)]) => Value::Text(text.to_lowercase()),
        (F::StartsWith, [Value::Text(text), Value::Text(part)]) => {
            Value::Truth(text.starts_with(part))
        }
        (F::EndsWith, [Value::Text(text), Value::Text(part)]) => Value::Truth(text.ends_with(part)),
        (F::Contains, [Value::Text(text), Value::Text(part)]) => Value::Truth(text.contains(part)),
        (_, [one, two]) => {
            let order = one.order(two);
            Value::Truth(match function {
                F::Equal => order.is_eq(),
                F::NotEqual => order.is_ne(),
                F::Less => order.is_lt(),
                F::LessOrEqual => order.is_le(),
                F::Greater => order.is_gt(),
                F::GreaterOrEqual => order.is_ge(),
                other => panic!("{other:?} is not generated"),
            })
        }
        (other, _) => panic!("{other:?} of {values:?} is not generated"),
    }
}
