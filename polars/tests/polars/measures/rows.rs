//! Rows that are judged alone, and what cannot be said of them.

use super::*;

#[test]
fn rows_are_judged_with_filters_nulls_and_what_is_evaluated() {
    let rows = rows(&[("x", I), ("k", T)], &json!([[1, "a"], [5, "a"], [null, "a"], [9, "b"]]));
    let small = || call("less", &[column("x"), integer(5)]);
    let mut filtered = holds(small());
    filtered["filter"] = call(
        "equal",
        &[column("k"), json!({ "node": "literal", "value": { "type": "text", "value": "a" } })],
    );
    let mut evaluated = filtered.clone();
    evaluated["body"]["evaluated"] = call("is_not_null", &[column("x")]);
    let mut soft = holds(json!({ "node": "literal", "value": { "type": "null" } }));
    soft["severity"] = json!("warning");
    let found = answer(&rows, &[], &plan(&[holds(small()), filtered, evaluated, soft]));
    found.judged("c0", 4, &[2, 3, 4]);
    found.judged("c1", 3, &[2, 3]);
    found.judged("c2", 2, &[2]);
    found.judged("c3", 4, &[1, 2, 3, 4]);
    assert_eq!(found.measured.rows, 4);
    assert_eq!((found.measured.hard_evaluated, found.measured.hard_violating), (4, 3));
}

#[test]
fn an_unknown_column_breaks_its_check_alone() {
    let rows = rows(&[("amount", I)], &json!([[1]]));
    let wrong = holds(call("is_not_null", &[column("amuont")]));
    let right = holds(call("is_not_null", &[column("amount")]));
    let found = answer(&rows, &[], &plan(&[wrong, right, unique(&["nothing"], false)]));
    let reason = "there is no column `amuont`; did you mean `amount`?".to_owned();
    assert_eq!(found.of("c0"), &Measurement::Broken { reason });
    found.judged("c1", 1, &[]);
    let reason = "there is no column `nothing`".to_owned();
    assert_eq!(found.of("c2"), &Measurement::Broken { reason });
}

#[test]
fn what_breaks_on_the_data_takes_nothing_along() {
    let rows = rows(&[("x", I)], &json!([["9223372036854775807"], [1]]));
    let sum = call("add", &[column("x"), integer(1)]);
    let wrong = holds(call("greater", &[sum, integer(0)]));
    let right = holds(call("greater", &[column("x"), integer(1)]));
    let found = answer(&rows, &[], &plan(&[wrong, right, simple("sum", "x")]));
    assert!(matches!(found.of("c0"), Measurement::Broken { .. }), "{:?}", found.of("c0"));
    found.judged("c1", 2, &[2]);
    found.figure("c2", Some(9_223_372_036_854_775_808.0));
}

#[test]
fn rows_are_held_against_figures() {
    let rows = rows(&[("x", I)], &json!([[1], [2], [3], [4], [100]]));
    let figure = |value: Value| {
        json!({ "node": "figure", "metric": {
        "function": "quantile", "q": 0.5, "value": value, "filter": null,
    } })
    };
    let median = figure(column("x"));
    let distance = call("absolute", &[call("subtract", &[column("x"), median.clone()])]);
    let middle = figure(distance);
    let reach = call("add", &[median, call("multiply", &[middle, integer(3)])]);
    let found = answer(&rows, &[], &plan(&[holds(call("less_or_equal", &[column("x"), reach]))]));
    found.judged("c0", 5, &[5]);
}

#[test]
fn no_row_at_all() {
    let rows = rows(&[("x", I), ("k", T)], &json!([]));
    let mut segmented = simple("mean", "x");
    segmented["segments"] = json!(["k"]);
    let checks = [
        holds(call("is_not_null", &[column("x")])),
        unique(&["x"], true),
        simple("mean", "x"),
        segmented,
    ];
    let found = answer(&rows, &[], &plan(&checks));
    found.judged("c0", 0, &[]);
    found.judged("c1", 0, &[]);
    found.figure("c2", None);
    assert!(matches!(found.of("c3"), Measurement::Segments { segments: 0, evaluated: None, .. }));
}

#[test]
fn what_cannot_be_said_is_told_before() {
    let columns = [Column { name: "x".to_owned(), data_type: Some(T) }];
    let query = json!({ "body": {
        "check": "query", "dialect": "duckdb", "pieces": [], "gives": { "gives": "rows" },
    } });
    let ask = |check: Value| beyond(&plan(&[check]), &columns, &BTreeMap::new(), &BTreeMap::new());
    assert!(ask(query).is_some());
    assert!(ask(simple("count_distinct_approximate", "x")).is_some());
    assert!(ask(simple("mean", "x")).is_some());
    assert_eq!(ask(simple("count_distinct", "x")), None);
    assert_eq!(ask(simple("mean", "unknown")), None);
}
