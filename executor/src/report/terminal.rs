//! What a run prints: its stages, each rule's verdict, some offending rows, how it ended and what to type
//! next. At most [`WIDTH`] columns wide.

mod stages;

use std::fmt::Write as _;

use assay_schemas::verdict::{Outcome, Severity, Verdict};

use super::{duration, elapsed, measured, percent, rows, short, tally, thousands, worst_first};
use crate::result::{RunRecord, StageRecord, VerdictRecord, ViolationRecord};

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

/// What is known beside a run when it is printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// Where its results lie, if they were recorded just now.
    pub place: Option<&'a str>,
    /// Options with which other commands find the run, as they are typed, each behind a space: ` --env prod`.
    pub options: &'a str,
}

/// The text of a run.
pub fn render(record: &RunRecord, around: Around<'_>, style: Style) -> String {
    let mut out = String::new();
    heading(&mut out, record, style);
    stages::render(&mut out, record, style);
    stages::changed(&mut out, record, style);
    verdicts(&mut out, record, style);
    actions(&mut out, record, style);
    ending(&mut out, record, around, style);
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
    let found: Vec<&ViolationRecord> =
        record.violations.iter().filter(|row| row.check_id == check.check_id).collect();
    for row in found.iter().take(ROWS) {
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

fn ending(out: &mut String, record: &RunRecord, around: Around<'_>, style: Style) {
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
    counts.push(rows(record.rows));
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
    if let Some(place) = around.place {
        line(out, &format!("results  {place}"));
    }
    line(out, &style.paint(Ink::Dim, "next"));
    for command in next(record, around) {
        line(out, &format!("  {command}"));
    }
}

/// The commands that show more of the run.
fn next(record: &RunRecord, around: Around<'_>) -> Vec<String> {
    let run = record.first_run_id.as_ref().unwrap_or(&record.run_id);
    let options = around.options;
    let rows = |view: &str| format!("assay sql{options} \"FROM {view} WHERE run_id = '{run}'\"");
    let mut commands = vec![
        format!("assay show {run}{options}"),
        format!("assay report {run}{options} --output run.html"),
    ];
    let is_reject = |stage: &StageRecord| {
        stage
            .detail
            .get("reasons")
            .and_then(|all| all.as_object())
            .is_some_and(|all| !all.is_empty())
    };
    if record.stages.iter().any(is_reject) {
        commands.push(rows("reject"));
    }
    if !record.violations.is_empty() {
        commands.push(rows("violation"));
    }
    commands
}

/// Text without control characters: data must not move the cursor or change colours.
pub(super) fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' => '⏎',
        '\t' => ' ',
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.replace("\r\n", "\n").chars().map(shown).collect()
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
