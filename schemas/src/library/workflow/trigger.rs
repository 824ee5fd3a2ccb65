//! The types of trigger, each with its fields and what is wrong with them.
//!
//! A text such as `${artifacts.output_path}` in arguments is a value of the event that sets the trigger
//! off, and is put in place then; see [`super::super::event`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::Code;
use crate::library::event;
use crate::problem::{Pointer, Problem};
use crate::shape;

/// Something that is set off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WorkflowTrigger {
    /// A job of AWS Glue.
    GlueJob(GlueJob),
    /// A state machine of AWS Step Functions.
    StepFunction(StepFunction),
    /// An event on a bus of Amazon EventBridge.
    #[serde(rename = "eventbridge")]
    EventBridge(EventBridge),
    /// A DAG of Amazon Managed Workflows for Apache Airflow, called directly.
    MwaaDag(MwaaDag),
    /// The same by a message to a queue, for environments in a private network.
    SqsMwaa(SqsMwaa),
}

/// Starts a job of AWS Glue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GlueJob {
    /// The job.
    #[schemars(length(min = 1, max = 255))]
    pub job_name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Arguments, each name beginning with `--`; those of the triggering run are added.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
}

/// Starts an execution of a state machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFunction {
    /// The ARN of the state machine.
    pub arn: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// Puts an event on a bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBridge {
    /// The bus: a name or an ARN.
    #[serde(default = "default_bus")]
    #[schemars(length(min = 1))]
    pub event_bus: String,
    /// What has happened, in the words of the rules on the bus.
    #[schemars(length(min = 1, max = 128))]
    pub detail_type: String,
    /// Who says so.
    #[schemars(length(min = 1, max = 256))]
    pub source: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

fn default_bus() -> String {
    "default".to_owned()
}

/// Starts a run of a DAG.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MwaaDag {
    /// The environment that the DAG runs in.
    #[schemars(length(min = 1, max = 80))]
    pub environment_name: String,
    /// Its region, such as `us-west-2`.
    pub region: String,
    /// The DAG.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.${}-]+$"))]
    pub dag_id: String,
    /// Parameters of the run.
    #[serde(default)]
    pub conf: BTreeMap<String, Value>,
    /// Parameters taken from the event: name to dotted path, such as `artifacts.output_path`.
    #[serde(default)]
    pub parameter_mapping: BTreeMap<String, String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// Sends a message that starts a run of a DAG.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqsMwaa {
    /// The DAG.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_.${}-]+$"))]
    pub dag_id: String,
    /// The queue; without one, that of the orchestrator.
    #[serde(default)]
    pub queue_url: Option<String>,
    /// Parameters of the run.
    #[serde(default)]
    pub conf: BTreeMap<String, Value>,
    /// Parameters taken from the event: name to dotted path, such as `artifacts.output_path`.
    #[serde(default)]
    pub parameter_mapping: BTreeMap<String, String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// Arguments that every Glue job gets from the run that triggers it.
const ADDED_ARGUMENTS: &[&str] =
    &["--triggered_by_job", "--triggered_by_run_id", "--source_artifacts"];

/// Parameters that every DAG gets from the run that triggers it.
const ADDED_PARAMETERS: &[&str] =
    &["triggered_by_job", "triggered_by_run_id", "source_artifacts", "source_metrics"];

impl WorkflowTrigger {
    /// What is wrong with it beyond its shape, seen from it.
    pub(super) fn check(&self) -> Vec<Problem> {
        match self {
            Self::GlueJob(trigger) => trigger.check(),
            Self::StepFunction(trigger) => trigger.check(),
            Self::EventBridge(trigger) => trigger.check(),
            Self::MwaaDag(trigger) => trigger.check(),
            Self::SqsMwaa(trigger) => trigger.check(),
        }
    }
}

