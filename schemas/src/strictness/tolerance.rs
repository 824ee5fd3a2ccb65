//! How much violation is borne.

use super::{Strictness, bounds};
use crate::plan::{Check, Level, Tolerance};

/// Holds what is tolerated against what was.
pub fn compare(before: &Tolerance, after: &Tolerance) -> Strictness {
    let (before, after) = (Borne::of(before), Borne::of(after));
    Strictness::falling(&before.rows, &after.rows)
        .and(Strictness::falling(&before.share, &after.share))
}

/// Holds the level of a warning against the one before.
pub(super) fn levels(before: Option<&Level>, after: Option<&Level>) -> Strictness {
    match (before, after) {
        (None, None) => Strictness::Equivalent,
        (None, Some(_)) => Strictness::Stricter,
        (Some(_), None) => Strictness::Looser,
        (Some(Level::Rows { tolerance: before }), Some(Level::Rows { tolerance: after })) => {
            compare(before, after)
        }
        (Some(Level::Figure { bounds: before }), Some(Level::Figure { bounds: after })) => {
            bounds::compare(before, after)
        }
        (Some(Level::Rows { .. }), Some(Level::Figure { .. }))
        | (Some(Level::Figure { .. }), Some(Level::Rows { .. })) => Strictness::Unknown,
    }
}

/// Whether nothing is tolerated.
pub(super) fn is_none(check: &Check) -> bool {
    let borne = Borne::of(&check.tolerance);
    borne.rows == 0.0 && check.warn.is_none()
}

/// Whether what is tolerated depends on the number of rows that are judged.
pub(super) fn is_share(check: &Check) -> bool {
    let of_rows = |tolerance: &Tolerance| {
        let borne = Borne::of(tolerance);
        borne.rows > 0.0 && borne.share < 1.0
    };
    let warns = match &check.warn {
        Some(Level::Rows { tolerance }) => of_rows(tolerance),
        Some(Level::Figure { .. }) | None => false,
    };
    of_rows(&check.tolerance) || warns
}

/// Whether nothing but a share is tolerated.
pub(super) fn is_only_share(check: &Check) -> bool {
    check.tolerance.max_violations.is_none() && check.warn.is_none()
}

/// A tolerance whose two ends are both numbers.
struct Borne {
    rows: f64,
    share: f64,
}

impl Borne {
    fn of(tolerance: &Tolerance) -> Self {
        let none = Self { rows: 0.0, share: 0.0 };
        let (rows, share) = match (tolerance.max_violations, tolerance.max_violation_ratio) {
            (None, None) => return none,
            (rows, share) => (rows.map_or(f64::INFINITY, |rows| rows as f64), share.unwrap_or(1.0)),
        };
        // Where one allows none, neither does the other.
        if rows == 0.0 || share == 0.0 { none } else { Self { rows, share } }
    }
}
