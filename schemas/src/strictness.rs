//! Strictness: what a check finds beside one that it takes the place of.
//!
//! A rule type says what it means by lowering to the plan, so two uses of it are held against each other
//! there, through the values that they let pass ([`crate::domain`]) and the ends of their bounds. A new rule
//! type is compared without code of its own as far as it is made of known nodes; a new node makes this
//! module fail to compile until it answers.
//!
//! Everything errs to one side: what is called stricter, looser or equivalent is certain, and whatever cannot
//! be told is [`Strictness::Unknown`].

mod body;
mod bounds;
mod figure;
mod rows;
mod tolerance;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::plan::{Body, Check, Columns, Empty, Field};
use rows::Ground;

pub use tolerance::compare as compare_tolerances;

/// How something stands to what it takes the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// It finds the same.
    Equivalent,
    /// It finds all that was found, and may find more.
    Stricter,
    /// It finds nothing that was not found, and may find less.
    Looser,
    /// It may find what was not found, and miss what was.
    Incomparable,
    /// It cannot be told.
    Unknown,
}

/// What changes where a check takes the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What is found in the rows that are looked at.
    pub verdict: Strictness,
    /// The rows that are looked at: stricter where there are more.
    pub coverage: Strictness,
    /// What a violation leads to: stricter where it is more severe.
    pub severity: Strictness,
}

impl Comparison {
    /// Nothing changes.
    pub const NONE: Self = Self {
        verdict: Strictness::Equivalent,
        coverage: Strictness::Equivalent,
        severity: Strictness::Equivalent,
    };
}

impl Strictness {
    /// Both parts of a demand change, each in its own way.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Equivalent, other) => other,
            (own, Self::Equivalent) => own,
            (own, other) if own == other => own,
            _ => Self::Incomparable,
        }
    }

    /// The same seen from the other side.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Stricter => Self::Looser,
            Self::Looser => Self::Stricter,
            other => other,
        }
    }

    /// What letting through one set instead of another comes to, from what is known of each lying in the other.
    fn of_admitted(before_in_after: Option<bool>, after_in_before: Option<bool>) -> Self {
        match (before_in_after, after_in_before) {
            (Some(true), Some(true)) => Self::Equivalent,
            (_, Some(true)) => Self::Stricter,
            (Some(true), _) => Self::Looser,
            (Some(false), Some(false)) => Self::Incomparable,
            _ => Self::Unknown,
        }
    }

    /// A value that grows makes the demand stricter.
    pub fn rising<T: PartialOrd>(before: &T, after: &T) -> Self {
        match before.partial_cmp(after) {
            Some(std::cmp::Ordering::Equal) => Self::Equivalent,
            Some(std::cmp::Ordering::Less) => Self::Stricter,
            Some(std::cmp::Ordering::Greater) => Self::Looser,
            None => Self::Unknown,
        }
    }

    /// A value that grows makes the demand looser.
    pub fn falling<T: PartialOrd>(before: &T, after: &T) -> Self {
        Self::rising(before, after).turned()
    }

    /// Another value makes it another demand.
    fn same<T: PartialEq>(before: &T, after: &T) -> Self {
        if before == after { Self::Equivalent } else { Self::Incomparable }
    }

    /// Another value may mean anything.
    fn opaque<T: PartialEq>(before: &T, after: &T) -> Self {
        if before == after { Self::Equivalent } else { Self::Unknown }
    }

    /// More members make the demand stricter; their order does not count.
    fn more<T: Ord>(before: &[T], after: &[T]) -> Self {
        let before: BTreeSet<_> = before.iter().collect();
        let after: BTreeSet<_> = after.iter().collect();
        Self::of_admitted(Some(after.is_subset(&before)), Some(before.is_subset(&after)))
    }
}

/// Holds a check against the one whose place it takes. `before` and `after` are the columns that the dataset
/// declares on either side.
pub fn compare(
    (before, before_fields): (&Check, &[Field]),
    (after, after_fields): (&Check, &[Field]),
) -> Comparison {
    let ground = Ground::of(before_fields, after_fields);
    let coverage = ground.rows(before.filter.as_ref(), after.filter.as_ref());
    let mut verdict = body::compare(&before.body, &after.body, &ground)
        .and(tolerance::compare(&before.tolerance, &after.tolerance))
        .and(tolerance::levels(before.warn.as_ref(), after.warn.as_ref()))
        .and(segments(before, after))
        .and(Strictness::rising(&rank(before.empty), &rank(after.empty)));
    // A figure over other rows is another figure, and a share of other rows another share.
    if coverage != Strictness::Equivalent && (is_figure(&after.body) || tolerance::is_share(after))
    {
        verdict = verdict.and(Strictness::Unknown);
    }
    Comparison {
        verdict,
        coverage,
        severity: Strictness::rising(&before.severity, &after.severity),
    }
}

/// What is said where nothing was evaluated, from the least to the most demanding.
fn rank(empty: Empty) -> u8 {
    match empty {
        Empty::Pass => 0,
        Empty::NotEvaluated => 1,
        Empty::Fail => 2,
    }
}

/// Whether a body judges one figure of all rows.
fn is_figure(body: &Body) -> bool {
    match body {
        Body::Metric { .. } | Body::Arrivals(_) | Body::Compare(_) | Body::Query(_) => true,
        // Rows that are no longer looked at are nobody's neighbours, doubles or majority any more.
        Body::Beside(_) | Body::Dependency { .. } => true,
        Body::Rows { .. }
        | Body::Unique { .. }
        | Body::Reference { .. }
        | Body::Difference(_)
        | Body::Columns(_)
        | Body::Files(_)
        | Body::Structure { .. } => false,
    }
}

fn segments(before: &Check, after: &Check) -> Strictness {
    if before.segments == after.segments {
        return Strictness::Equivalent;
    }
    let finer = Strictness::more(&before.segments, &after.segments);
    match &after.body {
        // A row that violates does so in whichever segment it is.
        Body::Rows { .. } if tolerance::is_none(before) && tolerance::is_none(after) => {
            Strictness::Equivalent
        }
        // Where no segment has too great a share, the whole has not either.
        Body::Rows { .. }
            if tolerance::is_only_share(before) && tolerance::is_only_share(after) =>
        {
            finer
        }
        _ if finer == Strictness::Equivalent => finer,
        _ => Strictness::Unknown,
    }
}

/// More columns, in any order.
fn columns(before: &Columns, after: &Columns) -> Strictness {
    Strictness::more(before, after)
}
