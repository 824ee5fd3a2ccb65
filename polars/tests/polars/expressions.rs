//! Expressions mean what the plan says.

mod cast;
mod text;

use std::collections::BTreeMap;

use assay_polars::rows::collect;
use assay_polars::scope::{Said, Scope, Unsaid, text_of};
use assay_polars::types::{Column, kept};
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Expr, Function, Literal, Metric, MetricFunction, PseudonymForm};
use polars::prelude::{IntoLazy as _, col, df, lit};

/// 2026-11-20 in microseconds since 1970-01-01 UTC.
const NOW: i64 = 1_795_132_800_000_000;

/// The text of `expression` over one row, in which all columns but `t`, which holds `text`, are as they are
/// named; `None` is null.
fn value(text: &str, expression: &Expr) -> Result<Option<String>, Unsaid> {
    let (keys, figures) = (BTreeMap::new(), BTreeMap::new());
    let columns = columns();
    let scope = Scope { columns: &columns, now: NOW, keys: &keys, figures: &figures };
    Ok(evaluated(text, scope.say(expression)?).unwrap())
}

fn columns() -> Vec<Column> {
    let column = |name: &str, data_type| Column { name: name.into(), data_type: Some(data_type) };
    vec![
        column("t", DataType::Text),
        column("n", DataType::Integer),
        column("nan", DataType::Double),
        column("i", DataType::Integer),
        column("most", DataType::Integer),
        column("d", DataType::Decimal(6, 2)),
        column("f", DataType::Double),
        column("b", DataType::Boolean),
    ]
}

fn evaluated(text: &str, said: Said) -> Result<Option<String>, String> {
    let frame = df!(
        "t" => [text],
        "n" => [None::<i64>],
        "nan" => [f64::NAN],
        "i" => [7_i64],
        "most" => [i64::MAX],
        "d" => ["-2.50"],
        "f" => [1.5],
        "b" => [true],
    );
    let frame = frame.unwrap().lazy().with_column(col("d").cast(kept(DataType::Decimal(6, 2))));
    let asked = frame.select([text_of(said).alias("v")]);
    let whole = asked.clone().collect().map_err(|error| error.to_string())?;
    let streamed = collect(asked).map_err(|error| format!("{error:?}"))?;
    assert!(whole.equals_missing(&streamed), "{whole} {streamed}");
    Ok(whole.column("v").unwrap().str().unwrap().get(0).map(str::to_owned))
}

fn shown(expression: Expr) -> Option<String> {
    value("x", &expression).unwrap()
}

fn fails(expression: &Expr) -> bool {
    let (keys, figures) = (BTreeMap::new(), BTreeMap::new());
    let columns = columns();
    let scope = Scope { columns: &columns, now: NOW, keys: &keys, figures: &figures };
    evaluated("x", scope.say(expression).unwrap()).is_err()
}

fn column(name: &str) -> Expr {
    Expr::Column { name: ColumnName::new(name).unwrap() }
}

fn call(function: Function, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::call(function, arguments)
}

fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Integer(value))
}

fn double(value: f64) -> Expr {
    Expr::literal(Literal::Double(value))
}

fn decimal(digits: &str) -> Expr {
    Expr::literal(Literal::Decimal(digits.into()))
}

fn text(value: &str) -> Expr {
    Expr::literal(Literal::Text(value.into()))
}

fn instant(value: &str) -> Expr {
    Expr::literal(Literal::Timestamp(value.into()))
}

fn day(value: &str) -> Expr {
    Expr::literal(Literal::Date(value.into()))
}

