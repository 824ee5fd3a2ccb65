//! Rules sorted by what they are about: the rows that they look at, and the term.

use std::collections::BTreeMap;

use assay_schemas::domain::{Domain, Term};

use super::rules::Rules;

/// What rules demand of one term in the rows that pass one filter.
pub(super) struct Group {
    pub(super) filter: usize,
    pub(super) term: Term,
    /// The values that the term can have in these rows.
    pub(super) start: Domain,
    /// In order; those that look at all rows come first.
    pub(super) entries: Vec<Entry>,
}

/// What a rule demands.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) rule: usize,
    /// As far as it can be.
    pub(super) domain: Domain,
    /// The rule looks at the rows of this filter; otherwise at all, these among them.
    pub(super) own: bool,
    /// The rule demands this and nothing more.
    pub(super) whole: bool,
}

/// The groups of a dataset's rules.
pub(super) fn of(rules: &Rules<'_>) -> Vec<Group> {
    let mut by_key: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (rule, demands) in rules.demands.iter().enumerate() {
        if !rules.settled[rule] && !demands.impossible {
            for key in demands.by_term.keys() {
                by_key.entry((rules.filter_of[rule], key)).or_default().push(rule);
            }
        }
    }
    let groups = by_key.iter().filter_map(|((filter, key), own)| {
        let first = rules.demands[*own.first()?].by_term.get(*key)?;
        let figure = matches!(first.term, Term::Figure { .. });
        let of_all = if *filter == 0 || figure { None } else { by_key.get(&(0, *key)) };
        let universe = first.term.universe(&rules.types);
        let base = rules.filters[*filter].by_term.get(*key).filter(|_| !figure);
        let start = universe.confine(base.map_or(universe.all(), |base| &base.domain));
        let entry = |rule: &usize, own| {
            let demands = &rules.demands[*rule];
            let domain = &demands.by_term.get(*key)?.domain;
            let kept = domain.comparable(&first.domain) && domain.comparable(&start);
            kept.then(|| Entry {
                rule: *rule,
                domain: universe.confine(&domain.meet(&start)),
                own,
                whole: demands.exact() && demands.by_term.len() == 1,
            })
        };
        let all = of_all.into_iter().flatten().filter_map(|rule| entry(rule, false));
        let entries = all.chain(own.iter().filter_map(|rule| entry(rule, true))).collect();
        Some(Group { filter: *filter, term: first.term.clone(), start, entries })
    });
    groups.collect()
}
