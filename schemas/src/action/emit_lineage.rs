//! `EMIT_LINEAGE`: the `OpenLineage` event of the run, sent to a connection.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Action, ConnectionNeed, Effect, HttpRequest, place};
use crate::doc::Doc;
use crate::id::ConnId;
use crate::problem::Problem;

pub(super) struct EmitLineage;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The connection of the environment that receives lineage.
    target_system: ConnId,
    /// Send what is known of datasets and run (columns, counts, verdicts), not only their names.
    #[serde(default)]
    include_payload: bool,
    /// Appended to the connection's URL.
    #[serde(default = "lineage")]
    path: String,
}

fn lineage() -> String {
    "/api/v1/lineage".to_owned()
}

impl Action for EmitLineage {
    type Parameters = Parameters;
    const NAME: &'static str = "EMIT_LINEAGE";
    const DOC: Doc = Doc {
        summary: "Sends the OpenLineage event of the run to a connection of the environment.",
        semantics: "`target_system` names the connection; an environment without it skips the action with a \
                    warning. The event says which job read and wrote which datasets. With \
                    `include_payload: true` it carries the facets too: columns, counts, assertions with their \
                    outcome; never values of rows. Lineage is in the lake in any case.",
        good: "action_type: EMIT_LINEAGE\nparameters: {target_system: central-lineage, include_payload: true}\n",
        bad: "action_type: EMIT_LINEAGE\nparameters: {target: central-lineage}\n",
    };

    fn check(parameters: &Parameters) -> Vec<Problem> {
        place::check_path("path", &parameters.path).into_iter().collect()
    }

    fn connection(parameters: &Parameters) -> ConnectionNeed {
        ConnectionNeed::Wanted(parameters.target_system.clone())
    }

    fn effect(parameters: &Parameters, summary: &Value) -> Effect {
        let Some(event) = summary.get("lineage").filter(|event| event.is_object()) else {
            return Effect::Nothing("the run has no lineage event".to_owned());
        };
        let mut body = event.clone();
        if !parameters.include_payload {
            strip_facets(&mut body);
        }
        Effect::Http(HttpRequest {
            method: "POST",
            path: parameters.path.clone(),
            headers: std::collections::BTreeMap::new(),
            body,
        })
    }
}

/// Leaves the names of run, job and datasets.
fn strip_facets(event: &mut Value) {
    let strip = |part: &mut Value| {
        if let Some(fields) = part.as_object_mut() {
            fields.retain(|name, _| {
                !matches!(name.as_str(), "facets" | "inputFacets" | "outputFacets")
            });
        }
    };
    for name in ["run", "job"] {
        event.get_mut(name).into_iter().for_each(strip);
    }
    for name in ["inputs", "outputs"] {
        let datasets = event.get_mut(name).and_then(Value::as_array_mut);
        datasets.into_iter().flatten().for_each(strip);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::action::{ConnectionNeed, Effect, named, summary};
    use crate::id::ConnId;

    fn body(include_payload: bool) -> Value {
        let parameters = json!({"target_system": "central", "include_payload": include_payload});
        let action = named("EMIT_LINEAGE").unwrap();
        let wanted = ConnectionNeed::Wanted(ConnId::new("central").unwrap());
        assert_eq!(action.connection(&parameters), Ok(wanted));
        match action.effect(&parameters, &summary::example()) {
            Ok(Effect::Http(request)) => {
                assert_eq!(request.path, "/api/v1/lineage");
                request.body
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn the_payload_is_sent_only_where_it_is_asked_for() {
        assert_eq!(body(true), summary::example()["lineage"]);
        let names = body(false);
        assert_eq!(names["inputs"], json!([{"namespace": "n", "name": "billing"}]));
        assert_eq!(names["run"], json!({"runId": "0190-run"}));
        assert_eq!(names["eventType"], "FAIL");
    }

    #[test]
    fn a_run_without_an_event_sends_nothing() {
        let action = named("EMIT_LINEAGE").unwrap();
        let effect = action.effect(&json!({"target_system": "central"}), &json!({"lineage": null}));
        assert!(matches!(effect, Ok(Effect::Nothing(_))));
    }
}