#[test]
fn logic_has_three_values() {
    let null = || call(Function::Equal, [column("n"), integer(1)]);
    let yes = || Expr::literal(Literal::Boolean(true));
    assert_eq!(shown(null()), None);
    assert_eq!(shown(Expr::call(Function::And, [])).as_deref(), Some("true"));
    assert_eq!(shown(Expr::call(Function::Or, [])).as_deref(), Some("false"));
    assert_eq!(shown(call(Function::Or, [null(), yes()])).as_deref(), Some("true"));
    assert_eq!(shown(call(Function::And, [null(), yes()])), None);
    assert_eq!(shown(call(Function::Not, [null()])), None);
    assert_eq!(shown(call(Function::IsNull, [null()])).as_deref(), Some("true"));
    let within = |value, set: Vec<Literal>| Expr::In { value: Box::new(value), set };
    let seven = || vec![Literal::Integer(7)];
    assert_eq!(shown(within(column("i"), seven())).as_deref(), Some("true"));
    assert_eq!(shown(within(column("n"), seven())), None);
    assert_eq!(shown(within(column("i"), Vec::new())).as_deref(), Some("false"));
    assert_eq!(shown(within(column("n"), Vec::new())), None);
    let nan = || vec![Literal::Double(f64::NAN), Literal::Integer(1)];
    assert_eq!(shown(within(column("nan"), nan())).as_deref(), Some("true"));
    assert_eq!(shown(within(column("f"), nan())).as_deref(), Some("false"));
    let halves = vec![Literal::Decimal("-2.5".into()), Literal::Integer(1)];
    assert_eq!(shown(within(column("d"), halves)).as_deref(), Some("true"));
    let words = vec![Literal::Text("x".into())];
    assert_eq!(shown(within(column("t"), words)).as_deref(), Some("true"));
}

#[test]
fn nan_is_the_greatest_number_and_equals_itself() {
    for (function, one, other, wanted) in [
        (Function::Equal, column("nan"), double(f64::NAN), "true"),
        (Function::Equal, double(f64::NAN), double(f64::NAN), "true"),
        (Function::Greater, column("nan"), double(f64::INFINITY), "true"),
        (Function::Less, column("nan"), integer(1), "false"),
        (Function::NotEqual, column("nan"), column("f"), "true"),
        (Function::Equal, double(0.0), double(-0.0), "true"),
        (Function::LessOrEqual, double(f64::NAN), column("nan"), "true"),
    ] {
        let asked = call(function, [one, other]);
        assert_eq!(shown(asked.clone()).as_deref(), Some(wanted), "{asked:?}");
    }
}

#[test]
fn numbers_of_two_types_meet() {
    for (function, one, other, wanted) in [
        (Function::Equal, column("d"), double(-2.5), "true"),
        (Function::Less, column("d"), column("i"), "true"),
        (Function::Equal, decimal("7.000"), column("i"), "true"),
        (Function::Add, column("d"), integer(1), "-1.50"),
        (Function::Add, column("d"), column("i"), "4.50"),
        (Function::Add, column("d"), column("f"), "-1.0"),
        (Function::Multiply, column("d"), column("d"), "6.2500"),
        (Function::Multiply, column("d"), column("i"), "-17.50"),
        (Function::Modulo, column("d"), integer(2), "-0.50"),
        (Function::Divide, column("i"), integer(3), "2.3333333333333335"),
        (Function::Modulo, column("i"), column("f"), "1.0"),
        (Function::Subtract, day("2024-03-01"), day("2024-02-01"), "29"),
        (Function::Greatest, column("d"), column("i"), "7.00"),
        (Function::Coalesce, column("d"), integer(3), "-2.50"),
        (Function::Less, day("2024-03-01"), instant("2024-03-01T00:00:01"), "true"),
    ] {
        let asked = call(function, [one, other]);
        assert_eq!(shown(asked.clone()).as_deref(), Some(wanted), "{asked:?}");
    }
    for (one, other) in [(column("t"), column("i")), (column("b"), column("i"))] {
        assert!(value("x", &call(Function::Equal, [one, other])).is_err());
    }
}