impl GlueJob {
    fn check(&self) -> Vec<Problem> {
        let place = Pointer::from("arguments");
        let mut problems = Vec::new();
        for (name, value) in &self.arguments {
            let place = place.key(name);
            if ADDED_ARGUMENTS.contains(&name.as_str()) {
                problems.push(added(name, place));
            } else if !name.starts_with("--") || name.len() < 3 {
                let message = format!("`{name}` is not the name of an argument");
                let problem = Problem::new(Code::BadValue, place, message).at_key();
                problems.push(problem.hint(format!("write `--{}`", name.trim_start_matches('-'))));
            } else {
                problems.extend(event::check_text(value, &place));
            }
        }
        problems
    }
}

impl StepFunction {
    fn check(&self) -> Vec<Problem> {
        let form =
            r"^arn:aws(-[a-z]+)*:states:[a-z]{2}(-[a-z]+)+-\d:\d+:stateMachine:[^:\s]+(:[^:\s]+)?$";
        let example = "arn:aws:states:us-west-1:123456789012:stateMachine:my-workflow";
        form_of("arn", &self.arn, form, "the ARN of a state machine", example).into_iter().collect()
    }
}

impl EventBridge {
    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.source.starts_with("aws.") {
            let message =
                format!("`{}`: sources that begin with `aws.` are those of AWS", self.source);
            problems.push(Problem::new(Code::BadValue, Pointer::from("source"), message));
        }
        let form = r"^([A-Za-z0-9._/-]+|arn:aws(-[a-z]+)*:events:[a-z]{2}(-[a-z]+)+-\d:\d+:event-bus/[A-Za-z0-9._/-]+)$";
        problems.extend(form_of("event_bus", &self.event_bus, form, "an event bus", "default"));
        problems
    }
}

impl MwaaDag {
    fn check(&self) -> Vec<Problem> {
        let form = r"^[a-z]{2}(-[a-z]+)+-\d$";
        let mut problems = Vec::new();
        problems.extend(form_of("region", &self.region, form, "a region", "us-west-2"));
        problems.extend(check_parameters(&self.conf, &self.parameter_mapping));
        problems
    }
}

impl SqsMwaa {
    fn check(&self) -> Vec<Problem> {
        let form = r"^https://[A-Za-z0-9.-]+/\d+/[A-Za-z0-9_-]{1,80}(\.fifo)?$";
        let example = "https://sqs.us-west-1.amazonaws.com/123456789012/my-queue";
        let mut problems = check_parameters(&self.conf, &self.parameter_mapping);
        if let Some(url) = &self.queue_url {
            problems.extend(form_of("queue_url", url, form, "the URL of a queue", example));
        }
        problems
    }
}

/// A problem where a text does not have a form. One that an environment has yet to fill in passes.
fn form_of(field: &str, text: &str, form: &str, what: &str, example: &str) -> Option<Problem> {
    if text.contains("${") || shape::matches(form, text) {
        return None;
    }
    let message = format!("`{text}` is not {what}");
    let problem = Problem::new(Code::BadValue, Pointer::from(field), message);
    Some(problem.hint(format!("it has the form `{example}`")))
}

fn added(name: &str, place: Pointer) -> Problem {
    let message = format!("`{name}` is added by the orchestrator and cannot be set");
    Problem::new(Code::BadValue, place, message).at_key().hint("remove it")
}

/// Parameters of a DAG, written out and taken from the event.
fn check_parameters(
    conf: &BTreeMap<String, Value>,
    mapping: &BTreeMap<String, String>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (list, names) in
        [("conf", conf.keys().collect::<Vec<_>>()), ("parameter_mapping", mapping.keys().collect())]
    {
        let reserved = names.into_iter().filter(|name| ADDED_PARAMETERS.contains(&name.as_str()));
        problems.extend(reserved.map(|name| added(name, Pointer::from(list).key(name))));
    }
    for (name, path) in mapping {
        let place = Pointer::from("parameter_mapping").key(name);
        if conf.contains_key(name) {
            let message = format!("the parameter `{name}` stands in `conf` too");
            problems.push(Problem::new(Code::BadValue, place, message).at_key());
        } else {
            problems.extend(event::check_path(path, place));
        }
    }
    for (name, value) in conf {
        event::check_value(value, &Pointer::from("conf").key(name), &mut problems);
    }
    problems
}
