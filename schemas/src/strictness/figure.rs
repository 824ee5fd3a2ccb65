//! Figures that can be told to be never smaller, or never greater, than another.

use super::{Ground, Strictness, bounds};
use crate::plan::{Bounds, Measure, Metric, MetricFunction};

/// How a figure stands to another, whatever the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Same,
    /// Never smaller.
    AtLeast,
    /// Never greater.
    AtMost,
    Other,
    Unknown,
}

impl Standing {
    /// From what is counted: stricter where more is.
    fn of_counted(counted: Strictness) -> Self {
        match counted {
            Strictness::Equivalent => Self::Same,
            Strictness::Stricter => Self::AtLeast,
            Strictness::Looser => Self::AtMost,
            Strictness::Incomparable => Self::Other,
            Strictness::Unknown => Self::Unknown,
        }
    }

    /// The standing of a sum of two.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Same, other) => other,
            (own, Self::Same) => own,
            (own, other) if own == other => own,
            _ => Self::Other,
        }
    }

    fn turned(self) -> Self {
        match self {
            Self::AtLeast => Self::AtMost,
            Self::AtMost => Self::AtLeast,
            other => other,
        }
    }
}

/// Holds a demand on a figure against the one before.
pub(super) fn compare(
    (before, within): (&Measure, &Bounds),
    (after, now_within): (&Measure, &Bounds),
    ground: &Ground<'_>,
) -> Strictness {
    let ends = bounds::compare(within, now_within);
    let moved = match (standing(before, after, ground), bounds::sides(now_within)) {
        (Standing::Same, _) => Strictness::Equivalent,
        (Standing::AtLeast, (false, true)) | (Standing::AtMost, (true, false)) => {
            Strictness::Stricter
        }
        (Standing::AtLeast, (true, false)) | (Standing::AtMost, (false, true)) => {
            Strictness::Looser
        }
        (Standing::Unknown, _) => Strictness::Unknown,
        _ => Strictness::Incomparable,
    };
    ends.and(moved)
}

fn standing(before: &Measure, after: &Measure, ground: &Ground<'_>) -> Standing {
    match (before, after) {
        (before, after) if before == after => Standing::Same,
        (Measure::Metric { metric: before }, Measure::Metric { metric: after })
        | (Measure::Age { metric: before }, Measure::Age { metric: after }) => {
            metric(before, after, ground)
        }
        (
            Measure::Ratio { part: before, whole },
            Measure::Ratio { part: after, whole: now_whole },
        ) if whole == now_whole => metric(before, after, ground),
        (
            Measure::Linear { constant: before, terms },
            Measure::Linear { constant: after, terms: now_terms },
        ) if terms.iter().map(|term| term.0).eq(now_terms.iter().map(|term| term.0)) => {
            let constant = Standing::of_counted(Strictness::rising(before, after));
            terms.iter().zip(now_terms).fold(constant, |found, ((factor, old), (_, new))| {
                let standing = metric(old, new, ground);
                found.and(if *factor < 0.0 { standing.turned() } else { standing })
            })
        }
        _ => Standing::Unknown,
    }
}

fn metric(before: &Metric, after: &Metric, ground: &Ground<'_>) -> Standing {
    let over = ground.rows(before.filter.as_ref(), after.filter.as_ref());
    if before.value != after.value {
        return Standing::Unknown;
    }
    if before == after {
        return Standing::Same;
    }
    if before.function == after.function {
        return match before.function {
            MetricFunction::Count | MetricFunction::CountDistinct | MetricFunction::Max => {
                Standing::of_counted(over)
            }
            MetricFunction::Min => Standing::of_counted(over).turned(),
            _ if over == Strictness::Equivalent => Standing::Same,
            _ => Standing::Unknown,
        };
    }
    if over != Strictness::Equivalent {
        return Standing::Unknown;
    }
    use MetricFunction as M;
    match (&before.function, &after.function) {
        (M::DistinctOutside { set: old }, M::DistinctOutside { set: new }) => {
            Standing::of_counted(ground.members(old, new)).turned()
        }
        (M::DistinctMissing { set: old }, M::DistinctMissing { set: new }) => {
            Standing::of_counted(ground.members(old, new))
        }
        (M::MostCommonIn { set: old, ties }, M::MostCommonIn { set: new, ties: now_ties }) => {
            let ties = Strictness::rising(ties, now_ties);
            Standing::of_counted(ground.members(old, new).and(ties))
        }
        (M::Quantile { q: old }, M::Quantile { q: new }) => {
            Standing::of_counted(Strictness::rising(old, new))
        }
        _ => Standing::Other,
    }
}
