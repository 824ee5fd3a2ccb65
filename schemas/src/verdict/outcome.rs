//! How runs end.

use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every check passed or was not evaluated, and the threshold held.
    Success,
    /// Nothing hard failed, but something warned, or hard failures stayed within the threshold.
    Partial,
    /// A hard check failed beyond the threshold.
    Failed,
    /// Waits for a person.
    PendingApproval,
    /// The run or one of its checks could not be carried out.
    Error,
    /// Another run already answers the same request.
    Skipped,
}

impl Outcome {
    /// The printed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::PendingApproval => "pending_approval",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}
