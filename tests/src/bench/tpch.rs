//! TPC-H data, made once for each scale: lineitem and orders as CSV and as Parquet.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use duckdb::Connection;
use tpchgen::csv::{LineItemCsv, OrderCsv};
use tpchgen::generators::{LineItemGenerator, OrderGenerator};

use crate::measure::cache;

/// Name and type of the columns of lineitem, in order.
pub(crate) const LINES: &[(&str, &str)] = &[
    ("l_orderkey", "integer"),
    ("l_partkey", "integer"),
    ("l_suppkey", "integer"),
    ("l_linenumber", "integer"),
    ("l_quantity", "decimal(15,2)"),
    ("l_extendedprice", "decimal(15,2)"),
    ("l_discount", "decimal(15,2)"),
    ("l_tax", "decimal(15,2)"),
    ("l_returnflag", "text"),
    ("l_linestatus", "text"),
    ("l_shipdate", "date"),
    ("l_commitdate", "date"),
    ("l_receiptdate", "date"),
    ("l_shipinstruct", "text"),
    ("l_shipmode", "text"),
    ("l_comment", "text"),
];

/// Those of orders.
pub(crate) const ORDERS: &[(&str, &str)] = &[
    ("o_orderkey", "integer"),
    ("o_custkey", "integer"),
    ("o_orderstatus", "text"),
    ("o_totalprice", "decimal(15,2)"),
    ("o_orderdate", "date"),
    ("o_orderpriority", "text"),
    ("o_clerk", "text"),
    ("o_shippriority", "integer"),
    ("o_comment", "text"),
];

/// The files of a scale.
pub(crate) struct Data {
    pub(crate) lines: PathBuf,
    pub(crate) orders: PathBuf,
    pub(crate) lines_csv: PathBuf,
    pub(crate) orders_csv: PathBuf,
}

/// The files of a scale; made where they are not there yet.
pub(crate) fn data(scale: f64) -> Data {
    let text = |name: &str,
                header: &dyn Fn() -> String,
                lines: &mut dyn Iterator<Item = String>| {
        let path = cache().join(format!("{name}-{scale}.csv"));
        if !path.exists() {
            let partial = path.with_extension("partial");
            let mut out = BufWriter::new(File::create(&partial).expect("the cache is writable"));
            writeln!(out, "{}", header()).expect("the cache is writable");
            for line in lines {
                writeln!(out, "{line}").expect("the cache is writable");
            }
            out.flush().expect("the cache is writable");
            std::fs::rename(partial, &path).expect("the cache is writable");
        }
        path
    };
    let lines = LineItemGenerator::new(scale, 1, 1);
    let orders = OrderGenerator::new(scale, 1, 1);
    let lines_csv = text(
        "lineitem",
        &|| LineItemCsv::header().to_string(),
        &mut lines.iter().map(|line| LineItemCsv::new(line).to_string()),
    );
    let orders_csv = text(
        "orders",
        &|| OrderCsv::header().to_string(),
        &mut orders.iter().map(|order| OrderCsv::new(order).to_string()),
    );
    Data {
        lines: parquet(&lines_csv, LINES),
        orders: parquet(&orders_csv, ORDERS),
        lines_csv,
        orders_csv,
    }
}

fn parquet(text: &Path, columns: &[(&str, &str)]) -> PathBuf {
    let target = text.with_extension("parquet");
    if !target.exists() {
        let partial = text.with_extension("partial");
        let sql = format!(
            "COPY (SELECT * FROM {}) TO '{}' (FORMAT parquet)",
            scan(text, columns),
            partial.display()
        );
        let database = Connection::open_in_memory().expect("DuckDB opens");
        database.execute_batch(&sql).expect("the Parquet file is written");
        std::fs::rename(partial, &target).expect("the cache is writable");
    }
    target
}

/// A file as a relation.
fn scan(file: &Path, columns: &[(&str, &str)]) -> String {
    if file.extension().is_some_and(|ending| ending == "parquet") {
        return format!("read_parquet('{}')", file.display());
    }
    let types: Vec<_> = columns
        .iter()
        .map(|(name, kind)| {
            format!("'{name}': '{}'", kind.replace("text", "varchar").replace("integer", "bigint"))
        })
        .collect();
    let types = types.join(", ");
    format!("read_csv('{}', header = true, columns = {{{types}}})", file.display())
}

/// A database in which `lines` and `orders` can be queried. Text is read into tables, so that it is read
/// once; Parquet is read where it lies.
pub(crate) fn database(lines: &str, orders: &str, memory: Option<&str>) -> Connection {
    let database = Connection::open_in_memory().expect("DuckDB opens");
    let mut sql = "SET preserve_insertion_order = true;".to_owned();
    if let Some(memory) = memory {
        sql += &format!("SET memory_limit = '{memory}';");
    }
    for (name, file, columns) in [("lines", lines, LINES), ("orders", orders, ORDERS)] {
        let kind = if file.ends_with(".csv") { "TABLE" } else { "VIEW" };
        sql += &format!(
            "CREATE TEMP {kind} {name} AS SELECT * FROM {};",
            scan(Path::new(file), columns)
        );
    }
    database.execute_batch(&sql).expect("the data is opened");
    database
}
