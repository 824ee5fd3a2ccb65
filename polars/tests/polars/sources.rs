//! Tests of sources: the rows and layouts that staging gives.

mod text;

use std::path::{Path, PathBuf};

use assay_engine::{EngineError, Workspace};
use assay_polars::rows::collect;
use assay_polars::source::{Source, hold, stage};
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan;
use assay_schemas::plan::{DatasetPlan, Field, Format, Redaction, Table, TableColumn};
use polars::prelude::{DataType as Kept, *};

fn field(name: &str, data_type: DataType) -> Field {
    Field {
        name: ColumnName::new(name).unwrap(),
        data_type,
        optional: false,
        catalog_attribute: None,
        classification: None,
        redaction: Redaction::None,
    }
}

fn dataset(format: Format, fields: &[Field]) -> DatasetPlan {
    DatasetPlan {
        dataset_contract_id: "d".into(),
        catalog_entity_id: None,
        source: plan::Source::of(format),
        reads: None,
        fields: fields.to_vec(),
        primary_key: Vec::new(),
        steps: Vec::new(),
        withheld: Vec::new(),
        change_log: false,
        profile: None,
        checks: Vec::new(),
    }
}

fn workspace(folder: &Path) -> Workspace {
    Workspace {
        folder: folder.to_owned(),
        memory_limit: None,
        threads: None,
        now: 0,
        columns: 0,
        notes: std::collections::BTreeMap::new(),
    }
}

/// The rows as text: one line a row, cells apart by `|`, nulls as `-`.
fn shown(source: &Source) -> Vec<String> {
    let frame = collect(source.rows.frame.clone()).unwrap();
    (0..frame.height())
        .map(|row| {
            let cell = |column: &Column| match column.get(row).unwrap() {
                AnyValue::Null => "-".to_owned(),
                AnyValue::String(text) => text.to_owned(),
                AnyValue::StringOwned(text) => text.to_string(),
                AnyValue::Binary(bytes) => format!("{bytes:?}"),
                other => other.to_string(),
            };
            frame.columns().iter().map(cell).collect::<Vec<_>>().join("|")
        })
        .collect()
}

fn kinds(source: &Source) -> Vec<String> {
    collect(source.rows.frame.clone()).unwrap().dtypes().iter().map(ToString::to_string).collect()
}

fn beyond(result: Result<Source, EngineError>) -> String {
    match result {
        Err(EngineError::Beyond(text)) => text,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was staged"),
    }
}

fn wrong(result: Result<Source, EngineError>) -> String {
    match result {
        Err(EngineError::Data(text)) => text,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was staged"),
    }
}

fn table(columns: &[(&str, DataType)], rows: &[&[Option<&str>]]) -> Table {
    Table {
        columns: columns
            .iter()
            .map(|(name, data_type)| TableColumn {
                name: ColumnName::new(*name).unwrap(),
                data_type: *data_type,
            })
            .collect(),
        rows: rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect())
            .collect(),
    }
}

#[test]
fn held_rows_have_their_types() {
    let columns = [
        ("b", DataType::Boolean),
        ("i", DataType::Integer),
        ("d", DataType::Decimal(10, 2)),
        ("f", DataType::Double),
        ("t", DataType::Text),
        ("day", DataType::Date),
        ("at", DataType::Timestamp),
        ("time", DataType::Time),
        ("x", DataType::Binary),
    ];
    let rows: &[&[Option<&str>]] = &[
        &[
            Some("true"),
            Some("-9223372036854775808"),
            Some("-3.5"),
            Some("NaN"),
            Some(""),
            Some("0001-01-01"),
            Some("2024-03-01T10:30:00.000001"),
            Some("09:30:00"),
            Some("0aff"),
        ],
        &[None; 9],
    ];
    let fields: Vec<Field> = columns.iter().map(|(n, t)| field(n, *t)).collect();
    let source = hold(&dataset(Format::Parquet, &fields), &table(&columns, rows)).unwrap();
    assert_eq!(
        shown(&source),
        [
            "true|-9223372036854775808|-3.50|NaN||0001-01-01|2024-03-01 10:30:00.000001|09:30:00|[10, 255]|1|0",
            "-|-|-|-|-|-|-|-|-|2|0"
        ]
    );
    assert_eq!(source.count, Some(2));
    let bad = table(&[("i", DataType::Integer)], &[&[Some("x")]]);
    let error = hold(&dataset(Format::Parquet, &[field("i", DataType::Integer)]), &bad);
    assert!(wrong(error).contains("`x`"));
}

#[test]
fn held_rows_are_widened_and_may_lack_columns() {
    let columns =
        [("i", DataType::Integer), ("d", DataType::Decimal(20, 3)), ("day", DataType::Date)];
    let rows: &[&[Option<&str>]] =
        &[&[Some("7"), Some("12345678901234567.891"), Some("1969-12-31")]];
    let mut more = field("more", DataType::Double);
    more.optional = true;
    let fields = [
        field("day", DataType::Timestamp),
        field("i", DataType::Decimal(21, 2)),
        field("d", DataType::Double),
        more,
    ];
    let source = hold(&dataset(Format::Parquet, &fields), &table(&columns, rows)).unwrap();
    assert_eq!(shown(&source), ["1969-12-31 00:00:00|7.00|1.2346e16|-|1|0"]);
    assert_eq!(kinds(&source), ["datetime[μs]", "decimal[21,2]", "f64", "f64", "i64", "i64"]);
    let doubles = collect(source.rows.frame).unwrap();
    let double = doubles.column("d").unwrap().f64().unwrap().get(0);
    assert_eq!(double, Some(12_345_678_901_234_567.891));
    let lacking = hold(
        &dataset(Format::Parquet, &[field("i", DataType::Integer), field("Day ", DataType::Date)]),
        &table(&columns, rows),
    );
    assert_eq!(
        wrong(lacking),
        "d: the declared column `Day ` (did you mean `day`?) not found; the file has `i`, `d`, `day`"
    );
}

