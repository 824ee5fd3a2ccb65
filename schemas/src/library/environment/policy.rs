//! What an environment admits, and what it demands.

use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::drift::DriftPolicy;
use crate::library::{Criticality, Kind, Status};
use crate::period::Period;
use crate::problem::{Pointer, Problem, nearest};
use crate::rule;
use crate::verdict::Severity;

/// What an environment admits, and what it demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Statuses of the objects that it seals.
    pub statuses: BTreeSet<Status>,
    /// Forms that a reference may take.
    pub references: BTreeSet<ReferenceForm>,
    /// Hosts that connections may lead to; `*.example.com` is every host below it. Without the list, any.
    pub egress_hosts: Option<Vec<String>>,
    /// Approvals that changes must carry.
    pub approvals: Approvals,
    /// Rules that data of a class or a criticality must have.
    pub required_rules: Vec<RequiredRules>,
    /// Columns that a rule is expected to judge: a warning tells of those that none does.
    pub coverage: Coverage,
    /// What `assayc promote` demands before a change comes here.
    #[serde(skip_serializing_if = "Promotion::is_default")]
    pub promotion: Promotion,
    /// What is done where something is not what was meant.
    #[serde(skip_serializing_if = "DriftPolicy::is_default")]
    pub drift: DriftPolicy,
}

/// What is demanded before a change comes from the environment before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Promotion {
    /// The runs of the environment before have verified the same core: every job of it ran, and none failed.
    pub verified: bool,
    /// How long it has run there at least.
    pub soak: Option<Period>,
}

impl Promotion {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            statuses: BTreeSet::from([Status::Active]),
            references: BTreeSet::from([
                ReferenceForm::Exact,
                ReferenceForm::Range,
                ReferenceForm::Active,
            ]),
            egress_hosts: None,
            approvals: Approvals::default(),
            required_rules: Vec::new(),
            coverage: Coverage::default(),
            promotion: Promotion::default(),
            drift: DriftPolicy::default(),
        }
    }
}

/// Columns that a rule is expected to judge.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// None.
    None,
    /// Those that a dataset contract names under `columns`.
    #[default]
    Contract,
    /// All that the schema declares.
    All,
}

/// A form that a reference may take.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceForm {
    /// One version.
    Exact,
    /// A range of versions.
    Range,
    /// No version: the highest active one.
    Active,
}

/// Approvals that changes must carry, as `Approved-by:` trailers of the commits that make them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Approvals {
    /// What happens where it is not known since which commit changes count.
    pub without_base: WithoutBase,
    /// Who must approve what. Each entry is held against each changed object.
    pub require: Vec<RequiredApproval>,
}

/// What happens where approvals cannot be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithoutBase {
    /// A warning says so.
    #[default]
    Warn,
    /// It is an error.
    Deny,
}

/// Who must approve changes to certain objects. What is left out selects everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredApproval {
    /// Kinds of the objects, such as `data_contract`; `environment` is this file.
    #[serde(default)]
    #[schemars(schema_with = "kind_names")]
    pub kinds: BTreeSet<String>,
    /// Statuses of the objects.
    #[serde(default)]
    pub statuses: BTreeSet<Status>,
    /// Classes of the data that the objects describe.
    #[serde(default)]
    pub classification: BTreeSet<String>,
    /// Criticality of the objects or of the data that they describe.
    #[serde(default)]
    pub criticality: BTreeSet<Criticality>,
    /// Who approves, instead of the owners of the object.
    #[serde(default)]
    pub by: BTreeSet<String>,
    /// How many of them.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    pub count: u32,
}

fn one() -> u32 {
    1
}

fn kind_names(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).chain(["environment"]).collect();
    json_schema!({
        "type": "array", "uniqueItems": true, "items": { "type": "string", "enum": names }
    })
}

/// Rules that certain data must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredRules {
    /// Which data.
    pub when: When,
    /// The rule types, each of which must be there.
    #[schemars(length(min = 1))]
    pub rules: Vec<RequiredRule>,
    /// The least severity that counts.
    #[serde(default)]
    pub severity_at_least: Severity,
}

/// Selects columns, or datasets by them. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Its class is one of these.
    pub classification: BTreeSet<String>,
    /// Its criticality is one of these.
    pub criticality: BTreeSet<Criticality>,
    /// It belongs to the primary key.
    pub primary_key: bool,
}

