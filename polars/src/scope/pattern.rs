//! Regular expressions, as `schemas/src/pattern.rs` writes them.

use assay_schemas::datatype::DataType;
use assay_schemas::pattern::portable;
use polars::prelude::{BooleanType, IntoSeries as _, StringType, arity};
use regex::{Captures, Regex};

use super::{Said, Unsaid, rowwise};

/// A pattern as `regex` reads it: `\b` is the edge of an ASCII word.
fn compiled(pattern: &str, whole: bool) -> Result<Regex, Unsaid> {
    let pattern = portable(pattern).map_err(|error| error.message)?;
    let mut written = String::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    let mut class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('b') if !class => written.push_str(r"(?-u:\b)"),
                Some('B') if !class => {
                    return Err(format!("`\\B` in the pattern `{pattern}`"));
                }
                Some(escaped) => written.extend(['\\', escaped]),
                None => written.push('\\'),
            },
            '[' => {
                written.push('[');
                if !class {
                    // A bracket that comes first, or first after `^`, is one of the characters.
                    class = true;
                    let rest = letters.as_str();
                    let skip = match (rest.strip_prefix("^]"), rest.strip_prefix(']')) {
                        (Some(_), _) => "^\\]",
                        (_, Some(_)) => "\\]",
                        _ => "",
                    };
                    written.push_str(skip);
                    letters.by_ref().take(skip.len().saturating_sub(1)).for_each(drop);
                } else if letters.as_str().starts_with(':') {
                    // `[:alpha:]`
                    for letter in letters.by_ref() {
                        written.push(letter);
                        if letter == ']' {
                            break;
                        }
                    }
                }
            }
            ']' => {
                class = false;
                written.push(']');
            }
            other => written.push(other),
        }
    }
    let written = if whole { format!(r"\A(?:{written})\z") } else { written };
    Regex::new(&written).map_err(|_| format!("the pattern `{pattern}` cannot be read"))
}

/// Whether text matches, as a whole or in part.
pub(super) fn matches(value: Said, pattern: &str, whole: bool) -> Result<Said, Unsaid> {
    let pattern = compiled(pattern, whole)?;
    let text = value.of(DataType::Text, "a pattern")?;
    let expr = rowwise::one(text, DataType::Boolean, move |texts| {
        let made =
            arity::unary_elementwise_values::<_, BooleanType, _>(texts.str()?, |text: &str| {
                pattern.is_match(text)
            });
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Boolean))
}

/// A part of what stands in place of a match.
enum Part {
    Text(String),
    Group(usize),
}

/// Text with every match replaced.
pub(super) fn replace(value: Said, pattern: &str, replacement: &str) -> Result<Said, Unsaid> {
    let compiled = compiled(pattern, false)?;
    let parts = parts(replacement, compiled.captures_len())
        .ok_or_else(|| format!("the replacement `{replacement}` for `{pattern}`"))?;
    let text = value.of(DataType::Text, "a pattern")?;
    let write = move |found: &Captures<'_>| -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Group(group) => found.get(*group).map_or("", |group| group.as_str()).to_owned(),
        };
        parts.iter().map(part).collect()
    };
    let expr = rowwise::one(text, DataType::Text, move |texts| {
        let made =
            arity::unary_elementwise_values::<_, StringType, _>(texts.str()?, |text: &str| {
                compiled.replace_all(text, &write).into_owned()
            });
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}

/// The replacement in parts; `None` where it names a group that is not there, or has a lone backslash.
fn parts(replacement: &str, groups: usize) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut letters = replacement.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next()? {
            '\\' => text.push('\\'),
            digit => {
                let group = usize::try_from(digit.to_digit(10)?).ok()?;
                if group >= groups {
                    return None;
                }
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Part::Group(group));
            }
        }
    }
    parts.push(Part::Text(text));
    Some(parts)
}

/// What a group of the first match holds.
pub(super) fn extract(value: Said, pattern: &str, group: u8) -> Result<Said, Unsaid> {
    let compiled = compiled(pattern, false)?;
    let group = usize::from(group);
    if group >= compiled.captures_len() {
        return Err(format!("the pattern `{pattern}` has no group {group}"));
    }
    let text = value.of(DataType::Text, "a pattern")?;
    let expr = rowwise::one(text, DataType::Text, move |texts| {
        let part = |text: &str| -> Option<String> {
            let found = match group {
                0 => compiled.find(text),
                _ => compiled.captures(text).and_then(|found| found.get(group)),
            };
            found.map(|part| part.as_str()).filter(|part| !part.is_empty()).map(str::to_owned)
        };
        let made =
            arity::unary_elementwise::<_, StringType, _>(texts.str()?, |text: Option<&str>| {
                text.and_then(part)
            });
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Text))
}
