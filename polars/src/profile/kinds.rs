//! What text is made of and what it could be: characters, other types, known forms, words for what is
//! missing.

mod infer;

use std::collections::{HashMap, HashSet};

use assay_engine::kinds::{CANDIDATES, CHARACTERS, KINDS, SENTINELS};
use assay_engine::{EngineError, FORMS};
use polars::prelude::{Expr, IntoLazy as _, lit, when};
use regex::RegexSet;

pub use self::infer::infer;
pub(super) use self::infer::unsaid;
use self::infer::{matches, met};
use super::values::{COUNT, Values, column, counts, value};
use crate::rows::collect;

/// Names with counts.
type Counted = Vec<(String, u64)>;

/// Kinds of characters; the first four leave nothing out but what is `other`.
const CLASSES: &[(&str, &str)] = &[
    ("letter", r"\p{L}"),
    ("digit", r"\p{N}"),
    ("space", r"[\p{Z}\t\n\r]"),
    ("punctuation", r"[\p{P}\p{S}]"),
    ("latin", r"\p{Latin}"),
    ("greek", r"\p{Greek}"),
    ("cyrillic", r"\p{Cyrillic}"),
    ("han", r"\p{Han}"),
    ("arabic", r"\p{Arabic}"),
];

/// Text without what Unicode calls space separators at its ends.
fn trim(text: &str) -> &str {
    text.trim_matches(|letter| {
        matches!(
            letter,
            ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
                ..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
        )
    })
}

/// Text in small letters, each letter by itself.
fn lower(text: &str) -> String {
    text.chars().filter_map(|letter| letter.to_lowercase().next()).collect()
}

/// A number by which values are chosen: the same for the same text wherever and whenever it is asked for.
/// Which values are looked at shows in figures, so that all engines choose alike.
fn spread(text: &str) -> u64 {
    const FACTOR: u64 = 0xd6e8_feb8_6659_fd93;
    let mix = |mixed: u64, block: u64| (mixed ^ block).wrapping_mul(FACTOR);
    let (blocks, rest) = text.as_bytes().as_chunks::<8>();
    let mut mixed = 0xe17a_1465 ^ (text.len() as u64).wrapping_mul(0xc6a4_a793_5bd1_e995);
    for block in blocks {
        mixed = mix(mixed, u64::from_le_bytes(*block));
    }
    if !rest.is_empty() {
        mixed = mix(mixed, rest.iter().rev().fold(0, |block, byte| block << 8 | u64::from(*byte)));
    }
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(FACTOR);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(FACTOR);
    mixed ^ (mixed >> 32)
}

/// Whether values are empty, begin or end with white space, or differ in case only.
pub(super) struct Padding {
    pub(super) empty: u64,
    pub(super) padded: u64,
    pub(super) folded: u64,
}

/// Looks at the ends of values.
pub(super) fn padding(values: &Values<'_>) -> Result<Padding, EngineError> {
    let mut found = Padding { empty: 0, padded: 0, folded: 0 };
    // Most values are folded as they are and differ from each other; only the others are kept apart.
    let mut others = HashSet::new();
    for (text, n) in values.strings()? {
        let trimmed = text.trim();
        found.empty += if text.is_empty() { n } else { 0 };
        found.padded += if trimmed == text { 0 } else { n };
        if is_folded(text) {
            found.folded += 1;
        } else {
            others.insert(lower(trimmed));
        }
    }
    if !others.is_empty() {
        for (text, _) in values.strings()?.filter(|(text, _)| is_folded(text)) {
            others.remove(text);
        }
    }
    found.folded += others.len() as u64;
    Ok(found)
}

/// Whether text is in small letters and without white space at its ends.
fn is_folded(text: &str) -> bool {
    let small = match text.is_ascii() {
        true => !text.bytes().any(|byte| byte.is_ascii_uppercase()),
        false => text.chars().all(|letter| letter.to_lowercase().next() == Some(letter)),
    };
    small && text.trim().len() == text.len()
}

/// Values that often stand for a missing one.
pub(super) fn sentinels(values: &Values<'_>) -> Result<Counted, EngineError> {
    let mut found: Counted = values
        .strings()?
        // No letter takes more than four bytes.
        .filter(|(text, _)| text.len() < 80 && text.chars().count() < 20)
        .filter(|(text, _)| SENTINELS.contains(&lower(trim(text)).as_str()))
        .map(|(text, n)| (text.to_owned(), n))
        .collect();
    // Values come in ascending order, which stays that of those as frequent as each other.
    found.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    found.truncate(10);
    Ok(found)
}

