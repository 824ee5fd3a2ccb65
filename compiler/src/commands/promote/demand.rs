//! What is demanded of a promotion, in words that say what keeps it back.

use assay_schemas::day::Day;
use assay_schemas::digest::Digest;
use assay_schemas::exit::Exit;
use serde::Serialize;

use super::super::environments::Branches;
use super::super::review::{Reviewed, short};
use crate::promotion::{Hold, Stray};
use crate::review::needing;

/// One demand on a promotion.
#[derive(Debug, Serialize)]
pub(super) struct Demand {
    pub(super) demand: &'static str,
    pub(super) holds: bool,
    pub(super) words: String,
    #[serde(skip)]
    pub(super) exit: Exit,
}

/// The branch holds nothing but promotions and rollbacks.
pub(super) fn own_commits(branches: &Branches, found: &[Stray]) -> Demand {
    let words = match found {
        [] => format!("branch `{}` holds no commit of its own", branches.to_branch),
        found => {
            let named = found.iter().take(3).map(|stray| {
                format!(
                    "{} \"{}\" by {} ({})",
                    short(Some(&stray.commit)),
                    stray.title,
                    stray.author,
                    stray.way.words()
                )
            });
            let named: Vec<_> = named.collect();
            format!(
                "branch `{}` holds commits of its own: {}",
                branches.to_branch,
                named.join("; ")
            )
        }
    };
    Demand { demand: "no_own_commits", holds: found.is_empty(), words, exit: Exit::Drift }
}

pub(super) fn held(holds: &[Hold], content_digest: Digest, day: Option<Day>) -> Demand {
    let found = holds.iter().find(|hold| hold.keeps(content_digest, day));
    let words = match found {
        None => "no hold is on it".to_owned(),
        Some(hold) => format!(
            "it is held until {}, since the rollback {}: change what was wrong with it",
            hold.until,
            short(Some(&hold.commit))
        ),
    };
    Demand { demand: "not_held", holds: found.is_none(), words, exit: Exit::Gating }
}

pub(super) fn agreed(reviewed: &Reviewed) -> Demand {
    let gating = reviewed.review.summary().gating;
    let words = match gating {
        0 => "nothing that it means needs agreement".to_owned(),
        gating => needing(gating),
    };
    Demand { demand: "agreed", holds: gating == 0, words, exit: Exit::Gating }
}
