//! What a run prints: its stages, each rule's verdict, some offending rows, how it ended and what to type
//! next. At most [`WIDTH`] columns wide.

use std::fmt::Write as _;

use assay_schemas::verdict::{Outcome, Severity, Verdict};

use super::{
    cleansing, duration, elapsed, measured, percent, short, tally, thousands, worst_first,
};
use crate::result::{RunRecord, StageRecord, VerdictRecord, ViolationRecord};

/// Columns that cleansing changed, shown under the stages.
const CHANGED: usize = 8;

/// No line is wider.
pub const WIDTH: usize = 100;

/// Offending rows shown under a check.
const ROWS: usize = 3;

/// How to print.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Whether to use colours.
    pub colour: bool,
}

/// The words that stand for a colour.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Good,
    Soft,
    Bad,
    Dim,
    Bold,
}

impl Style {
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Good => "32",
            Ink::Soft => "33",
            Ink::Bad => "31",
            Ink::Dim => "2",
            Ink::Bold => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// The text of a run. `place` is where its results lie, if they were recorded.
pub fn render(record: &RunRecord, place: Option<&str>, style: Style) -> String {
    let mut out = String::new();
    heading(&mut out, record, style);
    stages(&mut out, record, style);
    changed(&mut out, record, style);
    verdicts(&mut out, record, style);
    actions(&mut out, record, style);
    ending(&mut out, record, place, style);
    out
}

// Writing to a string cannot fail, so the results of `write!` say nothing.
fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{}", text.trim_end());
}

fn heading(out: &mut String, record: &RunRecord, style: Style) {
    let title = format!("{} {}", record.job_definition_id, record.job_version);
    let about = format!(
        "  {} · {} · bundle {}",
        record.tenant,
        record.environment,
        short(&record.bundle_digest)
    );
    line(out, &format!("{}{}", style.paint(Ink::Bold, &title), style.paint(Ink::Dim, &about)));
    line(out, &style.paint(Ink::Dim, &format!("run {} · {}", record.run_id, record.engine)));
    let increment = record.increment();
    for words in record.why_engine().into_iter().chain(increment.as_deref()) {
        for part in wrap(words, WIDTH) {
            line(out, &style.paint(Ink::Dim, &part));
        }
    }
    line(out, "");
}

fn stages(out: &mut String, record: &RunRecord, style: Style) {
    for stage in &record.stages {
        let name = format!("{:<9}", stage.stage);
        let mark = match stage.status.as_str() {
            "success" => style.paint(Ink::Good, "✓"),
            "skipped" => style.paint(Ink::Dim, "–"),
            _ => style.paint(Ink::Bad, "✗"),
        };
        let time = format!("{:>9}", duration(stage.elapsed_ms));
        let rows = cut(&rows_of(stage), WIDTH - 26);
        line(out, &format!("  {mark} {name} {}  {rows}", style.paint(Ink::Dim, &time)));
        if let Some(text) = stage.detail.get("error").and_then(|text| text.as_str()) {
            for part in wrap(text, WIDTH - 6) {
                line(out, &format!("      {}", style.paint(Ink::Bad, &part)));
            }
        }
    }
    if !record.stages.is_empty() {
        line(out, "");
    }
}

/// What cleansing did to the figures of the columns.
fn changed(out: &mut String, record: &RunRecord, style: Style) {
    let found = cleansing::changed(record);
    if found.is_empty() {
        return;
    }
    line(out, &style.paint(Ink::Dim, "  cleansing changed"));
    let shown = &found[..found.len().min(CHANGED)];
    let widest = shown.iter().map(|one| one.column.chars().count()).max().unwrap_or(0);
    let name = widest.clamp(6, 28);
    for one in shown {
        let figures = one.figures.iter().map(|(figure, was, is)| format!("{figure} {was} → {is}"));
        let text = plain(&figures.collect::<Vec<_>>().join(" · "));
        let column = cut(&plain(&one.column), name);
        line(out, &format!("    {column:<name$}  {}", cut(&text, WIDTH - name - 6)));
    }
    if found.len() > CHANGED {
        line(out, &format!("    and {} more columns", found.len() - CHANGED));
    }
    line(out, "");
}

fn rows_of(stage: &StageRecord) -> String {
    let mut parts = Vec::new();
    match (stage.rows_in, stage.rows_out) {
        (Some(before), Some(after)) if before != after => {
            parts.push(format!("{} → {} rows", thousands(before), thousands(after)));
        }
        (_, Some(rows)) | (Some(rows), None) => parts.push(format!("{} rows", thousands(rows))),
        (None, None) => {}
    }
    for (count, word) in [(stage.rows_rejected, "rejected"), (stage.rows_merged, "merged")] {
        if let Some(count) = count.filter(|count| *count > 0) {
            parts.push(format!("{} {word}", thousands(count)));
        }
    }
    parts.join(", ")
}

fn verdicts(out: &mut String, record: &RunRecord, style: Style) {
    let checks = worst_first(record);
    if checks.is_empty() {
        return;
    }
    let width = |text: &dyn Fn(&VerdictRecord) -> String, least: usize, most: usize| {
        let widest = checks.iter().map(|check| text(check).chars().count()).max().unwrap_or(0);
        widest.clamp(least, most)
    };
    let measured_width = width(&|check| measured(check), 8, 24);
    // What the other columns and the gaps between them leave.
    let id_width = width(&|check| check.check_id.clone(), 5, WIDTH - 34 - measured_width);
    let head = format!(
        "  {:<8} {:<id_width$}  {:<8}  {:>measured_width$}  {:>9}",
        "", "check", "severity", "violating", "share"
    );
    line(out, &style.paint(Ink::Dim, &head));
    for check in checks {
        let (word, ink) = word_of(check.verdict);
        let share = share_of(check).map_or(String::new(), percent);
        let severity = format!("{:<8}", check.severity.name());
        let hot = check.severity == Severity::Critical && ink_is_bad(check.verdict);
        line(
            out,
            &format!(
                "  {} {:<id_width$}  {}  {:>measured_width$}  {:>9}",
                style.paint(ink, &format!("{word:<8}")),
                cut(&check.check_id, id_width),
                style.paint(if hot { Ink::Bad } else { Ink::Dim }, &severity),
                cut(&measured(check), measured_width),
                share,
            ),
        );
        if check.verdict != Verdict::Pass {
            explain(out, record, check, style);
        }
    }
    line(out, "");
}

