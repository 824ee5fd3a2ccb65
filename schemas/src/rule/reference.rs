//! `reference`: every key is found in another dataset.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, keys, other, parameter};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::{ColumnName, DatasetContractId};
use crate::plan::Body;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;
use crate::words::counted;

pub(super) struct Reference;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The columns that make up the key here.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// The `dataset_contract_id` of another dataset of the same contract.
    dataset: DatasetContractId,
    /// The columns there, in the same order; without any, those of the same names.
    #[serde(default)]
    other_columns: Vec<ColumnName>,
    /// The rows there that count, as a condition over its columns.
    #[serde(default)]
    other_where: Option<String>,
    /// Turned round: no key may be found there.
    #[serde(default)]
    negate: bool,
}

impl Parameters {
    /// The columns there and the parameter that names them.
    fn others(&self) -> (&[ColumnName], &'static str) {
        if self.other_columns.is_empty() {
            (&self.columns, "columns")
        } else {
            (&self.other_columns, "other_columns")
        }
    }
}

impl Rule for Reference {
    type Parameters = Parameters;
    const NAME: &'static str = "reference";
    const DOC: Doc = Doc {
        summary: "Every key is found in another dataset.",
        semantics: "A row violates where no row of the other dataset has the same values in its columns. A \
                    row whose key holds a null in any column is not judged. The other dataset is read and \
                    its cells are converted, but it is not judged; its keys may repeat. With \
                    `other_where` only its rows that meet the condition count; `where` chooses the rows \
                    here. With `negate: true` a row violates where its key is found. Text is compared \
                    character by character.",
        good: "rule_id: zone-known\nrule_type: reference\nparameters: {columns: [zone], dataset: zones, other_columns: [zone_id]}\n",
        bad: "rule_id: zone-known\nrule_type: reference\nparameters: {columns: [zone], dataset: zones, other_columns: [zone_id, borough]}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = keys::check("columns", &parameters.columns);
        problems.extend(keys::check("other_columns", &parameters.other_columns));
        let (here, there) = (parameters.columns.len(), parameters.other_columns.len());
        if there != 0 && here != there {
            let here = counted(here, "column");
            let message = format!("the key has {here} here, but {there} there");
            problems.push(Problem::new(Code::BadValue, Pointer::from("other_columns"), message));
        }
        problems.extend(other::check_filter(parameters.other_where.as_deref()));
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        target
            .takes_no_nulls(Self::NAME, "keys with a null are not judged; add a `not_null` rule")?;
        let here = keys::fields(&parameters.columns, target.fields, &parameter("columns"))?;
        let dataset = parameters.dataset.as_str();
        let declared = other::fields(&parameters.dataset, target)?;
        let (columns, named) = parameters.others();
        let there = keys::fields(columns, &declared, &parameter(named))
            .map_err(|problems| other::within(&parameters.dataset, problems))?;
        for (index, (here, there)) in here.iter().zip(&there).enumerate() {
            let place = parameter("columns").index(index);
            other::equatable(here, there, &parameters.dataset, place)?;
        }
        let other_filter = other::filter(parameters.other_where.as_deref(), &declared)?;
        let verb = if parameters.negate { "is not found" } else { "is found" };
        let words = (keys::words(&parameters.columns), keys::words(columns));
        Ok(Lowered {
            title: format!("{} {verb} in {} of `{dataset}`", words.0, words.1),
            columns: parameters.columns.clone(),
            body: Body::Reference {
                columns: parameters.columns.clone(),
                dataset: dataset.to_owned(),
                other_columns: columns.to_vec(),
                other_filter,
                negate: parameters.negate,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::Body;
    use crate::rule::testing::{fields, lower, problems};

    #[test]
    fn the_key_is_looked_up_in_a_dataset_of_the_contract() {
        // The contract of these tests has the dataset `zones` with `zone_id: integer` and `name: text`.
        let fields = fields(&[("zone", "decimal(5,0)"), ("name", "text"), ("day", "date")]);
        let parameters =
            json!({"columns": ["zone"], "dataset": "zones", "other_columns": ["zone_id"]});
        let lowered = lower("reference", parameters, None, &fields).unwrap();
        assert_eq!(lowered.title, "`zone` is found in `zone_id` of `zones`");
        let same = json!({"columns": ["name"], "dataset": "zones"});
        let lowered = lower("reference", same, None, &fields).unwrap();
        assert!(
            matches!(lowered.body, Body::Reference { other_columns, .. } if other_columns.len() == 1)
        );
        for (parameters, pointer) in [
            (json!({"columns": ["zone"], "dataset": "zone"}), "/parameters/dataset"),
            (json!({"columns": ["zone"], "dataset": "zones"}), "/parameters/columns/0"),
            (
                json!({"columns": ["day"], "dataset": "zones", "other_columns": ["name"]}),
                "/parameters/columns/0",
            ),
            (
                json!({"columns": ["name"], "dataset": "zones", "other_columns": ["nam"]}),
                "/parameters/other_columns/0",
            ),
        ] {
            let found = lower("reference", parameters, None, &fields).unwrap_err();
            assert_eq!(found[0].pointer.as_str(), pointer);
        }
    }

    #[test]
    fn both_keys_have_as_many_columns() {
        let parameters = json!({"columns": ["a"], "dataset": "d", "other_columns": ["b", "c"]});
        assert_eq!(problems("reference", parameters), ["/other_columns"]);
        assert_eq!(problems("reference", json!({"columns": [], "dataset": "d"})), ["/columns"]);
    }
}
