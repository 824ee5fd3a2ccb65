//! The rules that a dataset schema implies: nulls, values, lengths and keys.

use assay_schemas::code::Code;
use assay_schemas::id::ColumnName;
use assay_schemas::library::Object;
use assay_schemas::library::dataset_schema::{Column, DatasetSchema, ForeignKey};
use assay_schemas::problem::{Pointer, Problem};
use serde_json::{Value, json};

use super::super::overlay::Resolved;
use super::{DatasetAt, target};
use crate::diagnostic::Sink;

/// A rule that a schema implies.
pub(super) struct Implied<'a> {
    pub(super) rule_type: &'static str,
    pub(super) parameters: Value,
    /// The column that it judges; `None` for rules about the dataset.
    pub(super) column: Option<&'a ColumnName>,
    /// What of the schema implies it.
    pub(super) place: Pointer,
    /// Begins the id of its check.
    pub(super) id: String,
}

/// Every rule that a schema implies for a dataset.
pub(super) fn rules<'a>(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    (index, schema): (usize, &'a DatasetSchema),
) -> Vec<Implied<'a>> {
    let columns = schema.columns.iter().enumerate();
    let mut rules: Vec<_> = columns.flat_map(|(i, column)| of_column(i, column)).collect();
    for (number, key) in schema.unique_keys.iter().enumerate() {
        rules.push(Implied {
            rule_type: "unique",
            parameters: json!({ "columns": key }),
            column: None,
            place: Pointer::from("unique_keys").index(number),
            id: format!("schema/unique/{}", number + 1),
        });
    }
    for (number, key) in schema.foreign_keys.iter().enumerate() {
        let place = Pointer::from("foreign_keys").index(number);
        let wanted = resolved.linked.target(index, &place.key("references"));
        let datasets = at.contract.contract.datasets.iter().enumerate();
        let mut others = datasets.filter(|(position, _)| {
            let schema = Pointer::from("datasets").index(*position).key("schema");
            wanted.is_some() && resolved.linked.target(at.contract.index, &schema) == wanted
        });
        // Which of several is meant, only a rule can say.
        if let (Some((_, other)), None) = (others.next(), others.next()) {
            rules.push(Implied {
                rule_type: "reference",
                parameters: json!({
                    "columns": key.columns,
                    "dataset": other.dataset_contract_id,
                    "other_columns": key.others(),
                }),
                column: None,
                place,
                id: format!("schema/reference/{}", number + 1),
            });
        }
    }
    rules
}

fn of_column(position: usize, column: &Column) -> Vec<Implied<'_>> {
    let not_null = (!column.nullable).then(|| ("not_null", json!({})));
    let taxonomy = column.taxonomy.as_ref();
    let taxonomy = taxonomy.map(|taxonomy| ("in_set", json!({ "taxonomy": taxonomy })));
    let values =
        (!column.values.is_empty()).then(|| ("in_set", json!({ "values": column.values })));
    let length = column.max_length.map(|most| ("length", json!({ "max": most })));
    let implied = [not_null, taxonomy, values, length].into_iter().flatten();
    implied
        .map(|(rule_type, parameters)| Implied {
            rule_type,
            parameters,
            column: Some(&column.name),
            place: Pointer::from("columns").index(position),
            id: format!("schema/{rule_type}"),
        })
        .collect()
}

/// Reports foreign keys that lead to columns which are not there or can never be equal.
pub(super) fn foreign_keys(
    resolved: &Resolved<'_>,
    index: usize,
    schema: &DatasetSchema,
    sink: &mut Sink,
) {
    for (number, key) in schema.foreign_keys.iter().enumerate() {
        let place = Pointer::from("foreign_keys").index(number);
        let Some((other, Object::DatasetSchema(there))) =
            target(resolved, index, &place.key("references"))
        else {
            continue;
        };
        for problem in foreign_key(schema, there, key, &place) {
            let columns = resolved.linked.loaded(other).place(&Pointer::from("columns"));
            let diagnostic = resolved.linked.loaded(index).diagnostic(problem);
            sink.push(diagnostic.related(columns, "the columns of the other schema"));
        }
    }
}

fn foreign_key(
    here: &DatasetSchema,
    there: &DatasetSchema,
    key: &ForeignKey,
    place: &Pointer,
) -> Vec<Problem> {
    let list = if key.other_columns.is_empty() { "columns" } else { "other_columns" };
    let mut problems = Vec::new();
    for (number, (own, other)) in key.columns.iter().zip(key.others()).enumerate() {
        let place = place.key(list).index(number);
        match (here.column(own), there.column(other)) {
            (_, None) => problems.push(there.unknown_column(other, place)),
            (Some(one), Some(two)) if one.data_type.family() != two.data_type.family() => {
                let message = format!(
                    "`{own}` is of type `{}`, but `{other}` of type `{}`: they are never equal",
                    one.data_type, two.data_type
                );
                problems.push(Problem::new(Code::ColumnType, place, message));
            }
            _ => {}
        }
    }
    problems
}
