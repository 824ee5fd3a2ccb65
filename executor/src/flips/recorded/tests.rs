//! What a profile proves, and what it does not.

use assay_schemas::plan::Function;

use super::*;

fn column(values: &[(&str, u64)], nulls: u64, listed: bool) -> ColumnProfile {
    let rows: u64 = values.iter().map(|(_, count)| count).sum();
    let top = values.iter().map(|(text, count)| ((*text).to_owned(), *count)).collect();
    ColumnProfile {
        column: "c".to_owned(),
        rows: rows + nulls,
        nulls,
        min: values.first().map(|(text, _)| (*text).to_owned()),
        max: values.last().map(|(text, _)| (*text).to_owned()),
        top: if listed { top } else { Vec::new() },
        ..ColumnProfile::default()
    }
}

fn at_most(bound: i64) -> Expr {
    let column = Expr::Column { name: ColumnName::new("c").expect("a name") };
    let bound = Expr::Literal { value: Literal::Integer(bound) };
    Expr::Call { function: Function::LessOrEqual, arguments: vec![column, bound] }
}

fn violating(column: &ColumnProfile, bound: i64, data_type: DataType) -> Option<u64> {
    let demands = passing(None, &at_most(bound));
    violating_values(demands.by_term.values().next().expect("one demand"), column, data_type)
}

#[test]
fn ends_prove_that_all_values_hold_or_none_and_lists_prove_how_many() {
    let ends = column(&[("1", 5), ("100", 5)], 2, false);
    let cases = [(100, Some(0)), (99, None), (1, None), (0, Some(10))];
    for (bound, found) in cases {
        assert_eq!(violating(&ends, bound, DataType::Integer), found, "{bound}");
    }
    let listed = column(&[("1", 5), ("50", 3), ("100", 2)], 2, true);
    for (bound, found) in [(100, 0), (99, 2), (1, 5), (0, 10)] {
        assert_eq!(violating(&listed, bound, DataType::Integer), Some(found), "{bound}");
    }
}

#[test]
fn doubles_and_what_is_of_another_type_prove_nothing() {
    let ends = column(&[("1", 5), ("2", 5)], 0, true);
    assert_eq!(violating(&ends, 100, DataType::Double), None);
    assert_eq!(violating(&ends, 100, DataType::Text), None);
    assert_eq!(violating(&column(&[], 3, true), 100, DataType::Integer), Some(0));
}
