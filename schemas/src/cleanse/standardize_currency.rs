//! `standardize_currency`: currencies are written as their codes.

use schemars::JsonSchema;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::literal;
use crate::plan::{Expr, Function, Literal, Otherwise};
use crate::problem::{Pointer, Problem};
use crate::rule::format::list::currencies;

pub(super) struct StandardizeCurrency;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// Further words or signs, each with the ISO 4217 code that it means, such as `$: USD`.
    #[serde(default)]
    also: BTreeMap<String, String>,
    /// What becomes of a value that is none.
    #[serde(default)]
    otherwise: Otherwise,
}

/// Signs and words that mean one currency alone.
const SIGNS: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("₫", "VND"),
    ("₪", "ILS"),
    ("zł", "PLN"),
    ("kč", "CZK"),
    ("ft", "HUF"),
    ("r$", "BRL"),
    ("us$", "USD"),
    ("a$", "AUD"),
    ("c$", "CAD"),
    ("hk$", "HKD"),
    ("nz$", "NZD"),
    ("s$", "SGD"),
    ("nt$", "TWD"),
    ("cn¥", "CNY"),
    ("jp¥", "JPY"),
];

fn currency(value: Expr, parameters: &Parameters) -> Expr {
    let bare = Expr::call(Function::Trim, [value]);
    let also = parameters.also.iter().map(|(word, code)| (word.as_str(), code.as_str()));
    let mut by_code: BTreeMap<&str, Vec<Literal>> = BTreeMap::new();
    for (word, code) in also.chain(SIGNS.iter().copied()) {
        let own = parameters.also.contains_key(word) && parameters.also[word] != code;
        if !own {
            by_code.entry(code).or_default().push(Literal::Text(word.to_owned()));
        }
    }
    let words = by_code
        .into_iter()
        .map(|(code, words)| (literal::is_one_of(bare.clone(), words, true), say::text(code)));
    // A code stands for itself, in upper case.
    let upper = Expr::call(Function::Upper, [bare.clone()]);
    let codes = currencies().map(|code| Literal::Text(code.to_owned())).collect();
    let is_code = Expr::In { value: Box::new(upper.clone()), set: codes };
    say::cases(words.chain([(is_code, upper)]).collect())
}

impl StepRule for StandardizeCurrency {
    type Parameters = Parameters;
    const NAME: &'static str = "standardize_currency";
    const DOC: Doc = Doc {
        summary: "Writes currencies as their codes.",
        semantics: "Known are the codes of ISO 4217, whatever their case and the white space around them, \
                    and the signs and words that mean one currency alone: `€`, `£`, `₹`, `₩`, `₺`, `₽`, `₴`, \
                    `₫`, `₪`, `zł`, `Kč`, `Ft`, `R$`, `US$`, `A$`, `C$`, `HK$`, `NZ$`, `S$`, `NT$`, `CN¥`, \
                    `JP¥`, `euro`, `euros`. `$` and `¥` mean several and are known only by `also`. What is \
                    none stays as it was, or with `otherwise` becomes null or sends its row to the rejects.",
        good: "step_id: currency-codes\nstep_type: standardize_currency\nparameters: {columns: [currency], also: {$: USD}}\n",
        bad: "step_id: currency-codes\nstep_type: standardize_currency\nparameters: {columns: [currency], also: {$: dollar}}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let wrong = parameters
            .also
            .iter()
            .filter(|(_, code)| !currencies().any(|known| known == code.as_str()));
        wrong
            .map(|(word, code)| {
                let message = format!("`{code}` is not a code of ISO 4217");
                Problem::new(Code::BadValue, Pointer::from("also").key(word), message)
            })
            .collect()
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let set = columns.into_iter().flat_map(|column| {
            let value = Expr::column(&column.name);
            let title = format!("write `{}` as a currency", column.name);
            let reason = format!("`{}` is not a currency", column.name);
            site::settled(
                column,
                title,
                (currency(value, parameters), parameters.otherwise),
                reason,
            )
        });
        Ok(set.collect())
    }
}
