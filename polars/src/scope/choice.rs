//! Choices among values, and sets of them.

use std::collections::HashSet;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{self, Function, Literal};
use polars::prelude::{
    AnyValue, BooleanType, DataType as Kept, Expr, IntoSeries as _, LiteralValue, NULL,
    PolarsResult, Series, arity, coalesce, lit, when,
};

use super::{Said, Scope, Unsaid, compare, constant, decimal, rowwise};
use crate::types::kept;

impl Scope<'_> {
    pub(super) fn case(
        &self,
        branches: &[(plan::Expr, plan::Expr)],
        otherwise: &plan::Expr,
    ) -> Result<Said, Unsaid> {
        // Where a branch is not looked at, it must not fail either.
        let mut open: Option<Expr> = None;
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for (condition, result) in branches {
            let said = self.guarded(condition, open.as_ref())?;
            let holds = said.of(DataType::Boolean, "a condition")?;
            let taken = holds.clone().fill_null(lit(false));
            let here = also(open.as_ref(), taken.clone());
            results.push(self.guarded(result, Some(&here))?);
            open = Some(also(open.as_ref(), taken.not()));
            conditions.push(holds);
        }
        let last = self.guarded(otherwise, open.as_ref())?;
        let Some(shared) = compare::common(results.iter().chain([&last]))? else {
            return Ok(Said::null());
        };
        let mut expr = compare::widened(last, shared)?;
        for (condition, result) in conditions.into_iter().zip(results).rev() {
            expr = when(condition).then(compare::widened(result, shared)?).otherwise(expr);
        }
        Ok(Said::new(expr, shared))
    }

    /// The first value that is not null.
    pub(super) fn first(&self, arguments: &[plan::Expr]) -> Result<Said, Unsaid> {
        let mut open: Option<Expr> = None;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let said = self.guarded(argument, open.as_ref())?;
            open = Some(also(open.as_ref(), said.expr.clone().is_null()));
            values.push(said);
        }
        among(Function::Coalesce, values)
    }

    /// An expression that need be right only where `open` is true, and fails nowhere else.
    pub(crate) fn guarded(
        &self,
        expression: &plan::Expr,
        open: Option<&Expr>,
    ) -> Result<Said, Unsaid> {
        let said = self.say(expression)?;
        let Some(open) = open.filter(|_| fallible(expression)) else { return Ok(said) };
        // What may fail gives null for null.
        let expr = said.expr.map_expr(|part| match part {
            Expr::Column(_) => when(open.clone()).then(part).otherwise(lit(NULL)),
            other => other,
        });
        Ok(Said { expr, data_type: said.data_type })
    }
}

fn also(open: Option<&Expr>, condition: Expr) -> Expr {
    match open {
        Some(open) => open.clone().and(condition),
        None => condition,
    }
}

/// Whether an expression may be an error for some values.
pub(crate) fn fallible(expression: &plan::Expr) -> bool {
    match expression {
        plan::Expr::Column { .. }
        | plan::Expr::Literal { .. }
        | plan::Expr::Now
        | plan::Expr::Figure { .. } => false,
        plan::Expr::Call { function, arguments } => {
            matches!(
                function,
                Function::Add
                    | Function::Subtract
                    | Function::Multiply
                    | Function::Modulo
                    | Function::Negate
                    | Function::Absolute
                    | Function::Round
                    | Function::AddSeconds
                    | Function::WeightedSum
            ) || arguments.iter().any(fallible)
        }
        plan::Expr::Cast { value, .. }
        | plan::Expr::In { value, .. }
        | plan::Expr::Matches { value, .. }
        | plan::Expr::ReplaceMatches { value, .. }
        | plan::Expr::Extract { value, .. }
        | plan::Expr::Pseudonym { value, .. } => fallible(value),
        plan::Expr::Case { branches, otherwise } => {
            fallible(otherwise)
                || branches
                    .iter()
                    .any(|(condition, result)| fallible(condition) || fallible(result))
        }
    }
}

/// The smallest, the greatest or the first of the values that are not null.
pub(super) fn among(function: Function, values: Vec<Said>) -> Result<Said, Unsaid> {
    let Some(shared) = compare::common(&values)? else { return Ok(Said::null()) };
    let mut wide = Vec::with_capacity(values.len());
    for value in values {
        wide.push(compare::widened(value, shared)?);
    }
    if function == Function::Coalesce {
        return Ok(Said::new(coalesce(&wide), shared));
    }
    let better = |own: Expr, next: Expr| {
        let order = match function {
            Function::Least => own.clone().lt_eq(next.clone()),
            _ => own.clone().gt_eq(next.clone()),
        };
        let keeps = next.clone().is_null().or(order);
        when(own.clone().is_null().not().and(keeps)).then(own).otherwise(next)
    };
    match wide.into_iter().reduce(better) {
        Some(expr) => Ok(Said::new(expr, shared)),
        None => Ok(Said::null()),
    }
}

