//! Which rules reach a dataset, and what they come to without templates, taxonomies and attributes.

use assay_schemas::id::{AttributeId, ColumnName};
use assay_schemas::library::data_contract::DatasetContract;
use assay_schemas::library::dataset_schema::{Column, DatasetSchema, ForeignKey};
use assay_schemas::library::entity::Entity;
use assay_schemas::library::reference::{RuleSetRef, RuleTemplateRef, TaxonomyRef};
use assay_schemas::library::rule_set::{Rule, RuleSet};
use assay_schemas::library::rule_template::RuleTemplate;
use assay_schemas::library::{Kind, Object};
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::super::shelf::At;
use super::super::{Stored, Unsaid};

/// The rule that a column which is not nullable implies, as overrides name it.
pub(super) const NOT_NULL: &str = "schema/not_null";

/// A rule that reaches a dataset.
pub(super) struct Reaching {
    /// It has a type, no template, and names its columns.
    pub(super) rule: Rule,
    /// Names it within the dataset.
    pub(super) id: String,
    /// Names it as overrides do.
    pub(super) path: String,
    /// What an import kept of the check that it came from.
    pub(super) kept_check: Option<Map<String, Value>>,
    /// What an import kept of the relationship that it came from.
    pub(super) kept_relationship: Option<Map<String, Value>>,
}

/// Every rule that reaches a dataset, as its overrides leave it: those of its schema, its entity, its rule
/// sets, its bindings.
pub(super) fn reaching(
    at: At<'_>,
    schema: &DatasetSchema,
    unsaid: &mut Vec<Unsaid>,
) -> Vec<Reaching> {
    let dataset = at.dataset();
    let mut reach = Reach { at, dataset, schema, found: Vec::new(), unsaid };
    reach.of_schema();
    let entity = dataset.catalog_entity.as_ref().and_then(|reference| at.whole.meant(reference));
    let entity = entity.and_then(|entity| match &entity.object {
        Object::Entity(entity) => Some(entity),
        _ => None,
    });
    let inherited = entity.into_iter().flat_map(|entity| &entity.rule_sets);
    let listed = inherited.chain(&dataset.rule_sets).filter_map(|set| at.whole.meant(set));
    let by_catalog = entity.into_iter().flat_map(|entity| sets_about(at, entity));
    let mut seen: Vec<&str> = Vec::new();
    for set in listed.chain(by_catalog) {
        if let Object::RuleSet(rules) = &set.object
            && !seen.contains(&rules.rule_set_id.as_str())
        {
            seen.push(rules.rule_set_id.as_str());
            reach.of_set(set, rules, entity);
        }
    }
    reach.of_bindings();
    let found = std::mem::take(&mut reach.found);
    found.into_iter().filter_map(|rule| reach.overridden(rule)).collect()
}

/// The rule sets that name an entity themselves, of each id the one that a reference would mean.
fn sets_about<'a>(at: At<'a>, entity: &Entity) -> Vec<&'a Stored> {
    let mut found: Vec<&Stored> = Vec::new();
    for id in at.whole.shelf.ids(Kind::RuleSet) {
        let reference = serde_json::from_value::<RuleSetRef>(json!({ "rule_set_id": id }));
        let Some(set) = reference.ok().and_then(|reference| at.whole.meant(&reference)) else {
            continue;
        };
        if let Object::RuleSet(rules) = &set.object
            && rules.catalog_entity_id.as_ref() == Some(&entity.entity_id)
        {
            found.push(set);
        }
    }
    found
}

struct Reach<'a, 'b> {
    at: At<'a>,
    dataset: &'a DatasetContract,
    schema: &'a DatasetSchema,
    found: Vec<Reaching>,
    unsaid: &'b mut Vec<Unsaid>,
}

