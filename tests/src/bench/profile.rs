//! The profile of every column of lineitem, against what DuckDB's own summary and exact numbers of different
//! values cost.

use std::path::Path;
use std::process::Command;

use assay_testkit::{Project, program};

use crate::measure::{bare_command, figure, in_turns, most_memory, ratio, table};
use crate::tpch;

pub(crate) fn run(scale: f64) {
    let data = tpch::data(scale);
    crate::print(&format!("profile: all 16 columns of lineitem; scale {scale}, Parquet\n"));
    let project = project(&data.lines, "parquet");
    let mut assay = Command::new(program("assay"));
    assay.args(["run", "profile"]).current_dir(project.path());
    let mut deep = Command::new(program("assay"));
    deep.arg("profile").arg(&data.lines).args(["--format", "json"]).current_dir(project.path());
    let bare = bare_command("profile", &data.lines, &data.orders);
    let samples = in_turns(3, &mut [assay, deep, bare]);
    table(&["profile of a run", "assay profile", "SUMMARIZE, distinct"], &samples);
    ratio("profile of a run, ratio of medians", &samples[0], &samples[2], 1.3);
    ratio("with every further figure, ratio", &samples[1], &samples[2], 3.0);
    figure("peak memory of the run", most_memory(&samples[0]), 1536.0, "MiB");
}

/// The bare program.
pub(crate) fn bare(lines: &str, orders: &str) {
    let database = tpch::database(lines, orders, None);
    let summary = "SELECT count(*) FROM (SUMMARIZE SELECT * FROM lines)";
    let columns: i64 = database.query_row(summary, [], |row| row.get(0)).expect("it is summarised");
    let mut distinct = 0;
    for (name, _) in tpch::LINES {
        let sql = format!("SELECT count(DISTINCT {name}) FROM lines");
        let count: i64 = database.query_row(&sql, [], |row| row.get(0)).expect("it is counted");
        distinct += count;
    }
    crate::print(&format!("{columns} columns, {distinct} different values\n"));
}

/// A project of one job that profiles.
pub(crate) fn project(lines: &Path, format: &str) -> Project {
    let project = Project::new();
    project.write("environments/dev.yaml", "environment: dev\nresults: lake\n");
    let columns: String = tpch::LINES
        .iter()
        .map(|(name, kind)| format!("  - {{ name: {name}, data_type: \"{kind}\" }}\n"))
        .collect();
    project.write("libraries/schemas/lines.yaml", format!("schema_id: lines\ncolumns:\n{columns}"));
    project.write(
        "libraries/contracts/lines.yaml",
        format!(
            "contract_id: lines\ndatasets:\n  - dataset_contract_id: lines\n    schema: {{ schema_id: lines }}\n    \
             source: {{ path: \"{}\", format: {format} }}\n    rule_sets: [{{ rule_set_id: lines }}]\n",
            lines.display()
        ),
    );
    project.write(
        "libraries/rules/lines.yaml",
        "rule_set_id: lines\nrules:\n  - { rule_id: rows, rule_type: row_count, parameters: { min: 1 } }\n",
    );
    project.write(
        "libraries/jobs/profile.yaml",
        "job_definition_id: profile\ndata_contract: { contract_id: lines }\n",
    );
    project.seal("dev");
    project
}
