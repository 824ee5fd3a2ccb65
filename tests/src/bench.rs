//! The figures of the product, measured side by side in one run and printed as ratios.

#[path = "bench/cleanse.rs"]
mod cleanse;
#[path = "bench/compile.rs"]
mod compile;
#[path = "bench/engines.rs"]
mod engines;
#[path = "bench/lineitem.rs"]
mod lineitem;
#[path = "bench/load.rs"]
mod load;
#[path = "bench/measure.rs"]
mod measure;
#[path = "bench/profile.rs"]
mod profile;
#[path = "bench/review.rs"]
mod review;
#[path = "bench/tpch.rs"]
mod tpch;
#[path = "truth.rs"]
mod truth;
#[path = "bench/wide.rs"]
mod wide;
#[path = "bench/workbook.rs"]
mod workbook;

use std::process::ExitCode;

const HELP: &str = "\
The figures of the product, measured side by side in one run.

Usage: bench [--scale N] [NAME]...

  lineitem      20 rules, a unique of two columns and a reference to orders over TPC-H lineitem at scale 1
                (6.0 M rows, Parquet), whole process against a bare program that runs hand-fused SQL in the
                same DuckDB; with and without what metadata proves
  lineitem-csv  the same over CSV
  cleanse       lineitem as CSV through eight steps of single rows to Parquet, and with a deduplication by two
                columns, against SQL by hand in the same DuckDB; the same steps with Polars
  small-files   1,800 small CSV files in one job against the same rows in one file
  engines       rules, steps and profiles on DuckDB and on Polars, over CSV and over Parquet
  profile       every column of lineitem profiled, against SUMMARIZE and exact numbers of different values
  wide          5, 50 and 500 rules over 100 columns: bytes read
  load          one job loaded from a bundle of 100,000 objects
  compile       10,000 and 100,000 objects compiled for three environments, cold and after a change
  review        two bundles of 10,000 and of 100,000 objects compared, drift, verification, a pull request
  truth         rules and policies on tables whose truth is known: precision, recall, F1
  workbook      an Excel workbook of 50,000 rules, read to validated objects

`--scale 10` makes ten times the rows. Without a name, all of them. Data is made once and kept in the cache folder.
";

/// A name, and what runs it.
type Figure = (&'static str, fn(f64));

/// The figures by their names; the scale is for those of made data.
const ALL: &[Figure] = &[
    ("lineitem", lineitem::run),
    ("lineitem-csv", lineitem::run_csv),
    ("cleanse", cleanse::run),
    ("small-files", |_| cleanse::run_small()),
    ("engines", engines::run),
    ("profile", profile::run),
    ("wide", wide::run),
    ("load", |_| load::run()),
    ("compile", |_| compile::run()),
    ("review", |_| review::run()),
    ("truth", |_| figures_of_truth()),
    ("workbook", |_| workbook::run()),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut scale = 1.0;
    if let Some(at) = names.iter().position(|name| *name == "--scale") {
        let Some(Ok(number)) = names.get(at + 1).map(|text| text.parse::<f64>()) else {
            print(&format!("--scale wants a number\n\n{HELP}"));
            return ExitCode::from(2);
        };
        scale = number;
        names.drain(at..at + 2);
    }
    match names.as_slice() {
        ["--help" | "-h"] => print(HELP),
        // A measured process of its own, so that its memory is its own.
        ["--child", "lineitem", lines, orders] => lineitem::bare(lines, orders),
        ["--child", name @ ("cleanse" | "cleanse-once"), lines, _] => cleanse::bare(name, lines),
        ["--child", "profile", lines, orders] => profile::bare(lines, orders),
        ["--child", "load", bundle] => load::child(bundle),
        [] => ALL.iter().for_each(|(_, run)| run(scale)),
        names => {
            for name in names {
                let Some((_, run)) = ALL.iter().find(|(known, _)| known == name) else {
                    print(&format!("no figure `{name}`\n\n{HELP}"));
                    return ExitCode::from(2);
                };
                run(scale);
            }
        }
    }
    ExitCode::SUCCESS
}

fn figures_of_truth() {
    let line = |what: &str, score: truth::Score| {
        print(&format!(
            "  {what:<24} precision {:.4}  recall {:.4}  F1 {:.4}\n",
            score.precision(),
            score.recall(),
            score.f1()
        ));
    };
    print("truth\n");
    for set in ["hospital", "beers"] {
        let found = truth::repaired(set);
        line(&format!("{set}, detection"), found.detection);
        line(&format!("{set}, repair"), found.repair);
        print(&format!("  {set}: {} right cells made wrong\n", found.damage));
    }
    for set in ["febrl", "restaurants"] {
        line(&format!("{set}, pairs"), truth::paired(set));
    }
}

/// Prints a text; this program's output is for people.
#[expect(clippy::print_stdout, reason = "the figures go to standard output")]
fn print(text: &str) {
    print!("{text}");
}
