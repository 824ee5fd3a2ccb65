//! What columns have to do with each other.

use assay_engine::{PairMeasure, TableProfile};
use assay_polars::profile::profile;
use assay_schemas::datatype::DataType;
use assay_schemas::plan::ProfilePlan;
use polars::prelude::{NamedFrom as _, Series};

use super::{close, rows};

fn together(plan: &ProfilePlan, columns: Vec<(DataType, Series)>) -> TableProfile {
    profile(&rows(columns), plan).unwrap().1
}

fn pair(table: &TableProfile, measure: PairMeasure) -> Option<f64> {
    table.pairs.iter().find(|pair| pair.measure == measure).map(|pair| pair.value)
}

#[test]
fn columns_go_together() {
    let plan = ProfilePlan { correlations: true, ..ProfilePlan::default() };
    let x = [Some(1_i64), Some(2), Some(3), Some(4), None, Some(9)];
    let y = [Some(2.0), Some(4.0), Some(6.0), Some(80.0), Some(1.0), Some(f64::NAN)];
    let table = together(
        &plan,
        vec![
            (DataType::Integer, Series::new("x".into(), x)),
            (DataType::Double, Series::new("y".into(), y)),
        ],
    );
    // Over (1, 2), (2, 4), (3, 6), (4, 80).
    close(pair(&table, PairMeasure::Pearson), 118.0 / (5.0_f64 * 4_340.0).sqrt());
    // The ranks 1, 2, 3, 4 with 2, 3, 4, 5.
    close(pair(&table, PairMeasure::Spearman), 1.0);
    let texts = |name: &str, cells: [&str; 4]| (DataType::Text, Series::new(name.into(), cells));
    let same = [texts("a", ["p", "q", "p", "q"]), texts("b", ["y", "x", "y", "x"])];
    close(pair(&together(&plan, same.to_vec()), PairMeasure::CramersV), 1.0);
    let apart = [texts("a", ["p", "p", "q", "q"]), texts("b", ["x", "y", "x", "y"])];
    close(pair(&together(&plan, apart.to_vec()), PairMeasure::CramersV), 0.0);
}

#[test]
fn nulls_and_rows_are_counted_together() {
    let plan = ProfilePlan { missingness: true, duplicate_rows: true, ..ProfilePlan::default() };
    let cells =
        |name: &str, cells: [Option<i64>; 5]| (DataType::Integer, Series::new(name.into(), cells));
    let table = together(
        &plan,
        vec![
            cells("a", [None, None, Some(1), Some(1), Some(2)]),
            cells("b", [None, None, Some(5), Some(5), None]),
            cells("c", [Some(0); 5]),
        ],
    );
    assert_eq!(table.duplicate_rows, Some(2));
    // 5 · 2 − 2 · 3 over the root of 2 · 3 · 3 · 2.
    close(pair(&table, PairMeasure::Nullity), 4.0 / 6.0);
    let patterns: Vec<(Vec<&str>, u64)> = table
        .null_patterns
        .iter()
        .map(|found| (found.columns.iter().map(String::as_str).collect(), found.rows))
        .collect();
    assert_eq!(patterns, [(vec![], 2), (vec!["a", "b"], 2), (vec!["b"], 1)]);
}
