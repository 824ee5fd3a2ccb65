//! Check digits.

use super::name::Format;
use crate::plan::{Expr, Function, Literal};
use crate::rule::values::any;

const DIGITS: &str = "0123456789";
const DIGITS_X: &str = "0123456789X";

fn text(value: &str) -> Expr {
    Expr::literal(Literal::Text(value.to_owned()))
}

fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Integer(value))
}

/// The text without what may stand between its parts.
fn without(value: &Expr, characters: &str) -> Expr {
    Expr::call(Function::Translate, [value.clone(), text(characters), text("")])
}

/// Whether the weighted sum of the characters leaves `rest` when divided by `modulus`; false where the text
/// has another length.
fn sum(value: Expr, alphabet: &str, weights: &[i64], (modulus, rest): (i64, i64)) -> Expr {
    let rest_of =
        Expr::call(Function::Modulo, [weighted(value, alphabet, weights), integer(modulus)]);
    or_false(Expr::call(Function::Equal, [rest_of, integer(rest)]))
}

fn weighted(value: Expr, alphabet: &str, weights: &[i64]) -> Expr {
    let weights = weights.iter().map(|weight| integer(*weight));
    Expr::call(Function::WeightedSum, [value, text(alphabet)].into_iter().chain(weights))
}

fn or_false(test: Expr) -> Expr {
    Expr::call(Function::Coalesce, [test, Expr::literal(Literal::Boolean(false))])
}

/// Weights 3 and 1 in turn, the last being 1.
fn alternating(length: usize) -> Vec<i64> {
    (0..length).map(|index| if (length - index).is_multiple_of(2) { 3 } else { 1 }).collect()
}

/// GS1's check over digits of these lengths.
fn gs1(value: &Expr, lengths: &[usize]) -> Expr {
    let tests =
        lengths.iter().map(|length| sum(value.clone(), DIGITS, &alternating(*length), (10, 0)));
    any(tests)
}

fn isbn10(value: &Expr) -> Expr {
    sum(without(value, " -"), DIGITS_X, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], (11, 0))
}

/// Whether text of digits and capital letters leaves 1 when divided by 97.
fn mod97(value: Expr) -> Expr {
    or_false(Expr::call(Function::Equal, [Expr::call(Function::Mod97, [value]), integer(1)]))
}

/// Whether the check digits of a text that has the form are right; `None` where it has none.
pub(super) fn of(format: Format, value: &Expr, without_check_digit: bool) -> Option<Expr> {
    Some(match format {
        Format::CreditCard => Expr::call(Function::Luhn, [without(value, " -")]),
        Format::Imei => Expr::call(Function::Luhn, [value.clone()]),
        Format::Isin => Expr::call(Function::Luhn, [letters_as_numbers(value)]),
        Format::Ean => gs1(value, &[8, 13]),
        Format::Upc => gs1(value, &[12]),
        Format::Gtin => gs1(value, &[8, 12, 13, 14]),
        Format::Isbn10 => isbn10(value),
        Format::Isbn13 => gs1(&without(value, " -"), &[13]),
        Format::Isbn => any([isbn10(value), gs1(&without(value, " -"), &[13])]),
        Format::Issn => sum(without(value, "-"), DIGITS_X, &[8, 7, 6, 5, 4, 3, 2, 1], (11, 0)),
        // ISO/IEC 7064, mod 11-2: the powers of two modulo 11.
        Format::Orcid => {
            let weights: Vec<i64> = (0..16).rev().map(|power| (1 << power) % 11).collect();
            sum(without(value, "-"), DIGITS_X, &weights, (11, 1))
        }
        Format::Lei => mod97(value.clone()),
        Format::Iban => {
            let plain = without(value, " ");
            let part = |from: i64, length: i64| {
                Expr::call(Function::Substring, [plain.clone(), integer(from), integer(length)])
            };
            mod97(Expr::call(Function::Concat, [part(5, 30), part(1, 4)]))
        }
        Format::Vin if !without_check_digit => vin(value),
        Format::Email => length(value, 254, Some(64)),
        Format::Hostname => length(value, 253, None),
        _ => return None,
    })
}

/// Letters as numbers from 10, `A`, to 35, `Z`.
fn letters_as_numbers(value: &Expr) -> Expr {
    ('A'..='Z').zip(10..).fold(value.clone(), |value, (letter, number)| {
        let (letter, number) = (letter.to_string(), i32::to_string(&number));
        Expr::call(Function::Replace, [value, text(&letter), text(&number)])
    })
}

/// The ninth character is the weighted sum of the others modulo 11, `X` being 10.
fn vin(value: &Expr) -> Expr {
    let letters = text("ABCDEFGHJKLMNPRSTUVWXYZ");
    let numbers = text("12345678123457923456789");
    let plain = Expr::call(Function::Translate, [value.clone(), letters, numbers]);
    let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let rest = Expr::call(Function::Modulo, [weighted(plain, DIGITS, &weights), integer(11)]);
    let ninth = Expr::call(Function::Substring, [value.clone(), integer(9), integer(1)]);
    or_false(Expr::call(Function::Equal, [rest, weighted(ninth, DIGITS_X, &[1])]))
}

/// Whether a text is no longer than that, nor the part before its first `@`.
fn length(value: &Expr, most: i64, before_at: Option<i64>) -> Expr {
    let size = Expr::call(Function::Length, [value.clone()]);
    let mut tests = vec![Expr::call(Function::LessOrEqual, [size, integer(most)])];
    tests.extend(before_at.map(|most| {
        let beginning =
            Expr::call(Function::Substring, [value.clone(), integer(1), integer(most + 1)]);
        Expr::call(Function::Contains, [beginning, text("@")])
    }));
    Expr::all(tests)
}
