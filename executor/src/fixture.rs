//! Fixtures: the unit tests of rules, run through the same engine as the data of a job, each on a few rows
//! in memory over one connection.

mod coverage;
mod judge;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use assay_schemas::exit::Exit;
use assay_schemas::plan::TestPlan;
use assay_schemas::problem::nearest;
use assay_schemas::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;

use crate::engine::duckdb::DuckDb;
use crate::engine::{Engine as _, EngineError, Workspace};
use crate::load::{Bundle, LoadError};
pub use coverage::{Coverage, Rule, Uncovered};

/// What the fixtures of a bundle came to.
#[derive(Clone, Debug, Serialize)]
pub struct Tested {
    /// The environment of the bundle.
    pub environment: String,
    /// Content digest of the bundle, `sha256:…`.
    pub bundle_digest: String,
    /// Name and version of the library that computed.
    pub engine: String,
    /// The fixtures, in order of their objects.
    pub fixtures: Vec<FixtureRecord>,
    /// Which rules no fixture makes fail; `None` where only some fixtures were run.
    pub coverage: Option<Coverage>,
    /// How long it took, with the opening of the engine.
    pub elapsed_ms: f64,
}

/// What one fixture came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FixtureRecord {
    /// The tenant of its object, or `shared`.
    pub tenant: String,
    /// Kind of the object that holds it.
    pub kind: String,
    /// Id of that object.
    pub id: String,
    /// Version of that object.
    pub version: String,
    /// Its own id.
    pub fixture_id: String,
    /// Where it stands in the object, as a JSON Pointer.
    pub place: String,
    /// What it shows.
    pub description: Option<String>,
    /// Expectations that it names.
    pub expectations: usize,
    /// What came out otherwise than expected.
    pub faults: Vec<Fault>,
    /// Why it could not be run.
    pub error: Option<String>,
    /// How long it took.
    pub elapsed_ms: f64,
    #[serde(skip)]
    covered: Vec<Rule>,
}

/// Something that came out otherwise than expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The rule as the fixture names it; the check where it names none.
    pub rule: String,
    /// Where the expectation stands in the object, as a JSON Pointer.
    pub place: String,
    /// The rule is one of those that no expectation names.
    pub implied: bool,
    /// What was expected.
    pub expected: Come,
    /// What was found.
    pub found: Come,
    /// What was measured, in words.
    pub message: String,
    /// Names of the columns of `rows`.
    pub columns: Vec<String>,
    /// The rows that violate or were expected to.
    pub rows: Vec<RowRecord>,
}

/// A verdict with the violating rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Come {
    /// The verdict.
    pub verdict: Verdict,
    /// The rows, from 1; `None` where they do not matter or the rule marks none.
    pub rows: Option<BTreeSet<u64>>,
}

/// A row of a fixture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowRecord {
    /// Its number, from 1.
    pub row: u64,
    /// It was expected to violate; `None` where rows do not matter.
    pub expected: Option<bool>,
    /// It violates.
    pub found: bool,
    /// Its cells as text.
    pub cells: Vec<Option<String>>,
}

impl FixtureRecord {
    /// Whether everything came out as expected.
    pub fn holds(&self) -> bool {
        self.error.is_none() && self.faults.is_empty()
    }

    /// The object that holds it, as messages name it.
    pub fn object(&self) -> String {
        format!("{} {} {}", self.kind, self.id, self.version)
    }
}

impl Tested {
    /// How a program ends that reports this; `demand` makes rules fail it that no fixture makes fail.
    pub fn exit(&self, demand: bool) -> Exit {
        let uncovered = self.coverage.as_ref().is_some_and(|found| !found.uncovered.is_empty());
        if self.fixtures.iter().any(|fixture| fixture.error.is_some()) {
            Exit::Broken
        } else if self.fixtures.iter().any(|fixture| !fixture.holds()) || (demand && uncovered) {
            Exit::Failed
        } else if self.fixtures.is_empty() {
            Exit::NothingEvaluated
        } else {
            Exit::Success
        }
    }
}

/// Why fixtures could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The bundle cannot be read.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The engine cannot be opened.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// A name means no fixture.
    #[error("{0}")]
    Unknown(String),
}

