//! Cleansing as lazy frames: the steps of a dataset as a chain of expressions over its source.
//!
//! Row by row steps follow each other in one pass. A step that needs to see all rows first begins a new
//! pass over what the pass before has written. Rejected rows travel on to the end of the chain with the
//! number of the step that rejected them; no later step touches or counts them.

mod many;
mod opening;
mod parse;
mod program;
mod rejection;
mod set;
mod strict;

use std::collections::{BTreeMap, BTreeSet};

use assay_engine::Parse;
use assay_engine::steps::{is_part_of_one, parse_group};
use assay_input::secret::Secret;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{self, DatasetPlan, Literal, Projected, Step, StepBody};
use polars::prelude::{DataType as Kept, Expr, NULL, lit, when};

pub use self::opening::{Compared, Filling, Opening, Preference, Surviving, Task};
pub use self::program::{
    AT, Layer, PLACE, Pass, Program, Rejection, STEP, VALUE, cell_column, log_columns, mark_column,
};
use self::set::Pending;
pub(crate) use self::strict::decimal;
use crate::rows::FILE;
pub(crate) use crate::rows::col as column;
use crate::scope::{Said, Scope, Unsaid, text_of};
use crate::types::{Column, kept};

/// Hidden column: whether a step of several parts looks at the row.
const MET: &str = "_assay_met";
/// The most parts of one expression, each counted wherever it stands.
const PARTS: usize = 50_000;

/// What is known of a dataset before any of its rows is read.
#[derive(Clone, Copy)]
pub struct Outline<'a> {
    /// Its plan.
    pub dataset: &'a DatasetPlan,
    /// Its columns as they are staged.
    pub columns: &'a [Column],
    /// It comes from text, so that every cell is still as it was written.
    pub text: bool,
    /// It comes from several files, so that rows remember theirs.
    pub several: bool,
    /// Declared columns that its files lack.
    pub missing: &'a BTreeSet<String>,
    /// Columns of the datasets that its steps look values up in, as cleansing leaves them, by
    /// `dataset_contract_id`.
    pub lookups: &'a BTreeMap<String, Vec<Column>>,
    /// The start of the run, in microseconds since 1970-01-01 UTC.
    pub now: i64,
    /// Keys of pseudonyms, by the reference that names them.
    pub keys: &'a BTreeMap<String, Secret>,
}

/// A whole number for all rows, in 64 bits.
pub(crate) fn whole(value: i64) -> Expr {
    lit(value).cast(kept(DataType::Integer))
}

/// Why Polars cannot cleanse a dataset, found without reading a row; `None` where it can.
pub fn beyond(outline: &Outline<'_>) -> Option<String> {
    compile(outline).err()
}

/// Makes the program of a dataset.
///
/// # Errors
/// Polars has nothing that means the same, or a step cannot be carried out at all.
pub fn compile(outline: &Outline<'_>) -> Result<Program, Unsaid> {
    let figures = BTreeMap::new();
    let mut builder = Builder {
        outline,
        figures: &figures,
        columns: outline.columns.to_vec(),
        passes: Vec::new(),
        pass: Pass::default(),
        pending: Pending::default(),
        rejections: Vec::new(),
        cells: Vec::new(),
        worked: false,
        met: false,
        meets: false,
    };
    // A column that is missing is not converted; what else is done to it cannot be done.
    let missing = |step: &&Step| matches!(&step.body, StepBody::Parse { column, .. } if outline.missing.contains(column.as_str()));
    let there: Vec<Step> =
        outline.dataset.steps.iter().filter(|step| !missing(step)).cloned().collect();
    builder.named()?;
    let mut steps = there.as_slice();
    while let Some(step) = steps.first() {
        let together = parse_group(steps);
        let (own, rest) = steps.split_at(together.max(1));
        let goes_on =
            step.filter.is_some() && rest.first().is_some_and(|next| is_part_of_one(step, next));
        builder.step(step, own, goes_on).map_err(|unsaid| {
            format!("the cleansing step {} cannot be carried out: {unsaid}", step.step_id)
        })?;
        builder.named()?;
        steps = rest;
    }
    // Cells of text are converted in any case; a typed file only where a step says so.
    if outline.text {
        builder.convert()?;
    }
    Ok(builder.finish())
}

struct Builder<'a> {
    outline: &'a Outline<'a>,
    figures: &'a BTreeMap<String, Literal>,
    columns: Vec<Column>,
    passes: Vec<Pass>,
    pass: Pass,
    /// Columns to be set that do not see each other yet.
    pending: Pending,
    rejections: Vec<Rejection>,
    /// Hidden columns with emptied cells, so far.
    cells: Vec<String>,
    worked: bool,
    /// There is a column that tells the rows of the step under way.
    met: bool,
    /// That column is still looked at.
    meets: bool,
}

