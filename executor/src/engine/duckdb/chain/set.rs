//! Setting a column: what it becomes, what type it then has, and the mark that it changed.

use assay_schemas::id::ColumnName;
use assay_schemas::plan::Expr;

use super::*;

impl Builder<'_> {
    /// Sets a column to an expression where the filter holds.
    pub(super) fn set(
        &mut self,
        step: &Step,
        column: &ColumnName,
        value: &Expr,
        filter: Option<&str>,
    ) -> Result<(), Unsaid> {
        let scope = self.scope();
        let (said, given) = (scope.say(value)?, scope.infer(value));
        self.set_to(step, column, (said, given), filter);
        Ok(())
    }

    /// Sets a column to a value of a type, where that is known, where the filter holds.
    pub(super) fn set_to(
        &mut self,
        step: &Step,
        column: &ColumnName,
        (said, given): (String, Option<DataType>),
        filter: Option<&str>,
    ) {
        let name = sql::identifier(column.as_str());
        let position = self.columns.iter().position(|known| known.name == column.as_str());
        let Some(position) = position else {
            let value =
                filter.map_or_else(|| said.clone(), |f| format!("CASE WHEN {f} THEN {said} END"));
            let data_type = given.or_else(|| self.declared(column.as_str()));
            let value = match data_type {
                Some(to) => format!("CAST({value} AS {})", types::name(to)),
                None => value,
            };
            self.layer(&format!("SELECT *, {value} AS {name}"));
            self.columns.push(Column { name: column.to_string(), data_type });
            return;
        };
        // A column keeps its type where some rows keep their values, or where it has the declared one.
        let old = self.columns[position].data_type;
        let keeps = old.is_some() && (filter.is_some() || old == self.declared(column.as_str()));
        let wanted = if keeps { old } else { given.or(self.declared(column.as_str())) };
        let said = match wanted {
            Some(wanted) if given != Some(wanted) => {
                format!("CAST({said} AS {})", types::name(wanted))
            }
            _ => said,
        };
        let new = filter
            .map_or_else(|| said.clone(), |f| format!("CASE WHEN {f} THEN {said} ELSE {name} END"));
        self.assign(&step.step_id, column.as_str(), &new);
        self.columns[position].data_type = wanted;
    }

    /// Puts a new value in place of a column's and marks the cell where it changes.
    pub(super) fn assign(&mut self, step_id: &str, column: &str, new: &str) {
        let name = sql::identifier(column);
        let mark = self.pass.marks.len();
        let (word, bit) = (word_column(mark / WORD), 1_u64 << (mark % WORD));
        self.pass.marks.push((step_id.to_owned(), column.to_owned()));
        self.layer(&format!("SELECT *, {new} AS _assay_new"));
        let changed = format!("{STEP} IS NULL AND {name} IS DISTINCT FROM _assay_new");
        let log = match self.dataset.change_log {
            true => format!(
                ", CASE WHEN {changed} THEN list_append({LOG}, struct_pack(mark := {mark}, was := \
                 CAST({name} AS VARCHAR), became := CAST(_assay_new AS VARCHAR))) ELSE {LOG} END AS {LOG}"
            ),
            false => String::new(),
        };
        self.layer(&format!(
            "SELECT * EXCLUDE (_assay_new) REPLACE (_assay_new AS {name}, {word} + CASE WHEN {changed} \
             THEN {bit} ELSE 0 END AS {word}{log})"
        ));
    }
}
