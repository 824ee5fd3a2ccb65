//! What a run prints of its stages: rows, times, why rows were put aside, and what cleansing did to the columns.

use super::super::{cleansing, duration, rows, thousands};
use super::{Ink, Style, WIDTH, cut, line, plain, wrap};
use crate::result::{RunRecord, StageRecord};

/// Columns that cleansing changed, shown under the stages.
const CHANGED: usize = 8;

/// Reasons of rejects shown under cleansing.
const REASONS: usize = 3;

/// The stages of a run, each with its rows and time.
pub(super) fn render(out: &mut String, record: &RunRecord, style: Style) {
    for stage in &record.stages {
        let name = format!("{:<9}", stage.stage);
        let mark = match stage.status.as_str() {
            "success" => style.paint(Ink::Good, "✓"),
            "skipped" => style.paint(Ink::Dim, "–"),
            _ => style.paint(Ink::Bad, "✗"),
        };
        let time = format!("{:>9}", duration(stage.elapsed_ms));
        let of = stage.detail.get("of").and_then(|of| of.as_str()).map(|of| format!(" · {of}"));
        let said = cut(&(rows_of(stage) + &of.unwrap_or_default()), WIDTH - 26);
        line(out, &format!("  {mark} {name} {}  {said}", style.paint(Ink::Dim, &time)));
        if let Some(text) = stage.detail.get("error").and_then(|text| text.as_str()) {
            for part in wrap(text, WIDTH - 6) {
                line(out, &format!("      {}", style.paint(Ink::Bad, &part)));
            }
        }
        reasons(out, stage, style);
    }
    if !record.stages.is_empty() {
        line(out, "");
    }
}

/// Why a stage put rows and cells aside, the most frequent reasons first.
fn reasons(out: &mut String, stage: &StageRecord, style: Style) {
    let Some(reasons) = stage.detail.get("reasons").and_then(|reasons| reasons.as_object()) else {
        return;
    };
    let mut found: Vec<(u64, &str)> = reasons
        .iter()
        .filter_map(|(reason, count)| Some((count.as_u64()?, reason.as_str())))
        .collect();
    found.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    for (count, reason) in found.iter().take(REASONS) {
        let text = format!("{} × {}", thousands(*count), plain(reason));
        line(out, &format!("      {}", style.paint(Ink::Soft, &cut(&text, WIDTH - 6))));
    }
    match found.len().saturating_sub(REASONS) {
        0 => {}
        1 => line(out, "      and 1 more reason"),
        more => line(out, &format!("      and {more} more reasons")),
    }
}

/// What cleansing did to the figures of the columns.
pub(super) fn changed(out: &mut String, record: &RunRecord, style: Style) {
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
        let more = found.len() - CHANGED;
        let word = if more == 1 { "column" } else { "columns" };
        line(out, &format!("    and {more} more {word}"));
    }
    line(out, "");
}

fn rows_of(stage: &StageRecord) -> String {
    let mut parts = Vec::new();
    match (stage.rows_in, stage.rows_out) {
        (Some(before), Some(after)) if before != after => {
            parts.push(format!("{} → {}", thousands(before), rows(after)));
        }
        (_, Some(count)) | (Some(count), None) => parts.push(rows(count)),
        (None, None) => {}
    }
    let aside = if stage.stage == "quarantine" { "quarantined" } else { "rejected" };
    for (count, word) in [(stage.rows_rejected, aside), (stage.rows_merged, "merged")] {
        if let Some(count) = count.filter(|count| *count > 0) {
            parts.push(format!("{} {word}", thousands(count)));
        }
    }
    parts.join(", ")
}
