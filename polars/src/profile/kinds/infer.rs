//! Types that text may read as.

use assay_engine::{EngineError, Inferred};
use assay_schemas::datatype::DataType;
use polars::prelude::{
    BooleanChunked, DataType as Kept, Expr, Field, IntoColumn as _, IntoLazy as _, lit,
};

use super::{lower, trim};
use crate::profile::values::{column, series, value};
use crate::rows::{Rows, collect, fault};
use crate::scope::{Said, Unsaid, cast_to};
use crate::types::Column;

/// First rows by which types that a column cannot have are told.
const FIRST_ROWS: u32 = 200;

/// A type that text may read as.
pub(super) struct Kind {
    data_type: DataType,
    format: Option<&'static str>,
}

/// Types in the order in which they are preferred. The days that are written with numbers alone come last:
/// `01/02/2024` may be either.
pub(super) const KINDS: &[Kind] = &[
    Kind { data_type: DataType::Integer, format: None },
    Kind { data_type: DataType::Double, format: None },
    Kind { data_type: DataType::Date, format: None },
    Kind { data_type: DataType::Timestamp, format: None },
    Kind { data_type: DataType::Time, format: None },
    Kind { data_type: DataType::Boolean, format: None },
    Kind { data_type: DataType::Date, format: Some("%d.%m.%Y") },
    Kind { data_type: DataType::Date, format: Some("%Y/%m/%d") },
    Kind { data_type: DataType::Date, format: Some("%d/%m/%Y") },
    Kind { data_type: DataType::Date, format: Some("%m/%d/%Y") },
    Kind { data_type: DataType::Date, format: Some("%d-%b-%Y") },
    Kind { data_type: DataType::Timestamp, format: Some("%d.%m.%Y %H:%M") },
    Kind { data_type: DataType::Timestamp, format: Some("%m/%d/%Y %H:%M") },
];

impl Kind {
    /// Its name, with a strftime pattern where it has one.
    pub(super) fn name(&self) -> String {
        match self.format {
            Some(format) => format!("{} {format}", self.data_type),
            None => self.data_type.to_string(),
        }
    }

    /// Whether a value reads as the type without losing anything that it may mean: a code with leading
    /// zeros is no number, nor is one of more digits than a number holds. False for null.
    pub(super) fn met(&self, value: Expr) -> Result<Expr, Unsaid> {
        let code = match self.data_type {
            DataType::Integer => Some(r"\s*[+-]?0[0-9]+\s*"),
            DataType::Double => Some(r"\s*[+-]?(?:0[0-9].*|[0-9]{16,})\s*"),
            // Other words for true and false may be a classification as well.
            DataType::Boolean => return Ok(truth(value)),
            _ => None,
        };
        let text = Said { expr: value.clone(), data_type: Some(DataType::Text) };
        let read = cast_to(text, self.data_type, self.format)?;
        let met = read.expr.is_not_null();
        Ok(match code {
            Some(code) => met.and(matches(value, code).not()),
            None => met,
        })
    }
}

/// Whether text as a whole matches a pattern of RE2, whose white space is that of ASCII.
pub(super) fn matches(value: Expr, pattern: &str) -> Expr {
    let pattern = pattern
        .replace(r"[\s\S]", r"(?s:.)")
        .replace(r"[^\s", r"[^\t\n\f\r ")
        .replace(r"\s", r"[\t\n\f\r ]");
    value.str().contains(lit(format!(r"\A(?:{pattern})\z")), true)
}

/// Whether text is `true` or `false`; false for null.
fn truth(value: Expr) -> Expr {
    let read = |text: Option<&str>| {
        text.is_some_and(|text| matches!(lower(trim(text)).as_str(), "true" | "false"))
    };
    value.map(
        move |column| {
            let met: BooleanChunked = column.str()?.iter().map(read).collect();
            Ok(met.with_name(column.name().clone()).into_column())
        },
        |_, field| Ok(Field::new(field.name.clone(), Kept::Boolean)),
    )
}

/// Why text cannot be looked at for other types, if so.
pub(in crate::profile) fn unsaid() -> Option<Unsaid> {
    KINDS.iter().find_map(|kind| kind.met(value()).err())
}

/// The types that the text columns of the rows could have: each is one that every value reads as. Columns
/// that stay text are left out.
///
/// # Errors
/// The data cannot be read.
pub fn infer(rows: &Rows) -> Result<Vec<Inferred>, EngineError> {
    let texts: Vec<&Column> =
        rows.columns.iter().filter(|column| column.data_type == Some(DataType::Text)).collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    // Names of our own, as a column may be called anything.
    let name = |at: usize| format!("c{at}");
    let renamed: Vec<Expr> =
        texts.iter().enumerate().map(|(at, text)| column(&text.name).alias(name(at))).collect();
    let mut pairs: Vec<(usize, &Kind, Expr)> = Vec::new();
    for at in 0..texts.len() {
        for kind in KINDS {
            let met = kind.met(column(name(at))).map_err(EngineError::Beyond)?;
            let met = column(name(at)).is_null().or(met);
            pairs.push((at, kind, met.all(true)));
        }
    }
    let all = rows.frame.clone().select(renamed);
    let first = collect(all.clone().limit(FIRST_ROWS))?;
    // Columns without a value meet none.
    let empty: Vec<bool> = (0..texts.len())
        .map(|at| Ok(series(&first, &name(at))?.null_count() == first.height()))
        .collect::<Result<_, EngineError>>()?;
    pairs.retain(|(at, ..)| !empty[*at]);
    for frame in [first.lazy(), all] {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<Expr> = pairs
            .iter()
            .enumerate()
            .map(|(place, (.., met))| met.clone().alias(place.to_string()))
            .collect();
        let found = collect(frame.select(wanted))?;
        let mut kept = Vec::new();
        for (place, pair) in pairs.into_iter().enumerate() {
            let met = series(&found, &place.to_string())?;
            if met.bool().map_err(fault)?.get(0) == Some(true) {
                kept.push(pair);
            }
        }
        pairs = kept;
    }
    let mut inferred: Vec<Inferred> = Vec::new();
    for (at, kind, _) in pairs {
        let column = &texts[at].name;
        if inferred.last().is_none_or(|last| last.column != *column) {
            inferred.push(Inferred {
                column: column.clone(),
                data_type: kind.data_type,
                format: kind.format.map(str::to_owned),
            });
        }
    }
    Ok(inferred)
}
