//! What metadata proves is what a scan finds: random Parquet files, the same measurements either way.

use std::path::PathBuf;

use assay_executor::engine::duckdb::DuckDb;
use assay_executor::engine::{Engine as _, Measured, Request, Workspace};
use assay_schemas::datatype::DataType;
use assay_schemas::digest::Digest;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{
    Body, Bounds, Check, DatasetPlan, Empty, Expr, Field, Format, Function, Literal, Measure,
    Metric, MetricFunction, Origin, Redaction, Source, Tolerance,
};
use assay_schemas::verdict::{Dimension, Severity};
use proptest::prelude::*;
use tempfile::TempDir;

/// Name, type and how a file has it.
const COLUMNS: [(&str, &str, &str); 6] = [
    ("whole", "integer", "BIGINT"),
    ("small", "integer", "SMALLINT"),
    ("money", "decimal(9,2)", "DECIMAL(9,2)"),
    ("day", "date", "DATE"),
    ("real", "double", "DOUBLE"),
    ("word", "text", "VARCHAR"),
];

fn column(index: usize) -> Expr {
    Expr::column(&ColumnName::new(COLUMNS[index].0).expect("a name"))
}

/// A value of a column: few different ones, so that files have dictionaries, or many.
fn value(column: usize, seed: u32, many: bool) -> String {
    let n = if many { seed } else { seed % 5 };
    match COLUMNS[column].1 {
        "integer" if column == 1 => format!("{}", n % 1000),
        "integer" => format!("{}", i64::from(n) - 2),
        "date" => format!("DATE '2024-01-01' + {}", n % 400),
        "double" if n == 3 => "'nan'::DOUBLE".to_owned(),
        "double" if n == 4 => "'inf'::DOUBLE".to_owned(),
        "double" => format!("{n}.5"),
        "text" => format!("'w{}'", "é".repeat((n % 7) as usize)),
        _ => format!("{n}.25"),
    }
}

fn literal(column: usize, n: u32) -> Literal {
    match COLUMNS[column].1 {
        "integer" => Literal::Integer(i64::from(n) - 2),
        "date" => Literal::Date(format!("2024-01-{:02}", n % 28 + 1)),
        "double" => Literal::Double(f64::from(n) + 0.5),
        "text" => Literal::Text(format!("w{}", "é".repeat(n as usize))),
        _ => Literal::Decimal(format!("{n}.25")),
    }
}

/// A condition on columns; `depth` parts within parts.
fn condition(depth: u32) -> BoxedStrategy<Expr> {
    let comparison = (0..6_usize, 0..7_u32, 0..6_usize).prop_map(|(at, n, which)| {
        let functions = [
            Function::Less,
            Function::LessOrEqual,
            Function::Greater,
            Function::GreaterOrEqual,
            Function::Equal,
            Function::NotEqual,
        ];
        Expr::call(functions[which], [column(at), Expr::literal(literal(at, n))])
    });
    let null = (0..6_usize, any::<bool>()).prop_map(|(at, is)| {
        Expr::call(if is { Function::IsNull } else { Function::IsNotNull }, [column(at)])
    });
    let member = (0..6_usize, 0..7_u32).prop_map(|(at, n)| Expr::In {
        value: Box::new(column(at)),
        set: (0..=n).map(|n| literal(at, n)).collect(),
    });
    let pair = (0..2_usize, 0..2_usize)
        .prop_map(|(a, b)| Expr::call(Function::LessOrEqual, [column(a), column(b)]));
    let matches = any::<bool>().prop_map(|whole| Expr::Matches {
        value: Box::new(column(5)),
        pattern: "wé{0,3}".to_owned(),
        whole,
    });
    let length = (0..7_i64).prop_map(|n| {
        let length = Expr::call(Function::Length, [column(5)]);
        Expr::call(Function::LessOrEqual, [length, Expr::literal(Literal::Integer(n))])
    });
    let leaf = prop_oneof![comparison, null, member, pair, matches, length].boxed();
    if depth == 0 {
        return leaf;
    }
    let parts = || prop::collection::vec(condition(depth - 1), 1..3);
    prop_oneof![
        3 => leaf,
        1 => parts().prop_map(|parts| Expr::call(Function::And, parts)),
        1 => parts().prop_map(|parts| Expr::call(Function::Or, parts)),
        1 => condition(depth - 1).prop_map(|part| Expr::call(Function::Not, [part])),
    ]
    .boxed()
}

