//! Measures: one number out of one or several metrics. An engine computes the metrics; what they come to is
//! computed here, so that it is the same in every engine.

use serde::{Deserialize, Serialize};

use super::Metric;

/// A figure computed from metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "measure", rename_all = "snake_case")]
pub enum Measure {
    /// A metric as it is.
    Metric {
        /// Which one.
        metric: Metric,
    },
    /// Seconds from the metric's instant to the start of the run; negative in the future.
    Age {
        /// A metric that yields a day or an instant.
        metric: Metric,
    },
    /// One metric divided by another; null where the divisor is zero.
    Ratio {
        /// Above.
        part: Metric,
        /// Below.
        whole: Metric,
    },
    /// A constant and multiples of metrics, added up; null where one of them is.
    Linear {
        /// The constant.
        constant: f64,
        /// Factor and metric.
        terms: Vec<(f64, Metric)>,
    },
    /// How far the distribution of the values is from a stated one; null where no value was counted.
    ///
    /// The shares observed are those of the rows that any cell or tail counts.
    Divergence {
        /// What is computed.
        distance: Distance,
        /// The cells that the stated distribution names.
        cells: Vec<Cell>,
        /// The values that it does not name.
        tail: Tail,
    },
}

/// A part of a stated distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Counts the rows that are in it.
    pub count: Metric,
    /// Its expected share. Shares need not add up to one; they are divided by their sum.
    pub share: f64,
}

/// Values that a stated distribution does not name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "tail", rename_all = "snake_case")]
pub enum Tail {
    /// There can be none: the cells take in every value.
    None,
    /// All of them are one cell.
    Whole {
        /// Counts their rows.
        count: Metric,
        /// Their expected share.
        share: f64,
    },
    /// Each different value is a cell, and they share `share` evenly; where there is none, the other
    /// cells' shares stay as they are, otherwise they are multiplied by one less `share`.
    Each {
        /// Counts their rows.
        count: Metric,
        /// Counts the different ones.
        distinct: Box<Metric>,
        /// Their entropy in nats.
        entropy: Box<Metric>,
        /// The expected share of all of them.
        share: f64,
    },
}

/// How two distributions are held against each other: shares observed p, expected q, over n values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "distance", rename_all = "snake_case")]
pub enum Distance {
    /// Relative entropy in nats, `sum(p ln(p / q))`; infinite where a value stands that is not expected.
    KullbackLeibler,
    /// `sum((p - q) ln(p / q))`, shares below `least` taken as `least`.
    PopulationStability {
        /// The smallest share; above 0.
        least: f64,
    },
    /// The probability of a distance at least as great by chance: Pearson's chi-squared test over
    /// `sum(n (p - q)² / q)` with one degree of freedom less than there are cells; 0 where a value stands that
    /// is not expected. Cells that are neither expected nor found do not count.
    ChiSquared,
}

impl Measure {
    /// The metrics that it is computed from, in the order that [`Measure::of`] wants their values.
    pub fn metrics(&self) -> Vec<&Metric> {
        match self {
            Self::Metric { metric } | Self::Age { metric } => vec![metric],
            Self::Ratio { part, whole } => vec![part, whole],
            Self::Linear { terms, .. } => terms.iter().map(|(_, metric)| metric).collect(),
            Self::Divergence { cells, tail, .. } => {
                let mut found: Vec<_> = cells.iter().map(|cell| &cell.count).collect();
                match tail {
                    Tail::None => {}
                    Tail::Whole { count, .. } => found.push(count),
                    Tail::Each { count, distinct, entropy, .. } => {
                        found.extend([count, &**distinct, &**entropy]);
                    }
                }
                found
            }
        }
    }

    /// The same with other expected shares: one for each cell, and one for a tail that is one cell.
    #[must_use]
    pub fn expecting(&self, shares: &[f64]) -> Self {
        let mut expecting = self.clone();
        if let Self::Divergence { cells, tail, .. } = &mut expecting {
            let mut shares = shares.iter().copied();
            for (cell, share) in cells.iter_mut().zip(&mut shares) {
                cell.share = share;
            }
            if let (Tail::Whole { share, .. }, Some(expected)) = (tail, shares.next()) {
                *share = expected;
            }
        }
        expecting
    }

