//! Figures of a profile that are computed from other figures, or from a look at how rows follow each other.

use crate::RowOrder;

/// Rows looked at before all are: most columns are in no order, which shows at once.
const FIRST_ROWS: u32 = 10_000;
/// Bins of a histogram of lengths.
const LENGTH_BINS: u64 = 20;

/// Skewness and excess kurtosis, corrected for bias, from the number of values and the sums of powers of
/// their distances from the mean.
pub fn skewness_and_kurtosis(n: f64, m2: f64, m3: f64, m4: f64) -> (Option<f64>, Option<f64>) {
    if m2 <= 0.0 {
        return (None, None);
    }
    let skewness =
        (n >= 3.0).then(|| (n * (n - 1.0)).sqrt() / (n - 2.0) * (m3 / n) / (m2 / n).powf(1.5));
    let kurtosis = (n >= 4.0).then(|| {
        let excess = n * m4 / (m2 * m2) - 3.0;
        (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0)
    });
    (skewness, kurtosis)
}

/// How far a histogram is from equal bins.
pub fn chi_squared(histogram: &[(f64, f64, u64)]) -> Option<f64> {
    if histogram.len() < 2 {
        return None;
    }
    let total: u64 = histogram.iter().map(|bin| bin.2).sum();
    let expected = total as f64 / histogram.len() as f64;
    let distance = |count: u64| (count as f64 - expected).powi(2) / expected;
    (total > 0).then(|| histogram.iter().map(|bin| distance(bin.2)).sum())
}

/// Pairs of neighbours that rise, stay and fall, of rows that have a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Those that rise.
    pub up: u64,
    /// Those that are equal.
    pub same: u64,
    /// Those that fall.
    pub down: u64,
}

/// How values follow each other; `steps` counts over so many first rows, or over all.
///
/// # Errors
/// What `steps` gives.
pub fn row_order<E>(
    mut steps: impl FnMut(Option<u32>) -> Result<Steps, E>,
) -> Result<Option<RowOrder>, E> {
    let first = steps(Some(FIRST_ROWS))?;
    // What the first rows break, no further row mends.
    if first.up > 0 && first.down > 0 {
        return Ok(Some(RowOrder::None));
    }
    let all = first.up + first.same + first.down;
    let steps = match all + 1 < u64::from(FIRST_ROWS) {
        true => first,
        false => steps(None)?,
    };
    Ok(RowOrder::of(steps.up, steps.same, steps.down))
}

/// The median of counted numbers in ascending order.
pub fn median_of(counted: &[(u64, u64)]) -> f64 {
    let total: u64 = counted.iter().map(|(_, n)| n).sum();
    let at = |place: u64| {
        let mut upto = 0;
        let reached = |(_, n): &&(u64, u64)| {
            upto += n;
            upto > place
        };
        counted.iter().find(reached).map_or(0, |(value, _)| *value) as f64
    };
    match total {
        0 => 0.0,
        _ => f64::midpoint(at((total - 1) / 2), at(total / 2)),
    }
}

/// Lengths in bins of equal width, each of whole lengths.
pub fn length_bins(counted: &[(u64, u64)]) -> Vec<(u64, u64, u64)> {
    let (Some((low, _)), Some((high, _))) = (counted.first(), counted.last()) else {
        return Vec::new();
    };
    let width = (high - low + 1).div_ceil(LENGTH_BINS);
    let bins = (high - low + 1).div_ceil(width);
    let rows = |from: u64, to: u64| {
        counted.iter().filter(|(l, _)| (from..=to).contains(l)).map(|(_, n)| n).sum()
    };
    (0..bins)
        .map(|bin| {
            let from = low + bin * width;
            (from, from + width - 1, rows(from, from + width - 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_into_bins_of_whole_lengths() {
        assert_eq!(length_bins(&[(3, 2), (5, 1)]), [(3, 3, 2), (4, 4, 0), (5, 5, 1)]);
        assert_eq!(median_of(&[(3, 2), (5, 2)]), 4.0);
        let wide = length_bins(&[(0, 1), (99, 1)]);
        assert_eq!((wide.len(), wide[0], wide[19]), (20, (0, 4, 1), (95, 99, 1)));
    }

    #[test]
    fn the_shape_of_a_sample_is_corrected_for_bias() {
        // 1, 2, 3, 10: pandas gives 1.763632614803888 and 3.228...
        let values = [1.0_f64, 2.0, 3.0, 10.0];
        let mean = 4.0;
        let power = |p: i32| values.iter().map(|v| (v - mean).powi(p)).sum::<f64>();
        let (skewness, kurtosis) = skewness_and_kurtosis(4.0, power(2), power(3), power(4));
        assert!((skewness.unwrap() - 1.763_632_614_803_888).abs() < 1e-12, "{skewness:?}");
        assert!((kurtosis.unwrap() - 3.228).abs() < 1e-12, "{kurtosis:?}");
        assert_eq!(skewness_and_kurtosis(4.0, 0.0, 0.0, 0.0), (None, None));
    }
}
