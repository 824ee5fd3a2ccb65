//! The texts of a vector of DuckDB's, and the cells that they become. They are read where they lie: every cell
//! of a text file comes by here.

#![expect(unsafe_code, reason = "vectors are memory of DuckDB's, described by its C interface")]

use std::error::Error;

use duckdb::core::{DataChunkHandle, Inserter as _, LogicalTypeHandle, LogicalTypeId};
use duckdb::ffi;
use duckdb::vtab::arrow::WritableVector;

/// Texts up to this length stand in the vector itself.
const INLINED: u32 = 12;
/// Rows that one word of a mask tells of.
const WORD: usize = 64;

/// A value that is laid out as the cells of vectors of a type are.
pub(super) trait Cell: Copy {
    /// Whether the cells of vectors of a type are laid out so.
    fn is_of(kind: &LogicalTypeHandle) -> bool;
}

impl Cell for bool {
    fn is_of(kind: &LogicalTypeHandle) -> bool {
        kind.id() == LogicalTypeId::Boolean
    }
}

impl Cell for f64 {
    fn is_of(kind: &LogicalTypeHandle) -> bool {
        kind.id() == LogicalTypeId::Double
    }
}

impl Cell for i32 {
    fn is_of(kind: &LogicalTypeHandle) -> bool {
        kind.id() == LogicalTypeId::Date
    }
}

impl Cell for i64 {
    fn is_of(kind: &LogicalTypeHandle) -> bool {
        use LogicalTypeId as T;
        matches!(kind.id(), T::Bigint | T::Timestamp | T::Time)
    }
}

/// Makes a cell of each text of the first argument; a null stays one, and what cannot be made becomes one.
///
/// # Errors
/// The argument is not text, or the result has cells of another layout.
pub(super) fn map_to_cells<T: Cell>(
    input: &DataChunkHandle,
    output: &mut dyn WritableVector,
    make: impl Fn(&[u8]) -> Option<T>,
) -> Result<(), Box<dyn Error>> {
    let mut cells = output.flat_vector();
    if !T::is_of(&cells.logical_type()) {
        return Err("a function gives a type that it is not declared for".into());
    }
    // SAFETY: the layout of the cells has been asked for above.
    let start = unsafe { cells.as_mut_ptr::<T>() };
    each_text(input, |row, text| match text.and_then(&make) {
        // SAFETY: there is a cell for each row.
        Some(made) => unsafe { start.add(row).write(made) },
        None => cells.set_null(row),
    })
}

/// Makes a text of each text of the first argument; a null stays one.
///
/// # Errors
/// The argument or the result is not text.
pub(super) fn map_to_texts(
    input: &DataChunkHandle,
    output: &mut dyn WritableVector,
    make: impl Fn(&[u8]) -> &[u8],
) -> Result<(), Box<dyn Error>> {
    let mut texts = output.flat_vector();
    if texts.logical_type().id() != LogicalTypeId::Varchar {
        return Err("a function gives a type that it is not declared for".into());
    }
    each_text(input, |row, text| match text {
        Some(text) => texts.insert(row, make(text)),
        None => texts.set_null(row),
    })
}

/// A whole number that is given as a constant to every row.
///
/// # Errors
/// The argument is something else.
pub(super) fn constant(input: &DataChunkHandle, argument: usize) -> Result<i64, Box<dyn Error>> {
    let given = input.flat_vector(argument);
    if given.logical_type().id() != LogicalTypeId::Bigint {
        return Err("a function of a number is given something else".into());
    }
    // SAFETY: a flat vector of this type has such a cell for each row.
    let numbers = unsafe { given.as_slice_with_len::<i64>(input.len()) };
    numbers.first().copied().ok_or_else(|| "a function is given no row".into())
}

/// Passes the rows of the first argument, each with its text unless it is null.
fn each_text(
    input: &DataChunkHandle,
    mut pass: impl FnMut(usize, Option<&[u8]>),
) -> Result<(), Box<dyn Error>> {
    let texts = input.flat_vector(0);
    if texts.logical_type().id() != LogicalTypeId::Varchar {
        return Err("a function of text is given something else".into());
    }
    // SAFETY: the vector belongs to the chunk, which outlives this function. It is flat: DuckDB flattens what it
    // hands over. A mask has a bit for each row, and there is none where no row is null.
    let mask = unsafe {
        ffi::duckdb_vector_get_validity(ffi::duckdb_data_chunk_get_vector(input.get_ptr(), 0))
    };
    // SAFETY: a flat vector of text has a `duckdb_string_t` for each row, and nobody writes to it.
    let texts = unsafe { texts.as_slice_with_len::<ffi::duckdb_string_t>(input.len()) };
    for (row, text) in texts.iter().enumerate() {
        // SAFETY: the mask has a word for each `WORD` rows of the chunk.
        let is_there = mask.is_null() || unsafe { *mask.add(row / WORD) } >> (row % WORD) & 1 == 1;
        pass(row, is_there.then(|| bytes(text)));
    }
    Ok(())
}

/// The bytes of a text that is not null.
fn bytes(text: &ffi::duckdb_string_t) -> &[u8] {
    // SAFETY: both forms begin with the length, which tells them apart; the bytes live as long as the vector.
    unsafe {
        let length = text.value.inlined.length;
        let start = if length <= INLINED {
            text.value.inlined.inlined.as_ptr()
        } else {
            text.value.pointer.ptr.cast_const()
        };
        std::slice::from_raw_parts(start.cast(), length as usize)
    }
}
