//! Conditions on rows: which of two lets more pass.

use super::Strictness;
use crate::canonical;
use crate::domain::{Demand, Demands, Language, Types, Want, passing};
use crate::plan::{Expr, Field, Function, Literal};

/// What is known of the columns on both sides.
#[derive(Debug)]
pub(super) struct Ground<'a>(Types<'a>);

impl<'a> Ground<'a> {
    /// A column that changes its type tells nothing: what a condition means may change with it.
    pub(super) fn of(before: &'a [Field], after: &'a [Field]) -> Self {
        let kept = |field: &Field| {
            before
                .iter()
                .all(|other| other.name != field.name || other.data_type == field.data_type)
        };
        let sound = after.iter().all(kept);
        Self(Types::of(if sound { after } else { &[] }))
    }

    /// The rows that a condition selects, stricter where there are more of them.
    pub(super) fn rows(&self, before: Option<&Expr>, after: Option<&Expr>) -> Strictness {
        if before == after {
            return Strictness::Equivalent;
        }
        let selected = |condition: Option<&Expr>| {
            condition.map_or_else(Demands::default, |condition| Demands::of(condition, Want::True))
        };
        let (before, after) = (selected(before), selected(after));
        Strictness::of_admitted(self.within(&before, &after), self.within(&after, &before)).turned()
    }

    /// Row rules: stricter where fewer rows pass.
    pub(super) fn rules(
        &self,
        (evaluated, holds): (Option<&Expr>, &Expr),
        (now_evaluated, now_holds): (Option<&Expr>, &Expr),
    ) -> Strictness {
        if evaluated == now_evaluated && holds == now_holds {
            return Strictness::Equivalent;
        }
        let (before, after) = (passing(evaluated, holds), passing(now_evaluated, now_holds));
        let whole =
            Strictness::of_admitted(self.within(&before, &after), self.within(&after, &before));
        if whole != Strictness::Unknown || evaluated != now_evaluated {
            return whole;
        }
        // The same rows are judged, so only what must hold of them counts.
        self.conditions(holds, now_holds)
    }

    /// Conditions that rows must meet: stricter where fewer do.
    fn conditions(&self, before: &Expr, after: &Expr) -> Strictness {
        if before == after {
            return Strictness::Equivalent;
        }
        let (old, new) = (Demands::of(before, Want::True), Demands::of(after, Want::True));
        let whole = Strictness::of_admitted(self.within(&old, &new), self.within(&new, &old));
        match whole {
            // What is not understood may stand on both sides alike.
            Strictness::Unknown => [Function::And, Function::Or]
                .into_iter()
                .filter_map(|connective| self.joined(connective, before, after))
                .find(|found| *found != Strictness::Unknown)
                .unwrap_or(whole),
            known => known,
        }
    }

    /// Conditions of which all, or one, must be met; `None` where they are not joined so.
    fn joined(&self, connective: Function, before: &Expr, after: &Expr) -> Option<Strictness> {
        let (mut old, mut new) = (parts(before, connective), parts(after, connective));
        if old.len() < 2 && new.len() < 2 {
            return None;
        }
        let kept: Vec<_> = old.iter().filter(|part| new.contains(part)).copied().collect();
        old.retain(|part| !kept.contains(part));
        new.retain(|part| !kept.contains(part));
        let (fewer, more) = match connective {
            Function::Or => (Strictness::Stricter, Strictness::Looser),
            _ => (Strictness::Looser, Strictness::Stricter),
        };
        Some(match (old.as_slice(), new.as_slice()) {
            ([], []) => Strictness::Equivalent,
            (_, []) => fewer,
            ([], _) => more,
            (old, new) if old.len() == new.len() => {
                old.iter().zip(new).fold(Strictness::Equivalent, |found, (old, new)| {
                    found.and(self.conditions(old, new))
                })
            }
            _ => Strictness::Unknown,
        })
    }

    /// More members of a set.
    pub(super) fn members(&self, before: &[Literal], after: &[Literal]) -> Strictness {
        let texts = |set: &[Literal]| set.iter().map(canonical::text).collect::<Vec<_>>();
        Strictness::more(&texts(before), &texts(after))
    }

    /// Whether all rows that meet the first meet the second; `None` where that cannot be told.
    fn within(&self, inner: &Demands, outer: &Demands) -> Option<bool> {
        if inner.never(&self.0) {
            return Some(true);
        }
        let mut certain = outer.exact() && !outer.impossible;
        for (key, wanted) in &outer.by_term {
            match inner.by_term.get(key).map(|own| self.demand_within(own, wanted)) {
                Some(Some(true)) => {}
                // A row that meets all of the first and not this.
                Some(Some(false)) if is_one(inner) => return Some(false),
                _ if self.is_free(wanted) || self.follows(inner, wanted) => {}
                None if inner.exact() && inner.by_term.is_empty() => return Some(false),
                _ => certain = false,
            }
        }
        if certain {
            return Some(true);
        }
        let refused =
            is_one(inner) && outer.by_term.values().any(|wanted| self.refuted(inner, wanted));
        refused.then_some(false)
    }

    fn demand_within(&self, own: &Demand, wanted: &Demand) -> Option<bool> {
        let universe = wanted.term.universe(&self.0);
        let comparable = own.domain.comparable(&wanted.domain);
        comparable.then(|| universe.confine(&own.domain).within(&universe.confine(&wanted.domain)))
    }

    /// Whether a demand excludes nothing.
    fn is_free(&self, wanted: &Demand) -> bool {
        wanted.term.universe(&self.0).confine(&wanted.domain.complement()).is_none()
    }

    /// Whether a demand follows from another about the same column: as a pattern does from a narrower one.
    fn follows(&self, inner: &Demands, wanted: &Demand) -> bool {
        let Some(language) = Language::of(&wanted.term, &wanted.domain) else { return false };
        alike(inner, wanted).any(|own| {
            let keeps_null = wanted.domain.null || !own.domain.null;
            keeps_null
                && Language::of(&own.term, &own.domain)
                    .and_then(|own| own.relate(&language))
                    .is_some_and(|relation| !relation.first_only)
        })
    }

    /// Whether some text meets the first and not a demand.
    fn refuted(&self, inner: &Demands, wanted: &Demand) -> bool {
        let Some(language) = Language::of(&wanted.term, &wanted.domain) else { return false };
        alike(inner, wanted).any(|own| {
            Language::of(&own.term, &own.domain)
                .and_then(|own| own.relate(&language))
                .is_some_and(|relation| relation.first_only)
        })
    }
}

/// Whether a row may have any value of the demand's domain: there is one demand, and nothing beyond it.
fn is_one(demands: &Demands) -> bool {
    demands.exact() && demands.by_term.len() == 1
}

/// The demands about the column of another.
fn alike<'a>(demands: &'a Demands, wanted: &Demand) -> impl Iterator<Item = &'a Demand> {
    let column = wanted.term.only_column();
    demands.by_term.values().filter(move |own| column.is_some() && own.term.only_column() == column)
}

/// The conditions that a connective joins, however they are grouped.
fn parts(expr: &Expr, connective: Function) -> Vec<&Expr> {
    match expr {
        Expr::Call { function, arguments } if *function == connective => {
            arguments.iter().flat_map(|part| parts(part, connective)).collect()
        }
        other => vec![other],
    }
}
