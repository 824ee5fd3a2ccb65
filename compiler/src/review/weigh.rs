//! Two values of a field, and which of them promises or guards more.

use assay_schemas::drift::{DriftPolicy, Mode};
use assay_schemas::period::Period;
use serde_json::Value;

use assay_schemas::impact::{Contract, Governance, Impact};

type Found = Option<Impact>;

fn promise(better: bool) -> Found {
    let change = if better { Contract::Compatible } else { Contract::Breaking };
    Some(Impact::Contract(change))
}

fn guard(better: bool) -> Found {
    let change = if better { Governance::Strengthened } else { Governance::Weakened };
    Some(Impact::Governance(change))
}

const GUARDED_OTHERWISE: Found = Some(Impact::Governance(Governance::Unknown));

/// Who answers for the object.
pub(super) fn owner(before: Option<&Value>, after: Option<&Value>) -> Found {
    coming(before, after).map_or(GUARDED_OTHERWISE, guard)
}

/// A class of data: none is the least.
pub(super) fn classification(before: Option<&Value>, after: Option<&Value>) -> Found {
    coming(before, after).map_or(GUARDED_OTHERWISE, guard)
}

/// A governance profile: what another version of it says is told of the profile.
pub(super) fn profile(before: Option<&Value>, after: Option<&Value>) -> Found {
    match coming(before, after) {
        Some(comes) => guard(comes),
        None if same_id(before, after) => None,
        None => GUARDED_OTHERWISE,
    }
}

/// A schema: what another version of it says is told of the schema.
pub(super) fn schema(before: Option<&Value>, after: Option<&Value>) -> Found {
    if same_id(before, after) { None } else { promise(false) }
}

/// How far along its life an object is.
pub(super) fn status(_: Option<&Value>, after: Option<&Value>) -> Found {
    let ends = after.and_then(Value::as_str).is_some_and(|status| status == "retired");
    if ends { promise(false) } else { promise(true) }
}

/// Null may stand there; by default it may.
pub(super) fn nullable(before: Option<&Value>, after: Option<&Value>) -> Found {
    let may = |value: Option<&Value>| value.and_then(Value::as_bool).unwrap_or(true);
    promise(may(before) && !may(after))
}

/// The column may be missing; by default it may not.
pub(super) fn optional(before: Option<&Value>, after: Option<&Value>) -> Found {
    promise(truth(before) && !truth(after))
}

/// Callers must give it; by default they need not.
pub(super) fn demand(before: Option<&Value>, after: Option<&Value>) -> Found {
    promise(truth(before) && !truth(after))
}

/// Guarded where it is true.
pub(super) fn switch(before: Option<&Value>, after: Option<&Value>) -> Found {
    guard(!truth(before) && truth(after))
}

/// How values are shown, `full` being least of them and the default.
pub(super) fn redaction(before: Option<&Value>, after: Option<&Value>) -> Found {
    by_rank(&["none", "partial", "full"], before, after)
}

/// What is done about a class of drift; where nothing is said it is told.
pub(super) fn mode(before: Option<&Value>, after: Option<&Value>) -> Found {
    let or = |value: Option<&Value>| match value {
        Some(Value::String(name)) => Value::String(name.clone()),
        _ => Value::String(Mode::default().name().to_owned()),
    };
    let (before, after) = (or(before), or(after));
    if before == after {
        return None;
    }
    by_rank(&[Mode::Off, Mode::Warn, Mode::Gate].map(Mode::name), Some(&before), Some(&after))
}

/// How old a comparison may be; where nothing is said, so long as the programs take it.
pub(super) fn stale(before: Option<&Value>, after: Option<&Value>) -> Found {
    let or = |value| length(value).unwrap_or_else(|| DriftPolicy::default().stale_seconds());
    guard(or(after) < or(before))
}

/// How far data may go.
pub(super) fn level(before: Option<&Value>, after: Option<&Value>) -> Found {
    by_rank(&["public", "internal", "confidential", "restricted"], before, after)
}

