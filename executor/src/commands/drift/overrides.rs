//! The overrides of the bundle that is there.

use assay_schemas::drift::{Class, Since};

use super::super::CommandError;
use super::Look;
use crate::drift::{Finding, State};
use crate::overrides::{self, Standing};

pub(super) fn found(look: &Look<'_>) -> Result<Vec<Finding>, CommandError> {
    let (bundle, digest) = (look.bundle, look.bundle.content_digest());
    let mut state = State::None;
    let mut differences = Vec::new();
    let mut first: Option<i64> = None;
    for found in overrides::all(look.lake)? {
        let standing = found.standing((&digest, bundle.environment()), look.now, bundle.trust());
        let words = match &found.says {
            Ok(own) => format!("{} {}: {}", standing.word(), own.job, own.change.words()),
            Err(why) => format!("{} {}: {why}", standing.word(), found.path.display()),
        };
        match standing {
            Standing::OtherBundle => continue,
            Standing::Expired | Standing::Refused(_) => state = State::Expired,
            Standing::Active | Standing::Waiting if state == State::None => state = State::Active,
            Standing::Active | Standing::Waiting => {}
        }
        let from = found.says.as_ref().ok().map(|own| own.from);
        first = first.into_iter().chain(from).min();
        differences.push(words);
    }
    let mut found = Finding::new(Class::Override, None, (state, differences));
    let commit = bundle.revision().map(str::to_owned);
    found.since = first.map(|seconds| Since { commit, seconds, run: None });
    Ok(vec![found])
}
