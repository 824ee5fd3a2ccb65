//! Metrics: what is gathered for them, and what they come to.

use assay_engine::figure;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{self, Bounds, Measure, Metric, MetricFunction};
use assay_schemas::verdict::Measurement;
use polars::prelude::{Expr, NULL, lit, when};

use super::counted;
use super::gather::{Gather, Gathered, Number};
use super::say::{Cannot, length, say, truth};
use super::scan::{Scan, Scanned};
use crate::scope::{Said, Scope};
use crate::types::kept;

/// Where the value of a metric is found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In the scan.
    Scan {
        /// Where it is gathered.
        gather: usize,
        /// What is made of it.
        take: Take,
    },
    /// In a grouping by value.
    Counted(counted::Place),
}

impl Place {
    /// Whether it is in the scan.
    pub(crate) fn is_scanned(&self) -> bool {
        matches!(self, Self::Scan { .. })
    }
}

/// What is made of what was gathered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Take {
    what: What,
    unit: Unit,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Count,
    Sum,
    Mean,
    Extreme,
    Deviation,
    Variance,
    Skewness,
    Kurtosis,
    Correlation,
    Quantile(f64),
}

/// What a number of the column stands for.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// Itself.
    One,
    /// So many digits are behind the point.
    Digits(u8),
    /// Days, shown in seconds; up to the start of the run where that is given.
    Days(Option<i64>),
    /// Microseconds, in the same way.
    Microseconds(Option<i64>),
}

impl Unit {
    fn of(data_type: Option<DataType>, age: Option<i64>) -> Self {
        match data_type {
            Some(DataType::Decimal(_, scale)) => Self::Digits(scale),
            Some(DataType::Date) => Self::Days(age),
            Some(DataType::Timestamp) => Self::Microseconds(age),
            _ => Self::One,
        }
    }

    fn number(self, number: Number) -> f64 {
        let microseconds = |instant: i128, now: Option<i64>| {
            let since = now.map_or(instant, |now| i128::from(now) - instant);
            since as f64 / 1e6
        };
        match (self, number) {
            (Self::Digits(scale), number) => number.double() / 10f64.powi(i32::from(scale)),
            (Self::Days(now), Number::Whole(days)) => microseconds(days * 86_400_000_000, now),
            (Self::Microseconds(now), Number::Whole(instant)) => microseconds(instant, now),
            (_, number) => number.double(),
        }
    }
}

impl Take {
    /// The number.
    ///
    /// # Errors
    /// It is beyond what numbers hold.
    pub(crate) fn of(&self, gathered: &Gathered) -> Result<Option<f64>, String> {
        Ok(match (self.what, gathered) {
            (What::Count, gathered) => Some(gathered.count() as f64),
            (_, Gathered::Sum { count: 0, .. }) => None,
            (what, Gathered::Sum { whole, double, is_double, count }) => {
                let sum = match (is_double, whole) {
                    (true, _) => double.total(),
                    (false, Some(sum)) => self.unit.number(Number::Whole(*sum)),
                    (false, None) => return Err("the sum is out of range".to_owned()),
                };
                Some(if matches!(what, What::Mean) { sum / *count as f64 } else { sum })
            }
            (_, Gathered::Extreme(best)) => best.map(|best| self.unit.number(best)),
            (What::Deviation, Gathered::Moments(moments)) => moments.deviation(),
            (What::Variance, Gathered::Moments(moments)) => moments.variance(),
            (What::Skewness, Gathered::Moments(moments)) => moments.skewness()?,
            (What::Kurtosis, Gathered::Moments(moments)) => moments.kurtosis()?,
            (_, Gathered::Paired(paired)) => paired.coefficient(),
            (What::Quantile(q), gathered) => gathered.quantile(q),
            _ => None,
        })
    }
}

/// What metrics are added to, and over which rows.
pub(crate) struct Adding<'a> {
    /// The scan.
    pub(crate) scan: &'a mut Scan,
    /// What expressions are read against.
    pub(crate) scope: &'a Scope<'a>,
    /// The rows that pass the check's filter.
    pub(crate) filter: Option<&'a plan::Expr>,
}

