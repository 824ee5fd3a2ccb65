//! Trust policies: which keys count, how many of them, for which environments and until when. A policy is a
//! JSON file of whoever runs bundles, and lies outside of what it judges.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Envelope, PAYLOAD_TYPE, PublicKey, Statement};
use crate::day::Day;
use crate::digest::Digest;
use crate::words::counted;

/// Whom a reader of bundles trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How many different keys must have signed.
    #[serde(default = "one")]
    pub threshold: usize,
    /// The keys.
    pub keys: Vec<TrustedKey>,
    /// The one environment whose bundles are taken; without it, any.
    #[serde(default)]
    pub environment: Option<String>,
    /// By environment, the lowest place in order that is taken: an older bundle is refused.
    #[serde(default)]
    pub min_sequence: BTreeMap<String, u64>,
    /// Content or artifact digests that are refused, whoever signed them.
    #[serde(default)]
    pub revoked: BTreeSet<String>,
}

/// A key that is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// What people call it.
    pub name: String,
    /// The key, as PEM.
    pub public_key: String,
    /// The environments that it may sign for; empty means all.
    #[serde(default)]
    pub environments: BTreeSet<String>,
    /// The first day on which it counts.
    #[serde(default)]
    pub not_before: Option<Day>,
    /// The last day on which it counts.
    #[serde(default)]
    pub not_after: Option<Day>,
}

/// What is known of a bundle from its own bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Digest of the manifest.
    pub artifact_digest: Digest,
    /// Digest of the content.
    pub content_digest: Digest,
    /// Digest of the core.
    pub core_digest: Digest,
    /// The environment.
    pub environment: String,
}

/// What was found, each apart: what holds, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The signatures speak of this bundle, and their bytes are sound.
    pub integrity: Found,
    /// Enough trusted keys have signed.
    pub identity: Found,
    /// It is not older than what is taken, and not revoked.
    pub freshness: Found,
    /// It is signed for the environment that it is of, by keys that may.
    pub scope: Found,
}

/// What holds, in words, or why it does not.
pub type Found = Result<String, String>;

fn one() -> usize {
    1
}

