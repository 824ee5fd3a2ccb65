//! What text functions of the plan mean, for engines that have none of their own that mean the same.

use std::collections::BTreeSet;

use assay_schemas::plan::{PseudonymForm, Similarity};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

/// A Unicode normal form by its name in lower case; `None` where there is no such form.
pub fn normalize(text: &str, form: &str) -> Option<String> {
    Some(match form {
        "nfc" => text.nfc().collect(),
        "nfd" => text.nfd().collect(),
        "nfkc" => text.nfkc().collect(),
        "nfkd" => text.nfkd().collect(),
        _ => return None,
    })
}

/// The first letter of each word large, the others small.
pub fn title_case(text: &str) -> String {
    let mut inside = false;
    let mut title = String::with_capacity(text.len());
    for letter in text.chars() {
        title.push(match inside {
            true => single(letter, letter.to_lowercase()),
            false => single(letter, letter.to_uppercase()),
        });
        inside = letter.is_alphanumeric() || matches!(letter, '\'' | '’');
    }
    title
}

/// A letter in another case; itself where that is several letters.
fn single(letter: char, mut other: impl Iterator<Item = char>) -> char {
    match (other.next(), other.next()) {
        (Some(only), None) => only,
        _ => letter,
    }
}

/// A method by its name in the plan.
pub fn method(name: &str) -> Option<Similarity> {
    Some(match name {
        "exact" => Similarity::Exact,
        "levenshtein" => Similarity::Levenshtein,
        "damerau_levenshtein" => Similarity::DamerauLevenshtein,
        "jaro_winkler" => Similarity::JaroWinkler,
        "jaccard" => Similarity::Jaccard,
        _ => return None,
    })
}

/// How alike two texts are, between 0 and 1.
pub fn similarity(one: &str, other: &str, method: Similarity) -> f64 {
    if one == other {
        return 1.0;
    }
    match method {
        Similarity::Exact => 0.0,
        Similarity::Levenshtein => strsim::normalized_levenshtein(one, other),
        Similarity::DamerauLevenshtein => strsim::normalized_damerau_levenshtein(one, other),
        Similarity::JaroWinkler => strsim::jaro_winkler(one, other),
        Similarity::Jaccard => jaccard(one, other),
    }
}

fn jaccard(one: &str, other: &str) -> f64 {
    let words = |text| -> BTreeSet<&str> {
        let parts = str::split(text, |letter: char| !letter.is_alphanumeric());
        parts.filter(|word| !word.is_empty()).collect()
    };
    let (one, other) = (words(one), words(other));
    let shared = one.intersection(&other).count();
    let all = one.len() + other.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

/// A pseudonym of a text, made with a key.
pub fn pseudonym(text: &str, key: &[u8], form: &PseudonymForm) -> String {
    match form {
        PseudonymForm::Hex => {
            digest(text, key, 0).iter().map(|byte| format!("{byte:02x}")).collect()
        }
        PseudonymForm::Token { prefix } => format!("{prefix}{}", base32(&digest(text, key, 0))),
        PseudonymForm::Shape => shape(text, key),
    }
}

fn digest(text: &str, key: &[u8], block: u32) -> [u8; 32] {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text.as_bytes());
    if block > 0 {
        mac.update(&[0]);
        mac.update(&block.to_be_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// The first 130 bits in RFC 4648's base 32, small letters, without padding.
fn base32(bytes: &[u8; 32]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..26)
        .map(|place| {
            let bit = place * 5;
            let pair = u16::from(bytes[bit / 8]) << 8 | u16::from(bytes[bit / 8 + 1]);
            char::from(LETTERS[usize::from(pair >> (11 - bit % 8) & 31)])
        })
        .collect()
}

/// Each ASCII digit and letter replaced by another one of its kind.
fn shape(text: &str, key: &[u8]) -> String {
    let mut noise = (0..).flat_map(|block| digest(text, key, block));
    let mut next = |size: u8| loop {
        // Bytes beyond the last whole multiple would make some letters likelier than others.
        let byte = noise.next().unwrap_or(0);
        if byte < u8::MAX / size * size {
            break byte % size;
        }
    };
    let replaced = text.chars().map(|letter| match letter {
        '0'..='9' => char::from(b'0' + next(10)),
        'a'..='z' => char::from(b'a' + next(26)),
        'A'..='Z' => char::from(b'A' + next(26)),
        other => other,
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_large() {
        for (text, title) in [
            ("o'NEIL the-second", "O'neil The-Second"),
            ("élan 3rd", "Élan 3rd"),
            ("", ""),
            ("  a  b", "  A  B"),
        ] {
            assert_eq!(title_case(text), title);
        }
    }

    #[test]
    fn likeness_is_between_nothing_and_the_same() {
        for (one, other, method, expected) in [
            ("kitten", "sitting", Similarity::Levenshtein, 1.0 - 3.0 / 7.0),
            ("ab", "ba", Similarity::DamerauLevenshtein, 0.5),
            ("ab", "ba", Similarity::Levenshtein, 0.0),
            ("martha", "marhta", Similarity::JaroWinkler, 0.961_111_111_111_111_1),
            ("main st 5", "5 main street", Similarity::Jaccard, 0.5),
            ("a", "b", Similarity::Exact, 0.0),
            ("", "", Similarity::Jaccard, 1.0),
            ("-", "+", Similarity::Jaccard, 0.0),
        ] {
            let found = similarity(one, other, method);
            assert!((found - expected).abs() < 1e-12, "{one} {other} {method:?}: {found}");
            assert_eq!(found.to_bits(), similarity(other, one, method).to_bits());
        }
    }

    #[test]
    fn pseudonyms_are_those_of_the_key() {
        // RFC 4231, test case 2.
        assert_eq!(
            pseudonym("what do ya want for nothing?", b"Jefe", &PseudonymForm::Hex),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let token = PseudonymForm::Token { prefix: "t_".into() };
        let made = pseudonym("a", b"k", &token);
        assert_eq!(made.len(), 28);
        assert_ne!(made, pseudonym("a", b"l", &token));
        let shaped = pseudonym("Ab-12 é", b"k", &PseudonymForm::Shape);
        let kinds = |text: &str| -> String {
            let kind = |c: char| match c {
                '0'..='9' => '9',
                'a'..='z' => 'a',
                'A'..='Z' => 'A',
                other => other,
            };
            text.chars().map(kind).collect()
        };
        assert_eq!(kinds(&shaped), "Aa-99 é");
        assert_ne!(shaped, "Ab-12 é");
        let long = "x".repeat(500);
        assert_eq!(pseudonym(&long, b"k", &PseudonymForm::Shape).len(), 500);
    }

    #[test]
    fn base_32_is_that_of_the_standard() {
        let mut bytes = [0; 32];
        bytes[..6].copy_from_slice(b"foobar");
        assert!(base32(&bytes).starts_with("mzxw6ytboi"));
    }

    #[test]
    fn normal_forms_have_names() {
        assert_eq!(normalize("e\u{301}", "nfc").as_deref(), Some("é"));
        assert_eq!(normalize("ﬁ", "nfkc").as_deref(), Some("fi"));
        assert_eq!(normalize("x", "NFC"), None);
    }
}
