//! Version 3.0.2: what came with 3.1 is said in older words, or reported.

use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::{Standard, Unsaid};
use crate::odcs::loss::Home;

/// Rewrites a document of 3.1 for another version.
pub(super) fn apply(
    document: &mut Map<String, Value>,
    standard: Standard,
    contract: &Home,
    unsaid: &mut Vec<Unsaid>,
) {
    if standard == Standard::V310 {
        return;
    }
    let mut older = Older { contract, unsaid };
    older.team(document);
    older.support(document);
    for (index, object) in each(document, "schema").enumerate() {
        older.object(object, &Pointer::from("schema").index(index));
    }
}

/// The objects of a list.
fn each<'a>(
    holder: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let items = holder.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
    items.filter_map(Value::as_object_mut)
}

struct Older<'a, 'b> {
    contract: &'a Home,
    unsaid: &'b mut Vec<Unsaid>,
}

impl Older<'_, '_> {
    /// Takes a field out, and reports it at its place in the document.
    fn drop(&mut self, holder: &mut Map<String, Value>, key: &str, at: &Pointer) {
        if holder.remove(key).is_some() {
            let why = format!("`{}` came with version 3.1", at.key(key));
            self.unsaid.push(Unsaid { place: self.contract.clone(), why });
        }
    }

    /// A team was a list of its members.
    fn team(&mut self, document: &mut Map<String, Value>) {
        let Some(Value::Object(mut team)) = document.get("team").cloned() else { return };
        let members = team.remove("members").unwrap_or_else(|| json!([]));
        for key in team.clone().keys() {
            self.drop(&mut team, key, &Pointer::from("team"));
        }
        document.insert("team".to_owned(), members);
    }

    /// A channel had to have a URL.
    fn support(&mut self, document: &mut Map<String, Value>) {
        for (index, channel) in each(document, "support").enumerate() {
            if !channel.contains_key("url") {
                channel.insert("url".to_owned(), json!(""));
                let why = format!("`/support/{index}` has no `url`, which version 3.0 demands");
                self.unsaid.push(Unsaid { place: self.contract.clone(), why });
            }
        }
    }

    fn object(&mut self, object: &mut Map<String, Value>, at: &Pointer) {
        self.drop(object, "id", at);
        self.drop(object, "relationships", at);
        checks(object);
        for (index, property) in each(object, "properties").enumerate() {
            self.property(property, &at.key("properties").index(index));
        }
    }

    fn property(&mut self, property: &mut Map<String, Value>, at: &Pointer) {
        self.drop(property, "id", at);
        self.drop(property, "relationships", at);
        checks(property);
        self.logical_type(property, at);
        for (index, inner) in each(property, "properties").enumerate() {
            self.property(inner, &at.key("properties").index(index));
        }
        if let Some(Value::Object(item)) = property.get_mut("items") {
            self.property(item, &at.key("items"));
        }
    }

    /// Instants and times of day were dates of another format.
    fn logical_type(&mut self, property: &mut Map<String, Value>, at: &Pointer) {
        let logical = property.get("logicalType").and_then(Value::as_str).map(str::to_owned);
        let finer = logical.filter(|name| name == "timestamp" || name == "time");
        if let Some(name) = &finer {
            property.insert("logicalType".to_owned(), json!("date"));
            property.entry("physicalType".to_owned()).or_insert_with(|| json!(name));
        }
        let Some(Value::Object(options)) = property.get_mut("logicalTypeOptions") else { return };
        let at = at.key("logicalTypeOptions");
        if finer.is_some() {
            self.drop(options, "timezone", &at);
            self.drop(options, "defaultTimezone", &at);
        }
        for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            match options.remove(flag) {
                // A bound besides it that excludes less is of no use.
                Some(value) if !value.is_boolean() => {
                    options.insert(bound.to_owned(), value);
                    options.insert(flag.to_owned(), json!(true));
                }
                other => options.extend(other.map(|value| (flag.to_owned(), value))),
            }
        }
    }
}

/// Metrics were called rules, and two of them otherwise.
fn checks(holder: &mut Map<String, Value>) {
    for check in each(holder, "quality") {
        if !check.contains_key("metric") && !check.contains_key("type") {
            check.insert("type".to_owned(), json!("text"));
        }
        let Some(metric) = check.get("metric").and_then(Value::as_str) else { continue };
        let rule = match metric {
            "duplicateValues" => "duplicateCount",
            "invalidValues" => "validValues",
            other => other,
        };
        let rule = json!(rule);
        check.insert("rule".to_owned(), rule);
        check.insert("type".to_owned(), json!("library"));
    }
}
