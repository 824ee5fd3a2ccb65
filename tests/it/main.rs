//! Tests across the crates. One binary, so that DuckDB is linked once.

#![expect(clippy::print_stdout, reason = "counts of cases are part of what a test run says")]

mod bundle;
mod differential;
mod drift;
mod engines;
mod fixture;
mod flips;
mod gx;
mod input;
mod layout;
mod overrides;
mod past;
mod profile;
mod proofs;
mod proxy;
mod registry;
mod remote;
mod robust;
mod run;
mod serve;
mod small;
mod steadiness;
mod tidy;
mod titanic;
mod trust;
mod truth;
mod wire;
