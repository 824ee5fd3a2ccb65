//! A plan taken apart: what each file can be asked alone, and how the answers become those of all files.

use std::collections::BTreeMap;

use assay_schemas::datatype::DataType;
use assay_schemas::digest::Digest;
use assay_schemas::plan::{
    Beside, Body, Bounds, Check, DatasetPlan, Expr, Field, Format, Function, Gives, JobPlan,
    Literal, Measure, Metric, MetricFunction, Origin, Step, StepBody, Tolerance,
};

/// A plan, taken apart.
#[derive(Clone, Debug)]
pub struct Split {
    /// The dataset with the checks that each file is asked.
    pub part: DatasetPlan,
    /// Checks that are computed over all files.
    pub rest: Vec<Rest>,
    /// By check: how the metrics of its figure are made, in the order that the figure wants them.
    pub(super) figures: BTreeMap<String, Vec<Made>>,
}

/// A check that is computed over all files.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rest {
    /// The check.
    pub check_id: String,
    /// Why it cannot be put together.
    pub why: String,
}

/// How the value of a metric over all files is made from what files answered; numbers name questions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Made {
    /// From one answer of each file.
    One(Fold, usize),
    /// A sum divided by a number of values.
    Mean(Fold, usize, usize),
    /// The time since the greatest or smallest instant.
    Age(Fold, usize),
}

/// How answers of files become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fold {
    /// Whole numbers, added up.
    Sum,
    /// Decimals of so many digits behind the point, added up.
    Decimals(u8),
    /// The smallest.
    Least,
    /// The greatest; NaN is greater than all others.
    Greatest,
}

/// Digits behind the point up to which a power of ten is a double exactly.
const DIGITS: u8 = 15;

impl Split {
    /// Takes a plan apart.
    ///
    /// # Errors
    /// Why every file must be read.
    pub fn of(plan: &JobPlan) -> Result<Self, String> {
        let dataset = &plan.dataset;
        if plan.quarantine {
            return Err("rows are set apart from all rows (`quarantine`)".to_owned());
        }
        if dataset.profile.is_some() {
            return Err("the profile is of all rows together".to_owned());
        }
        if !dataset.source.partitions.is_empty() {
            return Err("partition columns are no part of a file's bytes".to_owned());
        }
        if dataset.change_log {
            return Err("the log of changed cells is of all rows".to_owned());
        }
        for step in &dataset.steps {
            step_alone(step)?;
        }
        let mut split = Self {
            part: DatasetPlan { checks: Vec::new(), withheld: Vec::new(), ..dataset.clone() },
            rest: Vec::new(),
            figures: BTreeMap::new(),
        };
        split.part.source.path = None;
        split.part.source.storage = None;
        for check in &dataset.checks {
            if check.reads_files() {
                continue;
            }
            if let Err(why) = split.take(check, dataset) {
                split.judged(check)?;
                split.rest.push(Rest { check_id: check.check_id.clone(), why });
            }
        }
        if split.part.checks.is_empty() {
            return Err("no check can be told file by file".to_owned());
        }
        if let Some(rest) = split.rest.first().filter(|_| !reads_columns_alone(dataset)) {
            return Err(format!("`{}` needs all rows: {}", rest.check_id, rest.why));
        }
        Ok(split)
    }

    /// The checks of a dataset that are computed over all files.
    pub fn over_all(&self, dataset: &DatasetPlan) -> DatasetPlan {
        let is_one = |check: &&Check| self.rest.iter().any(|rest| rest.check_id == check.check_id);
        let checks = dataset.checks.iter().filter(is_one).cloned().collect();
        DatasetPlan { checks, ..dataset.clone() }
    }

