//! Sets of points as what lies between cuts, closed under complement, intersection and union.

use std::cmp::Ordering;

use super::Point;

/// A place between points: right before one or right after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut {
    pub(super) point: Point,
    pub(super) after: bool,
}

/// A set of points of one kind. Walking up from below, each cut changes whether one is inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    /// Whether what lies below the first cut is inside.
    below: bool,
    /// In order, all different.
    cuts: Vec<Cut>,
}

/// An end of an interval and whether it is inside; `None` where there is no end.
pub type End<'a> = Option<(&'a Point, bool)>;

impl Ranges {
    /// Nothing.
    pub fn none() -> Self {
        Self { below: false, cuts: Vec::new() }
    }

    /// Everything.
    pub fn all() -> Self {
        Self { below: true, cuts: Vec::new() }
    }

    /// What is less than `point`, or equal to it where `with` says so.
    pub fn up_to(point: Point, with: bool) -> Self {
        Self { below: true, cuts: vec![Cut { point, after: with }] }
    }

    /// What is greater than `point`, or equal to it where `with` says so.
    pub fn from(point: Point, with: bool) -> Self {
        Self { below: false, cuts: vec![Cut { point, after: !with }] }
    }

    /// Exactly these points.
    pub fn points(points: impl IntoIterator<Item = Point>) -> Self {
        let mut points: Vec<_> = points.into_iter().collect();
        points.sort();
        points.dedup();
        let cuts = points.into_iter().flat_map(|point| {
            [Cut { point: point.clone(), after: false }, Cut { point, after: true }]
        });
        Self { below: false, cuts: cuts.collect() }
    }

    /// What is not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { below: !self.below, cuts: self.cuts.clone() }
    }

    /// What is in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        if self.cuts.is_empty() {
            return if self.below { other.clone() } else { Self::none() };
        }
        if other.cuts.is_empty() {
            return if other.below { self.clone() } else { Self::none() };
        }
        let (mut one, mut two) = (self.below, other.below);
        let mut inside = one && two;
        let mut result = Self { below: inside, cuts: Vec::new() };
        let (mut left, mut right) = (self.cuts.iter().peekable(), other.cuts.iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(left), Some(right)) => left.cmp(right),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return result,
            };
            let mut cut = None;
            if order.is_le() {
                one = !one;
                cut = left.next();
            }
            if order.is_ge() {
                two = !two;
                cut = right.next();
            }
            if (one && two) != inside {
                inside = !inside;
                result.cuts.extend(cut.cloned());
            }
        }
    }

    /// Whether everything of it is in `other`.
    pub fn within(&self, other: &Self) -> bool {
        let (mut one, mut two) = (self.below, other.below);
        let (mut left, mut right) = (self.cuts.as_slice(), other.cuts.as_slice());
        loop {
            if one && !two {
                return false;
            }
            let order = match (left.first(), right.first()) {
                (Some(left), Some(right)) => left.cmp(right),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return true,
            };
            if order.is_le() {
                one = !one;
                left = &left[1..];
            }
            if order.is_ge() {
                two = !two;
                right = &right[1..];
            }
        }
    }

    /// Whether nothing is in it.
    pub fn is_none(&self) -> bool {
        !self.below && self.cuts.is_empty()
    }

    /// Whether the point is in it.
    pub fn contain(&self, point: &Point) -> bool {
        let passed = self.cuts.partition_point(|cut| match cut.point.cmp(point) {
            Ordering::Less => true,
            Ordering::Equal => !cut.after,
            Ordering::Greater => false,
        });
        self.below != (passed % 2 == 1)
    }

    /// The points, where there is nothing but finitely many.
    pub fn as_points(&self) -> Option<Vec<&Point>> {
        if self.below || self.cuts.len() % 2 == 1 {
            return None;
        }
        let pairs = self.cuts.chunks_exact(2);
        pairs
            .map(|pair| match pair {
                [before, after] if before.point == after.point => Some(&before.point),
                _ => None,
            })
            .collect()
    }

    /// Both ends, each a point and whether it is inside, where all lies between without a gap.
    pub fn as_interval(&self) -> Option<(End<'_>, End<'_>)> {
        let low = |cut: &Cut| !cut.after;
        match (self.below, self.cuts.as_slice()) {
            (true, []) => Some((None, None)),
            (true, [max]) => Some((None, Some((&max.point, max.after)))),
            (false, [min]) => Some((Some((&min.point, low(min))), None)),
            (false, [min, max]) => {
                Some((Some((&min.point, low(min))), Some((&max.point, max.after))))
            }
            _ => None,
        }
    }

    /// How many ends there are: what working with it costs.
    pub fn size(&self) -> usize {
        self.cuts.len()
    }

    /// Some point that it names, inside or not.
    pub(super) fn first(&self) -> Option<&Point> {
        self.cuts.first().map(|cut| &cut.point)
    }

    /// The same set among points that lie on a grid: `snap` gives the first grid point at or behind a
    /// cut, or `None` where it does not know.
    pub(super) fn snapped(&self, snap: impl Fn(&Cut) -> Option<Point>) -> Self {
        let mut cuts: Vec<Cut> = Vec::with_capacity(self.cuts.len());
        for cut in &self.cuts {
            let snapped = match snap(cut) {
                Some(point) => Cut { point, after: false },
                None => cut.clone(),
            };
            // Two cuts at one place are none.
            if cuts.last() == Some(&snapped) {
                cuts.pop();
            } else {
                cuts.push(snapped);
            }
        }
        // A cut that could not be moved may stand behind one that was; the set then stays as it was.
        if cuts.is_sorted() { Self { below: self.below, cuts } } else { self.clone() }
    }
}
