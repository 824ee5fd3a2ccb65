//! What rules and policies must reach on tables whose truth is known; the figures are printed by `bench truth`.

#[path = "../src/truth.rs"]
mod figures;

use figures::{paired, repaired};

#[test]
fn hospital_is_repaired_by_votes() {
    let found = repaired("hospital");
    println!("hospital {found:?}");
    assert!(found.repair.f1() >= 0.95, "{found:?}");
    assert!(found.detection.f1() >= 0.95, "{found:?}");
    assert_eq!(found.damage, 0, "{found:?}");
}

#[test]
fn beers_are_repaired_by_plain_steps() {
    let found = repaired("beers");
    println!("beers {found:?}");
    assert!(found.repair.f1() >= 0.99, "{found:?}");
    assert!(found.detection.f1() >= 0.9, "{found:?}");
    assert_eq!(found.damage, 0, "{found:?}");
}

#[test]
fn persons_are_found_again() {
    let found = paired("febrl");
    println!("febrl {found:?}");
    assert!(found.precision() >= 0.98 && found.recall() >= 0.95, "{found:?}");
}

#[test]
fn restaurants_of_two_guides_are_found_again() {
    let found = paired("restaurants");
    println!("restaurants {found:?}");
    assert!(found.f1() >= 0.95, "{found:?}");
}
