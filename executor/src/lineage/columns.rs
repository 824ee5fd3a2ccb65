//! The lineage of columns, followed through the cleansing steps.

use std::collections::{BTreeMap, BTreeSet};

use assay_schemas::plan::{DatasetPlan, Expr, StepBody};
use serde_json::{Value, json};

use super::dataset::Place;
use crate::result::RunRecord;

/// For each column, the columns of the input that its values come from, followed through the steps.
pub(super) fn lineage(
    record: &RunRecord,
    dataset: Option<&DatasetPlan>,
    inputs: &[Place],
) -> BTreeMap<String, Value> {
    let mut sources: BTreeMap<String, (BTreeSet<String>, bool)> = BTreeMap::new();
    for (name, ..) in &record.columns {
        sources.insert(name.clone(), (BTreeSet::from([name.clone()]), true));
    }
    for step in dataset.map_or(&[][..], |dataset| &dataset.steps) {
        let (column, read) = match &step.body {
            StepBody::Set { column, value } => (column.as_str(), columns_read(value)),
            StepBody::Parse { column, .. } => {
                (column.as_str(), BTreeSet::from([column.as_str().to_owned()]))
            }
            StepBody::Project { columns } => {
                sources = columns
                    .iter()
                    .filter_map(|column| {
                        let found = sources.get(column.from.as_str())?.clone();
                        Some((column.to.as_str().to_owned(), found))
                    })
                    .collect();
                continue;
            }
            body => {
                for (column, read) in body.settled() {
                    settle(&mut sources, column.as_str(), &read);
                }
                continue;
            }
        };
        let mut from: BTreeSet<String> = BTreeSet::new();
        for name in read {
            let known = sources.get(&name).map(|(known, _)| known.clone());
            from.extend(known.unwrap_or_else(|| BTreeSet::from([name])));
        }
        // Rows that the step's filter leaves alone keep the value that they had.
        if let (Some(_), Some((before, _))) = (&step.filter, sources.get(column)) {
            from.extend(before.iter().cloned());
        }
        sources.insert(column.to_owned(), (from, false));
    }
    let field = |(from, identity): &(BTreeSet<String>, bool)| {
        let subtype = if *identity { "IDENTITY" } else { "TRANSFORMATION" };
        let fields: Vec<Value> = inputs
            .iter()
            .flat_map(|place| {
                from.iter().map(move |column| {
                    json!({
                        "namespace": place.namespace, "name": place.name, "field": column,
                        "transformations": [{"type": "DIRECT", "subtype": subtype}],
                    })
                })
            })
            .collect();
        json!({"inputFields": fields})
    };
    record
        .columns
        .iter()
        .filter_map(|(name, ..)| sources.get(name).map(|found| (name.clone(), field(found))))
        .collect()
}

/// A column that a step settles from its own values and those of others.
fn settle(
    sources: &mut BTreeMap<String, (BTreeSet<String>, bool)>,
    column: &str,
    read: &[&assay_schemas::id::ColumnName],
) {
    let mut from: BTreeSet<String> =
        sources.get(column).map(|(known, _)| known.clone()).unwrap_or_default();
    for name in read {
        match sources.get(name.as_str()) {
            Some((known, _)) => from.extend(known.iter().cloned()),
            None => drop(from.insert(name.as_str().to_owned())),
        }
    }
    sources.insert(column.to_owned(), (from, false));
}

/// The columns that an expression reads.
fn columns_read(expression: &Expr) -> BTreeSet<String> {
    fn visit(expression: &Expr, found: &mut BTreeSet<String>) {
        match expression {
            Expr::Column { name } => {
                found.insert(name.as_str().to_owned());
            }
            Expr::Literal { .. } | Expr::Now => {}
            Expr::Call { arguments, .. } => arguments.iter().for_each(|e| visit(e, found)),
            Expr::Cast { value, .. }
            | Expr::In { value, .. }
            | Expr::Matches { value, .. }
            | Expr::ReplaceMatches { value, .. }
            | Expr::Extract { value, .. }
            | Expr::Pseudonym { value, .. } => visit(value, found),
            Expr::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    visit(condition, found);
                    visit(result, found);
                }
                visit(otherwise, found);
            }
            Expr::Figure { metric } => {
                metric.expressions().into_iter().for_each(|e| visit(e, found));
            }
        }
    }
    let mut found = BTreeSet::new();
    visit(expression, &mut found);
    found
}
