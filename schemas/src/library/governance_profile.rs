//! Governance profiles: what is personal, who may see it, who answers for it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cleansing_policy::ColumnStep;
use super::{Contact, LibraryObject, Reference, common_fields, kind};
use crate::code::Code;
use crate::period::Period;
use crate::plan::Redaction;
use crate::problem::{Pointer, Problem};

kind! {
    /// Classes of data and how each is treated.
    GovernanceProfile {
        id: governance_profile_id GovernanceProfileId,
        /// The classes.
        #[serde(default)]
        classifications: Vec<Classification>,
        /// People or teams that answer for the data.
        #[serde(default)]
        owners: Vec<String>,
        /// How these are reached, by name; those of an environment go before them.
        #[serde(default)]
        contacts: BTreeMap<String, Contact>,
        /// How long data is kept that no class says more of.
        #[serde(default)]
        retention: Option<Period>,
        /// Roles that may see results of the data, whatever their class.
        #[serde(default)]
        access_roles: Vec<String>,
        /// Approvals that a change wants before it is promoted.
        #[serde(default)]
        approvals: Vec<Approval>,
    }
}

/// A class of data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// The class, as attributes and columns name it.
    pub classification: String,
    /// What belongs to it.
    #[serde(default)]
    pub description: Option<String>,
    /// How far it may go.
    #[serde(default)]
    pub level: Option<Level>,
    /// It is data about a person.
    #[serde(default)]
    pub personal: bool,
    /// Cleansing steps that reach every column of the class, after those of the dataset's own policy: such
    /// as `mask`, `hash` or `tokenize`. Rules see the values that these leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleansing: Vec<ColumnStep>,
    /// How values are shown and kept in results.
    #[serde(default = "full")]
    pub redaction: Redaction,
    /// Roles that may see values as they are.
    #[serde(default)]
    pub access_roles: Vec<String>,
    /// How long values of the class may be kept, such as `P90D`.
    #[serde(default)]
    pub retention: Option<Period>,
}

/// How far data may go.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// To everybody.
    Public,
    /// Not out of the house.
    Internal,
    /// To those who need it.
    Confidential,
    /// To those who are named.
    Restricted,
}

fn full() -> Redaction {
    Redaction::Full
}

/// An approval that a change wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Who approves.
    pub role: String,
    /// How many of them.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub count: u32,
}

fn one() -> u32 {
    1
}

impl GovernanceProfile {
    /// How values of a class are shown; a class that the profile does not name is shown not at all.
    pub fn redaction(&self, class: &str) -> Redaction {
        self.classifications
            .iter()
            .find(|classification| classification.classification == class)
            .map_or(Redaction::Full, |classification| classification.redaction)
    }
}

impl LibraryObject for GovernanceProfile {
    common_fields!(governance_profile_id);

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        let classes = self.classifications.iter().map(|class| class.classification.as_str());
        let mut problems = super::unique_ids("classifications", "classification", classes);
        for (index, class) in self.classifications.iter().enumerate() {
            let place = Pointer::from("classifications").index(index).key("cleansing");
            for (number, step) in class.cleansing.iter().enumerate() {
                problems.extend(step.check(&place.index(number)));
            }
            if class.level == Some(Level::Public) && class.personal {
                let place = Pointer::from("classifications").index(index).key("level");
                let message =
                    format!("`{}` is personal, so it is not public", class.classification);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems
    }
}
