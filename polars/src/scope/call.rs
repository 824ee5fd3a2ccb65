//! Calls of the closed list of functions.

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Expr, Function};
use polars::prelude::lit;

use super::{Said, Scope, Unsaid, choice, compare, digits, document, number, text, time, tuple};

impl Scope<'_> {
    pub(super) fn call(&self, function: Function, arguments: &[Expr]) -> Result<Said, Unsaid> {
        use Function as F;
        if function == F::Coalesce {
            return self.first(arguments);
        }
        let said: Result<Vec<_>, _> = arguments.iter().map(|argument| self.say(argument)).collect();
        let mut said = said?;
        match function {
            F::And | F::Or => logic(function, said),
            F::Least | F::Greatest => choice::among(function, said),
            F::Concat => Ok(text::concat(said)),
            F::Round => {
                let given = said.len();
                if !(1..=2).contains(&given) {
                    return Err(arity(function, given));
                }
                number::round(said.swap_remove(0), arguments.get(1))
            }
            F::Tuple => tuple::together(said),
            F::WeightedSum if said.len() > 2 => {
                digits::weighted_sum(said.swap_remove(0), arguments)
            }
            F::JsonType | F::JsonText | F::JsonLength | F::JsonKeysWithin if said.len() > 1 => {
                document::at(function, said.swap_remove(0), arguments)
            }
            F::JsonSchema if said.len() == 2 => {
                document::of_schema(said.swap_remove(0), arguments.get(1))
            }
            F::Replace | F::Translate | F::Substring | F::Similarity => {
                let given = said.len();
                let Ok(values) = <[Said; 3]>::try_from(said) else {
                    return Err(arity(function, given));
                };
                match function {
                    F::Substring => {
                        let [value, from, length] = values;
                        text::substring(value, from, length)
                    }
                    F::Similarity => text::similarity(values),
                    _ => text::three(function, values),
                }
            }
            F::Equal
            | F::NotEqual
            | F::Less
            | F::LessOrEqual
            | F::Greater
            | F::GreaterOrEqual
            | F::Add
            | F::Subtract
            | F::Multiply
            | F::Divide
            | F::Modulo
            | F::NullIf
            | F::StartsWith
            | F::EndsWith
            | F::Contains
            | F::Normalize
            | F::AddSeconds
            | F::SecondsBetween => {
                let given = said.len();
                match <[Said; 2]>::try_from(said) {
                    Ok([one, other]) => binary(function, one, other),
                    Err(_) => Err(arity(function, given)),
                }
            }
            _ => {
                let given = said.len();
                match <[Said; 1]>::try_from(said) {
                    Ok([value]) => unary(function, value),
                    Err(_) => Err(arity(function, given)),
                }
            }
        }
    }
}

fn binary(function: Function, one: Said, other: Said) -> Result<Said, Unsaid> {
    use Function as F;
    match function {
        F::Add | F::Subtract | F::Multiply | F::Modulo => number::arithmetic(function, one, other),
        F::Divide => number::divide(one, other),
        F::NullIf => choice::unless_same(one, other),
        F::StartsWith | F::EndsWith | F::Contains => text::holds(function, one, other),
        F::Normalize => text::normalize(one, other),
        F::AddSeconds => time::add(one, other),
        F::SecondsBetween => time::between(one, other),
        _ => compare::compare(function, one, other),
    }
}

fn unary(function: Function, value: Said) -> Result<Said, Unsaid> {
    use Function as F;
    match function {
        F::Not => {
            let value = value.of(DataType::Boolean, "Not")?;
            Ok(Said::new(value.not(), DataType::Boolean))
        }
        F::IsNull => Ok(Said::new(value.expr.is_null(), DataType::Boolean)),
        F::IsNotNull => Ok(Said::new(value.expr.is_not_null(), DataType::Boolean)),
        F::IsNan => {
            let value = number::as_double(value, "IsNan")?;
            Ok(Said::new(value.is_nan(), DataType::Boolean))
        }
        F::Negate | F::Absolute => number::sign(function, value),
        F::Year | F::Month | F::Day | F::DayOfWeek | F::Hour | F::Minute => {
            time::part(function, value)
        }
        F::Trim | F::Lower | F::Upper | F::TitleCase | F::Length => text::unary(function, value),
        F::Luhn => digits::luhn(value),
        F::Mod97 => digits::mod97(value),
        F::JsonValid => document::valid(value),
        _ => Err(arity(function, 1)),
    }
}

fn logic(function: Function, values: Vec<Said>) -> Result<Said, Unsaid> {
    let mut all = Vec::with_capacity(values.len());
    for value in values {
        all.push(value.of(DataType::Boolean, "And and Or")?);
    }
    let joined = all.into_iter().reduce(|one, other| match function {
        Function::And => one.and(other),
        _ => one.or(other),
    });
    let nothing = lit(function == Function::And);
    Ok(Said::new(joined.unwrap_or(nothing), DataType::Boolean))
}

fn arity(function: Function, given: usize) -> Unsaid {
    format!("the plan calls {function:?} with {given} arguments, which it does not take")
}
