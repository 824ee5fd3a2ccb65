//! `standardize_phone`: telephone numbers are written in one way.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, say};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function, Otherwise};
use crate::problem::Problem;

pub(super) struct StandardizePhone;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// The country of numbers that do not say theirs, as ISO 3166-1 alpha-2.
    country: String,
    /// How numbers are written.
    #[serde(default)]
    form: Form,
    /// What becomes of a value that is none.
    #[serde(default)]
    otherwise: Otherwise,
}

/// How numbers are written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Form {
    /// `+49301234567`, as ITU-T E.164 has it.
    #[default]
    E164,
    /// The digits of the national number alone; numbers of other countries begin with `+`.
    National,
}

/// How numbers of a country are dialled.
struct Plan {
    country: &'static str,
    calling_code: &'static str,
    trunk: Option<&'static str>,
    international: &'static str,
    digits: (&'static str, &'static str),
}

fn plans() -> impl Iterator<Item = Plan> {
    let lines = include_str!("data/phones.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let parts: Vec<_> = line.split_whitespace().collect();
        let [country, calling_code, trunk, international, least, most] = parts[..] else {
            return None;
        };
        let trunk = (trunk != "-").then_some(trunk);
        Some(Plan { country, calling_code, trunk, international, digits: (least, most) })
    })
}

impl Plan {
    fn of(country: &str) -> Option<Self> {
        plans().find(|plan| plan.country == country)
    }
}

fn number(value: Expr, plan: &Plan, form: Form) -> Expr {
    let space = say::SPACE;
    let extension = format!(r"(?i){space}*(?:ext\.?|extension|x|#){space}*[0-9]{{1,6}}{space}*$");
    let bare = say::replaced(value, &extension, "");
    let bare = say::replaced(bare, &format!(r"(?i)^{space}*tel:"), "");
    let bare = say::replaced(bare, &format!(r"\(0\)|{space}|[().‐‑–/-]"), "");
    let bare = say::replaced(bare, &format!(r"^{}([1-9])", plan.international), r"+\1");
    let trunk = plan.trunk.map_or(String::new(), |trunk| format!("(?:{trunk})?"));
    let (least, most) = plan.digits;
    // With its calling code a number has eight digits at least.
    let least = least.parse::<usize>().unwrap_or(0).max(8 - plan.calling_code.len());
    // A number at home may also be written with its calling code behind a `+`.
    let (first, rest) = match plan.trunk {
        // Where there is a trunk prefix, no number begins with its digit.
        Some(_) => ("[1-9]", (least - 1, most.parse::<usize>().unwrap_or(15) - 1)),
        None => ("[0-9]", (least - 1, most.parse::<usize>().unwrap_or(15) - 1)),
    };
    let national = format!("{first}[0-9]{{{},{}}}", rest.0, rest.1);
    let home = format!(r"(?:\+{}{trunk}|{trunk})({national})", plan.calling_code);
    let digits = say::extracted(bare.clone(), &format!("^{home}$"), 1);
    let digits = match form {
        Form::E164 => say::concat([say::text(format!("+{}", plan.calling_code)), digits]),
        Form::National => digits,
    };
    say::cases(vec![(say::matches(bare.clone(), &home), digits), (abroad(&bare, plan), bare)])
}

/// Whether a number names another country.
fn abroad(bare: &Expr, plan: &Plan) -> Expr {
    let whole = say::matches(bare.clone(), r"\+[1-9][0-9]{7,14}");
    let own = say::text(format!("+{}", plan.calling_code));
    let is_own = Expr::call(Function::StartsWith, [bare.clone(), own]);
    Expr::all([whole, Expr::call(Function::Not, [is_own])])
}

impl StepRule for StandardizePhone {
    type Parameters = Parameters;
    const NAME: &'static str = "standardize_phone";
    const DOC: Doc = Doc {
        summary: "Writes telephone numbers in one way.",
        semantics: "Blanks, points, hyphens, slashes, brackets and an extension at the end do not count. A \
                    number that begins with `+` or the country's international prefix names its country; \
                    others are of `country`, and its trunk prefix, such as the first `0` of `030 901820`, \
                    goes. The result has 8 to 15 digits, a national number as many as numbers of the country \
                    have. What is no number stays as it was, or with `otherwise` becomes null or sends its \
                    row to the rejects. Whether the number is in use nobody asks.",
        good: "step_id: one-phone\nstep_type: standardize_phone\nparameters: {columns: [phone], country: DE, otherwise: set_null}\n",
        bad: "step_id: one-phone\nstep_type: standardize_phone\nparameters: {columns: [phone], country: Germany}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        if Plan::of(&parameters.country).is_some() {
            return Vec::new();
        }
        let message = format!("telephone numbers of `{}` are not known", parameters.country);
        let known: Vec<_> = plans().map(|plan| plan.country).collect();
        let problem = Problem::new(Code::BadValue, "country".into(), message);
        vec![
            problem
                .did_you_mean(&parameters.country.to_uppercase(), known.iter().copied())
                .or_hint(|| format!("known are {}", known.join(", "))),
        ]
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let Some(plan) = Plan::of(&parameters.country) else { return Ok(Vec::new()) };
        let set = columns.into_iter().flat_map(|column| {
            let value = Expr::column(&column.name);
            let title = format!("write `{}` as a telephone number", column.name);
            let reason = format!("`{}` is not a telephone number", column.name);
            site::settled(
                column,
                title,
                (number(value, &plan, parameters.form), parameters.otherwise),
                reason,
            )
        });
        Ok(set.collect())
    }
}
