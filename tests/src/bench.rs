//! The figures of the product, measured side by side in one run and printed as ratios.

#[path = "bench/compile.rs"]
mod compile;
#[path = "bench/lineitem.rs"]
mod lineitem;
#[path = "bench/load.rs"]
mod load;
#[path = "bench/measure.rs"]
mod measure;
#[path = "bench/workbook.rs"]
mod workbook;

use std::process::ExitCode;

const HELP: &str = "\
The figures of the product, measured side by side in one run.

Usage: bench [NAME]...

  lineitem   20 rules and a unique of two columns over TPC-H lineitem at scale 1 (6.0 M rows, Parquet),
             whole process against a bare program that runs hand-fused SQL in the same DuckDB
  load       one job loaded from a bundle of 100,000 objects
  compile    10,000 and 100,000 objects compiled for three environments, cold and after a change
  workbook   an Excel workbook of 50,000 rules, read to validated objects

Without a name, all of them. Data is made once and kept in the cache folder.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["--help" | "-h"] => print(HELP),
        // A measured process of its own, so that its memory is its own.
        ["--child", "lineitem", data] => lineitem::bare(data),
        ["--child", "load", bundle] => load::child(bundle),
        [] => {
            lineitem::run();
            load::run();
            compile::run();
            workbook::run();
        }
        names => {
            for name in names {
                match *name {
                    "lineitem" => lineitem::run(),
                    "load" => load::run(),
                    "compile" => compile::run(),
                    "workbook" => workbook::run(),
                    other => {
                        print(&format!("no figure `{other}`\n\n{HELP}"));
                        return ExitCode::from(2);
                    }
                }
            }
        }
    }
    ExitCode::SUCCESS
}

/// Prints a text; this program's output is for people.
#[expect(clippy::print_stdout, reason = "the figures go to standard output")]
fn print(text: &str) {
    print!("{text}");
}
