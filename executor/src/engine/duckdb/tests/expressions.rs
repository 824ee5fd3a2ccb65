//! Expressions mean what the plan says.

use assay_schemas::datatype::DataType;

use super::*;
use crate::engine::duckdb::sql::Scope;
use crate::engine::duckdb::types::Column;

struct Row {
    engine: DuckDb,
    columns: Vec<Column>,
    _bench: Bench,
}

impl Row {
    /// One row with a column of each type, all of them null but `t`, which holds `text`.
    fn new(text: &str) -> Self {
        let bench = Bench::new(&[]);
        let engine = bench.engine();
        let view = format!(
            "CREATE TEMP VIEW r AS SELECT {} AS t, CAST(NULL AS BIGINT) AS n, CAST('nan' AS DOUBLE) AS nan, \
             CAST(7 AS BIGINT) AS i, CAST(-2.50 AS DECIMAL(6,2)) AS d",
            crate::engine::duckdb::sql::text(text)
        );
        engine.session.run("test", &view).unwrap();
        let column =
            |name: &str, data_type| Column { name: name.into(), data_type: Some(data_type) };
        let columns = vec![
            column("t", DataType::Text),
            column("n", DataType::Integer),
            column("nan", DataType::Double),
            column("i", DataType::Integer),
            column("d", DataType::Decimal(6, 2)),
        ];
        Self { engine, columns, _bench: bench }
    }

    fn value(&self, expression: &Expr) -> Option<String> {
        let scope = Scope { columns: &self.columns, now: NOW };
        let said = scope.say(expression).unwrap();
        rows(&self.engine, &format!("SELECT {said} AS v FROM r")).remove(0).remove(0)
    }
}

fn shown(expression: Expr) -> Option<String> {
    Row::new("x").value(&expression)
}

fn double(value: f64) -> Expr {
    Expr::literal(Literal::Double(value))
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
    let within = |value| Expr::In { value: Box::new(value), set: vec![Literal::Integer(7)] };
    assert_eq!(shown(within(column("i"))).as_deref(), Some("true"));
    assert_eq!(shown(within(column("n"))), None);
    let nowhere = |value| Expr::In { value: Box::new(value), set: Vec::new() };
    assert_eq!(shown(nowhere(column("i"))).as_deref(), Some("false"));
    assert_eq!(shown(nowhere(column("n"))), None);
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
    let tenth = || Expr::literal(Literal::Decimal("0.1".into()));
    let sum = call(Function::Add, [tenth(), Expr::literal(Literal::Decimal("0.2".into()))]);
    let three = Expr::literal(Literal::Decimal("0.3".into()));
    assert_eq!(shown(call(Function::Equal, [sum, three])).as_deref(), Some("true"));
    for (value, digits, rounded) in [(2.5, 0, "3.0"), (-2.5, 0, "-3.0"), (0.125, 2, "0.13")] {
        let round = call(Function::Round, [double(value), integer(digits)]);
        assert_eq!(shown(round).as_deref(), Some(rounded));
    }
    assert_eq!(shown(call(Function::Negate, [column("d")])).as_deref(), Some("2.50"));
    assert_eq!(shown(call(Function::Absolute, [column("d")])).as_deref(), Some("2.50"));
    assert_eq!(shown(call(Function::IsNan, [column("nan")])).as_deref(), Some("true"));
    assert_eq!(shown(call(Function::IsNan, [column("n")])), None);
}

#[test]
fn choices_pass_over_nulls() {
    assert_eq!(shown(call(Function::Least, [column("n"), integer(3)])).as_deref(), Some("3"));
    assert_eq!(shown(call(Function::Greatest, [integer(3), column("i")])).as_deref(), Some("7"));
    assert_eq!(shown(call(Function::Coalesce, [column("n"), integer(3)])).as_deref(), Some("3"));
    assert_eq!(shown(call(Function::NullIf, [column("i"), integer(7)])), None);
    assert_eq!(shown(call(Function::Concat, [text("a"), column("i")])).as_deref(), Some("a7"));
    assert_eq!(shown(call(Function::Concat, [text("a"), column("n")])), None);
    let case = Expr::Case {
        branches: vec![(call(Function::Equal, [column("n"), integer(1)]), text("one"))],
        otherwise: Box::new(text("other")),
    };
    assert_eq!(shown(case).as_deref(), Some("other"));
}

