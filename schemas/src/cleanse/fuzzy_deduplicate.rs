//! `fuzzy_deduplicate`: rows that mean the same thing become one.

use schemars::JsonSchema;
use serde::Deserialize;

use super::keep::Keep;
use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Cluster, Comparison, Expr, Function, Similarity, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct FuzzyDeduplicate;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Keys, each of one or several parts. Two rows are compared where they are equal in every part of at
    /// least one key.
    #[schemars(length(min = 1, max = 16))]
    blocks: Vec<Vec<Part>>,
    /// What is compared.
    #[schemars(length(min = 1))]
    compare: Vec<Compared>,
    /// The least weighted mean of the similarities at which two rows mean the same.
    #[schemars(range(min = 0.0, max = 1.0))]
    threshold: f64,
    /// The most rows that one value of a key may have; others are not compared by it.
    #[serde(default = "thousand")]
    #[schemars(range(min = 2, max = 100000))]
    max_block: u32,
    /// Which row of a cluster stays.
    #[serde(default)]
    keep: Keep,
}

fn thousand() -> u32 {
    1000
}

/// A part of a key: a column, or what is at its beginning.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Part {
    /// The whole value.
    Whole(ColumnName),
    /// The first characters.
    Beginning(Beginning),
}

/// The first characters of a column.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Beginning {
    /// The column.
    column: ColumnName,
    /// How many characters.
    #[schemars(range(min = 1, max = 1000))]
    first: u32,
}

/// A column that is compared.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Compared {
    /// The column.
    column: ColumnName,
    /// How alike two values are.
    #[serde(default)]
    method: Similarity,
    /// How much it counts.
    #[serde(default = "one")]
    weight: f64,
    /// Rows less alike than this in the column never mean the same.
    #[serde(default)]
    at_least: Option<f64>,
}

fn one() -> f64 {
    1.0
}

impl Part {
    fn column(&self) -> &ColumnName {
        match self {
            Self::Whole(column) => column,
            Self::Beginning(beginning) => &beginning.column,
        }
    }

    fn lower(&self, site: &Site<'_>, place: Pointer) -> Result<Expr, Vec<Problem>> {
        match self {
            Self::Whole(column) => {
                site.find(column, place)?;
                Ok(Expr::column(column))
            }
            Self::Beginning(beginning) => {
                let text = as_text(site, &beginning.column, place.key("column"))?;
                let count = say::integer(beginning.first.into());
                let begins = Expr::call(Function::Substring, [text, say::integer(1), count]);
                // Nothing is the beginning of everything.
                Ok(Expr::call(Function::NullIf, [begins, say::text("")]))
            }
        }
    }
}

/// A column as text.
fn as_text(site: &Site<'_>, name: &ColumnName, place: Pointer) -> Result<Expr, Vec<Problem>> {
    let column = site.find(name, place.clone())?;
    match column.now.family() {
        Family::Text => Ok(Expr::column(name)),
        Family::Binary => {
            let message = format!("`{name}` holds bytes, which are not compared as text");
            Err(vec![Problem::new(Code::ColumnType, place, message)])
        }
        _ => Ok(say::cast(Expr::column(name), DataType::Text, None)),
    }
}

impl StepRule for FuzzyDeduplicate {
    type Parameters = Parameters;
    const NAME: &'static str = "fuzzy_deduplicate";
    const DOC: Doc = Doc {
        summary: "Finds rows that mean the same thing although they differ, and keeps one of each.",
        semantics: "Only rows that share a key are compared, so that not every row is compared with every \
                    other; a part of a key that is null matches nothing. The similarity of two rows is the \
                    weighted mean over `compare`; a value that is null on either side is left out. Values \
                    are compared as text, as they stand, so steps that trim, collapse and bring to one case \
                    come before. Two rows at or above the threshold belong to one cluster, and so do rows \
                    that are linked through others. One row of each cluster stays, and the others are \
                    counted as merged; the clusters are written beside the cleansed rows, each row with the \
                    pair that brought it in and all its similarities. Keys with more rows than `max_block` \
                    are counted and said. With `where`, only rows that pass it are compared.",
        good: "step_id: same-person\nstep_type: fuzzy_deduplicate\nparameters:\n  blocks: [[date_of_birth], [{column: surname, first: 3}, postcode]]\n  compare:\n    - {column: surname, weight: 3}\n    - {column: date_of_birth, method: levenshtein, weight: 3}\n  threshold: 0.8\n",
        bad: "step_id: same-person\nstep_type: fuzzy_deduplicate\nparameters:\n  blocks: [[date_of_birth]]\n  compare: [{column: surname, weight: -1}]\n  threshold: 0.8\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, compared) in parameters.compare.iter().enumerate() {
            let place = Pointer::from("compare").index(index);
            if !(compared.weight > 0.0 && compared.weight.is_finite()) {
                let message = format!("{} is not a weight above 0", compared.weight);
                problems.push(Problem::new(Code::BadValue, place.key("weight"), message));
            }
            let share = site::share("at_least", compared.at_least);
            problems.extend(share.map(|problem| problem.within(&place)));
        }
        for (index, block) in parameters.blocks.iter().enumerate() {
            if block.is_empty() {
                let message =
                    "a key without parts would compare every row with every other".to_owned();
                let place = Pointer::from("blocks").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems.extend(site::share("threshold", Some(parameters.threshold)));
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        let parts = parameters.blocks.iter().flatten().map(Part::column);
        let compared = parameters.compare.iter().map(|compared| &compared.column);
        let mut columns: Vec<ColumnName> = Vec::new();
        for column in parts.chain(compared).chain(parameters.keep.column()) {
            if !columns.contains(column) {
                columns.push(column.clone());
            }
        }
        columns
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let mut blocks = Vec::new();
        for (index, block) in parameters.blocks.iter().enumerate() {
            let place = Pointer::from("blocks").index(index);
            let parts = block.iter().enumerate();
            let parts = parts.map(|(at, part)| part.lower(site, place.index(at)));
            blocks.push(parts.collect::<Result<Vec<_>, _>>()?);
        }
        let mut compare = Vec::new();
        for (index, compared) in parameters.compare.iter().enumerate() {
            let place = Pointer::from("compare").index(index).key("column");
            compare.push(Comparison {
                title: compared.column.to_string(),
                value: as_text(site, &compared.column, place)?,
                method: compared.method,
                weight: compared.weight,
                at_least: compared.at_least,
            });
        }
        let cluster = Cluster {
            blocks,
            compare,
            threshold: parameters.threshold,
            max_block: parameters.max_block.into(),
            keep: parameters.keep.lower(site, &"keep".into())?,
        };
        let names: Vec<_> =
            parameters.compare.iter().map(|compared| format!("`{}`", compared.column)).collect();
        let title = format!(
            "keep one row of each cluster alike in {} by {}",
            names.join(", "),
            parameters.threshold
        );
        Ok(vec![Lowered::new(title, StepBody::Cluster(Box::new(cluster)))])
    }
}