#[test]
fn arithmetic_is_exact_and_yields_null_on_zero() {
    assert_eq!(shown(call(Function::Divide, [integer(1), integer(4)])).as_deref(), Some("0.25"));
    assert_eq!(shown(call(Function::Divide, [integer(1), integer(0)])), None);
    assert_eq!(shown(call(Function::Divide, [double(1.0), double(0.0)])), None);
    assert_eq!(shown(call(Function::Modulo, [integer(-7), integer(3)])).as_deref(), Some("-1"));
    assert_eq!(shown(call(Function::Modulo, [integer(7), integer(0)])), None);
    let million = || integer(1_000_000);
    assert_eq!(
        shown(call(Function::Multiply, [million(), million()])).as_deref(),
        Some("1000000000000")
    );
    let sum = call(Function::Add, [decimal("0.1"), decimal("0.2")]);
    assert_eq!(shown(call(Function::Equal, [sum, decimal("0.3")])).as_deref(), Some("true"));
    for (value, digits, rounded) in [
        (double(2.5), 0, "3.0"),
        (double(-2.5), 0, "-3.0"),
        (double(0.125), 2, "0.13"),
        (double(1234.5), -2, "1200.0"),
        (integer(15), -1, "20"),
        (integer(-15), -1, "-20"),
        (integer(15), 1, "15"),
        (column("d"), 1, "-2.5"),
        (column("d"), 0, "-3"),
        (column("d"), 5, "-2.50"),
    ] {
        let round = call(Function::Round, [value, integer(digits)]);
        assert_eq!(shown(round).as_deref(), Some(rounded));
    }
    assert_eq!(shown(call(Function::Negate, [column("d")])).as_deref(), Some("2.50"));
    assert_eq!(shown(call(Function::Absolute, [column("d")])).as_deref(), Some("2.50"));
    assert_eq!(shown(call(Function::Absolute, [integer(-3)])).as_deref(), Some("3"));
    assert_eq!(shown(call(Function::Negate, [column("f")])).as_deref(), Some("-1.5"));
    assert_eq!(shown(call(Function::IsNan, [column("nan")])).as_deref(), Some("true"));
    assert_eq!(shown(call(Function::IsNan, [column("n")])), None);
}

#[test]
fn what_overflows_is_an_error_where_it_is_looked_at() {
    let over = || call(Function::Add, [column("most"), integer(1)]);
    assert!(fails(&over()));
    assert!(fails(&call(Function::Multiply, [column("most"), column("i")])));
    let branch = |condition: Expr| Expr::Case {
        branches: vec![(condition, over())],
        otherwise: Box::new(column("i")),
    };
    let never = call(Function::Equal, [column("i"), integer(1)]);
    let always = call(Function::Equal, [column("i"), integer(7)]);
    assert_eq!(shown(branch(never)).as_deref(), Some("7"));
    assert!(fails(&branch(always)));
    assert_eq!(shown(call(Function::Coalesce, [column("i"), over()])).as_deref(), Some("7"));
    assert!(fails(&call(Function::Coalesce, [column("n"), over()])));
}

#[test]
fn choices_pass_over_nulls() {
    assert_eq!(shown(call(Function::Least, [column("n"), integer(3)])).as_deref(), Some("3"));
    assert_eq!(shown(call(Function::Least, [integer(3), column("n")])).as_deref(), Some("3"));
    assert_eq!(shown(call(Function::Greatest, [integer(3), column("i")])).as_deref(), Some("7"));
    assert_eq!(
        shown(call(Function::Greatest, [double(3.0), column("nan")])).as_deref(),
        Some("nan")
    );
    assert_eq!(shown(call(Function::Coalesce, [column("n"), integer(3)])).as_deref(), Some("3"));
    assert_eq!(shown(call(Function::NullIf, [column("i"), integer(7)])), None);
    assert_eq!(shown(call(Function::NullIf, [column("i"), column("n")])).as_deref(), Some("7"));
    assert_eq!(shown(call(Function::Concat, [text("a"), column("i")])).as_deref(), Some("a7"));
    assert_eq!(shown(call(Function::Concat, [text("a"), column("n")])), None);
    assert_eq!(shown(Expr::call(Function::Concat, [])).as_deref(), Some(""));
    assert_eq!(shown(Expr::call(Function::Least, [])), None);
    let case = Expr::Case {
        branches: vec![(call(Function::Equal, [column("n"), integer(1)]), text("one"))],
        otherwise: Box::new(text("other")),
    };
    assert_eq!(shown(case).as_deref(), Some("other"));
}

