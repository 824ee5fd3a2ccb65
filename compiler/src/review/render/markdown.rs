//! A review as a comment on a pull request: short, what gates first, the rest folded away.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::{Finding, Misfit, Review};
use super::{GATING, INFORMING, WAIVED, agreed, needing, reach};

/// By which a workflow finds its comment again, to write it anew.
const MARK: &str = "<!-- assayc diff -->";

/// How many findings a table shows.
const MOST: usize = 40;

pub(super) fn render(
    review: &Review,
    (base, head): (&str, &str),
    command: &str,
    misfits: &[Misfit],
) -> String {
    let summary = review.summary();
    let mut text = format!("{MARK}\n");
    let title = match (review.is_empty(), summary.gating + misfits.len()) {
        (true, _) => "### Assay: nothing changes".to_owned(),
        (false, 0) => "### Assay: ready to merge".to_owned(),
        (false, gating) => format!("### Assay: {}", needing(gating)),
    };
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{title}\n");
    let _ = writeln!(text, "`{base}` → `{head}`\n");
    if !review.environments.is_empty() {
        let _ = writeln!(
            text,
            "| environment | objects changed | jobs that behave otherwise |\n| --- | ---: | ---: |"
        );
        for own in &review.environments {
            let (objects, jobs) = (own.diff.objects.len(), own.diff.jobs.len());
            let _ = writeln!(text, "| {} | {objects} | {jobs} |", cell(&own.environment));
        }
        text.push('\n');
    }
    let gating: Vec<_> = review.findings.iter().filter(|one| GATING(one)).collect();
    if !gating.is_empty() {
        table(&gating, command, &mut text);
        text.push_str(
            "\nEach wants a change, or a waiver under `libraries/waivers/` that comes with it.\n\n",
        );
    }
    for misfit in misfits {
        let _ = writeln!(
            text,
            "- waiver `{}` lets nothing pass: {}\n",
            misfit.waiver_id, misfit.message
        );
    }
    for (title, is) in [("agreed", WAIVED), ("for information", INFORMING)] {
        let found: Vec<_> = review.findings.iter().filter(|one| is(one)).collect();
        if !found.is_empty() {
            let counts = counts(&found);
            let _ =
                writeln!(text, "<details><summary>{} {title}: {counts}</summary>\n", found.len());
            table(&found, command, &mut text);
            text.push_str("\n</details>\n\n");
        }
    }
    text
}

fn table(findings: &[&Finding], command: &str, text: &mut String) {
    text.push_str("| finding | written in | change | reaches |\n| --- | --- | --- | --- |\n");
    for finding in findings.iter().take(MOST) {
        let spot = finding.place.as_ref().map(|spot| format!("<br>{}", cell(&spot.shown)));
        let part =
            if finding.part.is_empty() { String::new() } else { format!(" {}", finding.part) };
        let written = cell(&format!("{}{part}", finding.object.short()));
        let waived = finding.waived.as_ref().map(|waived| format!("<br>{}", cell(&agreed(waived))));
        let reach = reach(finding)
            .map(|words| cell(words.trim_start_matches("reaches ")))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "| **{}**<br>`{}` | {written}{} | {}{} | {reach}<br>in {} |",
            finding.impact,
            finding.id,
            spot.unwrap_or_default(),
            cell(&finding.message),
            waived.unwrap_or_default(),
            cell(&finding.environments.join(", ")),
        );
    }
    if let Some(more) = findings.len().checked_sub(MOST).filter(|more| *more > 0) {
        let _ = writeln!(text, "| | | and {more} more: `{command}` shows them all | |");
    }
}

/// How many of each impact.
fn counts(findings: &[&Finding]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.impact.to_string()).or_default() += 1;
    }
    let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    parts.join(", ")
}

/// Text that stays inside its cell, and says nothing to whoever renders it.
fn cell(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('@', "&#64;")
}
