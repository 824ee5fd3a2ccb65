//! Several values as one.

use std::fmt::Write as _;

use assay_schemas::datatype::DataType;
use polars::prelude::{
    Expr, IntoSeries as _, PolarsResult, Series, StringChunked, StringType, arity,
};

use super::{Said, Unsaid, rowwise, write};

/// All values as one text that tells them apart: equal where each of them is, null being equal to null, and
/// never null itself. It is not made for reading.
pub(super) fn together(values: Vec<Said>) -> Result<Said, Unsaid> {
    if values.is_empty() {
        return Err("no values as one".into());
    }
    let texts: Vec<Expr> = values.into_iter().map(canonical).collect();
    let expr = rowwise::many(texts, DataType::Text, joined);
    Ok(Said::new(expr, DataType::Text))
}

/// Values as texts that are the same where the values are.
fn canonical(value: Said) -> Expr {
    let Said { expr, data_type } = value;
    match data_type {
        // One NaN for all, and no zero below zero.
        Some(DataType::Double) => rowwise::one(expr, DataType::Text, |values| {
            let written = |value: f64| match value.is_nan() {
                true => "nan".to_owned(),
                false => write::double(value + 0.0),
            };
            let made = arity::unary_elementwise_values::<_, StringType, _>(values.f64()?, written);
            Ok(made.into_series())
        }),
        _ => write::text_of(Said { expr, data_type }),
    }
}

fn joined(values: &[Series]) -> PolarsResult<Series> {
    let height = values.iter().map(|values| values.len()).max().unwrap_or(0);
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        texts.push(value.str()?.rechunk().into_owned());
    }
    let mut text = String::new();
    let made: StringChunked = (0..height)
        .map(|row| {
            text.clear();
            for part in &texts {
                // Its length tells where each value ends.
                match part.get(if part.len() == 1 { 0 } else { row }) {
                    Some(found) => {
                        let _ = write!(text, "{}:{found}", found.len());
                    }
                    None => text.push('-'),
                }
            }
            Some(text.clone())
        })
        .collect();
    Ok(made.into_series())
}
