//! What the tests of rule types share.

use serde_json::Value;

use super::{Lowered, Resolve, Target, named};
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::library::reference::TaxonomyRef;
use crate::library::rule_set::Nulls;
use crate::library::taxonomy::Taxonomy;
use crate::plan::{Field, Redaction};
use crate::problem::Problem;

/// Declared columns from name and type.
pub(crate) fn fields(columns: &[(&str, &str)]) -> Vec<Field> {
    let field = |(name, data_type): &(&str, &str)| Field {
        name: ColumnName::new(*name).unwrap(),
        data_type: DataType::parse(data_type).unwrap(),
        optional: false,
        catalog_attribute: None,
        classification: None,
        redaction: Redaction::None,
    };
    columns.iter().map(field).collect()
}

/// A contract with one taxonomy, `colours`, and one other dataset, `zones`.
struct Contract {
    colours: Taxonomy,
    zones: Vec<Field>,
}

impl Resolve for Contract {
    fn taxonomy(&self, reference: &TaxonomyRef) -> Option<&Taxonomy> {
        (reference.taxonomy_id == self.colours.taxonomy_id).then_some(&self.colours)
    }

    fn dataset(&self, dataset_contract_id: &str) -> Option<Vec<Field>> {
        (dataset_contract_id == "zones").then(|| self.zones.clone())
    }
}

/// A contract to look things up in.
pub(crate) fn contract() -> impl Resolve {
    let colours = serde_json::json!({"taxonomy_id": "colours", "values": [{"code": "red"}, {"code": "blue"}]});
    Contract {
        colours: serde_json::from_value(colours).unwrap(),
        zones: fields(&[("zone_id", "integer"), ("name", "text")]),
    }
}

/// The plan of a rule over these columns.
pub(crate) fn lower(
    rule: &str,
    parameters: Value,
    column: Option<&str>,
    fields: &[Field],
) -> Result<Lowered, Vec<Problem>> {
    let contract = contract();
    let column =
        column.map(|name| fields.iter().find(|field| field.name.as_str() == name).unwrap());
    let target = Target { fields, column, nulls: Nulls::Skip, resolve: &contract };
    named(rule).unwrap().lower(&parameters, &target)
}

/// Pointers of what is wrong with parameters, seen from them.
pub(crate) fn problems(rule: &str, parameters: Value) -> Vec<String> {
    let found = named(rule).unwrap().check(&parameters);
    found.into_iter().map(|problem| problem.pointer.as_str().to_owned()).collect()
}