fn body() -> BoxedStrategy<Body> {
    let rows = (prop::option::of(condition(0)), condition(2))
        .prop_map(|(evaluated, holds)| Body::Rows { evaluated, holds });
    let figure =
        (0..4_usize, 0..3_usize, prop::option::of(condition(1))).prop_map(|(at, which, filter)| {
            let function =
                [MetricFunction::Count, MetricFunction::Min, MetricFunction::Max][which].clone();
            let metric = Metric::of(function, column(at)).filtered(filter);
            Body::Metric { measure: Measure::Metric { metric }, bounds: Bounds::default() }
        });
    prop_oneof![3 => rows, 1 => figure].boxed()
}

fn check(number: usize, filter: Option<Expr>, hard: bool, body: Body) -> Check {
    Check {
        check_id: format!("c{number}"),
        rule_type: "test".into(),
        title: "test".into(),
        message: None,
        severity: if hard { Severity::Error } else { Severity::Warning },
        dimension: Dimension::Validity,
        columns: Vec::new(),
        origin: Origin {
            kind: "t".into(),
            id: "t".into(),
            version: "1.0.0".into(),
            via: None,
            chain: Vec::new(),
        },
        digest: Digest::of_bytes(b""),
        filter,
        tolerance: Tolerance::default(),
        warn: Default::default(),
        segments: Vec::new(),
        empty: Empty::NotEvaluated,
        body,
    }
}

fn dataset(checks: Vec<Check>) -> DatasetPlan {
    let field = |(name, data_type, _): &(&str, &str, &str)| Field {
        name: ColumnName::new(*name).expect("a name"),
        data_type: DataType::parse(data_type).expect("a type"),
        optional: false,
        catalog_attribute: None,
        classification: None,
        redaction: Redaction::None,
    };
    DatasetPlan {
        dataset_contract_id: "data".into(),
        catalog_entity_id: None,
        source: Source::of(Format::Parquet),
        reads: None,
        fields: COLUMNS.iter().map(field).collect(),
        primary_key: Vec::new(),
        steps: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        profile: None,
        checks,
    }
}

/// Rows of a file: a seed for each, and which columns hold nulls and many values.
type Rows = (Vec<u32>, [bool; 6], [bool; 6]);

fn write(folder: &TempDir, files: &[Rows]) -> Vec<PathBuf> {
    let database = duckdb::Connection::open_in_memory().expect("DuckDB opens");
    let mut paths = Vec::new();
    for (number, (seeds, nulls, many)) in files.iter().enumerate() {
        let row = |seed: &u32| {
            let cells: Vec<String> = COLUMNS
                .iter()
                .enumerate()
                .map(|(at, (name, _, kind))| {
                    let null = nulls[at] && seed.is_multiple_of(3);
                    let value = if null { "NULL".to_owned() } else { value(at, *seed, many[at]) };
                    format!("CAST({value} AS {kind}) AS {name}")
                })
                .collect();
            format!("SELECT {}", cells.join(", "))
        };
        let mut rows: Vec<String> = seeds.iter().map(row).collect();
        if rows.is_empty() {
            rows.push(format!("{} LIMIT 0", row(&0)));
        }
        // Each row many times over, so that the writer finds dictionaries worth while.
        let path = folder.path().join(format!("{number}.parquet"));
        let times = if number == 0 { 50 } else { 3 };
        let sql = format!(
            "COPY (SELECT t.* FROM ({}) t, range({times})) TO '{}' (FORMAT parquet, ROW_GROUP_SIZE 2048, \
             COMPRESSION {})",
            rows.join(" UNION ALL "),
            path.display(),
            if number % 2 == 0 { "snappy" } else { "uncompressed" }
        );
        database.execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        paths.push(path);
    }
    paths
}

fn measure(folder: &TempDir, files: &[PathBuf], plan: &DatasetPlan, scan_all: bool) -> Measured {
    let workspace = Workspace {
        folder: folder.path().join("work"),
        memory_limit: None,
        threads: Some(1),
        now: 0,
        columns: 0,
        notes: std::collections::BTreeMap::new(),
    };
    let mut engine = DuckDb::open(&workspace, files).expect("the engine opens");
    engine.stage(plan, files).expect("the files are staged");
    engine.cleanse(plan).expect("there is nothing to cleanse");
    engine.measure(plan, &Request { scan_all, ..Request::default() }).expect("it is measured")
}

