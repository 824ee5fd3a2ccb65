//! KPI jobs: when a KPI is computed, what it waits for, and who hears of it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authored::{Alias, Authored};
use super::kpi_contract::AlertSeverity;
use super::reference::{Collector, Written};
use super::{Kind, LibraryObject, Reference, common_fields, kind, schedule};
use crate::code::Code;
use crate::id::{KpiId, VersionRequest};
use crate::period::Period;
use crate::problem::{Pointer, Problem, nearest};

kind! {
    /// A KPI, computed by the clock once all that it depends on is there.
    KpiJob {
        id: job_id KpiJobId,
        /// The KPI.
        kpi_id: KpiId,
        /// The version of its contract: exact, a range, or nothing for the highest active one.
        #[serde(default)]
        contract_version: Option<VersionRequest>,
        /// When it is due.
        schedule: KpiSchedule,
        /// What must be there first.
        #[serde(default)]
        dependencies: Dependencies,
        /// What is promised of the figure.
        #[serde(default)]
        sla: KpiSla,
        /// What follows a failed attempt.
        #[serde(default)]
        retry: Retry,
        /// Who hears of failures and broken promises.
        #[serde(default)]
        alerts: Vec<Alert>,
        /// What a call of the KPI gets unless its caller says otherwise.
        #[serde(default)]
        runtime: Runtime,
    }
}

/// When a KPI job is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiSchedule {
    /// The kind of schedule.
    #[serde(rename = "type", default)]
    pub schedule_type: ScheduleType,
    /// A cron expression of five fields.
    pub expression: String,
    /// The IANA time zone it is read in.
    #[serde(default = "utc")]
    pub timezone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The kinds of schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleType {
    /// A cron expression.
    #[default]
    Cron,
}

/// What must be there before a KPI is computed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dependencies {
    /// Governed data products, such as `GDP_Sales`.
    pub gdp: BTreeSet<String>,
    /// Signals of other systems, such as `erp_eod_sync`.
    pub signals: BTreeSet<String>,
    /// KPIs that are computed before.
    pub kpi: Vec<KpiId>,
}

/// What is promised of a figure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KpiSla {
    /// How old the newest figure may be, such as `24h`.
    pub freshness: Option<Period>,
    /// How long one computation may take.
    pub duration: Option<Period>,
}

/// What follows a failed attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts after the first.
    #[schemars(range(max = 100))]
    pub max_retries: u32,
    /// How the pause grows from attempt to attempt.
    pub backoff: Backoff,
    /// The first pause.
    pub delay: Option<Period>,
}

/// How the pause grows from attempt to attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backoff {
    /// It does not.
    #[default]
    Fixed,
    /// By the first pause each time.
    Linear,
    /// It doubles.
    Exponential,
}

/// Someone who hears of failures and broken promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// `slack:#channel`, `email:address` or `opsgenie:team`.
    pub channel: String,
    /// How urgent it is.
    pub severity: AlertSeverity,
}

/// What a call of a KPI gets unless its caller says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    /// The view of changing dimensions, such as `as_reported`.
    pub scd_view: Option<String>,
    /// Further figures, such as `time: [MoM]`.
    pub extensions: BTreeMap<String, BTreeSet<String>>,
    /// Only this part of the data; every one must hold.
    pub filters: Vec<KpiFilter>,
}

/// A part of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiFilter {
    /// A dimension of the KPI.
    #[schemars(length(min = 1))]
    pub field: String,
    /// How it is compared.
    pub op: FilterOperator,
    /// With what; a list for `in` and `not_in`.
    pub value: Value,
}

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FilterOperator {
    /// Is the same.
    #[serde(rename = "=")]
    Equal,
    /// Is not the same.
    #[serde(rename = "!=")]
    NotEqual,
    /// Is less.
    #[serde(rename = "<")]
    Less,
    /// Is less or the same.
    #[serde(rename = "<=")]
    LessOrEqual,
    /// Is greater.
    #[serde(rename = ">")]
    Greater,
    /// Is greater or the same.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// Is one of a list.
    #[serde(rename = "in")]
    In,
    /// Is none of a list.
    #[serde(rename = "not_in")]
    NotIn,
}

