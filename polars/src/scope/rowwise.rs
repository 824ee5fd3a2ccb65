//! Functions of single rows, made in Rust. What Polars hands them may be a constant for all rows.

use std::sync::Arc;

use assay_schemas::datatype::DataType;
use polars::prelude::{
    Column, DataFrame, Expr, Field, IntoLazy as _, IntoSeries as _, LiteralValue, PolarsResult,
    Scalar, Schema, Series, TimeUnit, map_multiple,
};

use crate::types::kept;

/// Values as Polars keeps them below their type: days, instants and times of day as numbers, decimals as
/// their digits.
pub(super) type Physical = Series;

/// A function of one value. `made` is given physical values and gives some, as many, of `gives`.
pub(super) fn one<F>(value: Expr, gives: DataType, made: F) -> Expr
where
    F: Fn(&Physical) -> PolarsResult<Physical> + Send + Sync + 'static,
{
    many([value], gives, move |columns| made(&columns[0]))
}

/// A function of several values. `made` is given physical values, each as many as there are rows or a single
/// one for all rows, and gives one for each row.
pub(super) fn many<F>(values: impl AsRef<[Expr]>, gives: DataType, made: F) -> Expr
where
    F: Fn(&[Physical]) -> PolarsResult<Physical> + Send + Sync + 'static,
{
    let made = Arc::new(made);
    let rows = move |columns: &mut [Column]| {
        let height = height(columns);
        let mut single = true;
        let mut physical = Vec::with_capacity(columns.len());
        for column in columns.iter() {
            let values = match column {
                Column::Scalar(scalar) => scalar.as_single_value_series(),
                Column::Series(_) => column.as_materialized_series().clone(),
            };
            single &= values.len() == 1;
            physical.push(values.to_physical_repr().into_owned());
        }
        let name = columns.first().map(|column| column.name().clone()).unwrap_or_default();
        if height == 0 {
            return Ok(Column::new_empty(name, &kept(gives)));
        }
        let mut series = logical(made(&physical)?, gives)?;
        series.rename(name);
        let column = Column::from(series);
        Ok(if single && height != 1 { column.new_from_index(0, height) } else { column })
    };
    let field = move |_: &Schema, fields: &[Field]| {
        let name = fields.first().map(|field| field.name().clone()).unwrap_or_default();
        Ok(Field::new(name, kept(gives)))
    };
    folded(map_multiple(rows, values, field), gives)
}

/// An expression that reads no column as the constant that it comes to, as far as it comes to one: Polars'
/// search for what is said twice takes such an expression for a column of a single row.
pub(super) fn folded(expression: Expr, gives: DataType) -> Expr {
    let constant = matches!(expression, Expr::Literal(LiteralValue::Scalar(_)));
    if constant || (&expression).into_iter().any(reads) {
        return expression;
    }
    let value = || -> PolarsResult<Scalar> {
        let row = DataFrame::new(1, vec![Column::new("row".into(), [true])])?;
        let found = row.lazy().select([expression.clone().alias("value")]).collect()?;
        let value = found.column("value")?.get(0)?.into_static();
        Ok(Scalar::new(kept(gives), value))
    };
    match value() {
        Ok(value) => Expr::Literal(LiteralValue::Scalar(value)),
        // It fails where it is looked at.
        Err(_) => expression,
    }
}

/// Whether a part of an expression is something of the rows.
fn reads(part: &Expr) -> bool {
    matches!(part, Expr::Column(_) | Expr::Selector(_) | Expr::Len | Expr::Element)
}

/// The number of rows: that of every column which is not a single value for all.
fn height(columns: &[Column]) -> usize {
    let lengths = columns.iter().map(Column::len);
    lengths.reduce(|one, other| if one == 1 { other } else { one }).unwrap_or(0)
}

/// Physical values as those of a type.
fn logical(values: Physical, data_type: DataType) -> PolarsResult<Series> {
    Ok(match data_type {
        DataType::Date => values.i32()?.clone().into_date().into_series(),
        DataType::Timestamp => {
            values.i64()?.clone().into_datetime(TimeUnit::Microseconds, None).into_series()
        }
        DataType::Time => values.i64()?.clone().into_time().into_series(),
        DataType::Decimal(precision, scale) => {
            let digits = values.i128()?.clone();
            digits.into_decimal_unchecked(precision.into(), scale.into()).into_series()
        }
        _ => values,
    })
}
