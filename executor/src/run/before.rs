//! What a dataset is like before its steps: as it was read, converted to the declared types.

use std::time::Instant;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{DatasetPlan, Field, Step, StepBody};

use super::Progress;
use super::draft::Draft;
use super::stage::Ready;
use crate::engine::{Engine as _, EngineError, Request};
use crate::profile::compare::compare;
use crate::redact::Redactions;
use crate::result::{BeforeRecord, ProfileRecord};

/// What was read, profiled.
pub(super) struct Seen {
    rows: u64,
    profile: Vec<ProfileRecord>,
}

impl Seen {
    /// Held against the profile after cleansing.
    pub(super) fn record(self, rows: u64, profile: &[ProfileRecord]) -> BeforeRecord {
        let change = compare((self.rows, &self.profile), (rows, profile));
        BeforeRecord { rows: self.rows, profile: self.profile, change }
    }
}

/// Profiles what has been staged, where the dataset is cleansed and its profile asks for it. The engine is
/// then as it was.
///
/// # Errors
/// The data cannot be read.
pub(super) fn look(
    ready: &mut Ready,
    draft: &mut Draft,
    progress: &dyn Progress,
) -> Result<Option<Seen>, EngineError> {
    let Some(plan) = plan(&ready.dataset) else { return Ok(None) };
    progress.stage("profile before cleansing");
    let started = Instant::now();
    ready.engine.cleanse(&plan)?;
    let wanted = Request { profile: plan.profile.clone(), ..Request::default() };
    let measured = ready.engine.measure(&plan, &wanted)?;
    let redactions = Redactions::of(&plan.fields);
    let columns = measured.profile.into_iter().map(|column| redactions.profile(column));
    draft.looked_before(measured.rows, started.elapsed());
    Ok(Some(Seen { rows: measured.rows, profile: columns.collect() }))
}

/// The plan by which the rows are profiled before they are cleansed; `None` where nothing is cleansed, or the
/// profile does not ask for it.
pub fn plan(dataset: &DatasetPlan) -> Option<DatasetPlan> {
    let mut profile =
        dataset.profile.clone().filter(|profile| profile.before_cleansing == Some(true))?;
    if dataset.steps.iter().all(|step| dataset.is_conversion(step)) {
        return None;
    }
    let fields = dataset.read_fields().to_vec();
    if !profile.columns.is_empty() {
        profile.columns.retain(|column| fields.iter().any(|field| field.name == *column));
        if profile.columns.is_empty() {
            return None;
        }
    }
    let typed = fields.iter().filter(|field| field.data_type != DataType::Text);
    Some(DatasetPlan {
        reads: None,
        steps: typed.map(|field| conversion(dataset, field)).collect(),
        withheld: Vec::new(),
        change_log: false,
        profile: Some(profile),
        checks: Vec::new(),
        fields,
        ..dataset.clone()
    })
}

/// The conversion of a column as it was read: by the pattern that the dataset's own step has. No row is
/// rejected, so that as many are profiled as were read.
fn conversion(dataset: &DatasetPlan, field: &Field) -> Step {
    let format = dataset.steps.iter().find_map(|step| match &step.body {
        StepBody::Parse { column, to, format, .. }
            if *column == field.name && *to == field.data_type =>
        {
            format.clone()
        }
        _ => None,
    });
    let (column, to) = (field.name.clone(), field.data_type);
    Step {
        step_id: format!("declared-type:{column}"),
        step_type: "cast".to_owned(),
        title: format!("convert {column} to {to}"),
        filter: None,
        body: StepBody::Parse { column, to, format, reject_row: false },
    }
}
