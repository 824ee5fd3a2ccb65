//! Random rows and checks. Expressions are of the right types, as lowering makes them.

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Expr, Function as F, Literal};
use proptest::prelude::*;
use proptest::sample::select;

use super::value::{Row, Value};

/// Texts that functions tell apart: blanks, letters of several scripts, numbers, check digits, documents.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "ab",
    " ab\u{a0}",
    "Äb",
    "日本",
    "a\nb",
    "12",
    "-7",
    "1.0",
    "1.5",
    "x1",
    "0",
    "79927398713",
    "79927398710",
    "4242424242424242",
    "3214282912345698765432161182",
    "WEST12345698765432GB82",
    "052122151X",
    "5901234123457",
    "{}",
    "{\"a\":1}",
    "{\"a\":null,\"b\":[1,2]}",
    "[1]",
    "[1,]",
    "{\"a\":\"b\"}",
    "{\"a\":true,\"c\":{}}",
    "NaN",
    "null",
    "\"a\"",
    "{a:1}",
    "{\"a\":\"NaN,]\"}",
    "{\"a/b\":[]}",
];

fn nullable(values: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 4 => values].boxed()
}

fn texts() -> impl Strategy<Value = String> + Clone {
    select(TEXTS).prop_map(str::to_owned)
}

pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let integer = || nullable((-9_i128..10).prop_map(Value::Integer));
    let double = select(vec![-1.0, -0.0, 0.0, 0.1, 0.5, 2.0, 1e300, f64::NAN, f64::INFINITY]);
    let text = || nullable(texts().prop_map(Value::Text));
    let at = (0_i64..14, 0_i64..86_400).prop_map(|(day, second)| {
        Value::Instant((19_723 + day) * 86_400_000_000 + second * 1_000_000)
    });
    let row = (
        integer(),
        integer(),
        nullable(double.prop_map(Value::Double)),
        text(),
        text(),
        nullable(any::<bool>().prop_map(Value::Truth)),
        nullable(at),
    );
    let row = row.prop_map(|(i, j, d, t, s, flag, at)| vec![i, j, d, t, s, flag, at]);
    prop::collection::vec(row, 0..9)
}

fn name(text: &str) -> ColumnName {
    ColumnName::new(text).expect("the name is one")
}

fn column(text: &str) -> Expr {
    Expr::column(&name(text))
}

fn text_literal(text: &str) -> Expr {
    Expr::literal(Literal::Text(text.to_owned()))
}

fn integer_literal(value: i64) -> Expr {
    Expr::literal(Literal::Integer(value))
}

fn cast(value: Expr, to: DataType) -> Expr {
    Expr::Cast { value: Box::new(value), to, format: None }
}

fn pointers() -> impl Strategy<Value = Expr> {
    select(vec!["", "/a", "/b", "/c", "/a~1b", "/0"]).prop_map(text_literal)
}

fn text() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        3 => Just(column("t")),
        3 => Just(column("s")),
        1 => texts().prop_map(|text| text_literal(&text)),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let one = select(vec![F::Trim, F::Lower, F::Upper]);
        let short = select(vec!["", "a", "b", "1", "ab", "日"]).prop_map(text_literal);
        prop_oneof![
            (one, inner.clone()).prop_map(|(f, value)| Expr::call(f, [value])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::call(F::Concat, [a, b])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::call(F::NullIf, [a, b])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::call(F::Coalesce, [a, b])),
            (inner.clone(), select(vec!["a", "1", "ab"]), short.clone())
                .prop_map(|(a, from, to)| Expr::call(F::Replace, [a, text_literal(from), to])),
            (inner.clone(), select(vec!["ab", "a1 ", "日-"]), short)
                .prop_map(|(a, from, to)| Expr::call(F::Translate, [a, text_literal(from), to])),
            (inner.clone(), 1_i64..5, 0_i64..6).prop_map(|(a, from, length)| {
                Expr::call(F::Substring, [a, integer_literal(from), integer_literal(length)])
            }),
            (inner.clone(), pointers())
                .prop_map(|(a, pointer)| Expr::call(F::JsonType, [a, pointer])),
            (-99_i64..99).prop_map(|value| cast(integer_literal(value), DataType::Text)),
        ]
    })
    .boxed()
}

fn integer() -> BoxedStrategy<Expr> {
    let weights = prop::collection::vec((-3_i64..11).prop_map(integer_literal), 1..4);
    let leaf = prop_oneof![
        3 => select(vec!["i", "j"]).prop_map(column),
        1 => (-9_i64..10).prop_map(integer_literal),
        1 => text().prop_map(|value| Expr::call(F::Length, [value])),
        1 => text().prop_map(|value| Expr::call(F::Mod97, [value])),
        1 => select(vec![F::Year, F::Month, F::Day, F::DayOfWeek, F::Hour, F::Minute])
            .prop_map(|part| Expr::call(part, [column("at")])),
        1 => text().prop_map(|value| cast(value, DataType::Integer)),
        1 => (text(), pointers()).prop_map(|(a, pointer)| Expr::call(F::JsonLength, [a, pointer])),
        1 => (text(), weights).prop_map(|(value, weights)| {
            let alphabet = text_literal("0123456789Xab");
            Expr::call(F::WeightedSum, [value, alphabet].into_iter().chain(weights))
        }),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let two = select(vec![
            F::Add,
            F::Subtract,
            F::Multiply,
            F::Modulo,
            F::Least,
            F::Greatest,
            F::Coalesce,
            F::NullIf,
        ]);
        let one = select(vec![F::Negate, F::Absolute]);
        prop_oneof![
            (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Expr::call(f, [a, b])),
            (one, inner).prop_map(|(f, a)| Expr::call(f, [a])),
        ]
    })
    .boxed()
}

