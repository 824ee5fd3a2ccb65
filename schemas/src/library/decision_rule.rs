//! Decision rules: what is done with an object of the catalog when its values say so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authored::{Authored, IdFrom};
use super::reference::Collector;
use super::{Kind, LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::id::{ApiName, AttributeId, ConnId, EntityId};
use crate::problem::{Pointer, Problem};

kind! {
    /// Conditions on objects of the catalog, and the actions where they hold.
    DecisionRule {
        id: decision_rule_id DecisionRuleId,
        /// Catalog entities whose objects are looked at.
        #[schemars(length(min = 1))]
        object_types: Vec<EntityId>,
        /// Whether all conditions must hold or any one.
        #[serde(default)]
        logic: Logic,
        /// The conditions.
        #[schemars(length(min = 1))]
        when: Vec<Condition>,
        /// What is done, in order.
        #[schemars(length(min = 1))]
        actions: Vec<DecisionAction>,
    }
}

/// How conditions are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Logic {
    /// Every condition must hold.
    #[default]
    All,
    /// One condition is enough.
    Any,
}

/// A condition on one value of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The part of the object that the value stands in.
    #[serde(default)]
    pub component: Component,
    /// The value: an attribute of the entity, for `properties`.
    #[schemars(length(min = 1))]
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with; a list for `in` and `notin`, nothing for `isnull` and `isnotnull`.
    #[serde(default)]
    pub value: Option<Value>,
}

/// Parts of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// The attributes of its entity.
    #[default]
    Properties,
    /// Its links to other objects, by type of link.
    Links,
    /// What is known about the object itself, such as when it was changed.
    Metadata,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// Is the same.
    Equals,
    /// Is not the same.
    NotEquals,
    /// Is greater.
    GreaterThan,
    /// Is greater or the same.
    GreaterOrEqual,
    /// Is less.
    LessThan,
    /// Is less or the same.
    LessOrEqual,
    /// Is one of a list.
    In,
    /// Is none of a list.
    NotIn,
    /// Is a text that contains another.
    Contains,
    /// Is a text that begins with another.
    StartsWith,
    /// Is a text that ends with another.
    EndsWith,
    /// Is a text that matches a regular expression as a whole.
    Matches,
    /// Is there no value.
    IsNull,
    /// Is there a value.
    IsNotNull,
}

impl Operator {
    /// What the operator takes.
    fn operand(self) -> Operand {
        match self {
            Self::IsNull | Self::IsNotNull => Operand::Nothing,
            Self::In | Self::NotIn => Operand::List,
            Self::Contains | Self::StartsWith | Self::EndsWith | Self::Matches => Operand::Text,
            Self::Equals
            | Self::NotEquals
            | Self::GreaterThan
            | Self::GreaterOrEqual
            | Self::LessThan
            | Self::LessOrEqual => Operand::Scalar,
        }
    }

    /// The name as authors write it.
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_lowercase()
    }
}

/// What an operator takes as `value`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    Nothing,
    Scalar,
    Text,
    List,
}

/// What is done where the conditions hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "payload", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionAction {
    /// Finds objects with the same value and links them to this one.
    FindAndLinkDuplicates(FindAndLinkDuplicates),
    /// Links the object to another.
    CreateLink(CreateLink),
    /// Gives an attribute a value.
    SetProperty(SetProperty),
    /// Carries out an action type on the object.
    ExecuteAction(ExecuteAction),
    /// Tells people.
    SendNotification(SendNotification),
    /// Opens a ticket for people to look at the object.
    OpenTicket(OpenTicket),
}

/// Finds objects with the same value and links them to this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindAndLinkDuplicates {
    /// The attribute whose equal values make a duplicate.
    pub match_on_field: AttributeId,
    /// The type of the links made.
    #[schemars(length(min = 1))]
    pub link_type: String,
}

/// Links the object to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateLink {
    /// The type of the link.
    #[schemars(length(min = 1))]
    pub link_type: String,
    /// The entity of the other object.
    pub target_object_type: EntityId,
    /// The attribute of this object that holds the other's key.
    pub key_field: AttributeId,
}

