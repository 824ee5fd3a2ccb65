//! `column_set`: the files have these columns, in this order.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, keys, shape};
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::ColumnDemand;
use crate::problem::Problem;
use crate::verdict::Dimension;

pub(super) struct ColumnSet;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Their names.
    columns: Vec<ColumnName>,
    /// Whether no others may be there; true unless said.
    #[serde(default = "yes")]
    exact: bool,
    /// They stand in this order; others, where they are allowed, may stand between.
    #[serde(default)]
    ordered: bool,
}

fn yes() -> bool {
    true
}

impl Rule for ColumnSet {
    type Parameters = Parameters;
    const NAME: &'static str = "column_set";
    const DOC: Doc = Doc {
        summary: "The files have exactly the columns of a list.",
        semantics: "The columns need not be declared by the schema. With `exact: false` others may be there; \
                    with `ordered: true` they stand in the order of the list. The dataset is judged as its \
                    files came, before cleansing; every file must pass. No row is read or marked.",
        good: "rule_id: as-agreed\nrule_type: column_set\nparameters: {columns: [id, day, fare], ordered: true}\n",
        bad: "rule_id: as-agreed\nrule_type: column_set\nparameters: {columns: [id, day, id]}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        shape::check_names(&parameters.columns)
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let Parameters { columns, exact, ordered } = parameters;
        let verb = if *exact { "are" } else { "include" };
        let order = if *ordered { ", in this order" } else { "" };
        let demand =
            ColumnDemand::Set { columns: columns.clone(), exact: *exact, ordered: *ordered };
        let title = format!("the columns {verb} {}{order}", keys::words(columns));
        shape::lower(Self::NAME, title, demand, target)
    }
}