/// The services that alerts go through.
const CHANNELS: &[&str] = &["email", "opsgenie", "slack"];

impl Alert {
    fn check(&self) -> Option<Problem> {
        if self.channel.contains("${") {
            return None;
        }
        let place = Pointer::from("channel");
        let (service, to) = self.channel.split_once(':').unwrap_or((&self.channel, ""));
        let known = CHANNELS.contains(&service);
        if known && !to.trim().is_empty() {
            return None;
        }
        let message = format!("`{}` is not a channel", self.channel);
        let problem = Problem::new(Code::BadValue, place, message);
        Some(match nearest(service, CHANNELS.iter().copied()).filter(|near| *near != service) {
            Some(near) => problem.hint(format!("did you mean `{near}:{to}`?")),
            None => problem.hint("write `slack:#channel`, `email:address` or `opsgenie:team`"),
        })
    }
}

impl KpiFilter {
    fn check(&self) -> Option<Problem> {
        let list = matches!(self.op, FilterOperator::In | FilterOperator::NotIn);
        let fits = match &self.value {
            Value::Array(items) => list && !items.is_empty(),
            Value::Object(_) | Value::Null => false,
            _ => !list,
        };
        let wanted = if list { "a list that is not empty" } else { "one value" };
        (!fits).then(|| {
            let message = format!("this filter takes {wanted}");
            Problem::new(Code::WrongType, Pointer::from("value"), message)
        })
    }
}

impl LibraryObject for KpiJob {
    common_fields!(job_id);
    const AUTHORED: Authored = Authored {
        aliases: &[Alias { within: &[], alias: "tenant", field: "tenant_id" }],
        ..Authored::PLAIN
    };

    fn references(&self) -> Vec<Reference> {
        let root = Pointer::root();
        let mut found = Collector::new();
        found.push(Reference {
            pointer: root.key("kpi_id"),
            written: Written::Id { version: Some("contract_version") },
            kind: Kind::KpiContract,
            id: self.kpi_id.to_string(),
            request: self.contract_version.clone(),
        });
        for (index, kpi) in self.dependencies.kpi.iter().enumerate() {
            let place = root.key("dependencies").key("kpi").index(index);
            found.add_id(place, Kind::KpiContract, kpi.as_str());
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let place = Pointer::from("schedule");
        let mut problems = Vec::new();
        problems.extend(schedule::check_cron(&self.schedule.expression, place.key("expression")));
        problems.extend(schedule::check_timezone(&self.schedule.timezone, place.key("timezone")));
        if let Some(index) = self.dependencies.kpi.iter().position(|kpi| *kpi == self.kpi_id) {
            let place = Pointer::from("dependencies").key("kpi").index(index);
            let message = format!("the job of KPI `{}` cannot wait for it", self.kpi_id);
            problems.push(Problem::new(Code::BadValue, place, message));
        }
        for (index, alert) in self.alerts.iter().enumerate() {
            let place = Pointer::from("alerts").index(index);
            problems.extend(alert.check().map(|problem| problem.within(&place)));
        }
        for (index, filter) in self.runtime.filters.iter().enumerate() {
            let place = Pointer::from("runtime").key("filters").index(index);
            problems.extend(filter.check().map(|problem| problem.within(&place)));
        }
        let sla = Pointer::from("sla");
        for (field, period) in
            [("freshness", &self.sla.freshness), ("duration", &self.sla.duration)]
        {
            problems.extend(period.as_ref().and_then(|period| period.check_length(sla.key(field))));
        }
        let delay = self.retry.delay.as_ref();
        let place = Pointer::from("retry").key("delay");
        problems.extend(delay.and_then(|period| period.check_length(place)));
        problems
    }
}
