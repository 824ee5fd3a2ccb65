//! Rows beside each other, datasets beside each other, segments.

use super::*;

fn window(name: &str, function: &str, value: Value) -> Value {
    json!({ "name": name, "function": function, "value": value })
}

#[test]
fn rows_stand_beside_each_other() {
    let rows = rows(
        &[("x", D), ("k", T), ("at", I)],
        &json!([
            [3.0, "a", 3],
            [1.0, "b", 1],
            [2.0, "a", 1],
            ["NaN", "b", 2],
            [8.0, null, 1],
            [7.0, null, null],
            [null, "a", 2],
            [5.0, "a", 4],
        ]),
    );
    let beside = |windows: &[Value], holds: Value, group: &[&str], order: &[(&str, &str)]| {
        let order: Vec<_> = order
            .iter()
            .map(|(column, order)| json!({ "column": column, "order": order }))
            .collect();
        json!({ "body": {
            "check": "beside", "evaluated": call("is_not_null", &[column("x")]), "group": group,
            "order": order, "windows": windows, "holds": holds,
        } })
    };
    let first = call("is_null", &[column("w")]);
    let rising = call("or", &[first, call("greater_or_equal", &[column("x"), column("w")])]);
    let before = [window("w", "previous", column("x"))];
    let greatest = [window("w", "greatest_before", column("x"))];
    let alone = call("is_null", &[column("w")]);
    let checks = [
        beside(&before, rising.clone(), &[], &[]),
        beside(&before, rising.clone(), &["k"], &[("at", "ascending")]),
        beside(&before, rising.clone(), &["k"], &[("at", "descending")]),
        beside(&greatest, rising, &[], &[]),
        beside(&[window("w", "next", column("at"))], alone, &["k"], &[("at", "ascending")]),
    ];
    let found = answer(&rows, &[], &plan(&checks));
    found.judged("c0", 7, &[2, 5, 6, 8]);
    found.judged("c1", 7, &[6]);
    found.judged("c2", 7, &[1, 2, 3, 6]);
    found.judged("c3", 7, &[2, 3, 5, 6, 8]);
    found.judged("c4", 7, &[1, 2, 3]);
}

#[test]
fn a_group_is_one_whatever_its_values() {
    let rows = rows(
        &[("x", I), ("d", D)],
        &json!([[1, "NaN"], [2, 0.0], [3, "NaN"], [4, null], [5, -0.0], [6, null],]),
    );
    let beside = json!({ "body": {
        "check": "beside", "evaluated": null, "group": ["d"], "order": [],
        "windows": [window("w", "previous", column("x"))],
        "holds": call("is_null", &[column("w")]),
    } });
    let depends = json!({ "body": {
        "check": "dependency", "determinants": ["d"], "dependents": ["x"], "nulls_equal": true,
    } });
    let mut count = metric(json!({ "function": "count" }), Value::Null, Value::Null);
    count["segments"] = json!(["d"]);
    let found = answer(&rows, &[], &plan(&[beside, depends, count]));
    found.judged("c0", 6, &[3, 5, 6]);
    found.judged("c1", 6, &[3, 5, 6]);
    let Measurement::Segments { parts, .. } = found.of("c2") else {
        panic!("{:?}", found.of("c2"))
    };
    let keys: Vec<_> = parts.iter().map(|part| part.key[0].1.as_deref()).collect();
    assert!(matches!(keys[..], [Some("0.0" | "-0.0"), Some("nan"), None]), "{keys:?}");
    for part in parts {
        assert!(matches!(part.measurement, Measurement::Figure { value: Some(2.0), .. }));
    }
}

#[test]
fn rows_of_two_datasets_differ() {
    let columns = [("id", I), ("v", T), ("d", D)];
    let here = rows(
        &columns,
        &json!([
            [1, "a", 101.0],
            [2, "b", null],
            [3, "c", "NaN"],
            [null, "z", 0.0],
            [4, null, "inf"],
        ]),
    );
    let there = rows(
        &columns,
        &json!([
            [1, "a", 100.0],
            [2, "B", null],
            [4, null, "inf"],
            [4, null, 7.0],
            [5, "e", 0.0],
            [null, "y", 0.0],
            [6, "f", 0.0],
        ]),
    );
    let differs = |tolerance: Value| {
        json!({ "body": {
        "check": "difference", "key": ["id"], "dataset": "o", "other_key": ["id"],
        "other_filter": null, "both_ways": true, "columns": [
            { "column": "v", "other": "v", "tolerance": null },
            { "column": "d", "other": "d", "tolerance": tolerance },
        ],
    } })
    };
    let near = json!({ "absolute": 0.0, "relative": 0.01 });
    let found = answer(&here, &[("o", &there)], &plan(&[differs(near), differs(Value::Null)]));
    let of = |changed: u64, columns: &[(&str, u64)]| Measurement::Difference {
        evaluated: 6,
        only_here: 1,
        only_there: 2,
        changed,
        columns: columns.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
    };
    assert_eq!(found.of("c0"), &of(2, &[("d", 1), ("v", 1)]));
    assert_eq!(found.rows("c0"), [2, 3, 5]);
    assert_eq!(found.of("c1"), &of(3, &[("d", 2), ("v", 1)]));
    assert_eq!(found.measured.hard_violating, 4);
}

