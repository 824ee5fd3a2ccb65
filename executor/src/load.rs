//! Load: a bundle in a folder and the plan of one of its jobs. Only the job's own records are read, and
//! every byte of them is verified.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_schemas::bundle::{Entry, Folder, Integrity, Reader, Section};
use assay_schemas::day::Day;
use assay_schemas::exit::Exit;
use assay_schemas::plan::{JobPlan, PLAN_VERSION, TEST_PLAN, TestPlan};
use assay_schemas::problem::nearest;
use assay_schemas::trust::{Facts, Policy, Report};
use serde_json::Value;

use crate::fixture::{Rule, Uncovered};

/// Why a job cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no bundle.
    #[error(
        "there is no bundle in `{}`: seal one with `assayc build --env {}`, or name another with `--bundle`",
        .0.display(),
        environment_of(.0)
    )]
    Missing(PathBuf),
    /// The bundle is not to be trusted.
    #[error("`{folder}` is not a bundle to be trusted: {source}")]
    Integrity {
        /// Where.
        folder: PathBuf,
        /// Why.
        source: Integrity,
    },
    /// The trust policy cannot be read, so nothing is trusted.
    #[error("`{path}` is no trust policy, so no bundle is run: {reason}")]
    Policy {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The bundle does not meet the trust policy.
    #[error("`{folder}` does not meet the trust policy: {}", shown(report))]
    Untrusted {
        /// Where.
        folder: PathBuf,
        /// What was found.
        report: Box<Report>,
    },
    /// The bundle has no such job.
    #[error("the bundle of `{environment}` has no job `{job}`{hint}")]
    UnknownJob {
        /// The environment.
        environment: String,
        /// The job asked for.
        job: String,
        /// Jobs that there are.
        hint: String,
    },
    /// Several tenants have a job of that name.
    #[error("several tenants have a job `{job}`: say which with `--tenant`, one of {tenants}")]
    Ambiguous {
        /// The job asked for.
        job: String,
        /// The tenants.
        tenants: String,
    },
}

/// The environment whose bundle a folder is for.
fn environment_of(folder: &Path) -> String {
    let is_ours = folder.parent().is_some_and(|parent| parent.ends_with(".assay/bundles"));
    let name = folder.file_name().filter(|_| is_ours);
    name.map_or_else(|| "NAME".to_owned(), |name| name.to_string_lossy().into_owned())
}

impl LoadError {
    /// How a program ends for this reason.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Untrusted { report, .. } if report.lacks_identity_alone() => Exit::Unconfirmed,
            Self::Integrity { .. } | Self::Policy { .. } | Self::Untrusted { .. } => {
                Exit::Integrity
            }
            Self::Missing(_) | Self::UnknownJob { .. } | Self::Ambiguous { .. } => Exit::Usage,
        }
    }
}

/// What does not hold, each with the name of its part.
fn shown(report: &Report) -> String {
    let parts = report.parts().into_iter();
    let failed =
        parts.filter_map(|(name, found)| Some(format!("{name}: {}", found.as_ref().err()?)));
    failed.collect::<Vec<_>>().join("; ")
}

/// A bundle, opened.
pub struct Bundle {
    folder: PathBuf,
    reader: Reader<Folder>,
    trust: Option<Arc<Policy>>,
    sequence: Option<u64>,
}

/// A job, loaded.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it does.
    pub plan: JobPlan,
    /// Its name for people.
    pub name: String,
    /// Its tenant, or `shared`.
    pub tenant: String,
    /// Its fingerprint, `sha256:…`.
    pub fingerprint: String,
    /// The bundle's content digest, `sha256:…`.
    pub bundle_digest: String,
    /// The trust policy under which the bundle was opened.
    pub trust: Option<Arc<Policy>>,
}