impl Report {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.parts().iter().all(|(_, found)| found.is_ok())
    }

    /// Whether all that is missing is that the signers are known.
    pub fn lacks_identity_alone(&self) -> bool {
        self.parts().iter().all(|(name, found)| found.is_ok() != (*name == "identity"))
    }

    /// Its parts by name.
    pub fn parts(&self) -> [(&'static str, &Found); 4] {
        [
            ("integrity", &self.integrity),
            ("identity", &self.identity),
            ("freshness", &self.freshness),
            ("scope", &self.scope),
        ]
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// It is none, demands nothing, or holds a key that is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let policy: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if policy.threshold == 0 {
            return Err("a `threshold` of 0 trusts everybody: demand at least one key".to_owned());
        }
        let mut ids = BTreeSet::new();
        for key in &policy.keys {
            let public = PublicKey::from_pem(&key.public_key)
                .map_err(|error| format!("key `{}`: {error}", key.name))?;
            if !ids.insert(public.id()) {
                return Err(format!("key `{}` stands there twice", key.name));
            }
        }
        if policy.keys.len() < policy.threshold {
            let (keys, wanted) = (policy.keys.len(), policy.threshold);
            let (keys, wanted) = (counted(keys, "key"), counted(wanted, "signature"));
            return Err(format!("it names {keys} and demands {wanted}"));
        }
        Ok(policy)
    }

    /// The bundle's place among those of its environment, as the trusted keys have signed it that count on a day; of
    /// several the lowest.
    pub fn sequence(&self, facts: &Facts, envelopes: &[Vec<u8>], day: Day) -> Option<u64> {
        let (statements, _) = sound(facts, envelopes);
        let signed =
            statements.iter().filter(|(envelope, _)| !self.signers(envelope, day).is_empty());
        signed.map(|(_, own)| own.sequence()).min()
    }

    /// Holds a bundle and the envelopes beside it against the policy, on a day.
    pub fn judge(&self, facts: &Facts, envelopes: &[Vec<u8>], day: Day) -> Report {
        let (statements, unsound) = sound(facts, envelopes);
        let signed: Vec<_> = statements
            .iter()
            .flat_map(|(envelope, own)| {
                self.signers(envelope, day).into_iter().map(move |key| (key, own))
            })
            .collect();
        Report {
            integrity: match (statements.len(), unsound.is_empty()) {
                (0, true) => Err("it has no signature".to_owned()),
                (0, false) => Err(unsound.join("; ")),
                (count, _) => Ok(format!("{} over this very bundle", counted(count, "signature"))),
            },
            identity: self.identity(&signed, &statements, day),
            freshness: self.freshness(facts, &signed),
            scope: self.scope(facts, &signed),
        }
    }

    /// Whether enough keys that count on a day, and for an environment, have signed an envelope, whatever it
    /// holds.
    pub fn is_met_by(&self, envelope: &Envelope, environment: &str, day: Day) -> bool {
        let signers = self.signers(envelope, day);
        signers.into_iter().filter(|key| key.is_for(environment)).count() >= self.threshold
    }

    /// The trusted keys that have signed an envelope and count on a day.
    fn signers(&self, envelope: &Envelope, day: Day) -> Vec<&TrustedKey> {
        self.keys.iter().filter(|key| key.counts(day) && key.signed(envelope)).collect()
    }

    fn identity(
        &self,
        signed: &[(&TrustedKey, &Statement)],
        statements: &[(Envelope, Statement)],
        day: Day,
    ) -> Found {
        let names: BTreeSet<_> = signed.iter().map(|(key, _)| key.name.as_str()).collect();
        if names.len() >= self.threshold {
            let names: Vec<_> = names.into_iter().collect();
            return Ok(format!("signed by {}", names.join(", ")));
        }
        let late = self.keys.iter().filter(|key| !key.counts(day));
        let late: Vec<_> = late
            .filter(|key| statements.iter().any(|(envelope, _)| key.signed(envelope)))
            .map(|key| format!("`{}` does not count on {day}", key.name))
            .collect();
        let mut words = format!("{} of {} trusted keys have signed", names.len(), self.threshold);
        if !late.is_empty() {
            words.push_str(&format!("; {}", late.join(", ")));
        }
        Err(words)
    }

    fn freshness(&self, facts: &Facts, signed: &[(&TrustedKey, &Statement)]) -> Found {
        let digests = [facts.content_digest.to_string(), facts.artifact_digest.to_string()];
        if let Some(revoked) = digests.iter().find(|digest| self.revoked.contains(*digest)) {
            return Err(format!("{revoked} is revoked"));
        }
        let Some(least) = self.min_sequence.get(&facts.environment) else {
            return Ok("no bundle is too old".to_owned());
        };
        match signed.iter().map(|(_, own)| own.sequence()).min() {
            Some(sequence) if sequence < *least => Err(format!(
                "it is number {sequence} of `{}`, and {least} is the lowest that is taken",
                facts.environment
            )),
            Some(sequence) => Ok(format!("it is number {sequence} of `{}`", facts.environment)),
            // That nobody has signed is told apart.
            None => Ok("nobody who is trusted says which number it is".to_owned()),
        }
    }

    fn scope(&self, facts: &Facts, signed: &[(&TrustedKey, &Statement)]) -> Found {
        if let Some(wanted) =
            self.environment.as_ref().filter(|wanted| **wanted != facts.environment)
        {
            return Err(format!(
                "it is of `{}`, and bundles of `{wanted}` are taken",
                facts.environment
            ));
        }
        let names: BTreeSet<_> = signed
            .iter()
            .filter(|(key, own)| {
                own.environment() == facts.environment && key.is_for(&facts.environment)
            })
            .map(|(key, _)| key.name.as_str())
            .collect();
        let all: BTreeSet<_> = signed.iter().map(|(key, _)| key.name.as_str()).collect();
        if names.len() >= self.threshold {
            Ok(format!("for `{}`", facts.environment))
        } else if all.len() < self.threshold {
            // Too few have signed at all, which is told apart.
            Ok(format!("for `{}`, as far as it is signed", facts.environment))
        } else {
            let (found, wanted) = (names.len(), self.threshold);
            Err(format!("{found} of {wanted} trusted keys have signed for `{}`", facts.environment))
        }
    }
}

impl TrustedKey {
    fn is_for(&self, environment: &str) -> bool {
        self.environments.is_empty() || self.environments.contains(environment)
    }

    fn counts(&self, day: Day) -> bool {
        self.not_before.is_none_or(|first| first <= day)
            && self.not_after.is_none_or(|last| day <= last)
    }

    fn signed(&self, envelope: &Envelope) -> bool {
        PublicKey::from_pem(&self.public_key).is_ok_and(|key| envelope.is_signed_by(&key))
    }
}

/// The statements over the very bundle, and in words what the rest is.
fn sound(facts: &Facts, envelopes: &[Vec<u8>]) -> (Vec<(Envelope, Statement)>, Vec<String>) {
    let mut statements = Vec::new();
    let mut unsound = Vec::new();
    for bytes in envelopes {
        match statement(bytes) {
            Ok((envelope, own)) if own.is_of(facts.artifact_digest) => {
                let found = (own.content_digest(), own.core_digest());
                if found == (facts.content_digest, facts.core_digest) {
                    statements.push((envelope, own));
                } else {
                    let words = "a signature names another content than the bundle has";
                    unsound.push(words.to_owned());
                }
            }
            Ok((_, own)) => unsound
                .push(format!("a signature is over another bundle, of `{}`", own.environment())),
            Err(error) => unsound.push(error),
        }
    }
    (statements, unsound)
}

fn statement(bytes: &[u8]) -> Result<(Envelope, Statement), String> {
    let envelope = Envelope::read(bytes, PAYLOAD_TYPE)?;
    let statement = Statement::read(&envelope.payload()?)?;
    Ok((envelope, statement))
}
