//! Patterns of days and times in text: the part of strftime that every engine reads alike.

/// What may follow `%`.
const LETTERS: &str = "YymdjHIMSfpbB%";

/// Checks a pattern of days, instants or times.
///
/// # Errors
/// Says in words what is wrong with it.
pub fn check(pattern: &str) -> Result<(), String> {
    let mut letters = pattern.chars();
    let mut any = false;
    while let Some(letter) = letters.next() {
        if letter != '%' {
            continue;
        }
        match letters.next() {
            Some(known) if LETTERS.contains(known) => any = any || known != '%',
            Some(other) => {
                let known: Vec<_> = LETTERS.chars().map(|letter| format!("%{letter}")).collect();
                return Err(format!("`%{other}` is not one of {}", known.join(" ")));
            }
            None => return Err(format!("`{pattern}` ends in the middle of `%…`")),
        }
    }
    if any {
        Ok(())
    } else {
        Err(format!("`{pattern}` has no part of a day or time, such as `%Y`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_known_parts() {
        for good in ["%Y-%m-%d", "%d.%m.%y %H:%M:%S.%f", "%I:%M %p", "%b %d, %Y"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "YYYY-MM-DD", "%Q", "%", "100%%", "%-d"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