/// Runs the fixtures of a bundle: all of them, or those that a name means.
///
/// # Errors
/// The bundle or the engine cannot be opened, or a name means nothing. A fixture that cannot be run is
/// recorded.
pub fn test(bundle: &Bundle, names: &[String]) -> Result<Tested, TestError> {
    let started = Instant::now();
    let all = bundle.tests()?;
    let chosen = choose(&all, names)?;
    let work = Work::new();
    let workspace = Workspace {
        folder: work.0.clone(),
        memory_limit: None,
        // A few rows are not worth a second thread.
        threads: Some(1),
        now: Timestamp::now().as_microsecond(),
        columns: 0,
        notes: std::collections::BTreeMap::new(),
    };
    let mut engine = DuckDb::open(&workspace, &[])?;
    let version = engine.version();
    let mut fixtures = Vec::new();
    for (tenant, plan, places) in chosen {
        for place in places {
            let Some(fixture) = plan.fixtures.get(place) else { continue };
            let began = Instant::now();
            engine.restart(work.0.clone(), instant(fixture.now.as_deref(), workspace.now));
            let mut record = judge::record(tenant, plan, fixture, &mut engine);
            record.elapsed_ms = began.elapsed().as_secs_f64() * 1000.0;
            fixtures.push(record);
        }
    }
    let coverage = match names.is_empty() {
        true => Some(coverage::of(bundle.rules()?, &fixtures)),
        false => None,
    };
    Ok(Tested {
        environment: bundle.environment().to_owned(),
        bundle_digest: bundle.content_digest(),
        engine: version,
        fixtures,
        coverage,
        elapsed_ms: started.elapsed().as_secs_f64() * 1000.0,
    })
}

/// The instant of a canonical text without zone, in microseconds; `otherwise` where there is none.
fn instant(text: Option<&str>, otherwise: i64) -> i64 {
    let at = text.and_then(|text| text.parse::<jiff::civil::DateTime>().ok());
    let at = at.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok());
    at.map_or(otherwise, |at| at.timestamp().as_microsecond())
}

/// A plan of a tenant with the places of its chosen fixtures.
type Chosen<'a> = (&'a str, &'a TestPlan, Vec<usize>);

/// The fixtures that the names mean: an object, a fixture, or both as `object/fixture`; `*` stands for any
/// letters.
fn choose<'a>(
    all: &'a [(String, TestPlan)],
    names: &[String],
) -> Result<Vec<Chosen<'a>>, TestError> {
    let titles = |plan: &TestPlan, fixture: &str| {
        [plan.id.clone(), fixture.to_owned(), format!("{}/{fixture}", plan.id)]
    };
    let mut met = vec![false; names.len()];
    let mut known = BTreeSet::new();
    let mut chosen: Vec<Chosen<'a>> = Vec::new();
    for (tenant, plan) in all {
        let mut places = Vec::new();
        for (place, fixture) in plan.fixtures.iter().enumerate() {
            let titles = titles(plan, &fixture.fixture_id);
            let mut wanted = names.is_empty();
            for (name, met) in names.iter().zip(&mut met) {
                if titles.iter().any(|title| fits(name, title)) {
                    (wanted, *met) = (true, true);
                }
            }
            if wanted {
                places.push(place);
            }
            known.extend(titles);
        }
        chosen.push((tenant, plan, places));
    }
    let Some(unmet) = names.iter().zip(&met).find(|(_, met)| !**met).map(|(name, _)| name) else {
        return Ok(chosen);
    };
    let hint = match nearest(unmet, known.iter().map(String::as_str)) {
        Some(near) => format!(": did you mean `{near}`?"),
        None if known.is_empty() => ": the bundle has none at all".to_owned(),
        None => ": name a rule set, a contract, or a fixture of one".to_owned(),
    };
    Err(TestError::Unknown(format!("no fixture is meant by `{unmet}`{hint}")))
}

/// Whether a text fits a pattern in which `*` stands for any letters.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    loop {
        if fits(rest, left) {
            return true;
        }
        let mut letters = left.chars();
        if letters.next().is_none() {
            return false;
        }
        left = letters.as_str();
    }
}

/// The folder of the engine; it goes when the tests end.
struct Work(PathBuf);

impl Work {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("assay-test-{}", uuid::Uuid::now_v7())))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let path: &Path = &self.0;
        let _ = std::fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("a*c", "abbc", true),
            ("*b*", "abc", true),
            ("a*b", "abc", false),
            ("*", "ü", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_instant_is_read_as_utc() {
        assert_eq!(instant(Some("1970-01-01T00:00:01.5"), 7), 1_500_000);
        assert_eq!(instant(None, 7), 7);
    }
}
