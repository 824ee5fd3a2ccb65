//! Which rules reach a dataset, and what they come to without templates, taxonomies and attributes.

use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::DatasetContract;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::reference::{RuleTemplateRef, TaxonomyRef};
use assay_schemas::library::rule_set::{Rule, RuleSet};
use assay_schemas::library::rule_template::RuleTemplate;
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::super::shelf::At;
use super::super::{Stored, Unsaid};

/// A rule that reaches a dataset.
pub(super) struct Reaching {
    /// It has a type, no template, and names its columns.
    pub(super) rule: Rule,
    /// Names it within the dataset.
    pub(super) id: String,
    /// What an import kept of the check that it came from.
    pub(super) kept_check: Option<Map<String, Value>>,
    /// What an import kept of the relationship that it came from.
    pub(super) kept_relationship: Option<Map<String, Value>>,
}

/// Every rule that reaches a dataset: of its schema's taxonomies, its entity, its rule sets, its bindings.
pub(super) fn reaching(
    at: At<'_>,
    schema: &DatasetSchema,
    unsaid: &mut Vec<Unsaid>,
) -> Vec<Reaching> {
    let dataset = at.dataset();
    let mut reach = Reach { at, dataset, found: Vec::new(), unsaid };
    reach.of_schema(schema);
    let entity = dataset.catalog_entity.as_ref().and_then(|reference| at.meant(reference));
    let entity = entity.and_then(|entity| match &entity.object {
        Object::Entity(entity) => Some(entity),
        _ => None,
    });
    let inherited = entity.into_iter().flat_map(|entity| &entity.rule_sets);
    let mut seen: Vec<&str> = Vec::new();
    for reference in inherited.chain(&dataset.rule_sets) {
        let Some(set) = at.meant(reference) else { continue };
        if let Object::RuleSet(rules) = &set.object
            && !seen.contains(&rules.rule_set_id.as_str())
        {
            seen.push(rules.rule_set_id.as_str());
            reach.of_set(set, rules, entity);
        }
    }
    reach.of_bindings();
    reach.found
}

struct Reach<'a, 'b> {
    at: At<'a>,
    dataset: &'a DatasetContract,
    found: Vec<Reaching>,
    unsaid: &'b mut Vec<Unsaid>,
}

