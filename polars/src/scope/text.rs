//! Functions of text.

use assay_engine::text;
use assay_input::secret::Secret;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Function, PseudonymForm};
use polars::prelude::{
    BooleanType, Expr, Float64Chunked, IntoSeries as _, StringChunked, StringType, arity,
    concat_str,
};

use super::{Said, Unsaid, constant, rowwise, write};
use crate::types::kept;

/// A text made of a text.
fn changed(value: Said, function: Function, change: fn(&str) -> String) -> Result<Said, Unsaid> {
    let text = value.of(DataType::Text, &format!("{function:?}"))?;
    let expr = rowwise::one(text, DataType::Text, move |texts| {
        let change = |text: &str| change(text);
        let made = arity::unary_elementwise_values::<_, StringType, _>(texts.str()?, change);
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}

/// Functions of one text.
pub(super) fn unary(function: Function, value: Said) -> Result<Said, Unsaid> {
    match function {
        Function::Lower => changed(value, function, |text| {
            text.chars().map(|letter| cased(letter, letter.to_lowercase(), 'i')).collect()
        }),
        Function::Upper => changed(value, function, |text| {
            text.chars().map(|letter| cased(letter, letter.to_uppercase(), 'ẞ')).collect()
        }),
        Function::TitleCase => changed(value, function, text::title_case),
        Function::Length => {
            let text = value.of(DataType::Text, "a length")?;
            let expr = text.str().len_chars().cast(kept(DataType::Integer));
            Ok(Said::new(expr, DataType::Integer))
        }
        // `call` sends nothing but `Trim` here.
        _ => {
            let text = value.of(DataType::Text, "Trim")?;
            let expr = rowwise::one(text, DataType::Text, |texts| {
                let trim = |text: &'_ str| text.trim().to_owned();
                let made = arity::unary_elementwise_values::<_, StringType, _>(texts.str()?, trim);
                Ok(made.into_series())
            });
            Ok(Said::new(expr, DataType::Text))
        }
    }
}

/// A letter in another case, which is always a single letter: DuckDB's tables, which are those of Unicode 15.1
/// and know no longer forms. `alone` is that of the one letter whose form they shorten or make.
fn cased(letter: char, mut other: impl Iterator<Item = char>, alone: char) -> char {
    if letter.is_ascii() {
        return other.next().unwrap_or(letter);
    }
    match u32::from(letter) {
        // Pairs of which one half came later.
        0x19b
        | 0x264
        | 0x1c89..=0x1c8a
        | 0xa7cb..=0xa7cf
        | 0xa7d2..=0xa7d5
        | 0xa7da..=0xa7dc
        | 0x10d50..=0x10d85
        | 0x16ea0..=0x16ed3 => return letter,
        _ => {}
    }
    match (other.next(), other.next()) {
        (Some(only), None) => only,
        _ => match u32::from(letter) {
            0xdf | 0x130 => alone,
            // Greek letters with an iota below have it beside in upper case.
            small @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => {
                char::from_u32(small + 8).unwrap_or(letter)
            }
            small @ (0x1fb3 | 0x1fc3 | 0x1ff3) => char::from_u32(small + 9).unwrap_or(letter),
            _ => letter,
        },
    }
}

/// Texts one after the other.
pub(super) fn concat(values: Vec<Said>) -> Said {
    let mut texts: Vec<Expr> = values.into_iter().map(write::text_of).collect();
    if texts.is_empty() {
        texts.push(constant::text(""));
    }
    Said::new(concat_str(texts, "", false), DataType::Text)
}

/// Whether one text is somewhere in the other.
pub(super) fn holds(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    let what = format!("{function:?}");
    let (one, other) = (one.of(DataType::Text, &what)?, other.of(DataType::Text, &what)?);
    let expr = rowwise::many([one, other], DataType::Boolean, move |values| {
        let made = arity::broadcast_binary_elementwise::<_, _, BooleanType, _>(
            values[0].str()?,
            values[1].str()?,
            |one: Option<&str>, other: Option<&str>| {
                let (one, other) = (one?, other?);
                Some(match function {
                    Function::StartsWith => one.starts_with(other),
                    Function::EndsWith => one.ends_with(other),
                    // `call` sends nothing but `Contains` here.
                    _ => one.contains(other),
                })
            },
        );
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Boolean))
}

/// Texts by row, where one text may stand for all rows.
struct Texts<'a>(&'a StringChunked);

impl Texts<'_> {
    fn at(&self, row: usize) -> Option<&str> {
        self.0.get(if self.0.len() == 1 { 0 } else { row })
    }
}

