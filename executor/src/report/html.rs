//! The run as one self-contained page: no script, nothing fetched, light and dark.
//!
//! The template holds the words and the shape, this module the numbers: every figure is formatted and
//! every drawing measured here, and the template escapes whatever it is handed.

mod checks;
pub(super) mod profile;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Value, json};

use assay_schemas::verdict::{Outcome, Verdict};

use super::{
    ReportError, cleansing, counted, dimensions, duration, elapsed, figure, percent, short, size,
    tally, thousands,
};
use crate::result::{RunRecord, StageRecord};

const PAGE: &str = include_str!("page.html.j2");
const STYLE: &str = include_str!("style.css");
const COLUMNS: &str = include_str!("columns.html.j2");

/// The page of a run. `lineage` are its events, `place` is where its results lie.
///
/// # Errors
/// The page cannot be put together.
pub fn render(
    record: &RunRecord,
    lineage: &[Value],
    place: Option<&str>,
) -> Result<String, ReportError> {
    let page = json!({
        "run": head(record, place),
        "tiles": tiles(record),
        "dimensions": dimension_rings(record),
        "stages": stages(record),
        "groups": checks::groups(record),
        "columns": profile::columns(&record.profile),
        "cleansing": cleansing::changed(record),
        "flow": flow(record, lineage),
        "inputs": inputs(record),
        "actions": actions(record),
        "audit": audit(record),
    });
    fill(PAGE, page)
}

/// A page of the look that all pages share. The template escapes whatever it is handed.
pub(super) fn fill(template: &str, page: Value) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| ReportError(error.to_string()))?;
    environment.set_syntax(syntax);
    let told = |error: minijinja::Error| ReportError(format!("{error:#}"));
    environment.add_template("style.css", STYLE).map_err(told)?;
    environment.add_template("columns", COLUMNS).map_err(told)?;
    environment
        .template_from_str(template)
        .and_then(|template| template.render(Serde(page)))
        .map_err(told)
}

/// The colour of an outcome or verdict.
fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "good",
        Outcome::Partial | Outcome::PendingApproval => "warn",
        Outcome::Failed | Outcome::Error => "bad",
        Outcome::Skipped => "none",
    }
}

/// An instant without its fraction, as people read it.
fn clock(at: &str) -> String {
    let (day, time) = at.split_once('T').unwrap_or((at, ""));
    let time = time.trim_end_matches('Z');
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    format!("{day} {time} UTC")
}

fn head(record: &RunRecord, place: Option<&str>) -> Value {
    json!({
        "id": record.run_id,
        "name": record.job_name,
        "job": record.job_definition_id,
        "version": record.job_version,
        "tenant": record.tenant,
        "environment": record.environment,
        "outcome": record.outcome.name().replace('_', " "),
        "tone": tone(record.outcome),
        "anomaly": record.anomaly,
        "reason": record.reason,
        "exit_code": record.exit_code,
        "started": clock(&record.started_at),
        "finished": clock(&record.finished_at),
        "dataset": record.dataset,
        "contract": format!("{} {}", record.contract.0, record.contract.1),
        "engine": record.engine,
        "why_engine": record.why_engine(),
        "executor": record.executor_version,
        "bundle": record.bundle_digest,
        "bundle_short": short(&record.bundle_digest),
        "fingerprint": record.job_fingerprint,
        "fingerprint_short": short(&record.job_fingerprint),
        "threshold": record.severity_threshold,
        "idempotency_key": record.idempotency_key,
        "first_run": record.first_run_id,
        "place": place,
        "checks": thousands(record.verdicts.len() as u64),
    })
}

fn tiles(record: &RunRecord) -> Vec<Value> {
    let count = |verdict| tally(record, verdict);
    let tile = |label: &str, value: String, note: String, tone: &str| json!({"label": label, "value": value, "note": note, "tone": tone});
    let coloured = |number: usize, tone: &'static str| if number > 0 { tone } else { "none" };
    let (passed, warned) = (count(Verdict::Pass), count(Verdict::Warn));
    let (failed, broken) = (count(Verdict::Fail), count(Verdict::Error));
    let not_evaluated = count(Verdict::NotEvaluated);
    let of_all = format!("of {}", counted(record.verdicts.len(), "check"));
    let mut tiles = vec![
        tile("Passed", passed.to_string(), of_all, coloured(passed, "good")),
        tile("Failed", failed.to_string(), "hard checks".into(), coloured(failed, "bad")),
        tile("Warned", warned.to_string(), "soft checks".into(), coloured(warned, "warn")),
    ];
    if broken > 0 {
        tiles.push(tile("Could not run", broken.to_string(), "checks".into(), "bad"));
    }
    if not_evaluated > 0 {
        let note = "nothing to judge".into();
        tiles.push(tile("Not evaluated", not_evaluated.to_string(), note, "none"));
    }
    let share = record.hard_failure_rate.map_or("–".to_owned(), percent);
    let wanted = record.severity_threshold.as_deref().map_or("no threshold".to_owned(), wanted);
    let hard = record.hard_failure_rate.is_some_and(|rate| rate > 0.0);
    tiles.push(tile("Hard failure rate", share, wanted, if hard { "bad" } else { "none" }));
    let files = record.inputs.len();
    let files = format!("from {files} {}", if files == 1 { "file" } else { "files" });
    tiles.push(tile("Rows", thousands(record.rows), files, "none"));
    tiles.push(tile("Duration", duration(elapsed(record)), record.engine.clone(), "none"));
    tiles
}

