//! Figures of a column.

use serde_json::{Value, json};

use super::{bounds, column_figure, values};
use crate::gx::table::Case;

pub(super) fn of(name: &str, case: &Case) -> Option<Value> {
    let rule_type = match name {
        "column_discrete_entropy_to_be_between" => "entropy",
        "column_kurtosis_to_be_between" => "kurtosis",
        "column_max_to_be_between" => "max",
        "column_mean_to_be_between" => "mean",
        "column_median_to_be_between" => "median",
        "column_min_to_be_between" => "min",
        "column_proportion_of_unique_values_to_be_between" => "unique_ratio",
        "column_skew_to_be_between" => "skewness",
        "column_stdev_to_be_between" => "standard_deviation",
        "column_sum_to_be_between" => "sum",
        "column_unique_value_count_to_be_between" => "distinct_count",
        "column_distinct_values_to_be_in_set" => return set(case, "distinct_in_set"),
        "column_distinct_values_to_contain_set" => return set(case, "distinct_contains"),
        "column_distinct_values_to_equal_set" => return set(case, "distinct_equals"),
        "column_most_common_value_to_be_in_set" => return most_common(case),
        "column_kl_divergence_to_be_less_than" => return divergence(case),
        "column_quantile_values_to_be_between" => return quantiles(case),
        "column_value_z_scores_to_be_less_than" => {
            let side = if case.kwargs["double_sided"] == true { "both" } else { "above" };
            return values(
                case,
                "outliers",
                json!({ "threshold": case.kwargs["threshold"], "side": side }),
            );
        }
        _ => return None,
    };
    let mut bounds = bounds(case);
    // Without any bound the expectation holds whatever the figure, which a rule has to be told.
    if bounds["min"].is_null() && bounds["max"].is_null() {
        bounds["min"] = json!(f64::MIN);
    }
    column_figure(case, rule_type, bounds)
}

fn set(case: &Case, rule_type: &str) -> Option<Value> {
    column_figure(case, rule_type, json!({ "values": case.kwargs["value_set"] }))
}

fn most_common(case: &Case) -> Option<Value> {
    let parameters =
        json!({ "values": case.kwargs["value_set"], "ties_okay": case.kwargs["ties_okay"] });
    column_figure(case, "most_common", parameters)
}

fn divergence(case: &Case) -> Option<Value> {
    let stated = &case.kwargs["partition_object"];
    let ends = |ends: &Value| -> Value {
        let end = |end: &Value| match &end["$num"] {
            Value::Null => end.clone(),
            infinite => infinite.clone(),
        };
        ends.as_array().map_or(Value::Null, |ends| ends.iter().map(end).collect())
    };
    let mut expected = json!({ "weights": stated["weights"] });
    for (name, value) in [
        ("values", stated["values"].clone()),
        ("bins", ends(&stated["bins"])),
        ("tail_weights", stated["tail_weights"].clone()),
    ] {
        if !value.is_null() {
            expected[name] = value;
        }
    }
    let parameters = json!({
        "expected": expected, "max": case.kwargs["threshold"],
        "tail_weight_holdout": case.kwargs["tail_weight_holdout"],
        "internal_weight_holdout": case.kwargs["internal_weight_holdout"],
    });
    column_figure(case, "kl_divergence", parameters)
}

/// A rule for each quantile.
fn quantiles(case: &Case) -> Option<Value> {
    let ranges = &case.kwargs["quantile_ranges"];
    let (wanted, within) = (ranges["quantiles"].as_array()?, ranges["value_ranges"].as_array()?);
    let rules: Option<Vec<Value>> = wanted
        .iter()
        .zip(within)
        .map(|(q, range)| {
            let parameters = json!({ "q": q, "min": range[0], "max": range[1] });
            column_figure(case, "quantile", parameters)
        })
        .collect();
    Some(json!({ "each": rules? }))
}
