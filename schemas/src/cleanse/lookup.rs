//! `lookup`: values are taken from another dataset.

use schemars::JsonSchema;
use serde::Deserialize;

use std::collections::BTreeMap;

use super::StepRule;
use super::site::{Lowered, Made, Site};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::{self, Otherwise, StepBody};
use crate::problem::{Pointer, Problem, nearest};

pub(super) struct Lookup;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The other dataset of the contract, by its `dataset_contract_id`.
    dataset: String,
    /// Columns that must be equal: own column, column of the other dataset.
    by: BTreeMap<ColumnName, ColumnName>,
    /// Columns that are set: own column, column of the other dataset.
    take: BTreeMap<ColumnName, ColumnName>,
    /// Values that are there stay; only nulls are set.
    #[serde(default)]
    only_nulls: bool,
    /// What becomes of rows without a match.
    #[serde(default)]
    otherwise: Otherwise,
}

impl StepRule for Lookup {
    type Parameters = Parameters;
    const NAME: &'static str = "lookup";
    const DOC: Doc = Doc {
        summary: "Takes values from another dataset of the contract.",
        semantics: "A row whose key columns equal those of a row of the other dataset, after that dataset's \
                    own cleansing, takes its values; of several such rows the first of the input gives them. \
                    A key with a null has no match. Rows without a match keep their values, have null, or go \
                    to the rejects. A column that is not there yet is added; where the schema declares it, \
                    it need not be in the files \
                    unless `only_nulls` asks for its values. With `where`, only rows that pass it take values.",
        good: "step_id: zone-name\nstep_type: lookup\nparameters: {dataset: zones, by: {zone: zone_id}, take: {zone_name: name}}\n",
        bad: "step_id: zone-name\nstep_type: lookup\nparameters: {dataset: zones, by: {}, take: {zone_name: name}}\n",
    };
    const ON_TEXT: bool = false;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (field, columns) in [("by", &parameters.by), ("take", &parameters.take)] {
            if columns.is_empty() {
                let message = format!("`{field}` names no column");
                problems.push(Problem::new(Code::BadValue, field.into(), message));
            }
        }
        for own in parameters.take.keys().filter(|own| parameters.by.contains_key(*own)) {
            let message = format!("`{own}` is compared, so it cannot be set");
            let place = Pointer::from("take").key(own.as_str());
            problems.push(Problem::new(Code::BadValue, place, message).at_key());
        }
        problems
    }

    fn columns(parameters: &Parameters) -> Vec<ColumnName> {
        // Values that may stay are read.
        let kept = parameters.take.keys().filter(|_| parameters.only_nulls);
        parameters.by.keys().chain(kept).cloned().collect()
    }

    fn makes(parameters: &Parameters) -> Vec<ColumnName> {
        parameters.take.keys().filter(|_| !parameters.only_nulls).cloned().collect()
    }

    fn lower(parameters: &Parameters, site: &Site<'_>) -> Result<Vec<Lowered>, Vec<Problem>> {
        let Some(others) = site.resolve.dataset(&parameters.dataset) else {
            let message = format!("the contract has no dataset `{}`", parameters.dataset);
            return Err(vec![Problem::new(Code::BadValue, "dataset".into(), message)]);
        };
        let other = |field: &str, own: &ColumnName, name: &ColumnName| {
            let place = Pointer::from(field).key(own.as_str());
            others.iter().find(|other| other.name == *name).ok_or_else(|| {
                let message = format!("`{}` has no column `{name}`", parameters.dataset);
                let near = nearest(name.as_str(), others.iter().map(|other| other.name.as_str()));
                let problem = Problem::new(Code::UnknownColumn, place, message);
                vec![match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem,
                }]
            })
        };
        for (own, name) in &parameters.by {
            let place = Pointer::from("by").key(own.as_str());
            let (mine, theirs) = (site.find(own, place.clone())?, other("by", own, name)?);
            if mine.now.family() != theirs.data_type.family() {
                let message = format!(
                    "`{own}` is of type `{}` and `{name}` of type `{}`, which are never equal",
                    mine.now, theirs.data_type
                );
                return Err(vec![Problem::new(Code::ColumnType, place, message)]);
            }
        }
        let mut makes = Vec::new();
        for (own, name) in &parameters.take {
            let data_type = other("take", own, name)?.data_type;
            let from = parameters.by.keys().cloned().collect();
            makes.push(Made { name: own.clone(), data_type, from });
        }
        let pairs = |columns: &BTreeMap<ColumnName, ColumnName>| {
            columns.iter().map(|(own, other)| (own.clone(), other.clone())).collect()
        };
        let lookup = plan::Lookup {
            dataset: parameters.dataset.clone(),
            on: pairs(&parameters.by),
            take: pairs(&parameters.take),
            only_nulls: parameters.only_nulls,
            otherwise: parameters.otherwise,
        };
        let names: Vec<_> = parameters.take.keys().map(|own| format!("`{own}`")).collect();
        let title = format!("take {} from {}", names.join(", "), parameters.dataset);
        Ok(vec![Lowered { title, body: StepBody::Lookup(Box::new(lookup)), makes }])
    }
}
