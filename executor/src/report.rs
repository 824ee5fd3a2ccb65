//! Reports: one run, shown to people and to machines. Each form is a file below; all speak of the same
//! [`RunRecord`] and compute nothing that it does not say.

mod cleansing;
pub mod fixtures;
pub mod html;
pub mod json;
pub mod junit;
pub mod profile;
pub mod terminal;

use assay_schemas::verdict::{Measurement, Verdict};

use crate::result::{RunRecord, VerdictRecord};
use crate::score::{self, Score};

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be made: {0}")]
pub struct ReportError(String);

/// Number of checks by verdict.
pub(crate) fn tally(record: &RunRecord, verdict: Verdict) -> usize {
    record.verdicts.iter().filter(|check| check.verdict == verdict).count()
}

/// The checks, worst first; in the order of the plan within each verdict and severity.
pub(crate) fn worst_first(record: &RunRecord) -> Vec<&VerdictRecord> {
    let rank = |verdict| match verdict {
        Verdict::Error => 0,
        Verdict::Fail => 1,
        Verdict::Warn => 2,
        Verdict::NotEvaluated => 3,
        Verdict::Pass => 4,
    };
    let mut checks: Vec<&VerdictRecord> = record.verdicts.iter().collect();
    checks.sort_by_key(|check| (rank(check.verdict), std::cmp::Reverse(check.severity)));
    checks
}

/// The dimensions that any check speaks of.
pub(crate) fn dimensions(record: &RunRecord) -> Vec<Score> {
    score::dimensions(&record.verdicts)
}

/// What was measured, in a few characters.
pub(crate) fn measured(check: &VerdictRecord) -> String {
    match &check.measurement {
        Measurement::Rows { evaluated, violations } => {
            format!("{} of {}", thousands(*violations), thousands(*evaluated))
        }
        Measurement::Difference { evaluated, .. } => {
            let violations = check.violations().unwrap_or(0);
            format!("{} of {}", thousands(violations), thousands(*evaluated))
        }
        Measurement::Figure { shown: Some(shown), .. } => shown.clone(),
        Measurement::Figure { value: Some(value), .. } => figure(*value),
        Measurement::Figure { value: None, .. } => "nothing".to_owned(),
        Measurement::Segments { segments, failing, .. } => {
            format!("{} of {} segments", thousands(*failing), thousands(*segments))
        }
        Measurement::Faults { faults } => match faults.len() {
            0 => "no fault".to_owned(),
            1 => "1 fault".to_owned(),
            several => format!("{several} faults"),
        },
        Measurement::Broken { .. } => "could not run".to_owned(),
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things in words: `1 column`, `1,200 columns`.
pub(crate) fn counted(number: impl TryInto<u64>, thing: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {thing}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A number of rows in words.
pub(crate) fn rows(number: u64) -> String {
    counted(number, "row")
}

/// A number as people read it: at most four digits after the point, few for great ones.
pub(crate) fn figure(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let size = number.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-4) {
        return format!("{number:.3e}");
    }
    let digits = if size >= 1000.0 { 2 } else { 4 };
    let text = format!("{number:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("−", whole));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    match rest.trim_end_matches('0') {
        "" if whole == "0" => whole,
        "" => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest}"),
    }
}

/// A share as per cent, with as many digits as tell it from nothing and from all.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent == 100.0 {
        return format!("{percent:.0} %");
    }
    if percent < 0.001 {
        return "< 0.001 %".to_owned();
    }
    let digits = if percent < 0.1 { 3 } else { 2 };
    let text = format!("{percent:.digits$}");
    // What rounds to all of it is not all of it.
    if text.starts_with("100") { "> 99.99 %".to_owned() } else { format!("{text} %") }
}

/// Milliseconds as people read a duration.
pub(crate) fn duration(milliseconds: f64) -> String {
    if milliseconds < 1.0 {
        "< 1 ms".to_owned()
    } else if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else if milliseconds < 60_000.0 {
        format!("{:.2} s", milliseconds / 1000.0)
    } else {
        let seconds = (milliseconds / 1000.0).round() as u64;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        if hours > 0 {
            format!("{hours} h {minutes:02} min")
        } else {
            format!("{minutes} min {:02} s", seconds % 60)
        }
    }
}

/// Bytes as people read a size.
pub(crate) fn size(bytes: u64) -> String {
    let mut number = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if number < 1000.0 {
            break;
        }
        number /= 1000.0;
        unit = next;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{number:.1} {unit}") }
}

/// From the start of a run to its end, in milliseconds; the sum of its stages where a time is unreadable.
pub(crate) fn elapsed(record: &RunRecord) -> f64 {
    let at = |text: &str| text.parse::<jiff::Timestamp>().ok();
    match (at(&record.started_at), at(&record.finished_at)) {
        (Some(start), Some(end)) => end.duration_since(start).as_secs_f64() * 1000.0,
        _ => record.stages.iter().map(|stage| stage.elapsed_ms).sum(),
    }
}

/// A digest, short enough for people to compare.
pub(crate) fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..12).unwrap_or(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
        assert_eq!((rows(1), rows(1200)), ("1 row".to_owned(), "1,200 rows".to_owned()));
        assert_eq!(figure(20.03966), "20.0397");
        assert_eq!(figure(-0.00001), "-1.000e-5");
        assert_eq!(figure(-2_404_758.39), "−2,404,758.39");
        assert_eq!(figure(-0.0), "0");
        assert_eq!(figure(15.0), "15");
    }

    #[test]
    fn a_share_never_rounds_to_nothing_or_to_all() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(2.0 / 120_000.0), "0.002 %");
        assert_eq!(percent(1e-9), "< 0.001 %");
        assert_eq!(percent(0.00938), "0.94 %");
        assert_eq!(percent(0.999_999), "> 99.99 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn durations_and_sizes_are_written_for_people() {
        assert_eq!(duration(0.4), "< 1 ms");
        assert_eq!(duration(402.7), "403 ms");
        assert_eq!(duration(61_000.0), "1 min 01 s");
        assert_eq!(duration(7_260_000.0), "2 h 01 min");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(2_500_000), "2.5 MB");
    }
}
