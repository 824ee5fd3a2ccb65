//! The compiler: a Git commit becomes a bundle.

pub mod codeowners;
pub mod commands;
pub mod compile;
pub mod diagnostic;
pub mod diff;
pub mod drift;
pub mod edit;
mod field;
pub mod fix;
pub mod git;
pub mod libraries;
pub mod odcs;
pub mod past;
pub mod promotion;
pub mod recheck;
pub mod reference;
pub mod report;
pub mod review;
pub mod scaffold;
pub mod source;
pub mod store;
pub mod write;
