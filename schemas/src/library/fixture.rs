//! Fixtures: a few rows, and the verdicts that rules must give of them. They are unit tests of rules; no
//! job is any different for them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::taxonomy::Scalar;
use crate::code::Code;
use crate::datatype::DataType;
use crate::id::{ColumnName, DatasetContractId, FixtureId};
use crate::literal;
use crate::problem::{Pointer, Problem};
use crate::verdict::Verdict;

/// A row: values by column; a column left out is null.
pub type Row = BTreeMap<ColumnName, Option<Scalar>>;

/// Rows in, verdicts expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// Names the fixture within its rule set or contract.
    pub fixture_id: FixtureId,
    /// What it shows.
    #[serde(default)]
    pub description: Option<String>,
    /// In a contract of several datasets: the `dataset_contract_id` that the rows stand for.
    #[serde(default)]
    pub dataset: Option<DatasetContractId>,
    /// Columns and their types. In a rule set, all of them; in a contract they come from the schema and
    /// are given only where the data is to have other ones.
    #[serde(default)]
    pub columns: BTreeMap<ColumnName, DataType>,
    /// The rows, as they are after cleansing.
    pub rows: Vec<Row>,
    /// Rows of the datasets that rules look into, by `dataset_contract_id`.
    #[serde(default)]
    pub references: BTreeMap<DatasetContractId, ReferenceRows>,
    /// The time at which the rules are judged, such as `2026-01-01T00:00:00Z`, for rules about age.
    #[serde(default)]
    pub now: Option<String>,
    /// What rules must come to.
    pub expect: Vec<Expectation>,
    /// What the rules that are not named must come to.
    #[serde(default)]
    pub others: Others,
}

/// Rows of a dataset that rules look into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReferenceRows {
    /// In a contract: the schema gives the types.
    Rows(Vec<Row>),
    /// In a rule set alone.
    Typed(TypedRows),
}

/// Rows with the types of their columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedRows {
    /// Columns and their types.
    pub columns: BTreeMap<ColumnName, DataType>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What one rule must come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The `rule_id` or `binding_id`; where several have it, the name that verdicts carry, such as
    /// `trip-rules/fare-range` or `schema/not_null`.
    pub rule_id: String,
    /// Only the check of this column, for rules that judge several.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// The verdict; of several checks, the worst.
    pub verdict: Verdict,
    /// The violating rows, counted from 1; left out, they do not matter.
    #[serde(default)]
    pub rows: Option<BTreeSet<u64>>,
}

/// What rules come to that no expectation names. Rules about columns that the fixture does not have are
/// not judged at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// They pass, or have nothing to judge.
    #[default]
    Pass,
    /// Those that judge single rows pass; figures of the whole dataset may be anything.
    Rows,
    /// Anything.
    Any,
}

impl ReferenceRows {
    /// The rows.
    pub fn rows(&self) -> &[Row] {
        match self {
            Self::Rows(rows) => rows,
            Self::Typed(typed) => &typed.rows,
        }
    }

    /// The types of its columns, where it gives them.
    pub fn columns(&self) -> Option<&BTreeMap<ColumnName, DataType>> {
        match self {
            Self::Rows(_) => None,
            Self::Typed(typed) => Some(&typed.columns),
        }
    }
}

/// What is wrong with the fixtures of a rule set or, where `typed` is false, of a contract.
pub(crate) fn check(fixtures: &[Fixture], typed: bool) -> Vec<Problem> {
    let ids = fixtures.iter().map(|fixture| fixture.fixture_id.as_str());
    let mut problems = super::unique_ids("fixtures", "fixture_id", ids);
    for (index, fixture) in fixtures.iter().enumerate() {
        let place = Pointer::from("fixtures").index(index);
        if let Some(Err(message)) = fixture.now.as_deref().map(literal::timestamp) {
            problems.push(Problem::new(Code::BadValue, place.key("now"), message));
        }
        if typed {
            problems.extend(fixture.check_alone().into_iter().map(|found| found.within(&place)));
        }
    }
    problems
}

impl Fixture {
    /// What is wrong with a fixture of a rule set, where no schema gives the types.
    fn check_alone(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.columns.is_empty() {
            let message = "a rule set has no schema, so the fixture must give its columns";
            problems.push(
                Problem::new(Code::MissingField, Pointer::root(), message)
                    .hint("write `columns: {name_of_the_column: integer, …}`"),
            );
        }
        if self.dataset.is_some() {
            let message = "`dataset` names a dataset of a contract; a rule set has none";
            problems.push(
                Problem::new(Code::BadValue, Pointer::from("dataset"), message)
                    .at_key()
                    .hint("remove it, or move the fixture to the contract"),
            );
        }
        for (name, rows) in &self.references {
            if rows.columns().is_none() {
                let place = Pointer::from("references").key(name.as_str());
                let message = "a rule set has no schema, so the rows must come with their columns";
                problems.push(
                    Problem::new(Code::MissingField, place, message)
                        .hint("write `{columns: {id: integer}, rows: [{id: 1}]}`"),
                );
            }
        }
        problems
    }
}