impl Builder<'_> {
    fn scope(&self) -> Scope<'_> {
        let Outline { now, keys, .. } = *self.outline;
        Scope { columns: &self.columns, now, keys, figures: self.figures }
    }

    fn declared(&self, name: &str) -> Option<DataType> {
        let dataset = self.outline.dataset;
        let mut fields = dataset.read_fields().iter().chain(&dataset.fields);
        fields.find(|field| field.name.as_str() == name).map(|field| field.data_type)
    }

    /// An expression of the plan.
    fn say(&self, expression: &plan::Expr) -> Result<Said, Unsaid> {
        let said = self.scope().say(expression)?;
        // Polars has no parts that are shared: it writes each out wherever it stands.
        if (&said.expr).into_iter().nth(PARTS).is_some() {
            return Err(format!("an expression has more than {PARTS} parts when written out"));
        }
        Ok(said)
    }

    /// Refuses names that Polars takes for patterns.
    fn named(&self) -> Result<(), Unsaid> {
        let pattern = |name: &str| name == "*" || (name.starts_with('^') && name.ends_with('$'));
        match self.columns.iter().find(|column| pattern(&column.name)) {
            Some(column) => Err(format!("`{}` is no name of a column to Polars", column.name)),
            None => Ok(()),
        }
    }

    /// Names of columns, all of them known.
    fn known(&self, names: &[ColumnName]) -> Result<Vec<String>, Unsaid> {
        let scope = self.scope();
        names.iter().map(|name| scope.column(name).map(|column| column.name.clone())).collect()
    }

    /// Converts every column that does not have its declared type yet.
    fn convert(&mut self) -> Result<(), Unsaid> {
        let there: BTreeSet<String> =
            self.columns.iter().map(|column| column.name.clone()).collect();
        let parses = Parse::declared(&self.outline.dataset.fields, |name| there.contains(name));
        self.parse(&parses, None)
    }

    /// Adds a step; `goes_on` says that the next one is a part of it.
    fn step(&mut self, step: &Step, together: &[Step], goes_on: bool) -> Result<(), Unsaid> {
        // Its rows are told before any part of it has changed a value that tells them.
        let filter = match &step.filter {
            Some(_) if self.met => Some(column(MET)),
            Some(filter) => {
                let said = truth(self.say(filter)?)?;
                if goes_on {
                    self.with(vec![said.alias(MET)]);
                    Some(column(MET))
                } else {
                    Some(said)
                }
            }
            None => None,
        };
        self.meets = self.met || goes_on;
        self.met = goes_on;
        self.carry_out(step, together, filter)?;
        self.meets = goes_on;
        Ok(())
    }

    fn carry_out(
        &mut self,
        step: &Step,
        together: &[Step],
        filter: Option<Expr>,
    ) -> Result<(), Unsaid> {
        match &step.body {
            StepBody::Set { column, value } => self.set(step, column, value, filter),
            StepBody::Parse { .. } => {
                let parses: Vec<Parse<'_>> = together.iter().filter_map(Parse::of).collect();
                self.parse(&parses, filter)
            }
            StepBody::Reject { when, reason, column } => {
                let when = truth(self.say(when)?)?;
                let blamed = column.as_ref().map(ColumnName::as_str);
                let number = self.reject(&step.step_id, blamed, reason.clone(), false);
                self.refuse(number, all([filter, Some(when)]), blamed)
            }
            StepBody::Project { columns } => self.project(columns),
            StepBody::Deduplicate { columns, keep } => self.deduplicate(columns, keep, filter),
            StepBody::Impute { column, with, by, order } => {
                let order = order.as_ref().map(|(column, order)| (column, *order));
                self.impute(step, (column, *with), (by, order), filter)
            }
            StepBody::Agree { by, columns, rule } => self.agree(step, (by, columns), rule, filter),
            StepBody::Survive { by, columns } => self.survive(step, (by, columns), filter),
            StepBody::Cluster(cluster) => self.cluster(cluster, filter),
            StepBody::Lookup(lookup) => self.lookup(step, lookup, filter),
        }
    }

    /// Rejects the rows that meet a condition; `blamed` is the column whose value is kept.
    fn refuse(&mut self, number: usize, met: Expr, blamed: Option<&str>) -> Result<(), Unsaid> {
        let met = all([Some(self.live()), Some(met)]);
        let number = i32::try_from(number).map_err(|_| "so many rejections".to_owned())?;
        let number = lit(number).cast(Kept::Int32);
        let mut set = vec![when(met.clone()).then(number).otherwise(column(STEP)).alias(STEP)];
        if let Some(blamed) = blamed {
            let name = ColumnName::new(blamed).map_err(|fault| fault.to_string())?;
            let data_type = self.scope().column(&name)?.data_type;
            let shown = shown(column(blamed), data_type, met.clone())?;
            set.push(when(met).then(shown).otherwise(column(VALUE)).alias(VALUE));
        }
        self.with(set);
        Ok(())
    }

    /// Gives the columns other names and leaves some out.
    fn project(&mut self, projected: &[Projected]) -> Result<(), Unsaid> {
        let mut columns = Vec::with_capacity(projected.len());
        let mut list = Vec::with_capacity(projected.len());
        for one in projected {
            let scope = self.scope();
            let found = scope.column(&one.from)?;
            list.push(column(&found.name).alias(one.to.as_str()));
            columns.push(Column { name: one.to.to_string(), data_type: found.data_type });
        }
        self.flush();
        list.extend(self.hidden().iter().map(column));
        self.columns = columns;
        self.pass.layers.push(Layer::Select(list));
        self.worked = true;
        Ok(())
    }

    fn reject(&mut self, step: &str, column: Option<&str>, reason: String, cell: bool) -> usize {
        self.rejections.push(Rejection {
            step: step.to_owned(),
            column: column.map(str::to_owned),
            reason,
            cell,
        });
        self.rejections.len() - 1
    }

    /// Whether a row has not been rejected so far.
    fn live(&self) -> Expr {
        match self.rejections.iter().any(|rejection| !rejection.cell) {
            true => column(STEP).is_null(),
            false => lit(true),
        }
    }

    /// Adds a layer of columns, after those that are still to be set.
    fn with(&mut self, columns: Vec<Expr>) {
        self.flush();
        self.worked = true;
        if !columns.is_empty() {
            self.pass.layers.push(Layer::With(columns));
        }
    }

    /// Hidden columns that a pass carries to its end.
    fn hidden(&self) -> Vec<String> {
        let mut hidden = vec![STEP.to_owned(), VALUE.to_owned()];
        hidden.extend(self.outline.several.then(|| FILE.to_owned()));
        hidden.extend((!self.passes.is_empty()).then(|| PLACE.to_owned()));
        hidden.extend(self.cells.iter().cloned());
        hidden.extend(self.meets.then(|| MET.to_owned()));
        for mark in 0..self.pass.marks.len() {
            hidden.push(mark_column(mark));
            if self.outline.dataset.change_log {
                hidden.extend(log_columns(mark));
            }
        }
        hidden
    }

    /// Ends the pass under way: its rows have the columns and what is hidden beside them.
    fn end_pass(&mut self, next: Pass) {
        self.flush();
        let names = self.columns.iter().map(|known| known.name.clone()).chain(self.hidden());
        let list = names.map(|name| column(&name)).collect();
        self.pass.layers.push(Layer::Select(list));
        self.pass.columns.clone_from(&self.columns);
        self.pass.cells.clone_from(&self.cells);
        self.passes.push(std::mem::replace(&mut self.pass, next));
    }

    fn finish(mut self) -> Program {
        if self.worked || self.outline.text {
            self.end_pass(Pass::default());
        }
        Program {
            passes: self.passes,
            rejections: self.rejections,
            columns: self.columns,
            several: self.outline.several,
            logs: self.outline.dataset.change_log,
        }
    }
}

/// A condition.
fn truth(said: Said) -> Result<Expr, Unsaid> {
    match said.data_type {
        Some(DataType::Boolean) => Ok(said.expr),
        None => Ok(lit(NULL).cast(kept(DataType::Boolean))),
        Some(other) => Err(format!("a condition is a {other}")),
    }
}

/// Whether all conditions hold; true where there is none.
fn all(conditions: impl IntoIterator<Item = Option<Expr>>) -> Expr {
    let conditions = conditions.into_iter().flatten().filter(|one| *one != lit(true));
    conditions.reduce(Expr::and).unwrap_or_else(|| lit(true))
}

/// The text of a value in the rows that meet a condition; others are not looked at.
fn shown(value: Expr, data_type: Option<DataType>, met: Expr) -> Result<Expr, Unsaid> {
    let Some(data_type) = data_type else {
        return Err("a value of a type that has no name in the language is shown".into());
    };
    let nothing = lit(NULL).cast(kept(data_type));
    let met = when(met).then(value).otherwise(nothing);
    Ok(text_of(Said { expr: met, data_type: Some(data_type) }))
}
