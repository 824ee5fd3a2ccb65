//! What the functions of the plan come to.

use std::cell::Cell;

use assay_schemas::document::DocumentSchema;
use assay_schemas::plan::Function;
use serde_json::Value as Json;

use super::value::Value;

thread_local! {
    static BEYOND: Cell<bool> = const { Cell::new(false) };
}

/// Whether a whole number beyond 64 bits has come out since this was asked for the last time.
pub(crate) fn overflowed() -> bool {
    BEYOND.take()
}

/// A call, whose whole numbers may be greater than those of the plan; [`overflowed`] tells.
pub(crate) fn call(function: Function, values: &[Value]) -> Value {
    let value = value_of(function, values);
    if matches!(value, Value::Integer(number) if i64::try_from(number).is_err()) {
        BEYOND.set(true);
    }
    value
}

fn value_of(function: Function, values: &[Value]) -> Value {
    use Function as F;
    match (function, values) {
        (F::And, _) => logic(values, false),
        (F::Or, _) => logic(values, true),
        (F::IsNull, [value]) => Value::Truth(value.is_null()),
        (F::IsNotNull, [value]) => Value::Truth(!value.is_null()),
        (F::Coalesce, _) => {
            values.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)
        }
        (F::Least, _) => {
            let there = values.iter().filter(|value| !value.is_null());
            there.min_by(|one, two| one.order(two)).cloned().unwrap_or(Value::Null)
        }
        (F::Greatest, _) => {
            let there = values.iter().filter(|value| !value.is_null());
            there.max_by(|one, two| one.order(two)).cloned().unwrap_or(Value::Null)
        }
        (F::NullIf, [value, other]) => {
            let same = !value.is_null() && !other.is_null() && value.order(other).is_eq();
            if same { Value::Null } else { value.clone() }
        }
        _ if values.iter().any(Value::is_null) => Value::Null,
        (F::Not, [Value::Truth(value)]) => Value::Truth(!value),
        (F::IsNan, [value]) => Value::Truth(value.number().is_some_and(f64::is_nan)),
        (
            F::Equal | F::NotEqual | F::Less | F::LessOrEqual | F::Greater | F::GreaterOrEqual,
            [one, two],
        ) => compare(function, one, two),
        (F::Add | F::Subtract | F::Multiply | F::Divide | F::Modulo, [one, two]) => {
            arithmetic(function, one, two)
        }
        (F::Negate, [Value::Integer(value)]) => Value::Integer(-value),
        (F::Negate, [Value::Double(value)]) => Value::Double(-value),
        (F::Absolute, [Value::Integer(value)]) => Value::Integer(value.abs()),
        (F::Absolute, [Value::Double(value)]) => Value::Double(value.abs()),
        (F::SecondsBetween, [Value::Instant(one), Value::Instant(two)]) => {
            Value::Double((one - two) as f64 / 1e6)
        }
        (
            F::Year | F::Month | F::Day | F::DayOfWeek | F::Hour | F::Minute,
            [Value::Instant(at)],
        ) => Value::Integer(part_of_time(function, *at).into()),
        (_, [Value::Text(text), rest @ ..]) => of_text(function, text, rest),
        (other, _) => panic!("{other:?} of {values:?} is not generated"),
    }
}

/// Counts the years and months from 1970 on, one by one.
fn part_of_time(function: Function, at: i64) -> i64 {
    use Function as F;
    let day_length = 86_400_000_000;
    let (mut days, clock) = (at.div_euclid(day_length), at.rem_euclid(day_length));
    match function {
        F::DayOfWeek => return (days + 4).rem_euclid(7),
        F::Hour => return clock / 3_600_000_000,
        F::Minute => return clock / 60_000_000 % 60,
        _ => {}
    }
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let mut year = 1970;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    match function {
        F::Year => year,
        F::Month => month,
        _ => days + 1,
    }
}

fn logic(values: &[Value], stop: bool) -> Value {
    let is = |value: &Value, truth| matches!(value, Value::Truth(found) if *found == truth);
    if values.iter().any(|value| is(value, stop)) {
        Value::Truth(stop)
    } else if values.iter().any(Value::is_null) {
        Value::Null
    } else {
        Value::Truth(!stop)
    }
}

