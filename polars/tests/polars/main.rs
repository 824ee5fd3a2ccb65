//! Tests of the Polars engine alone, in one binary. What it must have in common with the other engines is
//! tested where all crates meet.

#![expect(clippy::unwrap_used, reason = "what is not as the test made it ends the test")]

mod expressions;
mod measures;
mod profiles;
mod sources;
mod steps;
