//! A review for people, for a pull request, and as diagnostics for whatever reads those.

mod human;
mod markdown;

use assay_schemas::code::Level;
use assay_schemas::words::{counted, does, first};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Finding, Misfit, Review};
use crate::diagnostic::{Diagnostic, Place};

/// What stands for the place of a finding that no changed file tells of.
const NOWHERE: &str = "libraries";

/// Which findings stand together.
type Among = fn(&Finding) -> bool;

const GATING: Among = |finding| finding.gates;
const WAIVED: Among = |finding| finding.waived.is_some();
const INFORMING: Among = |finding| !finding.gates && finding.waived.is_none();

/// How many findings there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Those that gate and have no waiver.
    pub gating: usize,
    /// Those that would gate without their waiver.
    pub waived: usize,
    /// All others.
    pub informing: usize,
}

impl Review {
    /// How many findings there are.
    pub fn summary(&self) -> Summary {
        let of = |among: Among| self.findings.iter().filter(|one| among(one)).count();
        Summary { gating: of(GATING), waived: of(WAIVED), informing: of(INFORMING) }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.environments.iter().all(|own| own.only_in.is_none() && own.diff.is_empty())
    }

    /// For a terminal, and with colours where it knows them.
    pub fn human(&self, misfits: &[Misfit], colour: bool) -> String {
        human::render(self, misfits, colour)
    }

    /// For a comment on a pull request; `command` shows all of it.
    pub fn markdown(
        &self,
        (base, head): (&str, &str),
        command: &str,
        misfits: &[Misfit],
    ) -> String {
        markdown::render(self, (base, head), command, misfits)
    }

    /// One JSON document with stable fields.
    pub fn json(&self, (base, head): (Option<&str>, Option<&str>), misfits: &[Misfit]) -> Value {
        json!({
            "base": base,
            "head": head,
            "summary": self.summary(),
            "findings": self.findings,
            "waivers_without_finding": misfits,
            "environments": self.environments,
        })
    }
}

/// The findings as diagnostics: errors where they gate, notes otherwise.
pub fn diagnostics(review: &Review, misfits: &[Misfit]) -> Vec<Diagnostic> {
    let findings = review.findings.iter().map(|finding| {
        let place = finding.place.as_ref().map(|spot| spot.place.clone());
        let part =
            if finding.part.is_empty() { String::new() } else { format!(" {}", finding.part) };
        let object = finding.object.short();
        let message = format!("{}: {object}{part}: {}", finding.impact, finding.message);
        let mut diagnostic = Diagnostic::new(
            finding.impact.code(),
            place.unwrap_or_else(|| Place::file(NOWHERE)),
            message,
        );
        diagnostic.level = if finding.gates { Level::Error } else { Level::Note };
        diagnostic.object = Some(object);
        if let Some(waived) = &finding.waived {
            diagnostic = diagnostic.hint(agreed(waived));
        } else if let Some(words) = reach(finding) {
            diagnostic = diagnostic.hint(words);
        }
        diagnostic
    });
    let misfits = misfits.iter().map(|misfit| {
        let message =
            format!("waiver `{}` lets nothing pass: {}", misfit.waiver_id, misfit.message);
        // That the waiver came is a finding, too, and says where it stands.
        let own = review.findings.iter().find(|finding| {
            finding.object.kind == "waiver" && finding.object.id == misfit.waiver_id
        });
        let place = own.and_then(|finding| finding.place.as_ref()).map(|spot| spot.place.clone());
        let place = place.unwrap_or_else(|| Place::file(NOWHERE));
        Diagnostic::new(assay_schemas::code::Code::WaiverUnused, place, message)
    });
    findings.chain(misfits).collect()
}

/// `1 finding needs agreement`.
pub fn needing(findings: usize) -> String {
    format!("{} {} agreement", counted(findings, "finding"), does(findings, "need"))
}

/// The jobs that a finding reaches, in a few words; `None` where there are none.
fn reach(finding: &Finding) -> Option<String> {
    const SHOWN: usize = 3;
    let path = &finding.jobs.first()?.path;
    let names: Vec<_> = finding.jobs.iter().map(|reached| reached.job.as_str()).collect();
    let mut unique = names.clone();
    unique.dedup();
    let jobs = if unique.len() == 1 { "job" } else { "jobs" };
    let way = if path.len() > 1 { format!(" ({})", path.join(" → ")) } else { String::new() };
    Some(format!("reaches {jobs} {}{way}", first(&unique, SHOWN)))
}

fn agreed(waived: &super::waive::Waived) -> String {
    format!("agreed by {} until {}: {}", waived.approver, waived.expires, waived.reason)
}
