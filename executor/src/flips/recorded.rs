//! What a check would say of the data of a recorded run, told from what the run recorded, where its rows are not
//! kept: the measurements that it made, and the profile of its columns. What these do not prove is not said.

use assay_schemas::datatype::DataType;
use assay_schemas::domain::{Demand, Domain, Point, Ranges, Trial, passing};
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{
    Body, Check, DatasetPlan, Expr, Literal, Measure, Metric, MetricFunction, Redaction,
};
use assay_schemas::verdict::Measurement;

use crate::engine::{ColumnProfile, Measured};
use crate::judge;
use crate::result::{RunRecord, VerdictRecord};

/// The verdicts of two versions of a dataset's checks, as far as a recorded run tells them.
#[derive(Clone, Debug)]
pub struct Told {
    /// As the first version would say.
    pub before: RunRecord,
    /// As the second would.
    pub after: RunRecord,
    /// Checks of which at least one version cannot be told.
    pub untold: Vec<String>,
}

/// Tells what two versions say of the data of a run. The run may be of either version, or of neither.
pub fn told(run: &RunRecord, before: &DatasetPlan, after: &DatasetPlan) -> Told {
    let known = Known { run, plans: [before, after] };
    let mut untold = Vec::new();
    let mut sides = [before, after].map(|plan| {
        let mut measured = Measured::default();
        let told = plan.checks.iter().filter(|check| match known.measurement(check, plan) {
            Some(found) => {
                measured.checks.insert(check.check_id.clone(), found);
                true
            }
            None => {
                untold.push(check.check_id.clone());
                false
            }
        });
        let checks: Vec<_> = told.cloned().collect();
        judge::verdicts(&checks, &measured)
    });
    untold.sort_unstable();
    untold.dedup();
    // One side alone would look as if the check had come or gone.
    sides.iter_mut().for_each(|side| side.retain(|own| !untold.contains(&own.check_id)));
    let [before, after] = sides.map(|verdicts| known.record(verdicts));
    Told { before, after, untold }
}

/// What is known of the data.
struct Known<'a> {
    run: &'a RunRecord,
    plans: [&'a DatasetPlan; 2],
}

impl Known<'_> {
    /// The run as if these had been its verdicts. Its violating rows stay with the checks that asked the same.
    fn record(&self, verdicts: Vec<VerdictRecord>) -> RunRecord {
        let kept = |id: &str| verdicts.iter().find(|own| own.check_id == id);
        let violations = self.run.violations.iter().filter(|row| {
            let ran = self.run.verdicts.iter().find(|own| own.check_id == row.check_id);
            let now = kept(&row.check_id).map(|own| &own.measurement);
            ran.is_some_and(|ran| now == Some(&ran.measurement))
        });
        RunRecord { violations: violations.cloned().collect(), verdicts, ..self.run.clone() }
    }

    fn measurement(&self, check: &Check, plan: &DatasetPlan) -> Option<Measurement> {
        self.measured(check).or_else(|| self.profiled(check, plan))
    }

    /// The measurement of a check that asked the same, whatever it tolerated.
    fn measured(&self, check: &Check) -> Option<Measurement> {
        self.run.verdicts.iter().find_map(|ran| {
            if ran.rule_digest == check.digest.to_string() {
                return whole(&ran.measurement);
            }
            let asked = self.plans.iter().flat_map(|plan| &plan.checks);
            let mut asked = asked.filter(|own| own.digest.to_string() == ran.rule_digest);
            let same = asked.find(|own| same_question(own, check))?;
            whole(&ran.measurement).and_then(|found| held_against(found, same, check))
        })
    }

    /// What the profile of its one column proves.
    fn profiled(&self, check: &Check, plan: &DatasetPlan) -> Option<Measurement> {
        if check.filter.is_some() || !check.segments.is_empty() {
            return None;
        }
        match &check.body {
            Body::Rows { evaluated, holds } => self.rows((evaluated.as_ref(), holds), plan),
            Body::Metric { measure: Measure::Metric { metric }, bounds }
                if bounds.adapt.is_none() =>
            {
                let value = self.figure(metric, plan)?;
                Some(Measurement::figure(Some(value), None, bounds.contain(value)))
            }
            _ => None,
        }
    }

    /// What is known of a column whose values may be seen, and its type.
    fn column(&self, name: &ColumnName, plan: &DatasetPlan) -> Option<(&ColumnProfile, DataType)> {
        let field = plan.fields.iter().find(|field| field.name == *name)?;
        let own = self.run.profile.iter().find(|own| own.column == name.as_str())?;
        // What is redacted is shown as something else.
        let open = field.redaction == Redaction::None && own.classification.is_none();
        open.then_some((&own.figures, field.data_type))
    }

    fn rows(
        &self,
        (evaluated, holds): (Option<&Expr>, &Expr),
        plan: &DatasetPlan,
    ) -> Option<Measurement> {
        let demands = passing(evaluated, holds);
        let mut all = demands.by_term.values();
        let (Some(demand), None, true) = (all.next(), all.next(), demands.exact()) else {
            return None;
        };
        let name = demand.term.only_column()?;
        let (column, data_type) = self.column(&name, plan)?;
        let values = column.rows.saturating_sub(column.nulls);
        let judged = if evaluated.is_some() { values } else { column.rows };
        let of_nulls = match (evaluated.is_some(), column.nulls) {
            (true, _) | (false, 0) => 0,
            // Only of the column itself is it known what null comes to.
            (false, nulls) => {
                demand.term.column().map(|_| if demand.domain.null { 0 } else { nulls })?
            }
        };
        let of_values = violating_values(demand, column, data_type)?;
        Some(Measurement::Rows { evaluated: judged, violations: of_nulls + of_values })
    }

    /// A figure of a column that its profile holds, too.
    fn figure(&self, metric: &Metric, plan: &DatasetPlan) -> Option<f64> {
        if metric.filter.is_some() {
            return None;
        }
        let Some(value) = &metric.value else {
            return (metric.function == MetricFunction::Count).then_some(self.run.rows as f64);
        };
        let Expr::Column { name } = value else { return None };
        let (column, data_type) = self.column(name, plan)?;
        // Profiles leave out NaN and infinities, figures of checks do not.
        let exact = data_type != DataType::Double;
        match &metric.function {
            MetricFunction::Count => Some(column.rows.saturating_sub(column.nulls) as f64),
            MetricFunction::CountDistinct if !column.distinct_is_estimate => {
                Some(column.distinct as f64)
            }
            MetricFunction::Mean if exact => column.mean,
            MetricFunction::StandardDeviation if exact => column.standard_deviation,
            MetricFunction::Sum if exact => column.sum,
            MetricFunction::Min if exact => column.min.as_ref()?.parse().ok(),
            MetricFunction::Max if exact => column.max.as_ref()?.parse().ok(),
            _ => None,
        }
    }
}