/// Functions of three texts, or a text and two others.
pub(super) fn three(function: Function, values: [Said; 3]) -> Result<Said, Unsaid> {
    let what = format!("{function:?}");
    let mut texts = Vec::new();
    for value in values {
        texts.push(value.of(DataType::Text, &what)?);
    }
    let make = move |text: &str, from: &str, to: &str| match function {
        Function::Replace if from.is_empty() => text.to_owned(),
        Function::Replace => text.replace(from, to),
        // `call` sends nothing but `Translate` here.
        _ => translated(text, from, to),
    };
    let expr = rowwise::many(texts, DataType::Text, move |values| {
        let height = values.iter().map(|values| values.len()).max().unwrap_or(0);
        let (text, from) = (values[0].str()?.rechunk(), values[1].str()?.rechunk());
        let to = values[2].str()?.rechunk();
        let (text, from, to) = (Texts(&text), Texts(&from), Texts(&to));
        let made: StringChunked =
            (0..height).map(|row| Some(make(text.at(row)?, from.at(row)?, to.at(row)?))).collect();
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}

fn translated(text: &str, from: &str, to: &str) -> String {
    let change = |letter: char| match from.chars().position(|known| known == letter) {
        Some(place) => to.chars().nth(place),
        None => Some(letter),
    };
    text.chars().filter_map(change).collect()
}

/// A part of a text, by where it begins and how long it is.
pub(super) fn substring(text: Said, from: Said, length: Said) -> Result<Said, Unsaid> {
    let text = text.of(DataType::Text, "Substring")?;
    let from = from.of(DataType::Integer, "Substring")?;
    let length = length.of(DataType::Integer, "Substring")?;
    let expr = rowwise::many([text, from, length], DataType::Text, |values| {
        let height = values.iter().map(|values| values.len()).max().unwrap_or(0);
        let text = values[0].str()?.rechunk();
        let (from, length) = (values[1].i64()?.rechunk(), values[2].i64()?.rechunk());
        let text = Texts(&text);
        let made: StringChunked = (0..height)
            .map(|row| {
                let from = from.get(if from.len() == 1 { 0 } else { row })?;
                let length = length.get(if length.len() == 1 { 0 } else { row })?;
                Some(part(text.at(row)?, from, length))
            })
            .collect();
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}

/// Counted from the end where `from` is negative, and backwards where `length` is, as DuckDB does.
fn part(text: &str, from: i64, length: i64) -> &str {
    let length = if from == 0 { length.saturating_sub(1).max(0) } else { length };
    let letters = || i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = match from {
        1.. => from - 1,
        0 => 0,
        _ => letters().saturating_add(from),
    };
    let (start, end) = match length {
        0.. => (start, start.saturating_add(length)),
        _ => (start.saturating_add(length), start),
    };
    let (start, end) = (start.max(0), end.max(0));
    let byte = |letter: i64| {
        let letter = usize::try_from(letter).unwrap_or(usize::MAX);
        text.char_indices().nth(letter).map_or(text.len(), |(at, _)| at)
    };
    if start >= end { "" } else { text.get(byte(start)..byte(end)).unwrap_or_default() }
}

/// A normal form.
pub(super) fn normalize(text: Said, form: Said) -> Result<Said, Unsaid> {
    let text = text.of(DataType::Text, "Normalize")?;
    let form = form.of(DataType::Text, "Normalize")?;
    let expr = rowwise::many([text, form], DataType::Text, |values| {
        let made = arity::broadcast_binary_elementwise::<_, _, StringType, _>(
            values[0].str()?,
            values[1].str()?,
            |text: Option<&str>, form: Option<&str>| text::normalize(text?, form?),
        );
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}

/// How alike two texts are.
pub(super) fn similarity(values: [Said; 3]) -> Result<Said, Unsaid> {
    let mut texts = Vec::new();
    for value in values {
        texts.push(value.of(DataType::Text, "Similarity")?);
    }
    let expr = rowwise::many(texts, DataType::Double, |values| {
        let height = values.iter().map(|values| values.len()).max().unwrap_or(0);
        let (one, other) = (values[0].str()?.rechunk(), values[1].str()?.rechunk());
        let method = values[2].str()?.rechunk();
        let (one, other, method) = (Texts(&one), Texts(&other), Texts(&method));
        let made: Float64Chunked = (0..height)
            .map(|row| {
                let method = text::method(method.at(row)?)?;
                Some(text::similarity(one.at(row)?, other.at(row)?, method))
            })
            .collect();
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Double))
}

/// A pseudonym, made with a key.
pub(super) fn pseudonym(value: Said, key: &Secret, form: &PseudonymForm) -> Result<Said, Unsaid> {
    let text = value.of(DataType::Text, "a pseudonym")?;
    let (key, form) = (key.clone(), form.clone());
    let expr = rowwise::one(text, DataType::Text, move |texts| {
        let made =
            arity::unary_elementwise_values::<_, StringType, _>(texts.str()?, |text: &str| {
                text::pseudonym(text, key.expose().as_bytes(), &form)
            });
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}
