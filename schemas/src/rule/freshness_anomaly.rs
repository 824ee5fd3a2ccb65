//! `freshness_anomaly`: the newest instant is as old as the past lets expect.

use super::anomaly::{Parameters, of_the_past};
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::plan::{Expr, Measure, Metric, MetricFunction};
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct FreshnessAnomaly;

impl Rule for FreshnessAnomaly {
    type Parameters = Parameters;
    const NAME: &'static str = "freshness_anomaly";
    const DOC: Doc = Doc {
        summary: "The newest day or instant is as old as earlier runs let expect.",
        semantics: of_the_past!(
            "The age in seconds of the greatest value at the start of the run, both in UTC, among the rows that pass `where`,"
        ),
        good: "rule_id: usual-age\nrule_type: freshness_anomaly\ncolumn: pickup_at\nparameters: {direction: spike}\n",
        bad: "rule_id: usual-age\nrule_type: freshness_anomaly\ncolumn: pickup_at\nparameters: {direction: up}\n",
    };
    const DIMENSION: Dimension = Dimension::Timeliness;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        parameters.watch().check()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let field = target.the_column()?;
        if !matches!(field.data_type, DataType::Date | DataType::Timestamp) {
            let message = format!(
                "`freshness_anomaly` takes columns of days or instants, but `{}` is of type `{}`",
                field.name, field.data_type
            );
            return Err(vec![Problem::new(Code::ColumnType, "column".into(), message)]);
        }
        target.takes_no_nulls(Self::NAME, "nulls have no age; add a `not_null` rule")?;
        let newest = Metric::of(MetricFunction::Max, Expr::column(&field.name));
        let words = format!("the age of the newest `{}`", field.name);
        let measure = Measure::Age { metric: newest };
        Ok(parameters.watch().lower(&words, vec![field.name.clone()], measure))
    }
}
