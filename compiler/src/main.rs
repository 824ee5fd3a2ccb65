//! `assayc`: parse the command line, run the command, say how it ended.

use std::process::ExitCode;

/// A compile makes millions of small trees; the system's allocator takes a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    assay_compiler::commands::run(std::env::args_os())
}
