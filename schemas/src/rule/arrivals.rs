//! `arrivals`: rows arrive in every window of time.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::literal;
use crate::plan::{Arrivals as Plan, Body};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct Arrivals;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The length of a window, in whole seconds: `1h`, `1d`.
    every: String,
    /// The fewest rows of a window; 1 unless said.
    #[serde(default)]
    #[schemars(range(min = 1))]
    min_rows: Option<u64>,
    /// Windows without rows after the last row count too, up to the start of the run.
    #[serde(default)]
    until_now: bool,
    /// Windows with too few rows that are tolerated.
    #[serde(default)]
    max_windows: u64,
}

impl Parameters {
    fn seconds(&self) -> Result<u64, String> {
        let seconds = literal::duration(&self.every)?;
        match seconds {
            _ if seconds < 1.0 || seconds.fract() != 0.0 => {
                Err("a window is a whole number of seconds, at least 1".to_owned())
            }
            _ => Ok(seconds as u64),
        }
    }
}

impl Rule for Arrivals {
    type Parameters = Parameters;
    const NAME: &'static str = "arrivals";
    const DOC: Doc = Doc {
        summary: "Rows arrive in every window of time.",
        semantics: "Time is cut into windows of equal length, which begin at whole multiples of it since \
                    1970-01-01 UTC: with `1d`, at midnight UTC. Judged are the windows from the first that \
                    holds a row to the last; with `until_now: true`, to the last that had ended when the run \
                    started, if that is later. The figure is the number of windows with fewer than \
                    `min_rows` rows, at most `max_windows` of them. Rows without a time take no part; without \
                    any, nothing is evaluated. No row is marked. One grouping by window.",
        good: "rule_id: no-empty-hour\nrule_type: arrivals\ncolumn: pickup_at\nparameters: {every: 1h}\n",
        bad: "rule_id: no-empty-hour\nrule_type: arrivals\ncolumn: pickup_at\nparameters: {every: hourly}\n",
    };
    const DIMENSION: Dimension = Dimension::Timeliness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let fault = |message| Problem::new(Code::BadValue, Pointer::from("every"), message);
        parameters.seconds().err().map(fault).into_iter().collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        let refuse =
            |message: String| Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
        if !matches!(field.data_type, DataType::Date | DataType::Timestamp) {
            return refuse(format!(
                "`arrivals` takes columns of days or instants, but `{}` is of type `{}`",
                field.name, field.data_type
            ));
        }
        target.takes_no_nulls(Self::NAME, "nulls arrive at no time; add a `not_null` rule")?;
        let seconds = parameters
            .seconds()
            .map_err(|text| vec![Problem::new(Code::BadValue, super::parameter("every"), text)])?;
        if field.data_type == DataType::Date && seconds % 86_400 != 0 {
            return refuse(format!(
                "`{}` holds days, so a window is a whole number of days, not `{}`",
                field.name, parameters.every
            ));
        }
        let min_rows = parameters.min_rows.unwrap_or(1);
        let rows = if min_rows == 1 { "a row".to_owned() } else { format!("{min_rows} rows") };
        Ok(Lowered {
            title: format!("every {} of `{}` has {rows}", parameters.every, field.name),
            columns: vec![field.name.clone()],
            body: Body::Arrivals(Plan {
                column: field.name.clone(),
                seconds,
                min_rows,
                until_now: parameters.until_now,
                max_windows: parameters.max_windows,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn a_window_is_a_length_that_the_column_can_tell() {
        let fields = fields(&[("at", "timestamp"), ("day", "date"), ("n", "integer")]);
        let title = |every: &str, column| {
            lower("arrivals", json!({"every": every}), Some(column), &fields).map(|l| l.title)
        };
        assert_eq!(title("1h", "at").unwrap(), "every 1h of `at` has a row");
        assert!(title("1h", "day").is_err());
        assert!(title("1d", "day").is_ok());
        assert!(title("1d", "n").is_err());
        assert_eq!(problems("arrivals", json!({"every": "1ms"})), ["/every"]);
        assert_eq!(problems("arrivals", json!({"every": "1h", "min_rows": 0})), ["/min_rows"]);
    }
}
