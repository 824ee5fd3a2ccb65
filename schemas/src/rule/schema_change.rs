//! `schema_change`: the columns are those of the last run.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Lowered, Rule, Subject, Target, shape};
use crate::code::Code;
use crate::doc::Doc;
use crate::plan::ColumnDemand;
use crate::problem::{Pointer, Problem};
use crate::verdict::Dimension;

pub(super) struct SchemaChange;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// Changes that are allowed.
    #[serde(default)]
    allow: Vec<Change>,
}

/// A change of the columns of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// A column came.
    Added,
    /// A column went.
    Removed,
    /// A column has another type.
    Retyped,
    /// The columns that stayed stand in another order.
    Reordered,
}

impl Rule for SchemaChange {
    type Parameters = Parameters;
    const NAME: &'static str = "schema_change";
    const DOC: Doc = Doc {
        summary: "The columns have not changed since the last run.",
        semantics: "The columns of the first file, before cleansing, are compared with those that the job's last \
                    run in the same results found: columns that came or went, changed their type (where the \
                    format knows types) or their order. `allow` lists what may happen. A first run has nothing \
                    to compare with: `not_evaluated`. Runs whose data could not be read do not count. No row \
                    is read or marked.",
        good: "rule_id: no-drift\nrule_type: schema_change\nparameters: {allow: [added]}\n",
        bad: "rule_id: no-drift\nrule_type: schema_change\nparameters: {allow: [added, removed, retyped, reordered]}\n",
    };
    const DIMENSION: Dimension = Dimension::Consistency;
    const SUBJECT: Subject = Subject::Dataset;

    fn check(parameters: &Parameters) -> Vec<Problem> {
        let all = [Change::Added, Change::Removed, Change::Retyped, Change::Reordered];
        if all.iter().all(|change| parameters.allow.contains(change)) {
            let message = "every change is allowed, so nothing is demanded";
            return vec![Problem::new(Code::BadValue, Pointer::from("allow"), message)];
        }
        Vec::new()
    }

    fn lower(parameters: &Parameters, target: &Target<'_>) -> Result<Lowered, Vec<Problem>> {
        let allowed = |change| parameters.allow.contains(&change);
        let demand = ColumnDemand::Unchanged {
            added: allowed(Change::Added),
            removed: allowed(Change::Removed),
            retyped: allowed(Change::Retyped),
            reordered: allowed(Change::Reordered),
        };
        let title = "the columns have not changed since the last run".to_owned();
        shape::lower(Self::NAME, title, demand, target)
    }
}
