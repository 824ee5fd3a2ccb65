//! The compiler seen from outside: files in, diagnostics and bundles out. One binary; it links no engine.

#![expect(clippy::print_stdout, reason = "counts of cases are part of what a test run says")]

mod approvals;
mod commits;
mod compile;
mod drift;
mod effective;
mod fix;
mod formats;
mod libraries;
mod notes;
mod odcs;
mod pages;
mod promotion;
mod recheck;
mod reference;
mod report;
mod repositories;
mod review;
mod samples;
mod scaffold;
mod secrets;
mod seeds;
mod shapes;
mod trust;
mod workbooks;
mod workflows;
mod yaml_suite;
