//! `parse_number`: numbers as people write them become numbers.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::Problem;

pub(super) struct ParseNumber;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// Before the fraction.
    #[serde(default = "point")]
    decimal: String,
    /// Between groups of three digits; none where it is empty.
    #[serde(default = "comma")]
    group: String,
    /// Texts that may stand before or after the number, such as `EUR` or `kg`.
    #[serde(default)]
    strip: Vec<String>,
    /// A number with `%` is a hundredth of what it says, one with `‰` a thousandth; otherwise they are no numbers.
    #[serde(default)]
    percent: bool,
    /// A number in brackets is negative.
    #[serde(default)]
    accounting: bool,
}

fn point() -> String {
    ".".to_owned()
}

fn comma() -> String {
    ",".to_owned()
}

/// A plain number in text, divided by a power of ten by moving its point, so that no digit changes. A group has
/// a number of one digit, so that `\\100` is the first group and two zeros.
fn moved_point(number: Expr, places: usize) -> Expr {
    let padded = say::replaced(number, "^(-?)", &format!(r"\1{}", "0".repeat(places)));
    let from = format!(r"([0-9]{{{places}}})(?:\.|$)([0-9]*)$");
    let moved = say::replaced(padded, &from, r".\1\2");
    say::replaced(moved, r"^(-?)0+([0-9])", r"\1\2")
}

impl Parameters {
    /// What stands between groups, as a pattern.
    fn group_class(&self) -> String {
        match self.group.as_str() {
            " " | "\u{a0}" | "\u{202f}" => r"[ \x{A0}\x{202F}\x{2009}]".to_owned(),
            "'" | "’" => "['’]".to_owned(),
            other => say::literally(other),
        }
    }

    /// Whether a value is a number: of the form, with a digit, and with both brackets or none.
    fn fits(&self, value: &Expr, form: &str) -> Expr {
        let whole = format!("^(?:{form})$");
        let part = |number: u8| say::extracted(value.clone(), &whole, number);
        let fraction =
            Expr::Matches { value: Box::new(part(4)), pattern: "[0-9]".to_owned(), whole: false };
        let digit = Expr::call(Function::Or, [part(3).is_not_null(), fraction]);
        let brackets = self.accounting.then(|| {
            let blank = format!("{}*", say::SPACE);
            say::matches(value.clone(), &format!(r"[^()]*|{blank}\([^()]*\){blank}"))
        });
        Expr::all([say::matches(value.clone(), form), digit].into_iter().chain(brackets))
    }

    /// The whole value: 1 is the opening bracket, 2 the sign, 3 the whole part, 4 the fraction with its
    /// separator, 5 the sign for per cent or per mille.
    fn form(&self) -> String {
        let blank = format!("{}*", say::SPACE);
        let words: Vec<_> = self.strip.iter().map(|text| say::literally(text)).collect();
        let around = match words.is_empty() {
            true => blank.clone(),
            false => format!("{blank}(?:(?:{}){blank})?", words.join("|")),
        };
        let bracket =
            |bracket: &str| if self.accounting { format!("({bracket})?") } else { "()".into() };
        let close = if self.accounting { r"\)?" } else { "" };
        let whole = match self.group.is_empty() {
            true => "[0-9]+".to_owned(),
            false => format!("[0-9]{{1,3}}(?:{}[0-9]{{3}})+|[0-9]+", self.group_class()),
        };
        let percent = if self.percent { format!("({blank}[%‰])?") } else { "()".to_owned() };
        format!(
            "{blank}{}{around}([+−-]?){around}({whole})?({}[0-9]*)?{percent}{around}{close}{blank}",
            bracket(r"\("),
            say::literally(&self.decimal),
        )
    }
}

impl StepRule for ParseNumber {
    type Parameters = Parameters;
    const NAME: &'static str = "parse_number";
    const DOC: Doc = Doc {
        summary: "Reads numbers with the separators of a language.",
        semantics: "Text of the form becomes a plain number such as `-1234.5`; anything else stays as it is, \
                    so that a column declared as a number rejects it. Groups have three digits each, or \
                    there are none. White space around the number, and around what is stripped, does not \
                    count; a no-break space is a blank, and `group: \" \"` reads both. Where `group` is a \
                    point and `decimal` a comma, a second pass would read `1.234` anew: use the step once. \
                    In text formats columns of every type are text until they are converted; values of other \
                    types stay.",
        good: "step_id: german-numbers\nstep_type: parse_number\nparameters: {columns: [price], decimal: \",\", group: \".\", strip: [EUR, €]}\n",
        bad: "step_id: german-numbers\nstep_type: parse_number\nparameters: {columns: [price], decimal: \",\", group: \",\"}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut fault = |field: &str, message: String| {
            problems.push(Problem::new(Code::BadValue, field.into(), message));
        };
        let single =
            |text: &str| text.chars().count() == 1 && !text.contains(char::is_alphanumeric);
        if !single(&parameters.decimal) {
            fault(
                "decimal",
                format!("`{}` is not one character between digits", parameters.decimal),
            );
        }
        if !parameters.group.is_empty() && !single(&parameters.group) {
            fault("group", format!("`{}` is not one character between digits", parameters.group));
        }
        if parameters.decimal == parameters.group {
            fault("group", "groups and fraction need different characters".to_owned());
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let (form, group) = (parameters.form(), parameters.group_class());
        Ok(site::each(columns, "read numbers of {}", |value| {
            let whole = format!("^(?:{form})$");
            let part = |number: u8| say::extracted(value.clone(), &whole, number);
            let integer = say::replaced(part(3), &group, "");
            let fraction = say::replaced(part(4), "^.", ".");
            let digits = say::concat([
                Expr::call(Function::Coalesce, [integer, say::text("0")]),
                Expr::call(Function::Coalesce, [fraction, say::text("")]),
            ]);
            let bracket = parameters.accounting.then(|| part(1).is_not_null());
            let minus = Expr::call(
                Function::Or,
                [Expr::In {
                    value: Box::new(Expr::call(Function::Coalesce, [part(2), say::text("")])),
                    set: ["-", "−"].map(|sign| crate::plan::Literal::Text(sign.into())).to_vec(),
                }]
                .into_iter()
                .chain(bracket),
            );
            let signed = say::concat([say::when(minus, say::text("-"), say::text("")), digits]);
            let number = match parameters.percent {
                true => {
                    let sign = |sign| say::matches(part(5), &format!("{}*{sign}", say::SPACE));
                    let thousandth = moved_point(signed.clone(), 3);
                    let part = say::when(sign("‰"), thousandth, signed.clone());
                    say::when(sign("%"), moved_point(signed, 2), part)
                }
                false => signed,
            };
            say::when(parameters.fits(&value, &form), number, value)
        }))
    }
}
