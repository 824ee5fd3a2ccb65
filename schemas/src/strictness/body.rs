//! What checks compute, node by node.

use std::collections::BTreeMap;

use super::{Ground, Strictness, bounds, columns, figure};
use crate::plan::{
    Apart, Arrivals, Beside, Body, ColumnDemand, Compare, Compared, Difference, Field, FileDemand,
    Gives, Query, Relation,
};

/// Holds what a check computes against what it did.
pub(super) fn compare(before: &Body, after: &Body, ground: &Ground<'_>) -> Strictness {
    match (before, after) {
        (before, after) if before == after => Strictness::Equivalent,
        (
            Body::Rows { evaluated, holds },
            Body::Rows { evaluated: now_evaluated, holds: now_holds },
        ) => ground.rules((evaluated.as_ref(), holds), (now_evaluated.as_ref(), now_holds)),
        (
            Body::Metric { measure, bounds },
            Body::Metric { measure: now_measure, bounds: now_bounds },
        ) => figure::compare((measure, bounds), (now_measure, now_bounds), ground),
        (
            Body::Unique { columns: old, nulls_equal },
            Body::Unique { columns: new, nulls_equal: now_equal },
        ) => columns(old, new).turned().and(Strictness::rising(nulls_equal, now_equal)),
        (
            Body::Reference { columns, dataset, other_columns, other_filter, negate },
            Body::Reference {
                columns: now_columns,
                dataset: now_dataset,
                other_columns: now_other,
                other_filter: now_filter,
                negate: now_negate,
            },
        ) => {
            let found = ground.rows(other_filter.as_ref(), now_filter.as_ref());
            // The more there are to be found, the fewer are missed.
            Strictness::same(&(columns, other_columns), &(now_columns, now_other))
                .and(Strictness::same(dataset, now_dataset))
                .and(Strictness::same(negate, now_negate))
                .and(if *negate { found } else { found.turned() })
        }
        (Body::Beside(before), Body::Beside(after)) => beside(before, after, ground),
        (
            Body::Dependency { determinants, dependents, nulls_equal },
            Body::Dependency {
                determinants: now_determinants,
                dependents: now_dependents,
                nulls_equal: now_equal,
            },
        ) => dependency(
            (determinants, now_determinants),
            (dependents, now_dependents),
            (*nulls_equal, *now_equal),
        ),
        (Body::Arrivals(before), Body::Arrivals(after)) => arrivals(before, after),
        (Body::Compare(before), Body::Compare(after)) => figures(before, after),
        (Body::Difference(before), Body::Difference(after)) => difference(before, after, ground),
        (Body::Columns(before), Body::Columns(after)) => column_demand(before, after),
        (Body::Files(before), Body::Files(after)) => file_demand(before, after),
        (Body::Query(before), Body::Query(after)) => query(before, after),
        (
            Body::Structure { fields, closed, ordered, types },
            Body::Structure {
                fields: now_fields,
                closed: now_closed,
                ordered: now_ordered,
                types: now_types,
            },
        ) => structure(fields, now_fields)
            .and(Strictness::rising(closed, now_closed))
            .and(Strictness::rising(ordered, now_ordered))
            .and(Strictness::rising(types, now_types)),
        (
            Body::Rows { .. }
            | Body::Metric { .. }
            | Body::Unique { .. }
            | Body::Reference { .. }
            | Body::Beside(_)
            | Body::Dependency { .. }
            | Body::Arrivals(_)
            | Body::Compare(_)
            | Body::Difference(_)
            | Body::Columns(_)
            | Body::Files(_)
            | Body::Query(_)
            | Body::Structure { .. },
            _,
        ) => Strictness::Unknown,
    }
}

fn beside(before: &Beside, after: &Beside, ground: &Ground<'_>) -> Strictness {
    let frame = |beside: &Beside| {
        (
            beside.evaluated.clone(),
            beside.group.clone(),
            beside.order.clone(),
            beside.windows.clone(),
        )
    };
    if frame(before) != frame(after) {
        return Strictness::Unknown;
    }
    ground
        .rules((before.evaluated.as_ref(), &before.holds), (after.evaluated.as_ref(), &after.holds))
}