/// Gives an attribute a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetProperty {
    /// The attribute.
    pub field: AttributeId,
    /// The value.
    pub value: Value,
}

/// Carries out an action type on the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteAction {
    /// The action type.
    pub api_name: ApiName,
    /// Its parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
}

/// Tells people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendNotification {
    /// The channel, such as `#data-quality`.
    #[schemars(length(min = 1))]
    pub channel: String,
    /// What is said.
    #[serde(default)]
    pub message: Option<String>,
}

/// Opens a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenTicket {
    /// The title of the ticket.
    #[schemars(length(min = 1))]
    pub title: String,
    /// Where it is opened; without one, where notifications go.
    #[serde(default)]
    pub conn_id: Option<ConnId>,
}

impl Condition {
    /// What is wrong with the operand, seen from the condition.
    fn check(&self) -> Option<Problem> {
        let place = Pointer::from("value");
        let name = self.operator.name();
        let fault = |code, message: String| Some(Problem::new(code, place.clone(), message));
        match (self.operator.operand(), &self.value) {
            (Operand::Nothing, None) => None,
            (Operand::Nothing, Some(_)) => {
                fault(Code::BadValue, format!("`{name}` takes no value"))
                    .map(|problem| problem.at_key().hint("remove it"))
            }
            (_, None) => Some(
                Problem::new(
                    Code::MissingField,
                    Pointer::root(),
                    format!("`{name}` needs a `value`"),
                )
                .hint("to ask whether there is one, use `isnull` or `isnotnull`"),
            ),
            (Operand::List, Some(Value::Array(items))) if items.is_empty() => {
                fault(Code::BadValue, format!("nothing is {name} an empty list"))
            }
            (Operand::List, Some(Value::Array(_))) => None,
            (Operand::List, Some(_)) => fault(Code::WrongType, format!("`{name}` takes a list"))
                .map(|problem| problem.hint("write a list, even of one: `[…]`")),
            (Operand::Text, Some(Value::String(text))) if self.operator == Operator::Matches => {
                let error = crate::pattern::portable(text).err()?;
                let problem = Problem::new(Code::BadValue, place, error.message);
                Some(match error.hint {
                    Some(hint) => problem.hint(hint),
                    None => problem,
                })
            }
            (Operand::Text, Some(Value::String(_))) => None,
            (Operand::Text, Some(_)) => fault(Code::WrongType, format!("`{name}` takes a text")),
            (Operand::Scalar, Some(Value::Array(_) | Value::Object(_))) => {
                fault(Code::WrongType, format!("`{name}` takes one value"))
                    .map(|problem| problem.hint("to compare with several, use `in`"))
            }
            (Operand::Scalar, Some(_)) => None,
        }
    }
}

impl LibraryObject for DecisionRule {
    common_fields!(decision_rule_id);
    const AUTHORED: Authored =
        Authored { tells: &["name"], id_from: IdFrom::Field("name"), ..Authored::PLAIN };

    fn references(&self) -> Vec<Reference> {
        let root = Pointer::root();
        let mut found = Collector::new();
        for (index, entity) in self.object_types.iter().enumerate() {
            found.add_id(root.key("object_types").index(index), Kind::Entity, entity.as_str());
        }
        for (index, action) in self.actions.iter().enumerate() {
            let payload = root.key("actions").index(index).key("payload");
            match action {
                DecisionAction::ExecuteAction(action) => {
                    let place = payload.key("api_name");
                    found.add_id(place, Kind::ActionType, action.api_name.as_str());
                }
                DecisionAction::CreateLink(link) => {
                    let place = payload.key("target_object_type");
                    found.add_id(place, Kind::Entity, link.target_object_type.as_str());
                }
                _ => {}
            }
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let conditions = self.when.iter().enumerate();
        conditions
            .filter_map(|(index, condition)| {
                let place = Pointer::from("when").index(index);
                condition.check().map(|problem| problem.within(&place))
            })
            .collect()
    }
}
