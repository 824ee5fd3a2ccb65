//! Objects that speak of catalog entities: mapping templates, action types and decision rules. They are
//! not run here; what is lowered is only their check against the entities.

use assay_schemas::code::Code;
use assay_schemas::datatype::DataType;
use assay_schemas::id::AttributeId;
use assay_schemas::library::Object;
use assay_schemas::library::action_type::ActionType;
use assay_schemas::library::decision_rule::{
    Component, Condition, DecisionAction, DecisionRule, ExecuteAction,
};
use assay_schemas::library::entity::{Attribute, Entity};
use assay_schemas::library::mapping_template::MappingTemplate;
use assay_schemas::library::taxonomy::Scalar;
use assay_schemas::literal::{self, Fit};
use assay_schemas::problem::{Pointer, Problem, nearest};
use serde_json::Value;

use super::super::overlay::Resolved;
use super::field::unknown_attribute;
use super::target;
use crate::diagnostic::Sink;

/// An object among the others, for reports about it.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) resolved: &'a Resolved<'a>,
    pub(super) index: usize,
}

impl<'a> At<'a> {
    fn report(self, problem: Problem, sink: &mut Sink) {
        sink.push(self.resolved.linked.loaded(self.index).diagnostic(problem));
    }

    /// Reports a problem that an entity is the other end of.
    fn report_beside(self, problem: Problem, entity: usize, sink: &mut Sink) {
        let other = self.resolved.linked.loaded(entity);
        let place = other.place(&Pointer::from("attributes"));
        let diagnostic = self.resolved.linked.loaded(self.index).diagnostic(problem);
        sink.push(diagnostic.related(place, "its attributes are here"));
    }

    fn entity(self, pointer: &Pointer) -> Option<(usize, &'a Entity)> {
        match target(self.resolved, self.index, pointer)? {
            (index, Object::Entity(entity)) => Some((index, entity)),
            _ => None,
        }
    }
}

/// The attributes that the relationships of an entity join.
pub(super) fn relationships(at: At<'_>, entity: &Entity, sink: &mut Sink) {
    for (position, relationship) in entity.relationships.iter().enumerate() {
        let place = Pointer::from("relationships").index(position);
        let target = if relationship.target.entity_id == entity.entity_id {
            Some((at.index, entity))
        } else {
            at.entity(&place.key("target"))
        };
        for (number, join) in relationship.join.iter().enumerate() {
            let place = place.key("join").index(number);
            let own = entity.attribute(&join.attribute_id);
            if own.is_none() {
                let place = place.key("attribute_id");
                at.report(unknown_attribute(entity, join.attribute_id.as_str(), place), sink);
            }
            let Some((index, target)) = target else { continue };
            let place = place.key("target_attribute_id");
            let Some(other) = target.attribute(&join.target_attribute_id) else {
                let id = join.target_attribute_id.as_str();
                at.report_beside(unknown_attribute(target, id, place), index, sink);
                continue;
            };
            let types = own.and_then(|own| own.data_type).zip(other.data_type);
            if let Some((one, two)) = types.filter(|(one, two)| one.family() != two.family()) {
                let message = format!(
                    "`{}` is of type `{one}`, but `{}` of type `{two}`: they are never equal",
                    join.attribute_id, join.target_attribute_id
                );
                at.report_beside(Problem::new(Code::ColumnType, place, message), index, sink);
            }
        }
    }
}

/// The attributes that a mapping template names.
pub(super) fn mapping_template(at: At<'_>, template: &MappingTemplate, sink: &mut Sink) {
    let Some((index, entity)) = at.entity(&Pointer::from("catalog_entity")) else { return };
    for (position, mapping) in template.mappings.iter().enumerate() {
        let id = &mapping.catalog_attribute_id;
        if entity.attribute(id).is_none() {
            let place = Pointer::from("mappings").index(position).key("catalog_attribute_id");
            at.report_beside(unknown_attribute(entity, id.as_str(), place), index, sink);
        }
    }
}

/// The attributes that the conditions of an action type read, and their types.
pub(super) fn action_type(at: At<'_>, action: &ActionType, sink: &mut Sink) {
    let Some((index, entity)) = at.entity(&Pointer::from("target_object_type_api_name")) else {
        return;
    };
    let attributes: Vec<(&str, Option<DataType>)> = entity
        .attributes
        .iter()
        .map(|attribute| (attribute.attribute_id.as_str(), attribute.data_type))
        .collect();
    for problem in action.check_conditions(&attributes) {
        at.report_beside(problem, index, sink);
    }
}

