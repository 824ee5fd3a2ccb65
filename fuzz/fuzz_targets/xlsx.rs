//! Any bytes as a `.xlsx` file of a library.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assay_fuzz::compile_file("xlsx", bytes));
