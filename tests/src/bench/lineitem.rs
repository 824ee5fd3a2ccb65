//! 20 rules and a unique of two columns over TPC-H lineitem: the whole process against a bare program that
//! runs hand-fused SQL in the same DuckDB.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_testkit::{Project, program};
use duckdb::Connection;
use tpchgen::csv::LineItemCsv;
use tpchgen::generators::LineItemGenerator;

use crate::measure::{cache, figure, in_turns, spread};

/// Name and type of the columns, in order.
const COLUMNS: &[(&str, &str)] = &[
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

/// The rules as authored, and for each the rows judged and the violation as a person would write them.
const RULES: &[(&str, &str, &str)] = &[
    ("{ rule_type: not_null, column: l_orderkey }", "true", "l_orderkey is null"),
    ("{ rule_type: not_null, column: l_partkey }", "true", "l_partkey is null"),
    ("{ rule_type: not_null, column: l_shipdate }", "true", "l_shipdate is null"),
    ("{ rule_type: not_null, column: l_comment }", "true", "l_comment is null"),
    (
        "{ rule_type: range, column: l_quantity, parameters: { min: 1, max: 50 } }",
        "l_quantity is not null",
        "l_quantity not between 1 and 50",
    ),
    (
        "{ rule_type: range, column: l_discount, parameters: { min: 0, max: \"0.08\" } }",
        "l_discount is not null",
        "l_discount not between 0 and 0.08",
    ),
    (
        "{ rule_type: range, column: l_tax, parameters: { min: 0, max: \"0.08\" } }",
        "l_tax is not null",
        "l_tax not between 0 and 0.08",
    ),
    (
        "{ rule_type: range, column: l_extendedprice, parameters: { min: 0, exclusive_min: true } }",
        "l_extendedprice is not null",
        "l_extendedprice <= 0",
    ),
    (
        "{ rule_type: range, column: l_linenumber, parameters: { min: 1, max: 7 } }",
        "l_linenumber is not null",
        "l_linenumber not between 1 and 7",
    ),
    (
        "{ rule_type: range, column: l_shipdate, parameters: { min: \"1992-01-01\", max: \"1998-12-31\" } }",
        "l_shipdate is not null",
        "l_shipdate not between date '1992-01-01' and date '1998-12-31'",
    ),
    (
        "{ rule_type: in_set, column: l_returnflag, parameters: { values: [A, \"N\", R] } }",
        "l_returnflag is not null",
        "l_returnflag not in ('A','N','R')",
    ),
    (
        "{ rule_type: in_set, column: l_linestatus, parameters: { values: [O, F] } }",
        "l_linestatus is not null",
        "l_linestatus not in ('O','F')",
    ),
    (
        "{ rule_type: in_set, column: l_shipmode, parameters: { values: [AIR, FOB, MAIL, RAIL, SHIP, TRUCK] } }",
        "l_shipmode is not null",
        "l_shipmode not in ('AIR','FOB','MAIL','RAIL','SHIP','TRUCK')",
    ),
    (
        "{ rule_type: in_set, column: l_shipinstruct, parameters: { values: [COLLECT COD, DELIVER IN PERSON, NONE, TAKE BACK RETURN] } }",
        "l_shipinstruct is not null",
        "l_shipinstruct not in ('COLLECT COD','DELIVER IN PERSON','NONE','TAKE BACK RETURN')",
    ),
    (
        "{ rule_type: length, column: l_comment, parameters: { min: 10, max: 44 } }",
        "l_comment is not null",
        "length(l_comment) not between 10 and 44",
    ),
    (
        "{ rule_type: regex, column: l_shipmode, parameters: { pattern: \"[A-Z ]+\" } }",
        "l_shipmode is not null",
        "not regexp_full_match(l_shipmode, '[A-Z ]+')",
    ),
    (
        "{ rule_type: pair_compare, parameters: { left: l_receiptdate, operator: \">\", right: l_shipdate } }",
        "l_receiptdate is not null and l_shipdate is not null",
        "l_receiptdate <= l_shipdate",
    ),
    (
        "{ rule_type: pair_compare, parameters: { left: l_commitdate, operator: \">=\", right: l_shipdate } }",
        "l_commitdate is not null and l_shipdate is not null",
        "l_commitdate < l_shipdate",
    ),
];

pub(crate) fn run() {
    crate::print("lineitem: 20 rules and a unique of two columns, 6.0 M rows of Parquet\n");
    let data = data();
    let project = project(&data);
    let mut assay = Command::new(program("assay"));
    assay.args(["run", "lineitem"]).current_dir(project.path());
    let mut bare = Command::new(std::env::current_exe().expect("the program knows its path"));
    bare.args(["--child", "lineitem"]).arg(&data);
    let samples = in_turns(5, &mut [assay, bare]);
    for (name, samples) in ["assay run", "hand-fused SQL"].iter().zip(&samples) {
        let (least, middle, most) = spread(samples, |sample| sample.seconds);
        let (_, _, memory) = spread(samples, |sample| sample.mebibytes);
        crate::print(&format!(
            "       {name:15} {least:.2} / {middle:.2} / {most:.2} s, {memory:.0} MiB\n"
        ));
    }
    let middle = |index: usize| spread(&samples[index], |sample| sample.seconds).1;
    figure("time, ratio of medians", middle(0) / middle(1), 1.3, "x");
    let (_, _, memory) = spread(&samples[0], |sample| sample.mebibytes);
    figure("peak memory", memory, 614.4, "MiB");
}

/// The bare program: the same figures from SQL that a person fused by hand.
pub(crate) fn bare(data: &str) {
    let database = Connection::open_in_memory().expect("DuckDB opens");
    database
        .execute_batch("SET memory_limit = '512MB'; SET preserve_insertion_order = true;")
        .expect("the limit is set");
    let mut sql = "SELECT count(*)".to_owned();
    for (_, judged, violation) in RULES {
        let _ = write!(sql, ", count(*) FILTER ({judged}), count(*) FILTER ({violation})");
    }
    let _ = write!(sql, ", avg(l_extendedprice) FROM read_parquet('{data}')");
    let rows: i64 = database.query_row(&sql, [], |row| row.get(0)).expect("the checks run");
    let unique = format!(
        "SELECT sum(n), coalesce(sum(n) FILTER (n > 1), 0) FROM (SELECT count(*) AS n FROM read_parquet('{data}') \
         WHERE l_orderkey IS NOT NULL AND l_linenumber IS NOT NULL GROUP BY l_orderkey, l_linenumber)"
    );
    let twice: f64 =
        database.query_row(&unique, [], |row| row.get(1)).expect("the keys are counted");
    crate::print(&format!("{rows} rows, {twice} twice\n"));
}

fn project(data: &Path) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    let columns: String = COLUMNS
        .iter()
        .map(|(name, kind)| format!("  - {{ name: {name}, data_type: \"{kind}\" }}\n"))
        .collect();
    project.write(
        "libraries/schemas/lineitem.yaml",
        format!("schema_id: lineitem\ncolumns:\n{columns}"),
    );
    let mut rules = "rule_set_id: lineitem\nrules:\n".to_owned();
    for (number, (rule, ..)) in RULES.iter().enumerate() {
        let _ = writeln!(rules, "  - {{ rule_id: r{number}, severity: warning, {}", &rule[2..]);
    }
    rules += "  - { rule_id: rows, rule_type: row_count, parameters: { min: 1 } }\n";
    rules +=
        "  - { rule_id: mean, rule_type: mean, column: l_extendedprice, parameters: { min: 1 } }\n";
    rules += "  - { rule_id: once, rule_type: unique, parameters: { columns: [l_orderkey, l_linenumber] } }\n";
    project.write("libraries/rules/lineitem.yaml", rules);
    project.write(
        "libraries/infra/small.yaml",
        "infra_profile_id: small\ncompute: { memory_limit_mib: 512 }\n",
    );
    project.write(
        "libraries/contracts/lineitem.yaml",
        format!(
            "contract_id: tpch\ninfra_profile: {{ infra_profile_id: small }}\ndatasets:\n  \
             - dataset_contract_id: lineitem\n    schema: {{ schema_id: lineitem }}\n    \
             source: {{ path: \"{}\", format: parquet }}\n    rule_sets: [{{ rule_set_id: lineitem }}]\n",
            data.display()
        ),
    );
    project.write(
        "libraries/jobs/lineitem.yaml",
        "job_definition_id: lineitem\ndata_contract: { contract_id: tpch }\nstages: { profile: false }\n",
    );
    project.seal("dev");
    project
}

