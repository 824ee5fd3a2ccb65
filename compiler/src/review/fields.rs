//! What a change of each authored field comes to: one list of fields for each kind.
//!
//! What jobs do with a field is read from their plans, and such fields say so here. A field that no list names is
//! judged as unknown, which gates; a test demands that every field of every kind is named.

use serde_json::Value;

use super::weigh;
use assay_schemas::impact::{Contract, Coverage, Governance, Impact, Reach, Verdict};

/// How the change of a field is judged.
#[derive(Clone, Copy)]
pub(super) enum Say {
    /// By what jobs do: nothing is said of the field itself.
    Plan,
    /// Always the same.
    Is(Impact),
    /// By the two values, of which one may be missing; `None` where the plans say it.
    By(fn(Option<&Value>, Option<&Value>) -> Option<Impact>),
    /// By whether it comes or goes; a change is judged inside it.
    Member {
        /// It comes.
        added: Impact,
        /// It goes.
        removed: Impact,
    },
}

type Fields = &'static [(&'static str, Say)];

const BREAKING: Impact = Impact::Contract(Contract::Breaking);
const COMPATIBLE: Impact = Impact::Contract(Contract::Compatible);
const METADATA: Impact = Impact::Contract(Contract::Metadata);
const STRENGTHENED: Impact = Impact::Governance(Governance::Strengthened);
const WEAKENED: Impact = Impact::Governance(Governance::Weakened);
const GUARDED_OTHERWISE: Impact = Impact::Governance(Governance::Unknown);
const WIDER: Impact = Impact::Reach(Reach::Wider);
const NARROWER: Impact = Impact::Reach(Reach::Narrower);
const RETARGETED: Impact = Impact::Reach(Reach::Retargeted);
const FOUND_OTHERWISE: Impact = Impact::Verdict(Verdict::Unknown);
const COVERED_OTHERWISE: Impact = Impact::Coverage(Coverage::Unknown);

const PROMISE: Say = Say::Member { added: COMPATIBLE, removed: BREAKING };
const GUARD: Say = Say::Member { added: STRENGTHENED, removed: WEAKENED };
const PERMISSION: Say = Say::Member { added: WEAKENED, removed: STRENGTHENED };
const DEED: Say = Say::Member { added: WIDER, removed: NARROWER };
const ENTRY: Say = Say::Member { added: METADATA, removed: METADATA };

/// Fields that every kind has.
const COMMON: Fields = &[
    ("contacts/**", Say::Is(GUARDED_OTHERWISE)),
    ("description", Say::Is(METADATA)),
    ("environment", Say::Plan),
    ("metadata/**", Say::Is(METADATA)),
    ("name", Say::Is(METADATA)),
    ("owner", Say::By(weigh::owner)),
    ("status", Say::By(weigh::status)),
    ("tags/**", Say::Is(METADATA)),
    ("tenant_id", Say::Plan),
    ("version", Say::Plan),
    ("fixtures/**", Say::Is(METADATA)),
];

