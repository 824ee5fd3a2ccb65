//! Where a figure must lie.

use super::Strictness;
use crate::domain;
use crate::plan::{Adapt, Anomaly, Bounds, Direction};

/// Holds bounds against those before.
pub(super) fn compare(before: &Bounds, after: &Bounds) -> Strictness {
    let fixed = {
        let (before, after) = (domain::bounds(before), domain::bounds(after));
        Strictness::of_admitted(Some(before.within(&after)), Some(after.within(&before)))
    };
    let made = match (before.adapt.as_deref(), after.adapt.as_deref()) {
        (None, None) => Strictness::Equivalent,
        (before, after) if before == after => Strictness::Equivalent,
        (None, Some(_)) => Strictness::Stricter,
        (Some(_), None) => Strictness::Looser,
        (Some(Adapt::Anomaly(before)), Some(Adapt::Anomaly(after))) => anomaly(before, after),
        (Some(_), Some(_)) => Strictness::Unknown,
    };
    fixed.and(made)
}

fn anomaly(before: &Anomaly, after: &Anomaly) -> Strictness {
    let sides = |direction: Direction| match direction {
        Direction::Both => [true, true],
        Direction::Spike => [true, false],
        Direction::Drop => [false, true],
    };
    let (old, new) = (sides(before.direction), sides(after.direction));
    Strictness::falling(&before.threshold, &after.threshold)
        .and(Strictness::rising(&old[0], &new[0]))
        .and(Strictness::rising(&old[1], &new[1]))
        .and(Strictness::falling(&before.min_samples, &after.min_samples))
        .and(Strictness::opaque(&before.method, &after.method))
        .and(Strictness::opaque(&before.window, &after.window))
}

/// Which ends a figure can leave.
pub(super) fn sides(bounds: &Bounds) -> (bool, bool) {
    match &bounds.adapt {
        Some(_) => (true, true),
        None => (bounds.min.is_some(), bounds.max.is_some()),
    }
}
