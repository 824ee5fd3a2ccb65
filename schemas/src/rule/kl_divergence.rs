//! `kl_divergence`: the values of a column are distributed as stated.

use schemars::JsonSchema;
use serde::Deserialize;

use super::distribution::Stated;
use super::{Lowered, Rule, Subject, Target};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::{Body, Bounds, Cell, Distance, Measure, Tail};
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct KlDivergence;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The distribution that is expected.
    expected: Stated,
    /// The greatest divergence allowed, in nats.
    max: f64,
    /// The probability that is spread over values outside the stated ones.
    #[serde(default)]
    tail_weight_holdout: f64,
    /// The probability that is spread over bins whose stated share is 0.
    #[serde(default)]
    internal_weight_holdout: f64,
}

impl Rule for KlDivergence {
    type Parameters = Parameters;
    const NAME: &'static str = "kl_divergence";
    const DOC: Doc = Doc {
        summary: "The values are distributed as stated, by relative entropy.",
        semantics: "Kullback and Leibler's divergence, `sum(p ln(p / q))` over the shares p of the values among the \
                    rows that pass `where` and the stated shares q, in nats; at most `max`. Shares belong to \
                    `values` or to `bins`; a bin holds its lower end, the last one both. Where a value stands that \
                    is not expected, the divergence is infinite, unless `tail_weight_holdout` spreads a probability \
                    over such values: evenly over the different ones beside `values`, half below and half above \
                    `bins` (all of it on one side where the other reaches to infinity). `internal_weight_holdout` is \
                    spread evenly over the bins of share 0. The stated shares are scaled down for both: beside \
                    `values` only where other values are found. Instead of `weights`, `runs` lets the last so many \
                    runs of the dataset say the shares: those of all their values together, what is beyond the parts \
                    being parts of their own. With fewer runs, or fewer values than `min_samples` in them or here, \
                    nothing is evaluated; runs that were beyond the bound do not count. Nulls are left out, and NaN \
                    beside bins. Without any value nothing is evaluated. No row is marked.",
        good: "rule_id: mix\nrule_type: kl_divergence\ncolumn: payment\nparameters: {max: 0.1, expected: {values: [card, cash], weights: [0.7, 0.3]}}\n",
        bad: "rule_id: mix\nrule_type: kl_divergence\ncolumn: payment\nparameters: {max: 0.1, expected: {values: [card, cash], weights: [0.7, 0.7]}}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Column;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = parameters.expected.check();
        let mut fault = |name: &str, message: String| {
            problems.push(Problem::new(Code::BadValue, Pointer::from(name), message));
        };
        if parameters.max < 0.0 {
            fault("max", "a divergence is not negative, so nothing passes".to_owned());
        }
        let (tail, internal) = (parameters.tail_weight_holdout, parameters.internal_weight_holdout);
        for (name, share) in [("tail_weight_holdout", tail), ("internal_weight_holdout", internal)]
        {
            if !(0.0..1.0).contains(&share) {
                fault(name, format!("a share is at least 0 and below 1, and {share} is not"));
            }
        }
        if tail + internal >= 1.0 {
            fault("tail_weight_holdout", "both holdouts leave nothing to the stated shares".into());
        }
        if let Some(reason) = parameters.expected.refuses_holdout().filter(|_| tail > 0.0) {
            fault("tail_weight_holdout", reason.to_owned());
        }
        if internal > 0.0 && parameters.expected.adapts() {
            let reason = "earlier runs say the share of every bin, and none is held back";
            fault("internal_weight_holdout", reason.to_owned());
        }
        if internal > 0.0 && !parameters.expected.has_bins() {
            fault("internal_weight_holdout", "it is spread over bins, and there are none".into());
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let (holdout, internal) =
            (parameters.tail_weight_holdout, parameters.internal_weight_holdout);
        let (mut cells, mut tail) = parameters.expected.cells(Self::NAME, target, holdout)?;
        match &mut tail {
            Tail::Each { share, .. } => *share = holdout,
            Tail::None | Tail::Whole { .. } => {
                let bins = parameters.expected.parts();
                hold_back(cells.get_mut(..bins).unwrap_or_default(), holdout, internal);
            }
        }
        let adapt = parameters.expected.adapt(&cells, &tail);
        let column = &target.the_column()?.name;
        Ok(Lowered {
            title: format!(
                "the values of `{column}` diverge from {} by at most {}",
                parameters.expected.said(),
                parameters.max
            ),
            columns: vec![column.clone()],
            body: Body::Metric {
                measure: Measure::Divergence { distance: Distance::KullbackLeibler, cells, tail },
                bounds: Bounds { max: Some(parameters.max), adapt, ..Bounds::default() },
            },
        })
    }
}

/// Takes the holdouts off the shares of the bins and spreads the inner one over those of share 0.
fn hold_back(bins: &mut [Cell], tail: f64, internal: f64) {
    let empty = bins.iter().filter(|cell| cell.share == 0.0).count();
    for cell in bins {
        cell.share = match cell.share == 0.0 {
            true => internal / empty as f64,
            false => cell.share * (1.0 - tail - internal),
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::rule::testing::{fields, lower, problems};

    fn shares(parameters: Value) -> Vec<f64> {
        let fields = fields(&[("x", "double")]);
        let body = lower("kl_divergence", parameters, Some("x"), &fields).unwrap().body;
        let body = serde_json::to_value(body).unwrap();
        let cells = body["measure"]["cells"].as_array().unwrap().clone();
        cells.iter().map(|cell| cell["share"].as_f64().unwrap()).collect()
    }

    #[test]
    fn holdouts_go_to_the_tails_and_to_empty_bins() {
        let stated = json!({"bins": [0, 1, 2, 3], "weights": [0.5, 0, 0.5]});
        let parameters = json!({"max": 1, "expected": stated, "tail_weight_holdout": 0.2,
            "internal_weight_holdout": 0.3});
        assert_eq!(shares(parameters), [0.25, 0.3, 0.25, 0.1, 0.1]);
        let stated = json!({"bins": ["-Infinity", 1, 2], "weights": [0.5, 0.5]});
        let parameters = json!({"max": 1, "expected": stated, "tail_weight_holdout": 0.2});
        assert_eq!(shares(parameters), [0.4, 0.4, 0.2]);
    }

    #[test]
    fn what_is_no_distribution_is_a_problem() {
        let problem =
            |expected: Value| problems("kl_divergence", json!({"max": 1, "expected": expected}));
        assert_eq!(problem(json!({"weights": [1]})), ["/expected"]);
        assert_eq!(problem(json!({"values": [1, 2], "weights": [1]})), ["/expected/weights"]);
        assert_eq!(problem(json!({"values": [1, 2], "weights": [1, 1]})), ["/expected/weights"]);
        assert_eq!(
            problem(json!({"values": [1, 1], "weights": [0.5, 0.5]})),
            ["/expected/values/1"]
        );
        assert_eq!(problem(json!({"values": [1, 2], "weights": [2, -1]})), ["/expected/weights"]);
        let tails = json!({"bins": [0, 1], "weights": [0.5], "tail_weights": [0.25, 0.25]});
        assert_eq!(problem(tails.clone()), [""; 0]);
        let both = json!({"max": 1, "expected": tails, "tail_weight_holdout": 0.1});
        assert_eq!(problems("kl_divergence", both), ["/tail_weight_holdout"]);
        let closed = json!({"bins": ["-Infinity", "Infinity"], "weights": [1]});
        let both = json!({"max": 1, "expected": closed, "tail_weight_holdout": 0.1});
        assert_eq!(problems("kl_divergence", both), ["/tail_weight_holdout"]);
        let fields = fields(&[("x", "double")]);
        let falling = json!({"max": 1, "expected": {"bins": [1, 0], "weights": [1]}});
        let found = lower("kl_divergence", falling, Some("x"), &fields).unwrap_err();
        assert_eq!(found[0].pointer.as_str(), "/parameters/expected/bins/1");
        let text = json!({"max": 1, "expected": {"values": ["a"], "weights": [1]}});
        let found = lower("kl_divergence", text, Some("x"), &fields).unwrap_err();
        assert_eq!(found[0].pointer.as_str(), "/parameters/expected/values/0");
    }
}
