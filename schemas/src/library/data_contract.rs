//! Data contracts: datasets, and the schema, rules, governance and infra that each is held to.

mod life;
mod source;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fixture::{self, Fixture};
use super::level::Threshold;
use super::reference::{
    CleansingPolicyRef, Collector, EntityRef, GovernanceProfileRef, InfraProfileRef,
    MappingTemplateRef, ProfilingPolicyRef, RuleSetRef, RuleTemplateRef, SchemaRef,
};
use super::rule_set::Nulls;
use super::{Criticality, LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::id::{AttributeId, ColumnName, DatasetContractId, RuleId};
use crate::period::Period;
use crate::plan::{Empty, Redaction};
use crate::problem::{Pointer, Problem};
use crate::verdict::{Dimension, Severity};
pub use life::{ContractApproval, Promotion, SchemaRegistry};
pub use source::{FormatName, SourceContract};

kind! {
    /// What a producer promises: datasets, each with its schema, rules, governance and infra.
    DataContract {
        id: contract_id ContractId,
        /// The datasets.
        datasets: Vec<DatasetContract>,
        /// How much depends on its datasets.
        #[serde(default)]
        criticality: Option<Criticality>,
        /// Governance of all its datasets.
        #[serde(default)]
        governance_profile: Option<GovernanceProfileRef>,
        /// Infra of all its datasets.
        #[serde(default)]
        infra_profile: Option<InfraProfileRef>,
        /// What is promised of all its datasets.
        #[serde(default)]
        sla: Option<Sla>,
        /// Who has agreed to this version.
        #[serde(default)]
        approvals: Vec<ContractApproval>,
        /// Where this version has come to.
        #[serde(default)]
        promotions: Vec<Promotion>,
        /// Its subject in a schema registry, for streams.
        #[serde(default)]
        schema_registry: Option<SchemaRegistry>,
        /// Unit tests of the rules as this contract binds them; run by `assay test`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fixtures: Vec<Fixture>,
    }
}

/// One dataset of a contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetContract {
    /// Names the dataset within the contract.
    pub dataset_contract_id: DatasetContractId,
    /// What the dataset holds.
    #[serde(default)]
    pub description: Option<String>,
    /// How much depends on it, instead of the contract's.
    #[serde(default)]
    pub criticality: Option<Criticality>,
    /// The catalog entity that a row is about.
    #[serde(default)]
    pub catalog_entity: Option<EntityRef>,
    /// Its columns.
    pub schema: SchemaRef,
    /// Where its rows are.
    pub source: SourceContract,
    /// Rule sets that judge it.
    #[serde(default)]
    pub rule_sets: Vec<RuleSetRef>,
    /// What is done to its rows first.
    #[serde(default)]
    pub cleansing_policy: Option<CleansingPolicyRef>,
    /// What is profiled, unless a job says otherwise.
    #[serde(default)]
    pub profiling_policy: Option<ProfilingPolicyRef>,
    /// What columns of these names mean; `columns` goes before it.
    #[serde(default)]
    pub mapping_template: Option<MappingTemplateRef>,
    /// Its governance, instead of the contract's.
    #[serde(default)]
    pub governance_profile: Option<GovernanceProfileRef>,
    /// Its infra, instead of the contract's.
    #[serde(default)]
    pub infra_profile: Option<InfraProfileRef>,
    /// What its columns mean.
    #[serde(default)]
    pub columns: Vec<ColumnContract>,
    /// Rule templates bound to its columns.
    #[serde(default)]
    pub bindings: Vec<RuleBinding>,
    /// What is different here about rules that come from elsewhere.
    #[serde(default)]
    pub overrides: Vec<RuleOverride>,
    /// What is promised of it, instead of the contract's.
    #[serde(default)]
    pub sla: Option<Sla>,
}

