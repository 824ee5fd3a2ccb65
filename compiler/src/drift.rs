//! Drift: whether what is in force is what Git says, one detector for each class. Nothing is ever mended here.
//!
//! The classes of this module need Git and bundles alone; those that need data, results or connections are the
//! executor's. A class that is not in order always names what is different.

use assay_schemas::digest::Digest;
use assay_schemas::drift::{Class, Mode, Since};
use serde::Serialize;

use crate::promotion::Stray;

/// What is found of one class in one environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The environment.
    pub environment: String,
    /// What is compared, and how it stands.
    #[serde(flatten)]
    pub state: State,
    /// What is done about it.
    pub mode: Mode,
    /// Since when it is so; there wherever it is not in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// Whether `since` is certain; where it is not, an earlier look may know better.
    #[serde(skip)]
    pub is_dated: bool,
    /// What is different, one a line; never empty where it is not in order.
    pub differences: Vec<String>,
}

/// The classes, and how each can stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "class", content = "state", rename_all = "snake_case")]
pub enum State {
    /// A bundle against what the branch of its environment compiles to.
    Bundle(BundleState),
    /// A bundle against what the commit that it names compiles to.
    Source(SourceState),
    /// The branch of an environment against the branch that changes come from.
    Branch(BranchState),
}

/// A bundle beside its branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleState {
    /// It is what the branch compiles to.
    InSync,
    /// The branch has gone on.
    Behind,
    /// It was compiled from a commit that the branch does not have yet.
    Ahead,
    /// It was compiled from a commit that the branch never had, or from no commit.
    Unknown,
}

/// A bundle beside its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// The commit compiles to the same bytes.
    Reproducible,
    /// It does not.
    NotReproducible,
    /// The commit is not there, or none is named.
    Unknown,
}

/// A branch beside the one that changes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BranchState {
    /// It holds promotions and rollbacks only.
    Clean,
    /// It holds commits of its own.
    Diverged,
}

impl State {
    /// Its class.
    pub fn class(&self) -> Class {
        match self {
            Self::Bundle(_) => Class::Bundle,
            Self::Source(_) => Class::Source,
            Self::Branch(_) => Class::Branch,
        }
    }

    /// The state as reports name it.
    pub fn name(&self) -> String {
        self.words().replace(' ', "_")
    }

    /// Whether all is as it should be.
    pub fn is_in_order(&self) -> bool {
        matches!(
            self,
            Self::Bundle(BundleState::InSync)
                | Self::Source(SourceState::Reproducible)
                | Self::Branch(BranchState::Clean)
        )
    }

    /// In a few words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Bundle(BundleState::InSync) => "in sync",
            Self::Bundle(BundleState::Behind) => "behind",
            Self::Bundle(BundleState::Ahead) => "ahead",
            Self::Source(SourceState::Reproducible) => "reproducible",
            Self::Source(SourceState::NotReproducible) => "not reproducible",
            Self::Bundle(BundleState::Unknown) | Self::Source(SourceState::Unknown) => "unknown",
            Self::Branch(BranchState::Clean) => "clean",
            Self::Branch(BranchState::Diverged) => "diverged",
        }
    }
}

impl Finding {
    /// Of a class that is told and nothing more.
    pub fn new(environment: &str, state: State, differences: Vec<String>) -> Self {
        let environment = environment.to_owned();
        Self { environment, state, mode: Mode::Warn, since: None, is_dated: false, differences }
    }

    /// Whether it ends a command with code 8.
    pub fn gates(&self) -> bool {
        self.mode == Mode::Gate && !self.state.is_in_order()
    }

    /// What stands on a branch that has no place there.
    pub fn of_branch(environment: &str, strays: &[Stray]) -> Self {
        let differences = strays.iter().map(|stray| {
            let files = stray.files.join(", ");
            let Stray { commit, title, author, way, .. } = stray;
            format!(
                "{} \"{title}\" by {author}: {}; {files}",
                &commit[..commit.len().min(12)],
                way.words()
            )
        });
        let state = if strays.is_empty() { BranchState::Clean } else { BranchState::Diverged };
        let mut found = Self::new(environment, State::Branch(state), differences.collect());
        // They are listed newest first.
        found.since = strays.last().map(|first| Since {
            commit: Some(first.commit.clone()),
            seconds: first.seconds,
            ..Since::default()
        });
        found.is_dated = true;
        found
    }

    /// What the commit of a bundle compiles to, beside the bundle.
    pub fn of_source(environment: &str, sealed: Digest, compiled: Option<Digest>) -> Self {
        let (state, differences) = match compiled {
            Some(found) if found == sealed => (SourceState::Reproducible, Vec::new()),
            Some(found) => (
                SourceState::NotReproducible,
                vec![format!("the bundle's content is {sealed}, its commit compiles to {found}")],
            ),
            None => (
                SourceState::Unknown,
                vec!["the bundle names no commit that is here and compiles".to_owned()],
            ),
        };
        Self::new(environment, State::Source(state), differences)
    }
}
