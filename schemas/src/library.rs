//! The kinds of object that a library holds: one file for each, and one list.
//!
//! Every kind is a struct whose JSON Schema is generated from it; [`crate::shape`] checks authored values
//! against that schema, so the published schema and the compiler cannot disagree.

pub mod action_profile;
pub mod action_type;
pub mod authored;
pub mod cleansing_policy;
pub mod data_contract;
pub mod dataset_schema;
pub mod decision_rule;
pub mod entity;
pub mod environment;
pub mod event;
pub mod fixture;
pub mod governance_profile;
pub mod infra_profile;
pub mod job_definition;
pub mod kpi_contract;
pub mod kpi_job;
pub mod level;
pub mod mapping_template;
pub mod owner;
pub mod profiling_policy;
pub mod project;
pub mod reference;
pub mod rule_set;
pub mod rule_template;
pub mod schedule;
pub mod taxonomy;
pub mod waiver;
pub mod workflow;

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{EnvironmentName, TenantId, Version};
use crate::problem::Problem;
use crate::shape::Shape;
pub use authored::Authored;
pub use owner::{Contact, Criticality};
pub use reference::{Reference, Request};

/// Free-form notes for people and other tools; they take no part in what an object means.
pub type Metadata = Map<String, Value>;

/// Where an object stands in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written.
    Draft,
    /// Waits for its owners.
    PendingApproval,
    /// In use.
    #[default]
    Active,
    /// No longer for new use.
    Retired,
}

impl Status {
    /// The name as authors write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingApproval => "pending_approval",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

/// What all kinds have in common.
pub trait LibraryObject: Serialize + DeserializeOwned + JsonSchema {
    /// The kind.
    const KIND: Kind;
    /// What its authored form allows beyond its fields.
    const AUTHORED: Authored = Authored::PLAIN;

    /// Its id within tenant and kind.
    fn id(&self) -> &str;
    /// Its version.
    fn version(&self) -> &Version;
    /// Its tenant; `None` is shared.
    fn tenant(&self) -> Option<&TenantId>;
    /// The only environment it is for; `None` is all.
    fn environment(&self) -> Option<&EnvironmentName>;
    /// Where it stands in its life.
    fn status(&self) -> Status;

    /// Everything it refers to, with the place of each reference.
    fn references(&self) -> Vec<Reference>;

