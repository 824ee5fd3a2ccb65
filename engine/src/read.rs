//! Values read from text, as every engine reads them. Only what has the form of a type is a value of it, white
//! space around it aside: no rounding, no value that would lose a part of its text, no words for days.
//!
//! Texts are bytes here, since no form of a type has others than those of ASCII.

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// The most digits of a decimal.
const MOST_DIGITS: u8 = 38;
/// As many digits as always fit 64 bits.
const FEW_DIGITS: usize = 18;

fn trimmed(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r');
    let Some(first) = text.iter().position(|byte| !is_space(byte)) else { return &[] };
    let last = text.iter().rposition(|byte| !is_space(byte)).unwrap_or(first);
    text.get(first..=last).unwrap_or_default()
}

/// Splits leading digits off.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Splits a sign off; gives whether it is a minus.
fn signed(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The digits of a number, without what stands around them.
struct Digits<'t> {
    minus: bool,
    before: &'t [u8],
    /// Behind the point; zeros that say nothing are left out.
    after: &'t [u8],
}

/// A number with at most `scale` digits behind the point that say anything.
fn number(text: &[u8], scale: u8) -> Option<Digits<'_>> {
    let (minus, unsigned) = signed(trimmed(text));
    let (before, rest) = digits(unsigned);
    let (after, end) = match rest {
        [] => (rest, rest),
        [b'.', fraction @ ..] => digits(fraction),
        _ => return None,
    };
    // Without digits behind it, a point is nothing to begin with.
    let is_none = before.is_empty() && (scale == 0 || after.is_empty());
    let (after, zeros) = after.split_at(after.len().min(usize::from(scale)));
    if is_none || !end.is_empty() || zeros.iter().any(|digit| *digit != b'0') {
        return None;
    }
    Some(Digits { minus, before, after })
}

impl Digits<'_> {
    /// The number, as many digits as `scale` behind the point raised before it.
    fn raised(&self, scale: u8) -> Option<i128> {
        let scale = usize::from(scale);
        let zeros = std::iter::repeat_n(&b'0', scale.saturating_sub(self.after.len()));
        let mut all = self.before.iter().chain(self.after).chain(zeros);
        let value = if self.before.len() + scale <= FEW_DIGITS {
            all.fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0')).into()
        } else {
            all.try_fold(0_i128, |sum, digit| {
                sum.checked_mul(10)?.checked_add(i128::from(digit - b'0'))
            })?
        };
        Some(if self.minus { -value } else { value })
    }
}

/// A whole number of 64 bits, also where a point and zeros follow it.
pub fn integer(text: &[u8]) -> Option<i64> {
    i64::try_from(number(text, 0)?.raised(0)?).ok()
}

/// A decimal as a whole number: of its at most `precision` digits, `scale` stand behind the point.
pub fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<i128> {
    let value = number(text, scale)?.raised(scale)?;
    let beyond = 10_u128.pow(u32::from(precision.min(MOST_DIGITS)));
    (value.unsigned_abs() < beyond).then_some(value)
}

/// Whether a text has the form of a decimal with at most `scale` digits behind the point, however many there are
/// before it.
pub fn is_decimal(text: &[u8], scale: u8) -> bool {
    number(text, scale).is_some()
}

