//! A job's actions: the profiles it names, each action with its connection.

use assay_schemas::action::{self, ConnectionNeed};
use assay_schemas::code::Code;
use assay_schemas::id::ConnId;
use assay_schemas::library::Object;
use assay_schemas::library::action_profile::{ActionConfig, ActionProfile};
use assay_schemas::library::job_definition::JobDefinition;
use assay_schemas::plan::{Action, Actions, Connection};
use assay_schemas::problem::{Pointer, Problem, nearest};
use serde_json::Value;

use super::super::overlay::Resolved;
use super::target;
use crate::diagnostic::Sink;

/// Plans the actions of a job.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    job: usize,
    definition: &JobDefinition,
    sink: &mut Sink,
) -> Actions {
    let mut of = |field: &str, named: bool| {
        if named { profile(resolved, job, field, sink) } else { Vec::new() }
    };
    Actions {
        on_success: of("on_success", definition.on_success.is_some()),
        on_failure: of("on_failure", definition.on_failure.is_some()),
        on_anomaly: of("on_anomaly", definition.on_anomaly.is_some()),
    }
}

fn profile(resolved: &Resolved<'_>, job: usize, field: &str, sink: &mut Sink) -> Vec<Action> {
    let Some((index, Object::ActionProfile(profile))) =
        target(resolved, job, &Pointer::from(field))
    else {
        return Vec::new();
    };
    profile
        .actions
        .iter()
        .enumerate()
        .map(|(position, config)| Action {
            action_id: format!("{}/{}", profile.action_profile_id, position + 1),
            action_type: config.action_type.clone(),
            parameters: config.parameters.clone(),
            connection: connection(resolved, (index, profile), (position, config), sink),
        })
        .collect()
}

/// The connection of an action; one that is missing is an error where the action names it, and a warning
/// where the action would only have liked one.
fn connection(
    resolved: &Resolved<'_>,
    (index, profile): (usize, &ActionProfile),
    (position, config): (usize, &ActionConfig),
    sink: &mut Sink,
) -> Option<Connection> {
    let environment = &resolved.linked.environment.object();
    let name = &environment.environment;
    let place = Pointer::from("actions").index(position);
    let need = action::named(&config.action_type)?
        .connection(&Value::Object(config.parameters.clone()))
        .unwrap_or(ConnectionNeed::None);
    let (wanted, problem): (Option<ConnId>, Option<Problem>) = match need {
        ConnectionNeed::None => (None, None),
        ConnectionNeed::Named(conn_id) => {
            let message = format!("environment `{name}` declares no connection `{conn_id}`");
            let known = environment.connections.keys().map(ConnId::as_str);
            let hint = match nearest(conn_id.as_str(), known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it under `connections:` in `environments/{name}.yaml`"),
            };
            let pointer = place.key("parameters").key("conn_id");
            (
                Some(conn_id),
                Some(Problem::new(Code::UnknownConnection, pointer, message).hint(hint)),
            )
        }
        ConnectionNeed::Wanted(conn_id) => {
            let problem = missing(&place, &format!("connection `{conn_id}`"), name.as_str());
            (Some(conn_id), Some(problem))
        }
        ConnectionNeed::Notification => {
            let problem = missing(&place, "`notification_conn_id`", name.as_str());
            (environment.notification_conn_id.clone(), Some(problem))
        }
    };
    let found = wanted.and_then(|conn_id| {
        environment.connections.get(&conn_id).map(|config| Connection {
            conn_id: conn_id.to_string(),
            url: config.url.clone(),
            token: config.token.clone(),
            headers: config.headers.clone(),
        })
    });
    if let (None, Some(problem)) = (&found, problem) {
        let object = format!("action_profile `{}`", profile.action_profile_id);
        sink.push(resolved.linked.loaded(index).diagnostic(problem).object(object));
    }
    found
}

fn missing(place: &Pointer, what: &str, environment: &str) -> Problem {
    let message =
        format!("environment `{environment}` declares no {what}, so this action will be skipped");
    Problem::new(Code::NoConnection, place.key("action_type"), message)
        .hint(format!("declare it in `environments/{environment}.yaml`"))
}