    /// What is wrong with it beyond its shape, seen alone.
    fn check(&self) -> Vec<Problem>;
}

/// Declares a kind: the struct with the fields that all kinds share, then its own.
macro_rules! kind {
    (
        $(#[$doc:meta])*
        $Kind:ident { id: $id:ident $Id:ident, $($(#[$field_doc:meta])* $field:ident: $Type:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $Kind {
            /// Names the object within its kind and tenant.
            pub $id: crate::id::$Id,
            /// A name for people.
            #[serde(default)]
            pub name: Option<String>,
            /// What it is for.
            #[serde(default)]
            pub description: Option<String>,
            /// The tenant it belongs to; without one it is shared by all.
            #[serde(default)]
            pub tenant_id: Option<crate::id::TenantId>,
            /// The one environment it is for; without one it is for all.
            #[serde(default)]
            pub environment: Option<crate::id::EnvironmentName>,
            /// Semantic version; a changed meaning wants a new one.
            #[serde(default)]
            pub version: crate::id::Version,
            /// Where it stands in its life.
            #[serde(default)]
            pub status: crate::library::Status,
            /// Who answers for it.
            #[serde(default)]
            pub owner: Option<String>,
            /// Words to find it by.
            #[serde(default)]
            pub tags: std::collections::BTreeSet<String>,
            /// Free-form notes for people and other tools.
            #[serde(default)]
            pub metadata: crate::library::Metadata,
            $($(#[$field_doc])* pub $field: $Type,)*
        }

        impl $Kind {
            const KIND: crate::library::Kind = crate::library::Kind::$Kind;
        }
    };
}
pub(crate) use kind;

/// Implements the accessors of [`LibraryObject`] for the fields that [`kind!`] declares.
macro_rules! common_fields {
    ($id:ident) => {
        const KIND: crate::library::Kind = Self::KIND;

        fn id(&self) -> &str {
            self.$id.as_str()
        }
        fn version(&self) -> &crate::id::Version {
            &self.version
        }
        fn tenant(&self) -> Option<&crate::id::TenantId> {
            self.tenant_id.as_ref()
        }
        fn environment(&self) -> Option<&crate::id::EnvironmentName> {
            self.environment.as_ref()
        }
        fn status(&self) -> crate::library::Status {
            self.status
        }
    };
}
pub(crate) use common_fields;

macro_rules! library {
    ($($Kind:ident $module:ident $name:literal $folder:literal $id_field:literal)*) => {
        /// The kinds, in order of name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $(#[doc = concat!("A `", $name, "`.")] $Kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$Kind,)*];

            /// The public name, such as `rule_set`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$Kind => $name,)* }
            }

            /// The folder under `libraries/` that holds it.
            pub fn folder(self) -> &'static str {
                match self { $(Self::$Kind => $folder,)* }
            }

            /// The field that holds its id and tells it from the other kinds of the folder.
            pub fn id_field(self) -> &'static str {
                match self { $(Self::$Kind => $id_field,)* }
            }

            /// What its authored form allows beyond its fields.
            pub fn authored(self) -> &'static Authored {
                match self { $(Self::$Kind => &<$module::$Kind as LibraryObject>::AUTHORED,)* }
            }

            /// The shape of its authored form.
            pub fn shape(self) -> &'static Shape {
                match self {
                    $(Self::$Kind => {
                        static SHAPE: OnceLock<Shape> = OnceLock::new();
                        SHAPE.get_or_init(Shape::of::<$module::$Kind>)
                    })*
                }
            }

            /// Turns an authored value into an object, whichever spelling of a field it uses.
            ///
            /// # Errors
            /// Everything that is wrong with the value: its shape first, then its content.
            pub fn read(self, value: &Value) -> Result<Object, Vec<Problem>> {
                match self { $(Self::$Kind => read::<$module::$Kind>(value).map(Object::$Kind),)* }
            }
        }

        /// An object of any kind.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(clippy::large_enum_variant, reason = "objects are held one by one, never in arrays of bytes")]
        pub enum Object {
            $(#[doc = concat!("A `", $name, "`.")] $Kind($module::$Kind),)*
        }

        impl Object {
            /// The kind.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$Kind(_) => Kind::$Kind,)* }
            }
            /// The id within tenant and kind.
            pub fn id(&self) -> &str {
                match self { $(Self::$Kind(object) => object.id(),)* }
            }
            /// The version.
            pub fn version(&self) -> &Version {
                match self { $(Self::$Kind(object) => object.version(),)* }
            }
            /// The tenant; `None` is shared.
            pub fn tenant(&self) -> Option<&TenantId> {
                match self { $(Self::$Kind(object) => object.tenant(),)* }
            }
            /// The only environment it is for; `None` is all.
            pub fn environment(&self) -> Option<&EnvironmentName> {
                match self { $(Self::$Kind(object) => object.environment(),)* }
            }
            /// Where it stands in its life.
            pub fn status(&self) -> Status {
                match self { $(Self::$Kind(object) => object.status(),)* }
            }
            /// Everything it refers to.
            pub fn references(&self) -> Vec<Reference> {
                match self { $(Self::$Kind(object) => object.references(),)* }
            }
            /// Its JSON text, with defaults filled in and fields in the order of their declaration.
            pub fn to_text(&self) -> String {
                let text = match self { $(Self::$Kind(object) => serde_json::to_string(object),)* };
                // Texts, numbers, lists and maps with text keys always serialise.
                text.unwrap_or_default()
            }
            /// Its JSON, with defaults filled in.
            pub fn to_value(&self) -> Value {
                match self { $(Self::$Kind(object) => crate::canonical::value_of(object),)* }
            }
        }
    };
}

