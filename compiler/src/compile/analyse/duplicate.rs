//! Rules that stand twice.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::plan::{Body, Check};
use assay_schemas::problem::Problem;

use super::super::overlay::Resolved;
use super::Written;
use super::rules::{Finding, Rules, SCHEMA};
use crate::diagnostic::Diagnostic;

/// A rule whose id another rule of the dataset has: it is not evaluated.
pub(in super::super) fn left_out(
    resolved: &Resolved<'_>,
    id: &str,
    written: &Written,
    first: Option<&Written>,
) -> Diagnostic {
    let message = format!("`{id}` reaches the dataset twice, so this one is not evaluated");
    let problem = Problem::new(Code::DuplicateRule, written.place.clone(), message)
        .hint("name the rule set or the column once, or give the rule another id");
    let diagnostic = resolved.linked.loaded(written.index).diagnostic(problem);
    match first {
        Some(first) => {
            let place = resolved.linked.loaded(first.index).place(&first.place);
            diagnostic.related(place, "the first, which is")
        }
        None => diagnostic,
    }
}

/// Finds rules that mean the same as one before them.
pub(super) fn find(rules: &mut Rules<'_>) {
    let mut first_of = BTreeMap::new();
    for rule in 0..rules.checks.len() {
        let check = &rules.checks[rule];
        if let Some(first) = first_of.get(&check.digest) {
            let finding = twice(rules, rule, *first);
            rules.report(finding);
            rules.settled[rule] = true;
        } else {
            first_of.insert(check.digest, rule);
        }
    }
    same_demand(rules);
}

fn twice<'f>(rules: &Rules<'_>, rule: usize, first: usize) -> Finding<'f> {
    Finding {
        code: Code::DuplicateRule,
        rule,
        field: "",
        message: format!("that {} is demanded twice", rules.title(rule)),
        hint: way_out(&rules.checks[first]),
        related: vec![first],
    }
}

/// What to do about a rule that another makes superfluous.
pub(super) fn way_out(other: &Check) -> String {
    match (other.origin.kind.as_str(), &other.origin.via) {
        (SCHEMA, _) => {
            "the schema demands it of every dataset that has it; remove this rule".to_owned()
        }
        (_, Some(via)) => format!(
            "it comes with `{via}` to every dataset of that kind; remove this rule, or narrow it by `where`"
        ),
        _ => "remove one of them, or narrow this one by `where`".to_owned(),
    }
}

/// Finds rules that demand the same of the same rows, one at least as severely as the other. Those that are
/// about one term are compared by what they let pass, elsewhere.
fn same_demand(rules: &mut Rules<'_>) {
    let mut seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for rule in 0..rules.checks.len() {
        let by_term = rules.demands[rule].exact() && rules.demands[rule].by_term.len() == 1;
        let check = &rules.checks[rule];
        if rules.settled[rule] || by_term || matches!(check.body, Body::Metric { .. }) {
            continue;
        }
        let key = assay_schemas::canonical::text(&(&check.filter, &check.body));
        seen.entry(key).or_default().push(rule);
    }
    for same in seen.into_values().filter(|same| same.len() > 1) {
        // The strictest makes the others superfluous, where there is one.
        let Some(strictest) = same
            .iter()
            .copied()
            .reduce(|best, next| if rules.outranks(best, next) { best } else { next })
        else {
            continue;
        };
        for rule in same {
            if rule != strictest && rules.outranks(strictest, rule) {
                let finding = Finding {
                    code: Code::ShadowedRule,
                    message: format!(
                        "that {} is demanded at least as strictly elsewhere",
                        rules.title(rule)
                    ),
                    ..twice(rules, rule, strictest)
                };
                rules.report(finding);
                rules.settled[rule] = true;
            }
        }
    }
}
