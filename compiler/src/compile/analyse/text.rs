//! Rules about one column that speak of different sides of it: its values, its length, its form.

use std::collections::BTreeMap;

use assay_schemas::domain::{Language, Point, Term, Trial};
use assay_schemas::id::ColumnName;

use super::group::{Entry, Group};
use super::rules::Rules;
use super::{contradiction, shadow};

/// Lists of one column that are tried, and the values that a list may have.
const MOST_LISTS: usize = 16;
const MOST_VALUES: usize = 1_000;

/// Rules of one column that a list is tried against.
const MOST_TRIED: usize = 32;

/// Patterns and lengths of one column that are held against each other.
const MOST_LANGUAGES: usize = 12;

/// One rule of one group.
type At<'g> = (&'g Group, &'g Entry);

/// The rules of one column in the rows of one filter.
#[derive(Default)]
struct Sides<'g> {
    lists: Vec<At<'g>>,
    others: Vec<At<'g>>,
}

/// Finds rules about a column that contradict or imply each other though they are about different terms.
pub(super) fn find(rules: &mut Rules<'_>, groups: &[Group]) {
    let mut by_column: BTreeMap<(usize, ColumnName), Sides<'_>> = BTreeMap::new();
    for group in groups {
        let Some(column) = group.term.only_column() else { continue };
        let is_column = group.term.column().is_some();
        let sides = by_column.entry((group.filter, column)).or_default();
        for entry in group.entries.iter().filter(|entry| entry.own) {
            match is_column {
                true if points(entry).is_some() => sides.lists.push((group, entry)),
                true => {}
                false => sides.others.push((group, entry)),
            }
        }
    }
    let none = Sides::default();
    for ((filter, column), own) in &by_column {
        let all = by_column.get(&(0, column.clone())).filter(|_| *filter > 0).unwrap_or(&none);
        let lists: Vec<_> = all.lists.iter().chain(&own.lists).copied().take(MOST_LISTS).collect();
        let others: Vec<_> =
            all.others.iter().chain(&own.others).copied().take(MOST_TRIED).collect();
        for list in &lists {
            for other in &others {
                if list.0.filter == *filter || other.0.filter == *filter {
                    list_and_other(rules, *list, *other);
                }
            }
        }
        languages(rules, &others, *filter);
    }
}

/// The values of a rule that leaves only finitely many.
fn points(entry: &Entry) -> Option<Vec<&Point>> {
    let points = entry.domain.values.as_points()?;
    (!entry.domain.nan && !points.is_empty() && points.len() <= MOST_VALUES).then_some(points)
}

fn list_and_other(rules: &mut Rules<'_>, (list_group, list): At<'_>, (group, other): At<'_>) {
    if rules.settled[list.rule] || rules.settled[other.rule] || list.rule == other.rule {
        return;
    }
    let Some(points) = points(list) else { return };
    let trial = Trial::new(&group.term, &other.domain);
    let mut admitted = Some(true);
    let mut refused = true;
    for point in points {
        let found = trial.admits(point);
        admitted = admitted.filter(|_| found == Some(true));
        refused &= found == Some(false);
        if admitted.is_none() && !refused {
            return;
        }
    }
    if refused {
        let only_null = list.domain.null && other.domain.null;
        let (rule, before) = later(list.rule, other.rule);
        contradiction::tell(rules, rule, &[before], only_null, &list_group.term);
        rules.settled[rule] = true;
    } else if other.whole
        && group.term.carries_null()
        && (other.domain.null || !list.domain.null)
        && list_group.filter <= group.filter
        && rules.outranks(list.rule, other.rule)
    {
        shadow::tell(rules, other.rule, list.rule);
    }
}

fn later(one: usize, other: usize) -> (usize, usize) {
    (one.max(other), one.min(other))
}

/// Patterns and lengths against each other.
fn languages(rules: &mut Rules<'_>, others: &[At<'_>], filter: usize) {
    if others.len() < 2 {
        return;
    }
    let known: Vec<_> = others
        .iter()
        .filter_map(|at| Some((*at, Language::of(&at.0.term, &at.1.domain)?)))
        .take(MOST_LANGUAGES)
        .collect();
    for (index, (one, first)) in known.iter().enumerate() {
        for (two, second) in known.iter().skip(index + 1) {
            let unsettled = !rules.settled[one.1.rule] && !rules.settled[two.1.rule];
            let here = one.0.filter == filter || two.0.filter == filter;
            // Of one term, they were compared already.
            if !unsettled || !here || one.0.term == two.0.term || one.1.rule == two.1.rule {
                continue;
            }
            let Some(relation) = first.relate(second) else { continue };
            if !relation.both {
                let only_null = one.1.domain.null && two.1.domain.null;
                let (rule, before) = later(one.1.rule, two.1.rule);
                contradiction::tell(rules, rule, &[before], only_null, &one.0.term);
                rules.settled[rule] = true;
            } else if !relation.second_only && implied(rules, *two, *one) {
                // Of two that mean the same, the later one is told of.
                let mutual = !relation.first_only && implied(rules, *one, *two);
                let (rule, stricter) =
                    if mutual { later(one.1.rule, two.1.rule) } else { (one.1.rule, two.1.rule) };
                shadow::tell(rules, rule, stricter);
            } else if !relation.first_only && implied(rules, *one, *two) {
                shadow::tell(rules, two.1.rule, one.1.rule);
            }
        }
    }
}

/// Whether the pattern `stricter`, whose texts are all texts of `loose`, makes that superfluous. A length
/// beside a pattern gives people a shorter reason, and stays.
fn implied(rules: &Rules<'_>, stricter: At<'_>, loose: At<'_>) -> bool {
    let form = |term: &Term| !term.is_length();
    form(&loose.0.term)
        && loose.1.whole
        && loose.0.term.carries_null()
        && (loose.1.domain.null || !stricter.1.domain.null)
        && stricter.0.filter <= loose.0.filter
        && rules.outranks(stricter.1.rule, loose.1.rule)
}
