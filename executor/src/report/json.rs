//! The record of a run as JSON, for machines.

use super::ReportError;
use crate::result::RunRecord;

/// The whole record, laid out for people who look too.
///
/// # Errors
/// The record holds something that JSON cannot.
pub fn render(record: &RunRecord) -> Result<String, ReportError> {
    let mut text =
        serde_json::to_string_pretty(record).map_err(|error| ReportError(error.to_string()))?;
    text.push('\n');
    Ok(text)
}
