//! Tests of profiles.

mod pairs;
mod text;

use assay_engine::{ColumnProfile, RowOrder};
use assay_polars::profile::{beyond, profile};
use assay_polars::rows::{FILE, ROW, Rows};
use assay_polars::types::{Column, kept};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::ProfilePlan;
use polars::prelude::{
    Column as Cells, DataFrame, IntoColumn as _, IntoLazy as _, NamedFrom as _, Series,
};

/// Rows of these columns; cells are cast to what their type is kept in.
fn rows(columns: Vec<(DataType, Series)>) -> Rows {
    let height = columns.first().map_or(0, |(_, cells)| cells.len());
    let known = columns
        .iter()
        .map(|(data_type, cells)| Column {
            name: cells.name().to_string(),
            data_type: Some(*data_type),
        })
        .collect();
    let mut all: Vec<Cells> = columns
        .into_iter()
        .map(|(data_type, cells)| cells.cast(&kept(data_type)).unwrap().into_column())
        .collect();
    let numbers: Vec<i64> = (1..=i64::try_from(height).unwrap()).collect();
    all.push(Series::new(ROW.into(), numbers).into_column());
    all.push(Series::new(FILE.into(), vec![0_i64; height]).into_column());
    Rows { frame: DataFrame::new(height, all).unwrap().lazy(), columns: known }
}

fn one(data_type: DataType, cells: Series, plan: &ProfilePlan) -> ColumnProfile {
    profile(&rows(vec![(data_type, cells)]), plan).unwrap().0.remove(0)
}

fn deep() -> ProfilePlan {
    ProfilePlan { deep: true, ..ProfilePlan::default() }
}

fn pairs(found: &[(String, u64)]) -> Vec<(&str, u64)> {
    found.iter().map(|(value, n)| (value.as_str(), *n)).collect()
}

fn close(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found}, not {expected}");
}

#[test]
fn numbers_are_profiled_exactly() {
    let cells = Series::new("v".into(), [Some(1_i64), Some(2), Some(2), Some(0), Some(-4), None]);
    let plan =
        ProfilePlan { histogram_bins: 3, quantiles: vec![0.0, 0.5, 1.0], ..ProfilePlan::default() };
    let found = one(DataType::Integer, cells, &plan);
    assert_eq!((found.rows, found.nulls, found.distinct), (6, 1, 4));
    assert!(!found.distinct_is_estimate);
    assert_eq!((found.min.as_deref(), found.max.as_deref()), (Some("-4"), Some("2")));
    assert_eq!((found.mean, found.sum), (Some(0.2), Some(1.0)));
    assert_eq!((found.zeros, found.negatives), (Some(1), Some(1)));
    assert_eq!(found.quantiles, [(0.0, -4.0), (0.5, 1.0), (1.0, 2.0)]);
    assert_eq!(pairs(&found.top), [("2", 2), ("-4", 1), ("0", 1), ("1", 1)]);
    assert_eq!(found.histogram, [(-4.0, -2.0, 1), (-2.0, 0.0, 0), (0.0, 2.0, 4)]);
    close(found.standard_deviation, 2.489_979_919_597_749);
    assert!(found.deep.is_none());
}

#[test]
fn sums_do_not_wrap() {
    let cells = Series::new("v".into(), [i64::MAX, i64::MAX, i64::MAX, 7]);
    let found = one(DataType::Integer, cells, &ProfilePlan::default());
    close(found.sum, 3.0 * i64::MAX as f64);
    close(found.mean, 0.75 * i64::MAX as f64);
}

#[test]
fn what_is_not_finite_swallows_nothing() {
    let cells =
        [Some(1.0), Some(3.0), Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None];
    let plan = ProfilePlan { histogram_bins: 2, ..deep() };
    let found = one(DataType::Double, Series::new("v".into(), cells), &plan);
    assert_eq!((found.nulls, found.distinct), (1, 5));
    assert_eq!((found.mean, found.sum), (Some(2.0), Some(4.0)));
    assert_eq!((found.zeros, found.negatives), (Some(0), Some(1)));
    assert_eq!(found.histogram, [(1.0, 2.0, 1), (2.0, 3.0, 1)]);
    assert_eq!(found.quantiles[2], (0.5, 2.0));
    assert_eq!((found.min.as_deref(), found.max.as_deref()), (Some("-inf"), Some("nan")));
    let deep = found.deep.unwrap();
    assert_eq!((deep.nans, deep.infinities, deep.unique), (Some(1), Some(2), 5));
    assert_eq!((deep.median, deep.median_deviation), (Some(2.0), Some(1.0)));
    assert_eq!(deep.order, Some(RowOrder::None));
    assert_eq!(pairs(&deep.greatest)[..2], [("nan", 1), ("inf", 1)]);
}

#[test]
fn text_days_and_truth_values_have_figures_of_their_own() {
    let plan = ProfilePlan { top_values: 2, ..ProfilePlan::default() };
    let words = Series::new("v".into(), ["b", "a", "é€", "a", "b", ""]);
    let words = one(DataType::Text, words, &plan);
    assert_eq!(pairs(&words.top), [("a", 2), ("b", 2)]);
    assert_eq!(words.lengths, Some((0, 1.0, 2)));
    assert_eq!((words.mean, words.histogram.len()), (None, 0));
    let plan = ProfilePlan { histogram_bins: 1, ..deep() };
    let days = one(DataType::Date, Series::new("v".into(), [0_i32, 2, 2]), &plan);
    assert_eq!(days.histogram, [(0.0, 172_800.0, 3)]);
    assert_eq!(days.min.as_deref(), Some("1970-01-01"));
    let days = days.deep.unwrap();
    assert_eq!((days.median, days.infinities), (Some(172_800.0), Some(0)));
    assert_eq!(days.order, Some(RowOrder::Increasing));
    let truth = one(DataType::Boolean, Series::new("v".into(), [true, false]), &deep());
    assert_eq!((truth.distinct, truth.min.as_deref()), (2, Some("false")));
    assert_eq!(truth.deep.unwrap().trues, Some(1));
    let same = one(DataType::Integer, Series::new("v".into(), [5_i64, 5, 5]), &deep());
    assert_eq!(same.histogram, [(5.0, 5.0, 3)]);
    assert_eq!(same.deep.unwrap().order, Some(RowOrder::Constant));
}

