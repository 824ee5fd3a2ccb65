//! What the past of a figure lets expect of it. Pure: the past comes in, ends go out.

use super::adapt::{Anomaly, Direction, Made, Method};

/// A value that a figure had in an earlier run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// It was flagged then, so nothing is learned from it.
    pub anomalous: bool,
}

/// A standard deviation of the normal distribution, in median distances from its median.
const DEVIATION: f64 = 1.482_602_218_505_602;

/// The values that something can be learned from.
pub(super) fn usual(past: &[Point]) -> Vec<f64> {
    let usual = past.iter().filter(|point| !point.anomalous && point.value.is_finite());
    usual.map(|point| point.value).collect()
}

/// The ends of what is usual after this past, the oldest value first.
///
/// # Errors
/// There are too few values to tell.
pub(super) fn ends(anomaly: &Anomaly, past: &[Point]) -> Result<Made, String> {
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let from = past.len().saturating_sub(size(anomaly.window));
    let window = past.get(from..).unwrap_or_default();
    let values = usual(window);
    if values.len() < size(anomaly.min_samples).max(1) {
        return Err(format!(
            "{} of {} earlier runs that are needed to tell what is usual",
            values.len(),
            anomaly.min_samples.max(1)
        ));
    }
    let few = || "too few earlier runs to tell what is usual".to_owned();
    let (middle, reach) = match anomaly.method {
        Method::Change => (*values.last().ok_or_else(few)?, anomaly.threshold),
        Method::RelativeChange => {
            let last = *values.last().ok_or_else(few)?;
            (last, anomaly.threshold * last.abs())
        }
        Method::ZScore => {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean, anomaly.threshold * deviation(&values).ok_or_else(few)?)
        }
        Method::Mad => {
            let middle = median(&values).ok_or_else(few)?;
            let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
            let spread = median(&distances).ok_or_else(few)? * DEVIATION;
            (middle, anomaly.threshold * spread)
        }
        Method::Seasonal { period } => {
            let (next, error) = smooth(window, size(period)).ok_or_else(|| {
                format!("fewer earlier runs than two seasons of {period} and one more")
            })?;
            (next, anomaly.threshold * error)
        }
    };
    let (below, above) = match anomaly.direction {
        Direction::Both => (true, true),
        Direction::Spike => (false, true),
        Direction::Drop => (true, false),
    };
    Ok(Made { min: below.then_some(middle - reach), max: above.then_some(middle + reach) })
}

/// The value in the middle; of an even number, the mean of the two.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    match sorted.len() % 2 {
        1 => Some(upper),
        _ => Some((sorted.get(sorted.len() / 2 - 1)? + upper) / 2.0),
    }
}

/// The sample standard deviation; none of fewer than two values.
pub(super) fn deviation(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt())
}

