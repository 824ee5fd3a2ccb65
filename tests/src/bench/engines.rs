//! The same work on DuckDB and on Polars, whole process against whole process: what `auto` goes by.

use std::path::Path;
use std::process::Command;

use assay_testkit::{Project, program};

use crate::measure::{in_turns, most_memory, ratio, table};
use crate::{cleanse, lineitem, tpch};

/// A piece of work, and the project of it over a file of a format.
type Work = (&'static str, fn(&tpch::Data, &Path, &str) -> Project);

const WORK: &[Work] = &[
    ("20 rules", |data, lines, format| lineitem::project(lines, orders(data, format), format)),
    ("eight steps", |_, lines, format| cleanse::project(lines, format, false, None)),
    ("deduplication", |_, lines, format| cleanse::project(lines, format, true, None)),
    ("profile", |_, lines, format| crate::profile::project(lines, format)),
];

pub(crate) fn run(scale: f64) {
    let data = tpch::data(scale);
    for (format, lines) in [("csv", &data.lines_csv), ("parquet", &data.lines)] {
        for (name, make) in WORK {
            crate::print(&format!("engines: {name}; lineitem at scale {scale}, {format}\n"));
            let project = make(&data, lines, format);
            let mut commands = ["duckdb", "polars"].map(|engine| job(&project, engine));
            let samples = in_turns(3, &mut commands);
            table(&["DuckDB", "Polars"], &samples);
            ratio("time of Polars to DuckDB", &samples[1], &samples[0], f64::INFINITY);
            let memory = most_memory(&samples[1]) / most_memory(&samples[0]);
            crate::print(&format!("       memory of Polars to DuckDB {memory:32.2} x\n"));
        }
    }
}

fn orders<'a>(data: &'a tpch::Data, format: &str) -> &'a Path {
    if format == "csv" { &data.orders_csv } else { &data.orders }
}

/// The one job of a project.
fn job(project: &Project, engine: &str) -> Command {
    let jobs = std::fs::read_dir(project.path().join("libraries/jobs")).expect("there are jobs");
    let path = jobs.flatten().next().expect("there is a job").path();
    let mut assay = Command::new(program("assay"));
    let name = path.file_stem().expect("it has a name");
    assay.arg("run").arg(name).args(["--engine", engine]).current_dir(project.path());
    assay
}
