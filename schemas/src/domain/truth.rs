//! For which values of one term a condition is true, and for which false; elsewhere it is null.

use super::term::is_condition;
use super::{Domain, Point, Ranges, Term};
use crate::plan::{Expr, Function, Literal};

/// What is known of a condition.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "looked at once, never kept")]
pub enum Known {
    /// It is true, false or (`None`) null for every row.
    Constant(Option<bool>),
    /// It depends on one term.
    Depends(Truth),
}

/// When a condition over one term is true and when false.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The term.
    pub term: Term,
    /// True exactly for these.
    pub yes: Domain,
    /// False exactly for these.
    pub no: Domain,
}

impl Truth {
    fn new(term: Term, yes: Domain) -> Self {
        let no = Domain { null: false, ..yes.complement() };
        Self { term, yes, no }
    }

    /// A condition that is not looked into: true or false as its own value says.
    pub(super) fn opaque(expr: &Expr) -> Self {
        let of = |value| Domain::of(Ranges::points([Point::Boolean(value)]));
        Self { term: Term::Value(expr.clone()), yes: of(true), no: of(false) }
    }
}

/// What is known of a condition; `None` where it depends on several terms.
pub fn truth(expr: &Expr) -> Option<Known> {
    match expr {
        Expr::Literal { value: Literal::Boolean(value) } => Some(Known::Constant(Some(*value))),
        Expr::Literal { value: Literal::Null } => Some(Known::Constant(None)),
        Expr::In { value, set } => Some(Known::Depends(member(expr, value, set))),
        Expr::Call { function, arguments } => of_call(expr, *function, arguments),
        _ => Some(Known::Depends(Truth::opaque(expr))),
    }
}

fn of_call(expr: &Expr, function: Function, arguments: &[Expr]) -> Option<Known> {
    use Function as F;
    match (function, arguments) {
        (F::And, _) => joined(arguments, false),
        (F::Or, _) => joined(arguments, true),
        (F::Not, [part]) => truth(part).map(negated),
        (F::IsNull, [part]) => nullness(part, true),
        (F::IsNotNull, [part]) => nullness(part, false),
        (F::IsNan, [part]) => {
            let yes = Domain { nan: true, ..Domain::none() };
            Some(Known::Depends(Truth::new(Term::Value(part.clone()), yes)))
        }
        (
            F::Equal | F::NotEqual | F::Less | F::LessOrEqual | F::Greater | F::GreaterOrEqual,
            [left, right],
        ) => Some(compare(expr, function, left, right)),
        _ => Some(Known::Depends(Truth::opaque(expr))),
    }
}

fn negated(known: Known) -> Known {
    match known {
        Known::Constant(value) => Known::Constant(value.map(|value| !value)),
        Known::Depends(Truth { term, yes, no }) => Known::Depends(Truth { term, yes: no, no: yes }),
    }
}

/// A conjunction or, where `or`, a disjunction, which is a conjunction of what is negated.
fn joined(arguments: &[Expr], or: bool) -> Option<Known> {
    let turned = |known: Known| if or { negated(known) } else { known };
    let mut result: Option<(String, Truth)> = None;
    let mut null = false;
    for argument in arguments {
        match turned(truth(argument)?) {
            Known::Constant(Some(true)) => {}
            Known::Constant(Some(false)) => return Some(turned(Known::Constant(Some(false)))),
            Known::Constant(None) => null = true,
            Known::Depends(next) => {
                let key = next.term.key();
                result = Some(match result {
                    None => (key, next),
                    Some((own, truth)) => {
                        let one_kind =
                            truth.yes.comparable(&next.yes) && truth.no.comparable(&next.no);
                        if own != key || !one_kind {
                            return None;
                        }
                        let yes = truth.yes.meet(&next.yes);
                        (own, Truth { yes, no: truth.no.join(&next.no), term: truth.term })
                    }
                });
            }
        }
    }
    let known = match result {
        Some((_, mut truth)) => {
            if null {
                truth.yes = Domain::none();
            }
            Known::Depends(truth)
        }
        None => Known::Constant((!null).then_some(true)),
    };
    Some(turned(known))
}

