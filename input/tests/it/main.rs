//! Tests of the input crate, in one binary.

#![expect(clippy::unwrap_used, reason = "what is not as the test made it ends the test")]

mod remote;
mod transcode;
