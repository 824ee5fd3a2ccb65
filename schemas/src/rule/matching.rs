//! Figures held against those of another dataset, as `aggregate_match` and `row_count_match` share them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Target, other};
use crate::code::Code;
use crate::id::{ColumnName, DatasetContractId};
use crate::plan::{Body, Compare, Expr, Metric, MetricFunction, Relation};
use crate::problem::{Pointer, Problem};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The `dataset_contract_id` of another dataset of the same contract.
    pub(super) dataset: DatasetContractId,
    /// The rows there that count, as a condition over its columns.
    #[serde(default)]
    pub(super) other_where: Option<String>,
    /// How the figure here stands to the one there.
    #[serde(default)]
    pub(super) relation: Relation,
    /// What the figure there is multiplied with first; 1 unless said.
    #[serde(default)]
    pub(super) factor: Option<f64>,
    /// How far the two may lie apart.
    #[serde(default)]
    pub(super) tolerance: Option<f64>,
    /// The same as a share of the figure there: 0.01 is one in a hundred.
    #[serde(default)]
    pub(super) relative_tolerance: Option<f64>,
}

impl Parameters {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = other::check_apart(self.tolerance, self.relative_tolerance);
        problems.extend(other::check_filter(self.other_where.as_deref()));
        if self.factor.is_some_and(|factor| factor <= 0.0) {
            let message = "`factor` is greater than 0";
            problems.push(Problem::new(Code::BadValue, Pointer::from("factor"), message));
        }
        problems
    }
}

/// The two figures that are compared.
pub(super) struct Figures {
    /// Which figure.
    pub(super) function: MetricFunction,
    /// Of which column here; `None` counts rows.
    pub(super) here: Option<ColumnName>,
    /// Of which column there.
    pub(super) there: Option<ColumnName>,
    /// The figure in words.
    pub(super) words: String,
}

/// The plan of a comparison.
pub(super) fn lower(
    rule: &str,
    parameters: &Parameters,
    figures: &Figures,
    target: &Target<'_>,
) -> Result<Lowered, Vec<Problem>> {
    target.takes_no_nulls(rule, "no values are judged")?;
    let declared = other::fields(&parameters.dataset, target)?;
    let filter = other::filter(parameters.other_where.as_deref(), &declared)?;
    let metric = |column: &Option<ColumnName>| Metric {
        function: figures.function.clone(),
        value: column.as_ref().map(Expr::column),
        filter: None,
    };
    let tolerance = other::apart(parameters.tolerance, parameters.relative_tolerance);
    let factor = parameters.factor.unwrap_or(1.0);
    let relation = match parameters.relation {
        Relation::Equal => "",
        Relation::AtMost => "at most ",
        Relation::AtLeast => "at least ",
    };
    let times = if factor == 1.0 { String::new() } else { format!("{factor} × ") };
    let title = format!(
        "{} is {relation}{times}that of `{}`{}",
        figures.words,
        parameters.dataset,
        other::apart_words(&tolerance)
    );
    Ok(Lowered {
        title,
        columns: figures.here.iter().cloned().collect(),
        body: Body::Compare(Compare {
            metric: metric(&figures.here),
            dataset: parameters.dataset.as_str().to_owned(),
            other: metric(&figures.there).filtered(filter),
            factor,
            relation: parameters.relation,
            tolerance,
        }),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn a_figure_is_held_against_one_of_another_dataset() {
        let fields = fields(&[("zone", "integer"), ("label", "text")]);
        let parameters = json!({
            "dataset": "zones", "other_where": "zone_id > 3", "factor": 2, "relation": "at_most",
            "relative_tolerance": 0.05,
        });
        let lowered = lower("row_count_match", parameters, None, &fields).unwrap();
        assert_eq!(
            lowered.title,
            "the number of rows is at most 2 × that of `zones`, give or take 5 %"
        );
        let parameters = json!({"dataset": "zones", "function": "sum", "other_column": "zone_id"});
        let lowered = lower("aggregate_match", parameters, Some("zone"), &fields).unwrap();
        assert_eq!(lowered.title, "the sum of `zone` is that of `zones`");
        let parameters = json!({"dataset": "zones", "function": "sum", "other_column": "name"});
        let wrong = lower("aggregate_match", parameters, Some("zone"), &fields).unwrap_err();
        assert_eq!(wrong[0].pointer.as_str(), "/parameters/other_column");
        let parameters = json!({"dataset": "zones", "other_where": "zone_id > 'a'"});
        let wrong = lower("row_count_match", parameters, None, &fields).unwrap_err();
        assert_eq!(wrong[0].pointer.as_str(), "/parameters/other_where");
        let parameters = json!({"dataset": "zones", "other_where": "zone_id >", "factor": 0});
        assert_eq!(problems("row_count_match", parameters), ["/other_where", "/factor"]);
    }
}