/// How much depends on it.
pub(super) fn criticality(before: Option<&Value>, after: Option<&Value>) -> Found {
    by_rank(&["low", "medium", "high", "critical"], before, after)
}

/// A number that guards more the greater it is.
pub(super) fn greater_guard(before: Option<&Value>, after: Option<&Value>) -> Found {
    match (number(before), number(after)) {
        (Some(before), Some(after)) => guard(after > before),
        _ => GUARDED_OTHERWISE,
    }
}

/// How long something is kept: the shorter, the less there is to leak.
pub(super) fn kept(before: Option<&Value>, after: Option<&Value>) -> Found {
    match (length(before), length(after)) {
        (Some(before), Some(after)) => guard(after < before),
        _ => coming(before, after).map_or(GUARDED_OTHERWISE, guard),
    }
}

/// How long something has to wait: the longer, the more is seen of it.
pub(super) fn longer_guard(before: Option<&Value>, after: Option<&Value>) -> Found {
    match (length(before), length(after)) {
        (Some(before), Some(after)) => guard(after > before),
        _ => coming(before, after).map_or(GUARDED_OTHERWISE, guard),
    }
}

/// A promise of at least so much.
pub(super) fn greater_promise(before: Option<&Value>, after: Option<&Value>) -> Found {
    match (number(before), number(after)) {
        (Some(before), Some(after)) => promise(after > before),
        _ => promise(coming(before, after) == Some(true)),
    }
}

/// A promise of at most so long.
pub(super) fn shorter_promise(before: Option<&Value>, after: Option<&Value>) -> Found {
    match (length(before), length(after)) {
        (Some(before), Some(after)) => promise(after < before),
        _ => promise(coming(before, after) == Some(true)),
    }
}

/// A promise of at least so long.
pub(super) fn longer_promise(before: Option<&Value>, after: Option<&Value>) -> Found {
    match (length(before), length(after)) {
        (Some(before), Some(after)) => promise(after > before),
        _ => promise(coming(before, after) == Some(true)),
    }
}

/// The hosts that may be called; without a list, all.
pub(super) fn hosts(before: Option<&Value>, after: Option<&Value>) -> Found {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned();
    match (list(before), list(after)) {
        (Some(before), Some(after)) => guard(after.iter().all(|host| before.contains(host))),
        (before, after) => guard(before.is_none() && after.is_some()),
    }
}

/// Whether it comes or goes; `None` where both are there.
fn coming(before: Option<&Value>, after: Option<&Value>) -> Option<bool> {
    let there = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
    match (there(before), there(after)) {
        (false, true) => Some(true),
        (true, false) => Some(false),
        _ => None,
    }
}

fn by_rank(ranks: &[&str], before: Option<&Value>, after: Option<&Value>) -> Found {
    let rank = |value: Option<&Value>| {
        let name = value.and_then(Value::as_str)?;
        ranks.iter().position(|rank| *rank == name)
    };
    match (rank(before), rank(after)) {
        (Some(before), Some(after)) => guard(after > before),
        _ => coming(before, after).map_or(GUARDED_OTHERWISE, guard),
    }
}

fn truth(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool).unwrap_or(false)
}

fn number(value: Option<&Value>) -> Option<f64> {
    let value = value?;
    // Canonical form writes numbers that are not whole as text.
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn length(value: Option<&Value>) -> Option<f64> {
    let period = Period::parse(value?.as_str()?).ok()?;
    assay_schemas::literal::duration(period.as_str()).ok()
}

/// Whether two references name the same object, of whatever version.
fn same_id(before: Option<&Value>, after: Option<&Value>) -> bool {
    let without = |value: Option<&Value>| {
        let mut fields = value?.as_object()?.clone();
        fields.remove("version");
        Some(fields)
    };
    without(before).is_some() && without(before) == without(after)
}