    /// Lets each file be asked a check; why not, where that tells nothing of all files.
    fn take(&mut self, check: &Check, dataset: &DatasetPlan) -> Result<(), String> {
        if !check.segments.is_empty() {
            return Err("segments are told apart over all files".to_owned());
        }
        check.filter.iter().try_for_each(of_the_row)?;
        match &check.body {
            Body::Rows { evaluated, holds } => {
                evaluated.iter().chain([holds]).try_for_each(of_the_row)?;
                self.part.checks.push(question(check, check.check_id.clone(), check.body.clone()));
            }
            Body::Reference { dataset: other, other_filter, .. } => {
                if *other == dataset.dataset_contract_id {
                    return Err("it looks into its own dataset".to_owned());
                }
                other_filter.iter().try_for_each(of_the_row)?;
                self.part.checks.push(question(check, check.check_id.clone(), check.body.clone()));
            }
            Body::Metric { measure, bounds } => {
                let before = self.part.checks.len();
                let made = self.figure(check, (measure, bounds), &dataset.fields);
                if made.is_err() {
                    self.part.checks.truncate(before);
                }
                self.figures.insert(check.check_id.clone(), made?);
            }
            Body::Unique { .. } => return Err("a key may stand in several files".to_owned()),
            Body::Dependency { .. } => {
                return Err("rows that agree may stand in several files".to_owned());
            }
            Body::Beside(_) => return Err("neighbours may stand in several files".to_owned()),
            Body::Arrivals(_) => return Err("a window may reach over several files".to_owned()),
            Body::Compare(_) | Body::Difference(_) => {
                return Err("it holds all rows against another dataset".to_owned());
            }
            Body::Query(_) => {
                return Err("what a query asks is known to the engine alone".to_owned());
            }
            Body::Structure { .. } | Body::Columns(_) | Body::Files(_) => {}
        }
        Ok(())
    }

    /// Asks each file which rows a check judges that it cannot be asked whole, for the share of rows that
    /// break a hard rule.
    ///
    /// # Errors
    /// Not even that can be told file by file.
    fn judged(&mut self, check: &Check) -> Result<(), String> {
        let there = |columns: &[assay_schemas::id::ColumnName]| {
            Expr::all(columns.iter().map(|name| Expr::column(name).is_not_null()))
        };
        let evaluated = match &check.body {
            _ if !check.severity.is_hard() => return Ok(()),
            Body::Rows { evaluated, .. } => evaluated.clone(),
            Body::Beside(Beside { evaluated, .. }) => evaluated.clone(),
            Body::Unique { columns, nulls_equal } => (!nulls_equal).then(|| there(columns)),
            Body::Reference { columns, .. } => Some(there(columns)),
            Body::Difference(difference) => Some(there(&difference.key)),
            Body::Dependency { determinants, dependents, nulls_equal } => {
                let all: Vec<_> = determinants.iter().chain(dependents).cloned().collect();
                (!nulls_equal).then(|| there(&all))
            }
            Body::Query(query) if query.gives == Gives::Rows => None,
            _ => return Ok(()),
        };
        for expression in check.filter.iter().chain(&evaluated) {
            of_the_row(expression)
                .map_err(|why| format!("which rows `{}` judges: {why}", check.check_id))?;
        }
        let holds = Expr::literal(Literal::Boolean(true));
        let body = Body::Rows { evaluated, holds };
        self.part.checks.push(question(check, format!("judged:{}", check.check_id), body));
        Ok(())
    }

    /// How the metrics of a figure, and of what its bounds are made of, are put together.
    fn figure(
        &mut self,
        check: &Check,
        (measure, bounds): (&Measure, &Bounds),
        fields: &[Field],
    ) -> Result<Vec<Made>, String> {
        let age = matches!(measure, Measure::Age { .. });
        let adapted = bounds.adapt.iter().flat_map(|adapt| adapt.measures());
        let own = measure.metrics().into_iter().map(|metric| (metric, age));
        let others = adapted.flat_map(Measure::metrics).map(|metric| (metric, false));
        let mut made = Vec::new();
        for (metric, age) in own.chain(others) {
            made.push(match (self.metric(check, metric, fields)?, age) {
                (Made::One(fold, place), true) => Made::Age(fold, place),
                (made, _) => made,
            });
        }
        Ok(made)
    }