#[test]
fn text_goes_by_code_points_and_unicode_white_space() {
    let row = Row::new("\u{a0} \u{2003}Ä\u{3000}\n");
    let trimmed = call(Function::Trim, [column("t")]);
    assert_eq!(row.value(&trimmed).as_deref(), Some("Ä"));
    assert_eq!(row.value(&call(Function::Length, [column("t")])).as_deref(), Some("6"));
    let lower = call(Function::Less, [text("Z"), text("a")]);
    assert_eq!(shown(lower).as_deref(), Some("true"));
    assert_eq!(shown(call(Function::Less, [text("z"), text("é")])).as_deref(), Some("true"));
    assert_eq!(
        shown(call(Function::StartsWith, [text("a%b"), text("a%")])).as_deref(),
        Some("true")
    );
    assert_eq!(shown(call(Function::EndsWith, [text("a_b"), text("_b")])).as_deref(), Some("true"));
    assert_eq!(shown(call(Function::Contains, [text("ab"), text("%")])).as_deref(), Some("false"));
    let replaced = call(Function::Replace, [text("a.b.c"), text("."), text("")]);
    assert_eq!(shown(replaced).as_deref(), Some("abc"));
}

#[test]
fn a_pattern_matches_the_whole_or_a_part() {
    let matches = |value: &str, pattern: &str, whole| {
        shown(Expr::Matches { value: Box::new(text(value)), pattern: pattern.into(), whole })
    };
    assert_eq!(matches("abc", "b", true).as_deref(), Some("false"));
    assert_eq!(matches("abc", "b", false).as_deref(), Some("true"));
    assert_eq!(matches("abc", "a|abc", true).as_deref(), Some("true"));
    assert_eq!(matches("abc\n", "abc", true).as_deref(), Some("false"));
    assert_eq!(matches("a\nc", "a.c", true).as_deref(), Some("false"));
    assert_eq!(matches("é", ".", true).as_deref(), Some("true"));
}

#[test]
#[expect(clippy::too_many_lines, clippy::type_complexity, reason = "a table of cases")]
fn what_does_not_fit_a_type_is_null() {
    let cast = |value: &str, to: &str| {
        let to = DataType::parse(to).unwrap();
        let row = Row::new(value);
        let of = |value: Expr| Expr::Cast { value: Box::new(value), to, format: None };
        let (column, computed) = (row.value(&of(column("t"))), row.value(&of(text(value))));
        assert_eq!(column, computed, "a column and an expression differ for {value:?} as {to}");
        column
    };
    let cases: &[(&str, &[(&str, Option<&str>)])] = &[
        (
            "integer",
            &[
                ("42", Some("42")),
                (" +7 ", Some("7")),
                ("007", Some("7")),
                ("3.00", Some("3")),
                ("1.5", None),
                ("1e3", None),
                ("12_000", None),
                ("0x1F", None),
                ("", None),
                ("9223372036854775807", Some("9223372036854775807")),
                ("9223372036854775808", None),
            ],
        ),
        (
            "decimal(6,2)",
            &[
                ("12.3", Some("12.30")),
                (".5", Some("0.50")),
                ("5.", Some("5.00")),
                ("1.2300", Some("1.23")),
                ("1.239", None),
                ("12345", None),
                ("1e2", None),
                ("1,5", None),
            ],
        ),
        ("decimal(6,0)", &[("12", Some("12")), ("12.0", Some("12")), ("12.5", None)]),
        (
            "double",
            &[
                ("1.5", Some("1.5")),
                ("-1e3", Some("-1000.0")),
                ("nan", Some("nan")),
                ("-inf", Some("-inf")),
                ("1_0", None),
                ("0x10", None),
                ("abc", None),
            ],
        ),
        (
            "boolean",
            &[("TRUE", Some("true")), (" no ", Some("false")), ("1", Some("true")), ("2", None)],
        ),
        (
            "date",
            &[
                ("2024-02-29", Some("2024-02-29")),
                ("2023-02-29", None),
                ("2024-2-9", None),
                ("2024-02-29 00:00:00", Some("2024-02-29")),
                ("2024-02-29 10:00", None),
                ("epoch", None),
                ("infinity", None),
                ("29.02.2024", None),
            ],
        ),
        (
            "timestamp",
            &[
                ("2024-02-29 10:11:12.5", Some("2024-02-29 10:11:12.5")),
                ("2024-02-29T10:11", Some("2024-02-29 10:11:00")),
                ("2024-02-29", Some("2024-02-29 00:00:00")),
                ("2024-02-29T10:00:00Z", Some("2024-02-29 10:00:00")),
                ("2024-02-29T10:00:00+02:00", Some("2024-02-29 08:00:00")),
                ("now", None),
                ("24:00", None),
            ],
        ),
        (
            "time",
            &[("10:11", Some("10:11:00")), ("24:00:00", None), ("10:11:12.5", Some("10:11:12.5"))],
        ),
    ];
    for (to, values) in cases {
        for (value, wanted) in *values {
            assert_eq!(cast(value, to).as_deref(), *wanted, "{value:?} as {to}");
        }
    }
}

