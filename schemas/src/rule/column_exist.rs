//! `column_exist`: columns are there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, keys, shape};
use crate::code::Code;
use crate::doc::Doc;
use crate::id::ColumnName;
use crate::plan::ColumnDemand;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct ColumnExist;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Their names.
    #[schemars(length(min = 1))]
    columns: Vec<ColumnName>,
    /// Where it stands, from 1; for a single column.
    #[serde(default)]
    #[schemars(range(min = 1))]
    position: Option<u32>,
    /// Turned round: none of them is there.
    #[serde(default)]
    negate: bool,
}

impl Rule for ColumnExist {
    type Parameters = Parameters;
    const NAME: &'static str = "column_exist";
    const DOC: Doc = Doc {
        summary: "The files have certain columns, or with `negate` do not have them.",
        semantics: "The columns need not be declared by the schema. Names are compared character by character. \
                    The dataset is judged as its files came, before cleansing; every file must pass. No row \
                    is read or marked.",
        good: "rule_id: has-id\nrule_type: column_exist\nparameters: {columns: [trip_id], position: 1}\n",
        bad: "rule_id: has-id\nrule_type: column_exist\nparameters: {columns: [trip_id, fare], position: 1}\n",
    };
    const DIMENSION: Dimension = Dimension::Validity;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let mut problems = shape::check_names(&parameters.columns);
        let single = parameters.columns.len() == 1 && !parameters.negate;
        if parameters.position.is_some() && !single {
            let message = "`position` says where one column stands that is there";
            problems.push(Problem::new(Code::BadValue, Pointer::from("position"), message));
        }
        problems
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let Parameters { columns, position, negate } = parameters;
        let words = keys::words(columns);
        let (title, demand) = match (negate, position) {
            (true, _) => (
                format!("there is no column {words}"),
                ColumnDemand::Absent { columns: columns.clone() },
            ),
            (false, position) => (
                match position {
                    Some(position) => format!("column {position} is {words}"),
                    None => format!("there is a column {words}"),
                },
                ColumnDemand::Exist { columns: columns.clone(), position: *position },
            ),
        };
        shape::lower(Self::NAME, title, demand, target)
    }
}