/// The next value by additive Holt-Winters smoothing, and the root mean square of the errors of those
/// before. The first two seasons set level, trend and season up; an anomalous value keeps its place in the
/// season, and what had been expected there stands for it.
fn smooth(past: &[Point], period: usize) -> Option<(f64, f64)> {
    const LEVEL: f64 = 0.3;
    const TREND: f64 = 0.1;
    const SEASON: f64 = 0.3;
    if period == 0 || past.len() <= 2 * period {
        return None;
    }
    let learned =
        |point: &Point| (!point.anomalous && point.value.is_finite()).then_some(point.value);
    let mean = |points: &[Point]| {
        let values: Vec<f64> = points.iter().filter_map(learned).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let (first, rest) = past.split_at(period);
    let (second, rest) = rest.split_at(period);
    let (one, two) = (mean(first)?, mean(second)?);
    let mut trend = (two - one) / period as f64;
    // The level at the end of the second season: its mean lies half a season back.
    let mut level = two + trend * (period as f64 - 1.0) / 2.0;
    let centre = (period as f64 - 1.0) / 2.0;
    let mut seasons: Vec<f64> = (0..period)
        .map(|place| {
            let drift = trend * (place as f64 - centre);
            let off = |season: &[Point], mean: f64| {
                season.get(place).and_then(learned).map(|value| value - mean - drift)
            };
            let offs: Vec<f64> =
                [off(first, one), off(second, two)].into_iter().flatten().collect();
            if offs.is_empty() { 0.0 } else { offs.iter().sum::<f64>() / offs.len() as f64 }
        })
        .collect();
    let (mut squares, mut judged) = (0.0, 0.0);
    for (step, point) in rest.iter().enumerate() {
        let season = seasons.get_mut(step % period)?;
        let expected = level + trend + *season;
        let before = level;
        match learned(point) {
            None => level += trend,
            Some(value) => {
                squares += (value - expected).powi(2);
                judged += 1.0;
                level = LEVEL * (value - *season) + (1.0 - LEVEL) * (level + trend);
                trend = TREND * (level - before) + (1.0 - TREND) * trend;
                *season = SEASON * (value - level) + (1.0 - SEASON) * *season;
            }
        }
    }
    let next = level + trend + seasons.get(rest.len() % period)?;
    (judged > 0.0).then(|| (next, (squares / judged).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[f64]) -> Vec<Point> {
        values.iter().map(|value| Point { value: *value, anomalous: false }).collect()
    }

    fn anomaly(method: Method, threshold: f64) -> Anomaly {
        Anomaly { method, threshold, direction: Direction::Both, window: 30, min_samples: 3 }
    }

    #[test]
    fn changes_are_held_against_the_value_before() {
        let past = points(&[1.0, 2.0, 100.0]);
        let made = ends(&anomaly(Method::Change, 5.0), &past).unwrap();
        assert_eq!((made.min, made.max), (Some(95.0), Some(105.0)));
        let made = ends(&anomaly(Method::RelativeChange, 0.5), &past).unwrap();
        assert_eq!((made.min, made.max), (Some(50.0), Some(150.0)));
    }

    #[test]
    fn spread_is_measured_from_the_middle() {
        let past = points(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        let made = ends(&anomaly(Method::ZScore, 3.0), &past).unwrap();
        let spread = 3.0 * (32.0f64 / 7.0).sqrt();
        assert!((made.max.unwrap() - 5.0 - spread).abs() < 1e-12);
        let made = ends(&anomaly(Method::Mad, 2.0), &past).unwrap();
        assert!((made.min.unwrap() - (4.5 - 2.0 * 0.5 * DEVIATION)).abs() < 1e-12);
        let drop = Anomaly { direction: Direction::Drop, ..anomaly(Method::Mad, 2.0) };
        assert_eq!(ends(&drop, &past).unwrap().max, None);
    }

    #[test]
    fn what_was_flagged_teaches_nothing() {
        let mut past = points(&[10.0, 11.0, 9.0, 10.0]);
        let before = ends(&anomaly(Method::ZScore, 3.0), &past).unwrap();
        past.push(Point { value: 1000.0, anomalous: true });
        assert_eq!(ends(&anomaly(Method::ZScore, 3.0), &past).unwrap(), before);
        past.push(Point { value: f64::NAN, anomalous: false });
        assert_eq!(ends(&anomaly(Method::ZScore, 3.0), &past).unwrap(), before);
    }

    #[test]
    fn too_few_values_tell_nothing() {
        let mut past = points(&[10.0, 11.0]);
        past.push(Point { value: 9.0, anomalous: true });
        let found = ends(&anomaly(Method::ZScore, 3.0), &past).unwrap_err();
        assert_eq!(found, "2 of 3 earlier runs that are needed to tell what is usual");
        let season = anomaly(Method::Seasonal { period: 2 }, 3.0);
        assert!(ends(&season, &points(&[1.0, 2.0, 1.0, 2.0])).is_err());
    }

    #[test]
    fn only_the_window_is_looked_at() {
        let past = points(&[1e6, 10.0, 11.0, 9.0]);
        let near = Anomaly { window: 3, ..anomaly(Method::ZScore, 3.0) };
        assert_eq!(ends(&near, &past).unwrap().max, Some(13.0));
    }

    #[test]
    fn a_season_with_a_trend_is_followed_exactly() {
        let value = |step: usize| 100.0 + 2.0 * step as f64 + [30.0, -10.0, -20.0][step % 3];
        let values: Vec<f64> = (0..15).map(value).collect();
        let (next, error) = smooth(&points(&values), 3).unwrap();
        assert!((next - value(15)).abs() < 1e-9 && error < 1e-9, "{next} {error}");
        // A flagged point in between keeps its place in the season.
        let mut past = points(&values);
        past[10] = Point { value: 0.0, anomalous: true };
        let (next, error) = smooth(&past, 3).unwrap();
        assert!((next - value(15)).abs() < 1e-9 && error < 1e-9, "{next} {error}");
    }
}