/// What a column means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnContract {
    /// The column.
    pub column: ColumnName,
    /// The attribute of the dataset's catalog entity.
    #[serde(default)]
    pub catalog_attribute_id: Option<AttributeId>,
    /// The governance class, instead of the schema's and the catalog's.
    #[serde(default)]
    pub classification: Option<String>,
    /// How values are shown and kept in results, instead of what the governance profile says of the class.
    #[serde(default)]
    pub redaction: Option<Redaction>,
    /// How much depends on its values, instead of the schema's and the catalog's.
    #[serde(default)]
    pub criticality: Option<Criticality>,
    /// What is particular to this dataset.
    #[serde(default)]
    pub description: Option<String>,
}

/// What is promised of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sla {
    /// How old the newest data may be, such as `24h`.
    #[serde(default)]
    pub freshness: Option<Period>,
    /// Share of the expected values that are there, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub completeness: Option<f64>,
    /// Share of the time that the data can be read, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub availability: Option<f64>,
    /// How long data is kept.
    #[serde(default)]
    pub retention: Option<Period>,
}

/// What is different about a rule in one dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleOverride {
    /// The rule: `<rule set>/<rule>`, `<dataset>/<binding>`, or `schema/not_null` and `schema/in_set`.
    pub rule: String,
    /// Only on these columns; on all that it judges where none is named.
    #[serde(default)]
    pub columns: Vec<ColumnName>,
    /// The rule does not judge here.
    #[serde(default)]
    pub disabled: bool,
    /// Why; wanted where the rule is disabled.
    #[serde(default)]
    pub reason: Option<String>,
    /// How bad a violation is here.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Parameters that are different here.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Violating rows tolerated here.
    #[serde(default)]
    pub max_violations: Option<u64>,
    /// Share of violating rows tolerated here, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_violation_ratio: Option<f64>,
    /// Beyond this, but not beyond what fails, the verdict is `warn`.
    #[serde(default)]
    pub warn: Option<Threshold>,
    /// Beyond this the rule fails; says the same as `max_violations` and as bounds among the parameters.
    #[serde(default)]
    pub fail: Option<Threshold>,
}

impl RuleOverride {
    fn check(&self, place: &Pointer) -> Option<Problem> {
        let changes = self.severity.is_some()
            || !self.parameters.is_empty()
            || self.max_violations.is_some()
            || self.max_violation_ratio.is_some()
            || self.warn.is_some()
            || self.fail.is_some();
        if self.disabled && self.reason.is_none() {
            let message = "a rule is disabled without a `reason`";
            let problem = Problem::new(Code::MissingField, place.key("disabled"), message);
            return Some(problem.hint("say why, for whoever asks later"));
        }
        let (field, message) = match (self.disabled, changes) {
            (true, true) => ("disabled", "a rule that is disabled has nothing else to change"),
            (false, false) => ("rule", "the override changes nothing"),
            _ => return None,
        };
        let problem = Problem::new(Code::BadValue, place.key(field), message);
        Some(problem.hint("write `disabled: true` with a `reason`, or what is different here"))
    }
}

fn yes() -> bool {
    true
}

/// A rule template bound to columns of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBinding {
    /// Names the binding within the dataset.
    pub binding_id: RuleId,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The template.
    pub template: RuleTemplateRef,
    /// The column it judges, for rule types that judge one column.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// Several columns, each judged alone.
    #[serde(default)]
    pub columns: Vec<ColumnName>,
    /// Parameters that override the template's.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Judge only rows where this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// How bad a violation is, instead of the template's.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Which quality it speaks of, instead of the template's.
    #[serde(default)]
    pub dimension: Option<Dimension>,
    /// What null means to a rule that judges values.
    #[serde(default)]
    pub nulls: Nulls,
    /// What it means that nothing was evaluated.
    #[serde(default)]
    pub empty: Empty,
    /// Violating rows tolerated.
    #[serde(default)]
    pub max_violations: Option<u64>,
    /// Share of violating rows tolerated, from 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_violation_ratio: Option<f64>,
    /// Beyond this, but not beyond what fails, the verdict is `warn`.
    #[serde(default)]
    pub warn: Option<Threshold>,
    /// Beyond this the rule fails; says the same as `max_violations` and as bounds among the parameters.
    #[serde(default)]
    pub fail: Option<Threshold>,
}

