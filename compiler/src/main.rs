//! `assayc`: parse the command line, run the command, say how it ended.

use std::process::ExitCode;

fn main() -> ExitCode {
    assay_compiler::commands::run(std::env::args_os())
}
