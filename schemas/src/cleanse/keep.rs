//! Which of several rows stays, and by what order, as steps write it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::site::Site;
use crate::code::Code;
use crate::datatype::Family;
use crate::id::ColumnName;
use crate::plan::{self, Order};
use crate::problem::{Pointer, Problem};

/// Which row of several stays: `first`, `last`, `most_complete`, or the first by a column.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Keep {
    /// By the order of the input, or by what is in the row.
    Position(Position),
    /// By a column.
    By(By),
}

impl Default for Keep {
    fn default() -> Self {
        Self::Position(Position::First)
    }
}

/// By the order of the input, or by what is in the row.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Position {
    /// The first of the input.
    First,
    /// The last of the input.
    Last,
    /// The one with the fewest nulls.
    MostComplete,
}

/// By a column.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct By {
    /// The column compared; nulls come last.
    pub(super) by: ColumnName,
    /// Which end comes first.
    pub(super) order: Order,
}

impl Keep {
    /// The column that it looks at, if any.
    pub(super) fn column(&self) -> Option<&ColumnName> {
        match self {
            Self::Position(_) => None,
            Self::By(by) => Some(&by.by),
        }
    }

    /// As the plan has it; `place` is where it stands.
    ///
    /// # Errors
    /// The column is not there or has no order.
    pub(super) fn lower(
        &self,
        site: &Site<'_>,
        place: &Pointer,
    ) -> Result<plan::Keep, Vec<Problem>> {
        Ok(match self {
            Self::Position(Position::First) => plan::Keep::First,
            Self::Position(Position::Last) => plan::Keep::Last,
            Self::Position(Position::MostComplete) => plan::Keep::MostComplete,
            Self::By(keep) => {
                ordered(site, &keep.by, &place.key("by"))?;
                plan::Keep::By { column: keep.by.clone(), order: keep.order }
            }
        })
    }
}

/// Refuses columns whose values have no order.
pub(super) fn ordered(
    site: &Site<'_>,
    name: &ColumnName,
    place: &Pointer,
) -> Result<(), Vec<Problem>> {
    let column = site.find(name, place.clone())?;
    if matches!(column.now.family(), Family::Binary | Family::Nested) {
        let message = format!("`{name}` holds bytes, which have no order");
        return Err(vec![Problem::new(Code::ColumnType, place.clone(), message)]);
    }
    Ok(())
}

/// A key in words, after what is done for each of its values.
pub(super) fn within(by: &[ColumnName]) -> String {
    match by {
        [] => String::new(),
        by => format!(" of each {}", listed(by)),
    }
}

/// Names of columns in words.
pub(super) fn listed(names: &[ColumnName]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
