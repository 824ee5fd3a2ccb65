//! Clock times of a zone as instants in UTC, told by a tree of comparisons, so that no engine needs a
//! table of time zones of its own.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::say;
use crate::plan::{Expr, Function, Literal};

/// Clock times before the first and after the last of these years use the offset at the edge.
const YEARS: (i16, i16) = (1900, 2100);

/// Whether there is a zone of that name.
///
/// # Errors
/// Says in words that there is none.
pub(super) fn check(name: &str) -> Result<(), String> {
    found(name).map(|_| ())
}

fn found(name: &str) -> Result<TimeZone, String> {
    let text = "write its name in the IANA database, such as `Europe/Berlin`";
    TimeZone::get(name).map_err(|_| format!("there is no time zone `{name}`; {text}"))
}

/// The clock time `local` of a zone as an instant in UTC.
pub(super) fn to_utc(local: Expr, name: &str) -> Expr {
    let Ok(zone) = found(name) else { return local };
    let steps = steps(&zone);
    let Some((first, rest)) = steps.split_first() else { return local };
    shifted(&local, first.seconds, rest)
}

/// From a clock time on, a zone is so many seconds ahead of UTC.
struct Step {
    from: DateTime,
    seconds: i32,
}

/// The offsets of a zone, each with the first clock time that has it alone.
fn steps(zone: &TimeZone) -> Vec<Step> {
    let (Ok(begin), Ok(end)) = (
        DateTime::new(YEARS.0, 1, 1, 0, 0, 0, 0).map(|time| instant(time, 0)),
        DateTime::new(YEARS.1, 1, 1, 0, 0, 0, 0).map(|time| instant(time, 0)),
    ) else {
        return Vec::new();
    };
    let mut before = zone.to_offset(begin).seconds();
    let mut steps = vec![Step { from: DateTime::MIN, seconds: before }];
    for change in zone.following(begin).take_while(|change| change.timestamp() < end) {
        let after = change.offset().seconds();
        if after == before {
            continue;
        }
        // A time that is skipped counts on in the old offset; of one that occurs twice the first counts.
        let clock = change.offset().to_datetime(change.timestamp());
        let from = match after > before {
            true => clock,
            false => {
                clock.saturating_add(jiff::SignedDuration::from_secs(i64::from(before - after)))
            }
        };
        steps.push(Step { from, seconds: after });
        before = after;
    }
    steps
}

fn instant(time: DateTime, seconds: i32) -> Timestamp {
    let offset = jiff::tz::Offset::from_seconds(seconds).unwrap_or(jiff::tz::Offset::UTC);
    offset.to_timestamp(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A tree over the steps: as deep as the logarithm of their number.
fn shifted(local: &Expr, seconds: i32, rest: &[Step]) -> Expr {
    if rest.is_empty() {
        return Expr::call(
            Function::AddSeconds,
            [local.clone(), say::integer(-i64::from(seconds))],
        );
    }
    let (left, right) = rest.split_at(rest.len() / 2);
    let Some((middle, right)) = right.split_first() else { return local.clone() };
    let bound = Expr::literal(Literal::Timestamp(format!("{}", middle.from)));
    let is_before = Expr::call(Function::Less, [local.clone(), bound]);
    say::when(is_before, shifted(local, seconds, left), shifted(local, middle.seconds, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds that are taken off a clock time.
    fn offset(zone: &str, local: &str) -> i64 {
        fn walk(expr: &Expr, local: &str) -> i64 {
            match expr {
                Expr::Case { branches, otherwise } => {
                    let (condition, then) = &branches[0];
                    let Expr::Call { arguments, .. } = condition else { panic!("{condition:?}") };
                    let Expr::Literal { value: Literal::Timestamp(bound) } = &arguments[1] else {
                        panic!("{condition:?}")
                    };
                    walk(if local < bound.as_str() { then } else { otherwise }, local)
                }
                Expr::Call { arguments, .. } => match &arguments[1] {
                    Expr::Literal { value: Literal::Integer(seconds) } => -seconds,
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }
        }
        walk(&to_utc(Expr::Now, zone), local)
    }

    #[test]
    fn offsets_follow_the_clock() {
        for (zone, local, seconds) in [
            ("Europe/Berlin", "2024-01-15T12:00:00", 3600),
            ("Europe/Berlin", "2024-07-15T12:00:00", 7200),
            ("Europe/Berlin", "2024-03-31T01:59:59", 3600),
            ("Europe/Berlin", "2024-03-31T02:30:00", 3600),
            ("Europe/Berlin", "2024-03-31T03:00:00", 7200),
            ("Europe/Berlin", "2024-10-27T02:30:00", 7200),
            ("Europe/Berlin", "2024-10-27T03:00:00", 3600),
            ("America/New_York", "1985-07-01T00:00:00", -14400),
            ("Asia/Kolkata", "2024-01-01T00:00:00", 19800),
            ("UTC", "2024-01-01T00:00:00", 0),
        ] {
            assert_eq!(offset(zone, local), seconds, "{zone} {local}");
        }
    }

    #[test]
    fn a_zone_that_is_none_is_refused() {
        assert!(check("Europe/Berlin").is_ok());
        assert!(check("Berlin").unwrap_err().contains("`Berlin`"));
    }
}
