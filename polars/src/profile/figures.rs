//! Figures of numbers and lengths.

use assay_engine::{ColumnProfile, EngineError};
use assay_schemas::datatype::DataType;

use super::values::{Values, double};
use crate::rows::fault;

/// A sum that carries what rounding loses.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// The sum of all of these; nothing of none.
    pub(super) fn of(numbers: impl Iterator<Item = f64>) -> Option<f64> {
        let mut any = false;
        let mut sum = Self::default();
        for number in numbers {
            any = true;
            sum.add(number);
        }
        any.then_some(sum.sum)
    }

    fn add(&mut self, number: f64) {
        let number = number - self.lost;
        let sum = self.sum + number;
        self.lost = (sum - self.sum) - number;
        self.sum = sum;
    }
}

/// Mean, deviation, sum, zeros and negatives of a column of numbers.
pub(super) fn sums(values: &Values<'_>, figures: &mut ColumnProfile) -> Result<(), EngineError> {
    let Some((axis, finite)) = values.axis.as_ref().zip(values.finite()) else { return Ok(()) };
    let numbers: Vec<(f64, u64)> = finite.collect();
    let rows: u64 = numbers.iter().map(|(_, n)| n).sum();
    let tally = |met: fn(f64) -> bool| {
        axis.iter().zip(&values.counts).filter(|(number, _)| met(**number)).map(|(_, n)| n).sum()
    };
    figures.zeros = Some(tally(|number| number == 0.0));
    figures.negatives = Some(tally(|number| number < 0.0));
    if rows == 0 {
        return Ok(());
    }
    let digits = match values.column.data_type {
        Some(DataType::Integer) => {
            let whole = values.sorted.i64().map_err(fault)?;
            total(whole.iter().flatten().map(i128::from), &values.counts).map(|sum| (sum, 0))
        }
        Some(DataType::Decimal(_, scale)) => {
            let digits = values.sorted.decimal().map_err(fault)?.physical();
            total(digits.iter().flatten(), &values.counts).map(|sum| (sum, scale))
        }
        _ => None,
    };
    let (sum, mean) = match digits {
        Some((sum, scale)) => (double(sum, scale), share(sum, rows, scale)),
        None => {
            let sum = Sum::of(numbers.iter().map(|(number, n)| number * *n as f64)).unwrap_or(0.0);
            (sum, sum / rows as f64)
        }
    };
    (figures.sum, figures.mean) = (Some(sum), Some(mean));
    figures.standard_deviation = deviation(&numbers, rows, mean);
    Ok(())
}

/// The sum over all rows, where it has a place.
fn total(digits: impl Iterator<Item = i128>, counts: &[u64]) -> Option<i128> {
    let mut all = digits.zip(counts);
    all.try_fold(0_i128, |sum, (digits, n)| sum.checked_add(digits.checked_mul(i128::from(*n))?))
}

/// A sum of so many digits after the point, shared among so many rows.
fn share(sum: i128, rows: u64, scale: u8) -> f64 {
    let unit = 10_i128.checked_pow(u32::from(scale));
    match unit.and_then(|unit| unit.checked_mul(i128::from(rows))) {
        Some(parts) => (sum / parts) as f64 + (sum % parts) as f64 / parts as f64,
        None => double(sum, scale) / rows as f64,
    }
}

/// The deviation of a sample.
fn deviation(numbers: &[(f64, u64)], rows: u64, mean: f64) -> Option<f64> {
    if rows < 2 {
        return None;
    }
    let rows = rows as f64;
    let squares = Sum::of(numbers.iter().map(|(number, n)| (number - mean).powi(2) * *n as f64))?;
    // What the mean itself was rounded by.
    let rest = Sum::of(numbers.iter().map(|(number, n)| (number - mean) * *n as f64))?;
    let squares = (squares - rest * rest / rows).max(0.0);
    Some((squares / (rows - 1.0)).sqrt()).filter(|deviation| deviation.is_finite())
}

/// Smallest, mean and greatest length in code points.
pub(super) fn lengths(values: &Values<'_>) -> Option<(u64, f64, u64)> {
    let (least, greatest) = (values.lengths.first()?.0, values.lengths.last()?.0);
    let products = values.lengths.iter().map(|(length, n)| u128::from(*length) * u128::from(*n));
    Some((least, products.sum::<u128>() as f64 / values.present as f64, greatest))
}

/// All bins of equal width, the empty ones too; a single one where all values are equal.
pub(super) fn histogram(values: &Values<'_>, number: u32) -> Vec<(f64, f64, u64)> {
    let Some(placed) = values.on_axis() else { return Vec::new() };
    let placed: Vec<(f64, u64)> = placed.collect();
    let (Some((low, _)), Some((high, _))) = (placed.first().copied(), placed.last().copied())
    else {
        return Vec::new();
    };
    if !(high - low).is_finite() {
        return Vec::new();
    }
    if low >= high {
        return vec![(low, high, placed.iter().map(|(_, n)| n).sum())];
    }
    let width = (high - low) / f64::from(number);
    let last = number - 1;
    let mut bins = vec![0_u64; number as usize];
    for (x, n) in placed.into_iter().filter(|_| width > 0.0) {
        let at = (((x - low) / width).floor() as u32).min(last);
        // The quotient may land in a neighbour of the right bin; the bins' own ends decide.
        let bin = if at > 0 && x < low + f64::from(at) * width {
            at - 1
        } else if at < last && x >= low + f64::from(at + 1) * width {
            at + 1
        } else {
            at
        };
        if let Some(rows) = bins.get_mut(bin as usize) {
            *rows += n;
        }
    }
    let end = |index: u32| if index == number { high } else { low + f64::from(index) * width };
    (0..number).zip(bins).map(|(index, rows)| (end(index), end(index + 1), rows)).collect()
}

/// Numbers in ascending order, and how many rows there are up to each.
pub(super) struct Counted {
    numbers: Vec<f64>,
    upto: Vec<u64>,
}

impl Counted {
    /// Counts numbers that come in ascending order.
    pub(super) fn new(numbers: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut counted = Self { numbers: Vec::new(), upto: Vec::new() };
        let mut rows = 0;
        for (number, n) in numbers {
            rows += n;
            counted.numbers.push(number);
            counted.upto.push(rows);
        }
        counted
    }

    /// A quantile, which lies between the two values on either side of its place. Over few values it is
    /// found along the distance of the two, else by their weights: the same but for rounding.
    pub(super) fn quantile(&self, q: f64, few: bool) -> Option<f64> {
        let place = q * (*self.upto.last()? - 1) as f64;
        let at = |place: f64| {
            let index = self.upto.partition_point(|upto| *upto as f64 <= place);
            self.numbers.get(index).copied()
        };
        let (low, high) = (at(place.floor())?, at(place.ceil())?);
        let part = place - place.floor();
        Some(match few {
            true => low + part * (high - low),
            false if part == 0.0 => low,
            false => low * (1.0 - part) + high * part,
        })
    }
}
