//! What the runs of the environment before must have shown, by the file that the executor writes from its lake.

use std::path::Path;

use assay_schemas::digest::Digest;
use assay_schemas::drift::{Class, Mode};
use assay_schemas::exit::Exit;
use assay_schemas::library::environment::Environment;
use assay_schemas::verification::{VERIFICATION_VERSION, Verification};
use assay_schemas::words::counted;

use super::super::CommandError;
use super::demand::Demand;

/// The classes of drift that the executor tells of.
const TOLD: [Class; 5] =
    [Class::Bundle, Class::DataSchema, Class::Results, Class::Override, Class::Infra];

/// What is promoted, and what is said of it.
pub(super) struct Asked<'a> {
    /// The file, where one is named.
    pub(super) file: Option<&'a Path>,
    /// The jobs that move; all where none is named.
    pub(super) jobs: &'a [String],
    /// The core of the environment before.
    pub(super) core: Digest,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// The demands of two environments, that which a change comes from and that which it goes to.
///
/// # Errors
/// The file is no verification.
pub(super) fn verified(
    asked: &Asked<'_>,
    (before, after): (&Environment, &Environment),
) -> Result<Vec<Demand>, CommandError> {
    let (from, to) = (before.environment.as_str(), after.environment.as_str());
    let policy = &after.policy.promotion;
    let gates = TOLD.iter().any(|class| before.policy.drift.mode(*class) == Mode::Gate);
    let runs = policy.verified || policy.soak.is_some();
    if !runs && !gates {
        return Ok(Vec::new());
    }
    let demand = |demand, holds, words: String| Demand { demand, holds, words, exit: Exit::Gating };
    let Some(path) = asked.file else {
        let words = format!(
            "`{to}` wants to know what the runs of `{from}` say: `assay verification` writes it, `--verification` names it"
        );
        return Ok(vec![demand("verified", false, words)]);
    };
    let found = read(path)?;
    let fits = found.environment == from && found.core_digest == asked.core;
    let mut demands = Vec::new();
    if runs || !fits {
        let holds = if asked.jobs.is_empty() { found.holds() } else { found.holds_for(asked.jobs) };
        let words = match (fits, holds) {
            (false, _) => format!(
                "{} speaks of {} in `{}`, not of {} in `{from}`",
                path.display(),
                found.core_digest,
                found.environment,
                asked.core
            ),
            (true, true) if asked.jobs.is_empty() => {
                format!("the runs of `{from}` verified it: {}", counted(found.jobs, "job"))
            }
            (true, true) => format!("the runs of `{from}` verified {}", asked.jobs.join(", ")),
            (true, false) => format!(
                "{} of {} jobs are verified in `{from}`; open are {}",
                found.verified_jobs,
                found.jobs,
                found.open_jobs.join(", ")
            ),
        };
        demands.push(demand("verified", fits && (holds || !policy.verified), words));
    }
    if let Some(soak) = &policy.soak {
        let wanted = assay_schemas::literal::duration(soak.as_str()).unwrap_or(f64::INFINITY);
        let ran = found.since.map_or(0, |since| (asked.now - since).max(0));
        let words = format!("it has run in `{from}` for PT{}H of {soak}", ran / 3600);
        demands.push(demand("soak", fits && ran as f64 >= wanted, words));
    }
    if gates {
        let words = match found.drift.as_slice() {
            [] => format!("no drift that gates stands in `{from}`"),
            drift => format!("drift that gates stands in `{from}`: {}", drift.join("; ")),
        };
        let holds = fits && found.drift.is_empty();
        demands.push(Demand { demand: "no_drift", holds, words, exit: Exit::Drift });
    }
    Ok(demands)
}

fn read(path: &Path) -> Result<Verification, CommandError> {
    let wrong = |reason: String| CommandError::Usage {
        message: format!("`{}` is no verification: {reason}", path.display()),
        hint: Some("`assay verification --env NAME --output FILE` writes one".to_owned()),
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let found: Verification =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if found.verification_version != VERIFICATION_VERSION {
        return Err(wrong(format!("it is of version {}", found.verification_version)));
    }
    Ok(found)
}
