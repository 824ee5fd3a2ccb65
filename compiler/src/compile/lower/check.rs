//! A dataset's checks: the rules of its schema, its catalog entity, its rule sets and its bindings, as the
//! dataset's overrides leave them.

mod bind;
mod layer;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::code::Code;
use assay_schemas::id::{AttributeId, ColumnName};
use assay_schemas::library::Object;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::rule_set::{Rule, RuleSet};
use assay_schemas::plan::{Check, Field};
use assay_schemas::problem::{Pointer, Problem};
use assay_schemas::rule::{self, Subject};

use super::super::analyse::Written;
use super::super::overlay::Resolved;
use super::dataset::entity;
use super::field::unknown_attribute;
use super::implied;
use super::trace::{Excluded, Hop, Role, Trace};
use super::{DatasetAt, links, target};
use crate::diagnostic::Sink;
use layer::{Layer, Use};

/// The dataset's schema and its place among the objects.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    pub(super) index: usize,
    pub(super) schema: &'a DatasetSchema,
}

/// Lowers every rule that reaches a dataset, and says where each was written.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: Schema<'_>,
    fields: &[Field],
    sink: &mut Sink,
) -> (Vec<Check>, Vec<Written>) {
    let (checks, written, _) = all(resolved, at, schema, fields, (sink, false));
    (checks, written)
}

/// Lowers every rule that reaches a dataset, and says of each where it comes from.
pub(super) fn traced(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: Schema<'_>,
    fields: &[Field],
) -> (Vec<Check>, Trace) {
    let (checks, _, trace) = all(resolved, at, schema, fields, (&mut Sink::default(), true));
    (checks, trace)
}

fn all(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: Schema<'_>,
    fields: &[Field],
    (sink, tracing): (&mut Sink, bool),
) -> (Vec<Check>, Vec<Written>, Trace) {
    let mut checks = Checks::new(resolved, at, fields, sink);
    checks.trace = tracing.then(Trace::default);
    checks.of_schema(schema);
    checks.of_rule_sets();
    checks.of_bindings();
    checks.unused_overrides();
    (checks.found, checks.written, checks.trace.unwrap_or_default())
}

/// Lowers the rules of a set alone, as if it were bound to a dataset of these columns.
pub(super) fn of_set_alone(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    set: &RuleSet,
    fields: &[Field],
    sink: &mut Sink,
) -> Vec<Check> {
    let mut checks = Checks::new(resolved, at, fields, sink);
    let place = Pointer::from("rule_set_id");
    let hop = checks.hop(Role::Dataset, at.contract.index, place, set.rule_set_id.as_str());
    let bound = Bound { by_catalog: false, hop };
    checks.of_rule_set(at.contract.index, set, None, &bound);
    checks.found
}

struct Checks<'a, 'b> {
    resolved: &'a Resolved<'a>,
    at: DatasetAt<'a>,
    fields: &'a [Field],
    found: Vec<Check>,
    /// By check: where it was written.
    written: Vec<Written>,
    /// By id of the check: its number.
    ids: BTreeMap<String, usize>,
    /// Ids of the rules that reached the dataset.
    rules: BTreeSet<String>,
    /// Positions of the overrides that applied to something.
    applied: BTreeSet<usize>,
    /// Where everything comes from, if that is asked for.
    trace: Option<Trace>,
    sink: &'b mut Sink,
}

/// What a rule judges, as it was written.
struct Aim<'a> {
    column: Option<&'a ColumnName>,
    columns: &'a [ColumnName],
}

/// How a rule set reaches a dataset.
struct Bound {
    /// Through the catalog, so what does not fit this dataset is left out without a word.
    by_catalog: bool,
    /// Where it is bound.
    hop: Hop,
}

impl<'a, 'b> Checks<'a, 'b> {
    fn new(
        resolved: &'a Resolved<'a>,
        at: DatasetAt<'a>,
        fields: &'a [Field],
        sink: &'b mut Sink,
    ) -> Self {
        Self {
            resolved,
            at,
            fields,
            found: Vec::new(),
            written: Vec::new(),
            ids: BTreeMap::new(),
            rules: BTreeSet::new(),
            applied: BTreeSet::new(),
            trace: None,
            sink,
        }
    }

    fn hop(&self, role: Role, index: usize, pointer: Pointer, part: &str) -> Hop {
        Hop { role, index, pointer, part: part.to_owned() }
    }