impl Bundle {
    /// Opens the bundle in a folder.
    ///
    /// # Errors
    /// There is none, or it is not whole down to its manifest.
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        let blobs = Folder(folder.to_owned());
        if !blobs.exists() {
            return Err(LoadError::Missing(folder.to_owned()));
        }
        let reader = Reader::open(blobs)
            .map_err(|source| LoadError::Integrity { folder: folder.to_owned(), source })?;
        Ok(Self { folder: folder.to_owned(), reader, trust: None, sequence: None })
    }

    /// Opens the bundle in a folder, if it meets the trust policy in a file. There is no way around a policy.
    ///
    /// # Errors
    /// Those of [`Bundle::open`]; the policy cannot be read, or is not met at that time (in seconds since 1970).
    pub fn open_trusted(folder: &Path, policy: &Path, now: i64) -> Result<Self, LoadError> {
        let unread = |reason| LoadError::Policy { path: policy.to_owned(), reason };
        let text = std::fs::read_to_string(policy).map_err(|error| unread(error.to_string()))?;
        let policy = Policy::read(&text).map_err(unread)?;
        let day = Day::of_seconds(now).ok_or_else(|| unread("it is no day".to_owned()))?;
        let mut bundle = Self::open(folder)?;
        let envelopes = bundle.reader.envelopes().map_err(|source| bundle.fault(source))?;
        let report = policy.judge(&bundle.reader.facts(), &envelopes, day);
        if report.holds() {
            bundle.sequence = policy.sequence(&bundle.reader.facts(), &envelopes, day);
            bundle.trust = Some(Arc::new(policy));
            return Ok(bundle);
        }
        Err(LoadError::Untrusted { folder: folder.to_owned(), report: Box::new(report) })
    }

    /// The environment that the bundle is for.
    pub fn environment(&self) -> &str {
        &self.reader.config().environment
    }

    /// The commit that the bundle was compiled from, where it names one.
    pub fn revision(&self) -> Option<&str> {
        self.reader.revision()
    }

    /// Id and content of every object of a kind, as it was sealed.
    ///
    /// # Errors
    /// A record is not to be trusted.
    pub fn objects(&self, kind: &str) -> Result<Vec<(String, Value)>, LoadError> {
        let mut objects = Vec::new();
        for section in self.reader.sections() {
            let entries = self.reader.entries(section).map_err(|source| self.fault(source))?;
            for entry in entries.iter().filter(|entry| entry.kind == kind) {
                let mut record: Value =
                    self.reader.record(section, entry).map_err(|source| self.fault(source))?;
                objects.push((entry.id.clone(), record["object"].take()));
            }
        }
        Ok(objects)
    }

    /// What the environment's file says.
    ///
    /// # Errors
    /// The record of the environment is not to be trusted.
    pub fn environment_object(&self) -> Result<Value, LoadError> {
        let fault = |source| self.fault(source);
        let found =
            self.reader.find_anywhere("environment", self.environment(), None).map_err(fault)?;
        let record: Option<Value> = found
            .first()
            .map(|(section, entry)| self.reader.record(section, entry))
            .transpose()
            .map_err(fault)?;
        record
            .map(|mut record| record["object"].take())
            .ok_or_else(|| fault(Integrity::Malformed("it has no environment record".to_owned())))
    }

    /// Where the environment keeps results.
    ///
    /// # Errors
    /// The record of the environment is not to be trusted.
    pub fn results(&self) -> Result<String, LoadError> {
        let results = self.environment_object()?["results"].as_str().map(str::to_owned);
        let missing = || Integrity::Malformed("it does not say where results go".to_owned());
        results.ok_or_else(|| self.fault(missing()))
    }

    /// The plan of a job in its highest version.
    ///
    /// # Errors
    /// No job or the jobs of several tenants have that name, or a record is not to be trusted.
    pub fn job(&self, id: &str, tenant: Option<&str>) -> Result<Job, LoadError> {
        let fault = |source| self.fault(source);
        let found = self.reader.find_anywhere("plan", id, tenant).map_err(fault)?;
        let tenants: Vec<_> = {
            let mut names: Vec<_> =
                found.iter().map(|(section, _)| section.key.tenant.as_str()).collect();
            names.dedup();
            names
        };
        // A tenant's own job stands before a shared one of the same name.
        let chosen = match (tenant, tenants.as_slice()) {
            (_, []) => return Err(self.unknown(id)?),
            (Some(tenant), names) if names.contains(&tenant) => tenant,
            (_, [only]) => only,
            (_, names) => {
                let tenants = names.join(", ");
                return Err(LoadError::Ambiguous { job: id.to_owned(), tenants });
            }
        };
        let highest = found.iter().rev().find(|(section, _)| section.key.tenant == chosen);
        let Some((section, entry)) = highest else { return Err(self.unknown(id)?) };
        let plan: JobPlan = self.reader.record(section, entry).map_err(fault)?;
        check_version(plan.plan_version).map_err(fault)?;
        Ok(Job {
            name: self
                .name_of(id, &entry.version, chosen)
                .map_err(fault)?
                .unwrap_or_else(|| id.to_owned()),
            tenant: chosen.to_owned(),
            fingerprint: entry.fingerprint.to_string(),
            bundle_digest: self.reader.config().content_digest.to_string(),
            trust: self.trust.clone(),
            plan,
        })
    }

    /// Ids of all jobs, in order.
    ///
    /// # Errors
    /// An index is not to be trusted.
    pub fn jobs(&self) -> Result<Vec<(String, Entry)>, LoadError> {
        let mut jobs = Vec::new();
        for section in self.reader.sections() {
            let entries = self.reader.entries(section).map_err(|source| self.fault(source))?;
            let plans = entries.into_iter().filter(|entry| entry.kind == "plan");
            jobs.extend(plans.map(|entry| (section.key.tenant.clone(), entry)));
        }
        Ok(jobs)
    }

    /// The trust policy under which it was opened.
    pub fn trust(&self) -> Option<&Policy> {
        self.trust.as_deref()
    }

    /// The bundle's place among those of its environment, as those who count have signed it; `None` where it was not
    /// opened under a policy.
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// Verifies every byte.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self) -> Result<(), LoadError> {
        self.reader.verify().map(drop).map_err(|source| self.fault(source))
    }

    /// What is known of the bundle from its own bytes.
    pub fn facts(&self) -> Facts {
        self.reader.facts()
    }

    /// Digest of what the bundle holds, `sha256:…`.
    pub fn content_digest(&self) -> String {
        self.reader.config().content_digest.to_string()
    }

    /// The fixtures of every rule set and contract, each with its tenant.
    ///
    /// # Errors
    /// A record is not to be trusted.
    pub fn tests(&self) -> Result<Vec<(String, TestPlan)>, LoadError> {
        let mut tests = Vec::new();
        for section in self.reader.sections() {
            let entries = self.reader.entries(section).map_err(|source| self.fault(source))?;
            for entry in entries.iter().filter(|entry| entry.kind == TEST_PLAN) {
                let plan: TestPlan =
                    self.reader.record(section, entry).map_err(|source| self.fault(source))?;
                check_version(plan.plan_version).map_err(|source| self.fault(source))?;
                tests.push((section.key.tenant.clone(), plan));
            }
        }
        Ok(tests)
    }

    /// Every rule of a rule set and every binding of a contract, with its place.
    ///
    /// # Errors
    /// A record is not to be trusted.
    pub fn rules(&self) -> Result<Vec<Uncovered>, LoadError> {
        let mut rules = Vec::new();
        for section in self.reader.sections() {
            let entries = self.reader.entries(section).map_err(|source| self.fault(source))?;
            let holders = ["data_contract", "rule_set"];
            for entry in entries.iter().filter(|entry| holders.contains(&entry.kind.as_str())) {
                let record: Value =
                    self.reader.record(section, entry).map_err(|source| self.fault(source))?;
                rules.extend(rules_of(&record["object"]).map(|(rule_id, place)| Uncovered {
                    tenant: section.key.tenant.clone(),
                    rule: Rule {
                        kind: entry.kind.clone(),
                        id: entry.id.clone(),
                        version: entry.version.clone(),
                        rule_id,
                    },
                    place,
                }));
            }
        }
        Ok(rules)
    }

    fn name_of(&self, id: &str, version: &str, tenant: &str) -> Result<Option<String>, Integrity> {
        let found = self.reader.find_anywhere("job_definition", id, Some(tenant))?;
        let own: Option<&(&Section, Entry)> =
            found.iter().find(|(_, entry)| entry.version == version);
        let Some((section, entry)) = own else { return Ok(None) };
        let record: Value = self.reader.record(section, entry)?;
        Ok(record["object"]["name"].as_str().map(str::to_owned))
    }

    fn unknown(&self, job: &str) -> Result<LoadError, LoadError> {
        let jobs = self.jobs()?;
        let ids: Vec<_> = jobs.iter().map(|(_, entry)| entry.id.as_str()).collect();
        let hint = match nearest(job, ids.iter().copied()) {
            Some(near) => format!(": did you mean `{near}`?"),
            None if ids.is_empty() => ": it has none at all".to_owned(),
            None => {
                format!(": it has {}", ids.iter().take(8).copied().collect::<Vec<_>>().join(", "))
            }
        };
        let environment = self.environment().to_owned();
        Ok(LoadError::UnknownJob { environment, job: job.to_owned(), hint })
    }

    fn fault(&self, source: Integrity) -> LoadError {
        LoadError::Integrity { folder: self.folder.clone(), source }
    }
}

fn check_version(found: u32) -> Result<(), Integrity> {
    if found == PLAN_VERSION {
        return Ok(());
    }
    let text = format!("its plan is of version {found}, this program knows {PLAN_VERSION}");
    Err(Integrity::Malformed(text))
}

/// Id and place of each rule of a rule set or binding of a contract.
fn rules_of(object: &Value) -> impl Iterator<Item = (String, String)> + '_ {
    let list = |value: &'static str, holder: &Value| -> Vec<Value> {
        holder[value].as_array().cloned().unwrap_or_default()
    };
    let named = |parts: Vec<Value>, field: &'static str, place: String| {
        parts.into_iter().enumerate().filter_map(move |(index, part)| {
            Some((part[field].as_str()?.to_owned(), format!("{place}/{index}")))
        })
    };
    let rules = named(list("rules", object), "rule_id", "/rules".to_owned());
    let bindings =
        list("datasets", object).into_iter().enumerate().flat_map(move |(index, data)| {
            named(list("bindings", &data), "binding_id", format!("/datasets/{index}/bindings"))
        });
    rules.chain(bindings)
}