    /// The figure from the values of the metrics; for an age, the value is the age.
    pub fn of(&self, values: &[Option<f64>]) -> Option<f64> {
        match self {
            Self::Metric { .. } | Self::Age { .. } => values.first().copied().flatten(),
            Self::Ratio { .. } => {
                let (part, whole) = ((*values.first()?)?, (*values.get(1)?)?);
                (whole != 0.0).then(|| part / whole)
            }
            Self::Linear { constant, terms } => {
                let mut sum = *constant;
                for ((factor, _), value) in terms.iter().zip(values) {
                    sum += factor * (*value)?;
                }
                (terms.len() <= values.len()).then_some(sum)
            }
            Self::Divergence { distance, cells, tail } => divergence(distance, cells, tail, values),
        }
    }
}

impl Tail {
    /// The same values as one cell.
    #[must_use]
    pub fn as_one(self) -> Self {
        match self {
            Self::Each { count, share, .. } => Self::Whole { count, share },
            other => other,
        }
    }
}

/// Observed count and expected share of a number of cells that are alike in their share.
struct Held {
    count: f64,
    share: f64,
    /// Of cells counted together: how many, and the entropy of the values among them.
    spread: Option<(f64, f64)>,
}

fn divergence(
    distance: &Distance,
    cells: &[Cell],
    tail: &Tail,
    values: &[Option<f64>],
) -> Option<f64> {
    let at = |index: usize| values.get(index).copied().flatten();
    let mut held = Vec::with_capacity(cells.len() + 1);
    for (index, cell) in cells.iter().enumerate() {
        held.push(Held { count: at(index)?, share: cell.share, spread: None });
    }
    let after = cells.len();
    match tail {
        Tail::None => {}
        Tail::Whole { share, .. } => {
            held.push(Held { count: at(after)?, share: *share, spread: None });
        }
        Tail::Each { share, .. } => {
            let (count, distinct) = (at(after)?, at(after + 1)?);
            if distinct > 0.0 {
                held.iter_mut().for_each(|cell| cell.share *= 1.0 - share);
                let entropy = at(after + 2)?;
                held.push(Held { count, share: *share, spread: Some((distinct, entropy)) });
            }
        }
    }
    let total: f64 = held.iter().map(|cell| cell.count).sum();
    let shares: f64 = held.iter().map(|cell| cell.share).sum();
    if total <= 0.0 || shares <= 0.0 {
        return None;
    }
    held.iter_mut().for_each(|cell| cell.share /= shares);
    Some(match distance {
        // Rounding can bring equal distributions a hair below nothing.
        Distance::KullbackLeibler => kullback_leibler(&held, total).max(0.0),
        Distance::PopulationStability { least } => held
            .iter()
            .map(|cell| {
                let (p, q) = ((cell.count / total).max(*least), cell.share.max(*least));
                (p - q) * (p / q).ln()
            })
            .sum(),
        Distance::ChiSquared => chi_squared(&held, total),
    })
}

fn kullback_leibler(held: &[Held], total: f64) -> f64 {
    held.iter()
        .filter(|cell| cell.count > 0.0)
        .map(|cell| {
            let p = cell.count / total;
            match cell.spread {
                None => p * (p / cell.share).ln(),
                // Of values u with shares r among them: sum(p r ln(p r / (q / k))).
                Some((number, entropy)) => p * ((p * number / cell.share).ln() - entropy),
            }
        })
        .sum()
}

fn chi_squared(held: &[Held], total: f64) -> f64 {
    let counted: Vec<&Held> =
        held.iter().filter(|cell| cell.count > 0.0 || cell.share > 0.0).collect();
    if counted.iter().any(|cell| cell.share <= 0.0) {
        return 0.0;
    }
    let statistic: f64 = counted
        .iter()
        .map(|cell| (cell.count - total * cell.share).powi(2) / (total * cell.share))
        .sum();
    let freedom = counted.len().saturating_sub(1);
    if freedom == 0 { 1.0 } else { upper_gamma(freedom as f64 / 2.0, statistic / 2.0) }
}

/// The regularised upper incomplete gamma function Q(a, x): by its series below `a + 1`, by its continued
/// fraction above.
fn upper_gamma(a: f64, x: f64) -> f64 {
    const STEPS: u32 = 10_000;
    const ENOUGH: f64 = 1e-15;
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for step in 1..STEPS {
            term *= x / (a + f64::from(step));
            sum += term;
            if term < sum * ENOUGH {
                break;
            }
        }
        return (1.0 - scale * sum).clamp(0.0, 1.0);
    }
    let mut b = x + 1.0 - a;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for step in 1..STEPS {
        let n = f64::from(step);
        let factor = -n * (n - a);
        b += 2.0;
        d = 1.0 / (factor * d + b);
        c = b + factor / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < ENOUGH {
            break;
        }
    }
    (scale * fraction).clamp(0.0, 1.0)
}

