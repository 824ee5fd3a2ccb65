//! Tests of the language as it is written down: documentation and case files.

#![expect(clippy::unwrap_used, reason = "a broken case file ends the test")]

mod cases;
mod docs;
mod yaml;
