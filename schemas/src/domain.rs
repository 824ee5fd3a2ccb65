//! Which values a rule lets pass: an interpreter of plans over sets of values instead of rows.
//!
//! A rule type says what it means by lowering to the plan, so its plan is all that is read here, and a new
//! rule type is understood as far as it is made of known nodes. A row condition comes apart into
//! [`Demand`]s: each names a [`Term`], which is a column, a part such as `length(code)`, or the order of
//! two values, and the [`Domain`] in which it lies wherever the condition holds. What is not understood is
//! a term of its own that is true or false.
//!
//! Everything errs to one side: what a domain leaves out is certainly impossible, and what is claimed of a
//! condition being no more than its demands ([`Demands::exact`]) is certain too.

mod constant;
mod demand;
mod language;
mod point;
mod ranges;
mod term;
mod truth;

#[cfg(test)]
pub(crate) mod tests;

pub use constant::Trial;
pub use demand::{Demand, Demands, Want, bounds, passing};
pub use language::{Extent, Language, Relation, extent};
pub use point::Point;
pub use ranges::{End, Ranges};
pub use term::{Term, Types, Universe};
pub use truth::{Known, Truth, truth};

/// A set of values, null and NaN among them or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Null is in it.
    pub null: bool,
    /// NaN is in it; greater than every number, but in no range.
    pub nan: bool,
    /// The other values.
    pub values: Ranges,
}

impl Domain {
    /// Nothing.
    pub fn none() -> Self {
        Self { null: false, nan: false, values: Ranges::none() }
    }

    /// Everything.
    pub fn all() -> Self {
        Self { null: true, nan: true, values: Ranges::all() }
    }

    /// Null alone.
    pub fn null() -> Self {
        Self { null: true, ..Self::none() }
    }

    /// Everything but null.
    pub fn not_null() -> Self {
        Self { null: false, ..Self::all() }
    }

    /// These values, without null and NaN.
    pub fn of(values: Ranges) -> Self {
        Self { null: false, nan: false, values }
    }

    /// The same set with null.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        self.null = true;
        self
    }

    /// What is not in it.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { null: !self.null, nan: !self.nan, values: self.values.complement() }
    }

    /// What is in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        Self {
            null: self.null && other.null,
            nan: self.nan && other.nan,
            values: self.values.meet(&other.values),
        }
    }

    /// What is in one or the other.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        self.complement().meet(&other.complement()).complement()
    }

    /// Whether nothing is in it.
    pub fn is_none(&self) -> bool {
        !self.null && !self.has_value()
    }

    /// Whether anything but null is in it.
    pub fn has_value(&self) -> bool {
        self.nan || !self.values.is_none()
    }

    /// Whether everything of it is in `other`.
    pub fn within(&self, other: &Self) -> bool {
        (other.null || !self.null) && (other.nan || !self.nan) && self.values.within(&other.values)
    }

    /// Whether both hold values that have an order with each other, or one of them names none.
    pub fn comparable(&self, other: &Self) -> bool {
        match (self.values.first(), other.values.first()) {
            (Some(one), Some(other)) => one.comparable(other),
            _ => true,
        }
    }
}