type Pair<'a, T> = (&'a T, &'a T);

fn dependency(
    (determinants, now_determinants): Pair<'_, crate::plan::Columns>,
    (dependents, now_dependents): Pair<'_, crate::plan::Columns>,
    (nulls, now_nulls): (bool, bool),
) -> Strictness {
    // The minority of a smaller group need not be that of the greater one.
    let groups = match columns(determinants, now_determinants) {
        Strictness::Equivalent => Strictness::Equivalent,
        _ => Strictness::Unknown,
    };
    let decided = columns(dependents, now_dependents);
    groups.and(decided).and(Strictness::rising(&nulls, &now_nulls))
}

fn arrivals(before: &Arrivals, after: &Arrivals) -> Strictness {
    Strictness::same(&(&before.column, before.seconds), &(&after.column, after.seconds))
        .and(Strictness::rising(&before.min_rows, &after.min_rows))
        .and(Strictness::rising(&before.until_now, &after.until_now))
        .and(Strictness::falling(&before.max_windows, &after.max_windows))
}

fn figures(before: &Compare, after: &Compare) -> Strictness {
    let relation = match (before.relation, after.relation) {
        (old, new) if old == new => Strictness::Equivalent,
        (Relation::Equal, _) => Strictness::Looser,
        (_, Relation::Equal) => Strictness::Stricter,
        _ => Strictness::Incomparable,
    };
    Strictness::opaque(&before.metric, &after.metric)
        .and(Strictness::same(&before.dataset, &after.dataset))
        .and(Strictness::opaque(&before.other, &after.other))
        .and(Strictness::same(&before.factor, &after.factor))
        .and(relation)
        .and(apart(&before.tolerance, &after.tolerance))
}

fn apart(before: &Apart, after: &Apart) -> Strictness {
    Strictness::falling(&before.absolute, &after.absolute)
        .and(Strictness::falling(&before.relative, &after.relative))
}

fn difference(before: &Difference, after: &Difference, ground: &Ground<'_>) -> Strictness {
    let other = ground.rows(before.other_filter.as_ref(), after.other_filter.as_ref());
    Strictness::same(
        &(&before.key, &before.dataset, &before.other_key),
        &(&after.key, &after.dataset, &after.other_key),
    )
    // A row there may be missed here, and may be what a row here is found by.
    .and(if other == Strictness::Equivalent { other } else { Strictness::Unknown })
    .and(compared(&before.columns, &after.columns))
    .and(Strictness::rising(&before.both_ways, &after.both_ways))
}

fn compared(before: &[Compared], after: &[Compared]) -> Strictness {
    let exact = Apart::default();
    let named = |columns: &[Compared]| {
        columns
            .iter()
            .map(|column| (column.column.clone(), column.other.clone()))
            .collect::<Vec<_>>()
    };
    let old: BTreeMap<_, _> = before.iter().map(|one| ((&one.column, &one.other), one)).collect();
    let kept = after.iter().filter_map(|new| Some((old.get(&(&new.column, &new.other))?, new)));
    kept.fold(Strictness::more(&named(before), &named(after)), |found, (old, new)| {
        let (old, new) = (old.tolerance.as_ref(), new.tolerance.as_ref());
        found.and(apart(old.unwrap_or(&exact), new.unwrap_or(&exact)))
    })
}

