//! What measuring would run, for people.

use std::collections::BTreeMap;

use assay_engine::EngineError;
use assay_schemas::plan::{Body, Check, DatasetPlan};
use polars::prelude::LazyFrame;

use super::checks::{Broken, build};
use super::scan::Groups;
use super::{Ground, Work, apart, figures, keys, segments};
use crate::rows::fault;

/// The passes over the rows that [`super::measure`] would make, each with what it is for and its plan as
/// Polars writes it.
///
/// # Errors
/// The files cannot be opened far enough to know their columns.
pub fn explain(
    ground: Ground<'_>,
    dataset: &DatasetPlan,
) -> Result<Vec<(String, String)>, EngineError> {
    let mut work = Work::new(ground, dataset, BTreeMap::new());
    figures::learn(&mut work, &dataset.checks, false)?;
    let wanted: Vec<&Check> =
        dataset.checks.iter().filter(|check| super::is_scanned(check)).collect();
    let scan = build(&work, &wanted, &mut Broken::new())?.scan;
    let frame = &work.rows.frame;
    let mut passes: Vec<(String, LazyFrame)> =
        vec![("all checks and figures".to_owned(), scan.frame(frame.clone(), Groups::One))];
    let counts = scan.groupings.frames(frame, Groups::One).into_iter();
    passes.extend(counts.map(|frame| ("counts of values".to_owned(), frame)));
    for divided in segments::divided(&dataset.checks) {
        if let Ok((_, segments)) = segments::segments(&work, divided.columns) {
            passes.push((segments::purpose(&divided), segments));
        }
    }
    for check in &dataset.checks {
        if let Ok(Some(filling)) = keys::fill(&work, check) {
            passes.push((format!("keys of {}", check.check_id), filling.keys));
        }
        if let Body::Arrivals(arrivals) = &check.body
            && let Ok(windows) = apart::windows(&work, check, arrivals)
        {
            passes.push((format!("windows of {}", check.check_id), windows));
        }
    }
    let said = passes
        .into_iter()
        .map(|(purpose, frame)| frame.describe_plan().map(|text| (purpose, text)).map_err(fault));
    said.collect()
}
