//! Keys: where fewer columns are unique already, more of them are.

use std::collections::BTreeSet;

use assay_schemas::code::Code;
use assay_schemas::plan::Body;

use super::duplicate::way_out;
use super::rules::{Finding, Rules};

/// Keys of one dataset that are compared.
const MOST_KEYS: usize = 64;

/// Finds keys that a smaller key implies.
pub(super) fn find(rules: &mut Rules<'_>) {
    let keys: Vec<_> = rules
        .checks
        .iter()
        .enumerate()
        .filter(|(rule, _)| !rules.settled[*rule])
        .filter_map(|(rule, check)| match &check.body {
            Body::Unique { columns, nulls_equal } => {
                Some((rule, columns.iter().collect::<BTreeSet<_>>(), *nulls_equal))
            }
            _ => None,
        })
        .take(MOST_KEYS)
        .collect();
    for (rule, columns, nulls_equal) in &keys {
        let smaller = keys.iter().find(|(other, fewer, others_nulls)| {
            let filter = &rules.checks[*other].filter;
            let rows = filter.is_none() || *filter == rules.checks[*rule].filter;
            // Rows that this key judges, the smaller one must judge too.
            let nulls = *others_nulls || !nulls_equal;
            // Equal keys in another order imply each other; the later one is told of.
            let smaller = if fewer.len() == columns.len() { other < rule } else { true };
            other != rule
                && rows
                && nulls
                && smaller
                && fewer.is_subset(columns)
                && rules.outranks(*other, *rule)
        });
        if let Some((other, fewer, _)) = smaller {
            let message = if fewer.len() == columns.len() {
                format!(
                    "that {} is demanded in another order of columns already",
                    rules.title(*rule)
                )
            } else {
                format!("{} follows: {} already", rules.title(*rule), rules.title(*other))
            };
            let hint = way_out(&rules.checks[*other]);
            let finding = Finding {
                code: Code::ShadowedRule,
                rule: *rule,
                field: "",
                message,
                hint,
                related: vec![*other],
            };
            rules.report(finding);
        }
    }
}
