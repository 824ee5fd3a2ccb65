//! Fixtures, lowered: small tables with the verdicts expected of them. They stand in records of their own,
//! so that no job is other or loads slower for the tests of its rules.

use serde::{Deserialize, Serialize};

use super::DatasetPlan;
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::library::fixture::Others;
use crate::verdict::Verdict;

/// The kind of the records that hold [`TestPlan`]s in a bundle.
pub const TEST_PLAN: &str = "test_plan";

/// The fixtures of one rule set or contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestPlan {
    /// [`super::PLAN_VERSION`] of the compiler.
    pub plan_version: u32,
    /// Kind of the object that holds the fixtures.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The datasets that its fixtures stand for, each once: columns and checks, no source and no steps.
    pub datasets: Vec<DatasetPlan>,
    /// The fixtures, in order.
    pub fixtures: Vec<FixturePlan>,
}

/// A fixture: what is judged, and what must come of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixturePlan {
    /// Names it within its object.
    pub fixture_id: String,
    /// What it shows.
    pub description: Option<String>,
    /// Where it stands in its object, as a JSON Pointer.
    pub place: String,
    /// The plan's `now`, as canonical text of an instant in UTC; `None` is the time of the test.
    pub now: Option<String>,
    /// The rows that are judged.
    pub judged: Held,
    /// The rows that rules look into.
    pub lookups: Vec<Held>,
    /// What rules must come to.
    pub expect: Vec<Expected>,
    /// What the other rules must come to.
    pub others: Others,
}

/// A dataset with its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Number of the dataset among those of the [`TestPlan`].
    pub dataset: usize,
    /// Its rows.
    pub table: Table,
}

/// Rows that come with a plan instead of from files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Names and types.
    pub columns: Vec<TableColumn>,
    /// The cells of each row as canonical text of their types; bytes in hexadecimal digits.
    pub rows: Vec<Vec<Option<String>>>,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableColumn {
    /// Its name.
    pub name: ColumnName,
    /// The type of its cells.
    pub data_type: DataType,
}

/// What a rule must come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The rule, as the fixture names it.
    pub rule: String,
    /// Kind of the object that the rule stands in.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The id of the rule within that object.
    pub rule_id: String,
    /// Where the expectation stands in its object, as a JSON Pointer.
    pub place: String,
    /// The checks that it speaks of; never empty.
    pub checks: Vec<String>,
    /// The worst verdict that they must come to.
    pub verdict: Verdict,
    /// The rows that must violate, from 1; `None` where they do not matter.
    pub rows: Option<Vec<u64>>,
}
