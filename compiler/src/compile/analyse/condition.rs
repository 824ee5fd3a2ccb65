//! Single rules: filters that admit nothing or everything, rules that no row passes and that every row does.

use assay_schemas::code::Code;
use assay_schemas::domain::{Demands, Domain, Extent, Term, Want, extent};
use assay_schemas::plan::{Body, Expr, Literal};

use super::rules::{Finding, Rules};

/// Looks at each rule alone, in the rows that its filter admits.
pub(super) fn find(rules: &mut Rules<'_>) {
    let firm = firm_domains(rules);
    for rule in 0..rules.checks.len() {
        if rules.settled[rule] {
            continue;
        }
        if let Some(finding) = of_filter(rules, rule, &firm).or_else(|| of_body(rules, rule)) {
            rules.settled[rule] = true;
            rules.report(finding);
        }
    }
}

/// The terms that filters read, each with the firm rules that demand something of it.
fn firm_domains(rules: &Rules<'_>) -> std::collections::BTreeMap<String, Vec<usize>> {
    let mut firm = std::collections::BTreeMap::new();
    for key in rules.filters.iter().flat_map(|filter| filter.by_term.keys()) {
        firm.entry(key.clone()).or_insert_with(Vec::new);
    }
    if firm.is_empty() {
        return firm;
    }
    for rule in (0..rules.checks.len()).filter(|rule| rules.is_firm(*rule)) {
        for key in rules.demands[rule].by_term.keys() {
            if let Some(known) = firm.get_mut(key) {
                known.push(rule);
            }
        }
    }
    firm
}

fn of_filter<'f>(
    rules: &Rules<'_>,
    rule: usize,
    firm: &std::collections::BTreeMap<String, Vec<usize>>,
) -> Option<Finding<'f>> {
    let filter = rules.filters.get(rules.filter_of[rule]).filter(|_| rules.filter_of[rule] > 0)?;
    let finding = |code, message: &str, hint: &str, related| {
        let (message, hint) = (message.to_owned(), hint.to_owned());
        Some(Finding { code, rule, field: "where", message, hint, related })
    };
    if filter.never(&rules.types) {
        let message = "no row can pass this filter, so the rule judges nothing";
        let hint =
            "look for bounds that exclude each other, or values that the column's type cannot have";
        return finding(Code::FilterNeverHolds, message, hint, Vec::new());
    }
    if filter.always(&rules.types) {
        let message = "every row passes this filter";
        return finding(Code::FilterAlwaysHolds, message, "remove it", Vec::new());
    }
    if let Body::Rows { evaluated: Some(evaluated), holds } = &rules.checks[rule].body
        && *evaluated != holds.clone().is_not_null()
    {
        let mut judged = filter.clone();
        judged.and(&Demands::of(evaluated, Want::True));
        if judged.never(&rules.types) {
            let message =
                "this filter leaves only rows in which the value is null, and those are not judged";
            let hint = "correct the filter, or write `nulls: violate`";
            return finding(Code::FilterNeverHolds, message, hint, Vec::new());
        }
    }
    // Rows that violate another rule are not expected; a filter for nothing else is a slip.
    for (key, demand) in &filter.by_term {
        let universe = demand.term.universe(&rules.types);
        let admitted = universe.confine(&demand.domain);
        for other in firm.get(key)?.iter().take(MOST_OTHERS).filter(|other| **other != rule) {
            let Some(demanded) = rules.demands[*other].by_term.get(key) else { continue };
            let apart = demanded.domain.comparable(&demand.domain)
                && universe.confine(&demanded.domain.meet(&demand.domain)).is_none();
            if apart && !admitted.is_none() {
                let message = format!(
                    "only rows that violate another rule can pass this filter: there, {}",
                    rules.title(*other)
                );
                let hint = "correct the filter, or loosen the other rule";
                return finding(Code::FilterNeverHolds, &message, hint, vec![*other]);
            }
        }
    }
    None
}

/// Rules about one term that a filter is held against.
const MOST_OTHERS: usize = 64;

fn of_body<'f>(rules: &Rules<'_>, rule: usize) -> Option<Finding<'f>> {
    let check = &rules.checks[rule];
    let title = &check.title;
    let filter = &rules.filters[rules.filter_of[rule]];
    let finding = |code, message: String, hint: &str| {
        Some(Finding {
            code,
            rule,
            field: "parameters",
            message,
            hint: hint.to_owned(),
            related: Vec::new(),
        })
    };
    if let Body::Rows { evaluated, holds } = &check.body {
        let mut passed = filter.clone();
        passed.and(&Demands::of(holds, Want::True));
        if let Some(evaluated) = evaluated {
            passed.and(&Demands::of(evaluated, Want::True));
        }
        // `false` beside a filter forbids the rows that pass it, on purpose.
        let forbids = matches!(holds, Expr::Literal { value: Literal::Boolean(false) });
        let nothing = pattern(holds) == Some(Extent::Nothing);
        if !forbids && (nothing || passed.never(&rules.types)) {
            let rows =
                if check.filter.is_some() { "no row that passes its filter" } else { "no value" };
            let message = format!("{rows} can pass this rule: {title}");
            let hint = "look for bounds that exclude each other, or values that the column's type cannot have";
            return finding(Code::RuleNeverPasses, message, hint);
        }
        if pattern(holds) == Some(Extent::Everything) {
            let message = format!("every text passes this rule: {title}");
            return finding(
                Code::RuleNeverFails,
                message,
                "correct the pattern, or remove the rule",
            );
        }
    }
    always(rules, rule, filter).then_some(())?;
    let (rows, hint) = match &check.body {
        Body::Metric { .. } => ("whatever the data", "tighten the bounds, or remove the rule"),
        _ if check.filter.is_some() => {
            ("every row that passes its filter", "the filter already says so; correct one of them")
        }
        _ => {
            ("every row", "tighten it, or remove it: the types of the columns already say as much")
        }
    };
    finding(Code::RuleNeverFails, format!("this rule cannot fail, {rows}: {title}"), hint)
}

/// Whether every row that passes the filter passes the rule.
fn always(rules: &Rules<'_>, rule: usize, filter: &Demands) -> bool {
    let demands = &rules.demands[rule];
    demands.exact()
        && !demands.impossible
        && demands.by_term.iter().all(|(key, demand)| {
            let universe = demand.term.universe(&rules.types);
            let figure = matches!(demand.term, Term::Figure { .. });
            let base = filter.by_term.get(key).filter(|_| !figure);
            let rest = |base: &Domain| base.meet(&demand.domain.complement());
            match base {
                Some(base) if base.domain.comparable(&demand.domain) => {
                    universe.confine(&rest(&base.domain)).is_none()
                }
                Some(_) => false,
                None => universe.confine(&demand.domain.complement()).is_none(),
            }
        })
}

/// Whether a rule that is one pattern admits no text, or every one.
fn pattern(holds: &Expr) -> Option<Extent> {
    match holds {
        Expr::Matches { pattern, whole, .. } => extent(pattern, *whole),
        _ => None,
    }
}
