//! Patterns of UAX 35, as CSV on the Web uses them, in the notations of the language.

/// A pattern of numbers as a regular expression: `0` is a digit, `#` one that may be missing.
pub(super) fn number(text: &str) -> Option<String> {
    if !text.chars().all(|letter| "0#.E".contains(letter)) {
        return None;
    }
    let digits = |part: &str| (part.matches('0').count(), part.len());
    let (mantissa, exponent) = text.split_once('E').map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // The digits before the point are a least number only.
    let mut expression = format!("[-+]?[0-9]{{{},}}", digits(whole).0);
    match digits(fraction) {
        (_, 0) => {}
        (0, most) => expression.push_str(&format!(r"(?:\.[0-9]{{1,{most}}})?")),
        (least, most) => expression.push_str(&format!(r"\.[0-9]{{{least},{most}}}")),
    }
    if let Some(exponent) = exponent {
        expression.push_str(&format!("E[-+]?[0-9]{{{},}}", digits(exponent).0.max(1)));
    }
    Some(expression)
}

/// A pattern of days and instants as strftime writes it.
pub(super) fn strftime(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    let parts = [
        ("yyyy", "%Y"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("ss", "%S"),
        ("M", "%m"),
        ("d", "%d"),
    ];
    while let Some(first) = rest.chars().next() {
        match parts.iter().find_map(|(part, own)| Some((rest.strip_prefix(part)?, own))) {
            Some((next, own)) => {
                out.push_str(own);
                rest = next;
            }
            None => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// A pattern of days with an offset as a regular expression.
pub(super) fn day(text: &str) -> String {
    let offset = "(?:Z|[-+][0-9]{2}(?::?[0-9]{2})?)";
    let day = text.trim_end_matches('X').replace('.', r"\.");
    let day = day.replace("yyyy", "[0-9]{4}").replace("MM", "[0-9]{2}").replace("dd", "[0-9]{2}");
    format!("{day}{offset}")
}

/// A pattern of times that have no colons: what to replace, and by what.
pub(super) fn time(text: &str) -> Option<(&'static str, &'static str)> {
    match text {
        "HHmmss" => Some(("^([0-9]{2})([0-9]{2})([0-9]{2})$", r"\1:\2:\3")),
        "HHmm" => Some(("^([0-9]{2})([0-9]{2})$", r"\1:\2")),
        _ => None,
    }
}

/// An instant with an offset in hours, or without one, as DuckDB prints it in UTC.
pub(super) fn utc(text: &str) -> Option<String> {
    let (day, time) = text.split_once('T')?;
    let clock = time.get(..8)?;
    let offset: i64 = match time.get(8..)? {
        "" | "Z" => 0,
        offset => offset.strip_suffix(":00")?.parse().ok()?,
    };
    let hour: i64 = clock.get(..2)?.parse().ok()?;
    let hour = hour - offset;
    (0..24)
        .contains(&hour)
        .then(|| format!("{day} {hour:02}{}", clock.get(2..).unwrap_or_default()))
}
