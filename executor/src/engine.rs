//! The engines of this executor, beside what all of them promise.

mod auto;
mod chosen;
pub mod duckdb;

pub use assay_engine::*;
pub use chosen::Chosen;
