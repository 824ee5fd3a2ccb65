//! `SEND_NOTIFICATION`: a few words to a channel.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Action, ConnectionNeed, Effect, HttpRequest, summary};
use crate::doc::Doc;

pub(super) struct SendNotification;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The channel, as the receiver names it, such as `#dq-critical`.
    #[schemars(length(min = 1, max = 256))]
    channel: String,
    /// What is said: `dq_job_failure_summary`, `dq_job_success_summary`, `dq_anomaly_summary`; anything
    /// else gives a plain summary.
    #[serde(default)]
    template_id: Option<String>,
}

impl Action for SendNotification {
    type Parameters = Parameters;
    const NAME: &'static str = "SEND_NOTIFICATION";
    const DOC: Doc = Doc {
        summary: "Sends a few words about the run to a channel.",
        semantics: "The message goes to the environment's connection for notifications, as JSON with \
                    `channel` and `text` that Slack and its kin understand; an environment without such a \
                    connection skips the action with a warning. The text names the job, the reason, at most \
                    ten checks that did not pass, worst first, and the run. It holds no values of rows.",
        good: "action_type: SEND_NOTIFICATION\nparameters: {channel: \"#dq-critical\", template_id: dq_job_failure_summary}\n",
        bad: "action_type: SEND_NOTIFICATION\nparameters: {template_id: dq_job_failure_summary}\n",
    };

    fn connection(_: &Parameters) -> ConnectionNeed {
        ConnectionNeed::Notification
    }

    fn effect(parameters: &Parameters, summary: &Value) -> Effect {
        let template = parameters.template_id.as_deref().unwrap_or_default();
        Effect::Http(HttpRequest {
            method: "POST",
            path: String::new(),
            headers: std::collections::BTreeMap::new(),
            body: json!({ "channel": parameters.channel, "text": message(template, summary) }),
        })
    }
}

fn message(template: &str, summary: &Value) -> String {
    let subject = summary::subject(summary);
    let outcome = summary::text(summary, "outcome");
    let (headline, with_findings) = match template {
        "dq_job_failure_summary" => (format!("*Data quality failed: {subject}*"), true),
        "dq_job_success_summary" => (format!("*Data quality passed: {subject}*"), false),
        "dq_anomaly_summary" => (format!("*Data quality anomaly: {subject}*"), true),
        _ => (format!("*Data quality, {outcome}: {subject}*"), true),
    };
    let mut lines = vec![headline];
    let reason = summary::text(summary, "reason");
    lines.extend((!reason.is_empty()).then(|| reason.to_owned()));
    if with_findings {
        lines.extend(summary::finding_lines(summary).into_iter().map(|line| format!("• {line}")));
    }
    lines.push(summary::figures(summary));
    escaped(&lines.join("\n"))
}

/// The text with the characters replaced that a channel would read as markup of its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::action::{ConnectionNeed, Effect, named, summary};

    fn text(template: Option<&str>) -> String {
        let parameters = json!({"channel": "#dq", "template_id": template});
        let action = named("SEND_NOTIFICATION").unwrap();
        assert_eq!(action.connection(&parameters), Ok(ConnectionNeed::Notification));
        match action.effect(&parameters, &summary::example()) {
            Ok(Effect::Http(request)) => {
                assert_eq!(request.body["channel"], "#dq");
                request.body["text"].as_str().unwrap().to_owned()
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_failure_names_reason_and_findings() {
        assert_eq!(
            text(Some("dq_job_failure_summary")),
            "*Data quality failed: billing-daily-checks in prod for TNT-001*\n\
             1 hard check failed\n\
             • [critical] fare: 10 of 800 rows violate: a fare &lt; 0 is a refund &amp; must be booked as one\n\
             • [warning] late: `at` is fresh\n\
             1000 rows, hard failure rate 1.25 %, run 0190-run"
        );
    }

    #[test]
    fn other_templates_differ_in_what_they_say() {
        assert!(!text(Some("dq_job_success_summary")).contains('•'));
        assert!(text(Some("dq_anomaly_summary")).starts_with("*Data quality anomaly"));
        assert!(text(Some("house_style")).starts_with("*Data quality, failed: "));
        assert_eq!(text(None), text(Some("house_style")));
    }
}
