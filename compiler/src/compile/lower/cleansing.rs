//! Cleansing: the steps of the catalog, of the dataset's policy and of governance, planned as one.

use assay_schemas::cleanse::{self, Ground, Planned};
use assay_schemas::code::Code;
use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::cleansing_policy::{ColumnStep, StepUse};
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::plan::Field;
use assay_schemas::problem::{Pointer, Problem};

use super::super::overlay::Resolved;
use super::dataset::{entity, governance};
use super::lookup::Lookup;
use super::{DatasetAt, target};
use crate::diagnostic::Sink;

/// A dataset of a contract and its schema.
pub(super) type Place<'a> = (DatasetAt<'a>, &'a DatasetSchema);

/// A step, the object that it is written in, and where it stands there.
struct Written {
    step: StepUse,
    object: usize,
    place: Pointer,
}

/// The steps of a dataset and its columns afterwards, and whether changes are logged.
pub(super) fn lower(
    resolved: &Resolved<'_>,
    (at, schema): Place<'_>,
    fields: &[Field],
    sink: &mut Sink,
) -> (Planned, bool) {
    let unplanned = || Planned { fields: fields.to_vec(), ..Planned::default() };
    let policy = match target(resolved, at.contract.index, &at.pointer().key("cleansing_policy")) {
        Some((index, Object::CleansingPolicy(policy))) => Some((index, policy)),
        _ => None,
    };
    let logs = policy.is_some_and(|(_, policy)| policy.change_log);
    let Some(written) = written(resolved, at, fields, sink) else { return (unplanned(), logs) };
    if let Some((index, other)) = circle(resolved, at, &written) {
        let message = format!("`{other}` itself looks values up here, so neither can be first");
        let place = written[index].place.key("parameters").key("dataset");
        let problem = Problem::new(Code::BadValue, place, message);
        sink.push(resolved.linked.loaded(written[index].object).diagnostic(problem));
        return (unplanned(), logs);
    }
    let steps: Vec<_> = written.iter().map(|written| written.step.clone()).collect();
    match planned(resolved, (at, schema), fields, &steps) {
        Ok(planned) => (planned, logs),
        Err(problems) => {
            let contract = resolved.linked.loaded(at.contract.index);
            let used = contract.place(&at.pointer());
            for problem in problems {
                let (object, problem) = brought_home(&written, problem, at.contract.index);
                let diagnostic = resolved.linked.loaded(object).diagnostic(problem);
                sink.push(match object == at.contract.index {
                    true => diagnostic,
                    false => diagnostic.related(used.clone(), "the step is used here"),
                });
            }
            (unplanned(), logs)
        }
    }
}

/// The step by which a dataset comes to look values up in itself, and the dataset that it names.
fn circle(resolved: &Resolved<'_>, at: DatasetAt<'_>, own: &[Written]) -> Option<(usize, String)> {
    let contract = at.contract.contract;
    let here = at.dataset.dataset_contract_id.as_str();
    own.iter().enumerate().find_map(|(index, written)| {
        let first = looked_up(&written.step)?;
        let (mut seen, mut pending) = (Vec::new(), vec![first.to_owned()]);
        while let Some(next) = pending.pop() {
            if next == here {
                return Some((index, first.to_owned()));
            }
            if seen.contains(&next) {
                continue;
            }
            let mut datasets = contract.datasets.iter();
            let position =
                datasets.position(|dataset| dataset.dataset_contract_id.as_str() == next);
            let policy = position.and_then(|position| {
                let place = Pointer::from("datasets").index(position).key("cleansing_policy");
                target(resolved, at.contract.index, &place)
            });
            if let Some((_, Object::CleansingPolicy(policy))) = policy {
                pending.extend(policy.steps.iter().filter_map(looked_up).map(str::to_owned));
            }
            seen.push(next);
        }
        None
    })
}

/// The dataset that a step looks values up in.
fn looked_up(step: &StepUse) -> Option<&str> {
    let looks = step.step_type.as_deref() == Some("lookup");
    step.parameters.get("dataset").filter(|_| looks)?.as_str()
}

/// A problem with a step of the joint list, seen from the object that the step is written in.
fn brought_home(written: &[Written], problem: Problem, contract: usize) -> (usize, Problem) {
    let tokens: Vec<String> = problem.pointer.tokens().collect();
    let number = match tokens.as_slice() {
        [steps, number, ..] if steps == "steps" => number.parse::<usize>().ok(),
        _ => None,
    };
    let Some(found) = number.and_then(|number| written.get(number)) else {
        return (contract, problem);
    };
    let rest = tokens.iter().skip(2).fold(found.place.clone(), |place, token| place.key(token));
    (found.object, Problem { pointer: rest, ..problem })
}

