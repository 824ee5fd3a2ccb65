//! Decimals: digits as whole numbers of 128 bits, and how many of them stand behind the point.

use polars::prelude::{PolarsError, PolarsResult, polars_err};

/// The most digits of a decimal.
pub(super) const MOST: u8 = 38;

/// What DuckDB calls an error of the whole scan: a number beyond its type.
pub(super) fn beyond() -> PolarsError {
    polars_err!(ComputeError: "Out of Range: a number is beyond its type")
}

/// Ten to the power of `digits`, at most 38.
pub(super) fn power(digits: u8) -> i128 {
    10_i128.pow(u32::from(digits.min(MOST)))
}

/// Whether a number has at most `precision` digits.
pub(super) fn fits(value: i128, precision: u8) -> bool {
    value.unsigned_abs() < power(precision).unsigned_abs()
}

/// A number with `scale` digits behind the point as one with more, where it fits `precision` digits.
pub(super) fn raise(value: i128, scale: u8, precision: u8, to: u8) -> PolarsResult<i128> {
    let raised = value.checked_mul(power(to.saturating_sub(scale)));
    raised.filter(|raised| fits(*raised, precision)).ok_or_else(beyond)
}

/// A number with `scale` digits behind the point as a double, correctly rounded.
pub(super) fn double(value: i128, scale: u8) -> f64 {
    const EXACT: i128 = 1 << 53;
    if value.abs() <= EXACT && scale <= 22 {
        return value as f64 / 10_f64.powi(i32::from(scale));
    }
    if scale == 0 {
        // In two halves, as DuckDB does it.
        let (low, high) = (value as u64, (value >> 64) as i64);
        return match high {
            -1 => -((u64::MAX - low) as f64) - 1.0,
            _ => low as f64 + high as f64 * 18_446_744_073_709_551_616.0,
        };
    }
    format!("{value}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// A number divided by a power of ten, half away from zero.
pub(super) fn divide_round(value: i128, by: i128) -> i128 {
    let (whole, rest) = (value / by, value % by);
    if rest.unsigned_abs() * 2 >= by.unsigned_abs() { whole + value.signum() } else { whole }
}
