//! Keys, and columns that decide others.

use super::*;

#[test]
fn keys_are_unique() {
    let rows = rows(
        &[("x", I), ("z", T), ("d", D)],
        &json!([
            [1, "a", "NaN"],
            [1, "b", "NaN"],
            [1, "a", 0.0],
            [1, null, -0.0],
            [1, null, 1.0],
            [null, null, null],
        ]),
    );
    let checks = [
        unique(&["x", "z"], false),
        unique(&["x", "z"], true),
        unique(&["d"], false),
        unique(&["x", "z"], true),
        holds(call("is_not_null", &[column("x")])),
    ];
    let found = answer(&rows, &[], &plan(&checks));
    found.judged("c0", 3, &[1, 3]);
    found.judged("c1", 6, &[1, 3, 4, 5]);
    found.judged("c2", 5, &[1, 2, 3, 4]);
    found.judged("c3", 6, &[1, 3, 4, 5]);
    assert_eq!((found.measured.hard_evaluated, found.measured.hard_violating), (6, 6));
}

fn reference(columns: &[&str], others: &[&str]) -> Value {
    json!({ "body": {
        "check": "reference", "columns": columns, "dataset": "o", "other_columns": others,
    } })
}

#[test]
fn keys_are_found_elsewhere() {
    let here = rows(
        &[("k", I), ("m", T), ("d", D)],
        &json!(
            [[1, "a", "NaN"], [1, "b", 1.0], [2, "b", -0.0], [2, null, null], [null, "a", 3.0],]
        ),
    );
    let narrow = DataType::Decimal(5, 1);
    let there = rows(
        &[("k", narrow), ("m", T), ("d", D), ("live", DataType::Boolean)],
        &json!([["1.0", "a", "NaN", true], ["2.0", "b", 0.0, null], ["2.0", null, null, true],]),
    );
    let mut live = reference(&["k"], &["k"]);
    live["body"]["other_filter"] = column("live");
    let mut negated = reference(&["k", "m"], &["k", "m"]);
    negated["body"]["negate"] = json!(true);
    let checks = [
        reference(&["k", "m"], &["k", "m"]),
        live,
        negated,
        reference(&["d"], &["d"]),
        reference(&["d"], &["nothing"]),
    ];
    let found = answer(&here, &[("o", &there)], &plan(&checks));
    found.judged("c0", 3, &[2]);
    found.judged("c1", 4, &[]);
    found.judged("c2", 3, &[1, 3]);
    found.judged("c3", 4, &[2, 5]);
    let reason = "in `o`: there is no column `nothing`".to_owned();
    assert!(matches!(found.of("c4"), Measurement::Broken { reason: found } if *found == reason));
}

#[test]
fn the_minority_breaks_a_dependency() {
    let rows = rows(
        &[("zip", T), ("city", T)],
        &json!([
            ["1", "Z"],
            ["1", "A"],
            ["2", "A"],
            ["1", "A"],
            ["1", "Z"],
            [null, "B"],
            [null, "C"],
            ["2", null],
        ]),
    );
    let depends = |nulls_equal: bool| {
        json!({ "body": {
        "check": "dependency", "determinants": ["zip"], "dependents": ["city"],
        "nulls_equal": nulls_equal,
    } })
    };
    let found = answer(&rows, &[], &plan(&[depends(false), depends(true)]));
    found.judged("c0", 5, &[2, 4]);
    found.judged("c1", 8, &[2, 4, 7, 8]);
}