/// A threshold in words; one over the hard failure rate in per cent, as the tile shows the rate.
fn wanted(threshold: &str) -> String {
    let of_rate = threshold.strip_prefix("hard_failure_rate");
    let number = of_rate.and_then(|rest| {
        let at = rest.find(|c: char| c.is_ascii_digit() || c == '.')?;
        Some((rest[..at].trim(), rest[at..].trim().parse::<f64>().ok()?))
    });
    match number {
        Some((sign, number)) => format!("wanted {sign} {}", percent(number)),
        None => format!("wanted {threshold}"),
    }
}

/// A ring for each dimension of quality: the part of it that is drawn is the share of passed checks.
fn dimension_rings(record: &RunRecord) -> Vec<Value> {
    // Circumference of the ring's circle, of radius 16.
    const AROUND: f64 = 2.0 * std::f64::consts::PI * 16.0;
    dimensions(record)
        .into_iter()
        .map(|score| {
            let share = match score.judged {
                0 => 0.0,
                judged => score.passed as f64 / judged as f64,
            };
            let tone = match score.judged {
                0 => "none",
                judged if judged == score.passed => "good",
                _ if share >= 0.5 => "warn",
                _ => "bad",
            };
            json!({
                "name": score.dimension.name(),
                "text": if score.judged == 0 { "–".to_owned() } else { format!("{:.0}", share * 100.0) },
                "note": format!("{} of {} passed", score.passed, score.judged),
                "dash": format!("{:.2} {AROUND:.2}", share * AROUND),
                "tone": tone,
            })
        })
        .collect()
}

/// The stages, with their place on a line of 1000 units.
fn stages(record: &RunRecord) -> Vec<Value> {
    let total: f64 = record.stages.iter().map(|stage| stage.elapsed_ms.max(0.0)).sum();
    let total = total.max(f64::MIN_POSITIVE);
    let mut at = 0.0;
    let stage = |(index, stage): (usize, &StageRecord)| {
        let width = stage.elapsed_ms.max(0.0) / total * 1000.0;
        let drawn = json!({
            "name": stage.stage,
            "status": stage.status,
            "tone": match stage.status.as_str() {
                "success" => "good",
                "skipped" => "none",
                _ => "bad",
            },
            "hue": index % 8,
            "x": format!("{at:.2}"),
            // What is too short to be seen is drawn all the same, as a thin line.
            "width": format!("{:.2}", (width - 1.5).max(1.5)),
            "share": percent(width / 1000.0),
            "time": duration(stage.elapsed_ms),
            "rows_in": stage.rows_in.map(thousands),
            "rows_out": stage.rows_out.map(thousands),
            "rejected": stage.rows_rejected.filter(|rows| *rows > 0).map(thousands),
            "merged": stage.rows_merged.filter(|rows| *rows > 0).map(thousands),
            "detail": detail(&stage.detail),
        });
        at += width;
        drawn
    };
    record.stages.iter().enumerate().map(stage).collect()
}

/// Open-ended detail as name and value.
fn detail(detail: &Value) -> Vec<Value> {
    let Some(fields) = detail.as_object() else { return Vec::new() };
    fields
        .iter()
        .map(|(name, value)| json!({"name": name.replace('_', " "), "value": words(value)}))
        .collect()
}

/// A value of JSON in words.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            let float = || number.as_f64().map_or_else(|| number.to_string(), figure);
            number.as_u64().map_or_else(float, thousands)
        }
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Value::Object(_) => format!("{name} ({})", words(value)),
                _ => format!("{name} {}", words(value)),
            })
            .collect::<Vec<_>>()
            .join(", "),
        Value::Bool(truth) => truth.to_string(),
    }
}

fn inputs(record: &RunRecord) -> Value {
    let total: u64 = record.inputs.iter().map(|(_, bytes, _)| bytes).sum();
    let files: Vec<Value> = record
        .inputs
        .iter()
        .map(|(path, bytes, digest)| {
            json!({"path": path, "size": size(*bytes), "digest": digest, "short": short(digest)})
        })
        .collect();
    json!({"count": files.len(), "total": size(total), "files": files})
}

fn actions(record: &RunRecord) -> Vec<Value> {
    record
        .actions
        .iter()
        .map(|action| {
            json!({
                "id": action.action_id,
                "type": action.action_type,
                "trigger": action.trigger.replace('_', " "),
                "status": action.status,
                "tone": match action.status.as_str() {
                    "success" => "good",
                    "skipped" => "none",
                    _ => "bad",
                },
                "detail": action.detail,
                "attempts": action.attempts,
                "time": duration(action.elapsed_ms),
            })
        })
        .collect()
}

fn audit(record: &RunRecord) -> Vec<Value> {
    let note = |note: &crate::result::AuditRecord| {
        json!({
            "at": clock(&note.at),
            "event": note.event.replace('_', " "),
            "detail": words(&note.detail),
        })
    };
    record.audit.iter().map(note).collect()
}

/// What was read, and what was made of it, from the last lineage event.
fn flow(record: &RunRecord, lineage: &[Value]) -> Value {
    let names = |key: &str| -> Vec<String> {
        let datasets = lineage.last().and_then(|event| event.get(key)).and_then(Value::as_array);
        let name = |dataset: &Value| Some(dataset.get("name")?.as_str()?.to_owned());
        datasets.map(|datasets| datasets.iter().filter_map(name).collect()).unwrap_or_default()
    };
    let mut inputs = names("inputs");
    if inputs.is_empty() {
        inputs = record.inputs.iter().map(|(path, ..)| path.clone()).collect();
    }
    json!({"inputs": inputs, "outputs": names("outputs"), "events": lineage.len()})
}
