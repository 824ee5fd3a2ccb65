//! JSON Schemas of documents that stand in cells: draft 2020-12, without a network, with regular expressions
//! that take linear time.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::problem::Pointer;

/// A schema that documents are held against.
#[derive(Debug)]
pub struct DocumentSchema(Validator);

/// Why a schema is none that could be judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Where, from the schema.
    pub place: Pointer,
    /// Why.
    pub reason: String,
}

impl DocumentSchema {
    /// Reads a schema.
    ///
    /// # Errors
    /// It is not of its own schema, refers to what is not in it, or has a pattern with a look around or a
    /// reference back.
    pub fn new(schema: &Value) -> Result<Self, Unfit> {
        let unfit = |error: &jsonschema::ValidationError<'_>| Unfit {
            place: Pointer::from(error.instance_path().as_str()),
            reason: error.masked_with("this").to_string(),
        };
        jsonschema::draft202012::meta::validate(schema).map_err(|error| unfit(&error))?;
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .offline()
            .build(schema)
            .map(Self)
            .map_err(|error| Unfit { place: Pointer::root(), reason: error.to_string() })
    }

    /// Reads a schema that is written as JSON.
    ///
    /// # Errors
    /// It is no JSON, or none that could be judged by.
    pub fn parse(text: &str) -> Result<Self, String> {
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Self::new(&schema).map_err(|unfit| unfit.reason)
    }

    /// Whether text is a JSON document of the schema. Text whose values stand more than 127 deep within each
    /// other is none.
    pub fn accepts(&self, text: &str) -> bool {
        serde_json::from_str(text).is_ok_and(|document: Value| self.0.is_valid(&document))
    }
}
