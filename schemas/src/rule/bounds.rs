//! Bounds, as rules with two ends share them.

use std::cmp::Ordering;

use crate::code::Code;
use crate::plan::{Bounds, Function};
use crate::problem::{Pointer, Problem};

/// Two ends and whether they belong to what lies between them.
pub(super) struct Ends<'a, T> {
    pub(super) min: Option<&'a T>,
    pub(super) max: Option<&'a T>,
    pub(super) exclusive_min: bool,
    pub(super) exclusive_max: bool,
}

impl<T> Ends<'_, T> {
    /// The interval in words, after "is".
    pub(super) fn words(&self, shown: impl Fn(&T) -> String) -> String {
        let exclusive = self.exclusive_min || self.exclusive_max;
        match (self.min.map(&shown), self.max.map(&shown)) {
            (Some(min), Some(max)) if !exclusive => format!("from {min} to {max}"),
            (min, max) => {
                let above = if self.exclusive_min { "greater than" } else { "at least" };
                let below = if self.exclusive_max { "less than" } else { "at most" };
                let min = min.map(|min| format!("{above} {min}"));
                let max = max.map(|max| format!("{below} {max}"));
                min.into_iter().chain(max).collect::<Vec<_>>().join(" and ")
            }
        }
    }
}

/// What is wrong with bounds, seen from the parameters; `compare` knows the order of two of them.
pub(super) fn check<T>(
    ends: &Ends<'_, T>,
    compare: impl Fn(&T, &T) -> Option<Ordering>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if ends.min.is_none() && ends.max.is_none() {
        let message = "neither `min` nor `max` is given, so nothing is demanded";
        problems.push(
            Problem::new(Code::MissingField, Pointer::root(), message).hint("write `min: 0`"),
        );
        return problems;
    }
    let flags = [
        ("exclusive_min", ends.exclusive_min, ends.min.is_some(), "min"),
        ("exclusive_max", ends.exclusive_max, ends.max.is_some(), "max"),
    ];
    for (flag, set, has_end, end) in flags {
        if set && !has_end {
            let message = format!("`{flag}` has no `{end}` to exclude");
            problems.push(
                Problem::new(Code::BadValue, Pointer::from(flag), message)
                    .hint(format!("`{flag}` is true or false; the bound itself is `{end}`")),
            );
        }
    }
    if let (Some(min), Some(max)) = (ends.min, ends.max) {
        let exclusive = ends.exclusive_min || ends.exclusive_max;
        if let Some(message) = compare(min, max).and_then(|order| emptiness(order, exclusive)) {
            problems.push(Problem::new(Code::BadValue, Pointer::from("min"), message));
        }
    }
    problems
}

/// Why there is nothing between bounds of this order, if there is nothing.
pub(super) fn emptiness(order: Ordering, exclusive: bool) -> Option<&'static str> {
    match order {
        Ordering::Greater => Some("`min` is greater than `max`, so no value fits"),
        Ordering::Equal if exclusive => {
            Some("`min` equals `max` and is excluded, so no value fits")
        }
        _ => None,
    }
}

/// The comparisons with the lower and the upper end.
pub(super) fn comparisons(exclusive_min: bool, exclusive_max: bool) -> (Function, Function) {
    (
        if exclusive_min { Function::Greater } else { Function::GreaterOrEqual },
        if exclusive_max { Function::Less } else { Function::LessOrEqual },
    )
}

/// Bounds or an exact number, as rules about whole numbers share them.
pub(super) struct Whole {
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
    pub(super) exactly: Option<u64>,
}

impl Whole {
    /// What is wrong with them, seen from the parameters.
    pub(super) fn check(&self) -> Vec<Problem> {
        match (self.exactly, self.min.or(self.max)) {
            (Some(_), None) => Vec::new(),
            (Some(_), Some(_)) => vec![Problem::new(
                Code::BadValue,
                Pointer::from("exactly"),
                "`exactly` stands alone, without `min` and `max`",
            )],
            (None, None) => vec![
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    "none of `min`, `max` and `exactly` is given, so nothing is demanded",
                )
                .hint("write `min: 1`"),
            ],
            (None, Some(_)) => check(&self.ends(), |min, max| Some(min.cmp(max))),
        }
    }

    /// The same as two ends.
    pub(super) fn ends(&self) -> Ends<'_, u64> {
        Ends {
            min: self.exactly.as_ref().or(self.min.as_ref()),
            max: self.exactly.as_ref().or(self.max.as_ref()),
            exclusive_min: false,
            exclusive_max: false,
        }
    }

    /// The same as bounds of the plan.
    pub(super) fn bounds(&self) -> Bounds {
        let ends = self.ends();
        Bounds {
            min: ends.min.map(|min| *min as f64),
            max: ends.max.map(|max| *max as f64),
            ..Bounds::default()
        }
    }

    /// The numbers in words, after "is".
    pub(super) fn words(&self) -> String {
        match self.exactly {
            Some(exactly) => format!("exactly {exactly}"),
            None => self.ends().words(u64::to_string),
        }
    }
}
