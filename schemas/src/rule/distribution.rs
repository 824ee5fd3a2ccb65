//! A distribution that is stated, or that earlier runs had, as `chi_squared`, `kl_divergence` and `population_stability` share it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Target, figure, parameter, set};
use crate::code::Code;
use crate::datatype::{DataType, Family};
use crate::library::taxonomy::Scalar;
use crate::literal::{self, Fit};
use crate::plan::{
    Adapt, Cell, Distribution, Expr, Field, Function, Literal, Measure, Metric, MetricFunction,
    Tail,
};
use crate::problem::{Pointer, Problem};

/// Shares of values, or of the bins between neighbouring ends.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stated {
    /// The values that are expected; either these or bins.
    #[serde(default)]
    values: Option<Vec<Scalar>>,
    /// The ends of bins, in ascending order. A bin holds its lower end, the last one both ends. `-Infinity`
    /// may stand first and `Infinity` last.
    #[serde(default)]
    bins: Option<Vec<Scalar>>,
    /// The expected share of each value or bin. Together with those of the tails they add up to 1. Either
    /// these or `runs`.
    #[serde(default)]
    weights: Option<Vec<f64>>,
    /// So many earlier runs say what is expected: the share that each value or bin had in all of them.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    runs: Option<u32>,
    /// Beside `runs`: values that must have been counted in this run, and in the earlier ones together, before
    /// anything is judged; 1 unless said.
    #[serde(default)]
    min_samples: Option<u64>,
    /// The expected shares below the first and above the last bin.
    #[serde(default)]
    tail_weights: Option<(f64, f64)>,
}

/// How much the shares may be off adding up to 1.
const SLACK: f64 = 1e-5;

impl Stated {
    /// What is wrong with it, seen from the parameters.
    pub(super) fn check(&self) -> Vec<Problem> {
        let place = Pointer::from("expected");
        let fault = |pointer: Pointer, message: String| {
            vec![Problem::new(Code::BadValue, pointer, message)]
        };
        let cells = match (&self.values, &self.bins) {
            (None, None) => {
                let message = "neither `values` nor `bins` is given";
                let problem = Problem::new(Code::MissingField, place, message);
                return vec![problem.hint("write `values: [a, b]`, or `bins: [0, 10, 20]`")];
            }
            (Some(_), Some(_)) => {
                return fault(place.key("bins"), "give `values` or `bins`, not both".into());
            }
            (Some(values), None) => values.len(),
            (None, Some(bins)) => bins.len().saturating_sub(1),
        };
        if let Some(values) = &self.values {
            let problems = set::Parameters::exact(Some(values.clone()), None).check();
            if !problems.is_empty() {
                return problems.into_iter().map(|problem| problem.within(&place)).collect();
            }
        }
        if cells == 0 {
            let name = if self.bins.is_some() { "bins" } else { "values" };
            return fault(place.key(name), "the distribution has no part".into());
        }
        let weights = match (&self.weights, self.runs) {
            (Some(weights), None) => weights,
            (None, Some(runs)) => return self.check_runs(runs),
            (Some(_), Some(_)) => {
                return fault(place.key("runs"), "give `weights` or `runs`, not both".into());
            }
            (None, None) => {
                let message = "neither `weights` nor `runs` is given";
                let problem = Problem::new(Code::MissingField, place, message);
                return vec![problem.hint("write `weights: [0.7, 0.3]`, or `runs: 1`")];
            }
        };
        if self.min_samples.is_some() {
            let message = "`min_samples` belongs to `runs`: stated shares rest on no samples";
            return fault(place.key("min_samples"), message.into());
        }
        if weights.len() != cells {
            let message = format!("there are {} weights for {cells} parts", weights.len());
            return fault(place.key("weights"), message);
        }
        let tails = self.tail_weights.map_or([0.0, 0.0], |(below, above)| [below, above]);
        let all = weights.iter().chain(&tails);
        if all.clone().any(|weight| *weight < 0.0) {
            return fault(place.key("weights"), "a share is not negative".into());
        }
        let sum: f64 = all.sum();
        if (sum - 1.0).abs() > SLACK {
            return fault(place.key("weights"), format!("the shares add up to {sum}, not to 1"));
        }
        if self.tail_weights.is_some() && (self.bins.is_none() || self.open() != (true, true)) {
            let message =
                "there is nothing beyond a bin that reaches to infinity, nor beyond values";
            return fault(place.key("tail_weights"), message.into());
        }
        Vec::new()
    }