/// The attributes that a decision rule reads and changes, and the actions that it carries out.
pub(super) fn decision_rule(at: At<'_>, rule: &DecisionRule, sink: &mut Sink) {
    let places = Pointer::from("object_types");
    let entities: Vec<_> =
        (0..rule.object_types.len()).filter_map(|i| at.entity(&places.index(i))).collect();
    let wants = |id: &str, place: Pointer, sink: &mut Sink| -> Option<&Attribute> {
        let mut found = None;
        // An entity without attributes is one that is not yet described.
        for (index, entity) in entities.iter().filter(|(_, entity)| !entity.attributes.is_empty()) {
            let attribute = entity.attributes.iter().find(|a| a.attribute_id.as_str() == id);
            if attribute.is_none() {
                at.report_beside(unknown_attribute(entity, id, place.clone()), *index, sink);
            }
            found = found.or(attribute);
        }
        found
    };
    for (position, condition) in rule.when.iter().enumerate() {
        let place = Pointer::from("when").index(position);
        if condition.component != Component::Properties {
            continue;
        }
        let attribute = wants(&condition.field, place.key("field"), sink);
        if let Some(data_type) = attribute.and_then(|attribute| attribute.data_type) {
            for problem in check_value(condition, data_type, &place.key("value")) {
                at.report(problem, sink);
            }
        }
    }
    for (position, action) in rule.actions.iter().enumerate() {
        let payload = Pointer::from("actions").index(position).key("payload");
        let field = |name: &str, id: &AttributeId, sink: &mut Sink| {
            wants(id.as_str(), payload.key(name), sink);
        };
        match action {
            DecisionAction::FindAndLinkDuplicates(action) => {
                field("match_on_field", &action.match_on_field, sink);
            }
            DecisionAction::CreateLink(action) => field("key_field", &action.key_field, sink),
            DecisionAction::SetProperty(action) => field("field", &action.field, sink),
            DecisionAction::ExecuteAction(action) => execute(at, rule, action, &payload, sink),
            DecisionAction::SendNotification(_) | DecisionAction::OpenTicket(_) => {}
        }
    }
}

/// A problem for each value that an attribute of this type cannot have.
fn check_value(condition: &Condition, data_type: DataType, place: &Pointer) -> Vec<Problem> {
    let one = |value: &Value, place: Pointer| {
        let scalar = serde_json::from_value::<Scalar>(value.clone()).ok()?;
        let message = literal::typed(&scalar, data_type, Fit::Bound).err()?;
        Some(Problem::new(Code::BadValue, place, message))
    };
    match &condition.value {
        Some(Value::Array(values)) => values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| one(value, place.index(index)))
            .collect(),
        Some(value) => one(value, place.clone()).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The parameters that a decision rule gives to an action type.
fn execute(
    at: At<'_>,
    rule: &DecisionRule,
    call: &ExecuteAction,
    payload: &Pointer,
    sink: &mut Sink,
) {
    let Some((_, Object::ActionType(action))) =
        target(at.resolved, at.index, &payload.key("api_name"))
    else {
        return;
    };
    let entity = &action.target_object_type_api_name;
    if !rule.object_types.contains(entity) {
        let message =
            format!("action type `{}` acts on objects of entity `{entity}`", action.api_name);
        let problem = Problem::new(Code::BadValue, payload.key("api_name"), message);
        at.report(problem.hint("the rule looks at objects of another entity"), sink);
    }
    for name in call.parameters.keys().filter(|name| !action.parameters.contains_key(*name)) {
        let message = format!("action type `{}` has no parameter `{name}`", action.api_name);
        let place = payload.key("parameters").key(name);
        let problem = Problem::new(Code::UnknownField, place, message).at_key();
        let near = nearest(name, action.parameters.keys().map(String::as_str));
        let problem = match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        };
        at.report(problem, sink);
    }
    let missing = action
        .parameters
        .iter()
        .filter(|(name, parameter)| parameter.required && !call.parameters.contains_key(*name));
    for (name, _) in missing {
        let message = format!("action type `{}` needs the parameter `{name}`", action.api_name);
        at.report(Problem::new(Code::MissingField, payload.key("parameters"), message), sink);
    }
}
