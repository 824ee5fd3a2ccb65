//! Random conditions over few values, held against every row there is.

pub(crate) mod rows;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Demands, Domain, Language, Point, Ranges, Term, Trial, Types, Want, passing};
use crate::plan::{Expr, Field, Function};
use crate::rule::testing::fields;
use rows::{Row, Value, every_row, predicate, value_of};

fn columns() -> Vec<Field> {
    fields(&[("a", "integer"), ("b", "double"), ("t", "text"), ("d", "decimal(3,1)")])
}

fn run<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(strategy, test) {
        panic!("{error}");
    }
}

fn term_value(term: &Term, row: &Row) -> Value {
    match term {
        Term::Value(expr) => value_of(expr, row),
        Term::Order(left, right) => match (value_of(left, row), value_of(right, row)) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            (left, right) => Value::Number(f64::from(left.order(&right) as i8)),
        },
        Term::Figure { .. } => Value::Null,
    }
}

fn lies_in(value: &Value, domain: &Domain) -> bool {
    match value {
        Value::Null => domain.null,
        Value::Number(number) if number.is_nan() => domain.nan,
        Value::Number(number) => {
            let exact = crate::plan::Literal::Decimal(number.to_string());
            let points = [Point::double(*number), Point::of(&exact)];
            // Constants beside a double column are doubles, others exact.
            points.into_iter().flatten().any(|point| match domain.values.first() {
                Some(first) => first.comparable(&point) && domain.values.contain(&point),
                None => domain.values.contain(&point),
            })
        }
        Value::Text(text) => domain.values.contain(&Point::Text(text.clone())),
        Value::Truth(truth) => domain.values.contain(&Point::Boolean(*truth)),
    }
}

fn meets(demands: &Demands, row: &Row) -> bool {
    !demands.impossible
        && demands
            .by_term
            .values()
            .all(|demand| lies_in(&term_value(&demand.term, row), &demand.domain))
}

fn holds_for(demands: &Demands, meant: impl Fn(&Row) -> bool) -> Result<(), TestCaseError> {
    let fields = columns();
    let types = Types::of(&fields);
    for row in every_row() {
        let meant = meant(&row);
        prop_assert!(!meant || meets(demands, &row), "missed {row:?} in {demands:#?}");
        prop_assert!(
            !demands.exact() || meant == meets(demands, &row),
            "not exact for {row:?}: {demands:#?}"
        );
        prop_assert!(!(meant && demands.never(&types)), "never, but {row:?}");
        prop_assert!(meant || !demands.always(&types), "always, but not {row:?}");
    }
    Ok(())
}

#[test]
fn demands_leave_out_nothing_and_say_truly_when_they_are_exact() {
    run(150, &predicate(), |condition| {
        for want in [Want::True, Want::False, Want::NotFalse, Want::NotTrue] {
            let demands = Demands::of(&condition, want);
            holds_for(&demands, |row| match value_of(&condition, row) {
                Value::Truth(true) => matches!(want, Want::True | Want::NotFalse),
                Value::Truth(false) => matches!(want, Want::False | Want::NotTrue),
                _ => matches!(want, Want::NotFalse | Want::NotTrue),
            })?;
        }
        Ok(())
    });
}

#[test]
fn rows_that_pass_a_rule_meet_what_it_demands() {
    run(200, &(predicate(), 0..3_u8), |(holds, form)| {
        let evaluated = match form {
            0 => None,
            1 => Some(holds.clone().is_not_null()),
            _ => {
                let mut read = Vec::new();
                holds.columns(&mut |name| {
                    if !read.contains(name) {
                        read.push(name.clone());
                    }
                });
                Some(Expr::all(read.iter().map(|name| Expr::column(name).is_not_null())))
            }
        };
        let demands = passing(evaluated.as_ref(), &holds);
        holds_for(&demands, |row| {
            let judged = evaluated.as_ref().is_none_or(|e| value_of(e, row) == Value::Truth(true));
            !judged || value_of(&holds, row) == Value::Truth(true)
        })
    });
}

#[test]
fn what_is_certain_of_two_conditions_is_so_for_every_row() {
    run(400, &(predicate(), predicate()), |(one, two)| {
        let fields = columns();
        let types = Types::of(&fields);
        let (first, second) = (Demands::of(&one, Want::True), Demands::of(&two, Want::True));
        let mut both = first.clone();
        both.and(&second);
        let never = both.never(&types);
        let implied = second.exact()
            && !second.impossible
            && second.by_term.iter().all(|(key, demand)| {
                let universe = demand.term.universe(&types);
                first.by_term.get(key).is_some_and(|stricter| {
                    stricter.domain.comparable(&demand.domain)
                        && universe
                            .confine(&stricter.domain)
                            .within(&universe.confine(&demand.domain))
                })
            });
        for row in every_row() {
            let held = [&one, &two].map(|e| value_of(e, &row) == Value::Truth(true));
            prop_assert!(!(never && held[0] && held[1]), "{row:?} meets both");
            prop_assert!(!(implied && held[0] && !held[1]), "{row:?} meets the first alone");
        }
        Ok(())
    });
}

#[test]
fn a_trial_agrees_with_the_row() {
    run(300, &predicate(), |condition| {
        let term = Term::Value(condition.clone());
        let domain = Domain::of(Ranges::points([Point::Boolean(true)]));
        for row in every_row() {
            let Value::Text(text) = &row.t else { continue };
            if term.only_column().is_some_and(|column| column.as_str() == "t")
                && let Some(admitted) =
                    Trial::new(&term, &domain).admits(&Point::Text(text.clone()))
            {
                prop_assert_eq!(admitted, value_of(&condition, &row) == Value::Truth(true));
            }
        }
        Ok(())
    });
}