impl Adding<'_> {
    /// Adds the metrics of a measure.
    ///
    /// # Errors
    /// Why one of them cannot be computed.
    pub(crate) fn measure(&mut self, measure: &Measure) -> Result<Vec<Place>, Cannot> {
        let age = matches!(measure, Measure::Age { .. }).then_some(self.scope.now);
        measure.metrics().into_iter().map(|metric| self.metric(metric, age)).collect()
    }

    /// Adds the metrics that bounds are made from.
    ///
    /// # Errors
    /// Why one of them cannot be computed.
    pub(crate) fn bounds(&mut self, bounds: &Bounds) -> Result<Vec<Place>, Cannot> {
        let adapted = bounds.adapt.iter().flat_map(|adapt| adapt.measures());
        let metrics: Vec<&Metric> = adapted.flat_map(Measure::metrics).collect();
        metrics.into_iter().map(|metric| self.metric(metric, None)).collect()
    }

    /// Adds a metric.
    ///
    /// # Errors
    /// Why it cannot be computed.
    pub(crate) fn single(&mut self, metric: &Metric) -> Result<Place, Cannot> {
        self.metric(metric, None)
    }

    fn metric(&mut self, metric: &Metric, age: Option<i64>) -> Result<Place, Cannot> {
        let filter = self.filter.into_iter().chain(&metric.filter).cloned();
        let filter: Vec<plan::Expr> = filter.collect();
        let filter = (!filter.is_empty()).then(|| plan::Expr::all(filter));
        if metric.counts_values() || metric.function == MetricFunction::CountDistinct {
            let place = self.scan.groupings.add(self.scope, metric, filter.as_ref())?;
            return Ok(Place::Counted(place));
        }
        let Some(value) = &metric.value else {
            if metric.function != MetricFunction::Count {
                return Err(Cannot::Broken("the metric names no value".into()));
            }
            let gather = match &filter {
                None => Gather::Rows,
                Some(filter) => {
                    let expr = truth(self.scope, filter)?;
                    Gather::True(self.scan.value(meaning(&[], Some(filter), "true"), expr))
                }
            };
            return Ok(self.place(gather, What::Count, Unit::One));
        };
        let value = match metric.function {
            MetricFunction::MinLength | MetricFunction::MaxLength | MetricFunction::MeanLength => {
                length(value)
            }
            _ => value.clone(),
        };
        self.of_value(metric, &value, filter.as_ref(), age)
    }

    fn of_value(
        &mut self,
        metric: &Metric,
        value: &plan::Expr,
        filter: Option<&plan::Expr>,
        age: Option<i64>,
    ) -> Result<Place, Cannot> {
        use MetricFunction as F;
        let function = &metric.function;
        let moment = match function {
            F::StandardDeviation => Some(What::Deviation),
            F::Variance => Some(What::Variance),
            F::Skewness => Some(What::Skewness),
            F::Kurtosis => Some(What::Kurtosis),
            _ => None,
        };
        if let Some(what) = moment {
            let gather = Gather::Moments(self.double(value, filter)?);
            return Ok(self.place(gather, what, Unit::One));
        }
        Ok(match function {
            F::Count if counted::parts(value).is_some() => {
                return self.metric(&Metric::rows().filtered(filter.cloned()), None);
            }
            F::Count => {
                let (place, _) = self.value(value, filter)?;
                self.place(Gather::Present(place), What::Count, Unit::One)
            }
            F::Sum | F::Mean | F::MeanLength => {
                let (place, data_type) = self.value(value, filter)?;
                expect_number(data_type, function)?;
                let what = if *function == F::Sum { What::Sum } else { What::Mean };
                self.place(Gather::Sum(place), what, Unit::of(data_type, None))
            }
            F::Min | F::Max | F::MinLength | F::MaxLength => {
                let (place, data_type) = self.value(value, filter)?;
                let temporal = matches!(data_type, Some(DataType::Date | DataType::Timestamp));
                if !temporal {
                    expect_number(data_type, function)?;
                }
                if age.is_some() && !temporal {
                    return Err(Cannot::Beyond("the age of what is no instant".into()));
                }
                let gather = match function {
                    F::Min | F::MinLength => Gather::Least(place),
                    _ => Gather::Greatest(place),
                };
                self.place(gather, What::Extreme, Unit::of(data_type, age))
            }
            F::Correlation { other } => {
                let both = [value, &**other].map(|part| part.clone().is_not_null());
                let both = plan::Expr::all(filter.cloned().into_iter().chain(both));
                let one = self.double(value, Some(&both))?;
                let two = self.double(other, Some(&both))?;
                self.place(Gather::Paired(one, two), What::Correlation, Unit::One)
            }
            F::Quantile { q } if (0.0..=1.0).contains(q) => {
                let gather = Gather::Values(self.double(value, filter)?);
                self.place(gather, What::Quantile(*q), Unit::One)
            }
            F::Quantile { q } => {
                return Err(Cannot::Broken(format!("{q} is no quantile between 0 and 1")));
            }
            F::CountDistinctApproximate => {
                return Err(Cannot::Beyond("Polars estimates distinct values otherwise".into()));
            }
            F::TopK { .. } | F::Histogram { .. } => {
                let reason = "the metric is a list, not one number that could be compared";
                return Err(Cannot::Broken(reason.into()));
            }
            other => return Err(Cannot::Beyond(format!("the metric {other:?}"))),
        })
    }

    fn place(&mut self, gather: Gather, what: What, unit: Unit) -> Place {
        Place::Scan { gather: self.scan.gather(gather), take: Take { what, unit } }
    }

    /// The place and type of a value that is null where the filter is not true.
    fn value(
        &mut self,
        value: &plan::Expr,
        filter: Option<&plan::Expr>,
    ) -> Result<(usize, Option<DataType>), Cannot> {
        let Said { expr, data_type } = say(self.scope, value)?;
        let expr = match filter {
            None => expr,
            Some(filter) => only(truth(self.scope, filter)?, expr),
        };
        Ok((self.scan.value(meaning(&[value], filter, "value"), expr), data_type))
    }

    /// The place of a value as a double.
    fn double(&mut self, value: &plan::Expr, filter: Option<&plan::Expr>) -> Result<usize, Cannot> {
        let Said { expr, data_type } = say(self.scope, value)?;
        expect_number(data_type, &"a figure")?;
        let expr = expr.cast(kept(DataType::Double));
        let expr = match filter {
            None => expr,
            Some(filter) => only(truth(self.scope, filter)?, expr),
        };
        Ok(self.scan.value(meaning(&[value], filter, "double"), expr))
    }
}

