//! Waivers of findings: somebody has agreed to a change that gates.
//!
//! Such a waiver comes with the change that it is for, and counts for no other: one that stood there before
//! is not looked at.

use assay_schemas::bundle::{Blobs, Integrity, Reader};
use assay_schemas::day::Day;
use assay_schemas::id::EnvironmentName;
use assay_schemas::impact::Impact;
use assay_schemas::library::{self, Kind};
use serde::Serialize;

use super::side::Side;
use super::{Finding, Named, Review};
use crate::diff::ChangeKind;
use crate::past::Makers;

/// A waiver that a change brings, and the environment that it was read from.
#[derive(Clone, Debug)]
pub struct Waiver {
    waiver: library::waiver::Waiver,
    environment: String,
}

/// Who has agreed, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waived {
    /// The waiver's id.
    pub waiver_id: String,
    /// Who has agreed.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Day,
}

/// A waiver that lets nothing pass, and why: lower case, no full stop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Misfit {
    /// The waiver's id.
    pub waiver_id: String,
    /// What is wrong with it.
    pub message: String,
}

/// The waivers of findings that the change of an environment brings or rewrites.
///
/// # Errors
/// The bundle does not hold what its digests say.
pub fn waivers<B: Blobs>(
    review: &Review,
    name: &EnvironmentName,
    head: &Reader<B>,
) -> Result<Vec<Waiver>, Integrity> {
    let head = Side::new(head);
    let mut found = Vec::new();
    let own = review.environments.iter().filter(|own| own.environment == name.as_str());
    let changes = own.flat_map(|own| &own.diff.objects);
    for change in changes.filter(|change| {
        change.kind == "waiver"
            && !matches!(change.change, ChangeKind::Removed | ChangeKind::Indirect)
    }) {
        let value = head.object(&Named::of(change))?;
        let waiver = value.and_then(|value| serde_json::from_value(value).ok());
        found.extend(
            waiver
                .filter(library::waiver::Waiver::is_of_review)
                .map(|waiver| Waiver { waiver, environment: name.to_string() }),
        );
    }
    Ok(found)
}

/// Lets findings pass for which there is a waiver, and tells of waivers that let none pass. Whoever made the change
/// of an object that a waiver is for, or wrote the waiver, cannot be who approves of it.
pub fn apply(
    review: &mut Review,
    waivers: &[Waiver],
    (day, makers): (Option<Day>, &Makers),
) -> Vec<Misfit> {
    let refused: Vec<_> = waivers.iter().map(|own| objection(review, own, makers)).collect();
    let mut used = vec![false; waivers.len()];
    let mut expired = vec![false; waivers.len()];
    for finding in review.findings.iter_mut().filter(|finding| finding.impact.gates()) {
        // What is found in several environments is agreed to in each of them.
        let mut agreed = Vec::new();
        for environment in &finding.environments {
            let own = waivers.iter().enumerate().filter(|(_, own)| own.environment == *environment);
            let fit = own.filter(|(_, own)| selects(&own.waiver, finding)).collect::<Vec<_>>();
            for (index, waiver) in &fit {
                used[*index] = true;
                expired[*index] = day.is_some_and(|day| day > waiver.waiver.expires);
            }
            let holds = |index: usize| !expired[index] && refused[index].is_none();
            agreed.push(fit.into_iter().find(|(index, _)| holds(*index)).map(|(_, own)| own));
        }
        if let Some(waivers) = agreed.into_iter().collect::<Option<Vec<_>>>()
            && let Some(first) = waivers.first()
        {
            finding.gates = false;
            finding.waived = Some(Waived {
                waiver_id: first.waiver.waiver_id.to_string(),
                approver: first.waiver.approver.clone(),
                reason: first.waiver.reason.clone(),
                expires: first.waiver.expires,
            });
        }
    }
    let mut misfits: Vec<_> = waivers
        .iter()
        .enumerate()
        .filter(|(index, _)| !used[*index] || expired[*index] || refused[*index].is_some())
        .map(|(index, own)| Misfit {
            waiver_id: own.waiver.waiver_id.to_string(),
            message: match &refused[index] {
                _ if expired[index] => format!("it held until {}", own.waiver.expires),
                Some(words) => words.clone(),
                None => {
                    format!("the change has no finding `{}` that it selects", own.waiver.finding)
                }
            },
        })
        .collect();
    misfits.sort();
    misfits.dedup();
    // Of one waiver, read from several environments, it is enough that one lets something pass.
    let fits = |id: &str| {
        waivers.iter().enumerate().any(|(index, own)| {
            own.waiver.waiver_id.as_str() == id
                && used[index]
                && !expired[index]
                && refused[index].is_none()
        })
    };
    misfits.retain(|misfit| !fits(&misfit.waiver_id));
    misfits
}

/// Why who approves of a waiver cannot, where it selects anything.
fn objection(review: &Review, own: &Waiver, makers: &Makers) -> Option<String> {
    let Waiver { waiver, environment } = own;
    let found = review.findings.iter().filter(|finding| {
        finding.impact.gates()
            && finding.environments.contains(environment)
            && selects(waiver, finding)
    });
    let mut objects: Vec<_> =
        found.map(|found| (found.object.kind.as_str(), found.object.id.as_str())).collect();
    if objects.is_empty() {
        return None;
    }
    objects.push((Kind::Waiver.name(), waiver.waiver_id.as_str()));
    makers.objection(&waiver.approver, objects)
}

fn selects(waiver: &library::waiver::Waiver, finding: &Finding) -> bool {
    let Named { kind, id, version, .. } = &finding.object;
    let named = match Impact::named(&waiver.finding) {
        Some(impact) => impact == finding.impact,
        None => waiver.finding == finding.id,
    };
    let column = waiver.column.as_deref();
    named
        && waiver.selects_object(kind, id, version)
        && column.is_none_or(|column| finding.part.split(['/', ' ']).any(|part| part == column))
}
