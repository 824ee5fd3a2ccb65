//! `cast`: a column is converted to a type.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::{Lowered, Site};
use super::{StepRule, format};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{OnParseError, StepBody};
use crate::problem::{Pointer, Problem};

pub(super) struct Cast;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The column.
    column: ColumnName,
    /// The type that it has from here on.
    to: DataType,
    /// A strftime pattern of days, instants or times in text; without one, the schema's where the type is
    /// the declared one, or else ISO 8601.
    #[serde(default)]
    format: Option<String>,
    /// What happens to a value that does not fit the type.
    #[serde(default)]
    on_failure: OnParseError,
}

impl StepRule for Cast {
    type Parameters = Parameters;
    const NAME: &'static str = "cast";
    const DOC: Doc = Doc {
        summary: "Converts a column to a type, at this place and with this format.",
        semantics: "In text formats every column is converted to its declared type anyway, when a step first \
                    needs it or after the last one; `cast` says where, with which format, and what becomes of \
                    a value that does not fit: its row goes to the rejects, or it becomes null and is \
                    recorded there. Nulls stay null. After the last step a column must be of its declared \
                    type. All rows are converted, so there is no `where`. In Parquet nothing is converted unless a `cast` says so.",
        good: "step_id: us-dates\nstep_type: cast\nparameters: {column: day, to: date, format: \"%m/%d/%Y\"}\n",
        bad: "step_id: us-dates\nstep_type: cast\nparameters: {column: day, to: date, format: MM/DD/YYYY}\n",
    };
    const ON_TEXT: bool = true;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let Some(pattern) = &parameters.format else { return Vec::new() };
        let place = Pointer::from("format");
        if parameters.to.family() != Family::Temporal {
            let message = format!("a format is for days and times, not for `{}`", parameters.to);
            return vec![Problem::new(Code::BadValue, place, message).at_key()];
        }
        match format::check(pattern) {
            Ok(()) => Vec::new(),
            Err(message) => vec![
                Problem::new(Code::BadValue, place, message)
                    .hint("write such as `%d.%m.%Y %H:%M:%S`"),
            ],
        }
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        vec![parameters.column.clone()]
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let column = site.find(&parameters.column, "column".into())?;
        let body = StepBody::Parse {
            column: column.name.clone(),
            to: parameters.to,
            format: parameters.format.clone(),
            reject_row: parameters.on_failure == OnParseError::RejectRow,
        };
        let title = format!("convert `{}` to {}", column.name, parameters.to);
        Ok(vec![Lowered::new(title, body)])
    }
}
