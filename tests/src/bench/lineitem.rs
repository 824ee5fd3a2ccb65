//! 20 rules and a unique of two columns over TPC-H lineitem: the whole process against a bare program that
//! runs hand-fused SQL in the same DuckDB, over Parquet and over CSV.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use assay_testkit::{Project, program};

use crate::measure::{bare_command, figure, in_turns, most_memory, ratio, table};
use crate::tpch;

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

/// How many orders have such a key: the reference as a person would write it.
const REFERENCE: &str =
    "SELECT count(*) FROM lines l ANTI JOIN orders o ON l.l_orderkey = o.o_orderkey";

pub(crate) fn run(scale: f64) {
    let data = tpch::data(scale);
    crate::print(&format!(
        "lineitem: 20 rules, a unique of two columns, a reference to orders; scale {scale}, Parquet\n"
    ));
    let project = project(&data.lines, &data.orders, "parquet");
    let mut assay = Command::new(program("assay"));
    assay.args(["run", "lineitem"]).current_dir(project.path());
    let mut scanning = Command::new(program("assay"));
    scanning.args(["run", "lineitem", "--no-proofs"]).current_dir(project.path());
    let bare = bare_command("lineitem", &data.lines, &data.orders);
    let samples = in_turns(5, &mut [assay, scanning, bare]);
    table(&["assay run", "without proofs", "hand-fused SQL"], &samples);
    ratio("time with metadata, ratio of medians", &samples[0], &samples[2], 0.8);
    ratio("time without it, ratio of medians", &samples[1], &samples[2], 1.1);
    figure("peak memory", most_memory(&samples[0]), most_mebibytes(scale), "MiB");
}

/// What a run may take: half a gigabyte, and three times that of ten times the rows.
fn most_mebibytes(scale: f64) -> f64 {
    if scale > 1.0 { 1536.0 } else { 512.0 }
}

pub(crate) fn run_csv(scale: f64) {
    let data = tpch::data(scale);
    crate::print(&format!(
        "lineitem-csv: 20 rules, a unique of two columns, a reference to orders; scale {scale}, CSV\n"
    ));
    let project = project(&data.lines_csv, &data.orders_csv, "csv");
    let mut assay = Command::new(program("assay"));
    assay.args(["run", "lineitem"]).current_dir(project.path());
    let bare = bare_command("lineitem", &data.lines_csv, &data.orders_csv);
    let samples = in_turns(3, &mut [assay, bare]);
    table(&["assay run", "hand-fused SQL"], &samples);
    ratio("time, ratio of medians", &samples[0], &samples[1], 1.1);
    figure("peak memory", most_memory(&samples[0]), most_mebibytes(scale), "MiB");
}

/// The bare program: the same figures from SQL that a person fused by hand. Text is read once, into a table.
pub(crate) fn bare(lines: &str, orders: &str) {
    let database = tpch::database(lines, orders, Some("512MB"));
    let mut sql = "SELECT count(*)".to_owned();
    for (_, judged, violation) in RULES {
        let _ = write!(sql, ", count(*) FILTER ({judged}), count(*) FILTER ({violation})");
    }
    sql += ", avg(l_extendedprice) FROM lines";
    let rows: i64 = database.query_row(&sql, [], |row| row.get(0)).expect("the checks run");
    let unique = "SELECT sum(n), coalesce(sum(n) FILTER (n > 1), 0) FROM (SELECT count(*) AS n FROM lines \
         WHERE l_orderkey IS NOT NULL AND l_linenumber IS NOT NULL GROUP BY l_orderkey, l_linenumber)";
    let twice: f64 =
        database.query_row(unique, [], |row| row.get(1)).expect("the keys are counted");
    let lost: i64 =
        database.query_row(REFERENCE, [], |row| row.get(0)).expect("the keys are found");
    crate::print(&format!("{rows} rows, {twice} twice, {lost} without an order\n"));
}

/// A project of one job that judges.
pub(crate) fn project(data: &Path, orders: &Path, format: &str) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    for (name, columns) in [("lineitem", tpch::LINES), ("orders", tpch::ORDERS)] {
        let columns: String = columns
            .iter()
            .map(|(name, kind)| format!("  - {{ name: {name}, data_type: \"{kind}\" }}\n"))
            .collect();
        project.write(
            &format!("libraries/schemas/{name}.yaml"),
            format!("schema_id: {name}\ncolumns:\n{columns}"),
        );
    }
    let mut rules = "rule_set_id: lineitem\nrules:\n".to_owned();
    for (number, (rule, ..)) in RULES.iter().enumerate() {
        let _ = writeln!(rules, "  - {{ rule_id: r{number}, severity: warning, {}", &rule[2..]);
    }
    rules += "  - { rule_id: rows, rule_type: row_count, parameters: { min: 1 } }\n";
    rules +=
        "  - { rule_id: mean, rule_type: mean, column: l_extendedprice, parameters: { min: 1 } }\n";
    rules += "  - { rule_id: once, rule_type: unique, parameters: { columns: [l_orderkey, l_linenumber] } }\n";
    rules += "  - { rule_id: ordered, rule_type: reference, severity: warning, parameters: { columns: [l_orderkey], \
              dataset: orders, other_columns: [o_orderkey] } }\n";
    project.write("libraries/rules/lineitem.yaml", rules);
    project.write(
        "libraries/infra/small.yaml",
        "infra_profile_id: small\ncompute: { memory_limit_mib: 384 }\n",
    );
    project.write(
        "libraries/contracts/lineitem.yaml",
        format!(
            "contract_id: tpch\ninfra_profile: {{ infra_profile_id: small }}\ndatasets:\n  \
             - dataset_contract_id: lineitem\n    schema: {{ schema_id: lineitem }}\n    \
             source: {{ path: \"{}\", format: {format} }}\n    rule_sets: [{{ rule_set_id: lineitem }}]\n  \
             - dataset_contract_id: orders\n    schema: {{ schema_id: orders }}\n    \
             source: {{ path: \"{}\", format: {format} }}\n",
            data.display(),
            orders.display()
        ),
    );
    project.write(
        "libraries/jobs/lineitem.yaml",
        "job_definition_id: lineitem\ndata_contract: { contract_id: tpch, dataset_contract_id: lineitem }\nstages: { profile: false }\n",
    );
    project.seal("dev");
    project
}
