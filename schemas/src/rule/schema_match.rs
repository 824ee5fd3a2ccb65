//! `schema_match`: the columns are those of another dataset.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, other, shape};
use crate::doc::Doc;
use crate::id::DatasetContractId;
use crate::plan::ColumnDemand;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct SchemaMatch;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// The `dataset_contract_id` of another dataset of the same contract.
    dataset: DatasetContractId,
    /// Columns that the other dataset does not declare are allowed here.
    #[serde(default)]
    more: bool,
    /// Whether types are compared too; true unless said.
    #[serde(default = "yes")]
    types: bool,
}

fn yes() -> bool {
    true
}

impl Rule for SchemaMatch {
    type Parameters = Parameters;
    const NAME: &'static str = "schema_match";
    const DOC: Doc = Doc {
        summary: "The files have the columns of another dataset.",
        semantics: "The columns of this dataset, as its files came, are compared with those that the schema of the \
                    other dataset declares: each must be there, of the same type where the format knows types, \
                    and no others unless `more: true`. The other dataset is not read. No row is read or \
                    marked.",
        good: "rule_id: like-last-year\nrule_type: schema_match\nparameters: {dataset: trips_last_year}\n",
        bad: "rule_id: like-last-year\nrule_type: schema_match\nparameters: {other: trips_last_year}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let declared = other::fields(&parameters.dataset, target)?;
        let more = if parameters.more { " and perhaps more" } else { "" };
        let title = format!("the columns are those of `{}`{more}", parameters.dataset);
        let demand = ColumnDemand::Same {
            dataset: parameters.dataset.as_str().to_owned(),
            columns: declared.into_iter().map(|field| (field.name, field.data_type)).collect(),
            more: parameters.more,
            types: parameters.types,
        };
        shape::lower(Self::NAME, title, demand, target)
    }
}