impl<'a> Reach<'a, '_> {
    fn of_schema(&mut self, schema: &DatasetSchema) {
        for column in &schema.columns {
            let name = &column.name;
            if let Some(taxonomy) = &column.taxonomy {
                self.implied("in_set", Some(name), json!({ "taxonomy": taxonomy }), "known");
            }
            if !column.values.is_empty() {
                self.implied("in_set", Some(name), json!({ "values": column.values }), "known");
            }
            if let Some(most) = column.max_length {
                self.implied("length", Some(name), json!({ "max": most }), "short");
            }
        }
        for key in &schema.unique_keys {
            let names: Vec<_> = key.iter().map(ColumnName::as_str).collect();
            self.implied("unique", None, json!({ "columns": key }), &names.join("-"));
        }
    }

    /// Adds a rule that the schema implies.
    fn implied(
        &mut self,
        rule_type: &str,
        column: Option<&ColumnName>,
        parameters: Value,
        word: &str,
    ) {
        let rule = json!({
            "rule_id": "schema", "rule_type": rule_type, "column": column,
            "parameters": parameters,
        });
        if let Ok(rule) = serde_json::from_value::<Rule>(rule) {
            let id = column.map_or_else(|| format!("key-{word}"), |name| format!("{name}-{word}"));
            self.add(rule, id);
        }
    }

    fn of_set(&mut self, set: &Stored, rules: &RuleSet, entity: Option<&Entity>) {
        set.unsaid_but(
            &[
                "rule_set_id",
                "rules",
                "version",
                "status",
                "tenant_id",
                "name",
                "description",
                "catalog_entity_id",
                "owner",
            ],
            self.unsaid,
        );
        let kept = |part: &str, rule: &Rule| {
            let kept = set.kept().get(part)?.get(rule.rule_id.as_str())?;
            kept.as_object().cloned()
        };
        for rule in &rules.rules {
            let id = rule.rule_id.to_string();
            let Some(resolved) = self.with_type(rule.clone()) else { continue };
            let Some(attribute) = &rule.catalog_attribute_id else {
                self.add(resolved, id);
                if let Some(last) = self.found.last_mut() {
                    last.kept_check = kept("quality", rule);
                    last.kept_relationship = kept("relationships", rule);
                }
                continue;
            };
            let is_of_entity =
                entity.map(|entity| &entity.entity_id) == rules.catalog_entity_id.as_ref();
            let mapped = self.dataset.columns.iter().filter(|column| {
                is_of_entity && column.catalog_attribute_id.as_ref() == Some(attribute)
            });
            for column in mapped {
                let mut rule = resolved.clone();
                rule.catalog_attribute_id = None;
                rule.column = Some(column.column.clone());
                self.add(rule, format!("{id}-{}", column.column));
            }
        }
    }

    fn of_bindings(&mut self) {
        for (index, binding) in self.dataset.bindings.iter().enumerate() {
            if !binding.enabled {
                continue;
            }
            let mut value = json!(binding);
            if let Some(fields) = value.as_object_mut() {
                fields.remove("enabled");
                let id = fields.remove("binding_id");
                fields.insert("rule_id".to_owned(), id.unwrap_or_default());
            }
            let rule =
                serde_json::from_value::<Rule>(value).ok().and_then(|rule| self.with_type(rule));
            match rule {
                Some(rule) => {
                    let id = rule.rule_id.to_string();
                    self.add(rule, id);
                }
                None => {
                    let at = Pointer::from("datasets").index(self.at.position);
                    self.at.stored.tell(at.key("bindings").index(index), self.unsaid);
                }
            }
        }
    }

    /// The rule with the type, parameters and words of its template.
    fn with_type(&self, mut rule: Rule) -> Option<Rule> {
        let Some(reference) = rule.template.take() else { return Some(rule) };
        let template = self.template(&reference)?;
        let mut parameters = template.parameters.clone();
        parameters.extend(std::mem::take(&mut rule.parameters));
        rule.parameters = parameters;
        rule.rule_type.clone_from(&template.rule_type);
        rule.severity = rule.severity.or(template.severity);
        rule.dimension = rule.dimension.or(template.dimension);
        rule.message = rule.message.or_else(|| template.message.clone());
        Some(rule)
    }

    fn template(&self, reference: &RuleTemplateRef) -> Option<&'a RuleTemplate> {
        match &self.at.meant(reference)?.object {
            Object::RuleTemplate(template) => Some(template),
            _ => None,
        }
    }

    /// Adds a rule, once for each of its columns, with the codes of its taxonomy in place.
    fn add(&mut self, mut rule: Rule, id: String) {
        self.spell_taxonomy(&mut rule);
        let columns: Vec<ColumnName> = std::mem::take(&mut rule.columns);
        let plain = |rule, id| Reaching { rule, id, kept_check: None, kept_relationship: None };
        if columns.is_empty() {
            self.found.push(plain(rule, id));
            return;
        }
        for column in columns {
            let own = format!("{id}-{column}");
            let rule = Rule { column: Some(column), ..rule.clone() };
            self.found.push(plain(rule, own));
        }
    }

    fn spell_taxonomy(&self, rule: &mut Rule) {
        let Some(reference) = rule.parameters.get("taxonomy").cloned() else { return };
        let Ok(reference) = serde_json::from_value::<TaxonomyRef>(reference) else { return };
        let stored = self.at.meant(&reference);
        if let Some(Object::Taxonomy(taxonomy)) = stored.map(|stored| &stored.object) {
            let codes: Vec<_> = taxonomy.values.iter().map(|term| &term.code).collect();
            rule.parameters.remove("taxonomy");
            rule.parameters.insert("values".to_owned(), json!(codes));
        }
    }
}
