//! What conversions of a column reject, seen over all columns of a layer at once. Columns in which nothing
//! fails, which are most, cost no more than a look at their numbers of nulls.

use polars::prelude::{
    BooleanChunked, ChunkFull as _, Column, DataType as Kept, Expr, Field, Int32Chunked,
    IntoColumn as _, NewChunkedArray as _, PolarsResult, Schema, StringChunked, map_multiple,
};

fn named(kept: Kept) -> impl Fn(&Schema, &[Field]) -> PolarsResult<Field> {
    move |_, fields| {
        let name = fields.first().map(|field| field.name().clone()).unwrap_or_default();
        Ok(Field::new(name, kept.clone()))
    }
}

/// Whether a row may fail at all; none where there is no filter.
fn may(filter: Option<&Column>) -> PolarsResult<Option<BooleanChunked>> {
    filter.map(|filter| filter.bool().cloned()).transpose()
}

/// Marks the rows whose value is there and whose converted value is not; `None` where there are none.
fn failed(
    value: &Column,
    made: &Column,
    filter: Option<&BooleanChunked>,
) -> Option<BooleanChunked> {
    if value.null_count() == made.null_count() {
        return None;
    }
    let failed = value.is_not_null() & made.is_null();
    Some(match filter {
        Some(filter) => &failed & filter,
        None => failed,
    })
}

/// The number of the rejection that meets a row: `step` where there is one already, otherwise `first` and on
/// for the pairs of columns `values` and `made`, in their order.
pub(super) fn first_failed(
    step: Expr,
    filter: Option<Expr>,
    (values, made): (Vec<Expr>, Vec<Expr>),
    numbers: Vec<i32>,
) -> Expr {
    let (pairs, filtered) = (numbers.len(), filter.is_some());
    let inputs: Vec<Expr> = [step].into_iter().chain(values).chain(made).chain(filter).collect();
    let find = move |columns: &mut [Column]| {
        let filter = may(filtered.then(|| columns.last()).flatten())?;
        let step = &columns[0];
        let mut found: Option<Vec<Option<i32>>> = None;
        for (pair, number) in numbers.iter().enumerate() {
            let (value, made) = (&columns[1 + pair], &columns[1 + pairs + pair]);
            let Some(failed) = failed(value, made, filter.as_ref()) else { continue };
            let steps = match &mut found {
                Some(steps) => steps,
                None => found.insert(step.as_materialized_series().i32()?.iter().collect()),
            };
            for (step, failed) in steps.iter_mut().zip(failed.iter()) {
                if failed == Some(true) && step.is_none() {
                    *step = Some(*number);
                }
            }
        }
        Ok(match found {
            Some(steps) => {
                Int32Chunked::from_slice_options(step.name().clone(), &steps).into_column()
            }
            None => step.clone(),
        })
    };
    map_multiple(find, inputs, named(Kept::Int32))
}

/// The value to blame: `value` where the rejection was there before, otherwise that of `texts` by the
/// rejection's place among `numbers`.
pub(super) fn blamed(
    value: Expr,
    (before, after): (Expr, Expr),
    texts: Vec<Expr>,
    numbers: Vec<i32>,
) -> Expr {
    let inputs: Vec<Expr> = [value, before, after].into_iter().chain(texts).collect();
    let find = move |columns: &mut [Column]| {
        let [value, before, after, texts @ ..] = &*columns else {
            return Ok(columns[0].clone());
        };
        if before.null_count() == after.null_count() {
            return Ok(value.clone());
        }
        let texts: Vec<_> = texts.iter().map(Column::as_materialized_series).collect();
        let (before, after) = (before.as_materialized_series(), after.as_materialized_series());
        let (old, before, after) = (value.as_materialized_series(), before.i32()?, after.i32()?);
        let old = old.str()?;
        let rows = before.iter().zip(after.iter()).enumerate();
        let made = rows.map(|(row, (before, after))| {
            let place = after
                .filter(|_| before.is_none())
                .and_then(|after| numbers.binary_search(&after).ok());
            match place.and_then(|place| texts.get(place)) {
                Some(text) => text.str().ok().and_then(|text| text.get(row)),
                None => old.get(row),
            }
        });
        let made: StringChunked = made.collect();
        Ok(made.with_name(value.name().clone()).into_column())
    };
    map_multiple(find, inputs, named(Kept::String))
}

/// Whether a conversion empties the cell of a row that has not been rejected.
pub(super) fn emptied(step: Expr, filter: Option<Expr>, value: Expr, made: Expr) -> Expr {
    let filtered = filter.is_some();
    let inputs: Vec<Expr> = [step, value, made].into_iter().chain(filter).collect();
    let find = move |columns: &mut [Column]| {
        let filter = may(filtered.then(|| columns.last()).flatten())?;
        let [step, value, made, ..] = &*columns else { return Ok(columns[0].clone()) };
        let failed = failed(value, made, filter.as_ref());
        let name = step.name().clone();
        Ok(match failed {
            Some(failed) => (&failed & &step.is_null()).with_name(name).into_column(),
            None => BooleanChunked::full(name, false, step.len()).into_column(),
        })
    };
    map_multiple(find, inputs, named(Kept::Boolean))
}
