//! Cleansing as SQL: the steps of a dataset as a chain of SELECTs over its source.
//!
//! Row by row steps follow each other in one pass. Removing duplicates needs to see all rows first, so it
//! begins a new pass over what the pass before has written. Rejected rows travel on to the end of the
//! chain with the number of the step that rejected them; no later step touches or counts them.

mod parse;
mod text;

use std::collections::BTreeSet;

use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{DatasetPlan, Expr, Keep, Order, Step, StepBody};

use super::source::{FILE, Source};
use super::sql::{self, Scope, Unsaid};
use super::types::{self, Column};
use parse::{Parse, parse_group, parse_of};

/// Hidden column: which of the program's rejections met the row.
pub(super) const STEP: &str = "_assay_step";
/// Hidden column: the value that did not fit.
pub(super) const VALUE: &str = "_assay_value";
/// Hidden column: the row's place in the first pass, once a later pass has begun.
pub(super) const PLACE: &str = "_assay_place";
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
}

/// One pass over the rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// What is read; `None` in the first pass, which reads the source.
    pub(super) duplicates: Option<Duplicates>,
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

/// Rows that are merged into others at the beginning of a pass.
#[derive(Clone, Debug)]
pub(super) struct Duplicates {
    filter: String,
    key: Vec<String>,
    order: String,
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
pub(super) fn compile(dataset: &DatasetPlan, source: &Source, now: i64) -> Result<Program, Unsaid> {
    let mut builder = Builder {
        dataset,
        now,
        columns: source.columns.clone(),
        passes: Vec::new(),
        pass: Pass::default(),
        rejections: Vec::new(),
        cells: Vec::new(),
        worked: false,
    };
    // A column that is missing is not converted; what else is done to it cannot be done.
    let missing = |step: &&Step| matches!(&step.body, StepBody::Parse { column, .. } if source.missing.has(column.as_str()));
    let there: Vec<Step> = dataset.steps.iter().filter(|step| !missing(step)).cloned().collect();
    let mut steps = there.as_slice();
    while let Some(step) = steps.first() {
        let together = parse_group(steps);
        builder.step(step, &steps[..together]).map_err(|unsaid| {
            format!("the cleansing step {} cannot be carried out: {unsaid}", step.step_id)
        })?;
        steps = &steps[together.max(1)..];
    }
    // Cells of text are converted in any case; a typed file only where a step says so.
    if source.text.is_some() {
        builder.convert()?;
    }
    Ok(builder.finish(source))
}

struct Builder<'a> {
    dataset: &'a DatasetPlan,
    now: i64,
    columns: Vec<Column>,
    passes: Vec<Pass>,
    pass: Pass,
    rejections: Vec<Rejection>,
    /// Hidden columns with emptied cells, so far.
    cells: Vec<String>,
    worked: bool,
}

impl<'a> Builder<'a> {
    fn scope(&self) -> Scope<'_> {
        Scope { columns: &self.columns, now: self.now }
    }

    fn declared(&self, name: &str) -> Option<DataType> {
        let mut fields = self.dataset.fields.iter();
        fields.find(|field| field.name.as_str() == name).map(|field| field.data_type)
    }

    /// Converts every column that does not have its declared type yet.
    fn convert(&mut self) -> Result<(), Unsaid> {
        let there: BTreeSet<String> =
            self.columns.iter().map(|column| column.name.clone()).collect();
        let fields: Vec<_> = self
            .dataset
            .fields
            .iter()
            .filter(|field| there.contains(field.name.as_str()))
            .map(|field| (format!("type:{}", field.name), field))
            .collect();
        let parses: Vec<Parse<'_>> = fields
            .iter()
            .map(|(step, field)| Parse {
                step,
                column: field.name.as_str(),
                to: field.data_type,
                format: None,
                reject_row: true,
            })
            .collect();
        self.parse(&parses, None)
    }

    fn step(&mut self, step: &Step, together: &[Step]) -> Result<(), Unsaid> {
        let filter = step.filter.as_ref().map(|filter| self.scope().say(filter)).transpose()?;
        match &step.body {
            StepBody::Set { column, value } => self.set(step, column, value, filter.as_deref()),
            StepBody::Parse { .. } => {
                let steps = if together.is_empty() { std::slice::from_ref(step) } else { together };
                let parses: Vec<Parse<'_>> = steps.iter().filter_map(parse_of).collect();
                self.parse(&parses, filter.as_deref())
            }
            StepBody::Reject { when, reason } => {
                let when = self.scope().say(when)?;
                let number = self.reject(&step.step_id, None, reason.clone(), false);
                let met = all([filter.as_deref(), Some(&when)]);
                self.layer(&format!(
                    "SELECT * REPLACE (CASE WHEN {STEP} IS NULL AND {met} THEN {number} ELSE {STEP} END \
                     AS {STEP})"
                ));
                Ok(())
            }
            StepBody::Deduplicate { columns, keep } => self.deduplicate(columns, keep, filter),
        }
    }

    fn set(
        &mut self,
        step: &Step,
        column: &ColumnName,
        value: &Expr,
        filter: Option<&str>,
    ) -> Result<(), Unsaid> {
        let scope = self.scope();
        let (said, given) = (scope.say(value)?, scope.infer(value));
        let name = sql::identifier(column.as_str());
        let position = self.columns.iter().position(|known| known.name == column.as_str());
        let Some(position) = position else {
            let value =
                filter.map_or_else(|| said.clone(), |f| format!("CASE WHEN {f} THEN {said} END"));
            self.layer(&format!("SELECT *, {value} AS {name}"));
            self.columns.push(Column { name: column.to_string(), data_type: given });
            return Ok(());
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
        let mark = self.pass.marks.len();
        let (word, bit) = (word_column(mark / WORD), 1_u64 << (mark % WORD));
        self.pass.marks.push((step.step_id.clone(), column.to_string()));
        self.layer(&format!("SELECT *, {new} AS _assay_new"));
        self.layer(&format!(
            "SELECT * EXCLUDE (_assay_new) REPLACE (_assay_new AS {name}, {word} + CASE WHEN {STEP} IS \
             NULL AND {name} IS DISTINCT FROM _assay_new THEN {bit} ELSE 0 END AS {word})"
        ));
        self.columns[position].data_type = wanted;
        Ok(())
    }

    fn deduplicate(
        &mut self,
        columns: &[ColumnName],
        keep: &Keep,
        filter: Option<String>,
    ) -> Result<(), Unsaid> {
        let key = if columns.is_empty() {
            self.columns.iter().map(|column| sql::identifier(&column.name)).collect()
        } else {
            self.scope().known(columns)?
        };
        let mut conditions = vec![format!("{STEP} IS NULL")];
        conditions.extend(filter);
        conditions.extend(key.iter().map(|name| format!("{name} IS NOT NULL")));
        let order = match keep {
            Keep::First => "file_row_number".into(),
            Keep::Last => "file_row_number DESC".into(),
            Keep::By { column, order } => {
                let name = sql::identifier(&self.scope().column(column)?.name);
                let direction = if *order == Order::Ascending { "ASC" } else { "DESC" };
                format!("{name} {direction} NULLS LAST, file_row_number")
            }
        };
        let next = Pass {
            duplicates: Some(Duplicates { filter: conditions.join(" AND "), key, order }),
            ..Pass::default()
        };
        self.passes.push(std::mem::replace(&mut self.pass, next));
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
        }
    }
}

fn all<'c>(conditions: impl IntoIterator<Item = Option<&'c str>>) -> String {
    let conditions: Vec<_> = conditions.into_iter().flatten().collect();
    format!("({})", conditions.join(" AND "))
}
