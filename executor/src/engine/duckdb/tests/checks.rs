//! Every kind of check, alone and together.

use assay_schemas::plan::{Bounds, Gives, Measure, Metric, MetricFunction, Piece, Query};

use super::*;

const TABLE: &str =
    "id,k,v,day\n1,a,5,2026-11-19\n2,b,-1,2026-11-18\n2,,7,\n4,a,,2026-11-01\n,,3,2026-10-01\n";

fn table() -> (Bench, DatasetPlan) {
    let plan = csv(&[("id", "integer"), ("k", "text"), ("v", "integer"), ("day", "date")]);
    (Bench::csv(TABLE), plan)
}

fn figure(id: &str, measure: Measure, bounds: Bounds) -> Check {
    check(id, &[], Body::Metric { measure, bounds })
}

fn metric(function: MetricFunction, value: &str) -> Measure {
    Measure::Metric { metric: Metric::of(function, column(value)) }
}

#[test]
fn rows_are_judged_within_filter_and_evaluated() {
    let (bench, mut plan) = table();
    let positive = || call(Function::Greater, [column("v"), integer(0)]);
    let skip_nulls = Body::Rows { evaluated: Some(column("v").is_not_null()), holds: positive() };
    let mut filtered = check("filtered", &["v"], skip_nulls.clone());
    filtered.filter = Some(call(Function::Equal, [column("k"), text("a")]));
    plan.checks = vec![
        holds("strict", &["v"], positive()),
        check("lenient", &["v"], skip_nulls),
        filtered,
        holds("always", &[], Expr::call(Function::And, [])),
    ];
    let (_, measured) = bench.measure(&plan, None);
    assert_eq!(measured.rows, 5);
    assert_eq!(measured.checks["strict"], judged(5, 2));
    assert_eq!(measured.checks["lenient"], judged(4, 1));
    assert_eq!(measured.checks["filtered"], judged(1, 0));
    assert_eq!(measured.checks["always"], judged(5, 0));
    assert_eq!((measured.hard_evaluated, measured.hard_violating), (5, 2));
}

#[test]
fn keys_are_unique_or_their_rows_are_shown_together() {
    let (bench, mut plan) = table();
    plan.primary_key = vec![name("id")];
    plan.checks = vec![
        unique("id", &["id"], false),
        unique("k", &["k"], false),
        unique("k-nulls", &["k"], true),
        unique("both", &["id", "k"], false),
    ];
    let (mut engine, measured) = bench.measure(&plan, None);
    assert_eq!(measured.checks["id"], judged(4, 2));
    assert_eq!(measured.checks["k"], judged(3, 2));
    assert_eq!(measured.checks["k-nulls"], judged(5, 4));
    assert_eq!(measured.checks["both"], judged(3, 0));
    assert_eq!((measured.hard_evaluated, measured.hard_violating), (5, 5));
    let found = engine.violations(&plan, &measured, 3).unwrap();
    let rows_of = |id: &str| -> Vec<u64> {
        found.iter().filter(|v| v.check_id == id).map(|v| v.row).collect()
    };
    assert_eq!(rows_of("id"), [2, 3]);
    assert_eq!(rows_of("k"), [1, 4]);
    assert_eq!(rows_of("k-nulls"), [1, 4, 3]);
    let first = &found[0];
    assert_eq!(first.key, [("id".to_owned(), Some("2".to_owned()))]);
    assert_eq!(first.file, None);
}

#[test]
fn references_find_their_keys_or_the_orphans_are_shown() {
    let bench =
        Bench::new(&[("data.csv", TABLE.as_bytes()), ("other.csv", b"code,x\n a ,1\nc,2\n,3\n")]);
    let (_, mut plan) = table();
    let mut other = csv(&[("code", "text")]);
    other.dataset_contract_id = "other".into();
    let trim = call(Function::Trim, [column("code")]);
    other.steps = vec![step("trim", None, StepBody::Set { column: name("code"), value: trim })];
    let reference = |id: &str, dataset: &str, there: &str| {
        let body = Body::Reference {
            columns: vec![name("k")],
            dataset: dataset.into(),
            other_columns: vec![name(there)],
            other_filter: None,
            negate: false,
        };
        check(id, &["k"], body)
    };
    plan.checks = vec![
        reference("known", "other", "code"),
        reference("nowhere", "elsewhere", "code"),
        reference("no-column", "other", "missing"),
        reference("itself", "data", "k"),
    ];
    let mut engine = bench.engine();
    engine.stage(&other, &bench.files[1..]).unwrap();
    engine.stage(&plan, &bench.files[..1]).unwrap();
    engine.cleanse(&plan).unwrap();
    let measured = engine.measure(&plan, &Request::default()).unwrap();
    assert_eq!(measured.checks["known"], judged(3, 1));
    assert_eq!(measured.checks["itself"], judged(3, 0));
    for id in ["nowhere", "no-column"] {
        assert!(matches!(measured.checks[id], Measurement::Broken { .. }), "{id}");
    }
    assert_eq!((measured.hard_evaluated, measured.hard_violating), (3, 1));
    let found = engine.violations(&plan, &measured, 10).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].row, found[0].values[0].1.as_deref()), (2, Some("b")));
    let said = engine.explain(&plan, &Request::default()).unwrap();
    assert!(said.iter().any(|statement| statement.text.contains("ANTI JOIN lookup_0")));
}

