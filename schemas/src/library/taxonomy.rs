//! Taxonomies: lists of codes and what they stand for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::plan::Literal;
use crate::problem::{Pointer, Problem};

kind! {
    /// A closed list of codes.
    Taxonomy {
        id: taxonomy_id TaxonomyId,
        /// The codes; without them, `values_from` says where they stand.
        #[serde(default)]
        values: Vec<Term>,
        /// The codes stand in a CSV file beside this one. The compiler writes them out before it does
        /// anything else, so this is never part of a sealed taxonomy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        values_from: Option<ValuesFrom>,
    }
}

/// A CSV file with codes: its name, or its name and those of its columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ValuesFrom {
    /// The path, relative to this file; the columns are `code`, `label` and `description`.
    File(String),
    /// The path, and what its columns are called.
    Table(ValuesTable),
}

/// A CSV file with codes, whose columns have names of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValuesTable {
    /// The path, relative to this file and inside the same library.
    pub file: String,
    /// The column that holds the codes.
    #[serde(default = "code_column")]
    pub code: String,
    /// The column that says what they stand for.
    #[serde(default)]
    pub label: Option<String>,
    /// The column that says more about them.
    #[serde(default)]
    pub description: Option<String>,
    /// What the codes are; text unless told otherwise, so that `007` stays as it is.
    #[serde(default)]
    pub code_type: CodeType,
}

fn code_column() -> String {
    "code".to_owned()
}

/// What codes in a CSV file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeType {
    /// Text, as it stands.
    #[default]
    Text,
    /// Whole numbers.
    Integer,
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
        let empty = self.values.is_empty();
        match (&self.values_from, empty) {
            (Some(_), false) => {
                let message = "a taxonomy has `values` or `values_from`, not both";
                return vec![
                    Problem::new(Code::BadValue, Pointer::from("values_from"), message).at_key(),
                ];
            }
            (None, true) => {
                let message = "missing field `values`";
                return vec![
                    Problem::new(Code::MissingField, Pointer::root(), message)
                        .hint("write the codes, or `values_from: codes.csv`"),
                ];
            }
            _ => {}
        }
        let codes: Vec<_> = self.values.iter().map(|term| term.code.shown()).collect();
        super::unique_ids("values", "code", codes.iter().map(String::as_str))
    }
}