/// The logarithm of the gamma function by Stirling's series, exact to about 1e-14 from 15 on; smaller
/// arguments are brought there by the recurrence.
fn ln_gamma(mut x: f64) -> f64 {
    let mut before = 0.0;
    while x < 15.0 {
        before -= x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square)
        / x;
    before + (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(shares: &[f64]) -> Vec<Cell> {
        shares.iter().map(|share| Cell { count: Metric::rows(), share: *share }).collect()
    }

    fn measured(distance: Distance, shares: &[f64], tail: Tail, values: &[f64]) -> Option<f64> {
        let values: Vec<_> = values.iter().copied().map(Some).collect();
        Measure::Divergence { distance, cells: cells(shares), tail }.of(&values)
    }

    fn close(found: Option<f64>, wanted: f64) {
        let found = found.unwrap();
        assert!((found - wanted).abs() < 1e-12 * wanted.abs().max(1.0), "{found} {wanted}");
    }

    #[test]
    fn gamma_agrees_with_tables() {
        // 95 % and 99 % points of chi-squared with 1, 4 and 30 degrees of freedom.
        for (freedom, point, wanted) in [
            (1.0, 3.841_458_820_694_124, 0.05),
            (4.0, 9.487_729_036_781_154, 0.05),
            (30.0, 50.892_181_311_517_09, 0.01),
        ] {
            let found = upper_gamma(freedom / 2.0, point / 2.0);
            assert!((found - wanted).abs() < 1e-12, "{freedom}: {found}");
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-13);
        assert!(ln_gamma(1.0).abs() < 1e-13 && (ln_gamma(5.0) - 24f64.ln()).abs() < 1e-13);
    }

    #[test]
    fn equal_distributions_are_no_distance_apart() {
        for distance in [Distance::KullbackLeibler, Distance::PopulationStability { least: 1e-4 }] {
            close(measured(distance, &[0.5, 0.25, 0.25], Tail::None, &[2.0, 1.0, 1.0]), 0.0);
        }
        close(measured(Distance::ChiSquared, &[0.5, 0.5], Tail::None, &[3.0, 3.0]), 1.0);
    }

    #[test]
    fn unexpected_values_are_infinitely_far_unless_something_is_held_for_them() {
        let each = |share| Tail::Each {
            count: Metric::rows(),
            distinct: Box::new(Metric::rows()),
            entropy: Box::new(Metric::rows()),
            share,
        };
        // a, a, b, c against a 0.6, b 0.4.
        let values = [2.0, 1.0, 1.0, 1.0, 0.0];
        let found = measured(Distance::KullbackLeibler, &[0.6, 0.4], each(0.1), &values);
        close(found, 0.099_431_384_003_497_38);
        let found = measured(Distance::KullbackLeibler, &[0.6, 0.4], each(0.0), &values);
        assert_eq!(found, Some(f64::INFINITY));
        // d and e once each besides: two cells of 0.05.
        let values = [2.0, 1.0, 2.0, 2.0, 2f64.ln()];
        let found = measured(Distance::KullbackLeibler, &[0.6, 0.4], each(0.1), &values);
        let wanted = 0.4 * (0.4f64 / 0.54).ln()
            + 0.2 * (0.2f64 / 0.36).ln()
            + 2.0 * 0.2 * (0.2f64 / 0.05).ln();
        close(found, wanted);
        let found = measured(Distance::ChiSquared, &[0.6, 0.4], each(0.0), &values);
        assert_eq!(found, Some(0.0));
    }

    #[test]
    fn nothing_counted_is_nothing_measured() {
        assert_eq!(measured(Distance::ChiSquared, &[1.0], Tail::None, &[0.0]), None);
        let ratio = Measure::Ratio { part: Metric::rows(), whole: Metric::rows() };
        assert_eq!(ratio.of(&[Some(1.0), Some(0.0)]), None);
        assert_eq!(ratio.of(&[Some(1.0), Some(4.0)]), Some(0.25));
        let linear = Measure::Linear { constant: 3.0, terms: vec![(-1.0, Metric::rows())] };
        assert_eq!(linear.of(&[Some(2.0)]), Some(1.0));
        assert_eq!(linear.of(&[None]), None);
    }
}
