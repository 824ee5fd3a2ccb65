//! Catalog entities: what the data is about, in the words of the business.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cleansing_policy::ColumnStep;
use super::reference::{Collector, EntityRef, GovernanceProfileRef, RuleSetRef};
use super::{Criticality, LibraryObject, Reference, common_fields, kind};
use crate::datatype::DataType;
use crate::id::AttributeId;
use crate::plan::Redaction;
use crate::problem::{Pointer, Problem};

kind! {
    /// A thing that datasets describe. Rules and governance bound here reach every column mapped to it.
    Entity {
        id: entity_id EntityId,
        /// Its attributes.
        #[serde(default)]
        attributes: Vec<Attribute>,
        /// How it relates to other entities.
        #[serde(default)]
        relationships: Vec<Relationship>,
        /// Rule sets whose rules apply to every dataset mapped to the entity.
        #[serde(default)]
        rule_sets: Vec<RuleSetRef>,
        /// How much depends on data about it; mapped datasets inherit it.
        #[serde(default)]
        criticality: Option<Criticality>,
        /// Governance of every dataset mapped to the entity.
        #[serde(default)]
        governance_profile: Option<GovernanceProfileRef>,
    }
}

/// An attribute of an entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Names the attribute within the entity.
    pub attribute_id: AttributeId,
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// The type that columns mapped to it should have.
    #[serde(default)]
    pub data_type: Option<DataType>,
    /// What kind of value it is, such as `money` or `email`.
    #[serde(default)]
    pub semantic_type: Option<String>,
    /// The governance class that mapped columns inherit.
    #[serde(default)]
    pub classification: Option<String>,
    /// How values of mapped columns are shown and kept in results, instead of what the governance profile
    /// says of the class.
    #[serde(default)]
    pub redaction: Option<Redaction>,
    /// Cleansing steps that reach every column mapped to it, before those of the dataset's own policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleansing: Vec<ColumnStep>,
    /// How much depends on its values; mapped columns inherit it.
    #[serde(default)]
    pub criticality: Option<Criticality>,
}

/// A relationship to another entity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relationship {
    /// Names the relationship within the entity.
    pub relationship_id: AttributeId,
    /// The other entity.
    pub target: EntityRef,
    /// How many of this to how many of that.
    #[serde(default)]
    pub cardinality: Cardinality,
    /// Pairs of attributes that are equal where the two are related.
    #[serde(default)]
    pub join: Vec<Join>,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
}

/// A pair of attributes that are equal where two entities are related.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The attribute of this entity.
    pub attribute_id: AttributeId,
    /// The attribute of the other.
    pub target_attribute_id: AttributeId,
}

/// How many of this entity to how many of the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cardinality {
    /// One to one.
    OneToOne,
    /// One to many.
    OneToMany,
    /// Many to one.
    #[default]
    ManyToOne,
    /// Many to many.
    ManyToMany,
}

impl Entity {
    /// The attribute of that id.
    pub fn attribute(&self, id: &AttributeId) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.attribute_id == *id)
    }
}

impl LibraryObject for Entity {
    common_fields!(entity_id);

    fn references(&self) -> Vec<Reference> {
        let root = Pointer::root();
        let mut found = Collector::new();
        found.add_all(&root.key("rule_sets"), &self.rule_sets);
        found.add(root.key("governance_profile"), self.governance_profile.as_ref());
        for (index, relationship) in self.relationships.iter().enumerate() {
            // Relationships describe; a circle of them is no fault, so an entity does not refer to itself.
            if relationship.target.entity_id != self.entity_id {
                let place = root.key("relationships").index(index).key("target");
                found.add(place, Some(&relationship.target));
            }
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let ids = self.attributes.iter().map(|attribute| attribute.attribute_id.as_str());
        let mut problems = super::unique_ids("attributes", "attribute_id", ids);
        let ids = self.relationships.iter().map(|relation| relation.relationship_id.as_str());
        problems.extend(super::unique_ids("relationships", "relationship_id", ids));
        for (index, attribute) in self.attributes.iter().enumerate() {
            let place = Pointer::from("attributes").index(index).key("cleansing");
            for (number, step) in attribute.cleansing.iter().enumerate() {
                problems.extend(step.check(&place.index(number)));
            }
        }
        problems
    }
}
