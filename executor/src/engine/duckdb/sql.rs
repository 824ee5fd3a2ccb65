//! Expressions of the plan as SQL, with exactly the meaning that the plan's documentation gives them.
//!
//! Everything that comes from an author or from data passes through [`identifier`] or [`text`].

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Expr, Function, Literal, PseudonymForm};
use assay_schemas::problem::nearest;

use super::types::Column;
use super::{cast, digits, document, figure, functions};

/// A quoted name.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted text.
pub(super) fn text(value: &str) -> String {
    // A statement is a C string, so the one character that cannot be in it is made by a function.
    let parts: Vec<_> =
        value.split('\0').map(|part| format!("'{}'", part.replace('\'', "''"))).collect();
    match parts.len() {
        1 => parts.concat(),
        _ => format!("({})", parts.join(" || chr(0) || ")),
    }
}

/// An instant in microseconds since 1970-01-01 UTC.
pub(super) fn instant(microseconds: i64) -> String {
    format!("make_timestamp({microseconds})")
}

/// What expressions are read against: the columns of a relation and the start of the run.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The columns in reach.
    pub(super) columns: &'a [Column],
    /// Microseconds since 1970-01-01 UTC.
    pub(super) now: i64,
}

/// Why an expression cannot be said in SQL, in words for people.
pub(super) type Unsaid = String;

