//! Rules that data of a class or a criticality must have.

use assay_schemas::code::Code;
use assay_schemas::library::data_contract::{ColumnContract, DatasetContract};
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::library::entity::Entity;
use assay_schemas::library::environment::policy::{RequiredRule, RequiredRules, When};
use assay_schemas::library::{Criticality, Object};
use assay_schemas::plan::{Check, Field};
use assay_schemas::problem::{Pointer, Problem};
use assay_schemas::rule::{self, Subject};

use super::super::lower::PlannedDataset;
use super::super::overlay::Resolved;
use crate::diagnostic::{Diagnostic, Sink};

/// Reports columns and datasets that lack a rule which the policy demands.
pub(super) fn check(resolved: &Resolved<'_>, datasets: &[PlannedDataset], sink: &mut Sink) {
    let required = &resolved.linked.environment.object().policy.required_rules;
    for planned in datasets {
        let Some(data) = Data::of(resolved, planned) else { continue };
        for (position, required) in required.iter().enumerate() {
            for (number, rule) in required.rules.iter().enumerate() {
                let policy = Pointer::from("policy")
                    .key("required_rules")
                    .index(position)
                    .key("rules")
                    .index(number);
                data.demand(required, rule, &policy, sink);
            }
        }
    }
}

/// A dataset with what is said of it in its contract, its schema and the catalog.
struct Data<'a> {
    resolved: &'a Resolved<'a>,
    planned: &'a PlannedDataset,
    dataset: &'a DatasetContract,
    schema: (usize, &'a DatasetSchema),
    criticality: Option<Criticality>,
    entity: Option<&'a Entity>,
}

impl<'a> Data<'a> {
    fn of(resolved: &'a Resolved<'a>, planned: &'a PlannedDataset) -> Option<Self> {
        let Object::DataContract(contract) = resolved.object(planned.contract) else { return None };
        let dataset = contract.datasets.get(planned.position)?;
        let place = Pointer::from("datasets").index(planned.position);
        let target = |field: &str| {
            let index = resolved.linked.target(planned.contract, &place.key(field))?;
            Some((index, resolved.object(index)))
        };
        let (index, Object::DatasetSchema(schema)) = target("schema")? else { return None };
        let entity = match target("catalog_entity") {
            Some((_, Object::Entity(entity))) => Some(entity),
            _ => None,
        };
        let criticality = dataset
            .criticality
            .or(contract.criticality)
            .or(entity.and_then(|entity| entity.criticality));
        Some(Self { resolved, planned, dataset, schema: (index, schema), criticality, entity })
    }

    fn contract_column(&self, field: &Field) -> Option<(usize, &'a ColumnContract)> {
        self.dataset.columns.iter().enumerate().find(|(_, column)| column.column == field.name)
    }

    /// The criticality of a column: of its contract, else of its schema, else of its attribute.
    fn criticality_of(&self, field: &Field) -> Option<Criticality> {
        let own = self.contract_column(field).map(|(_, column)| column);
        let attribute = || {
            let id = own?.catalog_attribute_id.as_ref()?;
            self.entity?.attributes.iter().find(|attribute| attribute.attribute_id == *id)
        };
        own.and_then(|own| own.criticality)
            .or_else(|| self.schema.1.column(&field.name)?.criticality)
            .or_else(|| attribute()?.criticality)
    }

    fn selects(&self, when: &When, field: &Field) -> bool {
        let class = field.classification.as_ref();
        (when.classification.is_empty()
            || class.is_some_and(|class| when.classification.contains(class)))
            && (when.criticality.is_empty()
                || self.criticality_of(field).is_some_and(|own| when.criticality.contains(&own)))
            && (!when.primary_key || self.schema.1.primary_key.contains(&field.name))
    }

