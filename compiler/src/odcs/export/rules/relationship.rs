//! `reference` rules: relationships.

use assay_schemas::library::rule_set::Rule;
use serde_json::{Map, Value, json};

use super::super::columns;
use super::super::shelf::At;
use crate::odcs::word::shorthand;

/// A `reference` rule as a relationship, and the column that it stands below; the kept notation is given
/// back as long as it means the same columns. `None` where the standard cannot name them.
pub(super) fn relationship(
    at: At<'_>,
    rule: &Rule,
    kept: Option<&Map<String, Value>>,
) -> Option<(Option<String>, Value)> {
    if rule.rule_type.as_deref() != Some("reference") {
        return None;
    }
    let mut relationship = kept.cloned().unwrap_or_default();
    let said = relationship.remove("said");
    let column = relationship.remove("column");
    if said.is_some_and(|said| said == json!(rule.parameters)) {
        let column = column.and_then(|column| column.as_str().map(str::to_owned));
        return Some((column, Value::Object(relationship)));
    }
    relationship.remove("from");
    let list = |key: &str| -> Option<Vec<String>> {
        let items = rule.parameters.get(key)?.as_array()?;
        items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let here = list("columns")?;
    let there = list("other_columns").filter(|list| !list.is_empty()).unwrap_or(here.clone());
    let to = shorthands(at, rule.parameters.get("dataset")?.as_str()?, &there)?;
    if let ([column], [to]) = (here.as_slice(), to.as_slice()) {
        relationship.insert("to".to_owned(), json!(to));
        return Some((Some(column.clone()), Value::Object(relationship)));
    }
    let own = at.dataset().dataset_contract_id.as_str();
    relationship.insert("from".to_owned(), json!(shorthands(at, own, &here)?));
    relationship.insert("to".to_owned(), json!(to));
    Some((None, Value::Object(relationship)))
}

/// Columns of a dataset as `object.property`, which takes plain words alone.
fn shorthands(at: At<'_>, id: &str, columns: &[String]) -> Option<Vec<String>> {
    let mut datasets = at.whole.contract.datasets.iter();
    let dataset = datasets.find(|dataset| dataset.dataset_contract_id.as_str() == id)?;
    let (stored, schema) = at.whole.schema_of(dataset)?;
    let object = at.whole.name_of(dataset);
    let names = columns::names(schema, stored.kept());
    let mut result = Vec::new();
    for column in columns {
        let named = names.iter().find(|(_, known)| known == column);
        let property = named.map_or(column.as_str(), |(property, _)| property.as_str());
        result.push(shorthand(object, property)?);
    }
    Some(result)
}
