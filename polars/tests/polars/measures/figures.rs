//! Figures over many rows.

use super::*;

#[test]
fn figures_of_whole_numbers() {
    let rows = rows(&[("x", I)], &json!([[1], [2], [3], [10], [4], [null]]));
    let functions = [
        ("count", Some(5.0)),
        ("count_distinct", Some(5.0)),
        ("sum", Some(20.0)),
        ("min", Some(1.0)),
        ("max", Some(10.0)),
        ("mean", Some(4.0)),
        ("variance", Some(12.5)),
        ("standard_deviation", Some(12.5_f64.sqrt())),
        ("skewness", Some(1.138_419_957_660_616_7)),
        ("kurtosis", Some(-0.211_999_999_999_999_74)),
        ("entropy", Some(5_f64.ln())),
        ("count_unique", Some(5.0)),
    ];
    let mut checks: Vec<Value> = functions.iter().map(|(name, _)| simple(name, "x")).collect();
    for q in [0.25, 0.0, 1.0] {
        checks.push(metric(json!({ "function": "quantile", "q": q }), column("x"), Value::Null));
    }
    checks.push(metric(json!({ "function": "count" }), Value::Null, Value::Null));
    let large = call("greater", &[column("x"), integer(2)]);
    checks.push(metric(json!({ "function": "count" }), Value::Null, large.clone()));
    checks.push(metric(json!({ "function": "sum" }), column("x"), large));
    let found = answer(&rows, &[], &plan(&checks));
    for (index, (_, wanted)) in functions.iter().enumerate() {
        found.figure(&format!("c{index}"), *wanted);
    }
    for (index, wanted) in [(12, 2.0), (13, 1.0), (14, 10.0), (15, 6.0), (16, 3.0), (17, 17.0)] {
        found.figure(&format!("c{index}"), Some(wanted));
    }
}

#[test]
fn figures_of_nothing() {
    let rows = rows(&[("x", I), ("d", D)], &json!([[null, null]]));
    let zero = ["count", "count_distinct", "count_unique"];
    let none = ["sum", "min", "max", "mean", "variance", "skewness", "kurtosis", "entropy"];
    let checks: Vec<Value> = zero.iter().chain(&none).map(|name| simple(name, "x")).collect();
    let found = answer(&rows, &[], &plan(&checks));
    for index in 0..zero.len() {
        found.figure(&format!("c{index}"), Some(0.0));
    }
    for index in zero.len()..checks.len() {
        found.figure(&format!("c{index}"), None);
    }
}

#[test]
fn doubles_that_are_no_numbers() {
    let rows = rows(&[("x", D), ("y", D)], &json!([[1.0, 1.0], ["NaN", 2.0], ["inf", null]]));
    let names = ["sum", "min", "max", "mean", "variance", "kurtosis", "count_distinct"];
    let mut checks: Vec<Value> = names.iter().map(|name| simple(name, "x")).collect();
    let other = json!({ "function": "correlation", "other": column("y") });
    checks.push(metric(other, column("x"), Value::Null));
    let finite = call("less", &[column("x"), integer(9)]);
    checks.push(metric(json!({ "function": "max" }), column("x"), finite));
    let found = answer(&rows, &[], &plan(&checks));
    let nan = f64::NAN;
    for (index, wanted) in [nan, 1.0, nan, nan, nan, nan, 3.0, nan, 1.0].iter().enumerate() {
        found.figure(&format!("c{index}"), Some(*wanted));
    }
}

#[test]
fn sums_are_exact() {
    let wide = DataType::Decimal(38, 10);
    let mut cells = vec![
        json!(["9999999999999999999999999999.9999999999", 0.1]),
        json!(["-9999999999999999999999999999.9999999998", 0.1]),
    ];
    cells.resize(10, json!([null, 0.1]));
    let cells = Value::Array(cells);
    let rows = rows(&[("x", wide), ("d", D)], &cells);
    let found = answer(&rows, &[], &plan(&[simple("sum", "x"), simple("sum", "d")]));
    found.figure("c0", Some(1e-10));
    found.figure("c1", Some(1.0));
}

#[test]
fn instants_count_in_seconds_and_ages_up_to_now() {
    let rows = rows(
        &[("at", DataType::Timestamp), ("day", DataType::Date)],
        &json!([[NOW - 1_500_000, 19_731], [NOW - 86_400_000_000_i64, null]]),
    );
    let mut age = simple("max", "at");
    age["body"]["measure"]["measure"] = json!("age");
    let checks = [simple("max", "at"), simple("min", "day"), age];
    let found = answer(&rows, &[], &plan(&checks));
    found.figure("c0", Some(1_704_844_798.5));
    found.figure("c1", Some(19_731.0 * 86_400.0));
    found.figure("c2", Some(1.5));
}

#[test]
fn values_are_counted_and_named() {
    let rows =
        rows(&[("x", T), ("y", I)], &json!([["b", 1], ["b", 1], ["a", 2], ["a", 1], [null, 1]]));
    let set = |name: &str, set: &[&str]| {
        let set: Vec<_> = set.iter().map(|v| json!({ "type": "text", "value": v })).collect();
        let mut function = json!({ "function": name, "set": set });
        if name == "most_common_in" {
            function["ties"] = json!(true);
        }
        metric(function, column("x"), Value::Null)
    };
    let pair = call("tuple", &[column("x"), column("y")]);
    let checks = [
        set("distinct_outside", &["a", "c"]),
        set("distinct_missing", &["a", "c"]),
        set("most_common_in", &["b"]),
        metric(json!({ "function": "count_distinct" }), pair.clone(), Value::Null),
        metric(json!({ "function": "count" }), pair.clone(), Value::Null),
        metric(json!({ "function": "count_unique" }), pair, Value::Null),
    ];
    let found = answer(&rows, &[], &plan(&checks));
    for (index, wanted) in [1.0, 1.0, 1.0, 4.0, 5.0, 3.0].iter().enumerate() {
        found.figure(&format!("c{index}"), Some(*wanted));
    }
    assert_eq!(found.names("c0"), ["b"]);
    assert_eq!(found.names("c1"), ["c"]);
    assert_eq!(found.names("c2"), ["a", "b"]);
}