/// The value where a condition is true, otherwise null.
fn only(condition: Expr, value: Expr) -> Expr {
    when(condition).then(value).otherwise(lit(NULL))
}

fn expect_number(
    data_type: Option<DataType>,
    function: &dyn std::fmt::Debug,
) -> Result<(), Cannot> {
    match data_type {
        None
        | Some(DataType::Boolean | DataType::Integer | DataType::Decimal(..) | DataType::Double) => {
            Ok(())
        }
        Some(other) => Err(Cannot::Beyond(format!("{function:?} of values of type `{other}`"))),
    }
}

/// A text that is the same only for equal values over the same rows.
pub(crate) fn meaning(values: &[&plan::Expr], filter: Option<&plan::Expr>, form: &str) -> String {
    // A debug text tells NaN apart from null, which JSON does not.
    format!("{form} {values:?} {filter:?}")
}

/// The measurement of a figure whose metrics have been computed.
///
/// # Errors
/// Why one of them has no value.
pub(crate) fn read(
    measure: &Measure,
    bounds: &Bounds,
    places: &[Place],
    (scanned, group): (&Scanned, usize),
) -> Result<Measurement, String> {
    let values: Result<Vec<_>, String> =
        places.iter().map(|place| scanned.value(place, group)).collect();
    let values = values?;
    let names = places.iter().flat_map(|place| scanned.names(place, group)).collect();
    Ok(figure(measure, bounds, &values, names))
}
