//! Conversions, and what is counted of time.

use assay_polars::scope::{Said, cast_to};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Function};
use polars::prelude::lit;

use super::{call, column, day, double, evaluated, instant, integer, shown, text, value};

#[test]
#[expect(clippy::too_many_lines, clippy::type_complexity, reason = "a table of cases")]
fn what_does_not_fit_a_type_is_null() {
    let cast = |written: &str, to: &str| {
        let to = DataType::parse(to).unwrap();
        let of = |value: Expr| Expr::Cast { value: Box::new(value), to, format: None };
        let (column, computed) = (of(column("t")), of(text(written)));
        let column = value(written, &column).unwrap();
        assert_eq!(column, value("x", &computed).unwrap());
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
                ("-.5", Some("-0.50")),
                ("5.", Some("5.00")),
                ("1.2300", Some("1.23")),
                ("1.239", None),
                ("12345", None),
                ("1e2", None),
                ("1,5", None),
                (".", None),
            ],
        ),
        ("decimal(6,0)", &[("12", Some("12")), ("12.0", Some("12")), ("12.5", None)]),
        ("decimal(2,2)", &[("0.5", Some(".50")), ("-0.05", Some("-.05")), ("1", None)]),
        (
            "double",
            &[
                ("1.5", Some("1.5")),
                ("-1e3", Some("-1000.0")),
                ("1e16", Some("1e+16")),
                ("1e15", Some("1000000000000000.0")),
                ("0.00001", Some("1e-05")),
                ("-0", Some("-0.0")),
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
                ("0000-01-01", Some("0001-01-01 (BC)")),
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
                ("2024-02-29T10:00:00.1234567-0130", Some("2024-02-29 11:30:00.123456")),
                ("now", None),
                ("24:00", None),
            ],
        ),
        (
            "time",
            &[("10:11", Some("10:11:00")), ("24:00:00", None), ("10:11:12.5", Some("10:11:12.5"))],
        ),
        ("binary", &[("aé'", Some(r"a\xC3\xA9\x27"))]),
        ("struct", &[(r#"{"a": 1}"#, Some(r#"{"a": 1}"#)), ("{", None), ("[1,]", Some("[1,]"))]),
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
    assert_eq!(cast("13.01.24", DataType::Date, "%d.%m.%Y"), None);
    assert_eq!(cast("13.01.24", DataType::Date, "%d.%m.%y").as_deref(), Some("2024-01-13"));
    assert_eq!(cast("9h30", DataType::Time, "%Hh%M").as_deref(), Some("09:30:00"));
    let zoned = cast("2018-01-01 10:00 +0200", DataType::Timestamp, "%Y-%m-%d %H:%M %z");
    assert_eq!(zoned.as_deref(), Some("2018-01-01 08:00:00"));
    let named = cast("Mon, 3 march 2025 1:05 pm", DataType::Timestamp, "%a, %d %B %Y %I:%M %p");
    assert_eq!(named.as_deref(), Some("2025-03-03 13:05:00"));
    let value = Expr::Cast {
        value: Box::new(text("x")),
        to: DataType::Date,
        format: Some("%G-%V".to_owned()),
    };
    assert!(self::value("x", &value).is_err());
}

#[test]
fn numbers_become_integers_only_without_loss() {
    let cast =
        |value: Expr, to: DataType| shown(Expr::Cast { value: Box::new(value), to, format: None });
    assert_eq!(cast(column("d"), DataType::Integer), None);
    assert_eq!(cast(double(3.0), DataType::Integer).as_deref(), Some("3"));
    assert_eq!(cast(double(1e16), DataType::Integer), None);
    assert_eq!(cast(double(f64::NAN), DataType::Integer), None);
    assert_eq!(cast(column("d"), DataType::Decimal(6, 1)).as_deref(), Some("-2.5"));
    assert_eq!(cast(column("d"), DataType::Decimal(6, 0)), None);
    assert_eq!(cast(column("d"), DataType::Text).as_deref(), Some("-2.50"));
    assert_eq!(cast(column("d"), DataType::Double).as_deref(), Some("-2.5"));
    assert_eq!(cast(column("i"), DataType::Decimal(3, 2)).as_deref(), Some("7.00"));
    assert_eq!(cast(column("i"), DataType::Decimal(2, 2)), None);
    assert_eq!(cast(column("i"), DataType::Date), None);
    assert_eq!(cast(column("i"), DataType::Boolean).as_deref(), Some("true"));
    assert_eq!(cast(column("b"), DataType::Integer).as_deref(), Some("1"));
    assert_eq!(cast(double(1.255), DataType::Decimal(5, 2)).as_deref(), Some("1.25"));
    assert_eq!(cast(double(-2.5), DataType::Decimal(6, 0)).as_deref(), Some("-3"));
    let late = || instant("1960-01-01T10:00:00.5");
    assert_eq!(cast(late(), DataType::Date).as_deref(), Some("1960-01-01"));
    assert_eq!(cast(late(), DataType::Time).as_deref(), Some("10:00:00.5"));
    let own = cast_to(
        Said { expr: lit(2_i64), data_type: Some(DataType::Integer) },
        DataType::Text,
        None,
    );
    assert_eq!(evaluated("x", own.unwrap()).unwrap().as_deref(), Some("2"));
}

#[test]
fn time_is_counted_in_seconds() {
    let between = |a, b| shown(call(Function::SecondsBetween, [a, b]));
    assert_eq!(between(Expr::Now, day("2026-11-19")).as_deref(), Some("86400.0"));
    assert_eq!(
        between(instant("2024-01-01T00:00:00.5"), instant("2024-01-01T00:00:01")).as_deref(),
        Some("-0.5")
    );
    let later = call(Function::AddSeconds, [day("2024-02-28"), integer(86_401)]);
    assert_eq!(shown(later).as_deref(), Some("2024-02-29 00:00:01"));
    for (function, wanted) in [
        (Function::Year, "1969"),
        (Function::Month, "12"),
        (Function::Day, "28"),
        (Function::DayOfWeek, "0"),
        (Function::Hour, "23"),
        (Function::Minute, "59"),
    ] {
        let asked = call(function, [instant("1969-12-28T23:59:30")]);
        assert_eq!(shown(asked).as_deref(), Some(wanted), "{function:?}");
    }
    assert_eq!(shown(call(Function::Hour, [day("1969-12-28")])).as_deref(), Some("0"));
}