/// The Parquet file of scale 1, made once.
fn data() -> PathBuf {
    let target = cache().join("lineitem-1.parquet");
    if target.exists() {
        return target;
    }
    let text = cache().join("lineitem-1.csv");
    let mut out = BufWriter::new(File::create(&text).expect("the cache is writable"));
    writeln!(out, "{}", LineItemCsv::header()).expect("the cache is writable");
    for line in LineItemGenerator::new(1.0, 1, 1).iter() {
        writeln!(out, "{}", LineItemCsv::new(line)).expect("the cache is writable");
    }
    out.flush().expect("the cache is writable");
    let types: Vec<_> = COLUMNS
        .iter()
        .map(|(name, kind)| {
            format!("'{name}': '{}'", kind.replace("text", "varchar").replace("integer", "bigint"))
        })
        .collect();
    let partial = target.with_extension("partial");
    let sql = format!(
        "COPY (SELECT * FROM read_csv('{}', header = true, columns = {{{}}})) TO '{}' (FORMAT parquet)",
        text.display(),
        types.join(", "),
        partial.display()
    );
    let database = Connection::open_in_memory().expect("DuckDB opens");
    database.execute_batch(&sql).expect("the Parquet file is written");
    std::fs::rename(partial, &target).expect("the cache is writable");
    std::fs::remove_file(text).expect("the cache is writable");
    target
}
