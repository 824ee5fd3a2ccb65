//! Canonical text of dates and times.

use std::io::Write as _;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
///
/// Counts from a March so that the leap day is the last of its year, and in eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// `YYYY-MM-DD` of days since 1970-01-01.
pub(crate) fn date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

/// `HH:MM:SS[.ffffff]` of microseconds; hours may go beyond 24, and a minus may lead.
pub(crate) fn clock(micros: i64, out: &mut Vec<u8>) {
    if micros < 0 {
        out.push(b'-');
    }
    let micros = micros.unsigned_abs();
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let _ = write!(out, "{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` of microseconds since 1970-01-01.
pub(crate) fn timestamp(micros: i64, out: &mut Vec<u8>) {
    date(micros.div_euclid(DAY), out);
    out.push(b' ');
    clock(micros.rem_euclid(DAY), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_written_in_one_form() {
        let text = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(&|out| date(0, out)), "1970-01-01");
        assert_eq!(text(&|out| date(-719_528, out)), "0000-01-01");
        assert_eq!(text(&|out| date(11_016, out)), "2000-02-29");
        assert_eq!(text(&|out| date(2_932_896, out)), "9999-12-31");
        assert_eq!(text(&|out| clock(-90_500_000, out)), "-00:01:30.5");
        assert_eq!(text(&|out| clock(918_610_000_000, out)), "255:10:10");
        assert_eq!(text(&|out| timestamp(-1, out)), "1969-12-31 23:59:59.999999");
    }
}
