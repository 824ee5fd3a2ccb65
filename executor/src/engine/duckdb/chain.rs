//! Cleansing as SQL: the steps of a dataset as a chain of SELECTs over its source.
//!
//! Row by row steps follow each other in one pass. A step that needs to see all rows first begins a new
//! pass over what the pass before has written. Rejected rows travel on to the end of the chain with the
//! number of the step that rejected them; no later step touches or counts them.

mod agree;
pub(super) mod cluster;
mod deduplicate;
mod impute;
mod lookup;
mod opening;
mod parse;
mod set;
mod survive;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{DatasetPlan, Projected, Step, StepBody};

use super::source::{FILE, Source};
use super::sql::{self, Scope, Unsaid};
use super::types::{self, Column};
use crate::engine::Parse;
use crate::engine::steps::{is_part_of_one, parse_group};
pub(super) use opening::{MERGED, Opening, before};

/// Hidden column: which of the program's rejections met the row.
pub(super) const STEP: &str = "_assay_step";
/// Hidden column: the value that did not fit.
pub(super) const VALUE: &str = "_assay_value";
/// Hidden column: the row's place in the first pass, from 1, once a later pass has begun.
pub(super) const PLACE: &str = "_assay_place";
/// Hidden column: changes of the row's cells in the pass, where they are recorded.
pub(super) const LOG: &str = "_assay_log";
/// Hidden column: whether a step of several parts looks at the row.
const MET: &str = "_assay_met";
/// Bits in one word of marks of changed cells.
const WORD: usize = 60;

/// A dataset's cleansing, ready to run.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// The passes, in order; none where there is nothing to do.
    pub(super) passes: Vec<Pass>,
    /// Every way in which a row or a cell can be rejected; its place is its number.
    pub(super) rejections: Vec<Rejection>,
    /// The columns after the last pass.
    pub(super) columns: Vec<Column>,
    /// There are several files, so that rows remember theirs.
    pub(super) several: bool,
    /// Every changed cell is recorded.
    pub(super) logs: bool,
}

/// One pass over the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// What is learnt from all rows before; `None` in the first pass, which reads the source.
    pub(super) opening: Option<Opening>,
    /// The chain, over a relation named `input`.
    layers: Vec<Layer>,
    /// Step and column of each mark of a changed cell.
    pub(super) marks: Vec<(String, String)>,
}

/// A SELECT over the layer before.
#[derive(Clone, Debug)]
enum Layer {
    /// As it is written.
    Said(String),
    /// Every column by name, and then the hidden ones: DuckDB takes time in the square of its columns over a
    /// star that replaces or leaves out many.
    Listed {
        /// The columns: names, or what they become.
        columns: Vec<String>,
        /// Hidden columns with cells that were emptied before.
        cells: Vec<String>,
        /// What is new.
        added: Vec<String>,
        /// What becomes of the step and the value of a rejected row, where it can be rejected here.
        rejection: Option<[String; 2]>,
    },
}

/// A way in which a row or cell can be rejected.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    /// The step.
    pub(super) step: String,
    /// The column, where one is to blame.
    pub(super) column: Option<String>,
    /// Why, for people.
    pub(super) reason: String,
    /// The row stays; only the cell is emptied.
    pub(super) cell: bool,
}

/// Name of the hidden column that holds cells emptied by rejection `number`.
pub(super) fn cell_column(number: usize) -> String {
    format!("_assay_cell_{number}")
}

/// Name of a word of marks.
fn word_column(word: usize) -> String {
    format!("_assay_changed_{word}")
}

impl Pass {
    /// Hidden columns with marks of changed cells.
    pub(super) fn words(&self) -> Vec<String> {
        (0..self.marks.len().div_ceil(WORD)).map(word_column).collect()
    }

    /// Whether nothing happens but that some rows end, whose places are known before.
    pub(super) fn only_merges(&self) -> bool {
        self.layers.is_empty()
            && self.opening.as_ref().is_some_and(|opening| opening.merged.is_some())
    }

    /// Step and column of each mark that is set in the words of a row.
    pub(super) fn marked<'p>(
        &'p self,
        words: &'p [u64],
    ) -> impl Iterator<Item = &'p (String, String)> {
        self.marks.iter().enumerate().filter_map(|(index, mark)| {
            let word = words.get(index / WORD)?;
            (word >> (index % WORD) & 1 == 1).then_some(mark)
        })
    }
}

/// Makes the program of a dataset.
pub(super) fn compile(
    dataset: &DatasetPlan,
    source: &Source,
    lookups: &BTreeMap<String, Looked>,
    now: i64,
) -> Result<Program, Unsaid> {
    let mut builder = Builder {
        dataset,
        lookups,
        now,
        columns: source.columns.clone(),
        passes: Vec::new(),
        pass: Pass::default(),
        rejections: Vec::new(),
        cells: Vec::new(),
        worked: false,
        met: false,
    };
    // A column that is missing is not converted; what else is done to it cannot be done.
    let missing = |step: &&Step| matches!(&step.body, StepBody::Parse { column, .. } if source.missing.has(column.as_str()));
    let there: Vec<Step> = dataset.steps.iter().filter(|step| !missing(step)).cloned().collect();
    let mut steps = there.as_slice();
    while let Some(step) = steps.first() {
        let together = parse_group(steps);
        let rest = &steps[together.max(1)..];
        let goes_on =
            step.filter.is_some() && rest.first().is_some_and(|next| is_part_of_one(step, next));
        builder.step(step, &steps[..together], goes_on).map_err(|unsaid| {
            format!("the cleansing step {} cannot be carried out: {unsaid}", step.step_id)
        })?;
        steps = rest;
    }
    // Cells of text are converted in any case; a typed file only where a step says so.
    if source.text.is_some() {
        builder.convert()?;
    }
    Ok(builder.finish(source))
}

