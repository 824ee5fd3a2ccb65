//! Bounds as formulas: `mean + 3 * stddev`, `0.5 * last(10).row_count`, `max(last(7))`.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = factor { ("*" | "/") factor }
//! factor  = "-" factor | number | "(" sum ")" | figure | past | name "(" past ")"
//! figure  = name [ "(" column ")" ]
//! past    = "last" "(" runs ")" [ "." figure ]
//! ```

use super::Target;
use crate::datatype::Family;
use crate::id::ColumnName;
use crate::plan::{
    Aggregate, Expr, Field, Formula, Function, Measure, Metric, MetricFunction, Operator,
};

/// Figures that a formula may name.
const FIGURES: &str =
    "row_count, null_ratio, distinct_count, mean, median, min, max, sum, stddev and variance";

/// Earlier runs that a formula may look back at.
const MOST_RUNS: u32 = 1000;

/// Reads a formula; figures without a column are of the rule's own.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(text: &str, target: &Target<'_>) -> Result<Formula, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, at: 0, target };
    let formula = reader.sum(0)?;
    match reader.tokens.get(reader.at) {
        // A day in the wrong place would be a subtraction.
        None if !names_a_figure(&formula) => Err(format!(
            "`{text}` names no figure: write a number, or a formula such as `mean * 2`"
        )),
        None => Ok(formula),
        Some(token) => Err(format!("`{}` is not expected there", token.text)),
    }
}

/// Whether anything in it is to be measured.
fn names_a_figure(formula: &Formula) -> bool {
    match formula {
        Formula::Number { .. } => false,
        Formula::Figure { .. } | Formula::Past { .. } => true,
        Formula::Arithmetic { left, right, .. } => names_a_figure(left) || names_a_figure(right),
    }
}

#[derive(Debug)]
struct Token {
    text: String,
    number: Option<f64>,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            let part = |c: char| c.is_ascii_digit() || c == '.';
            rest.find(|c| !part(c)).unwrap_or(rest.len())
        } else if first.is_alphabetic() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if "+-*/().".contains(first) {
            1
        } else {
            return Err(format!("`{first}` is no part of a formula"));
        };
        let (token, after) = rest.split_at(length);
        let number = match first.is_ascii_digit() {
            true => Some(token.parse().map_err(|_| format!("`{token}` is no number"))?),
            false => None,
        };
        found.push(Token { text: token.to_owned(), number });
        rest = after.trim_start();
    }
    Ok(found)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    target: &'a Target<'a>,
}