    fn exclude(&mut self, rule: &str, column: Option<&str>, reason: String, hop: Hop) {
        if let Some(trace) = &mut self.trace {
            let (rule, column) = (rule.to_owned(), column.map(str::to_owned));
            trace.excluded.push(Excluded { rule, column, reason, hop });
        }
    }

    /// The rules that a schema implies.
    fn of_schema(&mut self, at: Schema<'_>) {
        for implied in implied::rules(self.resolved, self.at, (at.index, at.schema)) {
            let Some(rule_type) = rule::named(implied.rule_type) else { continue };
            let parameters = implied.parameters.as_object().cloned().unwrap_or_default();
            let part = implied.column.map_or(&*implied.id, ColumnName::as_str);
            let hop = self.hop(Role::Schema, at.index, implied.place, part);
            let layer = Layer::new(hop, &parameters).with_severity(Default::default());
            let rule = Use::new(implied.id, rule_type, vec![layer]);
            self.bind(&rule, implied.column, true);
        }
    }

    /// The rule sets of the catalog entity and of the dataset; one that is bound twice counts once, as the
    /// dataset binds it.
    fn of_rule_sets(&mut self) {
        let contract = self.at.contract.index;
        let own = self.at.pointer().key("rule_sets");
        let entity = entity(self.resolved, self.at);
        let listed = |holder: usize, list: &Pointer| -> Vec<(usize, Pointer)> {
            links(self.resolved, holder)
                .filter(|(reference, _)| reference.pointer.parent().as_ref() == Some(list))
                .map(|(reference, target)| (target, reference.pointer.clone()))
                .collect()
        };
        let mut sets: Vec<(usize, Bound)> = Vec::new();
        if let Some((holder, entity)) = entity {
            for (set, pointer) in listed(holder, &Pointer::from("rule_sets")) {
                let hop = self.hop(Role::Entity, holder, pointer, entity.entity_id.as_str());
                sets.push((set, Bound { by_catalog: true, hop }));
            }
        }
        for (set, pointer) in listed(contract, &own) {
            let part = self.at.dataset.dataset_contract_id.as_str();
            let hop = self.hop(Role::Dataset, contract, pointer, part);
            match sets.iter_mut().find(|(known, _)| *known == set) {
                Some((_, bound)) => *bound = Bound { by_catalog: false, hop },
                None => sets.push((set, Bound { by_catalog: false, hop })),
            }
        }
        if let Some((_, entity)) = entity {
            for (set, bound) in self.of_catalog(entity) {
                // A set that is listed is bound in the version that was asked for there.
                let id = self.resolved.object(set).id();
                if !sets.iter().any(|(known, _)| self.resolved.object(*known).id() == id) {
                    sets.push((set, bound));
                }
            }
        }
        for (index, bound) in sets {
            if let Object::RuleSet(set) = self.resolved.object(index) {
                self.of_rule_set(index, set, entity, &bound);
            }
        }
    }

    /// The rule sets that name the entity themselves: of each id, the one that a reference from the
    /// contract without a version would mean.
    fn of_catalog(&self, entity: &Entity) -> Vec<(usize, Bound)> {
        let linked = self.resolved.linked;
        let tenant = self.at.contract.contract.tenant_id.as_ref();
        let candidates = linked.index.rule_sets_of(entity.entity_id.as_str());
        let ids: BTreeSet<_> =
            candidates.iter().map(|index| linked.loaded(*index).object().id()).collect();
        let mut found = Vec::new();
        for id in ids {
            let of_id = linked.index.named(assay_schemas::library::Kind::RuleSet, id);
            // The version in use may have been taken off the entity.
            let Some(set) = linked.active(of_id, tenant).filter(|set| candidates.contains(set))
            else {
                continue;
            };
            let hop = self.hop(
                Role::Entity,
                set,
                Pointer::from("catalog_entity_id"),
                entity.entity_id.as_str(),
            );
            found.push((set, Bound { by_catalog: true, hop }));
        }
        found
    }

    fn of_rule_set(
        &mut self,
        index: usize,
        set: &'a RuleSet,
        entity: Option<(usize, &Entity)>,
        bound: &Bound,
    ) {
        for (position, rule) in set.rules.iter().enumerate() {
            let place = Pointer::from("rules").index(position);
            let Some(mut rule_use) = self.use_of_rule(index, set, rule, place) else { continue };
            rule_use.hops.push(bound.hop.clone());
            if let Some(attribute) = &rule.catalog_attribute_id {
                self.by_attribute(rule_use, (set, attribute), entity, bound);
                continue;
            }
            if bound.by_catalog {
                rule_use.via = entity.map(|(_, entity)| entity.entity_id.to_string());
            }
            self.aimed(&rule_use, &Aim { column: rule.column.as_ref(), columns: &rule.columns });
        }
    }

