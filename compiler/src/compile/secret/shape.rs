//! Tokens that are known by their shape, wherever they stand in a text.

use std::ops::Range;

use super::name;

/// A token, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// Whose it is, for the message.
    pub(super) what: &'static str,
}

/// Characters behind a prefix.
#[derive(Clone, Copy)]
enum Letters {
    Upper,
    Hex,
    Plain,
    Dashed,
}

impl Letters {
    fn hold(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Plain => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Dashed => is_token(byte),
        }
    }
}

use Letters::{Dashed, Hex, Plain, Upper};

/// Prefix, letters behind it, the fewest and the most of them, and what it is.
type Known = (&'static str, Letters, usize, usize, &'static str);

const MANY: usize = 255;

/// Tokens with a prefix. Taken from what the services themselves publish for secret scanning.
const KNOWN: &[Known] = &[
    ("AKIA", Upper, 16, 16, "an AWS access key"),
    ("ASIA", Upper, 16, 16, "an AWS access key"),
    ("ABIA", Upper, 16, 16, "an AWS access key"),
    ("AIza", Dashed, 35, 35, "a Google API key"),
    ("GOCSPX-", Dashed, 24, 40, "a Google client secret"),
    ("dapi", Hex, 32, 32, "a Databricks token"),
    ("dop_v1_", Hex, 64, 64, "a DigitalOcean token"),
    ("ghp_", Plain, 36, MANY, "a GitHub token"),
    ("gho_", Plain, 36, MANY, "a GitHub token"),
    ("ghu_", Plain, 36, MANY, "a GitHub token"),
    ("ghs_", Plain, 36, MANY, "a GitHub token"),
    ("ghr_", Plain, 36, MANY, "a GitHub token"),
    ("github_pat_", Plain, 22, MANY, "a GitHub token"),
    ("glpat-", Dashed, 20, MANY, "a GitLab token"),
    ("gldt-", Dashed, 20, MANY, "a GitLab token"),
    ("glrt-", Dashed, 20, MANY, "a GitLab token"),
    ("glptt-", Dashed, 20, MANY, "a GitLab token"),
    ("glcbt-", Dashed, 20, MANY, "a GitLab token"),
    ("hvs.", Dashed, 24, MANY, "a Vault token"),
    ("npm_", Plain, 36, 36, "an npm token"),
    ("pypi-", Dashed, 60, MANY, "a PyPI token"),
    ("rk_live_", Plain, 16, MANY, "a Stripe key"),
    ("rk_test_", Plain, 16, MANY, "a Stripe key"),
    ("sk_live_", Plain, 16, MANY, "a Stripe key"),
    ("sk_test_", Plain, 16, MANY, "a Stripe key"),
    ("whsec_", Plain, 24, MANY, "a Stripe key"),
    ("sk-ant-", Dashed, 32, MANY, "an Anthropic key"),
    ("sk-proj-", Dashed, 32, MANY, "an OpenAI key"),
    ("SG.", Dashed, 16, MANY, "a SendGrid key"),
    ("xapp-", Dashed, 20, MANY, "a Slack token"),
    ("xoxa-", Dashed, 10, MANY, "a Slack token"),
    ("xoxb-", Dashed, 10, MANY, "a Slack token"),
    ("xoxe-", Dashed, 10, MANY, "a Slack token"),
    ("xoxp-", Dashed, 10, MANY, "a Slack token"),
    ("xoxr-", Dashed, 10, MANY, "a Slack token"),
    ("xoxs-", Dashed, 10, MANY, "a Slack token"),
];

/// No token is shorter than this.
const LEAST: usize = 14;

/// Every token of a known shape in a text, in order.
pub(super) fn find(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_token(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_token(bytes[at]) {
            at += 1;
        }
        hits.extend(word(text, start..at));
    }
    private_keys(text, &mut hits);
    urls(text, &mut hits);
    hits.sort_by_key(|hit| (hit.range.start, hit.range.end));
    hits
}

/// What a run of letters is, or is the name of.
fn word(text: &str, range: Range<usize>) -> Option<Hit> {
    let run = &text[range.clone()];
    let rest = &text.as_bytes()[range.end..];
    if run.starts_with("eyJ") && rest.first() == Some(&b'.') {
        return jwt(text, range.start);
    }
    // Prefixes with a point end the run before the token itself.
    let dotted = rest.first() == Some(&b'.') && (run == "hvs" || run == "SG");
    if run.len() >= LEAST || dotted {
        let length = if dotted { run.len() + 1 + leading(&rest[1..], Dashed) } else { run.len() };
        let whole = range.start..range.start + length;
        if let Some(what) = known(&text[whole.clone()]) {
            return Some(Hit { range: whole, what });
        }
    }
    assigned(text, range)
}

