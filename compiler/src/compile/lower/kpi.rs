//! KPI contracts and jobs: their columns, dimensions and views against the datasets and each other.

use std::collections::BTreeMap;

use assay_schemas::code::Code;
use assay_schemas::datatype::Family;
use assay_schemas::expression::{self, Scope};
use assay_schemas::library::Object;
use assay_schemas::library::kpi_contract::{KpiContract, KpiMetric};
use assay_schemas::library::kpi_job::KpiJob;
use assay_schemas::plan::Field;
use assay_schemas::problem::{Pointer, Problem, nearest};
use assay_schemas::rule;

use super::super::overlay::Resolved;
use super::{dataset, dataset_of, target};
use crate::diagnostic::Sink;

/// The columns that a KPI is made of.
pub(super) fn contract(resolved: &Resolved<'_>, index: usize, kpi: &KpiContract, sink: &mut Sink) {
    let loaded = resolved.linked.loaded(index);
    // Several metrics of one dataset are the rule, and its columns are worth finding once.
    let mut known: BTreeMap<(usize, usize), Option<Vec<Field>>> = BTreeMap::new();
    for (position, metric) in kpi.metrics.iter().enumerate() {
        let place = Pointer::from("metrics").index(position);
        let wanted = metric.dataset.dataset_contract_id.as_ref();
        let Some(at) = dataset_of(resolved, (index, &place.key("dataset")), wanted, sink) else {
            continue;
        };
        let fields = known
            .entry((at.contract.index, at.position))
            .or_insert_with(|| dataset::declared(resolved, at));
        let Some(fields) = fields else { continue };
        let mut problems = check_metric(metric, fields, &place);
        for (number, dimension) in kpi.dimensions.iter().enumerate() {
            if let Some(column) = &dimension.column {
                let place = Pointer::from("dimensions").index(number).key("column");
                problems.extend(rule::find(fields, column, place).err().unwrap_or_default());
            }
        }
        let contract = resolved.linked.loaded(at.contract.index);
        for problem in problems {
            let place = contract.place(&at.pointer().key("schema"));
            sink.push(
                loaded.diagnostic(problem).related(place, "the columns are those of this schema"),
            );
        }
    }
}

fn check_metric(metric: &KpiMetric, fields: &[Field], place: &Pointer) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(column) = &metric.column {
        match rule::find(fields, column, place.key("column")) {
            Err(unknown) => problems.extend(unknown),
            Ok(field)
                if metric.function.needs_numbers()
                    && field.data_type.family() != Family::Number =>
            {
                let message = format!(
                    "`{column}` is of type `{}`, but a KPI is made of numbers",
                    field.data_type
                );
                let problem = Problem::new(Code::ColumnType, place.key("column"), message);
                problems.push(
                    problem.hint("use `count` or `count_distinct`, or name a column of numbers"),
                );
            }
            Ok(_) => {}
        }
    }
    if let Some(text) = &metric.filter
        && let Err(error) = expression::predicate(text, &Scope::of(fields))
    {
        problems.push(error.problem(text, place.key("where")));
    }
    problems
}

/// What a job asks of its KPI.
pub(super) fn job(resolved: &Resolved<'_>, index: usize, job: &KpiJob, sink: &mut Sink) {
    let Some((contract, Object::KpiContract(kpi))) =
        target(resolved, index, &Pointer::from("kpi_id"))
    else {
        return;
    };
    let runtime = Pointer::from("runtime");
    let mut unknown = |what: &str, name: &str, known: Vec<&str>, place: Pointer, list: &str| {
        if known.is_empty() || known.contains(&name) {
            return;
        }
        let message = format!("KPI `{}` has no {what} `{name}`", kpi.kpi_id);
        let problem = Problem::new(Code::UnknownDimension, place, message);
        let problem = match nearest(name, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("known are {}", known.join(", "))),
        };
        let other = resolved.linked.loaded(contract).place(&Pointer::from(list));
        let diagnostic = resolved.linked.loaded(index).diagnostic(problem);
        sink.push(diagnostic.related(other, "the contract of the KPI names them here"));
    };
    for (position, filter) in job.runtime.filters.iter().enumerate() {
        let known = kpi.dimensions.iter().map(|dimension| dimension.dimension.as_str()).collect();
        let place = runtime.key("filters").index(position).key("field");
        unknown("dimension", &filter.field, known, place, "dimensions");
    }
    if let Some(view) = &job.runtime.scd_view {
        let known = kpi.scd_views.iter().map(String::as_str).collect();
        unknown("view", view, known, runtime.key("scd_view"), "scd_views");
    }
}