fn double() -> BoxedStrategy<Expr> {
    let literal = select(vec![-1.0, 0.0, 0.1, 0.5, 3.0]);
    let leaf = prop_oneof![
        3 => Just(column("d")),
        1 => literal.prop_map(|value| Expr::literal(Literal::Double(value))),
        1 => (integer(), integer()).prop_map(|(a, b)| Expr::call(F::Divide, [a, b])),
        1 => integer().prop_map(|value| cast(value, DataType::Double)),
        1 => Just(Expr::call(F::SecondsBetween, [column("at"), Expr::Now])),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        let two = select(vec![F::Add, F::Subtract, F::Multiply, F::Coalesce]);
        prop_oneof![
            (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Expr::call(f, [a, b])),
            inner.prop_map(|a| Expr::call(F::Absolute, [a])),
        ]
    })
    .boxed()
}

fn comparison() -> impl Strategy<Value = F> {
    select(vec![F::Equal, F::NotEqual, F::Less, F::LessOrEqual, F::Greater, F::GreaterOrEqual])
}

fn truth_leaf() -> BoxedStrategy<Expr> {
    let compare = |(f, a, b)| Expr::call(f, [a, b]);
    let integers = prop::collection::vec((-9_i64..10).prop_map(Literal::Integer), 0..4);
    let set = prop::collection::vec(texts().prop_map(Literal::Text), 0..4);
    let patterns =
        select(vec!["a.*", "[ab]+", "(?i)A", "", "[0-9]+", "(?s).a.*", r"\p{L}+", "^a$"]);
    let parts = select(vec![F::StartsWith, F::EndsWith, F::Contains]);
    let keys = prop::collection::vec(select(vec!["a", "b", "c"]).prop_map(text_literal), 1..3);
    prop_oneof![
        Just(column("flag")),
        Just(Expr::literal(Literal::Null)),
        (comparison(), integer(), integer()).prop_map(compare),
        (comparison(), double(), double()).prop_map(compare),
        (comparison(), text(), text()).prop_map(compare),
        (integer(), integers).prop_map(|(value, set)| Expr::In { value: Box::new(value), set }),
        (text(), set).prop_map(|(value, set)| Expr::In { value: Box::new(value), set }),
        (text(), patterns, any::<bool>()).prop_map(|(value, pattern, whole)| Expr::Matches {
            value: Box::new(value),
            pattern: pattern.to_owned(),
            whole,
        }),
        (parts, text(), select(vec!["", "a", "b"]))
            .prop_map(|(f, value, part)| Expr::call(f, [value, text_literal(part)])),
        double().prop_map(|value| Expr::call(F::IsNan, [value])),
        text().prop_map(|value| Expr::call(F::Luhn, [value])),
        text().prop_map(|value| Expr::call(F::JsonValid, [value])),
        text().prop_map(|value| {
            let schema = text_literal(r#"{"type":["number","null","array"],"maxItems":1}"#);
            Expr::call(F::JsonSchema, [value, schema])
        }),
        (text(), pointers(), keys).prop_map(|(value, pointer, keys)| {
            Expr::call(F::JsonKeysWithin, [value, pointer].into_iter().chain(keys))
        }),
        integer().prop_map(|value| Expr::call(F::IsNull, [value])),
    ]
    .boxed()
}

fn truth() -> BoxedStrategy<Expr> {
    truth_leaf()
        .prop_recursive(3, 8, 3, |inner| {
            let many = || prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                many().prop_map(|parts| Expr::call(F::And, parts)),
                many().prop_map(|parts| Expr::call(F::Or, parts)),
                inner.clone().prop_map(|part| Expr::call(F::Not, [part])),
                inner.clone().prop_map(Expr::is_not_null),
                (inner.clone(), inner.clone(), inner.clone()).prop_map(|(when, then, other)| {
                    Expr::Case { branches: vec![(when, then)], otherwise: Box::new(other) }
                }),
            ]
        })
        .boxed()
}

fn columns() -> impl Strategy<Value = Vec<ColumnName>> {
    let all = vec!["i", "j", "d", "t", "flag", "at"];
    prop::sample::subsequence(all, 1..3).prop_map(|names| names.into_iter().map(name).collect())
}

/// A filter, and what is computed of the rows that pass it.
pub(crate) fn check() -> impl Strategy<Value = (Option<Expr>, Body)> {
    let body = prop_oneof![
        6 => (prop::option::of(truth()), truth())
            .prop_map(|(evaluated, holds)| Body::Rows { evaluated, holds }),
        1 => (columns(), any::<bool>())
            .prop_map(|(columns, nulls_equal)| Body::Unique { columns, nulls_equal }),
        1 => Just(Body::Reference {
            columns: vec![name("t")],
            dataset: "main".to_owned(),
            other_columns: vec![name("s")],
            other_filter: None,
            negate: false,
        }),
    ];
    (prop::option::of(truth()), body)
}