#[test]
fn figures_lie_within_their_bounds() {
    let (bench, mut plan) = table();
    let bounds =
        |min: f64, max: f64| Bounds { min: Some(min), max: Some(max), ..Bounds::default() };
    let age = Measure::Age { metric: Metric::of(MetricFunction::Max, column("day")) };
    plan.checks = vec![
        figure("rows", Measure::Metric { metric: Metric::rows() }, bounds(5.0, 5.0)),
        figure("present", metric(MetricFunction::Count, "v"), bounds(0.0, 3.0)),
        figure("distinct", metric(MetricFunction::CountDistinct, "k"), bounds(2.0, 2.0)),
        figure("about", metric(MetricFunction::CountDistinctApproximate, "k"), bounds(2.0, 2.0)),
        figure("sum", metric(MetricFunction::Sum, "v"), bounds(14.0, 14.0)),
        figure("mean", metric(MetricFunction::Mean, "v"), bounds(3.5, 3.5)),
        figure("median", metric(MetricFunction::Quantile { q: 0.5 }, "v"), bounds(4.0, 4.0)),
        figure("longest", metric(MetricFunction::MaxLength, "k"), bounds(1.0, 1.0)),
        figure("age", age, bounds(0.0, 90_000.0)),
        figure("list", metric(MetricFunction::TopK { k: 2 }, "v"), bounds(0.0, 1.0)),
    ];
    let (_, measured) = bench.measure(&plan, None);
    for id in ["rows", "distinct", "about", "sum", "mean", "median", "longest"] {
        let found = &measured.checks[id];
        assert!(matches!(found, Measurement::Figure { within: true, .. }), "{id}: {found:?}");
    }
    let outside = Measurement::Figure {
        value: Some(4.0),
        shown: None,
        within: false,
        names: Vec::new(),
        adapted: None,
    };
    assert_eq!(measured.checks["present"], outside);
    let age = Measurement::Figure {
        value: Some(86_400.0),
        shown: Some("1 d".into()),
        within: true,
        names: Vec::new(),
        adapted: None,
    };
    assert_eq!(measured.checks["age"], age);
    assert!(matches!(measured.checks["list"], Measurement::Broken { .. }));
}

#[test]
fn nothing_at_all_is_no_figure() {
    let mut plan = csv(&[("v", "integer")]);
    plan.checks = vec![
        figure("max", metric(MetricFunction::Max, "v"), Bounds::default()),
        holds("rows", &["v"], column("v").is_not_null()),
        unique("key", &["v"], false),
    ];
    let (_, measured) = Bench::csv("v\n").measure(&plan, Some(ProfilePlan::default()));
    let none = Measurement::Figure {
        value: None,
        shown: None,
        within: false,
        names: Vec::new(),
        adapted: None,
    };
    assert_eq!(measured.checks["max"], none);
    assert_eq!(measured.checks["rows"], judged(0, 0));
    assert_eq!(measured.checks["key"], judged(0, 0));
    assert_eq!(measured.profile[0].rows, 0);
}

#[test]
fn the_structure_is_that_of_the_files() {
    let structure = |fields: &[(&str, &str)], closed, ordered| {
        let fields = fields.iter().map(|(name, data_type)| field(name, data_type)).collect();
        check("structure", &[], Body::Structure { fields, closed, ordered, types: true })
    };
    let bench = Bench::parquet(&["SELECT 1::INTEGER AS b, 'x' AS a, 2 AS extra"]);
    let mut plan = parquet(&[("a", "text"), ("b", "integer")]);
    plan.checks = vec![structure(&[("a", "text"), ("b", "integer")], false, false)];
    let faults = |plan: &DatasetPlan| match &bench.measure(plan, None).1.checks["structure"] {
        Measurement::Faults { faults } => faults.clone(),
        other => panic!("{other:?}"),
    };
    assert!(faults(&plan).is_empty());
    plan.checks = vec![structure(&[("a", "date"), ("b", "integer"), ("c", "text")], true, true)];
    assert_eq!(
        faults(&plan),
        [
            "the column `a` is text, declared is date",
            "the column `c` is missing",
            "the column `extra` is not declared",
            "the column `b` comes before `a`",
        ]
    );
}

