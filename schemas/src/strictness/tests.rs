//! Random conditions over few values: what is claimed of two of them is tried on every row there is.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Ground, Strictness};
use crate::domain::tests::rows::{Value, every_row, predicate, value_of};
use crate::plan::{Bounds, Expr, Tolerance};
use crate::rule::testing::fields;

/// Whether what is claimed holds, given where something is found before and after.
fn holds(claimed: Strictness, found: &[(bool, bool)]) -> bool {
    let missed = found.iter().any(|(before, after)| *before && !after);
    let more = found.iter().any(|(before, after)| !before && *after);
    match claimed {
        Strictness::Equivalent => !missed && !more,
        Strictness::Stricter => !missed,
        Strictness::Looser => !more,
        Strictness::Incomparable | Strictness::Unknown => true,
    }
}

fn check(
    cases: u32,
    name: &str,
    claim: impl Fn(&Ground<'_>, &Expr, &Expr) -> Strictness,
    finds: impl Fn(&Value) -> bool,
) {
    let columns =
        fields(&[("a", "integer"), ("b", "double"), ("t", "text"), ("d", "decimal(3,1)")]);
    let ground = Ground::of(&columns, &columns);
    let decided = Cell::new(0);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&(predicate(), predicate()), |(one, other)| {
        let claimed = claim(&ground, &one, &other);
        decided.set(decided.get() + u32::from(claimed != Strictness::Unknown));
        let found: Vec<_> = every_row()
            .iter()
            .map(|row| (finds(&value_of(&one, row)), finds(&value_of(&other, row))))
            .collect();
        prop_assert!(holds(claimed, &found), "{claimed:?}");
        Ok(())
    });
    if let Err(error) = result {
        panic!("{name}: {error}");
    }
    assert!(decided.get() > cases / 20, "{name}: nearly nothing is told: {decided:?}");
}

#[test]
fn what_is_claimed_of_filters_is_so_for_every_row() {
    let is_true = |value: &Value| matches!(value, Value::Truth(true));
    check(1_000, "filters", |ground, one, other| ground.rows(Some(one), Some(other)), is_true);
}

#[test]
fn what_is_claimed_of_rules_is_so_for_every_row() {
    let violates = |value: &Value| !matches!(value, Value::Truth(true));
    check(1_000, "rules", |ground, one, other| ground.rules((None, one), (None, other)), violates);
    // The same, where rows whose condition is null are not judged.
    let violates = |value: &Value| matches!(value, Value::Truth(false));
    let claim = |ground: &Ground<'_>, one: &Expr, other: &Expr| {
        let judged = [one, other].map(|expr| expr.clone().is_not_null());
        ground.rules((Some(&judged[0]), one), (Some(&judged[1]), other))
    };
    check(1_000, "rules that skip nulls", claim, violates);
}

fn some_bounds() -> impl Strategy<Value = Bounds> {
    let end = || prop::option::of((-2i8..3).prop_map(f64::from));
    (end(), end(), any::<bool>(), any::<bool>()).prop_map(
        |(min, max, exclusive_min, exclusive_max)| Bounds {
            min,
            max,
            exclusive_min,
            exclusive_max,
            adapt: None,
        },
    )
}

fn some_tolerance() -> impl Strategy<Value = Tolerance> {
    let share = prop_oneof![Just(0.0), Just(0.25), Just(0.5), Just(1.0)];
    (prop::option::of(0u64..4), prop::option::of(share))
        .prop_map(|(rows, share)| Tolerance { max_violations: rows, max_violation_ratio: share })
}

proptest! {
    #[test]
    fn what_is_claimed_of_bounds_is_so_for_every_figure(one in some_bounds(), other in some_bounds()) {
        let found: Vec<_> = (-10..11)
            .map(|half| f64::from(half) / 2.0)
            .map(|figure| (!one.contain(figure), !other.contain(figure)))
            .collect();
        prop_assert!(holds(super::bounds::compare(&one, &other), &found));
    }

    #[test]
    fn what_is_claimed_of_tolerances_is_so_for_every_count(
        one in some_tolerance(), other in some_tolerance(),
    ) {
        let beyond = |tolerance: &Tolerance, violations: u64, rows: u64| {
            let none = tolerance.max_violations.is_none() && tolerance.max_violation_ratio.is_none();
            let count = if none { Some(0) } else { tolerance.max_violations };
            let share = violations as f64 / rows as f64;
            count.is_some_and(|most| violations > most)
                || tolerance.max_violation_ratio.is_some_and(|most| share > most)
        };
        let found: Vec<_> = (1u64..9)
            .flat_map(|rows| (0..=rows).map(move |violations| (violations, rows)))
            .map(|(violations, rows)| {
                (beyond(&one, violations, rows), beyond(&other, violations, rows))
            })
            .collect();
        prop_assert!(holds(super::compare_tolerances(&one, &other), &found));
    }
}
