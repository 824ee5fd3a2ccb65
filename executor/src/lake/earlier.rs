//! What earlier runs of a job found, for checks that compare with it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Lake, LakeError};
use crate::engine::Earlier;
use crate::result::RunRecord;

impl Lake {
    /// What the recorded runs of the same job, environment and tenant found. Runs whose data could not be
    /// read and runs that were skipped do not count, nor do replays of other runs.
    ///
    /// # Errors
    /// The lake cannot be read.
    pub fn earlier(&self, record: &RunRecord) -> Result<Earlier, LakeError> {
        let views = self.views()?;
        let mut statement = views.connection().prepare(
            "SELECT run_id, CAST(json_extract(record, ['$.inputs', '$.stages', '$.replays', '$.outcome']) AS JSON)::VARCHAR \
             FROM run WHERE job = ? AND environment = ? AND tenant = ? \
             ORDER BY started_at DESC, run_id DESC",
        )?;
        let names = [&record.job_definition_id, &record.environment, &record.tenant];
        let rows = statement.query_map(names, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut earlier = Earlier::default();
        for row in rows {
            let (run_id, text): (String, String) = row?;
            let found: Vec<Value> = serde_json::from_str(&text).map_err(|error| {
                LakeError::Invalid(format!("the record of run {run_id}: {error}"))
            })?;
            let [inputs, stages, replays, outcome] = found.as_slice() else { continue };
            if !replays.is_null() {
                continue;
            }
            if earlier.columns.is_none() {
                earlier.columns = columns(stages);
            }
            if outcome != "Error" && outcome != "error" {
                digests(inputs, &run_id, &mut earlier.digests);
            }
        }
        Ok(earlier)
    }
}

/// The columns that a run found in its first file, if it got that far.
fn columns(stages: &Value) -> Option<Vec<(String, String)>> {
    let staged = stages.as_array()?.iter().find(|stage| stage["stage"] == "stage")?;
    serde_json::from_value(staged["detail"]["columns"].clone()).ok()
}

/// Adds the digests of the files that a run read.
fn digests(inputs: &Value, run_id: &str, known: &mut BTreeMap<String, String>) {
    for input in inputs.as_array().into_iter().flatten() {
        if let Some(digest) = input[2].as_str() {
            known.insert(digest.to_owned(), run_id.to_owned());
        }
    }
}
