//! References from one object to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::id::{
    ActionProfileId, CleansingPolicyId, ContractId, DatasetContractId, EntityId,
    GovernanceProfileId, InfraProfileId, MappingTemplateId, ProfilingPolicyId, RuleSetId,
    RuleTemplateId, SchemaId, TaxonomyId, VersionRequest,
};
use crate::problem::Pointer;

/// A reference as found in an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Where in the object it stands.
    pub pointer: Pointer,
    /// How it is written there.
    pub written: Written,
    /// The kind referred to.
    pub kind: Kind,
    /// The id referred to.
    pub id: String,
    /// The versions accepted; `None` means the highest active one.
    pub request: Option<VersionRequest>,
}

/// How a reference is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As an object with the id field of the kind and, if wanted, `version`.
    Object,
    /// As the id alone; the version may stand in another field beside it.
    Id {
        /// The field of the version, where there is one.
        version: Option<&'static str>,
    },
}

impl Reference {
    /// A reference that is written as the id alone.
    pub fn of_id(pointer: Pointer, kind: Kind, id: &str) -> Self {
        let written = Written::Id { version: None };
        Self { pointer, written, kind, id: id.to_owned(), request: None }
    }

    /// Where the id stands.
    pub fn id_place(&self) -> Pointer {
        match self.written {
            Written::Object => self.pointer.key(self.kind.id_field()),
            Written::Id { .. } => self.pointer.clone(),
        }
    }

    /// Where the version stands or would stand; `None` where the form has no place for one.
    pub fn version_place(&self) -> Option<Pointer> {
        match self.written {
            Written::Object => Some(self.pointer.key("version")),
            Written::Id { version } => {
                version.map(|field| self.pointer.parent().unwrap_or_default().key(field))
            }
        }
    }
}

/// What a reference asks for, without the place it stands in.
pub trait Request {
    /// The reference, seen from `pointer`.
    fn at(&self, pointer: Pointer) -> Reference;
}

macro_rules! references {
    ($($(#[$doc:meta])* $Name:ident $Kind:ident $id:ident $Id:ident { $($(#[$extra_doc:meta])* $extra:ident: $Extra:ty)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $Name {
            /// The id.
            pub $id: $Id,
            /// An exact version, a range such as `^2.1`, or nothing for the highest active one.
            #[serde(default)]
            pub version: Option<VersionRequest>,
            $($(#[$extra_doc])* #[serde(default)] pub $extra: Option<$Extra>,)?
        }

        impl Request for $Name {
            fn at(&self, pointer: Pointer) -> Reference {
                Reference {
                    pointer,
                    written: Written::Object,
                    kind: Kind::$Kind,
                    id: self.$id.as_str().to_owned(),
                    request: self.version.clone(),
                }
            }
        }
    )*};
}

references! {
    /// Refers to an action profile.
    ActionProfileRef ActionProfile action_profile_id ActionProfileId {}
    /// Refers to a cleansing policy.
    CleansingPolicyRef CleansingPolicy cleansing_policy_id CleansingPolicyId {}
    /// Refers to a data contract, and to one of its datasets where it has several.
    DataContractRef DataContract contract_id ContractId {
        /// The dataset of the contract; may be left out where there is one.
        dataset_contract_id: DatasetContractId
    }
    /// Refers to a catalog entity.
    EntityRef Entity entity_id EntityId {}
    /// Refers to a governance profile.
    GovernanceProfileRef GovernanceProfile governance_profile_id GovernanceProfileId {}
    /// Refers to an infra profile.
    InfraProfileRef InfraProfile infra_profile_id InfraProfileId {}
    /// Refers to a mapping template.
    MappingTemplateRef MappingTemplate mapping_template_id MappingTemplateId {}
    /// Refers to a profiling policy.
    ProfilingPolicyRef ProfilingPolicy profiling_policy_id ProfilingPolicyId {}
    /// Refers to a rule set.
    RuleSetRef RuleSet rule_set_id RuleSetId {}
    /// Refers to a rule template.
    RuleTemplateRef RuleTemplate rule_template_id RuleTemplateId {}
    /// Refers to a dataset schema.
    SchemaRef DatasetSchema schema_id SchemaId {}
    /// Refers to a taxonomy.
    TaxonomyRef Taxonomy taxonomy_id TaxonomyId {}
}

/// Collects references with their places.
pub(crate) struct Collector(Vec<Reference>);

impl Collector {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds the reference at `pointer`, if there is one.
    pub(crate) fn add<R: Request>(&mut self, pointer: Pointer, reference: Option<&R>) {
        self.0.extend(reference.map(|reference| reference.at(pointer)));
    }

    /// Adds a reference that is written as the id alone.
    pub(crate) fn add_id(&mut self, pointer: Pointer, kind: Kind, id: &str) {
        self.0.push(Reference::of_id(pointer, kind, id));
    }

    /// Adds each reference of a list.
    pub(crate) fn add_all<R: Request>(&mut self, pointer: &Pointer, references: &[R]) {
        for (index, reference) in references.iter().enumerate() {
            self.add(pointer.index(index), Some(reference));
        }
    }

    /// Adds references found in a part of the object that stands at `pointer`.
    pub(crate) fn extend(&mut self, pointer: &Pointer, references: Vec<Reference>) {
        self.0.extend(references.into_iter().map(|mut reference| {
            reference.pointer = pointer.join(&reference.pointer);
            reference
        }));
    }

    /// Adds a reference.
    pub(crate) fn push(&mut self, reference: Reference) {
        self.0.push(reference);
    }

    pub(crate) fn finish(self) -> Vec<Reference> {
        self.0
    }
}
