//! `normalize_unicode`: equal texts are written with equal characters.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct NormalizeUnicode;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// The normal form.
    #[serde(default)]
    form: Form,
    /// Letters lose their accents: `é` becomes `e`.
    #[serde(default)]
    strip_accents: bool,
}

/// A normal form of Unicode.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// Letters and accents together.
    #[default]
    Nfc,
    /// Letters and accents apart.
    Nfd,
    /// Together, and plain characters instead of their variants.
    Nfkc,
    /// Apart, and plain characters instead of their variants.
    Nfkd,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Nfc => "nfc",
            Self::Nfd => "nfd",
            Self::Nfkc => "nfkc",
            Self::Nfkd => "nfkd",
        }
    }

    /// The form in which accents stand apart.
    fn apart(self) -> &'static str {
        match self {
            Self::Nfc | Self::Nfd => "nfd",
            Self::Nfkc | Self::Nfkd => "nfkd",
        }
    }
}

impl StepRule for NormalizeUnicode {
    type Parameters = Parameters;
    const NAME: &'static str = "normalize_unicode";
    const DOC: Doc = Doc {
        summary: "Brings text to a Unicode normal form.",
        semantics: "`nfc` puts letters and accents together, `nfd` apart; `nfkc` and `nfkd` also make plain \
                    characters of ligatures, full-width letters and the like, which loses what set them \
                    apart. With `strip_accents` marks that do not take a place of their own go as well; \
                    letters such as `ø` and `ß`, which are no accented ones, stay. In text formats columns \
                    of every type are text until they are converted; values of other types stay.",
        good: "step_id: one-form\nstep_type: normalize_unicode\nparameters: {columns: [name], form: nfc}\n",
        bad: "step_id: one-form\nstep_type: normalize_unicode\nparameters: {columns: [name], form: NFC}\n",
    };
    const ON_TEXT: bool = true;

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let form = parameters.form.name();
        let normal = |value, form: &str| Expr::call(Function::Normalize, [value, say::text(form)]);
        let title = match parameters.strip_accents {
            true => format!("strip accents of {{}} and bring it to {}", form.to_uppercase()),
            false => format!("bring {{}} to {}", form.to_uppercase()),
        };
        Ok(site::each(columns, &title, |value| match parameters.strip_accents {
            true => {
                normal(say::replaced(normal(value, parameters.form.apart()), r"\p{Mn}+", ""), form)
            }
            false => normal(value, form),
        }))
    }
}
