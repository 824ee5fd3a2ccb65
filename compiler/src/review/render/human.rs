//! A review for a terminal.

use std::fmt::Write as _;

use assay_schemas::words::{counted, does};

use super::super::{Misfit, Only, Review};
use super::{GATING, INFORMING, WAIVED, agreed, reach};

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const DIM: &str = "\u{1b}[2m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

pub(super) fn render(review: &Review, misfits: &[Misfit], colour: bool) -> String {
    let paint = |style: &str, text: &str| match colour {
        true => format!("{style}{text}{RESET}"),
        false => text.to_owned(),
    };
    let mut text = String::new();
    // Writing to a text cannot fail.
    for own in &review.environments {
        let (objects, jobs) = (own.diff.objects.len(), own.diff.jobs.len());
        let words = match own.only_in {
            Some(only) => {
                let word = if only == Only::Head { "new" } else { "gone" };
                let (objects, jobs) = (counted(objects, "object"), counted(jobs, "job"));
                format!("{word}, with {objects} and {jobs}")
            }
            None if own.diff.is_empty() => "nothing changed".to_owned(),
            None => format!("{} changed, {} otherwise", counted(objects, "object"), behaving(jobs)),
        };
        let _ = writeln!(text, "{}: {words}", paint(BOLD, &own.environment));
    }
    let sections = [
        ("✗", RED, "needs agreement", GATING),
        ("✓", GREEN, "agreed", WAIVED),
        ("·", DIM, "for information", INFORMING),
    ];
    for (sign, style, title, is) in sections {
        let found: Vec<_> = review.findings.iter().filter(|one| is(one)).collect();
        if found.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n{} ({})", paint(BOLD, title), found.len());
        for finding in found {
            let name = format!("{sign} {:<23}", finding.impact.to_string());
            let part =
                if finding.part.is_empty() { String::new() } else { format!("  {}", finding.part) };
            let _ = writeln!(text, "{} {}{part}", paint(style, &name), finding.object.short());
            let _ = writeln!(text, "    {}", finding.message);
            if let Some(waived) = &finding.waived {
                let _ = writeln!(text, "    {}", agreed(waived));
            }
            let place = finding.place.as_ref().map(|spot| format!("at {}", spot.shown));
            let inside = format!("in {}", finding.environments.join(", "));
            let words: Vec<_> = place.into_iter().chain(reach(finding)).chain([inside]).collect();
            let _ = writeln!(
                text,
                "    {}",
                paint(DIM, &format!("{}  [{}]", words.join("; "), finding.id))
            );
        }
    }
    for misfit in misfits {
        let words = format!("waiver `{}` lets nothing pass: {}", misfit.waiver_id, misfit.message);
        let _ = writeln!(text, "\n{} {words}", paint(RED, "✗"));
    }
    text
}

fn behaving(jobs: usize) -> String {
    match jobs {
        0 => "no job behaves".to_owned(),
        jobs => format!("{} {}", counted(jobs, "job"), does(jobs, "behave")),
    }
}
