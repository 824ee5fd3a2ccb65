//! Digits in SQL: check digits, and decimals.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Literal};

use super::sql::{self, Unsaid};
use super::types;

/// Digits that a Luhn number may have.
const LUHN: usize = 24;

/// Whether text passes Luhn's check.
///
/// The place of a digit in the one alphabet is its value, in the other the digits of its double added up. Places
/// before the first digit give the empty text, which stands at the first place of each.
pub(super) fn luhn(text: &str) -> String {
    let place = |at: usize| {
        let alphabet = if at % 2 == 1 { "0123456789" } else { "0516273849" };
        format!("strpos('{alphabet}', substring({text}, -{at}, 1)) - 1")
    };
    let sum: Vec<_> = (1..=LUHN).map(place).collect();
    format!(
        "(CASE WHEN regexp_full_match({text}, '[0-9]{{1,{LUHN}}}') THEN ({}) % 10 = 0 \
         WHEN {text} IS NOT NULL THEN false END)",
        sum.join(" + ")
    )
}

/// Text as a number modulo 97, letters as two digits.
pub(super) fn mod97(text: &str) -> String {
    format!(
        "(CASE WHEN regexp_full_match({text}, '[0-9A-Z]{{1,40}}') THEN \
         list_reduce(list_prepend(0, list_transform(string_split({text}, ''), \
         lambda c: strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1)), \
         lambda sum, v: (sum * (CASE WHEN v < 10 THEN 10 ELSE 100 END) + v) % 97) END)"
    )
}

/// The sum of places in an alphabet, each times its weight.
///
/// # Errors
/// Alphabet or weights are no literals.
pub(super) fn weighted_sum(text: &str, arguments: &[Expr]) -> Result<String, Unsaid> {
    let unsaid = || "the plan calls WeightedSum without a literal alphabet and weights".to_owned();
    let [_, Expr::Literal { value: Literal::Text(alphabet) }, weights @ ..] = arguments else {
        return Err(unsaid());
    };
    let alphabet = sql::text(alphabet);
    let mut sum = Vec::new();
    for (index, weight) in weights.iter().enumerate() {
        let Expr::Literal { value: Literal::Integer(weight) } = weight else {
            return Err(unsaid());
        };
        if *weight != 0 {
            let at = index + 1;
            sum.push(format!("{weight} * (strpos({alphabet}, substring({text}, {at}, 1)) - 1)"));
        }
    }
    let sum = if sum.is_empty() { "0".to_owned() } else { sum.join(" + ") };
    Ok(format!(
        "(CASE WHEN length({text}) = {} AND translate({text}, {alphabet}, '') = '' THEN {sum} END)",
        weights.len()
    ))
}

/// A decimal with exactly the digits written; beyond 38 of them DuckDB would fall back to a double.
pub(super) fn decimal(digits: &str) -> Result<String, Unsaid> {
    let refused = || format!("`{digits}` is not a decimal of at most 38 digits");
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let fits = whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit())
        && (1..=38).contains(&(whole.len() + fraction.len()));
    if !fits {
        return Err(refused());
    }
    let data_type = DataType::Decimal(
        u8::try_from((whole.len() + fraction.len()).max(1)).map_err(|_| refused())?,
        u8::try_from(fraction.len()).map_err(|_| refused())?,
    );
    Ok(format!("CAST({} AS {})", sql::text(digits), types::name(data_type)))
}
