//! `assayc drift`: whether branches and bundles are what Git says.

mod shown;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use assay_schemas::bundle::{Folder, Reader};
use assay_schemas::digest::Digest;
use assay_schemas::drift::{Class, Earlier, Mode, Since, Stands};
use assay_schemas::exit::Exit;
use assay_schemas::id::EnvironmentName;
use assay_schemas::library::environment::Environment;
use clap::Args;
use serde_json::json;

use super::project::{self, Ground};
use super::review::{is_broken, open, short};
use super::{CommandError, Output};
use crate::compile::{Basis, Compiled, Goal, environments};
use crate::drift::{BundleState, Finding, State};
use crate::promotion::strays;
use crate::store;

/// How far a branch is looked back on for the commit since which a bundle is behind.
const LOOKED_AT: usize = 50;

/// Tell whether branches of environments hold commits of their own, whether bundles are what their branches
/// compile to, and whether they are what their commits compile to. Reads only; mends nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc drift                              every environment that names a branch
  assayc drift --env prod --gate            exit 8 where anything is not in order
  assayc drift --env prod --bundle /srv/assay/prod
  assayc drift --format json > drift.json   for a machine, each class with its state
  assayc drift --previous drift.json        what stands as it did then is told since then

`policy.drift` of an environment says of each class whether it is `off`, told (`warn`) or ends the command with \
code 8 (`gate`). The bundles looked at are those in `.assay/bundles/<environment>`, unless `--bundle` names another. \
`assay drift` tells of data, results and what an executor has loaded.")]
pub(super) struct Drift {
    #[command(flatten)]
    ground: Ground,
    /// Environment; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Folder of the bundle, for one environment.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// End with code 8 where any class is not in order, and not only those that the environment has gate.
    #[arg(long)]
    gate: bool,
    /// Classes that are left out.
    #[arg(long, value_name = "CLASS", value_parser = ["bundle", "source", "branch"])]
    off: Vec<String>,
    /// Report of an earlier look, as `--format json` writes it, for since when what still stands is so.
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "markdown", "json"])]
    format: String,
    #[arg(skip)]
    memory: Memory,
}

/// What a commit compiles to for an environment; `None` where it does not compile.
type Known = Option<Rc<Compiled>>;

/// What was compiled already, by tree: most often a bundle is of the commit that its branch is at, and promotions and
/// rollbacks hold what another commit holds.
#[derive(Clone, Debug, Default)]
struct Memory {
    compiled: RefCell<BTreeMap<Tree, Known>>,
    /// Of what is looked back on, the digest alone: bundles are large.
    digests: RefCell<BTreeMap<Tree, Option<Digest>>>,
}

/// An environment and the tree of a commit.
type Tree = (EnvironmentName, String);

