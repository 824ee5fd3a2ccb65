//! Patterns of days and times: those of the standard are the JDK's, ours are strftime's.

/// What both know, as the JDK and as strftime write it; longer ones first.
const PARTS: &[(&str, &str)] = &[
    ("yyyy", "%Y"),
    ("uuuu", "%Y"),
    ("SSSSSS", "%f"),
    ("MMM", "%b"),
    ("DDD", "%j"),
    ("yy", "%y"),
    ("uu", "%y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("a", "%p"),
];

/// The strftime pattern of a JDK pattern; `None` where it has a part that has no counterpart.
pub(super) fn of_jdk(pattern: &str) -> Option<String> {
    let mut result = String::new();
    let mut rest = pattern;
    'parts: while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (literal, behind) = quoted(&rest[1..])?;
            result.push_str(&literal.replace('%', "%%"));
            rest = behind;
            continue;
        }
        if !first.is_ascii_alphabetic() {
            result.push_str(if first == '%' { "%%" } else { &rest[..first.len_utf8()] });
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let run = rest.len() - rest.trim_start_matches(first).len();
        for (jdk, strftime) in PARTS {
            if rest[..run] == **jdk {
                result.push_str(strftime);
                rest = &rest[run..];
                continue 'parts;
            }
        }
        return None;
    }
    Some(result)
}

/// The literal text up to the closing quote, and what stands behind it; two quotes are one.
fn quoted(text: &str) -> Option<(String, &str)> {
    let end = text.find('\'')?;
    let literal = if end == 0 { "'" } else { &text[..end] };
    Some((literal.to_owned(), &text[end + 1..]))
}

/// The JDK pattern of a strftime pattern; `None` where it has a part that has no counterpart.
pub(super) fn to_jdk(pattern: &str) -> Option<String> {
    let mut result = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            let token = rest.get(..2)?;
            if token == "%%" {
                result.push('%');
            } else {
                result.push_str(PARTS.iter().find(|(_, strftime)| *strftime == token)?.0);
            }
            rest = &rest[2..];
            continue;
        }
        match first {
            '\'' => result.push_str("''"),
            c if c.is_ascii_alphabetic() => {
                result.push('\'');
                result.push(c);
                result.push('\'');
            }
            c => result.push(c),
        }
        rest = &rest[first.len_utf8()..];
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_go_there_and_back() {
        for (jdk, strftime) in [
            ("yyyy-MM-dd", "%Y-%m-%d"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSSSS", "%Y-%m-%dT%H:%M:%S.%f"),
            ("dd.MM.yy hh:mm a", "%d.%m.%y %I:%M %p"),
        ] {
            assert_eq!(of_jdk(jdk).as_deref(), Some(strftime));
            assert_eq!(to_jdk(strftime).as_deref(), Some(jdk));
        }
        for without in ["yyyy-MM-dd HH:mm:ssZ", "MMMM", "d/M/yyyy", "'open"] {
            assert_eq!(of_jdk(without), None, "{without}");
        }
    }
}