library! {
    ActionProfile action_profile "action_profile" "actions" "action_profile_id"
    ActionType action_type "action_type" "actions" "api_name"
    CleansingPolicy cleansing_policy "cleansing_policy" "rules" "cleansing_policy_id"
    DataContract data_contract "data_contract" "contracts" "contract_id"
    DatasetSchema dataset_schema "dataset_schema" "schemas" "schema_id"
    DecisionRule decision_rule "decision_rule" "decisions" "decision_rule_id"
    Entity entity "entity" "catalog" "entity_id"
    GovernanceProfile governance_profile "governance_profile" "governance" "governance_profile_id"
    InfraProfile infra_profile "infra_profile" "infra" "infra_profile_id"
    JobDefinition job_definition "job_definition" "jobs" "job_definition_id"
    KpiContract kpi_contract "kpi_contract" "metrics" "kpi_id"
    KpiJob kpi_job "kpi_job" "jobs" "job_id"
    MappingTemplate mapping_template "mapping_template" "rules" "mapping_template_id"
    ProfilingPolicy profiling_policy "profiling_policy" "rules" "profiling_policy_id"
    RuleSet rule_set "rule_set" "rules" "rule_set_id"
    RuleTemplate rule_template "rule_template" "rules" "rule_template_id"
    Taxonomy taxonomy "taxonomy" "schemas" "taxonomy_id"
    Waiver waiver "waiver" "waivers" "waiver_id"
    Workflow workflow "workflow" "workflows" "workflow_id"
}

impl Kind {
    /// The kind of an authored object: by its folder, then by the id field that it has, else by a field
    /// that no other kind of the folder has.
    pub fn of<'a>(folder: &str, fields: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let has = |wanted: &str| fields.clone().any(|field| field == wanted);
        Self::in_folder(folder).find(|kind| kind.id_spellings().any(has)).or_else(|| {
            Self::in_folder(folder)
                .find(|kind| kind.authored().tells.iter().any(|field| has(field)))
        })
    }

    /// The id field and its other spellings.
    pub fn id_spellings(self) -> impl Iterator<Item = &'static str> {
        let aliases = self.authored().aliases.iter();
        let of_id = aliases.filter(move |a| a.within.is_empty() && a.field == self.id_field());
        std::iter::once(self.id_field()).chain(of_id.map(|alias| alias.alias))
    }

    /// The kinds that a folder holds.
    pub fn in_folder(folder: &str) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |kind| kind.folder() == folder)
    }

    /// The kind of a public name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

fn read<T: LibraryObject>(value: &Value) -> Result<T, Vec<Problem>> {
    let normalized = (T::AUTHORED != Authored::PLAIN).then(|| authored::normalized(T::KIND, value));
    let value = normalized.as_ref().unwrap_or(value);
    let problems = T::KIND.shape().check(value);
    if !problems.is_empty() {
        return Err(problems);
    }
    let object: T = crate::shape::take(value)?;
    let problems = object.check();
    let fatal = problems.iter().any(|problem| problem.code.level() == crate::code::Level::Error);
    if fatal { Err(problems) } else { Ok(object) }
}

/// A problem for each id that stands a second time in a list of parts.
pub(crate) fn unique_ids<'a>(
    list: &str,
    id_field: &str,
    ids: impl IntoIterator<Item = &'a str>,
) -> Vec<Problem> {
    let mut seen = std::collections::BTreeMap::new();
    let mut problems = Vec::new();
    for (index, id) in ids.into_iter().enumerate() {
        if let Some(first) = seen.insert(id, index) {
            let pointer = crate::problem::Pointer::root().key(list).index(index).key(id_field);
            let message = format!(
                "`{id}` stands here for the second time; the first is number {}",
                first + 1
            );
            problems.push(
                Problem::new(crate::code::Code::DuplicateId, pointer, message)
                    .hint("give one of the two another id"),
            );
        }
    }
    problems
}
