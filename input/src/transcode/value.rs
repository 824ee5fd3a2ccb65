//! Canonical text of numbers.

use std::borrow::Cow;
use std::io::Write as _;

/// Digits up to which an exponent is written out.
const MOST_DIGITS: usize = 40;

/// Writes a double in its shortest form that reads back as the same number.
pub(crate) fn double(number: f64, out: &mut Vec<u8>) {
    let size = number.abs();
    // Writing into memory cannot fail.
    let _ = if number.is_nan() {
        write!(out, "NaN")
    } else if number.is_infinite() {
        write!(out, "{}Infinity", if number < 0.0 { "-" } else { "" })
    } else if size == 0.0 {
        write!(out, "0")
    } else if (1e-7..1e21).contains(&size) {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
}

/// A single-precision number likewise.
pub(crate) fn single(number: f32, out: &mut Vec<u8>) {
    let mut text = Vec::new();
    let size = number.abs();
    if number.is_finite() && (1e-7..1e21).contains(&size) {
        let _ = write!(text, "{number}");
    } else if number.is_finite() && size > 0.0 {
        let _ = write!(text, "{number:e}");
    } else {
        double(f64::from(number), &mut text);
    }
    out.extend_from_slice(&text);
}

/// A number of JSON with all of its digits. A fraction of zeros only is dropped, so that `3.0` is an integer,
/// and an exponent is written out where at most 40 digits come of it.
pub(crate) fn json_number(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let cut = text.find(['e', 'E']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(cut);
    if exponent.is_empty() {
        return Cow::Borrowed(without_zero_fraction(mantissa));
    }
    let Some(power) = exponent[1..].parse::<i32>().ok().filter(|power| power.abs() < 64) else {
        return Cow::Borrowed(text);
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let point = whole.len() as i32 + power;
    let length = all.len() as i32;
    let written = if point <= 0 {
        format!("0.{}{all}", "0".repeat(point.unsigned_abs() as usize))
    } else if point >= length {
        format!("{all}{}", "0".repeat((point - length) as usize))
    } else {
        let (whole, fraction) = all.split_at(point as usize);
        format!("{whole}.{fraction}")
    };
    if written.len() > MOST_DIGITS {
        return Cow::Borrowed(text);
    }
    // `0.5e3` begins with a zero that is none of `500`.
    let lean = written.trim_start_matches('0');
    let lean = if lean.is_empty() || lean.starts_with('.') {
        &written[written.len() - lean.len() - 1..]
    } else {
        lean
    };
    Cow::Owned(format!("{sign}{}", without_zero_fraction(lean)))
}

/// `3.00` is `3`; `3.10` stays.
fn without_zero_fraction(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    }
}

/// The digits of a whole number, shifted by `scale` places behind the point.
pub(crate) fn decimal(digits: &str, scale: usize) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_keep_their_digits() {
        let cases = [
            ("1", "1"),
            ("-1", "-1"),
            ("3.0", "3"),
            ("3.10", "3.10"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("0.1234567890123456789012", "0.1234567890123456789012"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("-1.5e2", "-150"),
            ("1.25e1", "12.5"),
            ("0.5e3", "500"),
            ("5e-3", "0.005"),
            ("0e5", "0"),
            ("0.0e-2", "0"),
            ("1e300", "1e300"),
            ("1e-63", "1e-63"),
        ];
        for (from, to) in cases {
            assert_eq!(json_number(from), to, "{from}");
        }
    }

    #[test]
    fn decimals_have_their_scale() {
        assert_eq!(decimal("12345", 2), "123.45");
        assert_eq!(decimal("-5", 2), "-0.05");
        assert_eq!(decimal("7", 0), "7");
    }

    proptest! {
        #[test]
        fn doubles_read_back(number in proptest::num::f64::NORMAL) {
            let mut text = Vec::new();
            double(number, &mut text);
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits());
            prop_assert!(!text.ends_with(".0"));
        }

        #[test]
        fn a_written_out_exponent_changes_no_value(number in proptest::num::f64::NORMAL) {
            let text = format!("{number:e}");
            prop_assert_eq!(json_number(&text).parse::<f64>().unwrap(), number);
        }
    }
}
