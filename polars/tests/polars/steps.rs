//! Tests of steps.

mod bench;

use assay_engine::{EngineError, FileFault, FileNote};
use assay_polars::chain;
use assay_polars::rows::{FILE, ROW};
use assay_schemas::plan::{
    Agreement, Fill, Function, Keep, Order, Redaction, StepBody, Survival, Survivor,
};
use polars::prelude::df;
use serde_json::json;

use bench::{Bench, call, column, integer, name, parse, read, set, step, text, texts};

#[test]
fn steps_follow_each_other_and_everything_is_counted() {
    let rows: [&[&str]; 6] = [
        &["1", " Ann ", "5"],
        &["2", "Bob", "x"],
        &["3", " Cid", "7"],
        &["1", "Ann", "6"],
        &["4", "", "8"],
        &["9", "Eve", "9"],
    ];
    let columns = [("id", "integer"), ("name", "text"), ("n", "integer")];
    let nine = StepBody::Reject {
        when: call(Function::Equal, [column("id"), integer(9)]),
        reason: "nine is not wanted".into(),
        column: None,
    };
    let twice = StepBody::Set {
        column: name("n"),
        value: call(Function::Multiply, [column("n"), integer(2)]),
    };
    let once = StepBody::Deduplicate { columns: vec![name("id")], keep: Keep::First };
    let bench = Bench::text(&columns, &rows).steps(vec![
        set("trim", "name", call(Function::Trim, [column("name")])),
        parse("id", "integer", true),
        parse("n", "integer", true),
        step("no-nine", None, nine),
        step("dedup", None, once),
        step("double", Some(call(Function::Greater, [column("n"), integer(6)])), twice),
        set("fill", "name", call(Function::Coalesce, [column("name"), text("?")])),
    ]);
    let (found, cleansed) = bench.output();
    assert_eq!(found, [["1", "Ann", "5"], ["3", "Cid", "14"], ["4", "?", "16"]]);
    assert_eq!((cleansed.rows_in, cleansed.rows_rejected, cleansed.rows_merged), (6, 2, 1));
    assert_eq!(
        json!(cleansed.changed),
        json!({ "double": { "n": 2 }, "fill": { "name": 1 }, "trim": { "name": 2 } })
    );
    assert_eq!(
        json!(cleansed.reasons),
        json!({ "`n` is not an integer": 1, "nine is not wanted": 1 })
    );
    assert_eq!(bench.files(), ["cleansed.parquet", "rejects.parquet"]);
}

#[test]
fn rejects_say_where_what_and_why() {
    let rows: [&[&str]; 4] =
        [&["1", "2024-01-01"], &["x", "2024-01-02"], &["3", "2024-13-01"], &["4", ""]];
    let mut bench = Bench::text(&[("id", "integer"), ("day", "date")], &rows)
        .steps(vec![parse("id", "integer", true), parse("day", "date", false)]);
    bench.notes[0].shifts = vec![(1, 1), (3, 2)];
    bench.notes[0].left_out = 1;
    bench.notes[0].faults = vec![FileFault {
        row: None,
        line: 4,
        column: None,
        value: Some("bad".into()),
        reason: "malformed".into(),
    }];
    let (found, cleansed) = bench.output();
    assert_eq!(found, [["1", "2024-01-01"], ["3", "-"], ["4", "-"]]);
    assert_eq!((cleansed.rows_in, cleansed.rows_rejected, cleansed.malformed), (5, 2, 1));
    assert_eq!(cleansed.reasons.len(), 3);
    let rejects = read(cleansed.rejects.as_deref().unwrap());
    let names = ["file", "row", "line", "column", "value", "reason", "step"];
    assert_eq!(
        texts(&rejects, &names),
        [
            ["main", "2", "3", "id", "x", "`id` is not an integer", "parse:id"],
            ["main", "3", "5", "day", "2024-13-01", "`day` is not a date", "parse:day"],
            ["main", "-", "4", "-", "bad", "malformed", "read"],
        ]
    );
}

#[test]
fn rows_of_several_files_remember_theirs() {
    let mut bench = Bench::text(&[("id", "integer")], &[&["1"], &["2"], &["x"], &["4"]]);
    bench.rows.frame = bench.rows.frame.with_column(
        (polars::prelude::col(ROW).gt(polars::prelude::lit(1_i64)))
            .cast(polars::prelude::DataType::Int64)
            .alias(FILE),
    );
    bench.notes.push(FileNote { name: "second".into(), ..FileNote::default() });
    let (cleansed, rows) = bench.cleanse().unwrap();
    let files = rows.frame.collect().unwrap();
    assert_eq!(texts(&files, &[FILE, ROW]), [["0", "1"], ["1", "2"], ["1", "3"]]);
    let rejects = read(cleansed.rejects.as_deref().unwrap());
    assert_eq!(texts(&rejects, &["file", "row"]), [["second", "2"]]);
}

