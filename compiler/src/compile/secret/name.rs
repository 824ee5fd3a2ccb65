//! Values that the name of their field gives away.

/// Last words of names whose value is a secret if it is anything.
const STRONG: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "apikey",
    "api_key",
    "access_key",
    "account_key",
    "private_key",
    "secret_key",
    "encryption_key",
    "signing_key",
    "shared_key",
    "license_key",
];

/// Last words of names whose value is a secret if it looks like chance: there are keys of many kinds.
const WEAK: &[&str] =
    &["key", "auth", "credential", "credentials", "signature", "salt", "cookie", "sas"];

/// Bits of entropy a character from which on a value looks like chance.
const CHANCE: f64 = 3.5;

/// What the value of a field is, where the field's name and the value itself say that it is a secret.
pub(super) fn gives_away(name: &str, value: &str) -> Option<&'static str> {
    let value = value.trim();
    let value =
        value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("Basic ")).unwrap_or(value);
    if value.len() < 8 || value.contains(char::is_whitespace) || is_placeholder(value) {
        return None;
    }
    if is_strong(name) {
        let digit = value.bytes().any(|byte| byte.is_ascii_digit());
        // A name such as `password` also stands for a column; a value with a digit is more than a word.
        let more_than_a_word =
            digit || (value.len() >= 16 && entropy(value) >= CHANCE && mixed(value));
        let harmless =
            is_pattern(value) || is_date(value) || is_digest(value) || is_small_word(value);
        return (more_than_a_word && !harmless).then_some("the name of the field says so");
    }
    let weak = words_end_with(name, WEAK);
    let looks = weak
        && value.len() >= 20
        && mixed(value)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && entropy(value) >= CHANCE;
    let harmless = || {
        is_pattern(value)
            || is_digest(value)
            || is_hex_or_uuid(value)
            || is_small_word(value)
            || value.contains("://")
            || value.contains('/') && value.contains('.')
    };
    (looks && !harmless()).then_some("a value like chance in such a field")
}

/// Whether a field of this name holds a secret and nothing else.
pub(super) fn is_strong(name: &str) -> bool {
    words_end_with(name, STRONG)
}

/// Whether the last words of a name, in whatever case and with whatever between them, are among these.
pub(super) fn words_end_with(name: &str, endings: &[&str]) -> bool {
    let matches = |ending: &&str| {
        let (name, ending) = (name.as_bytes(), ending.as_bytes());
        let Some(start) = name.len().checked_sub(ending.len()) else { return false };
        let same = name[start..].iter().zip(ending).all(|(a, b)| {
            a.eq_ignore_ascii_case(b) || (matches!(a, b'-' | b'.' | b' ') && *b == b'_')
        });
        // `clientSecret` begins a word with a capital, `client_secret` behind a line.
        let begins = start == 0
            || !name[start - 1].is_ascii_alphanumeric()
            || (name[start].is_ascii_uppercase() && name[start - 1].is_ascii_lowercase());
        same && begins
    };
    endings.iter().any(matches)
}

/// A reference to a secret, a variable, or words that stand for a secret to come.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let marks = ["secret://", "${", "{{", "<", "***", "...", "…", "$(", "%("];
    let words =
        ["changeme", "change-me", "example", "placeholder", "redacted", "dummy", "your-", "your_"];
    let same = value.bytes().all(|byte| Some(&byte) == value.as_bytes().first());
    same || marks.iter().any(|mark| lower.contains(mark))
        || words.iter().any(|word| lower.contains(word))
        || value.starts_with('$')
}

/// Shannon entropy, in bits a character.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

/// Capitals and small letters both.
fn mixed(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_uppercase())
        && value.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn is_pattern(value: &str) -> bool {
    value.starts_with('^')
        || ["\\d", "\\w", "\\s", "[a-z", "[A-Z", "[0-9", "(?", ".*"]
            .iter()
            .any(|mark| value.contains(mark))
}

fn is_date(value: &str) -> bool {
    value.len() >= 10
        && value.as_bytes().get(4) == Some(&b'-')
        && value.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte))
}

/// A digest that says which it is.
fn is_digest(value: &str) -> bool {
    ["sha256:", "sha512:", "sha1:", "md5:", "sha256-", "sha512-"]
        .iter()
        .any(|prefix| value.starts_with(prefix))
}

fn is_hex_or_uuid(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Base64 of a few letters, as encoders of small names write it.
fn is_small_word(value: &str) -> bool {
    let code = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let body = value.trim_end_matches('=');
    if value.len() > 24 || !value.len().is_multiple_of(4) || value.len() - body.len() > 2 {
        return false;
    }
    let mut bits = 0_u32;
    let mut held = 0;
    let mut decoded = Vec::new();
    for byte in body.bytes() {
        let Some(code) = code(byte) else { return false };
        bits = (bits << 6) | u32::from(code);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held).to_le_bytes()[0]);
        }
    }
    decoded.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b' ' | b'-' | b'_'))
}
