//! Objects, field by field: what a change of what is written comes to.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fields::{Say, say};
use super::{Note, phrase};
use assay_schemas::impact::{Contract, Impact};

/// What tells the members of a list apart, the first that all of them have.
pub(super) const KEYS: &[&str] = &[
    "dataset_contract_id",
    "rule_id",
    "binding_id",
    "attribute_id",
    "relationship_id",
    "fixture_id",
    "step_id",
    "rule_set_id",
    "action_profile_id",
    "column",
    "classification",
    "dimension",
    "metric",
    "role",
    "code",
    "name",
];

/// What changes where an object takes the place of another; `None` where there is none.
pub(super) fn compare(kind: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<Note> {
    let mut walk = Walk { kind, path: Vec::new(), inherited: None, notes: Vec::new() };
    walk.values(before, after);
    walk.notes
}

/// The object without the versions that its references are pinned to; its own version stays.
pub(super) fn without_pins(mut object: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("version");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    if let Value::Object(fields) = &mut object {
        fields.values_mut().for_each(strip);
    }
    object
}

struct Walk<'a> {
    kind: &'a str,
    path: Vec<String>,
    /// What a change comes to of which the lists say nothing.
    inherited: Option<Impact>,
    notes: Vec<Note>,
}

impl Walk<'_> {
    fn values(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let there = |value: Option<&Value>| value.filter(|value| !value.is_null()).is_some();
        if before == after || (!there(before) && !there(after)) {
            return;
        }
        let both = |is: fn(&Value) -> bool| before.is_some_and(is) && after.is_some_and(is);
        // The object as a whole can only come and go.
        let whole = self.path.is_empty() && there(before) && there(after);
        let impact = match say(self.kind, &self.path).filter(|_| !whole) {
            Some(Say::Plan) => return,
            // What it is made of tells more.
            Some(Say::Is(impact)) if both(Value::is_object) => {
                let outer = self.inherited.replace(impact);
                self.fields(before.and_then(Value::as_object), after.and_then(Value::as_object));
                self.inherited = outer;
                return;
            }
            Some(Say::Is(impact)) => Some(impact),
            Some(Say::By(weigh)) => match weigh(before, after) {
                Some(impact) => Some(impact),
                None => return,
            },
            Some(Say::Member { added, .. }) if !there(before) => Some(added),
            Some(Say::Member { removed, .. }) if !there(after) => Some(removed),
            Some(Say::Member { .. }) => None,
            None => self.inherited,
        };
        if let Some(impact) = impact {
            return self.note(impact, before, after);
        }
        match (before, after) {
            (Some(Value::Object(_)) | None, Some(Value::Object(_)) | None) => {
                self.fields(before.and_then(Value::as_object), after.and_then(Value::as_object));
            }
            (Some(Value::Array(_)) | None, Some(Value::Array(_)) | None) => {
                self.members(before.and_then(Value::as_array), after.and_then(Value::as_array));
            }
            _ => self.note(Impact::Contract(Contract::Unknown), before, after),
        }
    }

    fn fields(&mut self, before: Option<&Map<String, Value>>, after: Option<&Map<String, Value>>) {
        let names: BTreeSet<_> = before.into_iter().chain(after).flat_map(Map::keys).collect();
        for name in names {
            let field = |fields: Option<&Map<String, Value>>| fields?.get(name).cloned();
            self.path.push(name.clone());
            self.values(field(before).as_ref(), field(after).as_ref());
            self.path.pop();
        }
    }

    fn members(&mut self, before: Option<&Vec<Value>>, after: Option<&Vec<Value>>) {
        let (before, after) =
            (before.map_or(&[][..], Vec::as_slice), after.map_or(&[][..], Vec::as_slice));
        let key = KEYS.iter().find(|key| {
            before.iter().chain(after).all(|member| member.get(**key).is_some_and(Value::is_string))
        });
        let name = |(index, member): (usize, &Value)| match (key, member) {
            (Some(key), member) => member[*key].as_str().unwrap_or_default().to_owned(),
            (None, Value::String(text)) => text.clone(),
            (None, Value::Object(_) | Value::Array(_)) => (index + 1).to_string(),
            (None, other) => other.to_string(),
        };
        let named = |members: &[Value]| members.iter().enumerate().map(name).collect::<Vec<_>>();
        let (old, new) = (named(before), named(after));
        let find = |names: &[String], members: &[Value], name: &String| {
            names.iter().position(|other| other == name).map(|index| members[index].clone())
        };
        let both: BTreeSet<_> = old.iter().chain(&new).collect();
        for name in both {
            self.path.push(name.clone());
            let (old, new) = (find(&old, before, name), find(&new, after, name));
            self.values(old.as_ref(), new.as_ref());
            self.path.pop();
        }
    }

    fn note(&mut self, impact: Impact, before: Option<&Value>, after: Option<&Value>) {
        let part = self.path.join("/");
        let there = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
        let words = match (self.path.is_empty(), there(before), there(after)) {
            (true, false, _) => "is new".to_owned(),
            (true, _, false) => "is gone".to_owned(),
            _ => phrase::values(before, after),
        };
        self.notes.push(Note::new(impact, part, words));
    }
}
