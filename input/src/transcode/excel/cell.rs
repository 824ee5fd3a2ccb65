//! Canonical text of a cell.

use calamine::{Data, DataRef, ExcelDateTime};

use super::super::time::{DAY, clock, date, timestamp};
use super::super::value::double;

/// Microseconds of the shortest time that a workbook keeps: a millisecond.
const MILLISECOND: f64 = 1000.0;
/// Days from 1970-01-01 back to the day before day 1 of either system. The older one counts a 1900-02-29 that never
/// was, as its day 60.
const DAY_0_OF_1900: i64 = -25_568;
const DAY_0_OF_1904: i64 = -24_107;
/// The first day of the year 10000, in either system.
const TOO_LATE: f64 = 2_958_466.0;

/// A value of any of the formats.
pub(super) enum Content<'a> {
    Text(&'a str),
    Integer(i64),
    Number(f64),
    Bool(bool),
    Serial(ExcelDateTime),
    Date(&'a str),
    Duration(&'a str),
    Error(String),
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Null,
    Text,
    /// A value without anything to quote.
    Plain,
    /// What was written is what was found; it is no value, for this reason.
    Bad(&'static str),
}

impl<'a> Content<'a> {
    /// `None` for an empty cell. A text of no characters is what a formula leaves that means nothing.
    pub(super) fn of(data: &'a Data) -> Option<Self> {
        Some(match data {
            Data::Empty => return None,
            Data::String(text) if text.is_empty() => return None,
            Data::String(text) => Self::Text(text),
            Data::Int(number) => Self::Integer(*number),
            Data::Float(number) => Self::Number(*number),
            Data::Bool(truth) => Self::Bool(*truth),
            Data::DateTime(serial) => Self::Serial(*serial),
            Data::DateTimeIso(text) => Self::Date(text),
            Data::DurationIso(text) => Self::Duration(text),
            Data::Error(error) => Self::Error(error.to_string()),
        })
    }

    /// Likewise.
    pub(super) fn of_ref(data: &'a DataRef<'a>) -> Option<Self> {
        Some(match data {
            DataRef::Empty | DataRef::SharedString("") => return None,
            DataRef::String(text) if text.is_empty() => return None,
            DataRef::String(text) => Self::Text(text),
            DataRef::SharedString(text) => Self::Text(text),
            DataRef::Int(number) => Self::Integer(*number),
            DataRef::Float(number) => Self::Number(*number),
            DataRef::Bool(truth) => Self::Bool(*truth),
            DataRef::DateTime(serial) => Self::Serial(*serial),
            DataRef::DateTimeIso(text) => Self::Date(text),
            DataRef::DurationIso(text) => Self::Duration(text),
            DataRef::Error(error) => Self::Error(error.to_string()),
        })
    }

    /// Writes the canonical text into `out`.
    pub(super) fn write(&self, from_1904: bool, out: &mut Vec<u8>) -> Written {
        out.clear();
        match self {
            Self::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                if text.contains('\0') {
                    return Written::Bad("a zero byte, which no text has");
                }
                return Written::Text;
            }
            Self::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Number(number) => double(*number, out),
            Self::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
            Self::Serial(serial) => return write_serial(*serial, from_1904, out),
            Self::Date(text) => return write_iso(text, out),
            Self::Duration(text) => return write_duration(text, out),
            Self::Error(text) => {
                out.extend_from_slice(text.as_bytes());
                return Written::Bad("the cell holds an error of its formula");
            }
        }
        Written::Plain
    }
}

/// Days since a beginning and their fraction: a date, a date with a time, a time, or a duration.
fn write_serial(serial: ExcelDateTime, from_1904: bool, out: &mut Vec<u8>) -> Written {
    let number = serial.as_f64();
    // As many milliseconds as the fraction stands for, not the error of writing it as a fraction.
    let micros = (number * DAY as f64 / MILLISECOND).round() * MILLISECOND;
    if micros.is_nan() || micros.abs() > 9e18 {
        double(number, out);
        return Written::Bad("a number that is no time");
    }
    let micros = micros as i64;
    if serial.is_duration() {
        clock(micros, out);
        return Written::Plain;
    }
    if !(0.0..TOO_LATE).contains(&number) {
        double(number, out);
        return Written::Bad("a number that is no date between 1900 and 9999");
    }
    let (days, time) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    if days == 0 {
        clock(time, out);
        return Written::Plain;
    }
    let since = match (from_1904, days) {
        (true, days) => DAY_0_OF_1904 + days,
        (false, 60) => {
            double(number, out);
            return Written::Bad("1900-02-29, a day that never was");
        }
        (false, days) => DAY_0_OF_1900 + days - i64::from(days > 60),
    };
    match time {
        0 => date(since, out),
        time => timestamp(since * DAY + time, out),
    }
    Written::Plain
}

/// A date, a time or both in the form of ISO 8601: the `T` becomes a space.
fn write_iso(text: &str, out: &mut Vec<u8>) -> Written {
    let text = text.trim();
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    out.extend_from_slice(day.as_bytes());
    let time = time.map(|time| time.strip_suffix('Z').unwrap_or(time));
    // A time of zero is how some writers store a date.
    if let Some(time) = time.filter(|time| !matches!(*time, "00:00:00" | "00:00:00.000")) {
        out.push(b' ');
        out.extend_from_slice(time.as_bytes());
    }
    let sound =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.' | b' ' | b'+');
    match out.iter().all(sound) {
        true => Written::Plain,
        false => Written::Text,
    }
}

/// `PT10H10M10.5S` becomes `10:10:10.5`.
fn write_duration(text: &str, out: &mut Vec<u8>) -> Written {
    match duration(text) {
        Some(micros) => {
            clock(micros, out);
            Written::Plain
        }
        None => {
            out.extend_from_slice(text.as_bytes());
            Written::Bad("a text that is no duration")
        }
    }
}

/// Microseconds of a duration in days, hours, minutes and seconds; years and months have no fixed length.
fn duration(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1.0, text),
        None => (1.0, text),
    };
    let mut rest = text.strip_prefix('P')?;
    let mut seconds = 0.0;
    let mut time = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            time = true;
            rest = after;
            continue;
        }
        let cut = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..cut].parse().ok()?;
        seconds += number
            * match (time, rest.as_bytes()[cut]) {
                (false, b'D') => 86_400.0,
                (true, b'H') => 3600.0,
                (true, b'M') => 60.0,
                (true, b'S') => 1.0,
                _ => return None,
            };
        rest = &rest[cut + 1..];
    }
    let micros = (sign * seconds * 1e6).round();
    (micros.abs() < 9e18).then_some(micros as i64)
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    fn serial(number: f64, from_1904: bool) -> (String, Written) {
        let mut out = Vec::new();
        let serial = ExcelDateTime::new(number, ExcelDateTimeType::DateTime, from_1904);
        let written = Content::Serial(serial).write(from_1904, &mut out);
        (String::from_utf8(out).unwrap(), written)
    }

    #[test]
    fn serial_numbers_are_days_of_two_systems() {
        for (number, from_1904, text) in [
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (61.0, false, "1900-03-01"),
            (44_197.0, false, "2021-01-01"),
            (42_735.0, true, "2021-01-01"),
            (44_197.423_726_851_85, false, "2021-01-01 10:10:10"),
            (0.5, false, "12:00:00"),
            (44_197.000_000_002, false, "2021-01-01"),
            (44_197.999_999_999, false, "2021-01-02"),
            (2_958_465.0, false, "9999-12-31"),
        ] {
            assert_eq!(serial(number, from_1904), (text.to_owned(), Written::Plain), "{number}");
        }
        for number in [60.0, -1.0, 3e6, f64::NAN] {
            assert!(matches!(serial(number, false).1, Written::Bad(_)), "{number}");
        }
    }

    #[test]
    fn iso_texts_become_canonical() {
        let mut out = Vec::new();
        for (from, to) in [
            ("2021-01-01", "2021-01-01"),
            ("2021-01-01T10:10:10", "2021-01-01 10:10:10"),
            ("2021-01-01T00:00:00Z", "2021-01-01"),
            ("10:10:10", "10:10:10"),
        ] {
            assert_eq!(Content::Date(from).write(false, &mut out), Written::Plain);
            assert_eq!(String::from_utf8_lossy(&out), to);
        }
        for (from, to) in
            [("PT10H10M10S", "10:10:10"), ("P1DT2H", "26:00:00"), ("-PT1M0.25S", "-00:01:00.25")]
        {
            assert_eq!(Content::Duration(from).write(false, &mut out), Written::Plain);
            assert_eq!(String::from_utf8_lossy(&out), to);
        }
        assert!(matches!(Content::Duration("P1Y").write(false, &mut out), Written::Bad(_)));
    }
}
