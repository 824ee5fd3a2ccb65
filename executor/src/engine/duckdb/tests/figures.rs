//! Profiles.

use super::*;
use crate::engine::ColumnProfile;

fn profile(query: &str, data_type: &str, plan: ProfilePlan) -> ColumnProfile {
    let bench = Bench::parquet(&[query]);
    bench.measure(&parquet(&[("v", data_type)]), Some(plan)).1.profile.remove(0)
}

#[test]
fn numbers_are_profiled_exactly() {
    let found = profile(
        "SELECT v FROM (VALUES (1),(2),(2),(0),(-4),(NULL)) t(v)",
        "integer",
        ProfilePlan { histogram_bins: 3, quantiles: vec![0.0, 0.5, 1.0], ..ProfilePlan::default() },
    );
    assert_eq!((found.rows, found.nulls, found.distinct), (6, 1, 4));
    assert!(!found.distinct_is_estimate);
    assert_eq!((found.min.as_deref(), found.max.as_deref()), (Some("-4"), Some("2")));
    assert_eq!((found.mean, found.sum), (Some(0.2), Some(1.0)));
    assert_eq!((found.zeros, found.negatives), (Some(1), Some(1)));
    assert_eq!(found.quantiles, [(0.0, -4.0), (0.5, 1.0), (1.0, 2.0)]);
    let top: Vec<_> = found.top.iter().map(|(v, n)| (v.as_str(), *n)).collect();
    assert_eq!(top, [("2", 2), ("-4", 1), ("0", 1), ("1", 1)]);
    assert_eq!(found.histogram, [(-4.0, -2.0, 1), (-2.0, 0.0, 0), (0.0, 2.0, 4)]);
    let deviation = found.standard_deviation.unwrap();
    assert!((deviation - 2.489_979_919_597_749).abs() < 1e-12, "{deviation}");
}

#[test]
fn what_is_not_finite_swallows_nothing() {
    let found = profile(
        "SELECT CAST(v AS DOUBLE) AS v FROM (VALUES ('1'),('3'),('nan'),('inf'),('-inf'),(NULL)) t(v)",
        "double",
        ProfilePlan { histogram_bins: 2, ..ProfilePlan::default() },
    );
    assert_eq!((found.nulls, found.distinct), (1, 5));
    assert_eq!((found.mean, found.sum), (Some(2.0), Some(4.0)));
    assert_eq!(found.histogram, [(1.0, 2.0, 1), (2.0, 3.0, 1)]);
    assert_eq!(found.quantiles[2], (0.5, 2.0));
    assert_eq!((found.min.as_deref(), found.max.as_deref()), (Some("-inf"), Some("nan")));
}

#[test]
fn text_days_and_truth_values_have_figures_of_their_own() {
    let words = profile(
        "SELECT v FROM (VALUES ('b'),('a'),('é€'),('a'),('b'),('')) t(v)",
        "text",
        ProfilePlan { top_values: 2, ..ProfilePlan::default() },
    );
    assert_eq!(words.top, [("a".to_owned(), 2), ("b".to_owned(), 2)]);
    assert_eq!(words.lengths, Some((0, 1.0, 2)));
    assert_eq!((words.mean, words.histogram.len()), (None, 0));
    let days = profile(
        "SELECT v::DATE AS v FROM (VALUES ('1970-01-01'),('1970-01-03'),('infinity')) t(v)",
        "date",
        ProfilePlan { histogram_bins: 1, ..ProfilePlan::default() },
    );
    assert_eq!(days.histogram, [(0.0, 172_800.0, 2)]);
    assert_eq!(days.min.as_deref(), Some("1970-01-01"));
    let truth =
        profile("SELECT true AS v UNION ALL SELECT false", "boolean", ProfilePlan::default());
    assert_eq!((truth.distinct, truth.min.as_deref()), (2, Some("false")));
    let same = profile("SELECT 5 AS v FROM range(3)", "integer", ProfilePlan::default());
    assert_eq!(same.histogram, [(5.0, 5.0, 3)]);
}

#[test]
fn quantiles_are_the_same_counted_or_ordered() {
    let plan =
        || ProfilePlan { quantiles: vec![0.0, 0.1, 0.33, 0.5, 0.9, 1.0], ..ProfilePlan::default() };
    let query =
        "SELECT CASE WHEN i % 7 > 0 THEN CAST(i % 10 AS DOUBLE) / 3 END AS v FROM range(1003) t(i)";
    let counted = profile(query, "double", plan());
    let bench = Bench::parquet(&[query]);
    let engine = bench.engine();
    let ordered = format!(
        "SELECT unnest(quantile_cont(v, [0.0, 0.1, 0.33, 0.5, 0.9, 1.0])) FROM '{}'",
        bench.files[0].display()
    );
    let ordered: Vec<f64> = rows(&engine, &ordered)
        .into_iter()
        .flatten()
        .flatten()
        .map(|v| v.parse().unwrap())
        .collect();
    assert_eq!(counted.quantiles.iter().map(|(_, value)| *value).collect::<Vec<_>>(), ordered);
}

#[test]
fn what_is_switched_off_is_left_out() {
    let plan = ProfilePlan {
        columns: vec![name("v")],
        top_values: 0,
        histogram_bins: 0,
        quantiles: Vec::new(),
        exact_distinct: false,
        ..ProfilePlan::default()
    };
    let bench = Bench::parquet(&["SELECT range AS v, range AS w FROM range(1000)"]);
    let fields = &[("v", "integer"), ("w", "integer")];
    let (_, measured) = bench.measure(&parquet(fields), Some(plan));
    assert_eq!(measured.profile.len(), 1);
    let found = &measured.profile[0];
    assert!(found.distinct_is_estimate && (900..=1000).contains(&found.distinct));
    assert!(found.top.is_empty() && found.quantiles.is_empty() && found.histogram.is_empty());
}
