//! `standardize_country`: countries are written in one way.

use schemars::JsonSchema;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::site::{self, Lowered, Site};
use super::{StepRule, countries, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::literal;
use crate::plan::{Expr, Function, Literal, Otherwise};
use crate::problem::{Pointer, Problem};

pub(super) struct StandardizeCountry;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// How a country is written.
    #[serde(default)]
    to: Form,
    /// Further words, each with the alpha-2 code of the country that it means.
    #[serde(default)]
    also: BTreeMap<String, String>,
    /// What becomes of a value that is none.
    #[serde(default)]
    otherwise: Otherwise,
}

/// How a country is written.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// `DE`.
    #[default]
    Alpha2,
    /// `DEU`.
    Alpha3,
    /// `276`.
    Numeric,
    /// `Germany`.
    Name,
}

fn country(value: Expr, parameters: &Parameters) -> Expr {
    let bare = Expr::call(Function::Trim, [value]);
    let branches = countries::all().map(|country| {
        let own = parameters.also.iter().filter(|(_, code)| *code == country.alpha2);
        let words = [country.alpha2, country.alpha3, country.numeric]
            .into_iter()
            .chain(country.names.iter().copied())
            .chain(own.map(|(word, _)| word.as_str()));
        let words = words.map(|word| Literal::Text(word.to_owned())).collect();
        let written = match parameters.to {
            Form::Alpha2 => country.alpha2,
            Form::Alpha3 => country.alpha3,
            Form::Numeric => country.numeric,
            Form::Name => country.names.first().copied().unwrap_or(country.alpha2),
        };
        (literal::is_one_of(bare.clone(), words, true), say::text(written))
    });
    say::cases(branches.collect())
}

impl StepRule for StandardizeCountry {
    type Parameters = Parameters;
    const NAME: &'static str = "standardize_country";
    const DOC: Doc = Doc {
        summary: "Writes countries in one way.",
        semantics: "Known are the alpha-2, alpha-3 and numeric codes of ISO 3166-1 and the English names, \
                    whatever their case and the white space around them. What is none stays as it was, or \
                    with `otherwise` becomes null or sends its row to the rejects. Nulls stay null.",
        good: "step_id: country-codes\nstep_type: standardize_country\nparameters: {columns: [country], also: {Deutschland: DE}}\n",
        bad: "step_id: country-codes\nstep_type: standardize_country\nparameters: {columns: [country], also: {Deutschland: Germany}}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let known: Vec<_> = countries::all().map(|country| country.alpha2).collect();
        let wrong = parameters.also.iter().filter(|(_, code)| !known.contains(&code.as_str()));
        wrong
            .map(|(word, code)| {
                let message = format!("`{code}` is not an alpha-2 code of ISO 3166-1");
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
            let title = format!("write `{}` as a country", column.name);
            let reason = format!("`{}` is not a country", column.name);
            site::settled(column, title, (country(value, parameters), parameters.otherwise), reason)
        });
        Ok(set.collect())
    }
}