impl Drift {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        if self.bundle.is_some() && self.env.len() != 1 {
            return Err(CommandError::Usage {
                message: "`--bundle` is for one environment".to_owned(),
                hint: Some("name it with `--env`".to_owned()),
            });
        }
        let declared = environments(&self.ground.snapshot_at("HEAD")?);
        project::expect_known(&self.env, declared.keys())?;
        let earlier = self.earlier()?;
        let mut found = Vec::new();
        for (name, environment) in &declared {
            if self.env.is_empty() || self.env.iter().any(|wanted| wanted == name.as_str()) {
                found.extend(self.of(name, environment, &declared)?);
            }
        }
        let now = Since {
            commit: Some(self.ground.repository()?.commit_info("HEAD")?.id),
            seconds: super::basis::seconds(),
            ..Since::default()
        };
        for finding in found.iter_mut().filter(|finding| !finding.state.is_in_order()) {
            let stands = Stands {
                class: finding.state.class(),
                environment: &finding.environment,
                tenant: None,
                job: None,
                state: &finding.state.name(),
            };
            // What Git dates needs no earlier look, which may be of another divergence.
            if !(finding.is_dated && finding.since.is_some()) {
                let since = finding.since.take().unwrap_or_else(|| now.clone());
                finding.since = Some(earlier.since(&stands, since));
            }
        }
        output.print(&match self.format.as_str() {
            "json" => format!("{}\n", json!({ "at": now.seconds, "drift": found })),
            "markdown" => shown::markdown(&found),
            _ => shown::human(&found),
        });
        Ok(if found.iter().any(Finding::gates) { Exit::Drift } else { Exit::Success })
    }

    /// What an earlier report said.
    fn earlier(&self) -> Result<Earlier, CommandError> {
        let Some(path) = &self.previous else { return Ok(Earlier::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| Earlier::read(&text)).map_err(|reason| CommandError::Usage {
            message: format!("`{}` is no report of drift: {reason}", path.display()),
            hint: Some("`assayc drift --format json` writes one".to_owned()),
        })
    }

    /// What is done about a class.
    fn mode(&self, environment: &Environment, class: Class) -> Mode {
        environment.policy.drift.mode_where(class, &self.off, self.gate)
    }

    fn of(
        &self,
        name: &EnvironmentName,
        environment: &Environment,
        declared: &BTreeMap<EnvironmentName, Environment>,
    ) -> Result<Vec<Finding>, CommandError> {
        let mut found = Vec::new();
        let repository = self.ground.repository()?;
        let tip = match &environment.branch {
            Some(branch) => Some(repository.tip(branch)?),
            None => None,
        };
        let before = environment.promotes_from.as_ref().and_then(|before| declared.get(before));
        if let (Some(tip), Some(upstream)) =
            (&tip, before.and_then(|before| before.branch.as_ref()))
        {
            let mode = self.mode(environment, Class::Branch);
            if mode != Mode::Off {
                let strays = strays(&repository, tip, &repository.tip(upstream)?)?;
                found.push(Finding { mode, ..Finding::of_branch(name.as_str(), &strays) });
            }
        }
        let folder = self.bundle.clone().unwrap_or_else(|| {
            self.ground.folder().join(".assay").join("bundles").join(name.as_str())
        });
        let there = folder.join("oci-layout").exists();
        if !there && self.bundle.is_none() {
            return Ok(found);
        }
        let bundle = store::open_of(&folder, Some(name.as_str()))?;
        let mode = self.mode(environment, Class::Source);
        if mode != Mode::Off {
            found.push(Finding { mode, ..self.source(name, &bundle)? });
        }
        let mode = self.mode(environment, Class::Bundle);
        if let Some(tip) = tip.filter(|_| mode != Mode::Off) {
            found.push(Finding { mode, ..self.bundle(name, &bundle, &tip)? });
        }
        Ok(found)
    }

    /// Whether the commit of a bundle compiles to it.
    fn source(
        &self,
        name: &EnvironmentName,
        bundle: &Reader<Folder>,
    ) -> Result<Finding, CommandError> {
        let compiled = match bundle.revision() {
            Some(revision) => match self.compiled(name, revision) {
                // The commit may not be here.
                Err(CommandError::Git(_)) => None,
                found => found?,
            },
            None => None,
        };
        let digest = compiled.map(|compiled| content(&compiled, name));
        let mut found = Finding::of_source(name.as_str(), bundle.config().content_digest, digest);
        if let Some(revision) = bundle.revision().filter(|_| !found.state.is_in_order()) {
            let committed = self.ground.repository()?.committed(revision).ok();
            found.since = committed.map(|seconds| at(revision.to_owned(), seconds));
            found.is_dated = true;
        }
        Ok(found)
    }

    /// How a bundle stands to what the branch compiles to.
    fn bundle(
        &self,
        name: &EnvironmentName,
        bundle: &Reader<Folder>,
        tip: &str,
    ) -> Result<Finding, CommandError> {
        let repository = self.ground.repository()?;
        let sealed = bundle.config().content_digest;
        let finding =
            |state, differences| Finding::new(name.as_str(), State::Bundle(state), differences);
        let Some(compiled) = self.compiled(name, tip)? else {
            let words = format!("the branch does not compile at {}", short(Some(tip)));
            return Ok(finding(BundleState::Unknown, vec![words]));
        };
        if content(&compiled, name) == sealed {
            return Ok(finding(BundleState::InSync, Vec::new()));
        }
        let differences = differences(name, bundle, &compiled)?;
        let revision = bundle.revision().map(str::to_owned);
        let base = match &revision {
            Some(revision) => repository.merge_base(revision, tip).unwrap_or(None),
            None => None,
        };
        let state = match (&revision, base) {
            (Some(revision), Some(base)) if base == *revision => BundleState::Behind,
            (Some(_), Some(base)) if base == tip => BundleState::Ahead,
            _ => BundleState::Unknown,
        };
        let mut found = finding(state, differences);
        match (state, &revision) {
            (BundleState::Behind, Some(revision)) => {
                let (since, is_dated) = self.since(name, (revision, tip), sealed)?;
                (found.since, found.is_dated) = (since, is_dated);
            }
            (BundleState::Ahead, Some(revision)) => {
                let line = repository.line(revision, LOOKED_AT)?;
                found.is_dated = line.iter().any(|commit| commit.id == tip);
                found.since = line
                    .into_iter()
                    .take_while(|commit| commit.id != tip)
                    .last()
                    .map(|first| at(first.id, first.seconds));
            }
            _ => {}
        }
        Ok(found)
    }

    /// The first commit of the present divergence: from the tip of the branch back to where it last compiled to what
    /// the bundle holds. And whether it is that one for certain, or only the last that was looked at.
    fn since(
        &self,
        name: &EnvironmentName,
        (revision, tip): (&str, &str),
        sealed: Digest,
    ) -> Result<(Option<Since>, bool), CommandError> {
        let repository = self.ground.repository()?;
        let mut first = None;
        for commit in repository.line(tip, LOOKED_AT)? {
            // Before it had the bundle's commit, the branch was not behind it.
            let had = repository.merge_base(revision, &commit.id)?;
            if commit.id == revision || had.is_none_or(|common| common != revision) {
                return Ok((first, true));
            }
            match self.digest(name, &commit.id)? {
                Some(digest) if digest == sealed => return Ok((first, true)),
                Some(_) => first = Some(at(commit.id, commit.seconds)),
                // What it would have been is not known, so it neither begins nor ends anything.
                None => {}
            }
        }
        Ok((first, false))
    }

    /// The content digest of what a commit compiles to; `None` where it does not compile for the environment.
    fn digest(
        &self,
        name: &EnvironmentName,
        revision: &str,
    ) -> Result<Option<Digest>, CommandError> {
        let key = self.tree(name, revision)?;
        let digest = |known: &Known| known.as_ref().map(|own| content(own, name));
        if let Some(known) = self.memory.compiled.borrow().get(&key) {
            return Ok(digest(known));
        }
        if let Some(known) = self.memory.digests.borrow().get(&key) {
            return Ok(*known);
        }
        let found = digest(&self.compile(name, revision)?);
        self.memory.digests.borrow_mut().insert(key, found);
        Ok(found)
    }

    fn tree(&self, name: &EnvironmentName, revision: &str) -> Result<Tree, CommandError> {
        Ok((name.clone(), self.ground.repository()?.commit_info(revision)?.tree))
    }

    /// `None` where it does not compile for the environment.
    fn compiled(&self, name: &EnvironmentName, revision: &str) -> Result<Known, CommandError> {
        let key = self.tree(name, revision)?;
        if let Some(known) = self.memory.compiled.borrow().get(&key) {
            return Ok(known.clone());
        }
        let known = self.compile(name, revision)?;
        self.memory.compiled.borrow_mut().insert(key, known.clone());
        Ok(known)
    }

    fn compile(&self, name: &EnvironmentName, revision: &str) -> Result<Known, CommandError> {
        let files = self.ground.snapshot_at(revision)?;
        let wanted = [name.to_string()];
        let compiled = project::compile_known(&files, &wanted, (Goal::Seal, &Basis::default()));
        let sound = !is_broken(&compiled) && compiled.bundles.contains_key(name);
        Ok(sound.then(|| Rc::new(compiled)))
    }
}