#[test]
fn a_check_that_cannot_run_leaves_the_others_alone() {
    let (bench, mut plan) = table();
    let big = || integer(9_007_199_254_740_991);
    let overflow =
        call(Function::Multiply, [call(Function::Multiply, [column("v"), big()]), big()]);
    plan.checks = vec![
        holds("fine", &["v"], column("v").is_not_null()),
        holds("absent", &["w"], column("w").is_not_null()),
        holds("types", &["day"], call(Function::StartsWith, [column("day"), integer(1)])),
        holds("overflow", &["v"], call(Function::Greater, [overflow, integer(0)])),
        holds(
            "pattern",
            &["k"],
            Expr::Matches { value: Box::new(column("k")), pattern: "(".into(), whole: true },
        ),
        figure("sum", metric(MetricFunction::Sum, "k"), Bounds::default()),
        figure("rows", Measure::Metric { metric: Metric::rows() }, Bounds::default()),
    ];
    let (mut engine, measured) = bench.measure(&plan, Some(ProfilePlan::default()));
    assert_eq!(measured.checks["fine"], judged(5, 1));
    assert!(matches!(measured.checks["rows"], Measurement::Figure { value: Some(5.0), .. }));
    for id in ["absent", "types", "overflow", "pattern", "sum"] {
        let Measurement::Broken { reason } = &measured.checks[id] else { panic!("{id} ran") };
        assert!(!reason.contains("LINE") && !reason.is_empty(), "{id}: {reason}");
    }
    assert_eq!((measured.hard_evaluated, measured.hard_violating), (5, 1));
    assert_eq!(measured.profile.len(), 4);
    assert_eq!(engine.violations(&plan, &measured, 5).unwrap().len(), 1);
}

#[test]
fn equal_figures_are_computed_once() {
    let (bench, mut plan) = table();
    let sum = || metric(MetricFunction::Sum, "v");
    plan.checks = vec![
        figure("a", sum(), Bounds::default()),
        figure("b", sum(), Bounds::default()),
        unique("c", &["id"], false),
        unique("d", &["id"], false),
    ];
    let mut engine = bench.engine();
    engine.stage(&plan, &bench.files).unwrap();
    let said = engine.explain(&plan, &Request::default()).unwrap();
    let times = |needle: &str| said.iter().map(|s| s.text.matches(needle).count()).sum::<usize>();
    assert_eq!(times("sum("), 1);
    assert_eq!(times("HAVING"), 1);
    assert!(said.iter().all(|statement| statement.elapsed.is_zero()));
    assert!(!bench.folder.path().join("work/cleansed.parquet").exists());
}

#[test]
fn queries_that_reach_out_are_broken_by_the_connection_alone() {
    let (bench, mut plan) = table();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.csv");
    std::fs::write(&secret, "a\n1\n").unwrap();
    let (secret, written) = (secret.display(), outside.path().join("out").display().to_string());
    // What the compiler refuses is put into the plan as it stands.
    let queries = [
        format!("SELECT * FROM read_csv('{secret}')"),
        format!("SELECT * FROM '{secret}'"),
        format!("SELECT * FROM read_text('{secret}')"),
        format!("SELECT * FROM glob('{secret}')"),
        format!("COPY (SELECT 1) TO '{written}'"),
        format!("SELECT 1) TO '{written}' --"),
        format!("ATTACH '{written}' AS other"),
        "INSTALL httpfs".to_owned(),
        "SELECT * FROM read_csv('https://example.com/a.csv')".to_owned(),
        "SET enable_external_access = true".to_owned(),
        "SELECT 1); SET lock_configuration = false; SELECT (1".to_owned(),
        "CREATE TABLE t AS SELECT 1".to_owned(),
    ];
    let query = |text: &String| {
        let (dialect, pieces) = ("duckdb".to_owned(), vec![Piece::Text { text: text.clone() }]);
        Body::Query(Query { dialect, pieces, gives: Gives::Rows })
    };
    plan.checks = queries.iter().map(|text| check(text, &[], query(text))).collect();
    plan.checks.push(check("own", &[], query(&"SELECT 1 AS one".to_owned())));
    let (_, measured) = bench.measure(&plan, None);
    for text in &queries {
        let found = &measured.checks[text.as_str()];
        assert!(matches!(found, Measurement::Broken { .. }), "{text}: {found:?}");
    }
    assert_eq!(measured.checks["own"].violations(), Some(1));
    let left: Vec<_> = std::fs::read_dir(outside.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
