//! Where a rule comes from: the places on its way to a dataset, and what each says of it.

use assay_schemas::plan::Provenance;
use assay_schemas::problem::Pointer;
use serde::Serialize;
use serde_json::Value;

use super::super::overlay::Resolved;

/// What a place is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// A column of the dataset schema implies it.
    Schema,
    /// A rule of a rule set.
    Rule,
    /// The template that it uses.
    Template,
    /// A binding of the dataset contract.
    Binding,
    /// The catalog entity that the rule set is bound to.
    Entity,
    /// The dataset that lists the rule set.
    Dataset,
    /// The catalog attribute that it names.
    Attribute,
    /// The column contract that maps a column to the attribute.
    Mapping,
    /// An override of the dataset contract.
    Override,
    /// The governance profile.
    Governance,
}

impl Role {
    /// The name as people and plans read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Rule => "rule",
            Self::Template => "template",
            Self::Binding => "binding",
            Self::Entity => "entity",
            Self::Dataset => "dataset",
            Self::Attribute => "attribute",
            Self::Mapping => "mapping",
            Self::Override => "override",
            Self::Governance => "governance",
        }
    }
}

/// A place on the way.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) role: Role,
    /// The object, and where in it.
    pub(crate) index: usize,
    pub(crate) pointer: Pointer,
    /// The name of the part of the object.
    pub(crate) part: String,
}

impl Hop {
    /// The place as a plan has it: without version, file and line, so that none of these changes the plan.
    pub(super) fn sealed(&self, resolved: &Resolved<'_>) -> Provenance {
        let object = resolved.object(self.index);
        Provenance {
            role: self.role.name().to_owned(),
            object: format!("{}/{}", object.kind().name(), object.id()),
            part: self.part.clone(),
        }
    }
}

/// A value that some place gave, and what it took the place of, the weakest first.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) value: Value,
    pub(crate) hop: Hop,
    pub(crate) overridden: Vec<(Value, Hop)>,
}

impl Setting {
    pub(crate) fn new(name: impl Into<String>, value: impl Into<Value>, hop: Hop) -> Self {
        Self { name: name.into(), value: value.into(), hop, overridden: Vec::new() }
    }
}

/// A rule in force.
#[derive(Clone, Debug)]
pub(crate) struct Traced {
    pub(crate) column: Option<String>,
    /// The rows that it looks at, as authored.
    pub(crate) filter: Option<String>,
    pub(crate) hops: Vec<Hop>,
    pub(crate) settings: Vec<Setting>,
}

/// A rule that reached the dataset and is not in force.
#[derive(Clone, Debug)]
pub(crate) struct Excluded {
    pub(crate) rule: String,
    pub(crate) column: Option<String>,
    pub(crate) reason: String,
    /// What excluded it, or where it stands.
    pub(crate) hop: Hop,
}

/// Everything that reached a dataset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) rules: Vec<Traced>,
    pub(crate) excluded: Vec<Excluded>,
}
