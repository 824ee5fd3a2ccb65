//! `column_types`: columns have types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, shape};
use crate::code::Code;
use crate::datatype::DataType;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::ColumnDemand;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct ColumnTypes;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Allowed types by column, such as `fare: [double, "decimal(12,2)"]`.
    types: BTreeMap<ColumnName, Vec<DataType>>,
}

impl Rule for ColumnTypes {
    type Parameters = Parameters;
    const NAME: &'static str = "column_types";
    const DOC: Doc = Doc {
        summary: "Columns of the files are of certain types.",
        semantics: "Each column must be of one of its types; a column that is missing is a fault too. The columns \
                    need not be declared. It judges what the files say, as Parquet does; text files have no \
                    types, and pass. No row is read or marked.",
        good: "rule_id: money\nrule_type: column_types\nparameters: {types: {fare: ['decimal(12,2)', integer]}}\n",
        bad: "rule_id: money\nrule_type: column_types\nparameters: {types: {fare: []}}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let place = Pointer::from("types");
        let none = "no column is named, so nothing is demanded";
        if parameters.types.is_empty() {
            return vec![Problem::new(Code::BadValue, place, none)];
        }
        let empty = parameters.types.iter().filter(|(_, types)| types.is_empty());
        empty
            .map(|(column, _)| {
                let message = format!("no type is named for `{column}`, so none would do");
                Problem::new(Code::BadValue, place.key(column.as_str()), message)
            })
            .collect()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let words: Vec<String> = parameters
            .types
            .iter()
            .map(|(column, types)| {
                let types: Vec<String> = types.iter().map(ToString::to_string).collect();
                format!("`{column}` is {}", types.join(" or "))
            })
            .collect();
        let columns = parameters.types.clone().into_iter().collect();
        shape::lower(Self::NAME, words.join(", "), ColumnDemand::Types { columns }, target)
    }
}
