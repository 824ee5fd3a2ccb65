//! Conditions and rules, taken apart into what each term must be.

use std::collections::{BTreeMap, BTreeSet};

use super::truth::{Known, Truth, truth};
use super::{Domain, Point, Ranges, Term, Types};
use crate::plan::{Bounds, Expr, Function};

/// What a condition must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// True.
    True,
    /// False.
    False,
    /// True or null.
    NotFalse,
    /// False or null.
    NotTrue,
}

/// What one term must be.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The term.
    pub term: Term,
    /// Where it lies.
    pub domain: Domain,
}

/// What the terms of a row must be. Rows that meet a condition meet all of them.
#[derive(Clone, Debug, Default)]
pub struct Demands {
    /// By key of the term.
    pub by_term: BTreeMap<String, Demand>,
    /// No row meets the condition.
    pub impossible: bool,
    /// There is more to the condition than these demands.
    more: bool,
}

impl Demands {
    /// What rows meet for which `condition` comes to what is wanted.
    pub fn of(condition: &Expr, want: Want) -> Self {
        let mut demands = Self::default();
        demands.confine(condition, want);
        demands
    }

    /// Nothing is known.
    pub fn unknown() -> Self {
        Self { more: true, ..Self::default() }
    }

    /// Rows that meet all demands meet the condition.
    pub fn exact(&self) -> bool {
        !self.more
    }

    /// Whether certainly no row meets the condition, given the types of the columns.
    pub fn never(&self, types: &Types<'_>) -> bool {
        self.impossible
            || self
                .by_term
                .values()
                .any(|demand| demand.term.universe(types).confine(&demand.domain).is_none())
    }

    /// Whether every row meets the condition, given the types of the columns.
    pub fn always(&self, types: &Types<'_>) -> bool {
        self.exact()
            && !self.impossible
            && self.by_term.values().all(|demand| {
                demand.term.universe(types).confine(&demand.domain.complement()).is_none()
            })
    }

    /// Adds what another condition demands.
    pub fn and(&mut self, other: &Self) {
        self.impossible |= other.impossible;
        self.more |= other.more;
        for (key, demand) in &other.by_term {
            self.add_keyed(key.clone(), demand.clone());
        }
    }

    fn add(&mut self, demand: Demand) {
        self.add_keyed(demand.term.key(), demand);
    }

    fn add_keyed(&mut self, key: String, demand: Demand) {
        match self.by_term.get_mut(&key) {
            None => {
                self.by_term.insert(key, demand);
            }
            Some(own) if own.domain.comparable(&demand.domain) => {
                own.domain = own.domain.meet(&demand.domain);
            }
            Some(_) => self.more = true,
        }
    }

    fn confine(&mut self, condition: &Expr, want: Want) {
        match truth(condition) {
            Some(Known::Constant(value)) => {
                let met = match want {
                    Want::True => value == Some(true),
                    Want::False => value == Some(false),
                    Want::NotFalse => value != Some(false),
                    Want::NotTrue => value != Some(true),
                };
                self.impossible |= !met;
            }
            Some(Known::Depends(Truth { term, yes, no })) => {
                let domain = match want {
                    Want::True => yes,
                    Want::False => no,
                    Want::NotFalse => no.complement(),
                    Want::NotTrue => yes.complement(),
                };
                self.add(Demand { term, domain });
            }
            None => self.confine_parts(condition, want),
        }
    }

    fn confine_parts(&mut self, condition: &Expr, want: Want) {
        let Expr::Call { function, arguments } = condition else {
            return self.confine_opaque(condition, want);
        };
        match (function, want) {
            (Function::And, Want::True | Want::NotFalse)
            | (Function::Or, Want::False | Want::NotTrue) => {
                arguments.iter().for_each(|part| self.confine(part, want));
            }
            (Function::Not, _) => {
                let turned = match want {
                    Want::True => Want::False,
                    Want::False => Want::True,
                    Want::NotFalse => Want::NotTrue,
                    Want::NotTrue => Want::NotFalse,
                };
                arguments.iter().for_each(|part| self.confine(part, turned));
            }
            _ => self.confine_opaque(condition, want),
        }
    }

    fn confine_opaque(&mut self, condition: &Expr, want: Want) {
        let Truth { term, yes, no } = Truth::opaque(condition);
        let domain = match want {
            Want::True => yes,
            Want::False => no,
            Want::NotFalse => no.complement(),
            Want::NotTrue => yes.complement(),
        };
        self.add(Demand { term, domain });
    }
}

/// What rows meet that do not violate a row rule: those that it does not judge, and those that hold.
pub fn passing(evaluated: Option<&Expr>, holds: &Expr) -> Demands {
    let Some(judged) = evaluated else { return Demands::of(holds, Want::True) };
    if let Expr::Call { function: Function::IsNotNull, arguments } = judged
        && arguments.first() == Some(holds)
    {
        return Demands::of(holds, Want::NotFalse);
    }
    match present(judged) {
        Some(columns) => of_judged_values(&columns, holds),
        None => Demands::unknown(),
    }
}

/// The columns that a condition demands to be there, where it demands nothing else.
fn present(judged: &Expr) -> Option<BTreeSet<&str>> {
    match judged {
        Expr::Call { function: Function::And, arguments } => {
            let parts: Option<Vec<_>> = arguments.iter().map(present).collect();
            Some(parts?.into_iter().flatten().collect())
        }
        Expr::Call { function: Function::IsNotNull, arguments } => match arguments.as_slice() {
            [Expr::Column { name }] => Some(BTreeSet::from([name.as_str()])),
            _ => None,
        },
        _ => None,
    }
}

/// A rule that judges rows only where all its columns are there. A part of it that reads fewer columns
/// demands nothing for sure: a row passes where another column is null.
fn of_judged_values(columns: &BTreeSet<&str>, holds: &Expr) -> Demands {
    let mut demands = Demands::default();
    let whole = match truth(holds) {
        Some(_) => std::slice::from_ref(holds),
        None => match holds {
            Expr::Call { function: Function::And, arguments } => arguments.as_slice(),
            _ => std::slice::from_ref(holds),
        },
    };
    for part in whole {
        let mut read = BTreeSet::new();
        part.columns(&mut |name| {
            read.insert(name.as_str().to_owned());
        });
        let all =
            |found: &BTreeSet<String>| found.iter().map(String::as_str).eq(columns.iter().copied());
        match truth(part) {
            // The term may read less than the part: what is certain of another column says nothing any more.
            Some(Known::Depends(Truth { term, yes, .. }))
                if all(&read) && all(&term.columns()) && term.carries_null() =>
            {
                demands.more |= !term.makes_no_null();
                demands.add(Demand { term, domain: yes.or_null() });
            }
            Some(Known::Constant(Some(true))) => {}
            _ => demands.more = true,
        }
    }
    demands
}

/// Where a figure must lie; where it has no value, nothing is judged.
pub fn bounds(bounds: &Bounds) -> Domain {
    let mut values = Ranges::all();
    if let Some(min) = bounds.min.and_then(Point::double) {
        values = values.meet(&Ranges::from(min, !bounds.exclusive_min));
    }
    if let Some(max) = bounds.max.and_then(Point::double) {
        values = values.meet(&Ranges::up_to(max, !bounds.exclusive_max));
    }
    Domain::of(values).or_null()
}