/// `is null` or, for `!wanted`, `is not null`.
fn nullness(part: &Expr, wanted: bool) -> Option<Known> {
    let known = if is_condition(part) {
        match truth(part)? {
            Known::Constant(value) => {
                return Some(Known::Constant(Some(value.is_none() == wanted)));
            }
            Known::Depends(Truth { term, yes, no }) => {
                let known = yes.join(&no);
                Truth { term, yes: known.complement(), no: known }
            }
        }
    } else if let Expr::Literal { value } = part {
        return Some(Known::Constant(Some((*value == Literal::Null) == wanted)));
    } else {
        let term = Term::Value(part.clone());
        Truth { term, yes: Domain::null(), no: Domain::not_null() }
    };
    let known = Known::Depends(known);
    Some(if wanted { known } else { negated(known) })
}

fn member(expr: &Expr, value: &Expr, set: &[Literal]) -> Truth {
    let points: Option<Vec<_>> = set.iter().map(Point::of).collect();
    match points {
        Some(points) if points.windows(2).all(|pair| pair[0].comparable(&pair[1])) => {
            Truth::new(Term::Value(value.clone()), Domain::of(Ranges::points(points)))
        }
        _ => Truth::opaque(expr),
    }
}

fn compare(expr: &Expr, function: Function, left: &Expr, right: &Expr) -> Known {
    let known = match (Point::of_expr(left), Point::of_expr(right)) {
        (None, Some(constant)) if !is_literal(left) => {
            with_constant(Term::Value(left.clone()), function, constant)
        }
        (Some(constant), None) if !is_literal(right) => {
            with_constant(Term::Value(right.clone()), flipped(function), constant)
        }
        (Some(left), Some(right)) if left.comparable(&right) => {
            let held = relation(function).contain(&order(&left, &right));
            return Known::Constant(Some(held));
        }
        (None, None) if left == right && !is_literal(left) => {
            // Whatever it is, it equals itself.
            let term = Term::Value(left.clone());
            let held = relation(function).contain(&Point::whole(0));
            Truth::new(term, if held { Domain::not_null() } else { Domain::none() })
        }
        (None, None) if !is_literal(left) && !is_literal(right) => {
            let (term, flip) = Term::order(left, right);
            let function = if flip { flipped(function) } else { function };
            let yes = Domain::of(relation(function));
            let all = Domain::of(relation(Function::LessOrEqual))
                .join(&Domain::of(relation(Function::Greater)));
            let no = yes.complement().meet(&all);
            Truth { term, yes, no }
        }
        _ => Truth::opaque(expr),
    };
    Known::Depends(known)
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal { .. })
}

fn order(left: &Point, right: &Point) -> Point {
    Point::whole(left.cmp(right) as i128)
}

/// The orders, among -1, 0 and 1, for which a comparison is true.
fn relation(function: Function) -> Ranges {
    let of = |orders: &[i128]| Ranges::points(orders.iter().map(|order| Point::whole(*order)));
    match function {
        Function::Equal => of(&[0]),
        Function::NotEqual => of(&[-1, 1]),
        Function::Less => of(&[-1]),
        Function::LessOrEqual => of(&[-1, 0]),
        Function::Greater => of(&[1]),
        _ => of(&[0, 1]),
    }
}

/// The comparison with its sides exchanged.
fn flipped(function: Function) -> Function {
    match function {
        Function::Less => Function::Greater,
        Function::LessOrEqual => Function::GreaterOrEqual,
        Function::Greater => Function::Less,
        Function::GreaterOrEqual => Function::LessOrEqual,
        same => same,
    }
}

/// A comparison with a constant. NaN is greater than every constant.
fn with_constant(term: Term, function: Function, constant: Point) -> Truth {
    let (values, nan) = match function {
        Function::Equal => (Ranges::points([constant]), false),
        Function::NotEqual => (Ranges::points([constant]).complement(), true),
        Function::Less => (Ranges::up_to(constant, false), false),
        Function::LessOrEqual => (Ranges::up_to(constant, true), false),
        Function::Greater => (Ranges::from(constant, false), true),
        _ => (Ranges::from(constant, true), true),
    };
    Truth::new(term, Domain { null: false, nan, values })
}
