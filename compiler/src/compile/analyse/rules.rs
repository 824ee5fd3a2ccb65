//! The rules of a dataset as they are analysed, and how what is found of them is told.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::domain::{self, Demand, Demands, Domain, Term, Types, Want};
use assay_schemas::plan::{
    Body, Check, DatasetPlan, Empty, Expr, Measure, MetricFunction, Tolerance,
};
use assay_schemas::problem::Problem;

use super::super::overlay::Resolved;
use super::Written;
use crate::diagnostic::Diagnostic;

/// The kind whose columns imply rules.
pub(super) const SCHEMA: &str = "dataset_schema";

/// The rules of one dataset.
pub(super) struct Rules<'a> {
    resolved: &'a Resolved<'a>,
    pub(super) checks: &'a [Check],
    sources: &'a [Written],
    pub(super) types: Types<'a>,
    /// The columns in their order.
    pub(super) plan: &'a DatasetPlan,
    /// By rule: what rows that pass it meet.
    pub(super) demands: Vec<Demands>,
    /// What each filter demands; the first is that of rules without one.
    pub(super) filters: Vec<Demands>,
    /// By rule: its filter.
    pub(super) filter_of: Vec<usize>,
    /// Rules of which something was told that makes other findings superfluous.
    pub(super) settled: Vec<bool>,
    pub(super) found: Vec<Diagnostic>,
}

/// What is told of a rule.
pub(super) struct Finding<'f> {
    pub(super) code: Code,
    /// The rule, by number.
    pub(super) rule: usize,
    /// The field of it that shows the fault.
    pub(super) field: &'f str,
    pub(super) message: String,
    pub(super) hint: String,
    /// Other rules that belong to it.
    pub(super) related: Vec<usize>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(
        resolved: &'a Resolved<'a>,
        plan: &'a DatasetPlan,
        sources: &'a [Written],
    ) -> Self {
        let checks = plan.checks.as_slice();
        let mut filters = vec![Demands::default()];
        let mut known = BTreeMap::new();
        let filter_of = checks
            .iter()
            .map(|check| match &check.filter {
                None => 0,
                Some(filter) => *known.entry(key(filter)).or_insert_with(|| {
                    filters.push(Demands::of(filter, Want::True));
                    filters.len() - 1
                }),
            })
            .collect();
        Self {
            resolved,
            checks,
            sources,
            types: Types::of(&plan.fields),
            plan,
            demands: checks.iter().map(|check| demands(&check.body)).collect(),
            filters,
            filter_of,
            settled: vec![false; checks.len()],
            found: Vec::new(),
        }
    }

    /// Tells of a finding.
    pub(super) fn report(&mut self, finding: Finding<'_>) {
        let Finding { code, rule, field, message, hint, related } = finding;
        let Some(source) = self.sources.get(rule) else { return };
        let place = if field.is_empty() { source.place.clone() } else { source.place.key(field) };
        let problem = Problem::new(code, place, message).hint(hint);
        let mut diagnostic = self.resolved.linked.loaded(source.index).diagnostic(problem);
        for other in related {
            let (Some(source), Some(check)) = (self.sources.get(other), self.checks.get(other))
            else {
                continue;
            };
            let place =
                self.resolved.linked.loaded(source.index).place(&source.place.key("parameters"));
            diagnostic = diagnostic.related(place, demanded(check));
        }
        self.found.push(diagnostic);
    }

    /// The rule in words, by what it demands.
    pub(super) fn title(&self, rule: usize) -> &'a str {
        &self.checks[rule].title
    }

    /// A violation of the rule fails the run, wherever it is.
    pub(super) fn is_firm(&self, rule: usize) -> bool {
        let check = &self.checks[rule];
        check.severity.is_hard() && check.filter.is_none() && tolerates_nothing(&check.tolerance)
    }

    /// Where rows that pass `one` pass `other` too, `one` makes `other` superfluous: it fails at least
    /// as badly, and tolerates no more.
    pub(super) fn outranks(&self, one: usize, other: usize) -> bool {
        let (strict, loose) = (&self.checks[one], &self.checks[other]);
        // What a schema says of a column is no rule that could be left out.
        if strict.severity < loose.severity || loose.origin.kind == SCHEMA {
            return false;
        }
        let same_rows =
            || self.filter_of[one] == self.filter_of[other] && judged(strict) == judged(loose);
        let tolerates = tolerates_nothing(&strict.tolerance)
            || (covers(&strict.tolerance, &loose.tolerance) && same_rows());
        let empty = loose.empty != Empty::Fail || (strict.empty == Empty::Fail && same_rows());
        tolerates && empty
    }

    /// Whether a firm rule demands that the column of a term is there.
    pub(super) fn never_null(&self, term: &Term) -> Option<usize> {
        let column = term.only_column()?;
        let value = Term::Value(Expr::column(&column));
        (term.column().is_some() || term.carries_null()).then_some(())?;
        let key = value.key();
        (0..self.checks.len()).find(|rule| {
            self.is_firm(*rule)
                && self.demands[*rule]
                    .by_term
                    .get(&key)
                    .is_some_and(|demand| !demand.domain.null && demand.domain.has_value())
        })
    }
}