    /// What is wrong with it where earlier runs say the shares.
    fn check_runs(&self, runs: u32) -> Vec<Problem> {
        let place = Pointer::from("expected");
        let fault = |name: &str, message: &str| {
            vec![Problem::new(Code::BadValue, place.clone().key(name), message)]
        };
        if !(1..=1000).contains(&runs) {
            return fault("runs", "the number of runs lies between 1 and 1000");
        }
        if self.tail_weights.is_some() {
            return fault("tail_weights", "earlier runs say what is expected beyond the bins, too");
        }
        Vec::new()
    }

    /// Whether earlier runs say the shares.
    pub(super) fn adapts(&self) -> bool {
        self.runs.is_some()
    }

    /// Who says what is expected, in words.
    pub(super) fn said(&self) -> String {
        match self.runs {
            None => "the stated distribution".to_owned(),
            Some(1) => "the distribution of the last run".to_owned(),
            Some(runs) => format!("the distribution of the last {runs} runs"),
        }
    }

    /// How the shares are made when the run is judged, where earlier runs say them.
    pub(super) fn adapt(&self, cells: &[Cell], tail: &Tail) -> Option<Box<Adapt>> {
        let mut counts: Vec<&Metric> = cells.iter().map(|cell| &cell.count).collect();
        if let Tail::Whole { count, .. } = tail {
            counts.push(count);
        }
        let part = |count: &Metric| Measure::Metric { metric: count.clone() };
        Some(Box::new(Adapt::Distribution(Distribution {
            parts: counts.into_iter().map(part).collect(),
            runs: self.runs?,
            min_samples: self.min_samples.unwrap_or(1),
        })))
    }

    /// Whether there is anything below and above the bins.
    fn open(&self) -> (bool, bool) {
        let bins = self.bins.as_deref().unwrap_or_default();
        let finite = |end: Option<&Scalar>| end.is_none_or(|end| infinite(end).is_none());
        (finite(bins.first()), finite(bins.last()))
    }

    /// How many parts there are, without the tails.
    pub(super) fn parts(&self) -> usize {
        match (&self.values, &self.bins) {
            (Some(values), _) => values.len(),
            (None, bins) => bins.as_ref().map_or(0, Vec::len).saturating_sub(1),
        }
    }

    /// The stated share of a part; 0 where earlier runs say it.
    fn share(&self, part: usize) -> f64 {
        self.weights.as_ref().and_then(|weights| weights.get(part)).copied().unwrap_or(0.0)
    }

    /// Whether the parts are bins.
    pub(super) fn has_bins(&self) -> bool {
        self.bins.is_some()
    }

