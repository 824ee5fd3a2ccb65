//! Action types: what people or programs may do with an object of the catalog, and under which
//! conditions. The code that does it is found by its key; it is never part of a library.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authored::{Alias, Authored, IdFrom};
use super::reference::Collector;
use super::{Kind, LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::datatype::DataType;
use crate::expression;
use crate::id::EntityId;
use crate::problem::{Pointer, Problem};

kind! {
    /// An action on objects of one entity: its parameters, when it is offered, what it demands.
    ActionType {
        id: api_name ApiName,
        /// The catalog entity whose objects it acts on.
        target_object_type_api_name: EntityId,
        /// What a caller gives, by name.
        #[serde(default)]
        parameters: BTreeMap<String, ActionParameter>,
        /// When the action is offered: every one must hold.
        #[serde(default)]
        submission_criteria: Vec<Criterion>,
        /// What must hold before it is carried out: every one.
        #[serde(default)]
        validation_rules: Vec<Criterion>,
        /// Names the registered code that carries it out, such as `system.log_message`.
        #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"))]
        executor_key: String,
    }
}

/// A parameter of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionParameter {
    /// The type of its values.
    pub data_type: ParameterType,
    /// A label for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it must be given.
    #[serde(default = "yes")]
    pub required: bool,
}

fn yes() -> bool {
    true
}

/// The types of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Double,
    /// True or false.
    Boolean,
    /// A calendar day.
    Date,
    /// An instant.
    Timestamp,
}

impl ParameterType {
    /// The type in the words of columns and expressions.
    pub fn data_type(self) -> DataType {
        match self {
            Self::String => DataType::Text,
            Self::Integer => DataType::Integer,
            Self::Double => DataType::Double,
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date,
            Self::Timestamp => DataType::Timestamp,
        }
    }
}

/// A condition, with what it says to people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Said to people where it does not hold.
    pub description: String,
    /// The condition, over `target_object`, `context` and `params`.
    pub rule_logic: String,
}

impl ActionType {
    /// Every condition with its place.
    pub fn conditions(&self) -> impl Iterator<Item = (Pointer, &Criterion)> {
        let lists = [
            ("submission_criteria", &self.submission_criteria),
            ("validation_rules", &self.validation_rules),
        ];
        lists.into_iter().flat_map(|(list, criteria)| {
            let place = Pointer::from(list);
            criteria.iter().enumerate().map(move |(i, c)| (place.index(i).key("rule_logic"), c))
        })
    }

    /// What is wrong with the conditions where the object has these attributes; a type is known or not,
    /// and no attribute at all means that any may be there.
    pub fn check_conditions(&self, attributes: &[(&str, Option<DataType>)]) -> Vec<Problem> {
        let parameters = self.parameters.iter();
        let parameters: Vec<_> =
            parameters.map(|(name, p)| (name.as_str(), p.data_type.data_type())).collect();
        let names = expression::action_names(attributes, &parameters);
        self.conditions()
            .filter_map(|(place, criterion)| {
                let error = expression::condition(&criterion.rule_logic, &names).err()?;
                Some(error.problem(&criterion.rule_logic, place))
            })
            .collect()
    }
}

impl LibraryObject for ActionType {
    common_fields!(api_name);
    const AUTHORED: Authored = Authored {
        aliases: &[
            at_root("apiName", "api_name"),
            at_root("action_type_id", "api_name"),
            at_root("actionTypeId", "api_name"),
            at_root("displayName", "name"),
            at_root("display_name", "name"),
            at_root("tenantId", "tenant_id"),
            at_root("targetObjectType", "target_object_type_api_name"),
            at_root("targetObjectTypeApiName", "target_object_type_api_name"),
            at_root("target_object_type", "target_object_type_api_name"),
            at_root("submissionCriteria", "submission_criteria"),
            at_root("validationRules", "validation_rules"),
            at_root("executorKey", "executor_key"),
            within(&["parameters", "*"], "dataType", "data_type"),
            within(&["parameters", "*"], "displayName", "display_name"),
            within(&["submission_criteria", "*"], "ruleLogic", "rule_logic"),
            within(&["validation_rules", "*"], "ruleLogic", "rule_logic"),
        ],
        tells: &["executor_key", "executorKey"],
        id_from: IdFrom::FileStem,
        map: None,
        rewrite: None,
    };

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        let place = Pointer::from("target_object_type_api_name");
        found.add_id(place, Kind::Entity, self.target_object_type_api_name.as_str());
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<_> = self
            .parameters
            .keys()
            .filter(|name| !is_word(name))
            .map(|name| {
                let place = Pointer::from("parameters").key(name);
                let message = format!("`{name}` is not a name: letters, digits and `_`");
                Problem::new(Code::BadValue, place, message).at_key()
            })
            .collect();
        // The attributes are those of the entity; here every name passes that could be one.
        problems.extend(self.check_conditions(&[]));
        problems
    }
}

const fn at_root(alias: &'static str, field: &'static str) -> Alias {
    Alias { within: &[], alias, field }
}

const fn within(
    within: &'static [&'static str],
    alias: &'static str,
    field: &'static str,
) -> Alias {
    Alias { within, alias, field }
}

/// Whether a text can be a name in an expression.
pub(super) fn is_word(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