/// The first of two values, where it is not the other one.
pub(super) fn unless_same(value: Said, other: Said) -> Result<Said, Unsaid> {
    let Some(data_type) = value.data_type else { return Ok(value) };
    let kept_value = value.expr.clone();
    let (one, two) = compare::sides(value, other)?;
    let expr = when(one.eq(two).fill_null(lit(false)))
        .then(rowwise::folded(lit(NULL).cast(kept(data_type)), data_type))
        .otherwise(kept_value);
    Ok(Said::new(expr, data_type))
}

/// Whether a value is in a set; null where it is null.
pub(super) fn within(value: Said, set: &[Literal]) -> Result<Said, Unsaid> {
    let members: Result<Vec<_>, _> = set.iter().map(constant::literal).collect();
    let members = members?;
    let shared = compare::common([&value].into_iter().chain(&members))?;
    let Some(shared) = shared else {
        return Ok(Said::new(
            rowwise::folded(lit(NULL).cast(kept(DataType::Boolean)), DataType::Boolean),
            DataType::Boolean,
        ));
    };
    let mut keys = HashSet::with_capacity(members.len());
    for member in &members {
        keys.insert(key(member, shared)?);
    }
    let wide = compare::widened(value, shared)?;
    let expr = rowwise::one(wide, DataType::Boolean, move |values| contained(values, &keys));
    Ok(Said::new(expr, DataType::Boolean))
}

/// What tells members of a set apart.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Number(i128),
    Text(Box<str>),
}

fn of_double(value: f64) -> i128 {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    value.to_bits().into()
}

fn key(member: &Said, shared: DataType) -> Result<Key, Unsaid> {
    let unsaid = || format!("a set of {shared}");
    let Expr::Literal(LiteralValue::Scalar(scalar)) = &member.expr else { return Err(unsaid()) };
    let number = match scalar.value() {
        AnyValue::String(text) => return Ok(Key::Text((*text).into())),
        AnyValue::StringOwned(text) => return Ok(Key::Text(text.as_str().into())),
        AnyValue::Boolean(value) => i128::from(*value),
        AnyValue::Int64(value) => match shared {
            DataType::Double => of_double(*value as f64),
            DataType::Decimal(precision, scale) => {
                decimal::raise((*value).into(), 0, precision, scale).map_err(|_| unsaid())?
            }
            _ => (*value).into(),
        },
        AnyValue::Float64(value) => of_double(*value),
        AnyValue::Decimal(value, _, s) => {
            let s = u8::try_from(*s).map_err(|_| unsaid())?;
            match shared {
                DataType::Decimal(precision, scale) => {
                    decimal::raise(*value, s, precision, scale).map_err(|_| unsaid())?
                }
                _ => of_double(decimal::double(*value, s)),
            }
        }
        AnyValue::Date(days) => match shared {
            DataType::Timestamp => i128::from(*days) * 86_400_000_000,
            _ => (*days).into(),
        },
        AnyValue::Datetime(at, ..) => (*at).into(),
        _ => return Err(unsaid()),
    };
    Ok(Key::Number(number))
}

fn contained(values: &Series, keys: &HashSet<Key>) -> PolarsResult<Series> {
    let has = |number: i128| keys.contains(&Key::Number(number));
    let made = match values.dtype() {
        Kept::String => {
            let texts: HashSet<&str> = keys
                .iter()
                .filter_map(|key| match key {
                    Key::Text(text) => Some(&**text),
                    Key::Number(_) => None,
                })
                .collect();
            arity::unary_elementwise_values::<_, BooleanType, _>(values.str()?, |text: &str| {
                texts.contains(text)
            })
        }
        Kept::Boolean => {
            arity::unary_elementwise_values::<_, BooleanType, _>(values.bool()?, |v: bool| {
                has(v.into())
            })
        }
        Kept::Int32 => {
            arity::unary_elementwise_values::<_, BooleanType, _>(values.i32()?, |v: i32| {
                has(v.into())
            })
        }
        Kept::Int128 => arity::unary_elementwise_values::<_, BooleanType, _>(values.i128()?, has),
        Kept::Float64 => {
            arity::unary_elementwise_values::<_, BooleanType, _>(values.f64()?, |v: f64| {
                has(of_double(v))
            })
        }
        _ => arity::unary_elementwise_values::<_, BooleanType, _>(values.i64()?, |v: i64| {
            has(v.into())
        }),
    };
    Ok(made.into_series())
}

/// How many cases stand within each other.
pub(super) fn depth(expression: &plan::Expr) -> usize {
    let most = |parts: &mut dyn Iterator<Item = &plan::Expr>| parts.map(depth).max().unwrap_or(0);
    match expression {
        plan::Expr::Call { arguments, .. } => most(&mut arguments.iter()),
        plan::Expr::Cast { value, .. }
        | plan::Expr::In { value, .. }
        | plan::Expr::Matches { value, .. }
        | plan::Expr::ReplaceMatches { value, .. }
        | plan::Expr::Extract { value, .. }
        | plan::Expr::Pseudonym { value, .. } => depth(value),
        plan::Expr::Case { branches, otherwise } => {
            let parts = branches.iter().flat_map(|(condition, result)| [condition, result]);
            1 + most(&mut parts.chain([&**otherwise]))
        }
        plan::Expr::Column { .. }
        | plan::Expr::Literal { .. }
        | plan::Expr::Now
        | plan::Expr::Figure { .. } => 0,
    }
}