    /// Whether shares can be held back for what is beyond the parts: the reason why not, if not.
    pub(super) fn refuses_holdout(&self) -> Option<&'static str> {
        if self.runs.is_some() {
            return Some("earlier runs say already what is expected beyond the parts");
        }
        if self.tail_weights.is_some() {
            return Some("`tail_weights` say already what is expected beyond the bins");
        }
        (self.bins.is_some() && self.open() == (false, false))
            .then_some("the bins reach to infinity on both sides, so nothing is beyond them")
    }

    /// The parts with their shares and, for bins, the tails; `holdout` is what the tails have where they
    /// are not stated: half of it on each side that is open.
    ///
    /// # Errors
    /// A value or end does not fit the column.
    pub(super) fn cells(
        &self,
        rule: &str,
        target: &Target<'_>,
        holdout: f64,
    ) -> Result<(Vec<Cell>, Tail), Vec<Problem>> {
        match (&self.values, &self.bins) {
            (Some(values), _) => {
                let field = figure::column(rule, figure::SINGLE, target)?;
                self.of_values(values, field, target)
            }
            (None, bins) => {
                let families = [Family::Number, Family::Temporal];
                let field = figure::column(rule, &families, target)?;
                let cells = self.of_bins(bins.as_deref().unwrap_or_default(), field, holdout)?;
                Ok((cells, Tail::None))
            }
        }
    }

    fn of_values(
        &self,
        values: &[Scalar],
        field: &Field,
        target: &Target<'_>,
    ) -> Result<(Vec<Cell>, Tail), Vec<Problem>> {
        let list = set::Parameters::exact(Some(values.to_vec()), None);
        let (set, _) = set::literals(&list, field, target)
            .map_err(|problems| problems.into_iter().map(within_expected).collect::<Vec<_>>())?;
        let value = Expr::column(&field.name);
        let cells = set.iter().enumerate().map(|(part, literal)| {
            let is = [value.clone(), Expr::literal(literal.clone())];
            let condition = Expr::call(Function::Equal, is);
            Cell { count: Metric::rows().filtered(Some(condition)), share: self.share(part) }
        });
        let cells = cells.collect();
        let known = Expr::In { value: Box::new(value.clone()), set };
        let other = Some(Expr::call(Function::Not, [known]));
        let of = |function| Metric::of(function, value.clone()).filtered(other.clone());
        let tail = Tail::Each {
            count: of(MetricFunction::Count),
            distinct: Box::new(of(MetricFunction::CountDistinct)),
            entropy: Box::new(of(MetricFunction::Entropy)),
            share: 0.0,
        };
        // What other values there were is no longer known of earlier runs: their number is.
        let tail = if self.runs.is_some() { tail.as_one() } else { tail };
        Ok((cells, tail))
    }

    fn of_bins(
        &self,
        bins: &[Scalar],
        field: &Field,
        holdout: f64,
    ) -> Result<Vec<Cell>, Vec<Problem>> {
        let ends = ends(bins, field)?;
        let value = Expr::column(&field.name);
        let test = |function, end: &Expr| Expr::call(function, [value.clone(), end.clone()]);
        let mut finite = vec![value.clone().is_not_null()];
        if field.data_type == DataType::Double {
            let nan = Expr::call(Function::IsNan, [value.clone()]);
            finite.push(Expr::call(Function::Not, [nan]));
        }
        let cell = |tests: Vec<Expr>, share: f64| {
            let condition = Expr::all(finite.iter().cloned().chain(tests));
            Cell { count: Metric::rows().filtered(Some(condition)), share }
        };
        let last = self.parts().saturating_sub(1);
        let mut cells = Vec::new();
        for index in 0..self.parts() {
            let mut tests = Vec::new();
            if let Some(low) = ends.get(index).and_then(Option::as_ref) {
                tests.push(test(Function::GreaterOrEqual, low));
            }
            if let Some(high) = ends.get(index + 1).and_then(Option::as_ref) {
                let below = if index == last { Function::LessOrEqual } else { Function::Less };
                tests.push(test(below, high));
            }
            cells.push(cell(tests, self.share(index)));
        }
        let (open_below, open_above) = self.open();
        let each = if open_below && open_above { holdout / 2.0 } else { holdout };
        let (below, above) = self.tail_weights.unwrap_or((each, each));
        if let (true, Some(Some(first))) = (open_below, ends.first()) {
            cells.push(cell(vec![test(Function::Less, first)], below));
        }
        if let (true, Some(Some(end))) = (open_above, ends.last()) {
            cells.push(cell(vec![test(Function::Greater, end)], above));
        }
        Ok(cells)
    }
}

/// The sign of an end that is infinite.
fn infinite(end: &Scalar) -> Option<f64> {
    match end {
        Scalar::Text(text) if text == "-Infinity" => Some(f64::NEG_INFINITY),
        Scalar::Text(text) if text == "Infinity" => Some(f64::INFINITY),
        _ => None,
    }
}

/// The ends as constants of the column's type, `None` where they are infinite.
fn ends(bins: &[Scalar], field: &Field) -> Result<Vec<Option<Expr>>, Vec<Problem>> {
    let place = |index: usize| parameter("expected").key("bins").index(index);
    let mut found = Vec::with_capacity(bins.len());
    let mut before: Option<Literal> = None;
    for (index, end) in bins.iter().enumerate() {
        let wrong = |message: String| vec![Problem::new(Code::BadValue, place(index), message)];
        match infinite(end) {
            Some(sign) if (sign < 0.0 && index == 0) || (sign > 0.0 && index + 1 == bins.len()) => {
                found.push(None);
            }
            Some(_) => {
                return Err(wrong(
                    "infinity is the lower end of the first bin or the upper end of the last"
                        .into(),
                ));
            }
            None => {
                let literal = literal::typed(end, field.data_type, Fit::Bound).map_err(&wrong)?;
                let order = before.as_ref().and_then(|before| literal::compare(before, &literal));
                if order.is_some_and(std::cmp::Ordering::is_ge) {
                    return Err(wrong("the ends of the bins do not ascend here".into()));
                }
                before = Some(literal);
                let operand = literal::operand(end, field.data_type, Fit::Bound);
                found.push(Some(operand.map_err(wrong)?));
            }
        }
    }
    Ok(found)
}

/// A problem of the values, seen from the rule, where the rule has them below `expected`.
fn within_expected(mut problem: Problem) -> Problem {
    let place = parameter("expected");
    problem.pointer = problem.pointer.tokens().skip(1).fold(place, |place, key| place.key(&key));
    problem
}
