//! Binding: a rule meets a column, with what the dataset's overrides say of it, and becomes a check.

use assay_schemas::code::Code;
use assay_schemas::digest::Digest;
use assay_schemas::expression;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Body, Check, Origin};
use assay_schemas::problem::{Pointer, Problem, nearest};
use assay_schemas::rule::{self, Target};
use serde_json::json;

use super::super::super::analyse::{Written, left_out};
use super::super::lookup::Lookup;
use super::super::trace::{Role, Traced};
use super::{Checks, Use};
use crate::diagnostic::Diagnostic;

impl Checks<'_, '_> {
    /// Lowers one use of a rule; `spread` where its rule stands for several checks.
    pub(super) fn bind(&mut self, rule: &Use<'_>, column: Option<&ColumnName>, spread: bool) {
        self.rules.insert(rule.id.clone());
        let mut changed = None;
        for (position, by) in self.at.dataset.overrides.iter().enumerate() {
            let meant = by.rule == rule.id
                && (by.columns.is_empty() || column.is_some_and(|name| by.columns.contains(name)));
            if !meant {
                continue;
            }
            self.applied.insert(position);
            let pointer = self.at.pointer().key("overrides").index(position);
            let hop = self.hop(Role::Override, self.at.contract.index, pointer, &by.rule);
            if by.disabled {
                let reason = match &by.reason {
                    Some(reason) => format!("disabled: {reason}"),
                    None => "disabled".to_owned(),
                };
                return self.exclude(&rule.id, column.map(ColumnName::as_str), reason, hop);
            }
            changed = Some(changed.as_ref().unwrap_or(rule).overridden(hop, by));
        }
        let rule = changed.as_ref().unwrap_or(rule);
        match self.lowered(rule, column, spread) {
            Ok(check) => {
                let written = Written { index: rule.index(), place: rule.place().clone() };
                let first = self.ids.get(&check.check_id).copied();
                if first.is_none() {
                    if let Some(trace) = &mut self.trace {
                        trace.rules.push(Traced {
                            column: column.map(ToString::to_string),
                            filter: rule.filter.map(str::to_owned),
                            hops: rule.hops.clone(),
                            settings: rule.settings(),
                        });
                    }
                    self.ids.insert(check.check_id.clone(), self.found.len());
                    self.found.push(check);
                    self.written.push(written);
                } else {
                    let first = first.and_then(|first| self.written.get(first));
                    self.sink.push(left_out(self.resolved, &check.check_id, &written, first));
                    let reason = "a rule of the same id is in force already".to_owned();
                    let hop = rule.hops[0].clone();
                    self.exclude(&rule.id, column.map(ColumnName::as_str), reason, hop);
                }
            }
            Err(problems) => {
                for problem in problems {
                    let (index, place) = self.said_at(rule, &problem.pointer);
                    self.report(index, problem.within(&place));
                }
            }
        }
    }

    /// The object and the place that say what stands at `pointer` of a rule: an override, where it does.
    fn said_at(&self, rule: &Use<'_>, pointer: &Pointer) -> (usize, Pointer) {
        let overrides = rule.hops.iter().rev().filter(|hop| hop.role == Role::Override);
        for hop in overrides {
            let loaded = self.resolved.linked.loaded(hop.index);
            let path = hop.pointer.join(pointer);
            if loaded.value().pointer(path.as_str()).is_some() {
                return (hop.index, hop.pointer.clone());
            }
        }
        (rule.index(), rule.place().clone())
    }

    fn lowered(
        &self,
        rule: &Use<'_>,
        column: Option<&ColumnName>,
        spread: bool,
    ) -> Result<Check, Vec<Problem>> {
        let column = match column {
            Some(name) => Some(rule::find(self.fields, name, Pointer::from("column"))?),
            None => None,
        };
        let lookup = Lookup { resolved: self.resolved, at: self.at, holder: rule.index() };
        let bound = Target { fields: self.fields, column, nulls: rule.nulls, resolve: &lookup };
        let mut lowered = rule.rule_type.lower(&rule.parameters(), &bound)?;
        let filter = rule.filter.map(|text| self.filter(text)).transpose()?;
        if let (Some(filter), Body::Rows { holds, .. }) = (&filter, &mut lowered.body) {
            holds.restrict_figures(filter);
        }
        let object = self.resolved.object(rule.index());
        let mut check = Check {
            check_id: match column.filter(|_| spread) {
                Some(column) => format!("{}/{}", rule.id, column.name),
                None => rule.id.clone(),
            },
            rule_type: rule.rule_type.name().to_owned(),
            title: lowered.title,
            message: rule.message(),
            severity: rule.severity(),
            dimension: rule.dimension(),
            columns: lowered.columns,
            origin: Origin {
                kind: object.kind().name().to_owned(),
                id: object.id().to_owned(),
                version: object.version().to_string(),
                via: rule.via.clone(),
                chain: rule.hops.iter().map(|hop| hop.sealed(self.resolved)).collect(),
            },
            digest: Digest::of_bytes(b""),
            filter,
            tolerance: rule.tolerance(),
            warn: None,
            segments: Vec::new(),
            empty: rule.empty,
            body: lowered.body,
        };
        settle_levels(rule, &mut check)?;
        check.segments = self.segments(rule.segments, &check)?;
        // What the rule means, whoever wrote it and wherever it stands.
        let mut meaning = json!({
            "rule_type": check.rule_type, "severity": check.severity, "filter": check.filter,
            "tolerance": check.tolerance, "empty": check.empty, "body": check.body,
        });
        if let Some(warn) = &check.warn {
            meaning["warn"] = json!(warn);
        }
        if !check.segments.is_empty() {
            meaning["segments"] = json!(check.segments);
        }
        check.digest = Digest::of(&meaning);
        Ok(check)
    }

