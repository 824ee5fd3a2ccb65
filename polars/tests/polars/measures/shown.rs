//! Violating rows, and rows set apart.

use assay_polars::quarantine::quarantine;
use assay_schemas::id::ColumnName;
use polars::prelude::{DataType as Kept, LazyFrame, PlRefPath};

use super::*;

#[test]
fn violations_show_key_and_values_and_keep_to_the_limit() {
    let rows = rows(
        &[("id", I), ("t", T)],
        &json!([[1, "x".repeat(5000)], [1, "y"], [2, null], [2, "z"]]),
    );
    let mut wide = unique(&["id"], false);
    wide["columns"] = json!(["id", "t", "gone"]);
    let mut plan = plan(&[
        wide,
        holds(json!({ "node": "literal", "value": { "type": "boolean", "value": false } })),
    ]);
    plan.primary_key = vec![ColumnName::new("id").unwrap()];
    let lookups = BTreeMap::new();
    let ground = Ground { rows: &rows, lookups: &lookups, now: NOW, keys: &BTreeMap::new() };
    let (measured, bad) = measure(ground, &plan, &Request::default()).unwrap();
    let note = |name: &str| FileNote { name: name.to_owned(), ..FileNote::default() };
    let files = [note("one"), note("two")];
    let found = violations(ground, &plan, &files, (&measured, &bad), 3).unwrap();
    let of: Vec<u64> = found.iter().filter(|v| v.check_id == "c0").map(|v| v.row).collect();
    assert_eq!(of, [1, 2, 3]);
    assert_eq!(found.iter().filter(|v| v.check_id == "c1").count(), 3);
    let first = &found[0];
    assert_eq!(first.key, [("id".to_owned(), Some("1".to_owned()))]);
    assert_eq!(first.file.as_deref(), Some("one"));
    assert_eq!(first.values[1].1.as_ref().unwrap().chars().count(), 1001);
    assert_eq!(first.values[2], ("gone".to_owned(), None));
}

#[test]
fn rows_that_break_a_hard_rule_are_set_apart() {
    let rows = rows(&[("id", I), ("x", I)], &json!([[1, 5], [1, 6], [2, 7], [3, 8]]));
    let mut soft = holds(call("less", &[column("x"), integer(7)]));
    soft["severity"] = json!("warning");
    let hard = holds(call("less", &[column("x"), integer(8)]));
    let plan = plan(&[unique(&["id"], false), soft, hard]);
    let found = answer(&rows, &[], &plan);
    let folder = tempfile::tempdir().unwrap();
    let lookups = BTreeMap::new();
    let ground = Ground { rows: &rows, lookups: &lookups, now: NOW, keys: &BTreeMap::new() };
    let apart = quarantine(ground, &plan, (&found.measured, &found.bad), folder.path()).unwrap();
    assert_eq!((apart.rows_valid, apart.rows_quarantined), (1, 3));
    let read = |path: &std::path::Path| {
        let path = PlRefPath::new(path.to_str().unwrap());
        LazyFrame::scan_parquet(path, Default::default()).unwrap().collect().unwrap()
    };
    let valid = read(&apart.valid);
    assert_eq!(valid.get_column_names(), ["id", "x"]);
    assert_eq!(valid.height(), 1);
    let quarantined = read(&apart.quarantined);
    assert_eq!(quarantined.get_column_names(), ["id", "x", ROW, "_assay_broken"]);
    let broken = quarantined.column("_assay_broken").unwrap();
    assert_eq!(broken.dtype(), &Kept::List(Box::new(Kept::String)));
    let lists = broken.as_materialized_series().list().unwrap();
    let listed = |row: usize| -> Vec<String> {
        let list = lists.get_as_series(row).unwrap();
        list.str().unwrap().iter().flatten().map(str::to_owned).collect()
    };
    let lists: Vec<String> = (0..3).map(|row| listed(row).join(" ")).collect();
    assert_eq!(lists, ["c0", "c0", "c1 c2"]);
}