/// The check in words, and whose it is.
fn demanded(check: &Check) -> String {
    let via = match &check.origin.via {
        Some(via) => format!(", inherited through `{via}`"),
        None => String::new(),
    };
    format!("{} (`{}`{via})", check.title, check.check_id)
}

/// The identity of an expression.
pub(super) fn key(expr: &Expr) -> String {
    assay_schemas::canonical::text(expr)
}

/// What rows that pass a check meet, or where its figure lies.
fn demands(body: &Body) -> Demands {
    match body {
        Body::Rows { evaluated, holds } => domain::passing(evaluated.as_ref(), holds),
        Body::Metric { bounds, .. } if bounds.adapt.is_some() => Demands::unknown(),
        Body::Metric { measure, bounds } => {
            let rows = matches!(measure, Measure::Metric { metric } if metric.function == MetricFunction::Count);
            let key = assay_schemas::canonical::text(measure);
            let term = Term::Figure { key, rows };
            let demand = Demand { domain: domain::bounds(bounds), term };
            let mut demands = Demands::default();
            demands.by_term.insert(demand.term.key(), demand);
            demands
        }
        Body::Unique { .. }
        | Body::Reference { .. }
        | Body::Structure { .. }
        | Body::Beside(_)
        | Body::Dependency { .. }
        | Body::Arrivals(_)
        | Body::Compare(_)
        | Body::Difference(_)
        | Body::Columns(_)
        | Body::Files(_)
        | Body::Query(_) => Demands::unknown(),
    }
}

fn judged(check: &Check) -> Option<&Expr> {
    match &check.body {
        Body::Rows { evaluated, .. } => evaluated.as_ref(),
        _ => None,
    }
}

fn tolerates_nothing(tolerance: &Tolerance) -> bool {
    match (tolerance.max_violations, tolerance.max_violation_ratio) {
        (None, None) | (Some(0), _) => true,
        (_, ratio) => ratio.is_some_and(|ratio| ratio <= 0.0),
    }
}

/// What `strict` tolerates, `loose` tolerates too.
fn covers(strict: &Tolerance, loose: &Tolerance) -> bool {
    let count = loose
        .max_violations
        .is_none_or(|loose| strict.max_violations.is_some_and(|strict| strict <= loose));
    let ratio = loose
        .max_violation_ratio
        .is_none_or(|loose| strict.max_violation_ratio.is_some_and(|strict| strict <= loose));
    count && ratio && !tolerates_nothing(loose)
}

/// Whether two domains contradict: nothing is in both, or null alone, though each has values.
pub(super) fn clash(one: &Domain, other: &Domain) -> bool {
    let both = one.meet(other);
    let either_null = !one.has_value() || !other.has_value();
    !one.is_none() && !other.is_none() && (both.is_none() || (!both.has_value() && !either_null))
}
