//! Many rules over many columns: how much is read as their number grows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_testkit::{Project, program};
use duckdb::Connection;

use crate::measure::{cache, figure, in_turns, spread};

const COLUMNS: usize = 100;
const ROWS: u64 = 500_000;

pub(crate) fn run(scale: f64) {
    let rows = (ROWS as f64 * scale) as u64;
    crate::print(&format!(
        "wide: 5, 50 and 500 rules over 100 columns of {rows} rows, nothing proven\n"
    ));
    let data = data(rows);
    let numbers = [5, 50, 500];
    let projects: Vec<Project> = numbers.iter().map(|rules| project(&data, *rules)).collect();
    let mut commands: Vec<Command> = projects
        .iter()
        .map(|project| {
            let mut assay = Command::new(program("assay"));
            assay.args(["run", "wide", "--no-proofs"]).current_dir(project.path());
            assay
        })
        .collect();
    let samples = in_turns(3, &mut commands);
    let middle =
        |index: usize, of: fn(&crate::measure::Sample) -> f64| spread(&samples[index], of).1;
    for (index, rules) in numbers.iter().enumerate() {
        crate::print(&format!(
            "       {rules:>3} rules {:>8.2} s {:>8.2} s CPU {:>9.1} MB read\n",
            middle(index, |sample| sample.seconds),
            middle(index, |sample| sample.cpu),
            middle(index, |sample| sample.read) / 1e6,
        ));
    }
    let growth = middle(2, |sample| sample.read) / middle(1, |sample| sample.read);
    figure("bytes read, 500 rules against 50", growth, 10.0, "x");
    let growth = middle(2, |sample| sample.cpu) / middle(1, |sample| sample.cpu);
    figure("CPU, 500 rules against 50", growth, 10.0, "x");
}

fn data(rows: u64) -> PathBuf {
    let path = cache().join(format!("wide-{rows}.parquet"));
    if !path.exists() {
        let columns: Vec<String> = (0..COLUMNS)
            .map(|n| format!("CAST(hash(range * {} + {n}) % 1000 AS BIGINT) AS c{n}", COLUMNS))
            .collect();
        let sql = format!(
            "COPY (SELECT {} FROM range({rows})) TO '{}' (FORMAT parquet)",
            columns.join(", "),
            path.display()
        );
        let database = Connection::open_in_memory().expect("DuckDB opens");
        database.execute_batch(&sql).expect("the Parquet file is written");
    }
    path
}

/// `number` rules over the first columns, five a column.
fn project(data: &Path, number: usize) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    let columns: String =
        (0..COLUMNS).map(|n| format!("  - {{ name: c{n}, data_type: integer }}\n")).collect();
    project.write("libraries/schemas/wide.yaml", format!("schema_id: wide\ncolumns:\n{columns}"));
    let mut rules = "rule_set_id: wide\nrules:\n".to_owned();
    for n in 0..number {
        let column = n / 5;
        let rule = match n % 5 {
            0 => "rule_type: not_null".to_owned(),
            1 => "rule_type: range, parameters: { min: 0, max: 990 }".to_owned(),
            2 => "rule_type: not_in_set, parameters: { values: [7, 11, 13] }".to_owned(),
            3 => "rule_type: mean, parameters: { min: 1 }".to_owned(),
            _ => "rule_type: range, parameters: { min: 5 }".to_owned(),
        };
        let _ = writeln!(
            rules,
            "  - {{ rule_id: r{n}, severity: warning, column: c{column}, {rule} }}"
        );
    }
    project.write("libraries/rules/wide.yaml", rules);
    project.write(
        "libraries/contracts/wide.yaml",
        format!(
            "contract_id: wide\ndatasets:\n  - dataset_contract_id: wide\n    schema: {{ schema_id: wide }}\n    \
             source: {{ path: \"{}\", format: parquet }}\n    rule_sets: [{{ rule_set_id: wide }}]\n",
            data.display()
        ),
    );
    project.write(
        "libraries/jobs/wide.yaml",
        "job_definition_id: wide\ndata_contract: { contract_id: wide }\nstages: { profile: false }\n",
    );
    project.seal("dev");
    project
}
