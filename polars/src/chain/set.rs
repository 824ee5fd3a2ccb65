//! Setting a column: what it becomes, what type it then has, and the mark that it changed.

use std::collections::BTreeSet;

use assay_schemas::id::ColumnName;
use assay_schemas::plan::Function;
use polars::prelude::Expr as Chained;

use super::*;

/// Columns to be set from the same rows: none of them looks at another, so that two layers do for all.
#[derive(Default)]
pub(super) struct Pending {
    /// New values under names of their own.
    new: Vec<Chained>,
    /// The columns, and what is noted of their change.
    set: Vec<Chained>,
    /// Names that are written.
    written: BTreeSet<String>,
}

/// Name of the hidden column with the new value of the mark.
fn new_column(mark: usize) -> String {
    format!("_assay_new_{mark}")
}

impl Builder<'_> {
    /// Sets a column to an expression where the filter holds.
    pub(super) fn set(
        &mut self,
        step: &Step,
        column: &ColumnName,
        value: &plan::Expr,
        filter: Option<Chained>,
    ) -> Result<(), Unsaid> {
        let (said, given) = (self.say(value)?, self.scope().infer(value));
        self.set_to(step, column, (said, given), filter)
    }

    /// Sets a column to a value where the filter holds. `given` is its type as far as every engine knows it
    /// beforehand: what the column becomes goes by that.
    pub(super) fn set_to(
        &mut self,
        step: &Step,
        name: &ColumnName,
        (said, given): (Said, Option<DataType>),
        filter: Option<Chained>,
    ) -> Result<(), Unsaid> {
        let position = self.columns.iter().position(|known| known.name == name.as_str());
        let declared = self.declared(name.as_str());
        let nameless = || format!("the type of the new `{name}` is not declared");
        let Some(position) = position else {
            let data_type = given.or(declared).ok_or_else(nameless)?;
            let value = strict::cast(said, data_type)?;
            let value = match filter {
                Some(met) => when(met).then(value).otherwise(lit(NULL).cast(kept(data_type))),
                None => value,
            };
            self.prepare([&value], name.as_str());
            self.pending.set.push(value.alias(name.as_str()));
            self.columns.push(Column { name: name.to_string(), data_type: Some(data_type) });
            return Ok(());
        };
        // A column keeps its type where some rows keep their values, or where it has the declared one.
        let old = self.columns[position].data_type;
        let keeps = old.is_some() && (filter.is_some() || old == declared);
        let wanted = if keeps { old } else { given.or(declared) }.ok_or_else(nameless)?;
        let value = strict::cast(said, wanted)?;
        let own = column(name.as_str());
        let new = match filter {
            Some(_) if old != Some(wanted) => {
                return Err(format!("`{name}` changes its type in some rows only"));
            }
            Some(met) => when(met).then(value).otherwise(own),
            None => value,
        };
        self.assign(&step.step_id, name, (new, wanted))
    }

    /// Puts a new value in place of a column's and marks the cell where it changes.
    pub(super) fn assign(
        &mut self,
        step_id: &str,
        name: &ColumnName,
        (value, data_type): (Chained, DataType),
    ) -> Result<(), Unsaid> {
        let old = self.scope().column(name)?.data_type;
        let mark = self.pass.marks.len();
        let new = new_column(mark);
        let differs = self.differs((name, old), (&new, data_type))?;
        let changed = all([Some(self.live()), Some(differs)]);
        self.prepare([&value, &changed], name.as_str());
        if self.outline.dataset.change_log {
            let [was, became] = log_columns(mark);
            let texts = [
                shown(column(name.as_str()), old, changed.clone())?.alias(was),
                shown(column(&new), Some(data_type), changed.clone())?.alias(became),
            ];
            self.pending.set.extend(texts);
        }
        self.pending.new.push(value.alias(new.as_str()));
        self.pending.set.push(changed.alias(mark_column(mark)));
        self.pending.set.push(column(&new).alias(name.as_str()));
        self.pass.marks.push((step_id.to_owned(), name.to_string()));
        if let Some(known) = self.columns.iter_mut().find(|known| known.name == name.as_str()) {
            known.data_type = Some(data_type);
        }
        Ok(())
    }

    /// Whether the new value is another one than the old: null is like null alone.
    fn differs(
        &self,
        (name, old): (&ColumnName, Option<DataType>),
        (new, data_type): (&str, DataType),
    ) -> Result<Chained, Unsaid> {
        let (own, made) = (column(name.as_str()), column(new));
        if old == Some(data_type) {
            return Ok(own.neq_missing(made));
        }
        let columns = [
            Column { name: name.to_string(), data_type: old },
            Column { name: new.to_owned(), data_type: Some(data_type) },
        ];
        let new = ColumnName::new(new).map_err(|fault| fault.to_string())?;
        let sides = [plan::Expr::column(name), plan::Expr::column(&new)];
        let scope = Scope { columns: &columns, ..self.scope() };
        let equal = scope.say(&plan::Expr::call(Function::Equal, sides))?;
        let none = own.is_null().and(made.is_null());
        Ok(truth(equal)?.fill_null(lit(false)).or(none).not())
    }

    /// Makes room for a column to be written: what is still to be set goes first where one looks at the
    /// other.
    fn prepare<'e>(&mut self, values: impl IntoIterator<Item = &'e Chained>, name: &str) {
        self.worked = true;
        let written = &self.pending.written;
        let mut nodes = values.into_iter().flatten();
        let meets = |node: &Chained| matches!(node, Chained::Column(read) if written.contains(read.as_str()));
        if written.contains(name) || nodes.any(meets) {
            self.flush();
        }
        self.pending.written.insert(name.to_owned());
    }

    /// Adds the layers of the columns that are still to be set.
    pub(super) fn flush(&mut self) {
        let Pending { new, set, .. } = std::mem::take(&mut self.pending);
        for columns in [new, set] {
            if !columns.is_empty() {
                self.pass.layers.push(Layer::With(columns));
            }
        }
    }
}
