//! `parse_date`: days and instants in several formats become one.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{self, Lowered, Site};
use super::{StepRule, format, say, zone};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{Expr, Function};
use crate::problem::{Pointer, Problem};

pub(super) struct ParseDate;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns; without any, every column that is text at this point.
    #[serde(default)]
    columns: Vec<ColumnName>,
    /// strftime patterns, tried in this order.
    #[schemars(length(min = 1))]
    formats: Vec<String>,
    /// The values are days, or instants.
    #[serde(default)]
    to: Kind,
    /// The time zone of the instants, as `Europe/Berlin`; they become UTC. Without one they are UTC.
    #[serde(default)]
    zone: Option<String>,
}

/// What the values are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Days.
    #[default]
    Date,
    /// Instants.
    Timestamp,
}

impl StepRule for ParseDate {
    type Parameters = Parameters;
    const NAME: &'static str = "parse_date";
    const DOC: Doc = Doc {
        summary: "Reads days and instants in several formats.",
        semantics: "A value that fits one of the formats as a whole becomes ISO 8601: `2024-01-31`, or \
                    `2024-01-31 12:00:00`. The first that fits wins, so `%d/%m/%Y` before `%m/%d/%Y` reads \
                    `03/04/2024` as the third of April. Others stay as they are, so that a column declared \
                    as a day rejects what is none. With `zone` a clock time that occurs twice is the first \
                    of the two, and one that is skipped counts on from the last that was there. Years of two \
                    digits are 1969 to 2068. In text formats columns of every type are text until they are \
                    converted; values of other types stay.",
        good: "step_id: any-date\nstep_type: parse_date\nparameters: {columns: [day], formats: [\"%Y-%m-%d\", \"%d.%m.%Y\", \"%d %b %Y\"]}\n",
        bad: "step_id: any-date\nstep_type: parse_date\nparameters: {columns: [day], formats: [DD.MM.YYYY]}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let formats = parameters.formats.iter().enumerate();
        let mut problems: Vec<_> = formats
            .filter_map(|(index, pattern)| {
                let message = format::check(pattern).err()?;
                let place = Pointer::from("formats").index(index);
                let problem = Problem::new(Code::BadValue, place, message);
                Some(problem.hint("write such as `%d.%m.%Y %H:%M:%S`"))
            })
            .collect();
        if let Some(name) = &parameters.zone {
            let message = match zone::check(name) {
                Err(message) => Some(message),
                Ok(()) if parameters.to == Kind::Date => {
                    Some("a day has no time zone; set `to: timestamp`".to_owned())
                }
                Ok(()) => None,
            };
            problems.extend(message.map(|text| Problem::new(Code::BadValue, "zone".into(), text)));
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.columns.clone()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let columns = site.text_columns(Self::NAME, &parameters.columns)?;
        let to = match parameters.to {
            Kind::Date => DataType::Date,
            Kind::Timestamp => DataType::Timestamp,
        };
        Ok(site::each(columns, "read days or instants of {}", |value| {
            let read = |format: &String| {
                let read = say::cast(value.clone(), to, Some(format));
                let read = match &parameters.zone {
                    Some(zone) => zone::to_utc(read, zone),
                    None => read,
                };
                say::cast(read, DataType::Text, None)
            };
            let tried = parameters.formats.iter().map(read).collect::<Vec<_>>();
            Expr::call(Function::Coalesce, tried.into_iter().chain([value.clone()]))
        }))
    }
}
