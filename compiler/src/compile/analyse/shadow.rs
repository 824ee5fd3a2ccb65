//! Rules that another one makes superfluous: whatever passes the other passes them too.

use std::collections::BTreeSet;

use assay_schemas::code::Code;

use super::duplicate::way_out;
use super::group::{Entry, Group};
use super::rules::{Finding, Rules};

/// Rules of one group that each rule is held against; where there are more, these are the narrowest.
const MOST_HELD_AGAINST: usize = 64;

/// Finds the rules of a group that another of it implies.
pub(super) fn find(rules: &mut Rules<'_>, group: &Group) {
    if group.entries.len() < 2 {
        return;
    }
    let strict = narrowest(group);
    for entry in group.entries.iter().filter(|entry| entry.own && entry.whole) {
        if rules.settled[entry.rule] {
            continue;
        }
        let stricter = strict.iter().map(|at| &group.entries[*at]).find(|other| {
            let implies = other.rule != entry.rule
                && !rules.settled[other.rule]
                && !other.domain.is_none()
                && other.domain.within(&entry.domain)
                && rules.outranks(other.rule, entry.rule);
            // Of two that imply each other, the later one is told of.
            let mutual = || {
                other.whole
                    && rules.outranks(entry.rule, other.rule)
                    && entry.domain.within(&other.domain)
            };
            implies && (other.rule < entry.rule || !mutual())
        });
        if let Some(stricter) = stricter {
            tell(rules, entry.rule, stricter.rule);
        }
    }
}

/// The entries that leave least, by number.
fn narrowest(group: &Group) -> Vec<usize> {
    let entries = &group.entries;
    if entries.len() <= MOST_HELD_AGAINST {
        return (0..entries.len()).collect();
    }
    let ends = |entry: &Entry| {
        let ends = entry.domain.values.as_interval();
        let low = ends.as_ref().and_then(|(low, _)| low.map(|(point, _)| point.clone()));
        let high = ends.as_ref().and_then(|(_, high)| high.map(|(point, _)| point.clone()));
        (low, high)
    };
    let ends: Vec<_> = entries.iter().map(ends).collect();
    let all = 0..entries.len();
    let by = |order: &dyn Fn(&usize, &usize) -> std::cmp::Ordering| {
        let mut sorted: Vec<_> = all.clone().collect();
        sorted.sort_by(order);
        sorted.truncate(MOST_HELD_AGAINST / 4);
        sorted
    };
    let mut chosen = BTreeSet::new();
    chosen.extend(by(&|one, two| ends[*two].0.cmp(&ends[*one].0)));
    chosen.extend(by(&|one, two| match (&ends[*one].1, &ends[*two].1) {
        (Some(one), Some(two)) => one.cmp(two),
        (one, two) => two.is_some().cmp(&one.is_some()),
    }));
    let few = |at: &usize| entries[*at].domain.values.as_points().map_or(usize::MAX, |p| p.len());
    chosen.extend(by(&|one, two| few(one).cmp(&few(two))));
    let null = |at: &usize| entries[*at].domain.null;
    chosen.extend(by(&|one, two| null(one).cmp(&null(two))));
    chosen.into_iter().collect()
}

/// Tells that `stricter` makes `rule` superfluous.
pub(super) fn tell(rules: &mut Rules<'_>, rule: usize, stricter: usize) {
    let message = format!(
        "whatever passes another rule passes this one: {} follows from {}",
        rules.title(rule),
        rules.title(stricter)
    );
    let hint = way_out(&rules.checks[stricter]);
    let code = Code::ShadowedRule;
    rules.report(Finding { code, rule, field: "", message, hint, related: vec![stricter] });
    rules.settled[rule] = true;
}