fn write(path: &Path, frame: &mut DataFrame) -> PathBuf {
    let file = std::fs::File::create(path).unwrap();
    ParquetWriter::new(file).finish(frame).unwrap();
    path.to_owned()
}

#[test]
fn parquet_files_are_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let place = workspace(folder.path());
    let path = |name: &str| folder.path().join(name);
    let a = write(&path("a.parquet"), &mut df!["n" => [1_i32, 2], "s" => ["x", "y"]].unwrap());
    let b = write(&path("b.parquet"), &mut df!["n" => [3_i32], "s" => [None::<&str>]].unwrap());
    let c = write(&path("c.parquet"), &mut df!["s" => ["z"], "n" => [4_i64]].unwrap());
    let plan =
        dataset(Format::Parquet, &[field("s", DataType::Text), field("n", DataType::Integer)]);
    let source = stage(&plan, &[a.clone(), b, c.clone()], &place).unwrap();
    assert_eq!(shown(&source), ["x|1|1|0", "y|2|2|0", "-|3|3|1", "z|4|4|2"]);
    assert_eq!(kinds(&source), ["str", "i64", "i64", "i64"]);
    assert_eq!(source.count, Some(4));
    assert_eq!(source.notes.len(), 3);
    let words: Vec<_> = source.layouts.iter().map(|layout| layout.columns.clone()).collect();
    let pair = |name: &str, word: &str| (name.to_owned(), word.to_owned());
    assert_eq!(
        words,
        [
            vec![pair("n", "INTEGER"), pair("s", "VARCHAR")],
            vec![pair("s", "VARCHAR"), pair("n", "BIGINT")]
        ]
    );
    let all = stage(&dataset(Format::Parquet, &[]), &[a, c], &place).unwrap();
    assert_eq!(shown(&all), ["1|x|1|0", "2|y|2|0", "4|z|3|1"]);
    let text = path("t.parquet");
    std::fs::write(&text, "a,b\n").unwrap();
    assert!(wrong(stage(&plan, &[text], &place)).contains("not a Parquet file"));
    assert!(wrong(stage(&plan, &[path("none.parquet")], &place)).contains("none.parquet"));
    assert!(wrong(stage(&plan, &[], &place)).contains("there is no file to read"));
}

#[test]
fn parquet_types_become_those_of_the_language() {
    let folder = tempfile::tempdir().unwrap();
    let place = workspace(folder.path());
    let nanos = Int64Chunked::from_slice("ns".into(), &[-1500, 1499])
        .into_datetime(TimeUnit::Nanoseconds, None)
        .into_column();
    let zoned = Int64Chunked::from_slice("tz".into(), &[-1, 1])
        .into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))
        .into_column();
    let decimal = Int128Chunked::from_slice("dec".into(), &[-105, 1])
        .into_decimal_unchecked(5, 2)
        .into_column();
    let mut frame = df![
        "u8" => [1_u8, 255],
        "u32" => [1_u32, u32::MAX],
        "f" => [1.5_f32, f32::NAN],
        "b" => [true, false],
        "u64" => [1_u64, u64::MAX],
        "x" => [b"ab".as_slice(), b"".as_slice()],
    ]
    .unwrap();
    let strings = df!["c" => ["p", "q"]].unwrap().column("c").unwrap().clone();
    let categories = Categories::global();
    let kind = Kept::from_categories(categories);
    frame.hstack_mut(&[nanos, zoned, decimal, strings.cast(&kind).unwrap()]).unwrap();
    let file = write(&folder.path().join("a.parquet"), &mut frame);
    let fields = [
        field("u8", DataType::Integer),
        field("u32", DataType::Integer),
        field("f", DataType::Double),
        field("b", DataType::Boolean),
        field("u64", DataType::Text),
        field("x", DataType::Binary),
        field("ns", DataType::Timestamp),
        field("tz", DataType::Timestamp),
        field("dec", DataType::Decimal(5, 2)),
        field("c", DataType::Text),
    ];
    let source =
        stage(&dataset(Format::Parquet, &fields), std::slice::from_ref(&file), &place).unwrap();
    assert_eq!(
        shown(&source),
        [
            "1|1|1.5|true|1|[97, 98]|1969-12-31 23:59:59.999998|1969-12-31 23:59:59.999|-1.05|p|1|0",
            "255|4294967295|NaN|false|18446744073709551615|[]|1970-01-01 00:00:00.000001|1970-01-01 00:00:00.001|0.01|q|2|0",
        ]
    );
    assert_eq!(
        kinds(&source)[..10],
        [
            "i64",
            "i64",
            "f64",
            "bool",
            "str",
            "binary",
            "datetime[μs]",
            "datetime[μs]",
            "decimal[5,2]",
            "str"
        ]
    );
    let words: Vec<&str> =
        source.layouts[0].columns.iter().map(|(_, word)| word.as_str()).collect();
    assert_eq!(
        words,
        [
            "UTINYINT",
            "UINTEGER",
            "FLOAT",
            "BOOLEAN",
            "UBIGINT",
            "BLOB",
            "TIMESTAMP_NS",
            "TIMESTAMP WITH TIME ZONE",
            "DECIMAL(5,2)",
            "VARCHAR"
        ]
    );
    let all = beyond(stage(&dataset(Format::Parquet, &[]), &[file], &place));
    assert_eq!(all, "the column `u64` is ubigint, for which Polars has no exact type");
}