fn ink_is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Error)
}

fn word_of(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Pass => ("pass", Ink::Good),
        Verdict::Warn => ("WARN", Ink::Soft),
        Verdict::Fail => ("FAIL", Ink::Bad),
        Verdict::Error => ("ERROR", Ink::Bad),
        Verdict::NotEvaluated => ("not eval", Ink::Dim),
    }
}

fn share_of(check: &VerdictRecord) -> Option<f64> {
    match (check.violations(), check.evaluated()) {
        (Some(violations), Some(evaluated)) if evaluated > 0 => {
            Some(violations as f64 / evaluated as f64)
        }
        _ => None,
    }
}

/// What must hold, what was found where the line above does not say it, and some of the rows.
fn explain(out: &mut String, record: &RunRecord, check: &VerdictRecord, style: Style) {
    let text = format!("{}: {}", check.title, check.message);
    for part in wrap(&text, WIDTH - 11) {
        line(out, &format!("           {}", style.paint(Ink::Dim, &part)));
    }
    let rows: Vec<&ViolationRecord> =
        record.violations.iter().filter(|row| row.check_id == check.check_id).collect();
    for row in rows.iter().take(ROWS) {
        let key: Vec<String> = row
            .key
            .iter()
            .map(|(column, value)| format!("{column}={}", value.as_deref().unwrap_or("null")))
            .collect();
        let key = if key.is_empty() { String::new() } else { format!("  [{}]", key.join(" ")) };
        let values: Vec<String> = row
            .values
            .iter()
            .map(|(column, value)| format!("{column} = {}", value.as_deref().unwrap_or("null")))
            .collect();
        let text = format!("row {}: {}{key}", thousands(row.row), values.join(", "));
        line(out, &format!("           {}", cut(&plain(&text), WIDTH - 11)));
    }
}

fn actions(out: &mut String, record: &RunRecord, style: Style) {
    for action in &record.actions {
        let mark = match action.status.as_str() {
            "success" => style.paint(Ink::Good, "✓"),
            "skipped" => style.paint(Ink::Dim, "–"),
            _ => style.paint(Ink::Bad, "✗"),
        };
        let text = format!("{}: {}", action.action_type, plain(&action.detail));
        line(out, &format!("  {mark} {}", cut(&text, WIDTH - 4)));
    }
    if !record.actions.is_empty() {
        line(out, "");
    }
}

fn ending(out: &mut String, record: &RunRecord, place: Option<&str>, style: Style) {
    let (word, ink) = match record.outcome {
        Outcome::Success => ("SUCCESS", Ink::Good),
        Outcome::Partial => ("PARTIAL", Ink::Soft),
        Outcome::Failed => ("FAILED", Ink::Bad),
        Outcome::PendingApproval => ("PENDING APPROVAL", Ink::Soft),
        Outcome::Error => ("ERROR", Ink::Bad),
        Outcome::Skipped => ("SKIPPED", Ink::Dim),
    };
    let mut counts = Vec::new();
    for (verdict, name) in [
        (Verdict::Pass, "passed"),
        (Verdict::Warn, "warned"),
        (Verdict::Fail, "failed"),
        (Verdict::Error, "could not run"),
        (Verdict::NotEvaluated, "not evaluated"),
    ] {
        let count = tally(record, verdict);
        if count > 0 {
            counts.push(format!("{count} {name}"));
        }
    }
    counts.push(format!("{} rows", thousands(record.rows)));
    counts.push(duration(elapsed(record)));
    let word = style.paint(ink, &style.paint(Ink::Bold, word));
    line(out, &format!("{word}  {}", counts.join(" · ")));
    if let Some(score) = record.score {
        let each = record.scores.iter().filter_map(|one| {
            Some(format!("{} {:.0} %", one.dimension.name(), one.share()? * 100.0))
        });
        let all = std::iter::once(format!("score  {:.0} %", score * 100.0)).chain(each);
        line(out, &all.collect::<Vec<_>>().join(" · "));
    }
    for part in wrap(&record.reason, WIDTH) {
        line(out, &part);
    }
    if record.anomaly {
        line(out, &style.paint(Ink::Soft, "anomaly: a figure is far from what it used to be"));
    }
    if let Some(place) = place {
        line(out, &format!("results  {place}"));
    }
    line(out, &style.paint(Ink::Dim, "next"));
    let run = record.first_run_id.as_ref().unwrap_or(&record.run_id);
    let env = match record.environment.as_str() {
        "dev" => String::new(),
        other => format!(" --env {other}"),
    };
    line(out, &format!("  assay show {run}{env}"));
    line(out, &format!("  assay report {run}{env} --output run.html"));
    line(out, &format!("  assay sql{env} \"FROM violation WHERE run_id = '{run}'\""));
}

/// Text without control characters: data must not move the cursor or change colours.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The text, cut to a number of characters.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// The text in lines of at most a number of characters, broken between words.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in plain(text).split_whitespace() {
        let word = cut(word, width);
        let wide = current.chars().count() + 1 + word.chars().count() > width;
        if wide && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(&word);
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}
