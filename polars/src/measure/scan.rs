//! One scan for everything that single rows give: counts and figures of all checks, equal expressions
//! computed once.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use crate::rows::col;
use polars::prelude::{
    DataFrame, Engine, Expr, LazyFrame, PlanCallback, PolarsError, PolarsResult, polars_err,
};

use super::counted::{Groupings, Tallies};
use super::figure::Place;
use super::gather::{Gather, Gathered};
use crate::rows::ROW;

/// Hidden column: the group of a row, counted from 0.
pub(crate) const GROUP: &str = "_assay_group";

/// Rows of a batch.
const BATCH: usize = 1 << 17;

/// Values of single rows, and what is gathered of them.
#[derive(Default)]
pub(crate) struct Scan {
    values: Vec<Expr>,
    value_places: HashMap<String, usize>,
    gathers: Vec<Gather>,
    gather_places: HashMap<Gather, usize>,
    /// What takes a grouping by value.
    pub(crate) groupings: Groupings,
}

/// What a scan came to.
pub(crate) struct Scanned {
    gathered: Vec<Vec<Gathered>>,
    tallies: Tallies,
}

/// What is known of the groups of a scan.
#[derive(Clone, Copy)]
pub(crate) enum Groups {
    /// All rows are one.
    One,
    /// Rows have so many, by the column [`GROUP`].
    Many(usize),
}

impl Groups {
    /// How many there are.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::One => 1,
            Self::Many(number) => number,
        }
    }
}

impl Scan {
    /// The place of a value of single rows; `meaning` is the same for equal values only.
    pub(crate) fn value(&mut self, meaning: String, value: Expr) -> usize {
        let values = &mut self.values;
        *self.value_places.entry(meaning).or_insert_with(|| {
            values.push(value);
            values.len() - 1
        })
    }

    /// The place of what is gathered.
    pub(crate) fn gather(&mut self, gather: Gather) -> usize {
        let gathers = &mut self.gathers;
        *self.gather_places.entry(gather).or_insert_with_key(|gather| {
            gathers.push(gather.clone());
            gathers.len() - 1
        })
    }

    /// The rows with every value that is wanted of them.
    pub(crate) fn frame(&self, frame: LazyFrame, groups: Groups) -> LazyFrame {
        let values = self.values.iter().enumerate();
        let mut items: Vec<Expr> =
            values.map(|(place, value)| value.clone().alias(format!("_assay_x{place}"))).collect();
        // A number of constants alone would be a single row.
        items.push(col(ROW));
        if let Groups::Many(_) = groups {
            items.push(col(GROUP));
        }
        frame.select(items)
    }

    /// Reads the rows.
    ///
    /// # Errors
    /// The rows cannot be read, or a value cannot be computed.
    pub(crate) fn run(&self, rows: &LazyFrame, groups: Groups) -> PolarsResult<Scanned> {
        let number = groups.number();
        let empty: Vec<Vec<Gathered>> =
            self.gathers.iter().map(|gather| vec![gather.empty(); number]).collect();
        let (gathers, width) = (self.gathers.clone(), self.values.len());
        let frame = self.frame(rows.clone(), groups);
        let gathered = fold(frame, empty, move |held, batch| {
            let group = match groups {
                Groups::One => None,
                Groups::Many(_) => Some(group_of(&batch)?),
            };
            let columns = batch.columns().get(..width).unwrap_or_default();
            for (gather, into) in gathers.iter().zip(held) {
                gather.take(columns, batch.height(), group.as_deref(), into)?;
            }
            Ok(())
        })?;
        let tallies = self.groupings.run(rows, groups);
        Ok(Scanned { gathered, tallies: tallies? })
    }
}

/// The group of each row of a batch.
pub(crate) fn group_of(batch: &DataFrame) -> PolarsResult<Vec<usize>> {
    let groups = batch.column(GROUP)?.as_materialized_series().i64()?.clone();
    let index = |group: Option<i64>| {
        group.and_then(|group| usize::try_from(group).ok()).unwrap_or(usize::MAX)
    };
    Ok(groups.iter().map(index).collect())
}

/// Shows a frame batch by batch, in the order of its rows.
///
/// # Errors
/// The frame cannot be computed, or a batch is not taken in.
pub(crate) fn fold<S: Default + Send + 'static>(
    frame: LazyFrame,
    start: S,
    take: impl Fn(&mut S, DataFrame) -> PolarsResult<()> + Send + Sync + 'static,
) -> PolarsResult<S> {
    let held = Arc::new(Mutex::new(start));
    let into = Arc::clone(&held);
    let callback = PlanCallback::new(move |batch: DataFrame| {
        let mut state = into.lock().unwrap_or_else(PoisonError::into_inner);
        take(&mut state, batch).map(|()| false)
    });
    frame
        .sink_batches(callback, true, NonZeroUsize::new(BATCH))?
        .collect_with_engine(Engine::Streaming)?;
    let mut state = held.lock().map_err(|_| -> PolarsError {
        polars_err!(ComputeError: "a batch could not be taken in")
    })?;
    Ok(std::mem::take(&mut *state))
}

impl Scanned {
    /// What was gathered of a group.
    pub(crate) fn gathered(&self, place: usize, group: usize) -> Option<&Gathered> {
        self.gathered.get(place)?.get(group)
    }

    /// A count of a group.
    pub(crate) fn count(&self, place: usize, group: usize) -> u64 {
        self.gathered(place, group).map_or(0, Gathered::count)
    }

    /// The value of a metric for a group.
    ///
    /// # Errors
    /// Why it has none.
    pub(crate) fn value(&self, place: &Place, group: usize) -> Result<Option<f64>, String> {
        match place {
            Place::Scan { gather, take } => match self.gathered(*gather, group) {
                Some(gathered) => take.of(gathered),
                None => Ok(None),
            },
            Place::Counted(place) => self.tallies.value(*place, group),
        }
    }

    /// The values of the data that a metric names.
    pub(crate) fn names(&self, place: &Place, group: usize) -> Vec<String> {
        match place {
            Place::Scan { .. } => Vec::new(),
            Place::Counted(place) => self.tallies.names(*place, group),
        }
    }
}