impl Scope<'_> {
    /// The column `name`.
    ///
    /// # Errors
    /// There is none, or only one spelled otherwise.
    pub(super) fn column(&self, name: &ColumnName) -> Result<&Column, Unsaid> {
        self.columns.iter().find(|column| column.name == name.as_str()).ok_or_else(|| {
            let known = self.columns.iter().map(|column| column.name.as_str());
            match nearest(name.as_str(), known) {
                Some(near) => format!("there is no column `{name}`; did you mean `{near}`?"),
                None => format!("there is no column `{name}`"),
            }
        })
    }

    /// Each of `names` quoted, all of them known.
    pub(super) fn known(&self, names: &[ColumnName]) -> Result<Vec<String>, Unsaid> {
        names.iter().map(|name| self.column(name).map(|found| identifier(&found.name))).collect()
    }

    /// The type of a column.
    pub(super) fn type_of(&self, name: &ColumnName) -> Option<DataType> {
        self.column(name).ok().and_then(|column| column.data_type)
    }

    /// `expression` as SQL, in brackets where it needs them.
    pub(super) fn say(&self, expression: &Expr) -> Result<String, Unsaid> {
        match expression {
            Expr::Column { name } => self.column(name).map(|column| identifier(&column.name)),
            Expr::Literal { value } => literal(value),
            Expr::Now => Ok(instant(self.now)),
            Expr::Call { function, arguments } => self.call(*function, arguments),
            Expr::Cast { value, to, format } => {
                let from = self.infer(value);
                Ok(format!("({})", cast::cast(&self.say(value)?, from, *to, format.as_deref())))
            }
            Expr::In { value, set } => {
                let value = self.say(value)?;
                if set.is_empty() {
                    return Ok(format!("(CASE WHEN {value} IS NOT NULL THEN false END)"));
                }
                let set: Result<Vec<_>, _> = set.iter().map(literal).collect();
                Ok(format!("({value} IN ({}))", set?.join(", ")))
            }
            Expr::Matches { value, pattern, whole } => {
                let function = if *whole { "regexp_full_match" } else { "regexp_matches" };
                Ok(format!("{function}({}, {})", self.say(value)?, text(pattern)))
            }
            Expr::ReplaceMatches { value, pattern, replacement } => Ok(format!(
                "regexp_replace({}, {}, {}, 'g')",
                self.say(value)?,
                text(pattern),
                text(replacement)
            )),
            Expr::Extract { value, pattern, group } => Ok(format!(
                "nullif(regexp_extract({}, {}, {group}), '')",
                self.say(value)?,
                text(pattern)
            )),
            Expr::Pseudonym { value, secret, form } => {
                let (form, prefix) = match form {
                    PseudonymForm::Hex => ("hex", ""),
                    PseudonymForm::Shape => ("shape", ""),
                    PseudonymForm::Token { prefix } => ("token", prefix.as_str()),
                };
                let (secret, prefix) = (text(secret), text(prefix));
                let value = self.say(value)?;
                Ok(format!("{}({value}, {secret}, '{form}', {prefix})", functions::PSEUDONYM))
            }
            Expr::Case { branches, otherwise } => {
                let branches: Result<Vec<_>, Unsaid> = branches
                    .iter()
                    .map(|(condition, result)| {
                        Ok(format!("WHEN {} THEN {}", self.say(condition)?, self.say(result)?))
                    })
                    .collect();
                let otherwise = self.say(otherwise)?;
                let branches = branches?;
                if branches.is_empty() {
                    return Ok(otherwise);
                }
                Ok(format!("(CASE {} ELSE {otherwise} END)", branches.join(" ")))
            }
            Expr::Figure { metric } => figure::of_dataset(self, metric),
        }
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Result<String, Unsaid> {
        let said: Result<Vec<_>, _> = arguments.iter().map(|argument| self.say(argument)).collect();
        let said = said?;
        let joined = |operator: &str| format!("({})", said.join(operator));
        let named = |name: &str| format!("{name}({})", said.join(", "));
        Ok(match function {
            Function::And if said.is_empty() => "true".into(),
            Function::Or if said.is_empty() => "false".into(),
            Function::And => joined(" AND "),
            Function::Or => joined(" OR "),
            Function::Least | Function::Greatest | Function::Coalesce if said.is_empty() => {
                "NULL".into()
            }
            Function::Least => named("least"),
            Function::Greatest => named("greatest"),
            Function::Coalesce => named("coalesce"),
            Function::Tuple => named("row"),
            Function::Concat => {
                let texts = said.iter().map(|value| format!("CAST({value} AS VARCHAR)"));
                format!("({})", texts.chain(["''".to_owned()]).collect::<Vec<_>>().join(" || "))
            }
            Function::Round => match said.as_slice() {
                [value] => format!("round({value})"),
                [value, digits] => format!("round({value}, {digits})"),
                other => return Err(arity(function, other.len())),
            },
            Function::Replace | Function::Substring | Function::Translate => {
                let name = match function {
                    Function::Replace => "replace",
                    Function::Substring => "substring",
                    _ => "translate",
                };
                match said.as_slice() {
                    [_, _, _] => named(name),
                    other => return Err(arity(function, other.len())),
                }
            }
            Function::Normalize => named(functions::NORMALIZE),
            Function::Trim => named(functions::TRIM),
            Function::TitleCase => named(functions::TITLE_CASE),
            Function::Similarity => named(functions::SIMILARITY),
            Function::JsonSchema => named(functions::JSON_SCHEMA),
            Function::WeightedSum => match said.as_slice() {
                [text, _, _, ..] => digits::weighted_sum(text, arguments)?,
                other => return Err(arity(function, other.len())),
            },
            Function::JsonType
            | Function::JsonText
            | Function::JsonLength
            | Function::JsonKeysWithin => match said.as_slice() {
                [document, _, names @ ..] => document::at(function, document, arguments, names)?,
                other => return Err(arity(function, other.len())),
            },
            Function::Equal
            | Function::NotEqual
            | Function::Less
            | Function::LessOrEqual
            | Function::Greater
            | Function::GreaterOrEqual
            | Function::Add
            | Function::Subtract
            | Function::Multiply
            | Function::Divide
            | Function::Modulo
            | Function::NullIf
            | Function::StartsWith
            | Function::EndsWith
            | Function::Contains
            | Function::AddSeconds
            | Function::SecondsBetween => match said.as_slice() {
                [a, b] => self.binary(function, arguments, a, b),
                other => return Err(arity(function, other.len())),
            },
            _ => match said.as_slice() {
                [a] => unary(function, a),
                other => return Err(arity(function, other.len())),
            },
        })
    }

    fn binary(&self, function: Function, arguments: &[Expr], a: &str, b: &str) -> String {
        // Constants alone would be computed in 32 bits.
        let wide = |value: &str| match self.all_integer_literals(arguments) {
            true => format!("CAST({value} AS BIGINT)"),
            false => value.to_owned(),
        };
        match function {
            Function::Equal => format!("({a} = {b})"),
            Function::NotEqual => format!("({a} <> {b})"),
            Function::Less => format!("({a} < {b})"),
            Function::LessOrEqual => format!("({a} <= {b})"),
            Function::Greater => format!("({a} > {b})"),
            Function::GreaterOrEqual => format!("({a} >= {b})"),
            Function::Add => format!("({} + {b})", wide(a)),
            Function::Subtract => format!("({} - {b})", wide(a)),
            Function::Multiply => format!("({} * {b})", wide(a)),
            Function::Divide => {
                format!("(CAST({a} AS DOUBLE) / nullif(CAST({b} AS DOUBLE), 0))")
            }
            Function::Modulo => format!("({a} % nullif({b}, 0))"),
            Function::NullIf => format!("nullif({a}, {b})"),
            // `starts_with` of the empty text is simplified wrongly in conditions.
            Function::StartsWith => format!("prefix({a}, {b})"),
            Function::EndsWith => format!("suffix({a}, {b})"),
            Function::Contains => format!("contains({a}, {b})"),
            Function::AddSeconds => format!("({a} + to_seconds({b}))"),
            // `call` sends nothing else here.
            _ => format!(
                "((epoch_us(CAST({a} AS TIMESTAMP)) - epoch_us(CAST({b} AS TIMESTAMP))) / 1e6)"
            ),
        }
    }

    fn all_integer_literals(&self, arguments: &[Expr]) -> bool {
        arguments.iter().all(|argument| {
            matches!(argument, Expr::Literal { value: Literal::Integer(_) })
                || matches!(argument, Expr::Call { .. })
                    && self.infer(argument) == Some(DataType::Integer)
        })
    }

    /// The type of an expression, where it can be told without the engine.
    pub(super) fn infer(&self, expression: &Expr) -> Option<DataType> {
        expression.data_type(&|name| self.type_of(name))
    }
}