    /// The columns that divide the rows of a check.
    fn segments(
        &self,
        columns: &[ColumnName],
        check: &Check,
    ) -> Result<Vec<ColumnName>, Vec<Problem>> {
        let place = Pointer::from("segments");
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        if !matches!(check.body, Body::Rows { .. } | Body::Metric { .. }) {
            let message = format!("`{}` does not judge segments", check.rule_type);
            let problem = Problem::new(Code::BadValue, place, message).at_key();
            return Err(vec![problem.hint(
                "rules about single rows and about figures do; for keys, add the columns to the key",
            )]);
        }
        if let Body::Metric { bounds, .. } = &check.body
            && bounds.adapt.as_ref().is_some_and(|adapt| adapt.runs() > 0)
        {
            let message =
                "of segments no earlier figures are kept, and the bounds look back at them";
            let problem = Problem::new(Code::BadValue, place, message).at_key();
            return Err(vec![problem.hint(
                "bounds over figures of this run can have segments; otherwise, write a rule with `where`",
            )]);
        }
        for (index, column) in columns.iter().enumerate() {
            rule::find(self.fields, column, place.index(index))?;
            if columns.iter().take(index).any(|before| before == column) {
                let message = format!("`{column}` stands here for the second time");
                return Err(vec![Problem::new(Code::BadValue, place.index(index), message)]);
            }
        }
        Ok(columns.to_vec())
    }

    fn filter(&self, text: &str) -> Result<assay_schemas::plan::Expr, Vec<Problem>> {
        let scope = expression::Scope::of(self.fields);
        expression::predicate(text, &scope)
            .map_err(|error| vec![error.problem(text, Pointer::from("where"))])
    }

    /// Reports a problem at its place, and which dataset it concerns where the two stand apart.
    pub(super) fn report(&mut self, index: usize, problem: Problem) {
        let diagnostic: Diagnostic = self.resolved.linked.loaded(index).diagnostic(problem);
        let contract = self.resolved.linked.loaded(self.at.contract.index);
        self.sink.push(if index == self.at.contract.index {
            diagnostic
        } else {
            let place = contract.place(&self.at.pointer().key("dataset_contract_id"));
            diagnostic.related(place, "for this dataset")
        });
    }

    /// Overrides that apply to nothing: a slip would leave a rule in force that was meant to be disabled.
    pub(super) fn unused_overrides(&mut self) {
        if !self.resolved.linked.library.damaged.is_empty() {
            return;
        }
        for (position, by) in self.at.dataset.overrides.iter().enumerate() {
            if self.applied.contains(&position) {
                continue;
            }
            let place = self.at.pointer().key("overrides").index(position).key("rule");
            let dataset = &self.at.dataset.dataset_contract_id;
            let problem = if self.rules.contains(&by.rule) {
                let message = format!("rule `{}` judges none of these columns", by.rule);
                Problem::new(Code::UnusedOverride, place, message)
                    .hint("name columns that it judges, or leave `columns` out")
            } else {
                let message = format!("no rule `{}` reaches dataset `{dataset}`", by.rule);
                let problem = Problem::new(Code::UnusedOverride, place, message);
                match nearest(&by.rule, self.rules.iter().map(String::as_str)) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint(
                        "write `<rule set>/<rule>`, `<dataset>/<binding>` or `schema/not_null`; `assayc show --effective` lists them",
                    ),
                }
            };
            self.report(self.at.contract.index, problem);
        }
    }
}

/// Holds the levels of a rule against what its check judges, and takes its level of warning over.
fn settle_levels(rule: &Use<'_>, check: &mut Check) -> Result<(), Vec<Problem>> {
    let repeated = rule.repeated();
    if !repeated.is_empty() {
        return Err(repeated);
    }
    let tolerates = [
        ("max_violations", check.tolerance.max_violations.is_some()),
        ("max_violation_ratio", check.tolerance.max_violation_ratio.is_some()),
    ];
    if let Some((field, _)) = tolerates.iter().find(|(_, given)| *given && !check.marks_rows()) {
        let message =
            format!("`{}` marks no rows, so no number of them can be tolerated", check.rule_type);
        let problem = Problem::new(Code::BadValue, Pointer::from(*field), message).at_key();
        return Err(vec![problem.hint("remove it; the rule's own bounds say what is accepted")]);
    }
    let Some(warn) = rule.warn() else { return Ok(()) };
    let place = Pointer::from("warn");
    if !check.severity.is_hard() {
        let message = format!("a rule of severity {} warns in any case", check.severity.name());
        return Err(vec![Problem::new(Code::BadValue, place, message).at_key()]);
    }
    if !check.marks_rows() && !matches!(check.body, Body::Metric { .. }) {
        let message = format!("`{}` has nothing that could be measured finer", check.rule_type);
        return Err(vec![Problem::new(Code::BadValue, place, message).at_key()]);
    }
    let level = warn.level(check.marks_rows()).map_err(|problem| vec![problem.within(&place)])?;
    check.warn = Some(level);
    Ok(())
}
