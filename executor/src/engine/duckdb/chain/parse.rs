//! Conversions of columns as layers of a pass.

use super::super::cast::{cast, checked, direct};
use super::*;

/// How many of the first steps convert different columns in the same way, so that one layer does all.
pub(super) fn parse_group(steps: &[Step]) -> usize {
    let mut seen: Vec<&ColumnName> = Vec::new();
    let mut rejects = None;
    for step in steps {
        match (&step.body, &step.filter) {
            (StepBody::Parse { column, reject_row, .. }, None)
                if !seen.contains(&column) && rejects.is_none_or(|first| first == *reject_row) =>
            {
                seen.push(column);
                rejects = Some(*reject_row);
            }
            _ => break,
        }
    }
    seen.len()
}

/// One conversion of a column.
pub(super) struct Parse<'a> {
    pub(super) step: &'a str,
    pub(super) column: &'a str,
    pub(super) to: DataType,
    pub(super) format: Option<&'a str>,
    pub(super) reject_row: bool,
}

impl Builder<'_> {
    /// Converts columns in one layer; those that have the type already are left out.
    pub(super) fn parse(
        &mut self,
        parses: &[Parse<'_>],
        filter: Option<&str>,
    ) -> Result<(), Unsaid> {
        // What DuckDB makes of a cell is computed in a layer of its own, as it is looked at twice.
        let mut direct_values = Vec::new();
        let mut new = Vec::new();
        let mut replaced = Vec::new();
        let mut rejects = Vec::new();
        let mut values = Vec::new();
        let mut cells = Vec::new();
        for parse in parses {
            let Some(position) = self.columns.iter().position(|known| known.name == parse.column)
            else {
                return Err(format!("there is no column `{}`", parse.column));
            };
            let from = self.columns[position].data_type;
            if from == Some(parse.to) {
                continue;
            }
            let name = sql::identifier(parse.column);
            let parsed = format!("_assay_p{}", new.len());
            let value = match direct(&name, from, parse.to, parse.format) {
                Some(value) => {
                    let known = format!("_assay_d{}", direct_values.len());
                    direct_values.push(format!("{value} AS {known}"));
                    checked(&name, &known, parse.to)
                }
                None => cast(&name, from, parse.to, parse.format, true),
            };
            new.push(format!("{value} AS {parsed}"));
            replaced.push(format!("{parsed} AS {name}"));
            let reason = reason(parse);
            let number = self.reject(parse.step, Some(parse.column), reason, !parse.reject_row);
            let failed = all([filter, Some(&format!("{name} IS NOT NULL AND {parsed} IS NULL"))]);
            let shown = format!("CAST({name} AS VARCHAR)");
            if parse.reject_row {
                rejects.push(format!("WHEN {failed} THEN {number}"));
                values.push(format!("WHEN {failed} THEN {shown}"));
            } else {
                cells.push(format!(
                    "CASE WHEN {STEP} IS NULL AND {failed} THEN {shown} END AS {}",
                    cell_column(number)
                ));
            }
            self.columns[position].data_type = Some(parse.to);
        }
        if new.is_empty() {
            return Ok(());
        }
        if !rejects.is_empty() {
            replaced.push(format!(
                "CASE WHEN {STEP} IS NOT NULL THEN {STEP} {} END AS {STEP}",
                rejects.join(" ")
            ));
            replaced.push(format!(
                "CASE WHEN {STEP} IS NOT NULL THEN {VALUE} {} END AS {VALUE}",
                values.join(" ")
            ));
        }
        let temporary: Vec<String> =
            (0..new.len()).map(|index| format!("_assay_p{index}")).collect();
        let mut dropped = String::new();
        if !direct_values.is_empty() {
            self.layer(&format!("SELECT *, {}", direct_values.join(", ")));
            let names = (0..direct_values.len()).map(|index| format!("_assay_d{index}"));
            dropped = format!(" EXCLUDE ({})", names.collect::<Vec<_>>().join(", "));
        }
        self.layer(&format!("SELECT *{dropped}, {}", new.join(", ")));
        self.layer(&format!(
            "SELECT * EXCLUDE ({}) REPLACE ({}){}",
            temporary.join(", "),
            replaced.join(", "),
            cells.iter().map(|cell| format!(", {cell}")).collect::<String>()
        ));
        Ok(())
    }
}

pub(super) fn parse_of(step: &Step) -> Option<Parse<'_>> {
    match &step.body {
        StepBody::Parse { column, to, format, reject_row } => Some(Parse {
            step: &step.step_id,
            column: column.as_str(),
            to: *to,
            format: format.as_deref(),
            reject_row: *reject_row,
        }),
        _ => None,
    }
}

/// Why a value is rejected.
fn reason(parse: &Parse<'_>) -> String {
    match parse.format {
        Some(format) => format!("`{}` is not a {} of the form {format}", parse.column, parse.to),
        None => {
            let article = if parse.to == DataType::Integer { "an" } else { "a" };
            format!("`{}` is not {article} {}", parse.column, parse.to)
        }
    }
}
