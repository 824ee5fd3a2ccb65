//! `map_values`: values are replaced by others.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site, Target};
use super::{StepRule, say};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::library::reference::TaxonomyRef;
use crate::library::taxonomy::{Scalar, Taxonomy};
use crate::literal::{self, Fit};
use crate::plan::{Expr, Literal, Otherwise};
use crate::problem::{Pointer, Problem};

pub(super) struct MapValues;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column.
    column: ColumnName,
    /// What is replaced by what.
    #[serde(default)]
    map: BTreeMap<String, Scalar>,
    /// Labels of this taxonomy are replaced by its codes; codes stay.
    #[serde(default)]
    taxonomy: Option<TaxonomyRef>,
    /// For text: upper and lower case are the same.
    #[serde(default)]
    ignore_case: bool,
    /// What becomes of values that neither has.
    #[serde(default)]
    otherwise: Otherwise,
}

impl StepRule for MapValues {
    type Parameters = Parameters;
    const NAME: &'static str = "map_values";
    const DOC: Doc = Doc {
        summary: "Replaces values by others.",
        semantics: "Each value that the map has becomes what stands there; replacements are not replaced \
                    again. Others stay, or with `otherwise` become null or send their row to the rejects. \
                    Nulls stay null. In text formats the map works on the text of the cell, before it is \
                    converted to the declared type; elsewhere both sides are read as the column's type. \
                    White space counts. A taxonomy \
                    maps its labels to its codes, and what the map says goes before it. Numbers and words such as `yes` are quoted as keys.",
        good: "step_id: payment-words\nstep_type: map_values\nparameters:\n  column: payment\n  map: {CRD: card, CSH: cash}\n  otherwise: reject_row\n",
        bad: "step_id: payment-words\nstep_type: map_values\nparameters:\n  column: payment\n  map: {}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let place = Pointer::from("map");
        if parameters.map.is_empty() && parameters.taxonomy.is_none() {
            return vec![Problem::new(Code::BadValue, place, "the map is empty")];
        }
        let mut problems = Vec::new();
        let mut seen = BTreeMap::new();
        for key in parameters.map.keys().filter(|_| parameters.ignore_case) {
            if let Some(first) = seen.insert(key.to_lowercase(), key) {
                let message =
                    format!("`{key}` and `{first}` differ only in case, which is ignored");
                problems.push(Problem::new(Code::BadValue, place.key(key), message).at_key());
            }
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.column.clone()]
    }

    fn taxonomy(parameters: &Parameters) -> Option<(Pointer, TaxonomyRef)> {
        parameters.taxonomy.clone().map(|taxonomy| (Pointer::from("taxonomy"), taxonomy))
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let column = site.find(&parameters.column, "column".into())?;
        if parameters.ignore_case && column.now != DataType::Text {
            let message =
                format!("`{}` is of type `{}` here, which has no case", column.name, column.now);
            return Err(vec![Problem::new(Code::ColumnType, "ignore_case".into(), message)]);
        }
        let mut pairs = pairs(parameters, column.now)?;
        if let Some(reference) = &parameters.taxonomy {
            let Some(taxonomy) = site.resolve.taxonomy(reference) else { return Ok(Vec::new()) };
            pairs.extend(terms(taxonomy, column)?);
        }
        let value = Expr::column(&column.name);
        let branches = pairs.into_iter().map(|(key, to)| {
            let is_key = literal::is_one_of(value.clone(), vec![key], parameters.ignore_case);
            (is_key, Expr::literal(to))
        });
        let mapped = say::cases(branches.collect());
        let title = format!("map values of `{}`", column.name);
        let reason = format!("`{}` is not one of the mapped values", column.name);
        Ok(site::settled(column, title, (mapped, parameters.otherwise), reason))
    }
}

/// Labels of a taxonomy with their codes, and codes with themselves.
fn terms(taxonomy: &Taxonomy, column: &Target) -> Result<Vec<(Literal, Literal)>, Vec<Problem>> {
    let mut pairs = Vec::new();
    for term in &taxonomy.values {
        let code = match column.now {
            DataType::Text => Scalar::Text(term.code.shown()),
            _ => term.code.clone(),
        };
        let code = literal::typed(&code, column.now, Fit::Value)
            .map_err(|message| vec![Problem::new(Code::BadValue, "taxonomy".into(), message)])?;
        pairs.push((code.clone(), code.clone()));
        if let (Some(label), DataType::Text) = (&term.label, column.now) {
            pairs.push((Literal::Text(label.clone()), code));
        }
    }
    Ok(pairs)
}

/// The map, read as the type of the column.
fn pairs(parameters: &Parameters, now: DataType) -> Result<Vec<(Literal, Literal)>, Vec<Problem>> {
    let (mut pairs, mut problems) = (Vec::new(), Vec::new());
    for (key, to) in &parameters.map {
        let place = Pointer::from("map").key(key);
        let from = match (now, key.as_str()) {
            (DataType::Boolean, "true") => Scalar::Boolean(true),
            (DataType::Boolean, "false") => Scalar::Boolean(false),
            _ => Scalar::Text(key.clone()),
        };
        // On text a replacement may be written as the number or truth value that it will become.
        let to = if now == DataType::Text { Scalar::Text(to.shown()) } else { to.clone() };
        match (literal::typed(&from, now, Fit::Value), literal::typed(&to, now, Fit::Value)) {
            (Ok(from), Ok(to)) => pairs.push((from, to)),
            (from, to) => {
                let faults = [(from.err(), true), (to.err(), false)];
                for (message, is_key) in faults {
                    let Some(message) = message else { continue };
                    let problem = Problem::new(Code::BadValue, place.clone(), message);
                    problems.push(if is_key { problem.at_key() } else { problem });
                }
            }
        }
    }
    if problems.is_empty() { Ok(pairs) } else { Err(problems) }
}