/// All texts of at most four of these letters.
fn texts() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..4 {
        last = last
            .iter()
            .flat_map(|text| ["a", "b", "é", "\n"].map(|c| format!("{text}{c}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn pattern() -> impl Strategy<Value = String> {
    let leaf =
        prop::sample::select(vec!["a", "b", ".", "[ab]", "[^a]", "é", "^", "$", "(?s:.)", ""]);
    leaf.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("(?:{one}|{two})")),
            (inner, prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}"]))
                .prop_map(|(part, times)| format!("(?:{part}){times}")),
        ]
    })
}

fn matching(pattern: &str, whole: bool) -> Term {
    let value = Box::new(Expr::column(&crate::id::ColumnName::new("t").unwrap()));
    Term::Value(Expr::Matches { value, pattern: pattern.to_owned(), whole })
}

#[test]
fn languages_stand_to_each_other_as_their_texts_do() {
    let texts = texts();
    let side = || (pattern(), any::<bool>(), any::<bool>());
    run(400, &(side(), side()), |(one, two)| {
        let sides = [&one, &two].map(|(pattern, whole, wanted)| {
            let text = if *whole { format!(r"\A(?:{pattern})\z") } else { pattern.clone() };
            let regex = regex::Regex::new(&text).unwrap();
            let domain = Domain::of(Ranges::points([Point::Boolean(*wanted)]));
            (regex, *wanted, Language::of(&matching(pattern, *whole), &domain))
        });
        let [(first, yes, Some(one)), (second, also, Some(two))] = &sides else { return Ok(()) };
        let Some(relation) = one.relate(two) else { return Ok(()) };
        for text in &texts {
            match (first.is_match(text) == *yes, second.is_match(text) == *also) {
                (true, true) => prop_assert!(relation.both, "{text:?} is in both"),
                (true, false) => prop_assert!(relation.first_only, "{text:?} is in the first"),
                (false, true) => prop_assert!(relation.second_only, "{text:?} is in the second"),
                (false, false) => {}
            }
        }
        Ok(())
    });
}

#[test]
fn languages_are_told_apart() {
    let yes = Domain::of(Ranges::points([Point::Boolean(true)]));
    let of = |pattern: &str| Language::of(&matching(pattern, true), &yes).unwrap();
    let relate = |one: &str, two: &str| {
        let found = of(one).relate(&of(two)).unwrap();
        (found.both, found.first_only, found.second_only)
    };
    assert_eq!(relate("[A-Z]{3}", "[A-Z]+"), (true, false, true));
    assert_eq!(relate("[A-Z]+", "[0-9]+"), (false, true, true));
    assert_eq!(relate("a|b", "[ab]"), (true, false, false));
    let no = Domain::of(Ranges::points([Point::Boolean(false)]));
    let nothing_but_empty = || Language::of(&matching("$", true), &no).unwrap();
    assert!(nothing_but_empty().relate(&nothing_but_empty()).unwrap().both, "both lack `a`");
    let everything = Language::all().unwrap();
    assert!(!everything.relate(&of("(?s).*")).unwrap().first_only);
    assert!(everything.relate(&of(".*")).unwrap().first_only, "a line break is left out");
    assert!(!everything.relate(&of("a$b")).unwrap().both, "nothing follows the end");
    assert!(Language::of(&matching(r"\bx", true), &yes).is_none());
    let length =
        Expr::call(Function::Length, [Expr::column(&crate::id::ColumnName::new("t").unwrap())]);
    let three = Domain::of(Ranges::points([Point::whole(3)]));
    let three = Language::of(&Term::Value(length), &three).unwrap();
    assert!(!three.relate(&of("[A-Z]{2}")).unwrap().both);
    assert!(three.relate(&of("é{3}")).unwrap().both, "characters are counted, not bytes");
}

#[test]
fn types_say_which_values_there_are() {
    let fields = columns();
    let types = Types::of(&fields);
    let never = |text: &str| {
        let scope = crate::expression::Scope::of(&fields);
        let condition = crate::expression::predicate(text, &scope).unwrap();
        Demands::of(&condition, Want::True).never(&types)
    };
    for text in [
        "a > 1 && a < 2",
        "a > 0.2 && a < 0.9",
        "d > 0.1 && d < 0.2",
        "d > 99.9",
        "size(t) < 0",
        "a < b && a > b",
        "a == null && a > 0",
        "!(a > 5) && a > 7",
        "t in [\"x\", \"y\"] && t == \"z\"",
        "b > 5 && b < 5",
        "a > 1 && 1 > a",
        "false",
    ] {
        assert!(never(text), "{text}");
    }
    for text in [
        "a > 1 && a < 3",
        "b > 0.1 && b < 0.2",
        "d >= 99.9",
        "a <= b && a >= b",
        "a == null || a > 0",
        "t > \"a\" && t < \"b\"",
        "a > 5 || a < 3",
    ] {
        assert!(!never(text), "{text}");
    }
}

#[test]
fn a_part_that_is_certain_leaves_its_columns_to_the_rows_that_are_not_judged() {
    let (a, b) =
        (crate::id::ColumnName::new("a").unwrap(), crate::id::ColumnName::new("b").unwrap());
    let zero = || Expr::literal(crate::plan::Literal::Integer(0));
    let is = |name, value| Expr::call(Function::Equal, [Expr::column(name), value]);
    let never = Expr::call(
        Function::And,
        [Expr::literal(crate::plan::Literal::Boolean(false)), is(&b, zero())],
    );
    let holds = Expr::call(Function::Or, [is(&a, zero()), never]);
    let judged = Expr::all([&a, &b].map(|name| Expr::column(name).is_not_null()));
    // A row without `b` passes whatever `a` is.
    assert!(passing(Some(&judged), &holds).by_term.is_empty());
}