/// By kind, its own fields; the empty one is the object as a whole.
const KINDS: &[(&str, Fields)] = &[
    ("action_profile", &[("", ENTRY), ("actions/**", Say::Plan)]),
    (
        "action_type",
        &[
            ("", DEED),
            ("api_name", Say::Is(BREAKING)),
            ("display_name", Say::Is(METADATA)),
            ("executor_key", Say::Is(RETARGETED)),
            ("parameters/*", PROMISE),
            ("parameters/*/data_type", Say::Is(BREAKING)),
            ("parameters/*/display_name", Say::Is(METADATA)),
            ("parameters/*/description", Say::Is(METADATA)),
            ("parameters/*/required", Say::By(weigh::demand)),
            ("submission_criteria/*", GUARD),
            ("submission_criteria/*/description", Say::Is(METADATA)),
            ("submission_criteria/*/rule_logic", Say::Is(GUARDED_OTHERWISE)),
            ("target_object_type", Say::Is(RETARGETED)),
            ("target_object_type_api_name", Say::Is(RETARGETED)),
            ("validation_rules/*", GUARD),
            ("validation_rules/*/description", Say::Is(METADATA)),
            ("validation_rules/*/rule_logic", Say::Is(GUARDED_OTHERWISE)),
        ],
    ),
    (
        "cleansing_policy",
        &[("", ENTRY), ("change_log", Say::Is(METADATA)), ("steps/**", Say::Plan)],
    ),
    (
        "data_contract",
        &[
            ("", PROMISE),
            ("approvals/**", Say::Is(METADATA)),
            ("criticality", Say::By(weigh::criticality)),
            ("datasets/*", PROMISE),
            ("datasets/*/bindings/**", Say::Plan),
            ("datasets/*/catalog_entity/**", Say::Plan),
            ("datasets/*/cleansing_policy/**", Say::Plan),
            ("datasets/*/columns/*", ENTRY),
            ("datasets/*/columns/*/catalog_attribute_id", Say::Plan),
            ("datasets/*/columns/*/classification", Say::By(weigh::classification)),
            ("datasets/*/columns/*/criticality", Say::By(weigh::criticality)),
            ("datasets/*/columns/*/description", Say::Is(METADATA)),
            ("datasets/*/columns/*/redaction", Say::By(weigh::redaction)),
            ("datasets/*/criticality", Say::By(weigh::criticality)),
            ("datasets/*/description", Say::Is(METADATA)),
            ("datasets/*/governance_profile", Say::By(weigh::profile)),
            ("datasets/*/infra_profile/**", Say::Plan),
            ("datasets/*/mapping_template/**", Say::Plan),
            ("datasets/*/overrides/**", Say::Plan),
            ("datasets/*/profiling_policy/**", Say::Plan),
            ("datasets/*/rule_sets/**", Say::Plan),
            ("datasets/*/schema", Say::By(weigh::schema)),
            ("datasets/*/sla", PROMISE),
            ("datasets/*/sla/availability", Say::By(weigh::greater_promise)),
            ("datasets/*/sla/completeness", Say::By(weigh::greater_promise)),
            ("datasets/*/sla/freshness", Say::By(weigh::shorter_promise)),
            ("datasets/*/sla/retention", Say::By(weigh::longer_promise)),
            ("datasets/*/source/**", Say::Plan),
            ("governance_profile", Say::By(weigh::profile)),
            ("infra_profile/**", Say::Plan),
            ("promotions/**", Say::Is(METADATA)),
            ("schema_registry/**", Say::Is(METADATA)),
            ("sla", PROMISE),
            ("sla/availability", Say::By(weigh::greater_promise)),
            ("sla/completeness", Say::By(weigh::greater_promise)),
            ("sla/freshness", Say::By(weigh::shorter_promise)),
            ("sla/retention", Say::By(weigh::longer_promise)),
        ],
    ),
    (
        "dataset_schema",
        &[
            ("", PROMISE),
            ("columns/*", PROMISE),
            ("columns/*/classification", Say::By(weigh::classification)),
            ("columns/*/criticality", Say::By(weigh::criticality)),
            ("columns/*/data_type", Say::Is(BREAKING)),
            ("columns/*/description", Say::Is(METADATA)),
            ("columns/*/enum/**", Say::Plan),
            ("columns/*/fields/**", Say::Is(BREAKING)),
            ("columns/*/format", Say::Plan),
            ("columns/*/items/**", Say::Is(BREAKING)),
            ("columns/*/max_length", Say::Plan),
            ("columns/*/nullable", Say::By(weigh::nullable)),
            ("columns/*/optional", Say::By(weigh::optional)),
            ("columns/*/semantic_type", Say::Is(METADATA)),
            ("columns/*/taxonomy/**", Say::Plan),
            ("foreign_keys/**", Say::Plan),
            ("on_parse_error", Say::Plan),
            ("primary_key/**", Say::Is(BREAKING)),
            ("unique_keys/**", Say::Plan),
        ],
    ),
    (
        "decision_rule",
        &[
            ("", DEED),
            ("actions/*", DEED),
            ("actions/*/payload/**", Say::Is(RETARGETED)),
            ("actions/*/type", Say::Is(RETARGETED)),
            ("logic", Say::Is(COVERED_OTHERWISE)),
            ("object_types/**", Say::Is(COVERED_OTHERWISE)),
            ("when/**", Say::Is(COVERED_OTHERWISE)),
        ],
    ),
    (
        "entity",
        &[
            ("", PROMISE),
            ("attributes/*", PROMISE),
            ("attributes/*/cleansing/**", Say::Plan),
            ("attributes/*/classification", Say::By(weigh::classification)),
            ("attributes/*/criticality", Say::By(weigh::criticality)),
            ("attributes/*/data_type", Say::Is(BREAKING)),
            ("attributes/*/description", Say::Is(METADATA)),
            ("attributes/*/name", Say::Is(METADATA)),
            ("attributes/*/redaction", Say::By(weigh::redaction)),
            ("attributes/*/semantic_type", Say::Is(METADATA)),
            ("criticality", Say::By(weigh::criticality)),
            ("governance_profile", Say::By(weigh::profile)),
            ("relationships/*", PROMISE),
            ("relationships/*/cardinality", Say::Is(BREAKING)),
            ("relationships/*/description", Say::Is(METADATA)),
            ("relationships/*/join/**", Say::Is(BREAKING)),
            ("relationships/*/target/**", Say::Is(BREAKING)),
            ("rule_sets/**", Say::Plan),
        ],
    ),
    (
        "environment",
        &[
            ("", ENTRY),
            ("branch", Say::Is(GUARDED_OTHERWISE)),
            ("connections/*", DEED),
            ("connections/*/description", Say::Is(METADATA)),
            ("connections/*/**", Say::Is(RETARGETED)),
            ("notification_conn_id", Say::Is(RETARGETED)),
            ("policy/approvals/require/*", GUARD),
            ("policy/approvals/require/*/**", Say::Is(GUARDED_OTHERWISE)),
            ("policy/approvals/without_base", Say::Is(GUARDED_OTHERWISE)),
            ("policy/coverage", Say::Is(GUARDED_OTHERWISE)),
            ("policy/drift/stale", Say::By(weigh::stale)),
            ("policy/drift/*", Say::By(weigh::mode)),
            ("policy/egress_hosts", Say::By(weigh::hosts)),
            ("policy/promotion/soak", Say::By(weigh::longer_guard)),
            ("policy/promotion/verified", Say::By(weigh::switch)),
            ("policy/references/**", Say::Is(GUARDED_OTHERWISE)),
            ("policy/required_rules/*", GUARD),
            ("policy/required_rules/*/**", Say::Is(GUARDED_OTHERWISE)),
            ("policy/statuses/*", PERMISSION),
            ("promotes_from", Say::Is(GUARDED_OTHERWISE)),
            ("results", Say::Plan),
            ("tenants/**", Say::Is(COVERED_OTHERWISE)),
            ("variables/**", Say::Plan),
        ],
    ),
    (
        "governance_profile",
        &[
            ("", GUARD),
            ("access_roles/*", PERMISSION),
            ("approvals/*", GUARD),
            ("approvals/*/count", Say::By(weigh::greater_guard)),
            ("classifications/*", GUARD),
            ("classifications/*/access_roles/*", PERMISSION),
            ("classifications/*/cleansing/**", Say::Plan),
            ("classifications/*/description", Say::Is(METADATA)),
            ("classifications/*/level", Say::By(weigh::level)),
            ("classifications/*/personal", Say::By(weigh::switch)),
            ("classifications/*/redaction", Say::By(weigh::redaction)),
            ("classifications/*/retention", Say::By(weigh::kept)),
            ("owners/*", GUARD),
            ("retention", Say::By(weigh::kept)),
        ],
    ),
    (
        "infra_profile",
        &[
            ("", ENTRY),
            ("compute/engine_version", Say::Is(GUARDED_OTHERWISE)),
            ("compute/**", Say::Plan),
            ("connections/**", Say::Is(METADATA)),
            ("retention/**", Say::By(weigh::kept)),
            ("storage/**", Say::Plan),
        ],
    ),
    (
        "job_definition",
        &[
            ("", Say::Plan), // A job that comes or goes is told by its plan.
            ("data_contract/**", Say::Plan),
            ("idempotency_scope", Say::Plan),
            ("incremental", Say::Plan),
            ("on_anomaly/**", Say::Plan),
            ("on_failure/**", Say::Plan),
            ("on_success/**", Say::Plan),
            ("profile/**", Say::Plan),
            ("profiling_policy/**", Say::Plan),
            ("quarantine", Say::Plan),
            ("run_profile/**", Say::Plan),
            ("severity_threshold", Say::Plan),
            ("stages/**", Say::Plan),
            ("trigger/description", Say::Is(METADATA)),
            ("trigger/**", Say::Is(RETARGETED)),
            ("violation_rows", Say::Plan),
        ],
    ),
    (
        "kpi_contract",
        &[
            ("", PROMISE),
            ("decimals", Say::Is(METADATA)),
            ("dimensions/*", PROMISE),
            ("dimensions/*/catalog_attribute_id", Say::Is(BREAKING)),
            ("dimensions/*/column", Say::Is(BREAKING)),
            ("dimensions/*/description", Say::Is(METADATA)),
            ("direction", Say::Is(FOUND_OTHERWISE)),
            ("expression", Say::Is(BREAKING)),
            ("formula", Say::Is(METADATA)),
            ("gdp/**", Say::Is(METADATA)),
            ("grain/**", Say::Is(BREAKING)),
            ("metrics/*", PROMISE),
            ("metrics/*/description", Say::Is(METADATA)),
            ("metrics/*/**", Say::Is(BREAKING)),
            ("owners/**", Say::Is(GUARDED_OTHERWISE)),
            ("scd_views/*", PROMISE),
            ("target/**", Say::Is(FOUND_OTHERWISE)),
            ("thresholds/**", Say::Is(FOUND_OTHERWISE)),
            ("unit", Say::Is(BREAKING)),
        ],
    ),
    (
        "kpi_job",
        &[
            ("", DEED),
            ("alerts/*", DEED),
            ("alerts/*/**", Say::Is(RETARGETED)),
            ("contract_version", Say::Plan),
            ("dependencies/**", Say::Is(RETARGETED)),
            ("kpi_id", Say::Is(RETARGETED)),
            ("retry/**", Say::Is(RETARGETED)),
            ("runtime/**", Say::Is(COVERED_OTHERWISE)),
            ("schedule/**", Say::Is(RETARGETED)),
            ("sla/**", Say::Is(BREAKING)),
            ("tenant", Say::Plan),
        ],
    ),
    (
        "mapping_template",
        &[
            ("", ENTRY),
            ("catalog_entity/**", Say::Plan),
            ("ignore_case", Say::Plan),
            ("mappings/**", Say::Plan),
        ],
    ),
    (
        "profiling_policy",
        &[
            ("", ENTRY),
            ("columns/**", Say::Plan),
            ("exclude/**", Say::Plan),
            ("histogram_bins", Say::Plan),
            ("metrics/**", Say::Plan),
            ("quantiles/**", Say::Plan),
            ("top_values", Say::Plan),
        ],
    ),
    ("rule_set", &[("", ENTRY), ("catalog_entity_id", Say::Plan), ("rules/**", Say::Plan)]),
    (
        "rule_template",
        &[
            ("", ENTRY),
            ("dimension", Say::Plan),
            ("message", Say::Plan),
            ("parameters/**", Say::Plan),
            ("rule_type", Say::Plan),
            ("severity", Say::Plan),
            ("step_type", Say::Plan),
        ],
    ),
    ("taxonomy", &[("", ENTRY), ("values/**", Say::Plan), ("values_from/**", Say::Plan)]),
    (
        "waiver",
        &[
            // A waiver is itself a decision with a reason, an approver and an end.
            ("", ENTRY),
            ("approver", Say::Is(METADATA)),
            ("column", Say::Is(METADATA)),
            ("expires", Say::Is(METADATA)),
            ("finding", Say::Is(METADATA)),
            ("object", Say::Is(METADATA)),
            ("path", Say::Is(METADATA)),
            ("reason", Say::Is(METADATA)),
        ],
    ),
    (
        "workflow",
        &[
            ("", DEED),
            ("on_approval/*", DEED),
            ("on_approval/*/description", Say::Is(METADATA)),
            ("on_approval/*/**", Say::Is(RETARGETED)),
            ("on_success/*", DEED),
            ("on_success/*/description", Say::Is(METADATA)),
            ("on_success/*/**", Say::Is(RETARGETED)),
        ],
    ),
];

/// How a change of a field of a kind is judged; `None` where no list names it.
pub(super) fn say(kind: &str, path: &[String]) -> Option<Say> {
    let own = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, fields)| *fields);
    let lists = own.into_iter().chain([COMMON]);
    lists.flatten().find(|(pattern, _)| matches(pattern, path)).map(|(_, say)| *say)
}

/// `*` is any name, `**` at the end anything from there on, and the field above itself.
fn matches(pattern: &str, path: &[String]) -> bool {
    let mut path = path.iter();
    for wanted in pattern.split('/').filter(|wanted| !wanted.is_empty()) {
        match (wanted, path.next()) {
            ("**", _) => return true,
            ("*", Some(_)) => {}
            (wanted, Some(found)) if wanted == found => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

#[cfg(test)]
mod tests;
