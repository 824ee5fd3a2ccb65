//! What the beginning of a pass learns from the rows that the pass before has written, and how each row comes
//! by its part of it: by its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_engine::EngineError;
use polars::prelude::{
    Column, DataFrame, DataType as Kept, Expr, Field, IdxCa, IdxSize, IntoColumn as _, LazyFrame,
    Series,
};

use super::groups::{self, NONE};
use super::{Ground, clusters, count_at, file, lookup, place, settle, stopped};
use crate::chain::{AT, Opening, PLACE, Preference, Task, column};

/// The rows that the pass before has written.
pub(super) struct Before {
    /// The rows, each with its place [`AT`] and [`PLACE`].
    pub(super) frame: LazyFrame,
    /// How many.
    pub(super) rows: usize,
}

impl Before {
    pub(super) fn of(path: &Path, number: usize) -> Result<Self, EngineError> {
        let counted = file::collect(file::scan(path)?.select([polars::prelude::len().alias("n")]))?;
        let rows = counted.column("n").ok().map_or(0, |cells| count_at(cells, 0));
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let frame = file::scan_numbered(path)?;
        let before = number.saturating_sub(1);
        Ok(Self { frame: frame.with_columns([place(before).alias(PLACE)]), rows })
    }

    /// Columns of the rows that are looked at, beside [`AT`].
    pub(super) fn look(&self, looked: &Expr, columns: Vec<Expr>) -> Result<Looked, EngineError> {
        let list: Vec<Expr> = [column(AT)].into_iter().chain(columns).collect();
        let frame = file::collect(self.frame.clone().filter(looked.clone()).select(list))?;
        let at = frame.column(AT).and_then(|cells| Ok(cells.idx()?.iter().flatten().collect()));
        Ok(Looked { at: at.map_err(stopped)?, frame })
    }
}

/// Rows that are looked at.
pub(super) struct Looked {
    /// The place of each.
    pub(super) at: Vec<IdxSize>,
    frame: DataFrame,
}

impl Looked {
    /// How many.
    pub(super) fn rows(&self) -> usize {
        self.at.len()
    }

    /// A column that was asked for.
    pub(super) fn column(&self, name: &str) -> Result<&Column, EngineError> {
        self.frame.column(name).map_err(stopped)
    }

    /// Columns `k0`, `k1` and so on, as many as there are, as numbers of keys.
    pub(super) fn keys(&self, count: usize) -> Result<groups::Numbered, EngineError> {
        let columns: Result<Vec<Column>, EngineError> =
            (0..count).map(|number| self.column(&format!("k{number}")).cloned()).collect();
        groups::number(columns?, self.rows()).map_err(stopped)
    }

    /// The rows in the order of a preference, which looks at the column `name`.
    pub(super) fn preferred(
        &self,
        preference: &Preference,
        name: &str,
    ) -> Result<Vec<IdxSize>, EngineError> {
        groups::preferred(preference, self.frame.column(name).ok(), self.rows()).map_err(stopped)
    }
}

/// Columns of a key under the names that [`Looked::keys`] knows.
pub(super) fn keys(names: &[String]) -> Vec<Expr> {
    names.iter().enumerate().map(|(n, name)| column(name).alias(format!("k{n}"))).collect()
}

/// What was learnt.
#[derive(Default)]
pub(super) struct Learnt {
    /// Whether the row at each place ends here.
    pub(super) merged: Option<Vec<bool>>,
    /// What comes along, column by column.
    pub(super) brought: Vec<Brought>,
    /// The file that explains clusters, and what has to be said.
    pub(super) clusters: Option<(PathBuf, Vec<String>)>,
}

/// A value for each place.
pub(super) struct Brought {
    /// Where the value of each place stands among `values`; [`NONE`] where it has none.
    pub(super) index: Arc<Vec<IdxSize>>,
    /// The values.
    pub(super) values: Series,
}

impl Learnt {
    /// Rows end that are looked at, except those that stay.
    pub(super) fn merging(before: &Before, looked: &Looked, stay: &[IdxSize]) -> Vec<bool> {
        let mut merged = vec![false; before.rows];
        let mut set = |row: IdxSize, ends: bool| {
            if let Some(merged) = merged.get_mut(row as usize) {
                *merged = ends;
            }
        };
        looked.at.iter().for_each(|at| set(*at, true));
        let stay = stay.iter().filter_map(|row| looked.at.get(*row as usize));
        stay.for_each(|at| set(*at, false));
        merged
    }

    /// The rows with what was learnt.
    pub(super) fn attach(self, before: Before, names: &[String]) -> LazyFrame {
        let mut frame = before.frame;
        let brought: Vec<Expr> = self
            .brought
            .into_iter()
            .zip(names)
            .map(|(brought, name)| brought.column().alias(name.as_str()))
            .collect();
        if !brought.is_empty() {
            frame = frame.with_columns(brought);
        }
        match self.merged {
            Some(merged) => frame.filter(stays(merged)),
            None => frame,
        }
    }
}

impl Brought {
    /// The value of each row.
    fn column(self) -> Expr {
        let Self { index, values } = self;
        let kept = values.dtype().clone();
        let find = move |at: Column| {
            let of = |at: Option<IdxSize>| {
                index.get(at? as usize).copied().filter(|place| *place != NONE)
            };
            let places: IdxCa = at.idx()?.iter().map(of).collect();
            Ok(values.take(&places)?.with_name(at.name().clone()).into_column())
        };
        column(AT).map(find, move |_, field| Ok(Field::new(field.name().clone(), kept.clone())))
    }
}

/// Whether a row does not end.
fn stays(merged: Vec<bool>) -> Expr {
    let find = move |at: Column| {
        let stays = |at: Option<IdxSize>| Some(merged.get(at? as usize) != Some(&true));
        let made: polars::prelude::BooleanChunked = at.idx()?.iter().map(stays).collect();
        Ok(made.with_name(at.name().clone()).into_column())
    };
    column(AT).map(find, |_, field| Ok(Field::new(field.name().clone(), Kept::Boolean)))
}

/// Learns what a pass begins with.
pub(super) fn learn(
    ground: &Ground<'_>,
    opening: &Opening,
    before: &Before,
) -> Result<Learnt, EngineError> {
    let looked = &opening.looked;
    match &opening.task {
        Task::Deduplicate { key, keep } => {
            let mut columns = keys(key);
            columns.extend(groups::looks_at(keep, "o"));
            let rows = before.look(looked, columns)?;
            let order = rows.preferred(keep, "o")?;
            let stay = groups::first_of(&rows.keys(key.len())?, &order, |_| true);
            let merged = Some(Learnt::merging(before, &rows, &stay));
            Ok(Learnt { merged, ..Learnt::default() })
        }
        Task::Impute { column, data_type, with, by } => {
            settle::impute(before, looked, (column, *data_type), (with, by))
        }
        Task::Agree { key, columns, rule } => settle::agree(before, looked, (key, columns), rule),
        Task::Survive { key, columns } => settle::survive(before, looked, (key, columns)),
        Task::Lookup { dataset, on, take } => {
            let other = ground.lookups.get(dataset).ok_or_else(|| {
                EngineError::Internal(format!("the dataset {dataset} was not cleansed"))
            })?;
            lookup::learn(before, other, on, take)
        }
        Task::Cluster { .. } => clusters::learn(before, opening, ground.folder),
    }
}