fn content(compiled: &Compiled, name: &EnvironmentName) -> Digest {
    compiled.bundles[name].config.content_digest
}

fn at(commit: String, seconds: i64) -> Since {
    Since { commit: Some(commit), seconds, ..Since::default() }
}

/// What the branch means beside the bundle.
fn differences(
    name: &EnvironmentName,
    bundle: &Reader<Folder>,
    compiled: &Compiled,
) -> Result<Vec<String>, CommandError> {
    let head = open(&compiled.bundles[name].files)?;
    let mut gatherer = crate::review::Gatherer::default();
    gatherer.compare(name, bundle, &head).map_err(store::StoreError::in_memory)?;
    let review = gatherer.finish();
    let mut words: Vec<_> = review
        .findings
        .iter()
        .map(|finding| {
            let part =
                if finding.part.is_empty() { String::new() } else { format!(" {}", finding.part) };
            format!("{} {}{part}: {}", finding.impact, finding.object.short(), finding.message)
        })
        .collect();
    if words.is_empty() {
        // Notes for people are part of the content, too.
        let objects = review.environments.iter().flat_map(|own| &own.diff.objects);
        words.extend(
            objects.map(|object| format!("{}/{} is written otherwise", object.kind, object.id)),
        );
    }
    if words.is_empty() {
        let (sealed, found) = (bundle.config().content_digest, content(compiled, name));
        words.push(format!("content {sealed} → {found}, of which only fixtures differ"));
    }
    Ok(words)
}