impl Sla {
    fn check(&self, place: &Pointer) -> Option<Problem> {
        self.freshness.as_ref()?.check_length(place.key("freshness"))
    }
}

impl DatasetContract {
    fn references(&self) -> Vec<Reference> {
        let root = Pointer::root();
        let mut found = Collector::new();
        found.add(root.key("catalog_entity"), self.catalog_entity.as_ref());
        found.add(root.key("schema"), Some(&self.schema));
        found.add_all(&root.key("rule_sets"), &self.rule_sets);
        found.add(root.key("cleansing_policy"), self.cleansing_policy.as_ref());
        found.add(root.key("profiling_policy"), self.profiling_policy.as_ref());
        found.add(root.key("mapping_template"), self.mapping_template.as_ref());
        found.add(root.key("governance_profile"), self.governance_profile.as_ref());
        found.add(root.key("infra_profile"), self.infra_profile.as_ref());
        for (index, binding) in self.bindings.iter().enumerate() {
            found.add(root.key("bindings").index(index).key("template"), Some(&binding.template));
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let bindings = self.bindings.iter().map(|binding| binding.binding_id.as_str());
        let mut problems = super::unique_ids("bindings", "binding_id", bindings);
        let columns = self.columns.iter().map(|column| column.column.as_str());
        problems.extend(super::unique_ids("columns", "column", columns));
        for (index, column) in self.columns.iter().enumerate() {
            let about = self.catalog_entity.is_some() || self.mapping_template.is_some();
            if column.catalog_attribute_id.is_some() && !about {
                let place = Pointer::from("columns").index(index).key("catalog_attribute_id");
                let message = "the dataset names no `catalog_entity` for this attribute";
                problems.push(
                    Problem::new(Code::MissingField, place, message)
                        .hint("add `catalog_entity: {entity_id: …}` to the dataset"),
                );
            }
        }
        if let Some(sla) = &self.sla {
            problems.extend(sla.check(&Pointer::from("sla")));
        }
        for (index, by) in self.overrides.iter().enumerate() {
            problems.extend(by.check(&Pointer::from("overrides").index(index)));
        }
        let SourceContract { path: _, format, partitions: _, csv, json, excel } = &self.source;
        let is_json = matches!(format, FormatName::Json | FormatName::Ndjson);
        for (field, given, fits) in [
            ("csv", csv.is_some(), *format == FormatName::Csv),
            ("json", json.is_some(), is_json),
            ("excel", excel.is_some(), *format == FormatName::Excel),
        ] {
            if given && !fits {
                let place = Pointer::from("source").key(field);
                let message = format!("`{field}` is for sources of `format: {field}`");
                problems.push(Problem::new(Code::BadValue, place, message).at_key());
            }
        }
        problems
    }
}

impl LibraryObject for DataContract {
    common_fields!(contract_id);

    fn references(&self) -> Vec<Reference> {
        let root = Pointer::root();
        let mut found = Collector::new();
        found.add(root.key("governance_profile"), self.governance_profile.as_ref());
        found.add(root.key("infra_profile"), self.infra_profile.as_ref());
        for (index, dataset) in self.datasets.iter().enumerate() {
            found.extend(&root.key("datasets").index(index), dataset.references());
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let ids = self.datasets.iter().map(|dataset| dataset.dataset_contract_id.as_str());
        let mut problems = super::unique_ids("datasets", "dataset_contract_id", ids);
        for (index, dataset) in self.datasets.iter().enumerate() {
            let place = Pointer::from("datasets").index(index);
            problems.extend(dataset.check().into_iter().map(|problem| problem.within(&place)));
        }
        problems.extend(self.sla.as_ref().and_then(|sla| sla.check(&Pointer::from("sla"))));
        let days = self.approvals.iter().enumerate().map(|(i, a)| ("approvals", i, &a.date));
        let moved = self.promotions.iter().enumerate().map(|(i, p)| ("promotions", i, &p.date));
        for (list, index, day) in days.chain(moved) {
            if let Err(message) = crate::literal::date(day) {
                let place = Pointer::from(list).index(index).key("date");
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems.extend(fixture::check(&self.fixtures, false));
        problems
    }
}