fn unary(function: Function, a: &str) -> String {
    match function {
        Function::Not => format!("(NOT {a})"),
        Function::IsNull => format!("({a} IS NULL)"),
        Function::IsNotNull => format!("({a} IS NOT NULL)"),
        Function::IsNan => format!("isnan(CAST({a} AS DOUBLE))"),
        Function::Negate => format!("(- {a})"),
        Function::Absolute => format!("abs({a})"),
        Function::Lower => format!("lower({a})"),
        Function::Upper => format!("upper({a})"),
        Function::Year => format!("year({a})"),
        Function::Month => format!("month({a})"),
        Function::Day => format!("day({a})"),
        Function::DayOfWeek => format!("dayofweek({a})"),
        Function::Hour => format!("hour({a})"),
        Function::Minute => format!("minute({a})"),
        Function::Luhn => digits::luhn(a),
        Function::Mod97 => digits::mod97(a),
        Function::JsonValid => document::valid(a),
        // `call` sends nothing but `Length` here.
        _ => format!("length({a})"),
    }
}

fn arity(function: Function, given: usize) -> Unsaid {
    format!("the plan calls {function:?} with {given} arguments, which it does not take")
}

/// A typed constant.
pub(super) fn literal(value: &Literal) -> Result<String, Unsaid> {
    Ok(match value {
        Literal::Null => "NULL".into(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) if *value < 0 => format!("({value})"),
        Literal::Integer(value) => value.to_string(),
        Literal::Double(value) if value.is_finite() => format!("({value:e})"),
        Literal::Double(value) => format!("CAST({} AS DOUBLE)", text(&value.to_string())),
        Literal::Decimal(digits) => digits::decimal(digits)?,
        Literal::Text(value) => text(value),
        Literal::Date(day) => format!("CAST({} AS DATE)", text(day)),
        Literal::Timestamp(instant) => format!("CAST({} AS TIMESTAMP)", text(instant)),
    })
}