    /// Binds a rule to every column that is mapped to its attribute.
    fn by_attribute(
        &mut self,
        mut rule: Use<'_>,
        (set, attribute): (&RuleSet, &AttributeId),
        entity: Option<(usize, &Entity)>,
        bound: &Bound,
    ) {
        let Some(named) = &set.catalog_entity_id else { return };
        let place = rule.place().key("catalog_attribute_id");
        let position =
            entity.filter(|(_, entity)| entity.entity_id == *named).map(|(at, entity)| {
                let mut attributes = entity.attributes.iter();
                (at, entity, attributes.position(|known| known.attribute_id == *attribute))
            });
        if let Some((_, entity, None)) = position {
            self.report(rule.index(), unknown_attribute(entity, attribute.as_str(), place));
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
            let hop = rule.hops[0].clone();
            self.rules.insert(rule.id.clone());
            self.exclude(&rule.id, None, message.clone(), hop);
            // What the catalog says of every dataset need not fit each of them.
            if !bound.by_catalog {
                let problem = Problem::new(Code::UnusedRule, place, message)
                    .hint("map a column to it under `columns:` of the dataset contract");
                self.report(rule.index(), problem);
            }
        }
        if let Some((at, _, Some(position))) = position {
            let pointer = Pointer::from("attributes").index(position);
            rule.hops.push(self.hop(Role::Attribute, at, pointer, &full_name));
        }
        rule.via = Some(full_name);
        let hops = rule.hops.len();
        for column in &mapped {
            rule.hops.truncate(hops);
            let hop = self.mapping(column);
            rule.hops.extend(hop);
            self.bind(&rule, Some(column), true);
        }
    }

    /// Where a column is mapped to its attribute: by its column contract, or by the mapping template.
    fn mapping(&self, column: &ColumnName) -> Option<Hop> {
        let contract = self.at.contract.index;
        let mut columns = self.at.dataset.columns.iter();
        let own = columns
            .position(|own| own.column == *column && own.catalog_attribute_id.is_some())
            .map(|position| (contract, self.at.pointer().key("columns").index(position)));
        let template = self.at.pointer().key("mapping_template");
        let (index, pointer) = own.or_else(|| {
            let (index, template) = target(self.resolved, contract, &template)?;
            Some((index, Pointer::from(template.kind().id_field())))
        })?;
        Some(self.hop(Role::Mapping, index, pointer, column.as_str()))
    }

    fn of_bindings(&mut self) {
        for (position, binding) in self.at.dataset.bindings.iter().enumerate() {
            if !binding.enabled {
                continue;
            }
            let place = self.at.pointer().key("bindings").index(position);
            let index = self.at.contract.index;
            let Some((at, template)) = self.template(index, &place) else { continue };
            let Some(rule_type) = self.judging(template, index, &place) else { continue };
            let id = format!("{}/{}", self.at.dataset.dataset_contract_id, binding.binding_id);
            let hop = self.hop(Role::Binding, index, place, binding.binding_id.as_str());
            let mut rule = Use::new(
                id,
                rule_type,
                vec![self.template_layer(at, template), Layer::of_binding(hop, binding)],
            );
            rule.filter = binding.filter.as_deref();
            (rule.nulls, rule.empty) = (binding.nulls, binding.empty);
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
        let rule_type = match (rule.rule_type.as_deref(), template) {
            (None, Some((_, template))) => self.judging(template, index, &place)?,
            (name, _) => rule::named(name?)?,
        };
        let hop = self.hop(Role::Rule, index, place, rule.rule_id.as_str());
        let mut layers: Vec<_> =
            template.map(|(at, template)| self.template_layer(at, template)).into_iter().collect();
        layers.push(Layer::of_rule(hop, rule));
        let mut found =
            Use::new(format!("{}/{}", set.rule_set_id, rule.rule_id), rule_type, layers);
        found.filter = rule.filter.as_deref();
        found.segments = &rule.segments;
        (found.nulls, found.empty) = (rule.nulls, rule.empty);
        Some(found)
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
}
