//! Rules that no value satisfies together.

use assay_schemas::code::Code;
use assay_schemas::domain::Term;

use super::group::{Entry, Group};
use super::rules::{Finding, Rules, clash};

/// Contradictions of one group that are told; more of them rarely teach more.
const MOST_TOLD: usize = 16;

/// Ends of ranges beyond which what rules leave together is no longer narrowed.
const MOST_ENDS: usize = 5_000;

/// Rules among which those that contradict each other only together are searched.
const MOST_TOGETHER: usize = 48;

/// Finds the rules of a group that contradict those before them.
pub(super) fn find(rules: &mut Rules<'_>, group: &Group) {
    let mut left = group.start.clone();
    let mut before: Vec<&Entry> = Vec::new();
    let mut told = 0;
    for entry in &group.entries {
        if !clash(&left, &entry.domain) {
            let next = left.meet(&entry.domain);
            if next.values.size() <= MOST_ENDS.max(left.values.size()) {
                left = next;
            }
            before.push(entry);
            continue;
        }
        let others = match before.iter().find(|other| clash(&other.domain, &entry.domain)) {
            Some(other) => vec![*other],
            None => together(&before, entry, group),
        };
        // What stands between rules about all rows is told where those are compared.
        if others.is_empty() || !(entry.own || others.iter().any(|other| other.own)) {
            continue;
        }
        let others: Vec<_> = others.iter().map(|other| other.rule).collect();
        let only_null = group
            .entries
            .iter()
            .filter(|other| other.rule == entry.rule || others.contains(&other.rule))
            .fold(group.start.clone(), |left, other| left.meet(&other.domain))
            .null;
        told += 1;
        if told <= MOST_TOLD {
            tell(rules, entry.rule, &others, only_null, &group.term);
        }
        rules.settled[entry.rule] = true;
    }
}

/// The fewest of the rules before that contradict `entry` together; empty where they are too many.
fn together<'e>(before: &[&'e Entry], entry: &Entry, group: &Group) -> Vec<&'e Entry> {
    if before.len() > MOST_TOGETHER {
        return Vec::new();
    }
    let contradict = |some: &[&Entry]| {
        let left = some.iter().fold(group.start.clone(), |left, other| left.meet(&other.domain));
        clash(&left, &entry.domain)
    };
    let mut needed = before.to_vec();
    let mut at = 0;
    while at < needed.len() {
        let other = needed.remove(at);
        if !contradict(&needed) {
            needed.insert(at, other);
            at += 1;
        }
    }
    needed
}

/// Tells that `rule` contradicts `others`, in what they say of `term`.
pub(super) fn tell(
    rules: &mut Rules<'_>,
    rule: usize,
    others: &[usize],
    only_null: bool,
    term: &Term,
) {
    let firm = rules.is_firm(rule) && others.iter().all(|other| rules.is_firm(*other));
    let needed = if only_null { rules.never_null(term) } else { None };
    let certain = firm && (!only_null || needed.is_some());
    let mut related = others.to_vec();
    related.extend(needed.filter(|needed| certain && *needed != rule && !others.contains(needed)));
    let titles: Vec<_> = others.iter().map(|other| rules.title(*other)).collect();
    let other = titles.join(", and ");
    let own = rules.title(rule);
    let figure = matches!(term, Term::Figure { .. });
    let (code, message) = match (certain, figure) {
        (true, true) => {
            (Code::Contradiction, format!("no dataset can pass: {own}, but also {other}"))
        }
        (true, false) => (Code::Contradiction, format!("no row can pass: {own}, but also {other}")),
        (false, true) => (Code::ContradictoryRules, format!("{own}, but also {other}")),
        (false, false) if only_null => {
            (Code::ContradictoryRules, format!("only null can pass: {own}, but also {other}"))
        }
        (false, false) => {
            (Code::ContradictoryRules, format!("no value can pass: {own}, but also {other}"))
        }
    };
    let hint = "correct one of them, remove one, or give each the rows it is meant for by `where`";
    let field = "parameters";
    rules.report(Finding { code, rule, field, message, hint: hint.to_owned(), related });
}