#[test]
fn windows_of_time_have_rows() {
    let hour = 3_600_000_000_i64;
    let rows = rows(
        &[("t", DataType::Timestamp), ("d", DataType::Date)],
        &json!([[-hour - 1, 19_729], [-hour, null], [0, null], [3 * hour - 1, null]]),
    );
    let arrivals = |column: &str, seconds: u64, until_now: bool| {
        json!({ "body": {
        "check": "arrivals", "column": column, "seconds": seconds, "min_rows": 1,
        "until_now": until_now, "max_windows": 0,
    } })
    };
    let found =
        answer(&rows, &[], &plan(&[arrivals("t", 3600, false), arrivals("d", 86_400, true)]));
    found.figure("c0", Some(1.0));
    found.figure("c1", Some(2.0));
    assert!(matches!(found.of("c1"), Measurement::Figure { shown: Some(shown), within: false, .. }
        if shown == "2 of 3 windows have no row"));
}

#[test]
fn figures_of_two_datasets_agree() {
    let here = rows(&[("a", DataType::Decimal(20, 2))], &json!([["0.10"], ["0.20"], [null]]));
    let there = rows(&[("x", DataType::Decimal(4, 1))], &json!([["0.3"]]));
    let of = |name: &str| json!({ "function": "sum", "value": column(name), "filter": null });
    let compare = json!({ "body": {
        "check": "compare", "metric": of("a"), "dataset": "o", "other": of("x"), "factor": 1.0,
        "relation": "equal", "tolerance": { "absolute": 0.0, "relative": 0.0 },
    } });
    let found = answer(&here, &[("o", &there)], &plan(&[compare]));
    found.figure("c0", Some(0.3));
    assert!(matches!(found.of("c0"), Measurement::Figure { within: true, .. }));
}

#[test]
fn segments_are_judged_apart() {
    let rows = rows(
        &[("k", T), ("x", I)],
        &json!([["b", 100], ["a", 1], ["a", 3], [null, 2], ["b", null], ["a", 1],]),
    );
    let mut mean = simple("mean", "x");
    let mut judged = holds(call("less", &[column("x"), integer(3)]));
    let mut distinct = simple("count_distinct", "x");
    for check in [&mut mean, &mut judged, &mut distinct] {
        check["segments"] = json!(["k"]);
    }
    let found = answer(&rows, &[], &plan(&[mean, judged, distinct]));
    let parts = |id: &str| match found.of(id) {
        Measurement::Segments { parts, .. } => parts.clone(),
        other => panic!("{other:?}"),
    };
    let keys: Vec<_> = parts("c0").iter().map(|part| part.key[0].1.clone()).collect();
    assert_eq!(keys, [Some("a".to_owned()), Some("b".to_owned()), None]);
    let figures: Vec<_> = parts("c0")
        .iter()
        .map(|part| match part.measurement {
            Measurement::Figure { value, .. } => value.unwrap(),
            _ => f64::NAN,
        })
        .collect();
    assert!((figures[0] - 5.0 / 3.0).abs() < 1e-15 && figures[1..] == [100.0, 2.0], "{figures:?}");
    let Measurement::Segments { segments: 3, evaluated, violations, .. } = found.of("c1") else {
        panic!("{:?}", found.of("c1"))
    };
    assert_eq!((*evaluated, *violations), (Some(6), Some(3)));
    assert_eq!(found.rows("c1"), [1, 3, 5]);
    let counts: Vec<_> = parts("c2").into_iter().map(|part| part.measurement).collect();
    assert!(matches!(counts[0], Measurement::Figure { value: Some(2.0), .. }), "{counts:?}");
}
