//! `CALL_WEBHOOK`: the summary of the run, sent to a connection.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Action, ConnectionNeed, Effect, HttpRequest, place, summary};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ConnId;
use crate::problem::{Pointer, Problem};

pub(super) struct CallWebhook;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The connection of the environment.
    conn_id: ConnId,
    /// Appended to the connection's URL; begins with `/`.
    #[serde(default)]
    path: String,
    /// How it is sent.
    #[serde(default)]
    method: Method,
    /// Headers beside the connection's own.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The fields of the summary that are sent; without any, all.
    #[serde(default)]
    include: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
enum Method {
    #[default]
    #[serde(rename = "POST")]
    Post,
    #[serde(rename = "PUT")]
    Put,
}

impl Action for CallWebhook {
    type Parameters = Parameters;
    const NAME: &'static str = "CALL_WEBHOOK";
    const DOC: Doc = Doc {
        summary: "Sends the summary of the run as JSON to a connection of the environment.",
        semantics: "Only hosts that the environment declares as connections are ever called, so there is no \
                    URL here, and what tells the host who calls stands in the connection. The body holds no \
                    values of rows. A receiver knows a repeated delivery by its `run_id`.",
        good: "action_type: CALL_WEBHOOK\nparameters: {conn_id: portal, path: /runs, include: [run_id, outcome]}\n",
        bad: "action_type: CALL_WEBHOOK\nparameters: {url: \"https://portal.example/runs\"}\n",
    };

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems: Vec<_> =
            place::check_path("path", &parameters.path).into_iter().collect();
        problems.extend(place::check_headers("headers", &parameters.headers));
        for (index, field) in parameters.include.iter().enumerate() {
            if summary::FIELDS.contains(&field.as_str()) {
                continue;
            }
            let pointer = Pointer::from("include").index(index);
            let message = format!("a summary has no field `{field}`");
            let problem = Problem::new(Code::BadValue, pointer, message)
                .did_you_mean(field, summary::FIELDS.iter().copied())
                .or_hint(|| format!("its fields are {}", summary::FIELDS.join(", ")));
            problems.push(problem);
        }
        problems
    }

    fn connection(parameters: &Parameters) -> ConnectionNeed {
        ConnectionNeed::Named(parameters.conn_id.clone())
    }

    fn effect(parameters: &Parameters, summary: &Value) -> Effect {
        let body = if parameters.include.is_empty() {
            summary.clone()
        } else {
            let fields = parameters
                .include
                .iter()
                .filter_map(|field| Some((field.clone(), summary.get(field)?.clone())));
            Value::Object(fields.collect::<Map<_, _>>())
        };
        Effect::Http(HttpRequest {
            method: match parameters.method {
                Method::Post => "POST",
                Method::Put => "PUT",
            },
            path: parameters.path.clone(),
            headers: parameters.headers.clone(),
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::action::{Effect, named, summary};

    #[test]
    fn the_fields_asked_for_are_sent() {
        let action = named("CALL_WEBHOOK").unwrap();
        let parameters = json!({"conn_id": "portal", "path": "/runs", "method": "PUT",
            "headers": {"X-Team": "dq"}, "include": ["run_id", "outcome"]});
        assert!(action.check(&parameters).is_empty());
        let Ok(Effect::Http(request)) = action.effect(&parameters, &summary::example()) else {
            unreachable!("a webhook is a request")
        };
        assert_eq!((request.method, request.path.as_str()), ("PUT", "/runs"));
        assert_eq!(request.body, json!({"run_id": "0190-run", "outcome": "failed"}));
    }

    #[test]
    fn urls_and_unknown_fields_are_problems() {
        let action = named("CALL_WEBHOOK").unwrap();
        let found = action.check(&json!({"conn_id": "portal", "include": ["outcom"]}));
        assert_eq!(found[0].hint.as_deref(), Some("did you mean `outcome`?"));
        assert!(!action.check(&json!({"url": "https://x"})).is_empty());
        assert!(!action.check(&json!({"conn_id": "portal", "path": "//x"})).is_empty());
        assert!(!action.check(&json!({"conn_id": "portal", "method": "GET"})).is_empty());
    }

    #[test]
    fn every_field_of_a_summary_can_be_asked_for() {
        let example = summary::example();
        let fields: Vec<_> = example.as_object().unwrap().keys().map(String::as_str).collect();
        let mut sorted = fields.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, summary::FIELDS);
    }
}
