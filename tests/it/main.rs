//! Tests across the crates. One binary, so that DuckDB is linked once.

mod bundle;
mod compile;
mod engines;
mod input;
mod run;
mod samples;
mod tidy;