/// A rule type that must be there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RequiredRule {
    /// By name alone.
    Name(String),
    /// With how much it may tolerate.
    Full(FullRule),
}

/// A rule type that must be there, and how much it may tolerate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FullRule {
    /// The rule type.
    pub rule_type: String,
    /// The greatest share of violating rows that it may tolerate; without one, any.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_violation_ratio: Option<f64>,
}

impl RequiredRule {
    /// The rule type.
    pub fn rule_type(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Full(full) => &full.rule_type,
        }
    }

    /// The greatest share of violating rows that it may tolerate.
    pub fn max_violation_ratio(&self) -> Option<f64> {
        match self {
            Self::Name(_) => None,
            Self::Full(full) => full.max_violation_ratio,
        }
    }
}

impl Policy {
    /// Whether a connection may lead to a host.
    pub fn admits_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let matches = |pattern: &String| {
            let pattern = pattern.to_ascii_lowercase();
            match pattern.strip_prefix("*.") {
                Some(domain) => host
                    .strip_suffix(domain)
                    .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
                None => host == pattern,
            }
        };
        self.egress_hosts.as_ref().is_none_or(|hosts| hosts.iter().any(matches))
    }

    /// What is wrong with it beyond its shape.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, host) in self.egress_hosts.iter().flatten().enumerate() {
            let name = host.strip_prefix("*.").unwrap_or(host);
            let plain =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
            if name.is_empty() || !name.chars().all(plain) {
                let place = Pointer::from("egress_hosts").index(index);
                let message = format!("`{host}` is not the name of a host");
                problems.push(
                    Problem::new(Code::BadValue, place, message)
                        .hint("write a name such as `hooks.example.com` or `*.example.com`, without scheme and path"),
                );
            }
        }
        let drift = Pointer::from("drift");
        problems.extend(self.drift.check().into_iter().map(|problem| problem.within(&drift)));
        for (index, required) in self.required_rules.iter().enumerate() {
            let place = Pointer::from("required_rules").index(index);
            if required.when == When::default() {
                let message = "`when` selects nothing: it has no condition";
                problems.push(
                    Problem::new(Code::MissingField, place.key("when"), message)
                        .hint("name `classification`, `criticality` or `primary_key: true`"),
                );
            }
            for (position, rule) in required.rules.iter().enumerate() {
                problems.extend(unknown_rule(rule, place.key("rules").index(position)));
            }
        }
        problems
    }
}

fn unknown_rule(required: &RequiredRule, place: Pointer) -> Option<Problem> {
    let name = required.rule_type();
    if rule::named(name).is_some() {
        return None;
    }
    let place = match required {
        RequiredRule::Name(_) => place,
        RequiredRule::Full(_) => place.key("rule_type"),
    };
    let problem = Problem::new(Code::UnknownRuleType, place, format!("no rule type `{name}`"));
    Some(match nearest(name, rule::ALL.iter().map(|rule| rule.name())) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("`assayc explain rules` lists the rule types"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_admitted_by_name_or_by_domain() {
        let of = |hosts: &[&str]| Policy {
            egress_hosts: Some(hosts.iter().map(|host| (*host).to_owned()).collect()),
            ..Policy::default()
        };
        assert!(Policy::default().admits_host("anywhere.example"));
        assert!(!of(&[]).admits_host("anywhere.example"));
        let policy = of(&["Hooks.example.com", "*.lake.example"]);
        for (host, admitted) in [
            ("hooks.EXAMPLE.com", true),
            ("a.hooks.example.com", false),
            ("a.lake.example", true),
            ("a.b.lake.example", true),
            ("lake.example", false),
            (".lake.example", false),
            ("evil-lake.example", false),
        ] {
            assert_eq!(policy.admits_host(host), admitted, "{host}");
        }
    }

    #[test]
    fn what_a_policy_cannot_mean_is_a_problem() {
        let policy: Policy = serde_json::from_value(serde_json::json!({
            "egress_hosts": ["https://x/y", "ok.example"],
            "required_rules": [{ "when": {}, "rules": ["not_nul", { "rule_type": "regex" }] }],
        }))
        .unwrap_or_default();
        let places: Vec<_> =
            policy.check().iter().map(|problem| problem.pointer.to_string()).collect();
        assert_eq!(
            places,
            ["/egress_hosts/0", "/required_rules/0/when", "/required_rules/0/rules/0"]
        );
    }
}
