//! A dataset's checks: the rules of its schema, its catalog entity, its rule sets and its bindings.

use std::collections::BTreeSet;

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::expression;
use assay_schemas::id::{AttributeId, ColumnName};
use assay_schemas::library::Object;
use assay_schemas::library::data_contract::RuleBinding;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::rule_set::{Nulls, Rule, RuleSet};
use assay_schemas::library::rule_template::RuleTemplate;
use assay_schemas::plan::{Check, Empty, Field, Origin, Tolerance};
use assay_schemas::problem::{Pointer, Problem};
use assay_schemas::rule::{self, RuleType, Subject, Target};
use assay_schemas::verdict::{Dimension, Severity};
use serde_json::{Map, Value, json};

use super::super::overlay::Resolved;
use super::dataset::entity;
use super::field::unknown_attribute;
use super::lookup::Lookup;
use super::{DatasetAt, links, target};
use crate::diagnostic::{Diagnostic, Sink};

/// The dataset's schema and its place among the objects.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    pub(super) index: usize,
    pub(super) schema: &'a DatasetSchema,
}

/// Lowers every rule that reaches a dataset.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: Schema<'_>,
    fields: &[Field],
    sink: &mut Sink,
) -> Vec<Check> {
    let mut checks = Checks { resolved, at, fields, found: Vec::new(), ids: BTreeSet::new(), sink };
    checks.of_schema(schema);
    checks.of_rule_sets();
    checks.of_bindings();
    checks.found
}

struct Checks<'a, 'b> {
    resolved: &'a Resolved<'a>,
    at: DatasetAt<'a>,
    fields: &'a [Field],
    found: Vec<Check>,
    ids: BTreeSet<String>,
    sink: &'b mut Sink,
}

/// A rule with its type known and its parameters merged, ready to be bound.
struct Use<'a> {
    /// Object that the rule stands in, and where.
    index: usize,
    place: Pointer,
    /// Begins the ids of its checks.
    id: String,
    rule_type: &'static dyn RuleType,
    parameters: Value,
    filter: Option<&'a str>,
    severity: Severity,
    dimension: Dimension,
    message: Option<String>,
    nulls: Nulls,
    empty: Empty,
    tolerance: Tolerance,
    via: Option<String>,
}

/// What a rule judges, as it was written.
struct Aim<'a> {
    column: Option<&'a ColumnName>,
    columns: &'a [ColumnName],
}