/// A double: decimal digits, or one of the words `nan`, `inf` and `infinity`. A number beyond all doubles is
/// none.
pub fn double(text: &[u8]) -> Option<f64> {
    let text = trimmed(text);
    let (_, unsigned) = signed(text);
    let is_word = |word: &&str| unsigned.eq_ignore_ascii_case(word.as_bytes());
    let word = ["nan", "inf", "infinity"].iter().any(is_word);
    if !word {
        let (before, rest) = digits(unsigned);
        let (after, rest) = match rest.strip_prefix(b".") {
            Some(fraction) => digits(fraction),
            None => (&[][..], rest),
        };
        if before.is_empty() && after.is_empty() {
            return None;
        }
        if let [b'e' | b'E', exponent @ ..] = rest {
            let (found, rest) = digits(signed(exponent).1);
            if found.is_empty() || !rest.is_empty() {
                return None;
            }
        } else if !rest.is_empty() {
            return None;
        }
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (word || value.is_finite()).then_some(value)
}

/// A truth value; the words are the language's own.
pub fn boolean(text: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "t", "yes", "y", "1"]), is(["false", "f", "no", "n", "0"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// A number of exactly so many digits at the start of a text, and what follows.
fn leading(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (number, rest) = text.split_at_checked(count)?;
    let mut value = 0;
    for digit in number {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some((value, rest))
}

/// Days since 1970-01-01 of `YYYY-MM-DD` at the start of a text, and what follows.
fn calendar(text: &[u8]) -> Option<(i64, &[u8])> {
    let (year, rest) = leading(text, 4)?;
    let (month, rest) = leading(rest.strip_prefix(b"-")?, 2)?;
    let (day, rest) = leading(rest.strip_prefix(b"-")?, 2)?;
    Some((days(year, month, day)?, rest))
}

/// Days since 1970-01-01 of a day that the calendar has.
pub fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the day that is now and then there comes last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// Microseconds since midnight of `HH:MM[:SS[.f…]]` at the start of a text, and what follows; digits beyond
/// microseconds are dropped.
fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let (hour, rest) = leading(text, 2).filter(|(hour, _)| *hour <= 23)?;
    let (minute, rest) =
        leading(rest.strip_prefix(b":")?, 2).filter(|(minute, _)| *minute <= 59)?;
    let at = (hour * 60 + minute) * 60_000_000;
    let Some(text) = rest.strip_prefix(b":") else { return Some((at, rest)) };
    let (second, rest) = leading(text, 2).filter(|(second, _)| *second <= 59)?;
    let at = at + second * 1_000_000;
    let Some(text) = rest.strip_prefix(b".") else { return Some((at, rest)) };
    let (fraction, rest) = digits(text);
    if fraction.is_empty() {
        return None;
    }
    let sixth = fraction.iter().chain(b"000000").take(6);
    let micros = sixth.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Some((at + micros, rest))
}

/// Days since 1970-01-01, also where the text goes on with midnight.
pub fn date(text: &[u8]) -> Option<i32> {
    let (found, rest) = calendar(trimmed(text))?;
    let midnight = match rest {
        [] => true,
        [b'T' | b' ', rest @ ..] => clock(rest).is_some_and(|(_, end)| {
            end.is_empty() && rest.iter().all(|letter| matches!(letter, b'0' | b':' | b'.'))
        }),
        _ => false,
    };
    if midnight { i32::try_from(found).ok() } else { None }
}

/// Microseconds since 1970-01-01 UTC. A day is its midnight; without an offset the clock is that of UTC.
pub fn timestamp(text: &[u8]) -> Option<i64> {
    let (found, rest) = calendar(trimmed(text))?;
    let rest = match rest {
        [] => return Some(found * DAY),
        [b'T' | b' ', rest @ ..] => rest,
        _ => return None,
    };
    let (at, zone) = clock(rest)?;
    Some(found * DAY + at - offset(zone)?)
}

/// Microseconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (east, rest) = match zone {
        [] | [b'Z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = leading(rest, 2)?;
    let minutes = match rest {
        [] => 0,
        _ => match leading(rest.strip_prefix(b":").unwrap_or(rest), 2)? {
            (minutes, []) => minutes,
            _ => return None,
        },
    };
    Some(east * (hours * 60 + minutes) * 60_000_000)
}

/// Microseconds since midnight.
pub fn time(text: &[u8]) -> Option<i64> {
    let (at, rest) = clock(trimmed(text))?;
    rest.is_empty().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_whole_or_not_at_all() {
        let integers: &[(&str, Option<i64>)] = &[
            ("17", Some(17)),
            (" -17 ", Some(-17)),
            ("+0017.000", Some(17)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("99999999999999999999999999999999999999999999", None),
            ("1.5", None),
            ("1e3", None),
            ("1_000", None),
            ("", None),
            ("-", None),
            (".0", None),
        ];
        for (text, wanted) in integers {
            assert_eq!(integer(text.as_bytes()), *wanted, "{text:?}");
        }
        let decimals: &[(&str, u8, u8, Option<i128>)] = &[
            ("1.5", 4, 2, Some(150)),
            ("-.5", 4, 2, Some(-50)),
            ("5.", 4, 2, Some(500)),
            ("1.2300", 4, 2, Some(123)),
            ("1.234", 4, 2, None),
            ("99.99", 4, 2, Some(9999)),
            ("100.00", 4, 2, None),
            (".", 4, 2, None),
            ("1e2", 4, 2, None),
            ("1", 38, 38, None),
            ("0.00000000000000000000000000000000000001", 38, 38, Some(1)),
            ("99999999999999999999999999999999999999", 38, 0, Some(10_i128.pow(38) - 1)),
            ("100000000000000000000000000000000000000", 38, 0, None),
        ];
        for (text, precision, scale, wanted) in decimals {
            assert_eq!(decimal(text.as_bytes(), *precision, *scale), *wanted, "{text:?}");
        }
        for (text, wanted) in [("100.00", true), ("1e2", false), ("1.234", false), ("1.2300", true)]
        {
            assert_eq!(is_decimal(text.as_bytes(), 2), wanted, "{text:?}");
        }
    }

    #[test]
    fn doubles_know_three_words_and_no_number_beyond_them() {
        assert_eq!(double(b" 1.5e3 "), Some(1500.0));
        assert_eq!(double(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert!(double(b"NaN").is_some_and(f64::is_nan));
        assert_eq!(double(b"1e-400"), Some(0.0));
        for none in ["1e400", "1_0", "0x10", "1e", "e3", "", "infinite"] {
            assert_eq!(double(none.as_bytes()), None, "{none:?}");
        }
    }

    #[test]
    fn days_and_instants_are_those_of_the_calendar() {
        assert_eq!(date(b"1970-01-01"), Some(0));
        assert_eq!(date(b"2024-02-29 00:00:00.000"), Some(19_782));
        assert_eq!(date(b"0000-01-01"), Some(-719_528));
        for none in ["2023-02-29", "2024-2-9", "2024-02-29 00:01", "2024-02-29T", "02024-02-29"] {
            assert_eq!(date(none.as_bytes()), None, "{none:?}");
        }
        assert_eq!(timestamp(b"1970-01-01T00:00:01.5Z"), Some(1_500_000));
        assert_eq!(timestamp(b"1970-01-01 02:00+02:00"), Some(0));
        assert_eq!(timestamp(b"1970-01-01 02:00-0130"), Some(12_600_000_000));
        assert_eq!(timestamp(b"1970-01-02"), Some(DAY));
        for none in ["1970-01-01 24:00", "1970-01-01 10:00 ", "1970-01-01 10:00+1", "10:00"] {
            let read = timestamp(none.as_bytes());
            assert_eq!(read.is_some(), none.ends_with(' '), "{none:?}");
        }
        assert_eq!(time(b"10:11:12.1234567"), Some(36_672_123_456));
        assert_eq!(time(b"24:00"), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_no_value() {
        let wild: &[&[u8]] = &[b"\xff", b"1\xff", b"2024-01-01\xff", b"\xc2\xa01", "١".as_bytes()];
        for text in wild {
            assert_eq!(integer(text), None);
            assert_eq!(decimal(text, 10, 2), None);
            assert_eq!(double(text), None);
            assert_eq!(date(text), None);
            assert_eq!(timestamp(text), None);
            assert_eq!(time(text), None);
        }
        assert_eq!(boolean("\u{a0}Yes\u{3000}".as_bytes()), Some(true));
        assert_eq!(boolean(b"\xff"), None);
    }
}