/// Every step that reaches the dataset, in order; `None` where one cannot be told.
fn written(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    fields: &[Field],
    sink: &mut Sink,
) -> Option<Vec<Written>> {
    let mut found = Vec::new();
    if let Some((object, entity)) = entity(resolved, at) {
        for (index, attribute) in entity.attributes.iter().enumerate() {
            let name = format!("{}.{}", entity.entity_id, attribute.attribute_id);
            let of = |field: &&Field| field.catalog_attribute.as_deref() == Some(&name);
            let place = Pointer::from("attributes").index(index).key("cleansing");
            reach(&attribute.cleansing, (object, &place), fields.iter().filter(of), &mut found);
        }
    }
    let policy = at.pointer().key("cleansing_policy");
    if let Some((index, Object::CleansingPolicy(policy))) =
        target(resolved, at.contract.index, &policy)
    {
        let steps = instantiated(resolved, index, &policy.steps, sink)?;
        found.extend(steps.into_iter().enumerate().map(|(number, step)| Written {
            step,
            object: index,
            place: Pointer::from("steps").index(number),
        }));
    }
    if let Some((object, governance)) = governance(resolved, at) {
        for (index, class) in governance.classifications.iter().enumerate() {
            let of = |field: &&Field| field.classification.as_ref() == Some(&class.classification);
            let place = Pointer::from("classifications").index(index).key("cleansing");
            reach(&class.cleansing, (object, &place), fields.iter().filter(of), &mut found);
        }
    }
    Some(found)
}

/// Steps that reach columns by what they are.
fn reach<'f>(
    steps: &[ColumnStep],
    (object, place): (usize, &Pointer),
    columns: impl Iterator<Item = &'f Field>,
    found: &mut Vec<Written>,
) {
    let columns: Vec<ColumnName> = columns.map(|field| field.name.clone()).collect();
    if columns.is_empty() {
        return;
    }
    for (index, step) in steps.iter().enumerate() {
        let written = |step| Written { step, object, place: place.index(index) };
        found.extend(step.over(&columns).into_iter().map(written));
    }
}

/// The steps of a policy, those of a template with its type and parameters in place; `None` where one
/// has none.
fn instantiated(
    resolved: &Resolved<'_>,
    policy: usize,
    steps: &[StepUse],
    sink: &mut Sink,
) -> Option<Vec<StepUse>> {
    let mut found = Vec::with_capacity(steps.len());
    for (position, step) in steps.iter().enumerate() {
        let place = Pointer::from("steps").index(position).key("template");
        if step.template.is_none() {
            found.push(step.clone());
        } else if let Some((_, Object::RuleTemplate(template))) = target(resolved, policy, &place) {
            match &template.step_type {
                Some(step_type) => found.push(step.instantiated(step_type, &template.parameters)),
                None => {
                    let message =
                        format!("template `{}` is one of a rule", template.rule_template_id);
                    let problem = Problem::new(Code::BadValue, place, message)
                        .hint("bind it in a rule set or a contract, or name another");
                    sink.push(resolved.linked.loaded(policy).diagnostic(problem));
                }
            }
        }
    }
    (found.len() == steps.len()).then_some(found)
}

/// The one planner of steps, over this dataset.
pub(super) fn planned(
    resolved: &Resolved<'_>,
    (at, schema): Place<'_>,
    fields: &[Field],
    steps: &[StepUse],
) -> Result<Planned, Vec<Problem>> {
    let formats = |name: &ColumnName| schema.column(name).and_then(|column| column.format.clone());
    let policy = target(resolved, at.contract.index, &at.pointer().key("cleansing_policy"));
    let holder = policy.map_or(at.contract.index, |(index, _)| index);
    let ground = Ground {
        fields,
        open: false,
        raw_text: at.dataset.source.format.is_text(),
        on_parse_error: schema.on_parse_error,
        formats: &formats,
        resolve: &Lookup { resolved, at, holder },
    };
    cleanse::plan_steps(steps, &ground)
}

/// The columns after cleansing, without reporting anything; those declared where they cannot be told.
///
/// What steps look up in other datasets does not change which columns there are, so those that do are taken
/// as they are declared, and no two datasets wait for each other.
pub(super) fn columns_after(
    resolved: &Resolved<'_>,
    (at, schema): Place<'_>,
    fields: Vec<Field>,
) -> Vec<Field> {
    let Some(written) = written(resolved, at, &fields, &mut Sink::default()) else { return fields };
    let looks = |written: &Written| written.step.step_type.as_deref() == Some("lookup");
    if written.is_empty() || written.iter().any(looks) {
        return fields;
    }
    let steps: Vec<_> = written.into_iter().map(|written| written.step).collect();
    planned(resolved, (at, schema), &fields, &steps).map_or(fields, |planned| planned.fields)
}
