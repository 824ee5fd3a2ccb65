//! Drift that data, results and overrides tell: whether what runs is what was meant to run, and on what it was
//! meant to. Nothing is ever mended here. Drift of branches and of what bundles are made from is the compiler's.

pub mod machine;
pub mod results;

use assay_schemas::drift::{Class, Mode, Since};
use serde::Serialize;

/// What is found of one class, of one job where the class is of jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What is compared.
    pub class: Class,
    /// The environment.
    pub environment: String,
    /// The tenant, where the job has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// How it stands.
    pub state: State,
    /// What is done about it.
    pub mode: Mode,
    /// What is behind the differences, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Since when it is so; there wherever it is not in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// What is different, one a line; never empty where it is not in order.
    pub differences: Vec<String>,
}

impl Finding {
    /// Of a class and, where it is of jobs, one job by tenant and id.
    pub fn new(
        class: Class,
        job: Option<(&str, &str)>,
        (state, differences): (State, Vec<String>),
    ) -> Self {
        let tenant = job.map(|(tenant, _)| tenant).filter(|tenant| *tenant != "shared");
        Self {
            class,
            environment: String::new(),
            tenant: tenant.map(str::to_owned),
            job: job.map(|(_, id)| id.to_owned()),
            state,
            mode: Mode::Warn,
            causes: Vec::new(),
            since: None,
            differences,
        }
    }

    /// Whether it ends a command with code 8.
    pub fn gates(&self) -> bool {
        self.mode == Mode::Gate && !self.state.is_in_order()
    }

    /// Class, job and state in a few words.
    pub fn words(&self) -> String {
        let job = self.job.as_deref().map(|job| format!(" of {job}")).unwrap_or_default();
        format!("{}{job}: {}", self.class.name(), self.state.words())
    }
}

/// What is behind a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The same is asked of other data.
    Data,
    /// Something else is asked.
    Rule,
}

/// The classes that need data, results, overrides or connections, in the order in which they are told.
pub const CLASSES: [Class; 5] =
    [Class::Bundle, Class::DataSchema, Class::Results, Class::Override, Class::Infra];

/// How a class stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Bundle: runs are of it. Results: verdicts are what they were.
    InSync,
    /// Schema: as declared. Overrides: there is none. Infra: as the profiles say.
    None,
    /// Bundle: the latest run is of another one.
    Behind,
    /// Schema: more columns, or in another order.
    Compatible,
    /// Schema: columns are missing or of another type.
    Breaking,
    /// Results: verdicts are others than they mostly were.
    Shifted,
    /// Overrides: some hold.
    Active,
    /// Overrides: some have expired, or are refused.
    Expired,
    /// Infra: the machine, an engine or a connection is not as it should be.
    Differs,
    /// Nothing has been compared for too long.
    Stale,
    /// There is nothing to compare.
    Unknown,
}

impl State {
    /// Whether all is as it should be.
    pub fn is_in_order(self) -> bool {
        matches!(self, Self::InSync | Self::None)
    }

    /// In a few words; with `_` for spaces, as reports name it.
    pub fn words(self) -> &'static str {
        match self {
            Self::InSync => "in sync",
            Self::None => "none",
            Self::Behind => "behind",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
            Self::Shifted => "shifted",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Differs => "differs",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
        }
    }
}
