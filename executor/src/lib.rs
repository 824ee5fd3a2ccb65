//! The executor: a bundle and a dataset become verdicts, rows, lineage and evidence.

pub mod act;
pub mod cleanse;
pub mod commands;
pub mod deliver;
pub mod drift;
pub mod engine;
pub mod files;
pub mod fixture;
pub mod flips;
pub mod history;
pub mod http;
pub mod input;
pub mod judge;
pub mod lake;
pub mod lineage;
pub mod load;
pub mod loose;
pub mod overrides;
pub mod profile;
pub mod redact;
pub mod report;
pub mod result;
pub mod run;
pub mod score;
pub mod serve;
pub use assay_input::secret;