fn column_demand(before: &ColumnDemand, after: &ColumnDemand) -> Strictness {
    use ColumnDemand as C;
    match (before, after) {
        (
            C::Exist { columns: old, position },
            C::Exist { columns: new, position: now_position },
        ) => columns(old, new).and(match (position, now_position) {
            (None, Some(_)) => Strictness::Stricter,
            (Some(_), None) => Strictness::Looser,
            (old, new) => Strictness::same(old, new),
        }),
        (C::Absent { columns: old }, C::Absent { columns: new }) => columns(old, new),
        (C::Count { bounds: old }, C::Count { bounds: new }) => bounds::compare(old, new),
        (
            C::Set { columns: old, exact, ordered },
            C::Set { columns: new, exact: now_exact, ordered: now_ordered },
        ) => {
            let mut members = columns(old, new);
            // The same columns in another order, where the order counts, or others, where no others may be.
            let moved = *ordered && *now_ordered && old != new;
            if members != Strictness::Equivalent && (*exact || *now_exact) || moved {
                members = Strictness::Incomparable;
            }
            members
                .and(Strictness::rising(exact, now_exact))
                .and(Strictness::rising(ordered, now_ordered))
        }
        (C::Types { columns: old }, C::Types { columns: new }) => {
            let names = |columns: &[(crate::id::ColumnName, _)]| {
                columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
            };
            let known: BTreeMap<_, _> = old.iter().map(|(name, types)| (name, types)).collect();
            new.iter().fold(Strictness::more(&names(old), &names(new)), |found, (name, types)| {
                let before = known.get(name).copied().unwrap_or(types);
                found.and(admitted(before, types))
            })
        }
        (C::Names { pattern: old }, C::Names { pattern: new }) => Strictness::opaque(old, new),
        (
            C::Same { dataset, columns: old, more, types },
            C::Same { dataset: now_dataset, columns: new, more: now_more, types: now_types },
        ) => Strictness::same(&(dataset, old), &(now_dataset, new))
            .and(Strictness::falling(more, now_more))
            .and(Strictness::rising(types, now_types)),
        (
            C::Unchanged { added, removed, retyped, reordered },
            C::Unchanged {
                added: now_added,
                removed: now_removed,
                retyped: now_retyped,
                reordered: now_reordered,
            },
        ) => Strictness::falling(added, now_added)
            .and(Strictness::falling(removed, now_removed))
            .and(Strictness::falling(retyped, now_retyped))
            .and(Strictness::falling(reordered, now_reordered)),
        _ => Strictness::Unknown,
    }
}

/// More types are looser.
fn admitted(
    before: &[crate::datatype::DataType],
    after: &[crate::datatype::DataType],
) -> Strictness {
    let names = |types: &[crate::datatype::DataType]| {
        types.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    Strictness::more(&names(before), &names(after)).turned()
}

fn file_demand(before: &FileDemand, after: &FileDemand) -> Strictness {
    use FileDemand as F;
    match (before, after) {
        (F::Fresh { max_age: old }, F::Fresh { max_age: new }) => Strictness::falling(old, new),
        (F::Size { bounds: old }, F::Size { bounds: new })
        | (F::Count { bounds: old }, F::Count { bounds: new }) => bounds::compare(old, new),
        (F::Names { pattern: old }, F::Names { pattern: new }) => Strictness::opaque(old, new),
        (F::Unique, F::Unique) => Strictness::Equivalent,
        _ => Strictness::Unknown,
    }
}

fn query(before: &Query, after: &Query) -> Strictness {
    let gives = match (&before.gives, &after.gives) {
        (Gives::Rows, Gives::Rows) => Strictness::Equivalent,
        (Gives::Value { bounds: old }, Gives::Value { bounds: new }) => bounds::compare(old, new),
        _ => Strictness::Unknown,
    };
    Strictness::opaque(&(&before.dialect, &before.pieces), &(&after.dialect, &after.pieces))
        .and(gives)
}

/// More declared columns are stricter; a column of another type is another demand.
fn structure(before: &[Field], after: &[Field]) -> Strictness {
    let known: BTreeMap<_, _> = before.iter().map(|field| (&field.name, field)).collect();
    let demanded = |fields: &[Field]| {
        let names = fields.iter().filter(|field| !field.optional).map(|field| field.name.clone());
        names.collect::<Vec<_>>()
    };
    let mut found = Strictness::more(&demanded(before), &demanded(after));
    for field in after {
        if let Some(old) = known.get(&field.name) {
            found = found.and(Strictness::same(&old.data_type, &field.data_type));
        }
    }
    found
}
