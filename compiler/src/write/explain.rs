//! YAML to begin with: every field with what it is for, and those that could be added as comments.

use assay_schemas::library::Kind;

use super::{Order, yaml};
use crate::field::{Field, Types};
use crate::source::{Node, NodeValue};

/// An object with explanations.
pub(super) fn yaml(kind: Kind, node: &Node, order: &Order) -> String {
    let field = Field::of(kind.shape());
    let mut text = String::new();
    let NodeValue::Object(entries) = &node.value else { return text };
    for entry in entries {
        if let Some(meaning) = field.property(&entry.key).and_then(Field::description) {
            text.push_str(&format!("# {meaning}\n"));
        }
        let alone = NodeValue::Object(vec![entry.clone()]);
        text.push_str(&yaml::document(&Node::new(alone, 0..0)));
    }
    further(field, "", node, order, &mut text);
    for entry in entries {
        let (inner, first) = match (&entry.value.value, field.property(&entry.key)) {
            (NodeValue::List(items), Some(list)) => (list.items(), items.first()),
            (NodeValue::Object(_), Some(inner)) => (Some(inner), Some(&entry.value)),
            _ => continue,
        };
        if let (Some(inner), Some(first)) = (inner, first) {
            further(inner, &entry.key, first, order, &mut text);
        }
    }
    text
}

/// The fields that an object could have and has not, as comments.
fn further(field: Field, name: &str, node: &Node, order: &Order, text: &mut String) {
    let names = order.of(field);
    let absent: Vec<_> = names.into_iter().filter(|name| node.get(name).is_none()).collect();
    if absent.is_empty() {
        return;
    }
    text.push_str(&match name {
        "" => "\n# Further fields:\n".to_owned(),
        name => format!("\n# Further fields of `{name}`:\n"),
    });
    let width = absent.iter().map(|name| name.len()).max().unwrap_or(0);
    for name in absent {
        let Some(inner) = field.property(name) else { continue };
        let meaning = inner.description().unwrap_or_default();
        let choices = inner.choices();
        let types = inner.types();
        let form = match choices.is_empty() {
            false => format!(" One of {}.", choices.join(", ")),
            true if types.only(Types::LIST) => " A list.".to_owned(),
            true if types.only(Types::OBJECT) => " An object.".to_owned(),
            true if types.only(Types::NUMBER) => " A number.".to_owned(),
            true if types.only(Types::BOOLEAN) => " `true` or `false`.".to_owned(),
            true => String::new(),
        };
        text.push_str(format!("#   {name:width$}  {meaning}{form}").trim_end());
        text.push('\n');
    }
}
