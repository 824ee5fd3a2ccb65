//! Tests across the crates. One binary, so that DuckDB is linked once.

#![expect(clippy::print_stdout, reason = "counts of cases are part of what a test run says")]

mod bundle;
mod cleansed;
mod csvw;
mod differential;
mod drift;
mod engines;
mod fixture;
mod flips;
mod formats;
mod gx;
mod increment;
mod input;
mod json_schema;
mod layout;
mod outputs;
mod overrides;
mod partitions;
mod past;
mod profile;
mod proofs;
mod proxy;
mod registry;
mod rejects;
mod remote;
mod robust;
mod run;
mod serve;
mod small;
mod spill;
mod steadiness;
mod tidy;
mod titanic;
mod trust;
mod truth;
mod wire;