#[test]
fn one_row_of_a_key_stays() {
    let rows: [&[&str]; 7] =
        [&["a", "2"], &["b", "1"], &["a", "3"], &["", "9"], &["", "9"], &["a", "1"], &["a", ""]];
    let kept = |keep: Keep| {
        let once = StepBody::Deduplicate { columns: vec![name("k")], keep };
        let bench = Bench::text(&[("k", "text"), ("v", "integer")], &rows)
            .steps(vec![parse("v", "integer", true), step("d", None, once)]);
        let (found, cleansed) = bench.output();
        assert_eq!(cleansed.rows_merged, 3);
        found.into_iter().map(|row| row.concat()).collect::<Vec<_>>()
    };
    assert_eq!(kept(Keep::First), ["a2", "b1", "-9", "-9"]);
    assert_eq!(kept(Keep::Last), ["b1", "-9", "-9", "a-"]);
    assert_eq!(kept(Keep::MostComplete), ["a2", "b1", "-9", "-9"]);
    let by = |order| Keep::By { column: name("v"), order };
    assert_eq!(kept(by(Order::Ascending)), ["b1", "-9", "-9", "a1"]);
    assert_eq!(kept(by(Order::Descending)), ["b1", "a3", "-9", "-9"]);
}

#[test]
fn numbers_are_keys_by_their_value() {
    let frame = df!("x" => [0.0, -0.0, f64::NAN, -f64::NAN], "k" => [1_i64, 1, 1, 1]).unwrap();
    let by = |columns: &[&str]| StepBody::Deduplicate {
        columns: columns.iter().map(|column| name(column)).collect(),
        keep: Keep::First,
    };
    for columns in [&["x"][..], &["x", "k"]] {
        let bench = Bench::typed(frame.clone(), &[("x", "double"), ("k", "integer")])
            .steps(vec![step("d", None, by(columns))]);
        assert_eq!(bench.output().1.rows_merged, 2, "{columns:?}");
    }
}

#[test]
fn means_are_rounded_to_the_type() {
    let frame = df!(
        "g" => [1_i64, 1, 1, 2, 2],
        "n" => [Some(1_i64), Some(2), None, None, Some(-5)],
        "x" => [Some(0.5), None, Some(f64::NAN), Some(4.0), None],
    );
    let fill = |column: &str, with: Fill| {
        let body =
            StepBody::Impute { column: name(column), with, by: vec![name("g")], order: None };
        step("m", None, body)
    };
    let columns = [("g", "integer"), ("n", "integer"), ("x", "double")];
    let bench = Bench::typed(frame.unwrap(), &columns)
        .steps(vec![fill("n", Fill::Mean), fill("x", Fill::Median)]);
    let (found, cleansed) = bench.output();
    assert_eq!(found[2][1], "2");
    assert_eq!(found[3][1], "-5");
    assert_eq!((found[1][2].as_str(), found[4][2].as_str()), ("NaN", "4.0"));
    assert_eq!(json!(cleansed.changed), json!({ "m": { "n": 2, "x": 2 } }));
}

#[test]
fn many_steps_are_counted_each() {
    let more =
        |n: usize| set(&format!("s{n:03}"), "a", call(Function::Add, [column("a"), integer(1)]));
    let mut steps = vec![parse("a", "integer", true)];
    steps.extend((0..130).map(more));
    let bench = Bench::text(&[("a", "integer")], &[&["1"], &[""], &["5"]]).steps(steps);
    let (found, cleansed) = bench.output();
    assert_eq!(found, [["131"], ["-"], ["135"]]);
    assert_eq!(cleansed.changed.len(), 130);
    assert!(cleansed.changed.values().all(|columns| columns["a"] == 2));
}