impl Reader<'_> {
    fn takes(&mut self, text: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.text == text);
        self.at += usize::from(found);
        found
    }

    fn wants(&mut self, text: &str) -> Result<(), String> {
        if self.takes(text) {
            return Ok(());
        }
        match self.tokens.get(self.at) {
            Some(token) => Err(format!("`{text}` is expected where `{}` stands", token.text)),
            None => Err(format!("`{text}` is missing at the end")),
        }
    }

    fn next(&mut self) -> Result<&Token, String> {
        let token = self.tokens.get(self.at).ok_or("the formula ends too early")?;
        self.at += 1;
        Ok(token)
    }

    fn sum(&mut self, depth: u32) -> Result<Formula, String> {
        let mut left = self.product(depth)?;
        loop {
            let operator = match () {
                () if self.takes("+") => Operator::Add,
                () if self.takes("-") => Operator::Subtract,
                () => return Ok(left),
            };
            left = both(operator, left, self.product(depth)?);
        }
    }

    fn product(&mut self, depth: u32) -> Result<Formula, String> {
        let mut left = self.factor(depth)?;
        loop {
            let operator = match () {
                () if self.takes("*") => Operator::Multiply,
                () if self.takes("/") => Operator::Divide,
                () => return Ok(left),
            };
            left = both(operator, left, self.factor(depth)?);
        }
    }

    fn factor(&mut self, depth: u32) -> Result<Formula, String> {
        if depth > 50 {
            return Err("the formula is nested too deep".to_owned());
        }
        if self.takes("-") {
            let value = self.factor(depth + 1)?;
            return Ok(both(Operator::Multiply, Formula::Number { value: -1.0 }, value));
        }
        if self.takes("(") {
            let inner = self.sum(depth + 1)?;
            self.wants(")")?;
            return Ok(inner);
        }
        let token = self.next()?;
        if let Some(value) = token.number {
            return Ok(Formula::Number { value });
        }
        let name = token.text.clone();
        if name == "last" {
            return self.past(Aggregate::Mean);
        }
        let opens = self.tokens.get(self.at).is_some_and(|token| token.text == "(");
        let looks_back = self.tokens.get(self.at + 1).is_some_and(|token| token.text == "last");
        if opens && looks_back {
            let aggregate = aggregate(&name)?;
            self.at += 2;
            let past = self.past(aggregate)?;
            self.wants(")")?;
            return Ok(past);
        }
        Ok(Formula::Figure { measure: Box::new(self.figure(&name)?) })
    }

    /// What stands behind `last`.
    fn past(&mut self, aggregate: Aggregate) -> Result<Formula, String> {
        self.wants("(")?;
        let token = self.next()?;
        let runs = token.text.parse().ok().filter(|runs| (1..=MOST_RUNS).contains(runs));
        let runs = runs.ok_or_else(|| {
            format!("`last` takes a number of runs from 1 to {MOST_RUNS}, not `{}`", token.text)
        })?;
        self.wants(")")?;
        let measure = match self.takes(".") {
            true => {
                let name = self.next()?.text.clone();
                Some(Box::new(self.figure(&name)?))
            }
            false => None,
        };
        Ok(Formula::Past { aggregate, runs, measure })
    }

    fn figure(&mut self, name: &str) -> Result<Measure, String> {
        if name == "row_count" {
            return Ok(Measure::Metric { metric: Metric::rows() });
        }
        let function = match name {
            "null_ratio" => None,
            "distinct_count" => Some(MetricFunction::CountDistinct),
            "mean" => Some(MetricFunction::Mean),
            "median" => Some(MetricFunction::Quantile { q: 0.5 }),
            "min" => Some(MetricFunction::Min),
            "max" => Some(MetricFunction::Max),
            "sum" => Some(MetricFunction::Sum),
            "stddev" | "standard_deviation" => Some(MetricFunction::StandardDeviation),
            "variance" => Some(MetricFunction::Variance),
            _ => return Err(format!("there is no figure `{name}`; there are {FIGURES}")),
        };
        let field = self.column(name)?;
        let value = Expr::column(&field.name);
        let Some(function) = function else {
            let null = Expr::call(Function::IsNull, [value]);
            let part = Metric::rows().filtered(Some(null));
            return Ok(Measure::Ratio { part, whole: Metric::rows() });
        };
        let counts = function == MetricFunction::CountDistinct;
        if !counts && field.data_type.family() != Family::Number {
            return Err(format!(
                "`{name}` wants a column of numbers, and `{}` is of type `{}`",
                field.name, field.data_type
            ));
        }
        Ok(Measure::Metric { metric: Metric::of(function, value) })
    }

    /// The column in brackets, or the rule's own.
    fn column(&mut self, figure: &str) -> Result<&Field, String> {
        let target = self.target;
        if !self.takes("(") {
            let own = target.column;
            return own.ok_or_else(|| format!("`{figure}` wants a column: write `{figure}(name)`"));
        }
        let name = self.next()?.text.clone();
        self.wants(")")?;
        let known = ColumnName::new(&*name).ok();
        let field = known.and_then(|name| target.fields.iter().find(|field| field.name == name));
        field.ok_or_else(|| format!("the dataset has no column `{name}`"))
    }
}

fn both(operator: Operator, left: Formula, right: Formula) -> Formula {
    Formula::Arithmetic { operator, left: Box::new(left), right: Box::new(right) }
}

fn aggregate(name: &str) -> Result<Aggregate, String> {
    Ok(match name {
        "mean" | "avg" => Aggregate::Mean,
        "median" => Aggregate::Median,
        "min" => Aggregate::Min,
        "max" => Aggregate::Max,
        "stddev" | "standard_deviation" => Aggregate::StandardDeviation,
        "sum" => Aggregate::Sum,
        _ => {
            return Err(format!(
                "`{name}` makes nothing of earlier runs; mean, median, min, max, sum and stddev do"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower};

    #[test]
    fn formulas_are_read_with_their_figures() {
        let fields = fields(&[("fare", "decimal(10,2)"), ("tip", "double"), ("name", "text")]);
        for good in [
            "mean + 3 * stddev",
            "0.5 * last(10).row_count",
            "max(last(7)) * 1.1",
            "-(median(tip) / 2) + min(last(3).sum(tip))",
            "row_count / distinct_count(name)",
        ] {
            let lowered = lower("max", json!({"max": good}), Some("fare"), &fields);
            let body = serde_json::to_value(lowered.unwrap().body).unwrap();
            assert_eq!(body["bounds"]["adapt"]["adapt"], "formulas", "{good}");
        }
        for (bad, words) in [
            ("mean + ", "ends too early"),
            ("mode", "no figure `mode`"),
            ("mean(fair)", "no column `fair`"),
            ("mean(name)", "column of numbers"),
            ("last(0)", "from 1 to 1000"),
            ("mean $ 3", "no part of a formula"),
            ("(mean", "missing at the end"),
            ("variance(last(3))", "makes nothing"),
            ("3 4", "not expected there"),
            ("2024-01-31", "names no figure"),
        ] {
            let found = lower("max", json!({"max": bad}), Some("fare"), &fields).unwrap_err();
            assert!(found[0].message.contains(words), "{bad}: {}", found[0].message);
            assert_eq!(found[0].pointer.as_str(), "/parameters/max");
        }
    }
}
