//! Taxonomies: lists of codes and what they stand for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LibraryObject, Reference, common_fields, kind};
use crate::plan::Literal;
use crate::problem::Problem;

kind! {
    /// A closed list of codes.
    Taxonomy {
        id: taxonomy_id TaxonomyId,
        /// The codes.
        values: Vec<Term>,
    }
}

/// A code of a taxonomy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The code as the data has it.
    pub code: Scalar,
    /// What it stands for.
    #[serde(default)]
    pub label: Option<String>,
    /// More about it.
    #[serde(default)]
    pub description: Option<String>,
}

/// A value as authors write it: text, a number, or true or false.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// Text; also days, instants and exact decimals.
    Text(String),
}

impl Scalar {
    /// The value as a typed constant of the plan.
    pub fn literal(&self) -> Literal {
        match self {
            Self::Boolean(value) => Literal::Boolean(*value),
            Self::Integer(value) => Literal::Integer(*value),
            Self::Number(value) => Literal::Double(*value),
            Self::Text(value) => Literal::Text(value.clone()),
        }
    }

    /// The value as people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl LibraryObject for Taxonomy {
    common_fields!(taxonomy_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        let codes: Vec<_> = self.values.iter().map(|term| term.code.shown()).collect();
        super::unique_ids("values", "code", codes.iter().map(String::as_str))
    }
}
