//! The lake, the lineage and the reports of the executor. One binary, so that DuckDB is linked once.

mod lake;
mod lineage;
mod report;
mod support;