/// Mean number of words, code points by what they are, and one in how many values was looked at.
pub(super) fn characters(values: &Values<'_>) -> Result<(f64, Counted, u64), EngineError> {
    let every = (values.counts.len() as u64).div_ceil(CHARACTERS).max(1);
    let mut classes = Classes::new()?;
    let mut found = [0_u64; CLASSES.len()];
    let (mut all, mut rows, mut words) = (0_u64, 0_u64, 0_u64);
    for (text, n) in values.strings()? {
        if every > 1 && !spread(text).is_multiple_of(every) {
            continue;
        }
        rows += n;
        words += n * words_of(trim(text));
        for letter in text.chars() {
            all += n;
            let of = classes.of(letter);
            for (at, count) in found.iter_mut().enumerate() {
                *count += n * u64::from(of >> at & 1);
            }
        }
    }
    let told: u64 = found.iter().take(4).sum();
    let mut named: Counted =
        CLASSES.iter().zip(found).map(|((name, _), count)| ((*name).to_owned(), count)).collect();
    named.push(("other".to_owned(), all.saturating_sub(told)));
    named.retain(|(_, count)| *count > 0);
    let words = if rows == 0 { 0.0 } else { words as f64 / rows as f64 };
    Ok((words, named, every))
}

/// The parts of a text between white space.
fn words_of(text: &str) -> u64 {
    let white = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ');
    let (mut words, mut inside) = (1, false);
    for byte in text.bytes() {
        words += u64::from(white(byte) && !inside);
        inside = white(byte);
    }
    words
}

/// Which of [`CLASSES`] characters are of, as bits, once each was looked at.
struct Classes {
    patterns: RegexSet,
    ascii: Vec<u16>,
    known: HashMap<char, u16>,
}

impl Classes {
    fn new() -> Result<Self, EngineError> {
        let patterns = RegexSet::new(CLASSES.iter().map(|(_, pattern)| pattern))
            .map_err(|error| EngineError::Internal(error.to_string()))?;
        let mut classes = Self { patterns, ascii: Vec::new(), known: HashMap::new() };
        classes.ascii = (0..128_u8).map(|byte| classes.look(char::from(byte))).collect();
        Ok(classes)
    }

    fn look(&self, letter: char) -> u16 {
        let mut bytes = [0; 4];
        let found = self.patterns.matches(letter.encode_utf8(&mut bytes));
        found.iter().fold(0, |bits, at| bits | 1 << at)
    }

    fn of(&mut self, letter: char) -> u16 {
        if let Some(known) = self.ascii.get(letter as usize) {
            return *known;
        }
        if let Some(known) = self.known.get(&letter) {
            return *known;
        }
        let found = self.look(letter);
        self.known.insert(letter, found);
        found
    }
}

/// Values that read as other types, and values of known forms. A kind that none of a fixed choice of
/// values has is left out.
pub(super) fn found(values: &Values<'_>) -> Result<(Counted, Counted), EngineError> {
    let mut all: Vec<(String, Expr)> = Vec::new();
    for kind in KINDS {
        all.push((kind.name(), met(kind, value()).map_err(EngineError::Beyond)?));
    }
    all.extend(FORMS.iter().map(|(name, pattern)| ((*name).to_owned(), matches(value(), pattern))));
    let frame = values.frame()?;
    let tried =
        all.iter().enumerate().map(|(at, (_, met))| met.clone().sum().alias(at.to_string()));
    let tried: Vec<Expr> = tried.collect();
    let seen = match values.counts.len() > CANDIDATES {
        true => values.some(&choice(values)?)?,
        false => frame.clone(),
    };
    let seen = collect(seen.lazy().select(tried))?;
    let mut occurring = Vec::new();
    for (at, (_, met)) in all.iter().enumerate() {
        if counts(&seen, &at.to_string())?.first().is_some_and(|n| *n > 0) {
            let rows = when(met.clone()).then(column(COUNT)).otherwise(lit(0_u64));
            occurring.push((at, rows.sum().alias(at.to_string())));
        }
    }
    let mut found = (Vec::new(), Vec::new());
    if occurring.is_empty() {
        return Ok(found);
    }
    let wanted: Vec<Expr> = occurring.iter().map(|(_, rows)| rows.clone()).collect();
    let counted = collect(frame.lazy().select(wanted))?;
    for (at, _) in occurring {
        let rows = counts(&counted, &at.to_string())?.first().copied().unwrap_or(0);
        let list = if at < KINDS.len() { &mut found.0 } else { &mut found.1 };
        list.push((all[at].0.clone(), rows));
    }
    Ok(found)
}

/// The places of the values by which kinds that do not occur are told.
fn choice(values: &Values<'_>) -> Result<Vec<usize>, EngineError> {
    let mut places: Vec<(u64, usize)> =
        values.strings()?.zip(0..).map(|((text, _), place)| (spread(text), place)).collect();
    if places.len() > CANDIDATES {
        places.select_nth_unstable(CANDIDATES);
        places.truncate(CANDIDATES);
    }
    Ok(places.into_iter().map(|(_, place)| place).collect())
}