fn compare(function: Function, one: &Value, two: &Value) -> Value {
    let order = one.order(two);
    Value::Truth(match function {
        Function::Equal => order.is_eq(),
        Function::NotEqual => order.is_ne(),
        Function::Less => order.is_lt(),
        Function::LessOrEqual => order.is_le(),
        Function::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn arithmetic(function: Function, one: &Value, two: &Value) -> Value {
    if function == Function::Divide {
        let (one, two) = (one.number(), two.number());
        let (Some(one), Some(two)) = (one, two) else { panic!("only numbers are divided") };
        return if two == 0.0 { Value::Null } else { Value::Double(one / two) };
    }
    match (one, two) {
        (Value::Integer(one), Value::Integer(two)) => match function {
            Function::Add => Value::Integer(one + two),
            Function::Subtract => Value::Integer(one - two),
            Function::Multiply => Value::Integer(one * two),
            _ if *two == 0 => Value::Null,
            _ => Value::Integer(one % two),
        },
        _ => {
            let (Some(one), Some(two)) = (one.number(), two.number()) else {
                panic!("{one:?} and {two:?} are no numbers")
            };
            match function {
                Function::Add => Value::Double(one + two),
                Function::Subtract => Value::Double(one - two),
                Function::Multiply => Value::Double(one * two),
                _ if two == 0.0 => Value::Null,
                _ => Value::Double(one % two),
            }
        }
    }
}

fn of_text(function: Function, text: &str, rest: &[Value]) -> Value {
    use Function as F;
    let texts: Vec<&str> = rest
        .iter()
        .filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let number = |index: usize| match rest.get(index) {
        Some(Value::Integer(value)) => usize::try_from(*value).unwrap_or(0),
        other => panic!("{other:?} is no place"),
    };
    match (function, texts.as_slice()) {
        (F::Trim, _) => Value::Text(text.trim().to_owned()),
        (F::Lower, _) => Value::Text(text.to_lowercase()),
        (F::Upper, _) => Value::Text(text.to_uppercase()),
        (F::Length, _) => Value::Integer(text.chars().count() as i128),
        (F::Concat, _) => Value::Text(format!("{text}{}", texts.concat())),
        (F::StartsWith, [part]) => Value::Truth(text.starts_with(part)),
        (F::EndsWith, [part]) => Value::Truth(text.ends_with(part)),
        (F::Contains, [part]) => Value::Truth(text.contains(part)),
        (F::Replace, [from, to]) => Value::Text(text.replace(from, to)),
        (F::Substring, _) => {
            Value::Text(text.chars().skip(number(0) - 1).take(number(1)).collect())
        }
        (F::Translate, [from, to]) => Value::Text(translated(text, from, to)),
        (F::Luhn, _) => Value::Truth(luhn(text)),
        (F::Mod97, _) => mod97(text).map_or(Value::Null, Value::Integer),
        (F::WeightedSum, [alphabet]) => {
            weighted(text, alphabet, &rest[1..]).map_or(Value::Null, Value::Integer)
        }
        (F::JsonValid, _) => Value::Truth(serde_json::from_str::<Json>(text).is_ok()),
        (F::JsonSchema, [schema]) => {
            Value::Truth(DocumentSchema::parse(schema).expect("a schema").accepts(text))
        }
        (_, [pointer, names @ ..]) => document(function, text, pointer, names),
        (other, _) => panic!("{other:?} is not generated"),
    }
}

fn translated(text: &str, from: &str, to: &str) -> String {
    let change = |letter: char| match from.chars().position(|known| known == letter) {
        Some(place) => to.chars().nth(place),
        None => Some(letter),
    };
    text.chars().filter_map(change).collect()
}

fn luhn(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|letter| letter.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| (1..=24).contains(&digits.len())) else {
        return false;
    };
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

fn mod97(text: &str) -> Option<i128> {
    let mut digits = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            'A'..='Z' => digits += &(u32::from(letter) - u32::from('A') + 10).to_string(),
            _ => return None,
        }
    }
    let fits = (1..=40).contains(&text.chars().count());
    fits.then(|| digits.bytes().fold(0, |rest, digit| (rest * 10 + i128::from(digit - b'0')) % 97))
}

fn weighted(text: &str, alphabet: &str, weights: &[Value]) -> Option<i128> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() != weights.len() {
        return None;
    }
    let terms = letters.iter().zip(weights).map(|(letter, weight)| {
        let place = alphabet.chars().position(|known| known == *letter)?;
        let Value::Integer(weight) = weight else { return None };
        Some(weight * place as i128)
    });
    terms.sum()
}

fn document(function: Function, text: &str, pointer: &str, names: &[&str]) -> Value {
    let Ok(document) = serde_json::from_str::<Json>(text) else { return Value::Null };
    let Some(found) = document.pointer(pointer) else { return Value::Null };
    match function {
        Function::JsonType => Value::Text(
            match found {
                Json::Null => "null",
                Json::Bool(_) => "boolean",
                Json::Number(_) => "number",
                Json::String(_) => "string",
                Json::Array(_) => "array",
                Json::Object(_) => "object",
            }
            .to_owned(),
        ),
        Function::JsonText => match found {
            Json::Null => Value::Null,
            Json::String(text) => Value::Text(text.clone()),
            other => Value::Text(other.to_string()),
        },
        Function::JsonLength => {
            Value::Integer(found.as_array().map_or(0, |list| list.len() as i128))
        }
        Function::JsonKeysWithin => {
            let keys = found.as_object();
            let known = |(key, _): (&String, &Json)| names.contains(&key.as_str());
            Value::Truth(keys.is_none_or(|keys| keys.iter().all(known)))
        }
        other => panic!("{other:?} is not generated"),
    }
}
