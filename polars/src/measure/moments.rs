//! Sums and moments of numbers, taken in one by one.

use std::cmp::Ordering;

/// A sum of doubles that carries what each addition loses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Exact {
    sum: f64,
    lost: f64,
    plain: f64,
}

impl Exact {
    /// Adds one.
    pub(crate) fn add(&mut self, value: f64) {
        self.plain += value;
        let carried = value - self.lost;
        let sum = self.sum + carried;
        self.lost = (sum - self.sum) - carried;
        self.sum = sum;
    }

    /// The sum; infinite or NaN where the plain one is.
    pub(crate) fn total(&self) -> f64 {
        if self.plain.is_finite() { self.sum } else { self.plain }
    }
}

/// The central moments of values, by the updates of Welford and Pébay.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
    second: f64,
    third: f64,
    fourth: f64,
    centre: f64,
    /// A value is NaN or infinite.
    odd: bool,
}

impl Moments {
    /// Takes in a value.
    pub(crate) fn add(&mut self, value: f64) {
        if !value.is_finite() {
            self.odd = true;
            return;
        }
        let before = self.count as f64;
        self.count += 1;
        let n = self.count as f64;
        let mean = self.mean + (value - self.mean) / n;
        self.squares += (value - mean) * (value - self.mean);
        self.mean = mean;
        let delta = value - self.centre;
        let step = delta / n;
        let square = step * step;
        let term = delta * step * before;
        self.centre += step;
        self.fourth += term * square * (n * n - 3.0 * n + 3.0) + 6.0 * square * self.second
            - 4.0 * step * self.third;
        self.third += term * step * (n - 2.0) - 3.0 * step * self.second;
        self.second += term;
    }

    /// Sample variance.
    pub(crate) fn variance(&self) -> Option<f64> {
        match self.odd {
            true => Some(f64::NAN),
            false => (self.count > 1).then(|| self.squares / (self.count - 1) as f64),
        }
    }

    /// Sample deviation.
    pub(crate) fn deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Skewness.
    ///
    /// # Errors
    /// It is beyond the range of doubles.
    pub(crate) fn skewness(&self) -> Result<Option<f64>, String> {
        let shape = |n: f64| n.sqrt() * (self.third / self.second) / self.second.sqrt();
        self.shape(2, shape, "the skewness is out of range")
    }

    /// Excess kurtosis.
    ///
    /// # Errors
    /// It is beyond the range of doubles.
    pub(crate) fn kurtosis(&self) -> Result<Option<f64>, String> {
        let shape = |n: f64| n * (self.fourth / self.second) / self.second - 3.0;
        self.shape(3, shape, "the kurtosis is out of range")
    }

    fn shape(
        &self,
        least: u64,
        of: impl Fn(f64) -> f64,
        beyond: &str,
    ) -> Result<Option<f64>, String> {
        if self.odd {
            return Ok(Some(f64::NAN));
        }
        if self.count <= least || is_none_or_nothing(self.squares) || self.second <= 0.0 {
            return Ok(None);
        }
        let value = of(self.count as f64);
        if value.is_finite() { Ok(Some(value)) } else { Err(beyond.to_owned()) }
    }
}

/// Whether a sum of squares says that all values are equal.
fn is_none_or_nothing(squares: f64) -> bool {
    !(squares.is_nan() || squares > 0.0)
}

/// How two values go together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paired {
    count: u64,
    one: (f64, f64),
    two: (f64, f64),
    together: f64,
    odd: bool,
}

impl Paired {
    /// Takes in a pair.
    pub(crate) fn add(&mut self, one: f64, two: f64) {
        if !one.is_finite() || !two.is_finite() {
            self.odd = true;
            return;
        }
        self.count += 1;
        let n = self.count as f64;
        let update = |(mean, squares): (f64, f64), value: f64| {
            let next = mean + (value - mean) / n;
            (next, squares + (value - next) * (value - mean))
        };
        let before = self.two.0;
        self.one = update(self.one, one);
        self.together += (two - before) * (one - self.one.0);
        self.two = update(self.two, two);
    }

    /// Pearson's coefficient.
    pub(crate) fn coefficient(&self) -> Option<f64> {
        if self.odd {
            return Some(f64::NAN);
        }
        if self.count < 2 || is_none_or_nothing(self.one.1) || is_none_or_nothing(self.two.1) {
            return None;
        }
        let n = self.count as f64;
        let apart = (self.one.1 / n).sqrt() * (self.two.1 / n).sqrt();
        Some(if apart == 0.0 { f64::NAN } else { self.together / n / apart })
    }
}

/// The order of doubles: NaN equals itself and is greater than every other number.
pub(crate) fn order(one: f64, other: f64) -> Ordering {
    match (one.is_nan(), other.is_nan()) {
        (false, false) => one.partial_cmp(&other).unwrap_or(Ordering::Equal),
        (one, other) => one.cmp(&other),
    }
}

/// The quantile `q` of values by linear interpolation; orders them on the way.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let place = last as f64 * q;
    // Both lie between 0 and `last`.
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let (_, low, rest) = values.select_nth_unstable_by(below.min(last), |a, b| order(*a, *b));
    let low = *low;
    if below == above {
        return Some(low);
    }
    let high = rest.iter().copied().min_by(|a, b| order(*a, *b))?;
    Some(low + (high - low) * (place - place.floor()))
}