#[test]
fn every_change_is_recorded_where_that_is_wanted() {
    let rows: [&[&str]; 3] = [&["1", " a "], &["x", " b "], &["3", "c"]];
    let upper = set("upper", "t", call(Function::Upper, [column("t")]));
    let mut bench = Bench::text(&[("id", "integer"), ("t", "text")], &rows).steps(vec![
        set("trim", "t", call(Function::Trim, [column("t")])),
        parse("id", "integer", true),
        step("d", None, StepBody::Deduplicate { columns: vec![name("id")], keep: Keep::First }),
        upper,
    ]);
    bench.dataset.change_log = true;
    bench.dataset.primary_key = vec![name("id")];
    let changes = read(bench.output().1.changes.as_deref().unwrap());
    let names = ["row", "key", "column", "was", "became", "step"];
    assert_eq!(
        texts(&changes, &names),
        [
            ["1", r#"{"id":"1"}"#, "t", " a ", "a", "trim"],
            ["1", r#"{"id":"1"}"#, "t", "a", "A", "upper"],
            ["2", r#"{"id":null}"#, "t", " b ", "b", "trim"],
            ["3", r#"{"id":"3"}"#, "t", "c", "C", "upper"],
        ]
    );
    bench.dataset.fields[1].redaction = Redaction::Full;
    let changes = read(bench.output().1.changes.as_deref().unwrap());
    assert_eq!(texts(&changes, &["was", "became"])[3], ["***", "***"]);
}

#[test]
fn a_record_survives_and_votes_settle() {
    let frame = df!(
        "k" => ["a", "a", "b", "a"],
        "t" => [None, Some("x"), Some("y"), Some("longer")],
        "s" => ["p", "q", "p", "q"],
    );
    let survivor = |column: &str, strategy: Survival| Survivor { column: name(column), strategy };
    let survive = StepBody::Survive {
        by: vec![name("k")],
        columns: vec![survivor("t", Survival::Longest), survivor("s", Survival::MostFrequent)],
    };
    let columns = [("k", "text"), ("t", "text"), ("s", "text")];
    let bench = Bench::typed(frame.unwrap(), &columns).steps(vec![step("survive", None, survive)]);
    let (found, cleansed) = bench.output();
    assert_eq!(found, [["a", "longer", "q"], ["b", "y", "p"]]);
    assert_eq!(cleansed.rows_merged, 2);
    assert_eq!(json!(cleansed.changed), json!({ "survive": { "s": 1, "t": 1 } }));
    let frame = df!("k" => [1_i64, 1, 1], "t" => [Some("x"), Some("y"), Some("y")]).unwrap();
    let rule =
        Agreement { support: None, min_votes: 2, min_share: 0.6, similarity: None, fill: false };
    let agree = StepBody::Agree { by: vec![name("k")], columns: vec![name("t")], rule };
    let bench = Bench::typed(frame, &[("k", "integer"), ("t", "text")])
        .steps(vec![step("agree", None, agree)]);
    assert_eq!(bench.output().0, [["1", "y"], ["1", "y"], ["1", "y"]]);
}

#[test]
fn typed_rows_without_work_stay_where_they_are() {
    let frame = df!("i" => [1_i64, 2]).unwrap();
    let bench = Bench::typed(frame, &[("i", "integer")]).steps(vec![parse("i", "integer", true)]);
    let (cleansed, rows) = bench.cleanse().unwrap();
    assert_eq!(cleansed.output, None);
    assert_eq!(rows.frame.collect().unwrap().height(), 2);
    assert!(bench.files().is_empty());
}

#[test]
fn what_cannot_be_done_is_said_before_and_leaves_nothing() {
    let bench = Bench::text(&[("a", "text")], &[&["1"]]).steps(vec![set("odd", "a", column("b"))]);
    let reason = bench.with(|ground| chain::beyond(&ground.outline)).unwrap();
    assert!(reason.contains("step odd") && reason.contains("no column `b`"), "{reason}");
    assert!(matches!(bench.cleanse(), Err(EngineError::Beyond(_))));
    // A sum beyond 64 bits is found on the way.
    let frame = df!("n" => [1_i64, i64::MAX]).unwrap();
    let more = call(Function::Add, [column("n"), integer(1)]);
    let bench = Bench::typed(frame, &[("n", "integer")]).steps(vec![set("more", "n", more)]);
    assert_eq!(bench.with(|ground| chain::beyond(&ground.outline)), None);
    assert!(matches!(bench.cleanse(), Err(EngineError::Beyond(_))));
    assert!(bench.files().is_empty(), "{:?}", bench.files());
}

#[test]
fn names_that_are_patterns_are_left_to_others() {
    for odd in ["*", "^.*$"] {
        let bench = Bench::text(&[(odd, "text"), ("b", "text")], &[&["a", "b"]]);
        let reason = bench.with(|ground| chain::beyond(&ground.outline)).unwrap();
        assert!(reason.contains(odd), "{reason}");
    }
}
