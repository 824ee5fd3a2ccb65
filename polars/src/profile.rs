//! Profiles. One grouping of a column tells all that does not depend on the order of its rows: the different
//! values, in ascending order, and how many rows hold each. What is said of a column is read from these.

mod deep;
mod figures;
mod kinds;
mod pairs;
mod values;

use assay_engine::{ColumnProfile, EngineError, TableProfile};
use assay_schemas::datatype::{DataType, Family};
use assay_schemas::plan::ProfilePlan;

pub use self::kinds::infer;
use self::values::Values;
use crate::rows::Rows;
use crate::types::Column;

/// The profiles of the columns that the plan names, in the order of the rows' columns, and that of all
/// together. Different values are always counted exactly.
///
/// # Errors
/// The data cannot be read. [`beyond`] is to be asked before.
pub fn profile(
    rows: &Rows,
    plan: &ProfilePlan,
) -> Result<(Vec<ColumnProfile>, TableProfile), EngineError> {
    let mut profiles = Vec::new();
    let mut classes = Vec::new();
    for column in rows.columns.iter().filter(|column| wanted(column, plan)) {
        let values = Values::of(rows, column)?;
        let figures = of_column(rows, plan, &values)?;
        if plan.correlations && pairs::is_class(&values) {
            classes.push((column.clone(), values.sorted));
        }
        profiles.push(figures);
    }
    let table = pairs::table(rows, plan, &profiles, &classes)?;
    Ok((profiles, table))
}

/// What of a profile of these columns is out of reach, in words for people.
pub fn beyond(plan: &ProfilePlan, columns: &[Column]) -> Option<String> {
    let all = || columns.iter().filter(|column| wanted(column, plan));
    if let Some(column) = all().find(|column| column.data_type.is_none()) {
        return Some(format!("the values of `{}` are of a type without a name", column.name));
    }
    let text = |column: &Column| column.data_type == Some(DataType::Text);
    (plan.deep && all().any(text)).then(kinds::unsaid).flatten()
}

fn wanted(column: &Column, plan: &ProfilePlan) -> bool {
    plan.columns.is_empty() || plan.columns.iter().any(|name| name.as_str() == column.name)
}

fn of_column(
    rows: &Rows,
    plan: &ProfilePlan,
    values: &Values<'_>,
) -> Result<ColumnProfile, EngineError> {
    let column = values.column;
    let family = column.data_type.map(DataType::family);
    let mut figures = ColumnProfile {
        column: column.name.clone(),
        data_type: column.data_type.map_or("other".into(), |data_type| data_type.to_string()),
        rows: values.rows,
        nulls: values.rows - values.present,
        distinct: values.counts.len() as u64,
        ..ColumnProfile::default()
    };
    let has_ends =
        matches!(family, Some(Family::Boolean | Family::Number | Family::Text | Family::Temporal));
    if has_ends && let Some(last) = values.counts.len().checked_sub(1) {
        let mut ends = values.texts(&[0, last])?.into_iter();
        (figures.min, figures.max) = (ends.next(), ends.next());
    }
    if family == Some(Family::Number) {
        figures::sums(values, &mut figures)?;
    }
    if family == Some(Family::Text) {
        figures.lengths = figures::lengths(values);
    }
    figures.top = top(values, plan.top_values)?;
    if plan.histogram_bins > 0 {
        figures.histogram = figures::histogram(values, plan.histogram_bins);
    }
    let few = groups(column, plan) && figures.distinct * 20 < figures.rows;
    let found = quantiles(values, plan, few);
    figures.quantiles = found.iter().filter(|(q, _)| plan.quantiles.contains(q)).copied().collect();
    if plan.deep && groups(column, plan) {
        let seen = deep::Seen { values, plan, few, quantiles: &found };
        figures.deep = Some(deep::look(rows, &seen, &figures)?);
    }
    Ok(figures)
}

/// Whether the plan asks for anything that speaks of the column's different values.
fn groups(column: &Column, plan: &ProfilePlan) -> bool {
    let axis = matches!(
        column.data_type,
        Some(
            DataType::Integer
                | DataType::Decimal(..)
                | DataType::Double
                | DataType::Date
                | DataType::Timestamp
        )
    );
    plan.exact_distinct || plan.top_values > 0 || (plan.histogram_bins > 0 && axis)
}

/// The most frequent values, those as frequent as each other in ascending order.
fn top(values: &Values<'_>, number: u32) -> Result<Vec<(String, u64)>, EngineError> {
    let number = usize::try_from(number).unwrap_or(usize::MAX).min(values.counts.len());
    if number == 0 {
        return Ok(Vec::new());
    }
    let mut places: Vec<usize> = (0..values.counts.len()).collect();
    let order = |place: &usize| (std::cmp::Reverse(values.counts[*place]), *place);
    places.select_nth_unstable_by_key(number - 1, order);
    places.truncate(number);
    places.sort_unstable_by_key(order);
    values.named(&places)
}

/// The quantiles that make sense, with the quartiles where more is asked for.
fn quantiles(values: &Values<'_>, plan: &ProfilePlan, few: bool) -> Vec<(f64, f64)> {
    let Some(numbers) = values.finite() else { return Vec::new() };
    let quartiles: &[f64] = if plan.deep { &[0.25, 0.5, 0.75] } else { &[] };
    let mut wanted: Vec<f64> = Vec::new();
    for q in plan.quantiles.iter().chain(quartiles) {
        if (0.0..=1.0).contains(q) && !wanted.contains(q) {
            wanted.push(*q);
        }
    }
    let counted = figures::Counted::new(numbers);
    wanted.into_iter().filter_map(|q| Some((q, counted.quantile(q, few)?))).collect()
}