#[test]
fn formats_are_read_strictly() {
    let cast = |value: &str, to: DataType, format: &str| {
        let format = Some(format.to_owned());
        shown(Expr::Cast { value: Box::new(text(value)), to, format })
    };
    assert_eq!(cast("13.01.2018", DataType::Date, "%d.%m.%Y").as_deref(), Some("2018-01-13"));
    assert_eq!(cast("13.13.2018", DataType::Date, "%d.%m.%Y"), None);
    assert_eq!(cast("13.01.2018 x", DataType::Date, "%d.%m.%Y"), None);
    assert_eq!(cast("9h30", DataType::Time, "%Hh%M").as_deref(), Some("09:30:00"));
    let zoned = cast("2018-01-01 10:00 +0200", DataType::Timestamp, "%Y-%m-%d %H:%M %z");
    assert_eq!(zoned.as_deref(), Some("2018-01-01 08:00:00"));
}

#[test]
fn numbers_become_integers_only_without_loss() {
    let cast =
        |value: Expr, to: DataType| shown(Expr::Cast { value: Box::new(value), to, format: None });
    assert_eq!(cast(column("d"), DataType::Integer), None);
    assert_eq!(cast(double(3.0), DataType::Integer).as_deref(), Some("3"));
    assert_eq!(cast(double(f64::NAN), DataType::Integer), None);
    assert_eq!(cast(column("d"), DataType::Decimal(6, 1)).as_deref(), Some("-2.5"));
    assert_eq!(cast(column("d"), DataType::Decimal(6, 0)), None);
    assert_eq!(cast(column("d"), DataType::Text).as_deref(), Some("-2.50"));
}

#[test]
fn time_is_counted_in_seconds() {
    let instant = |value: &str| Expr::literal(Literal::Timestamp(value.into()));
    let day = Expr::literal(Literal::Date("2026-11-19".into()));
    let between = |a, b| shown(call(Function::SecondsBetween, [a, b]));
    assert_eq!(between(Expr::Now, day).as_deref(), Some("86400.0"));
    assert_eq!(
        between(instant("2024-01-01T00:00:00.5"), instant("2024-01-01T00:00:01")).as_deref(),
        Some("-0.5")
    );
}

#[test]
fn texts_and_names_cannot_leave_their_quotes() {
    for nasty in ["'; DROP TABLE r; --", "a\\'b", "\"", "''", "a\0b", "$$x$$", "/* */"] {
        assert_eq!(shown(text(nasty)).as_deref(), Some(nasty));
        let pattern = Expr::Matches {
            value: Box::new(text("x")),
            pattern: nasty.replace('\0', ""),
            whole: false,
        };
        let _ = shown(call(Function::IsNull, [pattern]));
    }
    for digits in ["1; DROP TABLE r", "1.2.3", "", "-", "1e5", "'"] {
        let scope = Scope { columns: &[], now: NOW };
        assert!(scope.say(&Expr::literal(Literal::Decimal(digits.into()))).is_err(), "{digits}");
    }
}