/// Another dataset, cleansed and at hand: the view of its rows, and its columns.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    pub(super) view: String,
    pub(super) columns: Vec<Column>,
}

struct Builder<'a> {
    dataset: &'a DatasetPlan,
    lookups: &'a BTreeMap<String, Looked>,
    now: i64,
    columns: Vec<Column>,
    passes: Vec<Pass>,
    pass: Pass,
    rejections: Vec<Rejection>,
    /// Hidden columns with emptied cells, so far.
    cells: Vec<String>,
    worked: bool,
    /// There is a column that tells the rows of the step under way.
    met: bool,
}

impl<'a> Builder<'a> {
    fn scope(&self) -> Scope<'_> {
        Scope { columns: &self.columns, now: self.now }
    }

    fn declared(&self, name: &str) -> Option<DataType> {
        let mut fields = self.dataset.read_fields().iter().chain(&self.dataset.fields);
        fields.find(|field| field.name.as_str() == name).map(|field| field.data_type)
    }

    /// Converts every column that does not have its declared type yet.
    fn convert(&mut self) -> Result<(), Unsaid> {
        let there: BTreeSet<String> =
            self.columns.iter().map(|column| column.name.clone()).collect();
        let parses = Parse::declared(&self.dataset.fields, |name| there.contains(name));
        self.parse(&parses, None)
    }

    /// Adds a step; `goes_on` says that the next one is a part of it.
    fn step(&mut self, step: &Step, together: &[Step], goes_on: bool) -> Result<(), Unsaid> {
        // Its rows are told before any part of it has changed a value that tells them.
        let filter = match &step.filter {
            Some(_) if self.met => Some(MET.to_owned()),
            Some(filter) => {
                let said = self.scope().say(filter)?;
                if goes_on {
                    self.layer(&format!("SELECT *, {said} AS {MET}"));
                    Some(MET.to_owned())
                } else {
                    Some(said)
                }
            }
            None => None,
        };
        let was_met = std::mem::replace(&mut self.met, goes_on);
        self.carry_out(step, together, filter)?;
        if was_met && !goes_on {
            self.layer(&format!("SELECT * EXCLUDE ({MET})"));
        }
        Ok(())
    }

    fn carry_out(
        &mut self,
        step: &Step,
        together: &[Step],
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        match &step.body {
            StepBody::Set { column, value } => self.set(step, column, value, filter.as_deref()),
            StepBody::Parse { .. } => {
                let steps = if together.is_empty() { std::slice::from_ref(step) } else { together };
                let parses: Vec<Parse<'_>> = steps.iter().filter_map(Parse::of).collect();
                self.parse(&parses, filter.as_deref())
            }
            StepBody::Reject { when, reason, column } => {
                let when = self.scope().say(when)?;
                let blamed = column.as_ref().map(assay_schemas::id::ColumnName::as_str);
                let number = self.reject(&step.step_id, blamed, reason.clone(), false);
                self.refuse(number, &all([filter.as_deref(), Some(&when)]), blamed);
                Ok(())
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

    /// Rejects the rows that meet a condition; `column` is the one to blame, whose value is kept.
    fn refuse(&mut self, number: usize, met: &str, column: Option<&str>) {
        let value = match column {
            Some(column) => format!(
                "CASE WHEN {STEP} IS NULL AND {met} THEN CAST({} AS VARCHAR) ELSE {VALUE} END",
                sql::identifier(column)
            ),
            None => VALUE.to_owned(),
        };
        self.layer(&format!(
            "SELECT * REPLACE (CASE WHEN {STEP} IS NULL AND {met} THEN {number} ELSE {STEP} END AS \
             {STEP}, {value} AS {VALUE})"
        ));
    }

    /// Gives the columns other names and leaves some out.
    fn project(&mut self, projected: &[Projected]) -> Result<(), Unsaid> {
        let mut columns = Vec::with_capacity(projected.len());
        let mut list = Vec::with_capacity(projected.len());
        for column in projected {
            let found = self.scope().column(&column.from)?.clone();
            let (from, to) = (sql::identifier(&found.name), sql::identifier(column.to.as_str()));
            list.push(if from == to { to } else { format!("{from} AS {to}") });
            columns.push(Column { name: column.to.to_string(), data_type: found.data_type });
        }
        self.columns = columns;
        self.pass.layers.push(Layer::Listed {
            columns: list,
            cells: self.cells.clone(),
            added: Vec::new(),
            rejection: None,
        });
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

    fn layer(&mut self, select: &str) {
        self.worked = true;
        self.pass.layers.push(Layer::Said(select.to_owned()));
    }

    fn finish(mut self, source: &Source) -> Program {
        if self.worked || source.text.is_some() {
            self.passes.push(self.pass);
        }
        Program {
            passes: self.passes,
            rejections: self.rejections,
            columns: self.columns,
            several: source.files.len() > 1,
            logs: self.dataset.change_log,
        }
    }
}

fn all<'c>(conditions: impl IntoIterator<Item = Option<&'c str>>) -> String {
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    format!("({})", conditions.join(" AND "))
}