fn same(files: &[Rows], checks: Vec<Check>) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = write(&folder, files);
    let plan = dataset(checks);
    let (proven, scanned) =
        (measure(&folder, &paths, &plan, false), measure(&folder, &paths, &plan, true));
    assert!(scanned.proofs.is_empty());
    for (id, found) in &scanned.checks {
        // NaN is no equal of itself, so the figures are compared as they print.
        assert_eq!(
            format!("{:?}", proven.checks.get(id)),
            format!("{:?}", Some(found)),
            "{id}: {:#?}",
            (proven.proofs, plan.checks.iter().find(|check| check.check_id == *id))
        );
    }
    let counts = |measured: &Measured| {
        (measured.rows, measured.hard_evaluated, measured.hard_violating, measured.checks.len())
    };
    assert_eq!(counts(&proven), counts(&scanned));
    proven
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_are_the_same_with_and_without_proofs(
        files in prop::collection::vec(
            (prop::collection::vec(0..2000_u32, 0..60), any::<[bool; 6]>(), any::<[bool; 6]>()), 1..4),
        checks in prop::collection::vec(
            (prop::option::weighted(0.2, condition(1)), any::<bool>(), body()), 8..16),
    ) {
        let checks = checks
            .into_iter()
            .enumerate()
            .map(|(number, (filter, hard, body))| {
                // Now and then each small number is a segment, judged alone.
                let small = ColumnName::new(COLUMNS[1].0).expect("a name");
                let segments = if number % 5 == 4 { vec![small] } else { Vec::new() };
                Check { segments, ..check(number, filter, hard, body) }
            })
            .collect();
        same(&files, checks);
    }
}

#[test]
fn what_can_be_proven_is_not_scanned_for() {
    let seeds: Vec<u32> = (0..200).collect();
    let rows: Rows = (seeds, [false; 6], [true, false, true, true, false, false]);
    let least = |at: usize, n: u32| {
        Expr::call(Function::GreaterOrEqual, [column(at), Expr::literal(literal(at, n))])
    };
    let present = |at: usize| Some(column(at).is_not_null());
    let member = |at: usize, to: u32| Expr::In {
        value: Box::new(column(at)),
        set: (0..=to).map(|n| literal(at, n)).collect(),
    };
    let bodies = vec![
        Body::Rows { evaluated: None, holds: column(4).is_not_null() },
        Body::Rows { evaluated: present(0), holds: least(0, 0) },
        Body::Rows { evaluated: present(2), holds: least(2, 0) },
        Body::Rows { evaluated: present(3), holds: least(3, 0) },
        // By its dictionary alone: text has no bounds to rely on.
        Body::Rows { evaluated: present(5), holds: member(5, 6) },
        // Broken by one value, so rows are counted.
        Body::Rows { evaluated: present(5), holds: member(5, 3) },
        // NaN is among the values, and greater than all.
        Body::Rows { evaluated: present(4), holds: least(4, 0) },
        Body::Metric {
            measure: Measure::Metric { metric: Metric::of(MetricFunction::Max, column(3)) },
            bounds: Bounds::default(),
        },
    ];
    let checks =
        bodies.into_iter().enumerate().map(|(n, body)| check(n, None, true, body)).collect();
    let proven = same(&[rows], checks);
    let whole: Vec<&str> = proven
        .proofs
        .iter()
        .filter(|proof| proof.scanned.is_empty())
        .map(|proof| proof.check_id.as_str())
        .collect();
    for id in ["c0", "c1", "c2", "c3", "c4", "c7"] {
        assert!(whole.contains(&id), "{id} is not proven: {:#?}", proven.proofs);
    }
    assert!(!whole.contains(&"c5"), "{:#?}", proven.proofs);
    assert_eq!(proven.hard_evaluated, 10_000);
}

#[test]
fn a_value_in_one_file_sends_that_file_back_alone() {
    // Words of up to three letters in the first and third file, of up to four in the second.
    let rows = |to: u32| -> Rows { ((0..200).map(|n| n % to).collect(), [false; 6], [false; 6]) };
    let member = |to: u32| Expr::In {
        value: Box::new(column(5)),
        set: (0..=to).map(|n| literal(5, n)).collect(),
    };
    let judged = Some(column(5).is_not_null());
    let bodies = [3, 4].map(|to| Body::Rows { evaluated: judged.clone(), holds: member(to) });
    let checks =
        bodies.into_iter().enumerate().map(|(n, body)| check(n, None, true, body)).collect();
    let proven = same(&[rows(4), rows(5), rows(4)], checks);
    let said: Vec<&str> = proven.proofs.iter().map(|proof| proof.why.as_str()).collect();
    assert!(said[0].contains("meets it in 2 of 3 files"), "{said:#?}");
    assert!(said[0].contains("1.parquet` is read"), "{said:#?}");
    assert_eq!(proven.proofs[0].scanned, ["word"]);
    assert!(proven.proofs[1].scanned.is_empty(), "{said:#?}");
    assert!(proven.hard_violating > 0);
}