    fn demand(
        &self,
        required: &RequiredRules,
        rule: &RequiredRule,
        policy: &Pointer,
        sink: &mut Sink,
    ) {
        let when = &required.when;
        let fields: Vec<_> =
            self.planned.plan.fields.iter().filter(|field| self.selects(when, field)).collect();
        let Some(rule_type) = rule::named(rule.rule_type()) else { return };
        if rule_type.subject() == Subject::Column {
            for field in fields {
                let about = |check: &Check| check.columns.contains(&field.name);
                if let Err(why_not) = self.satisfied(required, rule, &about) {
                    let what = format!("column `{}` ({})", field.name, self.traits(when, field));
                    let diagnostic = self.at_column(field, missing(&what, required, rule, why_not));
                    sink.push(self.with_policy(diagnostic, policy));
                }
            }
            return;
        }
        // A rule on the whole is asked of datasets: by their columns, or by their own criticality.
        let by_itself = when.classification.is_empty()
            && !when.primary_key
            && self.criticality.is_some_and(|own| when.criticality.contains(&own));
        if fields.is_empty() && !by_itself {
            return;
        }
        let about = |check: &Check| {
            by_itself
                || check.columns.is_empty()
                || fields.iter().any(|field| check.columns.contains(&field.name))
        };
        if let Err(why_not) = self.satisfied(required, rule, &about) {
            let names: Vec<_> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
            let by = match (self.criticality, by_itself) {
                (Some(own), true) => format!("criticality {}", own.name()),
                _ => format!("with {}", names.join(", ")),
            };
            let what = format!("dataset `{}` ({by})", self.dataset.dataset_contract_id);
            let place = self.place().key("dataset_contract_id");
            let (message, hint) = missing(&what, required, rule, why_not);
            let problem = Problem::new(Code::RequiredRule, place, message).hint(hint);
            let contract = self.resolved.linked.loaded(self.planned.contract);
            sink.push(self.with_policy(contract.diagnostic(problem), policy));
        }
    }

    /// Whether a check meets the demand; if not, why those that come near do not.
    fn satisfied(
        &self,
        required: &RequiredRules,
        rule: &RequiredRule,
        about: &dyn Fn(&Check) -> bool,
    ) -> Result<(), Option<String>> {
        let mut nearest = None;
        for check in &self.planned.plan.checks {
            if check.rule_type != rule.rule_type() || !about(check) {
                continue;
            }
            let tolerance = &check.tolerance;
            let limit = rule.max_violation_ratio();
            let tolerates =
                tolerance.max_violation_ratio.unwrap_or(if tolerance.max_violations.is_some() {
                    // A number of rows may be all of them.
                    1.0
                } else {
                    0.0
                });
            let why_not = if check.severity < required.severity_at_least {
                format!("is of severity {}", check.severity.name())
            } else if check.filter.is_some() {
                "judges only the rows of its `where`".to_owned()
            } else if limit.is_some_and(|limit| tolerates > limit) {
                "tolerates more violations".to_owned()
            } else {
                return Ok(());
            };
            nearest = Some(format!("`{}` does not count, for it {why_not}", check.check_id));
        }
        Err(nearest)
    }

    /// Why the column is selected, for the message.
    fn traits(&self, when: &When, field: &Field) -> String {
        let class = field.classification.as_ref().filter(|_| !when.classification.is_empty());
        let criticality = self.criticality_of(field).filter(|_| !when.criticality.is_empty());
        let found = [
            class.map(|class| format!("class `{class}`")),
            criticality.map(|own| format!("criticality {}", own.name())),
            when.primary_key.then(|| "primary key".to_owned()),
        ];
        found.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn place(&self) -> Pointer {
        Pointer::from("datasets").index(self.planned.position)
    }

    /// A diagnostic where the contract names the column, else where the schema declares it.
    fn at_column(&self, field: &Field, (message, hint): (String, String)) -> Diagnostic {
        let contract = self.resolved.linked.loaded(self.planned.contract);
        let problem =
            |place| Problem::new(Code::RequiredRule, place, message.clone()).hint(hint.clone());
        if let Some((index, _)) = self.contract_column(field) {
            let place = self.place().key("columns").index(index).key("column");
            return contract.diagnostic(problem(place));
        }
        let (schema, columns) = (self.schema.0, &self.schema.1.columns);
        let index = columns.iter().position(|column| column.name == field.name).unwrap_or_default();
        let place = Pointer::from("columns").index(index).key("name");
        let dataset = contract.place(&self.place().key("dataset_contract_id"));
        self.resolved
            .linked
            .loaded(schema)
            .diagnostic(problem(place))
            .related(dataset, "for this dataset")
    }

    fn with_policy(&self, diagnostic: Diagnostic, policy: &Pointer) -> Diagnostic {
        let place = self.resolved.linked.environment.place(policy);
        diagnostic.related(place, "the policy demands it here")
    }
}

/// Message and hint.
fn missing(
    what: &str,
    required: &RequiredRules,
    rule: &RequiredRule,
    why_not: Option<String>,
) -> (String, String) {
    let severity = required.severity_at_least.name();
    let name = rule.rule_type();
    let message = format!("{what} must have a `{name}` rule of severity {severity} or more");
    let way_out = "add one to a rule set or a binding of the dataset, or in the catalog";
    let hint = match why_not {
        Some(why_not) => format!("{why_not}; {way_out}"),
        None => way_out.to_owned(),
    };
    (message, hint)
}
