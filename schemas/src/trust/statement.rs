//! What is signed: an in-toto statement, version 1, with SLSA provenance, version 1, of a bundle.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bundle::FORMAT_VERSION;
use crate::digest::Digest;
use crate::plan::PLAN_VERSION;

/// The form of the statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What it says of its subject.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";
/// How the subject was made.
const BUILD_TYPE: &str = "https://assay.dev/compile/v1";

/// A statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// What it speaks of: the one bundle.
    pub subject: Vec<Subject>,
    /// [`PREDICATE_TYPE`].
    pub predicate_type: String,
    /// What it says.
    pub predicate: Predicate,
}

/// What a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The environment of the bundle.
    pub name: String,
    /// `sha256`: digest of the bundle's manifest, in hexadecimal.
    pub digest: BTreeMap<String, String>,
}

/// Provenance of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    external_parameters: External,
    internal_parameters: Internal,
    resolved_dependencies: Vec<Dependency>,
}

/// What the caller of the compiler chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    environment: String,
    sequence: u64,
    /// Options of the compiler that the bytes depend on, by name; what is not here has no say in them.
    #[serde(default)]
    flags: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Internal {
    content_digest: Digest,
    core_digest: Digest,
    #[serde(default)]
    format_version: u32,
    #[serde(default)]
    plan_version: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Dependency {
    name: String,
    digest: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    /// `contentDigest` of a shared library, as the lock has it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RunDetails {
    builder: Builder,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Builder {
    id: String,
    /// By program, the version that signed what it compiles to.
    #[serde(default)]
    version: BTreeMap<String, String>,
}

/// A shared library, as the bundle's manifest names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Its name in the project.
    pub name: String,
    /// Its repository.
    pub git: String,
    /// The commit that is locked.
    pub commit: String,
    /// Digest of what the commit holds, as the lock has it.
    pub content_digest: String,
}

/// What a statement says of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Digest of the manifest.
    pub artifact_digest: Digest,
    /// The environment.
    pub environment: String,
    /// The bundle's place among those of its environment; a later one has a greater number.
    pub sequence: u64,
    /// Digest of the content.
    pub content_digest: Digest,
    /// Digest of the core.
    pub core_digest: Digest,
    /// The commit.
    pub commit: String,
    /// The repository of the commit, as a URI, where that is known.
    pub repository: Option<String>,
    /// The shared libraries.
    pub libraries: Vec<Shared>,
    /// Who compiled it, as a URI.
    pub builder: String,
    /// Version of the compiler.
    pub version: String,
}

impl Statement {
    /// The statement that claims this.
    pub fn of(claims: &Claims) -> Self {
        let digest =
            |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let own = Dependency {
            name: "library".to_owned(),
            digest: digest("gitCommit", &claims.commit),
            uri: claims.repository.clone(),
            annotations: BTreeMap::new(),
        };
        let shared = claims.libraries.iter().map(|shared| Dependency {
            name: shared.name.clone(),
            digest: digest("gitCommit", &shared.commit),
            uri: Some(shared.git.clone()),
            annotations: digest("contentDigest", &shared.content_digest),
        });
        let flags = [("env", &claims.environment), ("rev", &claims.commit)];
        let flags = flags.map(|(name, value)| (name.to_owned(), value.clone()));
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: vec![Subject {
                name: claims.environment.clone(),
                digest: digest("sha256", &claims.artifact_digest.hex().to_string()),
            }],
            predicate_type: PREDICATE_TYPE.to_owned(),
            predicate: Predicate {
                build_definition: BuildDefinition {
                    build_type: BUILD_TYPE.to_owned(),
                    external_parameters: External {
                        environment: claims.environment.clone(),
                        sequence: claims.sequence,
                        flags: BTreeMap::from(flags),
                    },
                    internal_parameters: Internal {
                        content_digest: claims.content_digest,
                        core_digest: claims.core_digest,
                        format_version: FORMAT_VERSION,
                        plan_version: PLAN_VERSION,
                    },
                    resolved_dependencies: std::iter::once(own).chain(shared).collect(),
                },
                run_details: RunDetails {
                    builder: Builder {
                        id: claims.builder.clone(),
                        version: digest("assayc", &claims.version),
                    },
                },
            },
        }
    }

    /// Reads a statement of a bundle.
    ///
    /// # Errors
    /// It is none.
    pub fn read(payload: &[u8]) -> Result<Self, String> {
        let statement: Self = serde_json::from_slice(payload)
            .map_err(|error| format!("what is signed is no statement of a bundle: {error}"))?;
        let form = (statement.statement_type.as_str(), statement.predicate_type.as_str());
        if form != (STATEMENT_TYPE, PREDICATE_TYPE) {
            return Err(format!("what is signed is a `{}` of type `{}`", form.1, form.0));
        }
        match statement.subject.as_slice() {
            [_] => Ok(statement),
            subjects => {
                Err(format!("what is signed speaks of {} subjects, not of one", subjects.len()))
            }
        }
    }

    /// The environment that it binds the bundle to.
    pub fn environment(&self) -> &str {
        &self.predicate.build_definition.external_parameters.environment
    }

    /// The bundle's place among those of its environment.
    pub fn sequence(&self) -> u64 {
        self.predicate.build_definition.external_parameters.sequence
    }

    /// Digest of the content that it speaks of.
    pub fn content_digest(&self) -> Digest {
        self.predicate.build_definition.internal_parameters.content_digest
    }

    /// Digest of the core that it speaks of.
    pub fn core_digest(&self) -> Digest {
        self.predicate.build_definition.internal_parameters.core_digest
    }

    /// Whether it speaks of the manifest of this digest.
    pub fn is_of(&self, artifact_digest: Digest) -> bool {
        let wanted = artifact_digest.hex().to_string();
        self.subject.iter().any(|subject| {
            subject.digest.get("sha256").is_some_and(|found| *found == wanted)
                && subject.name == self.environment()
        })
    }
}