#[test]
fn no_rows_have_a_profile() {
    for data_type in [
        DataType::Boolean,
        DataType::Integer,
        DataType::Decimal(12, 2),
        DataType::Double,
        DataType::Text,
        DataType::Date,
        DataType::Timestamp,
        DataType::Time,
    ] {
        for nulls in [0, 3] {
            let cells = Series::new("v".into(), vec![None::<i64>; nulls]);
            let found = one(data_type, cells, &deep());
            assert_eq!((found.rows, found.nulls, found.distinct), (nulls as u64, nulls as u64, 0));
            assert_eq!((&found.min, &found.mean, &found.lengths), (&None, &None, &None));
            assert!(found.top.is_empty() && found.histogram.is_empty());
            let number =
                matches!(data_type, DataType::Integer | DataType::Decimal(..) | DataType::Double);
            assert_eq!(found.zeros, number.then_some(0));
            let deep = found.deep.unwrap();
            assert_eq!((deep.entropy, deep.order, deep.unique), (None, None, 0));
        }
    }
}

#[test]
fn zeros_of_either_sign_are_one_value_and_bytes_are_written_out() {
    let found = one(DataType::Double, Series::new("v".into(), [0.0, -0.0, 1.0]), &deep());
    assert_eq!((found.distinct, found.zeros, found.negatives), (2, Some(2), Some(0)));
    let cells: [&[u8]; 3] = [b"ab", b"\xff", b"ab"];
    let found = one(DataType::Binary, Series::new("v".into(), cells), &deep());
    assert_eq!(pairs(&found.top), [("ab", 2), ("\\xFF", 1)]);
    assert_eq!((found.min, found.deep.unwrap().least.len()), (None, 0));
}

#[test]
fn decimals_are_exact() {
    let cells = Series::new("v".into(), ["0.10", "0.20", "-0.30", "1.05"]);
    let plan = ProfilePlan { quantiles: vec![0.5], ..deep() };
    let found = one(DataType::Decimal(12, 2), cells, &plan);
    assert_eq!((found.sum, found.mean), (Some(1.05), Some(0.2625)));
    assert_eq!((found.min.as_deref(), found.max.as_deref()), (Some("-0.30"), Some("1.05")));
    assert_eq!(found.negatives, Some(1));
    close(Some(found.quantiles[0].1), 0.15);
}

#[test]
fn the_shape_of_a_sample_is_corrected_for_bias() {
    let cells = Series::new("v".into(), [1.0, 2.0, 3.0, 10.0]);
    let deep = one(DataType::Double, cells, &deep()).deep.unwrap();
    close(deep.skewness, 1.763_632_614_803_888);
    close(deep.kurtosis, 3.228);
    close(deep.entropy, 2.0);
    assert_eq!(deep.order, Some(RowOrder::StrictlyIncreasing));
}

#[test]
fn quantiles_are_the_same_counted_or_weighed() {
    let cells: Vec<Option<f64>> =
        (0..1003_u32).map(|i| (i % 7 > 0).then(|| f64::from(i % 10) / 3.0)).collect();
    let plan =
        ProfilePlan { quantiles: vec![0.0, 0.1, 0.33, 0.5, 0.9, 1.0], ..ProfilePlan::default() };
    let found = one(DataType::Double, Series::new("v".into(), &cells), &plan);
    let mut sorted: Vec<f64> = cells.into_iter().flatten().collect();
    sorted.sort_by(f64::total_cmp);
    for (q, value) in found.quantiles {
        let place = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        close(Some(value), low + (place - place.floor()) * (high - low));
    }
}

#[test]
fn what_is_switched_off_is_left_out() {
    let numbers: Vec<i64> = (0..1000).collect();
    let plan = ProfilePlan {
        columns: vec![assay_schemas::id::ColumnName::new("^v$").unwrap()],
        top_values: 0,
        histogram_bins: 0,
        quantiles: Vec::new(),
        exact_distinct: false,
        deep: true,
        ..ProfilePlan::default()
    };
    let cells = |name: &str| (DataType::Integer, Series::new(name.into(), &numbers));
    let found = profile(&rows(vec![cells("^v$"), cells("*")]), &plan).unwrap().0;
    assert_eq!(found.len(), 1);
    let found = &found[0];
    assert_eq!((found.distinct, found.distinct_is_estimate), (1000, false));
    assert!(found.top.is_empty() && found.quantiles.is_empty() && found.histogram.is_empty());
    assert!(found.deep.is_none());
}

#[test]
fn columns_without_a_type_are_out_of_reach() {
    let column = |data_type| Column { name: "v".to_owned(), data_type };
    assert_eq!(beyond(&ProfilePlan::default(), &[column(Some(DataType::Double))]), None);
    assert!(beyond(&ProfilePlan::default(), &[column(None)]).unwrap().contains("`v`"));
}