fn known(token: &str) -> Option<&'static str> {
    // Services write such keys into their manuals.
    if token.ends_with("EXAMPLE") || all_the_same(token) {
        return None;
    }
    KNOWN.iter().find_map(|(prefix, letters, least, most, what)| {
        let rest = token.strip_prefix(prefix)?.as_bytes();
        let fits = (*least..=*most).contains(&rest.len()) && leading(rest, *letters) == rest.len();
        fits.then_some(*what)
    })
}

/// Placeholders such as `ghp_xxxxxxxx`: the end is one letter over and over.
fn all_the_same(token: &str) -> bool {
    let end = &token.as_bytes()[token.len().saturating_sub(12)..];
    end.iter().all(|byte| Some(byte) == end.first())
}

/// Three parts of base64 joined by points, the first two of them JSON.
fn jwt(text: &str, start: usize) -> Option<Hit> {
    let bytes = &text.as_bytes()[start..];
    let head = leading(bytes, Dashed);
    let body_at = head + 1;
    let body = leading(bytes.get(body_at..)?, Dashed);
    let signed_at = body_at + body + 1;
    let is_json = bytes.get(body_at..)?.starts_with(b"eyJ");
    let is_jwt = head >= 12 && body >= 12 && is_json && bytes.get(body_at + body) == Some(&b'.');
    let length = signed_at + bytes.get(signed_at..).map_or(0, |rest| leading(rest, Dashed));
    is_jwt.then(|| Hit { range: start..start + length, what: "a JSON web token" })
}

/// The value behind `password=`, `token: ` and the like, in comments and connection strings too.
fn assigned(text: &str, name: Range<usize>) -> Option<Hit> {
    let word = &text[name.clone()];
    // Cheap, for this is asked of every word of every file.
    if word.len() < 3
        || !matches!(
            word.as_bytes()[word.len() - 1],
            b'd' | b'D' | b't' | b'T' | b'n' | b'N' | b'y' | b'Y' | b'e' | b'E' | b'g' | b'G'
        )
    {
        return None;
    }
    let azure = name::words_end_with(word, &["accountkey", "sharedaccesskey", "sig"]);
    if !azure && !name::is_strong(word) {
        return None;
    }
    let rest = &text[name.end..];
    if rest.starts_with("://") {
        return None;
    }
    let behind = rest.trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
    let value = behind.strip_prefix(['=', ':'])?.trim_start_matches([' ', '\t']);
    let value = value.trim_start_matches(['"', '\'']);
    let value =
        value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("Basic ")).unwrap_or(value);
    let start = text.len() - value.len();
    let length = value.find(|c: char| c.is_whitespace() || "\"',;&<>{}[]()`".contains(c));
    let value = &value[..length.unwrap_or(value.len())];
    let range = start..start + value.len();
    let long = value.len() >= 40 && name::entropy(value) >= 3.5;
    if azure && long && !value.contains("${") {
        return Some(Hit { range, what: "a key of an Azure storage account or its signature" });
    }
    name::gives_away(word, value).map(|what| Hit { range, what })
}

/// PEM blocks that hold a private key. Certificates and public keys are no secrets.
fn private_keys(text: &str, hits: &mut Vec<Hit>) {
    for (start, _) in text.match_indices("-----BEGIN ") {
        let rest = &text[start..];
        let first = rest.lines().next().unwrap_or_default();
        if !first.contains("PRIVATE KEY") {
            continue;
        }
        let end = rest.find("-----END ").map_or(first.len(), |end| {
            end + rest[end..].lines().next().unwrap_or_default().trim_end_matches(['"', '\'']).len()
        });
        hits.push(Hit { range: start..start + end, what: "a private key" });
    }
}

/// Passwords before the host of a URL, and hooks whose path is the secret.
fn urls(text: &str, hits: &mut Vec<Hit>) {
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest.find(|c: char| c.is_whitespace() || "\"'<>`".contains(c));
        let url = &rest[..end.unwrap_or(rest.len())];
        let authority = url.split(['/', '?', '#']).next().unwrap_or_default();
        if let Some((credentials, _)) = authority.rsplit_once('@')
            && let Some((user, password)) = credentials.split_once(':')
            && !name::is_placeholder(password)
        {
            let start = at + 3 + user.len() + 1;
            hits.push(Hit { range: start..start + password.len(), what: "a password in a URL" });
        }
        let slack = url.strip_prefix("hooks.slack.com/services/");
        if let Some(path) = slack.filter(|path| path.len() >= 20 && !name::is_placeholder(path)) {
            let start = at + 3 + url.len() - path.len();
            hits.push(Hit { range: start..start + path.len(), what: "a Slack hook" });
        }
    }
}

/// How many bytes at the beginning are such letters.
fn leading(bytes: &[u8], letters: Letters) -> usize {
    bytes.iter().take_while(|byte| letters.hold(**byte)).count()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
