//! Drift: whether what is in force is what was meant. The classes that both programs tell of, what a project wants
//! done about each, and since when something stands as it does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::period::Period;
use crate::problem::{Pointer, Problem};

/// How long ago the last comparison may be where nothing else is said, in seconds: two days.
const STALE: f64 = 2.0 * 86_400.0;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A bundle, or the one that runs were of, with the one that is meant.
    Bundle,
    /// A bundle with what the commit that it names compiles to.
    Source,
    /// The branch of an environment with the branch that changes come from.
    Branch,
    /// The columns of the data with those that the contract declares.
    DataSchema,
    /// Verdicts and figures of the latest run with those of earlier ones.
    Results,
    /// The overrides that there are, with none.
    Override,
    /// Engines, machine and connections with what infra profiles and environment say of them.
    Infra,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Bundle,
        Self::Source,
        Self::Branch,
        Self::DataSchema,
        Self::Results,
        Self::Override,
        Self::Infra,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Source => "source",
            Self::Branch => "branch",
            Self::DataSchema => "data_schema",
            Self::Results => "results",
            Self::Override => "override",
            Self::Infra => "infra",
        }
    }
}

/// What is done about a class.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is not looked at.
    Off,
    /// What is not in order is told.
    #[default]
    Warn,
    /// It also ends the command with code 8, and keeps changes from moving on.
    Gate,
}

impl Mode {
    /// The name that authors write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Gate => "gate",
        }
    }
}

/// What is done about drift of an environment, by class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DriftPolicy {
    /// Bundles that are not what their branch compiles to, and runs of another bundle.
    pub bundle: Mode,
    /// Bundles that are not what their commit compiles to.
    pub source: Mode,
    /// Branches that hold commits of their own.
    pub branch: Mode,
    /// Data whose columns are not those that its contract declares.
    pub data_schema: Mode,
    /// Verdicts and figures that are not what they were.
    pub results: Mode,
    /// Overrides that hold, or have expired.
    #[serde(rename = "override")]
    pub overrides: Mode,
    /// Engines, machines and connections that are not what profiles say.
    pub infra: Mode,
    /// How long ago the latest run of a job may be, such as `24h`; two days where nothing is said.
    pub stale: Option<Period>,
}

impl DriftPolicy {
    /// Whether it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What is done about a class.
    pub fn mode(&self, class: Class) -> Mode {
        match class {
            Class::Bundle => self.bundle,
            Class::Source => self.source,
            Class::Branch => self.branch,
            Class::DataSchema => self.data_schema,
            Class::Results => self.results,
            Class::Override => self.overrides,
            Class::Infra => self.infra,
        }
    }

    /// The same where the command line leaves classes out, and where it has every other one gate.
    pub fn mode_where(&self, class: Class, off: &[String], gate: bool) -> Mode {
        match self.mode(class) {
            _ if off.iter().any(|name| name == class.name()) => Mode::Off,
            Mode::Warn if gate => Mode::Gate,
            mode => mode,
        }
    }

    /// How long ago the latest run of a job may be, in seconds.
    pub fn stale_seconds(&self) -> f64 {
        let said =
            self.stale.as_ref().and_then(|stale| crate::literal::duration(stale.as_str()).ok());
        said.unwrap_or(STALE)
    }

    /// What is wrong with it beyond its shape.
    pub fn check(&self) -> Vec<Problem> {
        self.stale.iter().filter_map(|stale| stale.check_length(Pointer::from("stale"))).collect()
    }
}

/// Since when something is different.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The first commit that it is so with, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<String>,
    /// The first run that it is so with, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<String>,
    /// When that was, in seconds since 1970.
    pub seconds: i64,
}

/// What an earlier report said: since when what stood as it does now was so.
#[derive(Clone, Debug, Default)]
pub struct Earlier(BTreeMap<[String; 5], Since>);

/// What tells two findings of one class apart, and how one stands.
#[derive(Clone, Copy, Debug)]
pub struct Stands<'a> {
    /// The class.
    pub class: Class,
    /// The environment.
    pub environment: &'a str,
    /// The tenant, where the class is of jobs.
    pub tenant: Option<&'a str>,
    /// The job, where the class is of jobs.
    pub job: Option<&'a str>,
    /// The state, as reports name it.
    pub state: &'a str,
}

impl Stands<'_> {
    fn key(&self) -> [String; 5] {
        let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
        [
            self.class.name().to_owned(),
            self.environment.to_owned(),
            word(self.tenant),
            word(self.job),
            self.state.to_owned(),
        ]
    }
}

impl Earlier {
    /// Reads a report that `drift --format json` of either program wrote.
    ///
    /// # Errors
    /// It is none, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let list = report["drift"].as_array().ok_or("it has no list `drift`")?;
        let mut found = BTreeMap::new();
        for one in list {
            let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let since: Since = match serde_json::from_value(one["since"].clone()) {
                Ok(since) => since,
                Err(_) => continue,
            };
            let names = ["class", "environment", "tenant", "job", "state"];
            found.insert(names.map(word), since);
        }
        Ok(Self(found))
    }

    /// Since when something stands as it does: the earlier of what is known now and what was known then.
    pub fn since(&self, stands: &Stands<'_>, now: Since) -> Since {
        match self.0.get(&stands.key()) {
            Some(then) if then.seconds < now.seconds => then.clone(),
            _ => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_lowers_and_raises_what_an_environment_says() {
        let policy: DriftPolicy =
            serde_json::from_str(r#"{ "results": "gate", "infra": "off", "stale": "PT24H" }"#)
                .expect("it reads");
        let modes = |off: &[&str], gate| {
            let off: Vec<_> = off.iter().map(|name| (*name).to_owned()).collect();
            [Class::Results, Class::Infra, Class::Branch]
                .map(|class| policy.mode_where(class, &off, gate).name())
        };
        assert_eq!(modes(&[], false), ["gate", "off", "warn"]);
        assert_eq!(modes(&[], true), ["gate", "off", "gate"]);
        assert_eq!(modes(&["results"], true), ["off", "off", "gate"]);
        assert_eq!(policy.stale_seconds(), 86_400.0);
        assert_eq!(DriftPolicy::default().stale_seconds(), 172_800.0);
    }

    #[test]
    fn what_was_so_before_is_so_since_then() {
        let report = r#"{ "drift": [{ "class": "infra", "environment": "prod", "state": "differs",
            "since": { "seconds": 10, "commit": "ab" } }, { "class": "results", "state": "in_sync" }] }"#;
        let earlier = Earlier::read(report).expect("it reads");
        let mut stands = Stands {
            class: Class::Infra,
            environment: "prod",
            tenant: None,
            job: None,
            state: "differs",
        };
        let now = Since { seconds: 20, ..Since::default() };
        assert_eq!(earlier.since(&stands, now.clone()).commit.as_deref(), Some("ab"));
        stands.state = "unknown";
        assert_eq!(earlier.since(&stands, now.clone()), now);
        assert!(Earlier::read("{}").is_err() && Earlier::read("x").is_err());
    }
}