impl<'a> Checks<'a, '_> {
    /// The rules that a schema implies: columns that may not be null, and codes of a taxonomy.
    fn of_schema(&mut self, at: Schema<'_>) {
        for (position, column) in at.schema.columns.iter().enumerate() {
            let place = Pointer::from("columns").index(position);
            let implied = [
                (!column.nullable).then(|| ("not_null", json!({}))),
                column
                    .taxonomy
                    .as_ref()
                    .map(|taxonomy| ("in_set", json!({ "taxonomy": taxonomy }))),
            ];
            for (name, parameters) in implied.into_iter().flatten() {
                let Some(rule_type) = rule::named(name) else { continue };
                let rule = Use {
                    index: at.index,
                    place: place.clone(),
                    id: format!("schema/{name}"),
                    rule_type,
                    parameters,
                    filter: None,
                    severity: Severity::Error,
                    dimension: rule_type.dimension(),
                    message: None,
                    nulls: Nulls::Skip,
                    empty: Empty::NotEvaluated,
                    tolerance: Tolerance::default(),
                    via: None,
                };
                self.bind(&rule, Some(&column.name), true);
            }
        }
    }

    /// The rule sets of the catalog entity and of the dataset; one named by both counts once.
    fn of_rule_sets(&mut self) {
        let contract = self.at.contract.index;
        let own = self.at.pointer().key("rule_sets");
        let entity = entity(self.resolved, self.at);
        let inherited = entity.map(|(index, _)| (index, Pointer::from("rule_sets")));
        let mut seen = BTreeSet::new();
        let places =
            inherited.into_iter().map(|place| (place, true)).chain([((contract, own), false)]);
        for ((holder, list), by_catalog) in places {
            let sets: Vec<_> = links(self.resolved, holder)
                .filter(|(reference, _)| reference.pointer.parent().as_ref() == Some(&list))
                .map(|(_, target)| target)
                .collect();
            for index in sets {
                if let Object::RuleSet(set) = self.resolved.object(index)
                    && seen.insert(index)
                {
                    self.of_rule_set(index, set, entity.map(|(_, entity)| entity), by_catalog);
                }
            }
        }
    }

    fn of_rule_set(
        &mut self,
        index: usize,
        set: &'a RuleSet,
        entity: Option<&Entity>,
        by_catalog: bool,
    ) {
        for (position, rule) in set.rules.iter().enumerate() {
            let place = Pointer::from("rules").index(position);
            let Some(mut rule_use) = self.use_of_rule(index, set, rule, place) else { continue };
            if let Some(attribute) = &rule.catalog_attribute_id {
                self.by_attribute(&mut rule_use, set, attribute, entity);
                continue;
            }
            if by_catalog {
                rule_use.via = entity.map(|entity| entity.entity_id.to_string());
            }
            self.aimed(&rule_use, &Aim { column: rule.column.as_ref(), columns: &rule.columns });
        }
    }

    /// Binds a rule to every column that is mapped to its attribute.
    fn by_attribute(
        &mut self,
        rule: &mut Use<'_>,
        set: &RuleSet,
        attribute: &AttributeId,
        entity: Option<&Entity>,
    ) {
        let Some(named) = &set.catalog_entity_id else { return };
        let place = rule.place.key("catalog_attribute_id");
        if let Some(entity) = entity.filter(|entity| entity.entity_id == *named)
            && !entity.attributes.iter().any(|known| known.attribute_id == *attribute)
        {
            self.report(rule.index, unknown_attribute(entity, attribute.as_str(), place));
            return;
        }
        let full_name = format!("{named}.{attribute}");
        let mapped: Vec<_> = self
            .fields
            .iter()
            .filter(|field| field.catalog_attribute.as_deref() == Some(full_name.as_str()))
            .map(|field| field.name.clone())
            .collect();
        if mapped.is_empty() {
            let dataset = &self.at.dataset.dataset_contract_id;
            let message = format!("no column of dataset `{dataset}` is mapped to `{full_name}`");
            let problem = Problem::new(Code::UnusedRule, place, message)
                .hint("map a column to it under `columns:` of the dataset contract");
            self.report(rule.index, problem);
        }
        rule.via = Some(full_name);
        for column in &mapped {
            self.bind(rule, Some(column), true);
        }
    }

    fn of_bindings(&mut self) {
        for (position, binding) in self.at.dataset.bindings.iter().enumerate() {
            let place = self.at.pointer().key("bindings").index(position);
            let index = self.at.contract.index;
            let Some(template) = self.template(index, &place) else { continue };
            let Some(rule_type) = rule::named(&template.rule_type) else { continue };
            let rule = Use {
                index,
                place,
                id: format!("{}/{}", self.at.dataset.dataset_contract_id, binding.binding_id),
                rule_type,
                parameters: merged(&template.parameters, &binding.parameters),
                filter: binding.filter.as_deref(),
                severity: binding.severity.or(template.severity).unwrap_or_default(),
                dimension: binding
                    .dimension
                    .or(template.dimension)
                    .unwrap_or(rule_type.dimension()),
                message: template.message.clone(),
                nulls: binding.nulls,
                empty: binding.empty,
                tolerance: tolerance_of_binding(binding),
                via: None,
            };
            self.aimed(&rule, &Aim { column: binding.column.as_ref(), columns: &binding.columns });
        }
    }

    fn use_of_rule(
        &mut self,
        index: usize,
        set: &RuleSet,
        rule: &'a Rule,
        place: Pointer,
    ) -> Option<Use<'a>> {
        let template = match rule.template {
            Some(_) => Some(self.template(index, &place)?),
            None => None,
        };
        let name =
            rule.rule_type.as_deref().or(template.map(|template| template.rule_type.as_str()))?;
        let rule_type = rule::named(name)?;
        let inherited = template.map(|template| template.parameters.clone()).unwrap_or_default();
        Some(Use {
            index,
            place,
            id: format!("{}/{}", set.rule_set_id, rule.rule_id),
            rule_type,
            parameters: merged(&inherited, &rule.parameters),
            filter: rule.filter.as_deref(),
            severity: rule.severity.or(template.and_then(|t| t.severity)).unwrap_or_default(),
            dimension: rule
                .dimension
                .or(template.and_then(|template| template.dimension))
                .unwrap_or(rule_type.dimension()),
            message: rule.message.clone().or_else(|| template.and_then(|t| t.message.clone())),
            nulls: rule.nulls,
            empty: rule.empty,
            tolerance: Tolerance {
                max_violations: rule.max_violations,
                max_violation_ratio: rule.max_violation_ratio,
            },
            via: None,
        })
    }

    fn template(&self, index: usize, place: &Pointer) -> Option<&'a RuleTemplate> {
        match target(self.resolved, index, &place.key("template"))? {
            (_, Object::RuleTemplate(template)) => Some(template),
            _ => None,
        }
    }

    /// Binds a rule to the column or columns that it names, or to the dataset.
    fn aimed(&mut self, rule: &Use<'_>, aim: &Aim<'_>) {
        match rule.rule_type.subject() {
            Subject::Dataset => self.bind(rule, None, false),
            Subject::Column if aim.columns.is_empty() => self.bind(rule, aim.column, false),
            Subject::Column => {
                for column in aim.columns {
                    self.bind(rule, Some(column), true);
                }
            }
        }
    }

    /// Lowers one use of a rule; `spread` where its rule stands for several checks.
    fn bind(&mut self, rule: &Use<'_>, column: Option<&ColumnName>, spread: bool) {
        match self.lowered(rule, column, spread) {
            Ok(check) => {
                if self.ids.insert(check.check_id.clone()) {
                    self.found.push(check);
                }
            }
            Err(problems) => {
                for problem in problems {
                    self.report(rule.index, problem.within(&rule.place));
                }
            }
        }
    }

    fn lowered(
        &self,
        rule: &Use<'_>,
        column: Option<&ColumnName>,
        spread: bool,
    ) -> Result<Check, Vec<Problem>> {
        let column = match column {
            Some(name) => Some(rule::find(self.fields, name, Pointer::from("column"))?),
            None => None,
        };
        let lookup = Lookup { resolved: self.resolved, at: self.at, holder: rule.index };
        let bound = Target { fields: self.fields, column, nulls: rule.nulls, resolve: &lookup };
        let lowered = rule.rule_type.lower(&rule.parameters, &bound)?;
        let filter = rule.filter.map(|text| self.filter(text)).transpose()?;
        let object = self.resolved.object(rule.index);
        let mut check = Check {
            check_id: match column.filter(|_| spread) {
                Some(column) => format!("{}/{}", rule.id, column.name),
                None => rule.id.clone(),
            },
            rule_type: rule.rule_type.name().to_owned(),
            title: lowered.title,
            message: rule.message.clone(),
            severity: rule.severity,
            dimension: rule.dimension,
            columns: lowered.columns,
            origin: Origin {
                kind: object.kind().name().to_owned(),
                id: object.id().to_owned(),
                version: object.version().to_string(),
                via: rule.via.clone(),
            },
            digest: Digest::of_bytes(b""),
            filter,
            tolerance: rule.tolerance.clone(),
            empty: rule.empty,
            body: lowered.body,
        };
        let tolerates = [
            ("max_violations", check.tolerance.max_violations.is_some()),
            ("max_violation_ratio", check.tolerance.max_violation_ratio.is_some()),
        ];
        if let Some((field, _)) = tolerates.iter().find(|(_, given)| *given && !check.marks_rows())
        {
            let message = format!(
                "`{}` marks no rows, so no number of them can be tolerated",
                check.rule_type
            );
            let problem = Problem::new(Code::BadValue, Pointer::from(*field), message).at_key();
            return Err(vec![
                problem.hint("remove it; the rule's own bounds say what is accepted"),
            ]);
        }
        // What the rule means, whoever wrote it and wherever it stands.
        check.digest = Digest::of(&json!({
            "rule_type": check.rule_type, "severity": check.severity, "filter": check.filter,
            "tolerance": check.tolerance, "empty": check.empty, "body": check.body,
        }));
        Ok(check)
    }

    fn filter(&self, text: &str) -> Result<assay_schemas::plan::Expr, Vec<Problem>> {
        let scope = expression::Scope::of(self.fields);
        expression::predicate(text, &scope)
            .map_err(|error| vec![error.problem(text, Pointer::from("where"))])
    }

    /// Reports a problem at its place, and which dataset it concerns where the two stand apart.
    fn report(&mut self, index: usize, problem: Problem) {
        let diagnostic: Diagnostic = self.resolved.linked.loaded(index).diagnostic(problem);
        let contract = self.resolved.linked.loaded(self.at.contract.index);
        self.sink.push(if index == self.at.contract.index {
            diagnostic
        } else {
            let place = contract.place(&self.at.pointer().key("dataset_contract_id"));
            diagnostic.related(place, "for this dataset")
        });
    }
}

fn tolerance_of_binding(binding: &RuleBinding) -> Tolerance {
    Tolerance {
        max_violations: binding.max_violations,
        max_violation_ratio: binding.max_violation_ratio,
    }
}

/// The template's parameters with those of its use on top.
fn merged(template: &Map<String, Value>, own: &Map<String, Value>) -> Value {
    let mut parameters = template.clone();
    parameters.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
    Value::Object(parameters)
}