impl<'a> Reach<'a, '_> {
    fn of_schema(&mut self) {
        let schema = self.schema;
        let kept = self.at.whole.meant(&self.dataset.schema).map(Stored::kept);
        for column in &schema.columns {
            let name = &column.name;
            if !column.nullable {
                self.implied(NOT_NULL, Some(name), json!({}), "there");
            }
            if let Some(taxonomy) = &column.taxonomy {
                self.implied("schema/in_set", Some(name), json!({ "taxonomy": taxonomy }), "known");
            }
            if !column.values.is_empty() && !kept.is_some_and(|kept| keeps_values(kept, column)) {
                self.implied(
                    "schema/in_set",
                    Some(name),
                    json!({ "values": column.values }),
                    "known",
                );
            }
            if let Some(most) = column.max_length {
                self.implied("schema/length", Some(name), json!({ "max": most }), "short");
            }
        }
        for (number, key) in schema.unique_keys.iter().enumerate() {
            let names: Vec<_> = key.iter().map(ColumnName::as_str).collect();
            let path = format!("schema/unique/{}", number + 1);
            self.implied(&path, None, json!({ "columns": key }), &names.join("-"));
        }
        for (number, key) in schema.foreign_keys.iter().enumerate() {
            let kept = kept.and_then(|kept| kept.get("foreign_keys")?.get(number.to_string()));
            self.foreign_key(number, key, kept.and_then(Value::as_object));
        }
    }

    /// Adds a rule that the schema implies.
    fn implied(&mut self, path: &str, column: Option<&ColumnName>, parameters: Value, word: &str) {
        let rule = json!({
            "rule_id": "schema", "rule_type": path.split('/').nth(1), "column": column,
            "parameters": parameters,
        });
        if let Ok(rule) = serde_json::from_value::<Rule>(rule) {
            let id = column.map_or_else(|| format!("key-{word}"), |name| format!("{name}-{word}"));
            self.add(rule, id, path);
        }
    }

    /// Adds the rule that a foreign key implies, if it leads to one dataset of the contract.
    fn foreign_key(&mut self, number: usize, key: &ForeignKey, kept: Option<&Map<String, Value>>) {
        let wanted = self.at.whole.meant(&key.references).map(|stored| &stored.object);
        let datasets = self.at.whole.contract.datasets.iter();
        let mut others = datasets.filter(|other| {
            let schema = self.at.whole.meant(&other.schema).map(|stored| &stored.object);
            wanted.is_some() && schema == wanted
        });
        let (Some(other), None) = (others.next(), others.next()) else {
            if let Some(schema) = self.at.whole.meant(&self.dataset.schema) {
                let place = Pointer::from("foreign_keys").index(number);
                let why = "it leads to no dataset of this contract, or to several";
                schema.tell_why(place, why, self.unsaid);
            }
            return;
        };
        let mut parameters =
            json!({ "columns": key.columns, "dataset": other.dataset_contract_id });
        if key.others() != key.columns {
            parameters["other_columns"] = json!(key.others());
        }
        let (before, path) = (self.found.len(), format!("schema/reference/{}", number + 1));
        self.implied(&path, None, parameters, other.dataset_contract_id.as_str());
        if let Some(added) = self.found.get_mut(before) {
            added.kept_relationship = kept.cloned();
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
            let path = format!("{}/{id}", rules.rule_set_id);
            let Some(resolved) = self.with_type(rule.clone()) else { continue };
            let Some(attribute) = &rule.catalog_attribute_id else {
                self.add(resolved, id, &path);
                if let Some(last) = self.found.last_mut() {
                    last.kept_check = kept("quality", rule);
                    last.kept_relationship = kept("relationships", rule);
                }
                continue;
            };
            let is_of_entity =
                entity.map(|entity| &entity.entity_id) == rules.catalog_entity_id.as_ref();
            for column in self.mapped(attribute).into_iter().filter(|_| is_of_entity) {
                let mut rule = resolved.clone();
                rule.catalog_attribute_id = None;
                rule.column = Some(column.clone());
                self.add(rule, format!("{id}-{column}"), &path);
            }
        }
    }

    /// The columns that are mapped to an attribute: by the dataset, else by its mapping template.
    fn mapped(&self, attribute: &AttributeId) -> Vec<ColumnName> {
        let template = self.dataset.mapping_template.as_ref();
        let template = template.and_then(|reference| self.at.whole.meant(reference));
        let template = template.and_then(|template| match &template.object {
            Object::MappingTemplate(template) => Some(template.matcher()),
            _ => None,
        });
        let means = |column: &ColumnName| {
            let own = self.dataset.columns.iter().find(|own| own.column == *column);
            let own = own.and_then(|own| own.catalog_attribute_id.clone());
            own.or_else(|| {
                let found = template.as_ref()?.find(column);
                found.first().map(|(_, mapping)| mapping.catalog_attribute_id.clone())
            })
        };
        let columns = self.schema.columns.iter().map(|column| &column.name);
        columns.filter(|column| means(column).as_ref() == Some(attribute)).cloned().collect()
    }

    fn of_bindings(&mut self) {
        let stored = self.at.whole.stored;
        for (index, binding) in self.dataset.bindings.iter().enumerate() {
            let place = self.at.place().key("bindings").index(index);
            if !binding.enabled {
                let why = "the binding is not in force, so the document does not state it";
                stored.tell_why(place, why, self.unsaid);
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
                    let path = format!("{}/{id}", self.dataset.dataset_contract_id);
                    self.add(rule, id, &path);
                }
                None => stored.tell(place, self.unsaid),
            }
        }
    }

    /// The rule as the overrides of the dataset leave it; none where one disables it.
    fn overridden(&mut self, mut reaching: Reaching) -> Option<Reaching> {
        for (index, by) in self.dataset.overrides.iter().enumerate() {
            let rule = &mut reaching.rule;
            let column = rule.column.as_ref();
            let meant = by.rule == reaching.path
                && (by.columns.is_empty() || column.is_some_and(|name| by.columns.contains(name)));
            if !meant {
                continue;
            }
            if by.disabled {
                let place = self.at.place().key("overrides").index(index);
                let why = format!("`{}` is disabled, so the document does not state it", by.rule);
                self.at.whole.stored.tell_why(place, &why, self.unsaid);
                return None;
            }
            rule.severity = by.severity.or(rule.severity);
            rule.parameters.extend(by.parameters.clone());
            rule.max_violations = by.max_violations.or(rule.max_violations);
            rule.max_violation_ratio = by.max_violation_ratio.or(rule.max_violation_ratio);
        }
        Some(reaching)
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
        match &self.at.whole.meant(reference)?.object {
            Object::RuleTemplate(template) => Some(template),
            _ => None,
        }
    }

    /// Adds a rule, once for each of its columns, with the codes of its taxonomy in place.
    fn add(&mut self, mut rule: Rule, id: String, path: &str) {
        self.spell_taxonomy(&mut rule);
        let columns: Vec<ColumnName> = std::mem::take(&mut rule.columns);
        let path = path.to_owned();
        let plain = |rule, id| {
            let path = path.clone();
            Reaching { rule, id, path, kept_check: None, kept_relationship: None }
        };
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
        let stored = self.at.whole.meant(&reference);
        if let Some(Object::Taxonomy(taxonomy)) = stored.map(|stored| &stored.object) {
            let codes: Vec<_> = taxonomy.values.iter().map(|term| &term.code).collect();
            rule.parameters.remove("taxonomy");
            rule.parameters.insert("values".to_owned(), json!(codes));
        }
    }
}

/// Whether a check that an import kept lists the values of a column, as they are now.
fn keeps_values(kept: &Map<String, Value>, column: &Column) -> bool {
    let checks = || kept.get("properties")?.get(column.name.as_str())?.get("quality")?.as_object();
    let mut said = checks().into_iter().flatten().filter_map(|(_, check)| check.get("said"));
    said.any(|said| *said == json!(column.values))
}
