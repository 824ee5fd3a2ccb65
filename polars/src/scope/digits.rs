//! Check digits.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Literal};
use polars::prelude::{BooleanType, Int64Type, IntoSeries as _, arity};

use super::{Said, Unsaid, decimal, rowwise};

/// Whether text passes Luhn's check.
pub(super) fn luhn(value: Said) -> Result<Said, Unsaid> {
    let text = value.of(DataType::Text, "Luhn")?;
    let expr = rowwise::one(text, DataType::Boolean, |texts| {
        let made = arity::unary_elementwise_values::<_, BooleanType, _>(texts.str()?, passes);
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Boolean))
}

fn passes(text: &str) -> bool {
    if !(1..=24).contains(&text.len()) || !text.bytes().all(|letter| letter.is_ascii_digit()) {
        return false;
    }
    let sum: u32 = text
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, letter)| {
            let digit = u32::from(letter - b'0');
            match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Text as a number modulo 97, letters as two digits.
pub(super) fn mod97(value: Said) -> Result<Said, Unsaid> {
    let text = value.of(DataType::Text, "Mod97")?;
    let expr = rowwise::one(text, DataType::Integer, |texts| {
        let made =
            arity::unary_elementwise::<_, Int64Type, _>(texts.str()?, |text: Option<&str>| {
                text.and_then(rest)
            });
        Ok(made.into_series())
    });
    Ok(Said::new(expr, DataType::Integer))
}

fn rest(text: &str) -> Option<i64> {
    if !(1..=40).contains(&text.len()) {
        return None;
    }
    text.bytes().try_fold(0, |sum: i64, letter| match letter {
        b'0'..=b'9' => Some((sum * 10 + i64::from(letter - b'0')) % 97),
        b'A'..=b'Z' => Some((sum * 100 + i64::from(letter - b'A') + 10) % 97),
        _ => None,
    })
}

/// The sum of places in an alphabet, each times its weight.
///
/// # Errors
/// Alphabet or weights are no literals.
pub(super) fn weighted_sum(value: Said, arguments: &[Expr]) -> Result<Said, Unsaid> {
    let unsaid = || "the plan calls WeightedSum without a literal alphabet and weights".to_owned();
    let [_, Expr::Literal { value: Literal::Text(alphabet) }, weights @ ..] = arguments else {
        return Err(unsaid());
    };
    let mut known = Vec::with_capacity(weights.len());
    for weight in weights {
        let Expr::Literal { value: Literal::Integer(weight) } = weight else {
            return Err(unsaid());
        };
        known.push(*weight);
    }
    let alphabet: Vec<char> = alphabet.chars().collect();
    let text = value.of(DataType::Text, "WeightedSum")?;
    let sum = move |text: &str| -> Option<Option<i64>> {
        let mut letters = text.chars();
        let mut sum = Some(0_i64);
        for weight in &known {
            let letter = letters.next()?;
            let place = alphabet.iter().position(|known| *known == letter)?;
            let term = i64::try_from(place).ok().and_then(|place| place.checked_mul(*weight));
            sum = sum.zip(term).and_then(|(sum, term)| sum.checked_add(term));
        }
        letters.next().is_none().then_some(sum)
    };
    let expr = rowwise::one(text, DataType::Integer, move |texts| {
        let made = arity::try_unary_elementwise::<_, Int64Type, _, _, _>(
            texts.str()?,
            |text: Option<&str>| match text.and_then(&sum) {
                None => Ok(None),
                Some(sum) => sum.map(Some).ok_or_else(decimal::beyond),
            },
        );
        Ok(made?.into_series())
    });
    Ok(Said::new(expr, DataType::Integer))
}
