//! Any bytes as a `.yaml` file of a library.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assay_fuzz::compile_file("yaml", bytes));
