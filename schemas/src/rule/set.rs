//! Lists of values, as `in_set` and `not_in_set` share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Target, expect_family, parameter};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::library::reference::{Collector, TaxonomyRef};
use crate::library::taxonomy::Scalar;
use crate::library::{Reference, Request as _};
use crate::literal::{self, Fit};
use crate::plan::{Expr, Field, Literal};
use crate::problem::{Pointer, Problem};

/// Values that a title names; the rest is counted.
const SHOWN: usize = 8;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The values; either this or a taxonomy.
    #[serde(default)]
    values: Option<Vec<Scalar>>,
    /// The taxonomy whose codes are the values.
    #[serde(default)]
    taxonomy: Option<TaxonomyRef>,
    /// Upper and lower case are the same; for text.
    #[serde(default)]
    ignore_case: bool,
}

impl Parameters {
    /// A list or a taxonomy, compared character by character.
    pub(super) fn exact(values: Option<Vec<Scalar>>, taxonomy: Option<TaxonomyRef>) -> Self {
        Self { values, taxonomy, ignore_case: false }
    }

    pub(super) fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        found.add(Pointer::from("taxonomy"), self.taxonomy.as_ref());
        found.finish()
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        match (&self.values, &self.taxonomy) {
            (None, None) => vec![
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    "neither `values` nor `taxonomy` is given",
                )
                .hint("write `values: [1, 2]`, or `taxonomy: {taxonomy_id: …}`"),
            ],
            (Some(_), Some(_)) => vec![
                Problem::new(
                    Code::BadValue,
                    Pointer::from("taxonomy"),
                    "the values stand in `values` or in a `taxonomy`, not in both",
                )
                .at_key(),
            ],
            (Some(values), None) if values.is_empty() => {
                vec![Problem::new(Code::BadValue, Pointer::from("values"), "the list is empty")]
            }
            (Some(values), None) => repeated(values),
            (None, Some(_)) => Vec::new(),
        }
    }
}

fn repeated(values: &[Scalar]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (index, value) in values.iter().enumerate() {
        let quoted = matches!(value, Scalar::Text(_));
        if !seen.insert((quoted, value.shown())) {
            let message = format!("`{}` stands here for the second time", value.shown());
            let place = Pointer::from("values").index(index);
            problems.push(Problem::new(Code::BadValue, place, message));
        }
    }
    problems
}

/// Whether the column's value is in the list, and the list in words.
///
/// # Errors
/// The column holds no single values, the taxonomy is unknown, or a value does not fit the column.
pub(super) fn membership(
    rule: &str,
    parameters: &Parameters,
    field: &Field,
    target: &Target<'_>,
) -> Result<(Expr, String), Vec<Problem>> {
    let families = [Family::Boolean, Family::Number, Family::Text, Family::Temporal];
    expect_family(rule, field, &families, "column".into())?;
    if parameters.ignore_case && field.data_type != DataType::Text {
        let message =
            format!("`{}` is of type `{}`, which has no case", field.name, field.data_type);
        return Err(vec![Problem::new(Code::ColumnType, parameter("ignore_case"), message)]);
    }
    let (set, words) = literals(parameters, field, target)?;
    Ok((literal::is_one_of(Expr::column(&field.name), set, parameters.ignore_case), words))
}

/// The values as constants of the column's type, and in words.
///
/// # Errors
/// The taxonomy is unknown, or a value does not fit the column.
pub(super) fn literals(
    parameters: &Parameters,
    field: &Field,
    target: &Target<'_>,
) -> Result<(Vec<Literal>, String), Vec<Problem>> {
    let (values, words) = values(parameters, target)?;
    let mut set = Vec::with_capacity(values.len());
    let mut problems = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match literal::typed(value, field.data_type, Fit::Value) {
            Ok(literal) => set.push(literal),
            Err(message) if parameters.taxonomy.is_none() => {
                let place = parameter("values").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
            Err(message) => {
                problems.push(Problem::new(Code::BadValue, parameter("taxonomy"), message));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok((set, words))
}

fn values(
    parameters: &Parameters,
    target: &Target<'_>,
) -> Result<(Vec<Scalar>, String), Vec<Problem>> {
    let Some(wanted) = &parameters.taxonomy else {
        let values = parameters.values.clone().unwrap_or_default();
        let words = words(&values);
        return Ok((values, words));
    };
    let fault = |code, message: String| vec![Problem::new(code, parameter("taxonomy"), message)];
    let id = wanted.at(Pointer::root()).id;
    let Some(taxonomy) = target.resolve.taxonomy(wanted) else {
        return Err(fault(Code::DanglingReference, format!("there is no taxonomy `{id}`")));
    };
    if taxonomy.values.is_empty() {
        return Err(fault(Code::BadValue, format!("taxonomy `{id}` has no values")));
    }
    let codes = taxonomy.values.iter().map(|term| term.code.clone()).collect();
    Ok((codes, format!("the codes of `{id}`")))
}

fn words(values: &[Scalar]) -> String {
    let shown: Vec<_> = values.iter().take(SHOWN).map(Scalar::shown).collect();
    let shown = shown.join(", ");
    match values.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
