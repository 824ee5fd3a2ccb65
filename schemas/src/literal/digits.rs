//! A decimal number as its digits, so that nothing is rounded while it is checked.

use std::cmp::Ordering;
use std::fmt;

/// A decimal number without superfluous zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Digits {
    /// Reads digits with an optional sign and point; `None` where the text is anything else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self {
            negative: negative && !zero,
            whole: whole.to_owned(),
            fraction: fraction.to_owned(),
        })
    }

    /// Digits before the point.
    pub(super) fn whole(&self) -> usize {
        self.whole.len()
    }

    /// Digits after the point.
    pub(super) fn fraction(&self) -> usize {
        self.fraction.len()
    }
}

impl Ord for Digits {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |left: &Self, right: &Self| {
            (left.whole.len(), &left.whole, &left.fraction).cmp(&(
                right.whole.len(),
                &right.whole,
                &right.fraction,
            ))
        };
        match (self.negative, other.negative) {
            (false, false) => size(self, other),
            (true, true) => size(other, self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Digits {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        f.write_str(if self.whole.is_empty() { "0" } else { &self.whole })?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn superfluous_zeros_go() {
        for (written, kept) in [("007.50", "7.5"), ("-0.0", "0"), ("+3", "3"), ("-0.05", "-0.05")] {
            assert_eq!(Digits::read(written).unwrap().to_string(), kept);
        }
        for bad in ["", ".", "1.", ".5", "1e3", "NaN", "1,5", "--1", "١"] {
            assert_eq!(Digits::read(bad), None, "{bad}");
        }
    }
}
