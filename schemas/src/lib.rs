//! The language of Assay: what can be authored, what it means, and the bundle it is sealed into.
//!
//! Nothing here opens a socket or a clock, and nothing but [`bundle::Folder`] opens a file.

pub mod action;
pub mod bundle;
pub mod canonical;
pub mod cleanse;
pub mod code;
pub mod datatype;
pub mod day;
pub mod digest;
pub mod doc;
pub mod document;
pub mod domain;
pub mod drift;
pub mod exit;
pub mod expect;
pub mod expression;
pub mod id;
pub mod impact;
pub mod json;
pub mod library;
pub mod literal;
pub mod pattern;
pub mod period;
pub mod plan;
pub mod problem;
pub mod query;
pub mod rule;
pub mod run_override;
pub mod shape;
pub mod shell;
pub mod strictness;
pub mod threshold;
pub mod trust;
pub mod verdict;
pub mod verification;
pub mod words;