/// A measurement that a record keeps whole: of many segments it keeps the worst alone.
fn whole(found: &Measurement) -> Option<Measurement> {
    match found {
        Measurement::Segments { segments, parts, .. } if parts.len() as u64 != *segments => None,
        Measurement::Broken { .. } => None,
        found => Some(found.clone()),
    }
}

/// Whether two checks measure the same of the same rows.
fn same_question(one: &Check, other: &Check) -> bool {
    let same_body = match (&one.body, &other.body) {
        (
            Body::Metric { measure, bounds },
            Body::Metric { measure: other, bounds: other_bounds },
        ) => measure == other && bounds.adapt.is_none() && other_bounds.adapt.is_none(),
        (one, other) => one == other,
    };
    same_body && one.filter == other.filter && one.segments == other.segments
}

/// The same figure within other bounds; everything else is as it was measured.
fn held_against(found: Measurement, from: &Check, check: &Check) -> Option<Measurement> {
    match (found, &check.body) {
        (Measurement::Figure { value, shown, names, adapted, .. }, Body::Metric { bounds, .. }) => {
            let within = value.is_some_and(|value| bounds.contain(value));
            Some(Measurement::Figure { value, shown, within, names, adapted })
        }
        // Each segment was held against its own bounds.
        (Measurement::Segments { .. }, Body::Metric { .. }) if from.body != check.body => None,
        (found, _) => Some(found),
    }
}

/// Rows whose value is not in the domain of a demand; `None` where the profile does not prove how many.
fn violating_values(demand: &Demand, column: &ColumnProfile, data_type: DataType) -> Option<u64> {
    let values = column.rows.saturating_sub(column.nulls);
    if values == 0 {
        return Some(0);
    }
    let trial = Trial::new(&demand.term, &demand.domain);
    // Where the most frequent values are all that there are, each is tried.
    let listed: u64 = column.top.iter().map(|(_, count)| count).sum();
    if listed == values && data_type != DataType::Double {
        let alone = |point: &Point| {
            Domain::of(Ranges::from(point.clone(), true).meet(&Ranges::up_to(point.clone(), true)))
        };
        return column.top.iter().try_fold(0, |sum, (text, count)| {
            let point = point(text, data_type)?;
            if demand.term.column().is_some() && !alone(&point).comparable(&demand.domain) {
                return None;
            }
            let holds = trial.admits(&point)?;
            Some(if holds { sum } else { sum + count })
        });
    }
    // What holds at both ends, and is one piece, holds in between. NaN is no end of anything.
    demand.term.column().filter(|_| data_type != DataType::Double)?;
    let end = |text: &Option<String>| point(text.as_ref()?, data_type);
    let (least, greatest) = (end(&column.min)?, end(&column.max)?);
    let between = Ranges::from(least, true).meet(&Ranges::up_to(greatest, true));
    let between = Domain::of(between);
    if !between.comparable(&demand.domain) {
        return None;
    }
    if between.within(&demand.domain) {
        return Some(0);
    }
    between.meet(&demand.domain).is_none().then_some(values)
}

/// A value as profiles write it.
fn point(text: &str, data_type: DataType) -> Option<Point> {
    match data_type {
        DataType::Boolean => Some(Point::Boolean(text.parse().ok()?)),
        DataType::Integer => Some(Point::whole(text.parse().ok()?)),
        DataType::Decimal(..) => Point::of(&Literal::Decimal(text.to_owned())),
        DataType::Text => Some(Point::Text(text.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
