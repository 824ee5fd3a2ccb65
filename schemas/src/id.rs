//! Names and versions: one type for each, checked on entry, never converted into each other.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The form of every id: letters, digits, `.`, `_`, `-`, at most 128 characters, beginning with a letter
/// or digit.
pub const ID_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";

/// Why a text is not an id, a name or a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct Malformed {
    text: String,
    wanted: &'static str,
}

fn is_id(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && text.len() <= 128
        && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $Id:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $Id(String);

        impl $Id {
            /// Checks the form.
            ///
            /// # Errors
            /// The text does not have the form of [`ID_PATTERN`].
            pub fn new(text: impl Into<String>) -> Result<Self, Malformed> {
                let text = text.into();
                if is_id(&text) {
                    Ok(Self(text))
                } else {
                    Err(Malformed { text, wanted: "an id: letters, digits, `.`, `_`, `-`, at most 128" })
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $Id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $Id {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($Id).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": ID_PATTERN })
            }
        }
    )*};
}

ids! {
    /// A tenant; objects without one are shared.
    TenantId
    /// An environment: the file name under `environments/` without its ending.
    EnvironmentName
    /// A catalog entity.
    EntityId
    /// An attribute of a catalog entity, unique within it.
    AttributeId
    /// A dataset schema.
    SchemaId
    /// A taxonomy.
    TaxonomyId
    /// A rule template.
    RuleTemplateId
    /// A rule set.
    RuleSetId
    /// A rule, unique within its set or contract.
    RuleId
    /// A cleansing policy.
    CleansingPolicyId
    /// An infra profile.
    InfraProfileId
    /// A governance profile.
    GovernanceProfileId
    /// An action profile.
    ActionProfileId
    /// A data contract.
    ContractId
    /// A dataset of a contract, unique within it.
    DatasetContractId
    /// A fixture, unique within its rule set or contract.
    FixtureId
    /// A job definition.
    JobDefinitionId
    /// An action type, by the name that callers use.
    ApiName
    /// A decision rule.
    DecisionRuleId
    /// A KPI.
    KpiId
    /// A KPI job.
    KpiJobId
    /// A mapping template.
    MappingTemplateId
    /// A profiling policy.
    ProfilingPolicyId
    /// A workflow: the name of the upstream job.
    WorkflowId
    /// A waiver.
    WaiverId
    /// A connection declared by the environments.
    ConnId
}

/// The name of a column: any text without control characters, at most 256 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ColumnName(String);

impl ColumnName {
    /// Checks the form.
    ///
    /// # Errors
    /// The text is empty, too long or holds a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, Malformed> {
        let text = text.into();
        let fits = (1..=256).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(Malformed { text, wanted: "the name of a column" }) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ColumnName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ColumnName {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ColumnName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 256 })
    }
}

/// The version of an object, by Semantic Versioning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

impl Version {
    /// Checks the form.
    ///
    /// # Errors
    /// The text is not a semantic version such as `1.4.0`.
    pub fn new(text: &str) -> Result<Self, Malformed> {
        semver::Version::parse(text)
            .map(Self)
            .map_err(|_| Malformed { text: text.to_owned(), wanted: "a version such as `1.4.0`" })
    }

    /// Whether two versions differ in what they may break.
    pub fn major(&self) -> u64 {
        self.0.major
    }
}

impl Default for Version {
    fn default() -> Self {
        Self(semver::Version::new(1, 0, 0))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which versions a reference accepts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum VersionRequest {
    /// This one.
    Exact(Version),
    /// The highest within a range such as `^2.1`.
    Range(semver::VersionReq),
}

impl VersionRequest {
    /// Reads `2.1.0` as exact and anything else as a range; `>=1 <3` and `>=1, <3` are the same.
    ///
    /// # Errors
    /// The text is neither.
    pub fn new(text: &str) -> Result<Self, Malformed> {
        if let Ok(version) = semver::Version::parse(text) {
            return Ok(Self::Exact(Version(version)));
        }
        semver::VersionReq::parse(&with_commas(text)).map(Self::Range).map_err(|_| Malformed {
            text: text.to_owned(),
            wanted: "a version such as `1.4.0` or a range such as `^1.4`",
        })
    }

    /// Whether `version` is accepted.
    pub fn accepts(&self, version: &Version) -> bool {
        match self {
            Self::Exact(wanted) => wanted == version,
            Self::Range(range) => range.matches(&version.0),
        }
    }
}

/// A range with a comma between its comparators, and none inside them.
fn with_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if !out.is_empty() && !out.ends_with(['<', '>', '=', '~', '^']) {
            out.push_str(", ");
        }
        out.push_str(word);
    }
    out
}

impl fmt::Display for VersionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(version) => version.fmt(f),
            Self::Range(range) => range.fmt(f),
        }
    }
}

macro_rules! as_text {
    ($Type:ident, $pattern:literal) => {
        impl Serialize for $Type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $Type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($Type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

as_text!(Version, r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$");
as_text!(VersionRequest, r"^[\d^~=<>*xX][0-9A-Za-z.,<>=~^*+ -]*$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_take_names_and_refuse_paths() {
        assert!(EntityId::new("taxi.trip-v1").is_ok());
        for bad in ["", "../x", "a b", "-a", "ä"] {
            assert!(EntityId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_full_version_is_exact_and_a_caret_is_a_range() {
        let exact = VersionRequest::new("2.1.0").unwrap();
        let range = VersionRequest::new("^2.1").unwrap();
        let newer = Version::new("2.3.0").unwrap();
        assert!(!exact.accepts(&newer));
        assert!(range.accepts(&newer));
        assert!(!range.accepts(&Version::new("3.0.0").unwrap()));
        for (text, printed, accepted, refused) in [
            (">=1 <3", ">=1, <3", "2.9.9", "3.0.0"),
            (">= 1.2 , < 2", ">=1.2, <2", "1.2.0", "1.1.9"),
            ("~1.4", "~1.4", "1.4.7", "1.5.0"),
            ("1.x", "1.*", "1.9.0", "2.0.0"),
        ] {
            let range = VersionRequest::new(text).unwrap();
            assert_eq!(range.to_string(), printed);
            assert!(range.accepts(&Version::new(accepted).unwrap()), "{text}");
            assert!(!range.accepts(&Version::new(refused).unwrap()), "{text}");
        }
        assert!(VersionRequest::new("1 - 3").is_err());
    }
}