    fn metric(&mut self, check: &Check, metric: &Metric, fields: &[Field]) -> Result<Made, String> {
        metric.expressions().into_iter().try_for_each(of_the_row)?;
        let mut ask = |metric: Metric| {
            let measure = Measure::Metric { metric };
            let body = Body::Metric { measure, bounds: Bounds::default() };
            let alike = |known: &Check| known.filter == check.filter && known.body == body;
            self.part.checks.iter().position(alike).unwrap_or_else(|| {
                let id = format!("figure:{}", self.part.checks.len());
                self.part.checks.push(question(check, id, body));
                self.part.checks.len() - 1
            })
        };
        let of = |function: MetricFunction, value: &Expr| {
            Metric::of(function, value.clone()).filtered(metric.filter.clone())
        };
        Ok(match (&metric.function, &metric.value) {
            (MetricFunction::Count, _) => Made::One(Fold::Sum, ask(metric.clone())),
            (MetricFunction::Min | MetricFunction::MinLength, _) => {
                Made::One(Fold::Least, ask(metric.clone()))
            }
            (MetricFunction::Max | MetricFunction::MaxLength, _) => {
                Made::One(Fold::Greatest, ask(metric.clone()))
            }
            (MetricFunction::Sum, Some(value)) => {
                Made::One(summed(value, fields)?, ask(metric.clone()))
            }
            (MetricFunction::Mean, Some(value)) => {
                let fold = summed(value, fields)?;
                let sum = ask(of(MetricFunction::Sum, value));
                Made::Mean(fold, sum, ask(of(MetricFunction::Count, value)))
            }
            (MetricFunction::MeanLength, Some(value)) => {
                let length = Expr::call(Function::Length, [value.clone()]);
                let sum = ask(of(MetricFunction::Sum, &length));
                Made::Mean(Fold::Sum, sum, ask(of(MetricFunction::Count, &length)))
            }
            (MetricFunction::Quantile { .. }, _) => {
                return Err("a quantile is one of all values together".to_owned());
            }
            (
                MetricFunction::StandardDeviation
                | MetricFunction::Variance
                | MetricFunction::Skewness
                | MetricFunction::Kurtosis
                | MetricFunction::Correlation { .. },
                _,
            ) => return Err("moments of parts come to other last digits".to_owned()),
            _ => return Err("the same value may stand in several files".to_owned()),
        })
    }
}

/// A check as a question: what does not change the answer is left out of it.
fn question(check: &Check, check_id: String, body: Body) -> Check {
    Check {
        check_id,
        rule_type: String::new(),
        title: String::new(),
        message: None,
        origin: Origin {
            kind: String::new(),
            id: String::new(),
            version: String::new(),
            via: None,
            chain: Vec::new(),
        },
        digest: Digest::of_bytes(b""),
        tolerance: Tolerance::default(),
        warn: None,
        segments: Vec::new(),
        body,
        ..check.clone()
    }
}

/// Whether a step does the same to a row whatever other rows there are.
fn step_alone(step: &Step) -> Result<(), String> {
    let alone = match &step.body {
        StepBody::Set { value, .. } | StepBody::Reject { when: value, .. } => of_the_row(value),
        StepBody::Parse { .. } | StepBody::Project { .. } | StepBody::Lookup(_) => Ok(()),
        StepBody::Deduplicate { .. }
        | StepBody::Impute { .. }
        | StepBody::Agree { .. }
        | StepBody::Survive { .. }
        | StepBody::Cluster(_) => Err("it sees all rows".to_owned()),
    };
    let filter = step.filter.as_ref().map_or(Ok(()), of_the_row);
    alone.and(filter).map_err(|why| format!("the step `{}`: {why}", step.step_id))
}

fn of_the_row(expression: &Expr) -> Result<(), String> {
    match (expression.is_of_the_row(), expression.needs_now()) {
        (true, _) => Ok(()),
        (false, true) => Err("it depends on the time of the run".to_owned()),
        (false, false) => Err("it depends on more than the row".to_owned()),
    }
}

/// Whether columns can be read one by one, so that what is asked of all rows reads little.
fn reads_columns_alone(dataset: &DatasetPlan) -> bool {
    dataset.source.format == Format::Parquet
        && dataset.steps.iter().all(|step| matches!(step.body, StepBody::Parse { .. }))
}

/// How sums of a value are added up.
fn summed(value: &Expr, fields: &[Field]) -> Result<Fold, String> {
    let data_type = match value {
        Expr::Column { name } => fields.iter().find(|field| field.name == *name),
        _ => None,
    };
    match data_type.map(|field| field.data_type) {
        Some(DataType::Integer) => Ok(Fold::Sum),
        Some(DataType::Decimal(_, scale)) if scale <= DIGITS => Ok(Fold::Decimals(scale)),
        _ => Err("sums of parts come to other last digits".to_owned()),
    }
}
