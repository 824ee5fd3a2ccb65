//! Tests of the language as it is written down: documentation and case files.

mod cases;
mod docs;
mod yaml;
