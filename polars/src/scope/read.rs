//! Values read from text. Only what has the form of the type is one, white space around it aside.

const DAY: i64 = 86_400_000_000;

fn trimmed(text: &str) -> &str {
    text.trim_matches(['\t', '\n', '\u{c}', '\r', ' '])
}

/// Splits leading ASCII digits off.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(end)
}

fn signed(text: &str) -> (&str, &str) {
    text.split_at(usize::from(text.starts_with(['+', '-'])))
}

/// A whole number, as written before a point and zeros.
fn whole(text: &str) -> Option<&str> {
    let text = trimmed(text);
    let (sign, unsigned) = signed(text);
    let (found, rest) = digits(unsigned);
    let zeros = rest.strip_prefix('.').unwrap_or(rest);
    let fits = !found.is_empty() && zeros.bytes().all(|digit| digit == b'0');
    if fits { text.get(..sign.len() + found.len()) } else { None }
}

/// A whole number of 64 bits.
pub(super) fn integer(text: &str) -> Option<i64> {
    whole(text)?.parse().ok()
}

/// The digits of a decimal, of which `scale` stand behind the point.
pub(super) fn decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let value: i128 = if scale == 0 {
        whole(text)?.parse().ok()?
    } else {
        let (sign, unsigned) = signed(trimmed(text));
        let (before, rest) = digits(unsigned);
        let (after, end) = match rest.strip_prefix('.') {
            Some(fraction) => digits(fraction),
            None => ("", rest),
        };
        if !end.is_empty() || before.is_empty() && after.is_empty() {
            return None;
        }
        let kept = after.len().min(usize::from(scale));
        let (after, zeros) = after.split_at(kept);
        if zeros.bytes().any(|digit| digit != b'0') {
            return None;
        }
        let all = format!("{sign}{before}{after:0<width$}", width = usize::from(scale));
        all.parse().ok()?
    };
    super::decimal::fits(value, precision).then_some(value)
}

/// A double, as the words `nan`, `inf` and `infinity`, or in decimal digits.
pub(super) fn double(text: &str) -> Option<f64> {
    let text = trimmed(text);
    let (_, unsigned) = signed(text);
    let word = ["nan", "inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    if word {
        return text.parse().ok();
    }
    let (before, rest) = digits(unsigned);
    let (after, rest) = match rest.strip_prefix('.') {
        Some(fraction) => digits(fraction),
        None => ("", rest),
    };
    if before.is_empty() && after.is_empty() {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let (found, rest) = digits(signed(exponent).1);
        if found.is_empty() || !rest.is_empty() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    text.parse().ok()
}

/// A truth value; the words are the language's own.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is(["true", "t", "yes", "y", "1"]), is(["false", "f", "no", "n", "0"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Days since 1970-01-01, of exactly `YYYY-MM-DD`.
fn calendar(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|digit| digit.is_ascii_digit()).then(|| part.parse().ok())?
    };
    days(number(0, 4)?, number(5, 7)?, number(8, 10)?)
}

/// Days since 1970-01-01 of a day that the calendar has.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i64> {
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
fn clock(text: &str) -> Option<(i64, &str)> {
    let pair = |text: &str, most: i64| -> Option<i64> {
        let part = text.get(..2)?;
        let digits = part.bytes().all(|digit| digit.is_ascii_digit());
        digits.then(|| part.parse().ok())?.filter(|found| *found <= most)
    };
    let hour = pair(text, 23)?;
    let text = text.get(2..)?.strip_prefix(':')?;
    let minute = pair(text, 59)?;
    let rest = text.get(2..)?;
    let at = (hour * 60 + minute) * 60_000_000;
    let Some(text) = rest.strip_prefix(':') else { return Some((at, rest)) };
    let second = pair(text, 59)?;
    let rest = text.get(2..)?;
    let at = at + second * 1_000_000;
    let Some(text) = rest.strip_prefix('.') else { return Some((at, rest)) };
    let (fraction, rest) = digits(text);
    if fraction.is_empty() {
        return None;
    }
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    Some((at + micros.parse::<i64>().ok()?, rest))
}

/// Days since 1970-01-01.
pub(super) fn date(text: &str) -> Option<i32> {
    let text = trimmed(text);
    let found = calendar(text.get(..10)?)?;
    let rest = text.get(10..)?;
    let midnight = match rest.strip_prefix(['T', ' ']) {
        None => rest.is_empty(),
        Some(rest) => clock(rest).is_some_and(|(_, end)| {
            end.is_empty() && rest.bytes().all(|letter| matches!(letter, b'0' | b':' | b'.'))
        }),
    };
    if midnight { i32::try_from(found).ok() } else { None }
}

/// Microseconds since 1970-01-01 UTC.
pub(super) fn timestamp(text: &str) -> Option<i64> {
    let text = trimmed(text);
    let found = calendar(text.get(..10)?)? * DAY;
    let rest = text.get(10..)?;
    let Some(rest) = rest.strip_prefix(['T', ' ']) else {
        return rest.is_empty().then_some(found);
    };
    let (at, zone) = clock(rest)?;
    Some(found + at - offset(zone)?)
}

/// Microseconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    let east = match zone.get(..1) {
        None | Some("Z") => return (zone.len() <= 1).then_some(0),
        Some("+") => 1,
        Some("-") => -1,
        Some(_) => return None,
    };
    let pair = |text: &str| -> Option<i64> {
        let digits = text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
        digits.then(|| text.parse().ok())?
    };
    let hours = pair(zone.get(1..3)?)?;
    let rest = zone.get(3..)?;
    let minutes = if rest.is_empty() { 0 } else { pair(rest.strip_prefix(':').unwrap_or(rest))? };
    Some(east * (hours * 60 + minutes) * 60_000_000)
}

/// Nanoseconds since midnight.
pub(super) fn time(text: &str) -> Option<i64> {
    let (at, rest) = clock(trimmed(text))?;
    rest.is_empty().then_some(at * 1000)
}