#[test]
fn values_together_are_told_apart() {
    let tuple = |values: Vec<Expr>| shown(Expr::call(Function::Tuple, values)).unwrap();
    let null = || Expr::literal(Literal::Null);
    assert_eq!(tuple(vec![text("a"), column("n")]), tuple(vec![text("a"), column("n")]));
    assert_eq!(tuple(vec![double(0.0)]), tuple(vec![double(-0.0)]));
    assert_eq!(tuple(vec![double(-f64::NAN)]), tuple(vec![column("nan")]));
    assert_ne!(tuple(vec![text("a"), text("")]), tuple(vec![text(""), text("a")]));
    assert_ne!(tuple(vec![text("-")]), tuple(vec![null()]));
    assert_ne!(tuple(vec![text("1:a"), text("b")]), tuple(vec![text("1"), text("a1:b")]));
}

#[test]
fn keys_and_figures_come_with_the_scope() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "Jefe").unwrap();
    let secret = format!("secret://file/{}", path.display());
    let key = assay_input::secret::resolve(&secret).unwrap();
    let metric = Metric { function: MetricFunction::Count, value: None, filter: None };
    let (keys, figures) = (
        BTreeMap::from([(secret.clone(), key)]),
        BTreeMap::from([(metric.key(), Literal::Integer(3))]),
    );
    let columns = columns();
    let scope = Scope { columns: &columns, now: NOW, keys: &keys, figures: &figures };
    let value = Box::new(text("what do ya want for nothing?"));
    let made = Expr::Pseudonym { value, secret, form: PseudonymForm::Hex };
    // RFC 4231, test case 2.
    assert_eq!(
        evaluated("x", scope.say(&made).unwrap()).unwrap().as_deref(),
        Some("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    );
    let figure = Expr::Figure { metric: Box::new(metric) };
    let sum = call(Function::Add, [figure.clone(), integer(1)]);
    assert_eq!(evaluated("x", scope.say(&sum).unwrap()).unwrap().as_deref(), Some("4"));
    assert!(self::value("x", &figure).is_err());
    assert!(self::value("x", &made).is_err());
}

#[test]
fn expressions_work_over_groups_and_over_no_rows() {
    let (keys, figures) = (BTreeMap::new(), BTreeMap::new());
    let columns = columns();
    let scope = Scope { columns: &columns, now: NOW, keys: &keys, figures: &figures };
    let said = |expression: &Expr| scope.say(expression).unwrap().expr;
    let sum = said(&call(Function::Add, [column("i"), integer(3)]));
    let shown = said(&call(Function::Concat, [text("a"), column("i"), text("b")]));
    let constant = said(&call(Function::Upper, [text("x")]));
    let case = said(&Expr::Case {
        branches: vec![(call(Function::Less, [column("i"), integer(2)]), integer(1))],
        otherwise: Box::new(call(Function::Multiply, [column("i"), column("i")])),
    });
    let frame = df!("k" => ["a", "b", "a"], "i" => [1_i64, 2, 3]).unwrap().lazy();
    let grouped = |frame: polars::prelude::LazyFrame| {
        let grouped = frame.group_by([col("k")]).agg([
            sum.clone().sum().alias("sum"),
            shown.clone().max().alias("shown"),
            constant.clone().max().alias("constant"),
            case.clone().sum().alias("case"),
            sum.clone().filter(case.clone().gt(lit(1))).max().alias("filtered"),
        ]);
        grouped.sort(["k"], polars::prelude::SortMultipleOptions::default())
    };
    let wanted = df!(
        "k" => ["a", "b"],
        "sum" => [10_i64, 5],
        "shown" => ["a3b", "a2b"],
        "constant" => ["X", "X"],
        "case" => [10_i64, 4],
        "filtered" => [6_i64, 5],
    );
    let wanted = wanted.unwrap();
    let found = grouped(frame.clone());
    assert_eq!(found.clone().collect().unwrap(), wanted);
    assert_eq!(collect(found).unwrap(), wanted);
    let none = grouped(frame.filter(col("i").gt(lit(9))));
    assert_eq!(none.clone().collect().unwrap(), wanted.clear());
    assert_eq!(collect(none).unwrap(), wanted.clear());
}
