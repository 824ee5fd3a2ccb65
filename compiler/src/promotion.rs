//! Promotion: one branch for each environment, and what may move along them.
//!
//! Branches of environments hold nothing of their own. A promotion makes a branch hold what the branch of the
//! environment before it holds, and a rollback what it held itself before; both are commits, so that the branch
//! remains the whole truth. What keeps a promotion back is found by [`stray`] and [`hold`] in the commits alone.

pub mod hold;
pub mod selection;
pub mod stray;

pub use hold::Hold;
pub use stray::{Stray, Way, strays};

/// The trailer of a commit that promotes: the commit that its files are taken from.
pub const PROMOTION: &str = "Assay-Promotion";
/// The trailer of a commit that goes back: the content digest of the bundle that is gone back to.
pub const ROLLBACK: &str = "Assay-Rollback";
/// The trailer of a commit that forbids a bundle for a time: its content digest, `until`, and a day.
pub const HOLD: &str = "Assay-Hold";
