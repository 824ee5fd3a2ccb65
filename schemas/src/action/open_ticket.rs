//! `OPEN_TICKET`: a ticket about the run.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Action, ConnectionNeed, Effect, HttpRequest, place, summary};
use crate::doc::Doc;
use crate::id::ConnId;
use crate::problem::Problem;

pub(super) struct OpenTicket;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The connection of the environment that takes tickets.
    conn_id: ConnId,
    /// The project, queue or board, as the receiver names it.
    #[schemars(length(min = 1, max = 256))]
    project: String,
    /// Appended to the connection's URL; begins with `/`.
    #[serde(default)]
    path: String,
    /// The person or team that the ticket goes to.
    #[serde(default)]
    assignee: Option<String>,
    /// Words to find it by.
    #[serde(default)]
    labels: BTreeSet<String>,
}

impl Action for OpenTicket {
    type Parameters = Parameters;
    const NAME: &'static str = "OPEN_TICKET";
    const DOC: Doc = Doc {
        summary: "Opens a ticket about the run through a connection of the environment.",
        semantics: "The body is JSON with `project`, `title`, `description`, `severity` of the worst finding, \
                    `labels`, `assignee`, `dedupe_key` and the `run`. The key is the same for all runs of a \
                    job on a dataset in an environment, so a receiver can add to an open ticket instead of \
                    opening another. It holds no values of rows.",
        good: "action_type: OPEN_TICKET\nparameters: {conn_id: tickets, project: DQ, labels: [billing]}\n",
        bad: "action_type: OPEN_TICKET\nparameters: {conn_id: tickets}\n",
    };

    fn check(parameters: &Parameters) -> Vec<Problem> {
        place::check_path("path", &parameters.path).into_iter().collect()
    }

    fn connection(parameters: &Parameters) -> ConnectionNeed {
        ConnectionNeed::Named(parameters.conn_id.clone())
    }

    fn effect(parameters: &Parameters, summary: &Value) -> Effect {
        let text = |field| summary::text(summary, field);
        let subject = summary::subject(summary);
        let mut description = vec![text("reason").to_owned()];
        description.extend(summary::finding_lines(summary));
        description.push(summary::figures(summary));
        let key = ["environment", "tenant", "job_definition_id", "dataset"].map(text).join("/");
        let mut body = json!({
            "project": parameters.project,
            "title": format!("Data quality {}: {subject}", text("outcome")),
            "description": description.join("\n"),
            "severity": summary::worst(summary),
            "labels": parameters.labels,
            "dedupe_key": key,
            "run": {
                "run_id": text("run_id"),
                "job_definition_id": text("job_definition_id"),
                "bundle_digest": text("bundle_digest"),
                "started_at": text("started_at"),
                "finished_at": text("finished_at"),
            },
        });
        if let (Some(fields), Some(assignee)) = (body.as_object_mut(), &parameters.assignee) {
            fields.insert("assignee".to_owned(), Value::String(assignee.clone()));
        }
        Effect::Http(HttpRequest {
            method: "POST",
            path: parameters.path.clone(),
            headers: BTreeMap::new(),
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::action::{Effect, named, summary};

    #[test]
    fn a_ticket_says_what_where_and_how_bad() {
        let parameters =
            json!({"conn_id": "tickets", "project": "DQ", "labels": ["b", "a"], "assignee": "ana"});
        let action = named("OPEN_TICKET").unwrap();
        assert!(action.check(&parameters).is_empty());
        let Ok(Effect::Http(request)) = action.effect(&parameters, &summary::example()) else {
            unreachable!("a ticket is a request")
        };
        let body = request.body;
        assert_eq!(body["title"], "Data quality failed: billing-daily-checks in prod for TNT-001");
        assert_eq!(body["severity"], "critical");
        assert_eq!(body["labels"], json!(["a", "b"]));
        assert_eq!(body["dedupe_key"], "prod/TNT-001/billing-daily-checks/billing");
        assert_eq!(body["assignee"], "ana");
        assert!(
            body["description"]
                .as_str()
                .unwrap()
                .starts_with("1 hard check failed\n[critical] fare")
        );
    }
}
