//! `assayc show`: what a bundle holds, for people.

mod effective;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use assay_schemas::bundle::{Entry, Folder, Integrity, Reader, SHARED, Section};
use assay_schemas::code::Level;
use assay_schemas::exit::Exit;
use assay_schemas::id::Version;
use assay_schemas::plan::{JobPlan, TEST_PLAN};
use assay_schemas::problem::nearest;
use clap::Args;
use serde_json::{Value, json};

use super::project::{self, Project};
use super::{CommandError, Output};
use crate::compile::effective::effective;
use crate::compile::{Basis, Goal};
use crate::report::{Form, Report};
use crate::store::{self, StoreError};

/// Show a bundle, one object of it, or all that a job depends on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc show --env dev                            kinds, objects and jobs of .assay/bundles/dev
  assayc show --env dev --job taxi-trips-monthly   all that a job depends on, as a tree
  assayc show --env dev --object rule_set/trip-rules  one object as it was sealed
  assayc show --effective yellow-trips --env prod  every rule in force and where it comes from
  assayc show path/to/bundle --format json")]
pub(super) struct Show {
    /// Folder of the bundle.
    #[arg(conflicts_with = "env")]
    bundle: Option<PathBuf>,
    /// Environment, for the bundle in `.assay/bundles/<environment>`.
    #[arg(long, value_name = "NAME", default_value = "dev")]
    env: String,
    /// Job whose closure is shown as a tree.
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Object to print, as `kind/id` or `kind/id@version`.
    #[arg(long, value_name = "KIND/ID", conflicts_with = "job")]
    object: Option<String>,
    /// Contract, as `id` or `id@version`, whose rules in force are shown with where each comes from; read from
    /// the library, not from a bundle.
    #[arg(long, value_name = "CONTRACT", conflicts_with_all = ["job", "object", "bundle"])]
    effective: Option<String>,
    #[command(flatten)]
    project: Project,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Show {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        if let Some(contract) = &self.effective {
            return self.effective(contract, output);
        }
        let folder = self.bundle.clone().unwrap_or_else(|| {
            self.project.folder().join(".assay").join("bundles").join(&self.env)
        });
        let reader = store::open(&folder)?;
        let fault = |source: Integrity| StoreError::Integrity { folder: folder.clone(), source };
        let view = View { reader: &reader, entries: all_entries(&reader).map_err(fault)? };
        let json = self.format == "json";
        let text = match (&self.job, &self.object) {
            (Some(job), _) => view.job(job, json)?.map_err(fault)?,
            (_, Some(object)) => view.object(object)?.map_err(fault)?,
            (None, None) if json => view.summary_json(),
            (None, None) => view.summary(),
        };
        output.print(&text);
        Ok(Exit::Success)
    }
}

impl Show {
    fn effective(&self, contract: &str, output: &Output) -> Result<Exit, CommandError> {
        let snapshot = self.project.snapshot()?;
        let wanted = [self.env.clone()];
        let compiled = project::compile(&snapshot, &wanted, (Goal::Check, &Basis::default()))?;
        if compiled.diagnostics.iter().any(|found| found.level == Level::Error) {
            let root = self.project.root();
            let report = Report {
                root: &root,
                colour: output.colour,
                ..Report::new(&compiled.diagnostics, &compiled.files)
            };
            output.note("error: the library does not compile, so nothing is in force\n\n");
            output.note(&report.render(Form::Human));
            return Ok(Exit::Source);
        }
        let (id, version) =
            contract.split_once('@').map_or((contract, None), |(id, version)| (id, Some(version)));
        let found = effective(&snapshot, &self.env, (id, version)).map_err(|known| {
            let hint = match nearest(id, known.iter().map(String::as_str)) {
                Some(near) if near != id => format!("did you mean `{near}`?"),
                _ => format!("contracts are {}", known.join(", ")),
            };
            let message = format!("environment `{}` has no contract `{contract}`", self.env);
            CommandError::Usage { message, hint: Some(hint) }
        })?;
        output.print(&if self.format == "json" {
            format!("{}\n", json!({ "contracts": found }))
        } else {
            effective::human(&found)
        });
        Ok(Exit::Success)
    }
}

fn all_entries(reader: &Reader<Folder>) -> Result<Vec<(&Section, Entry)>, Integrity> {
    let mut all = Vec::new();
    for section in reader.sections() {
        all.extend(reader.entries(section)?.into_iter().map(|entry| (section, entry)));
    }
    Ok(all)
}

struct View<'a> {
    reader: &'a Reader<Folder>,
    entries: Vec<(&'a Section, Entry)>,
}

impl View<'_> {
    fn summary(&self) -> String {
        let config = self.reader.config();
        let mut text = format!(
            "bundle of {}\n  content  {}\n  core     {}\n  overlay  {}\n  artifact {}\n  commit   {}\n",
            config.environment,
            config.content_digest,
            config.core_digest,
            config.overlay_digest,
            self.reader.artifact_digest(),
            self.reader.revision().unwrap_or("none (a working tree)")
        );
        for (name, from) in self.reader.libraries() {
            let _ = writeln!(text, "  library  {name} from {from}");
        }
        let mut by_kind: BTreeMap<&str, Vec<(&str, &Entry)>> = BTreeMap::new();
        for (section, entry) in &self.entries {
            by_kind.entry(&entry.kind).or_default().push((&section.key.tenant, entry));
        }
        let shown = by_kind.into_iter().filter(|(kind, _)| !["plan", TEST_PLAN].contains(kind));
        for (kind, entries) in shown {
            let _ = writeln!(text, "\n{kind} ({})", entries.len());
            let width = entries.iter().map(|(_, entry)| entry.id.len()).max().unwrap_or(0);
            for (tenant, entry) in entries {
                let tenant = if tenant == SHARED { String::new() } else { format!("  {tenant}") };
                let short = entry.fingerprint.short();
                let _ =
                    writeln!(text, "  {:width$}  {:8}  {short}{tenant}", entry.id, entry.version);
            }
        }
        text + "\nOne job with all that it depends on: assayc show --job ID\n"
    }

    fn summary_json(&self) -> String {
        let records: Vec<_> = self
            .entries
            .iter()
            .map(|(section, entry)| {
                json!({
                    "kind": entry.kind, "id": entry.id, "version": entry.version, "part": section.key.part,
                    "tenant": section.key.tenant, "digest": entry.digest, "fingerprint": entry.fingerprint,
                })
            })
            .collect();
        let value = json!({
            "config": self.reader.config(), "artifact_digest": self.reader.artifact_digest(),
            "revision": self.reader.revision(), "libraries": self.reader.libraries(),
            "records": records,
        });
        format!("{value}\n")
    }

    fn find(&self, kind: &str, id: &str, version: Option<&str>) -> Option<&(&Section, Entry)> {
        self.entries.iter().rev().find(|(_, e)| {
            e.kind == kind && e.id == id && version.is_none_or(|version| e.version == version)
        })
    }

    fn missing(&self, kind: &str, id: &str) -> CommandError {
        let known: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, e)| e.kind == kind)
            .map(|(_, e)| e.id.as_str())
            .collect();
        let hint = match nearest(id, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        CommandError::Usage {
            message: format!("the bundle holds no {kind} `{id}`"),
            hint: Some(hint),
        }
    }

    /// The object as it was sealed, laid out for reading.
    fn object(&self, name: &str) -> Result<Result<String, Integrity>, CommandError> {
        let (kind, rest) = name.split_once('/').ok_or_else(|| CommandError::Usage {
            message: format!("`{name}` is not of the form `kind/id`"),
            hint: Some("for example `rule_set/trip-rules`".to_owned()),
        })?;
        let (id, version) =
            rest.split_once('@').map_or((rest, None), |(id, version)| (id, Some(version)));
        let (section, entry) =
            self.find(kind, id, version).ok_or_else(|| self.missing(kind, id))?;
        Ok(self.reader.record::<Value>(section, entry).map(|value| format!("{value:#}\n")))
    }

    /// The job, then everything that it refers to, each under what refers to it.
    fn job(&self, id: &str, json: bool) -> Result<Result<String, Integrity>, CommandError> {
        let (section, entry) = self
            .find("job_definition", id, None)
            .ok_or_else(|| self.missing("job_definition", id))?;
        let tree = match self.tree(section, entry) {
            Ok(tree) => tree,
            Err(fault) => return Ok(Err(fault)),
        };
        if json {
            return Ok(Ok(format!("{}\n", tree.to_json())));
        }
        let mut text = String::new();
        tree.print(&mut text, "", "", "");
        if let Some((section, plan)) = self.find("plan", id, Some(&entry.version)) {
            match self.reader.record::<JobPlan>(section, plan) {
                Ok(plan) => print_checks(&plan, &mut text),
                Err(fault) => return Ok(Err(fault)),
            }
        }
        Ok(Ok(text))
    }

    fn tree(&self, section: &Section, entry: &Entry) -> Result<Tree, Integrity> {
        let record: Value = self.reader.record(section, entry)?;
        let mut tree =
            Tree { entry: entry.clone(), request: None, newest: None, children: Vec::new() };
        for reference in record["references"].as_array().into_iter().flatten() {
            let pin = reference["pin"].as_str().and_then(parse_pin);
            let Some((kind, id, version)) = pin else { continue };
            let tenant = reference["tenant"].as_str().unwrap_or(SHARED);
            let same = |(section, e): &&(&Section, Entry)| {
                e.kind == kind && e.id == id && section.key.tenant == tenant
            };
            let target = self.entries.iter().filter(same).find(|(_, e)| e.version == version);
            let known = tree.children.iter().any(|child| {
                (&*child.entry.kind, &*child.entry.id, &*child.entry.version) == (kind, id, version)
            });
            if let (Some((section, entry)), false) = (target, known) {
                let mut child = self.tree(section, entry)?;
                child.request = reference["request"].as_str().map(str::to_owned);
                let versions = self.entries.iter().filter(same);
                let newest = versions.filter_map(|(_, e)| Version::new(&e.version).ok()).max();
                child.newest = newest.filter(|newest| newest.to_string() != version);
                tree.children.push(child);
            }
        }
        Ok(tree)
    }
}

/// Kind, id and version of `kind/id@version`.
fn parse_pin(pin: &str) -> Option<(&str, &str, &str)> {
    let (kind, rest) = pin.split_once('/')?;
    let (id, version) = rest.rsplit_once('@')?;
    Some((kind, id, version))
}

struct Tree {
    entry: Entry,
    /// The versions that were asked for.
    request: Option<String>,
    /// The highest version in the bundle, where the reference is pinned to another.
    newest: Option<Version>,
    children: Vec<Self>,
}

impl Tree {
    fn print(&self, text: &mut String, indent: &str, branch: &str, next: &str) {
        let Entry { kind, id, version, fingerprint, .. } = &self.entry;
        let mut notes = Vec::new();
        notes.extend(self.request.iter().map(|request| format!("asked for {request}")));
        notes.extend(self.newest.iter().map(|newest| format!("{newest} is there too")));
        let notes =
            if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        let _ =
            writeln!(text, "{indent}{branch}{kind} {id} {version}{notes}  {}", fingerprint.short());
        let deeper = format!("{indent}{next}");
        for (position, child) in self.children.iter().enumerate() {
            if position + 1 == self.children.len() {
                child.print(text, &deeper, "└─ ", "   ");
            } else {
                child.print(text, &deeper, "├─ ", "│  ");
            }
        }
    }

    fn to_json(&self) -> Value {
        let Entry { kind, id, version, digest, fingerprint, .. } = &self.entry;
        let children: Vec<_> = self.children.iter().map(Self::to_json).collect();
        json!({
            "kind": kind, "id": id, "version": version, "digest": digest, "fingerprint": fingerprint,
            "request": self.request, "newest": self.newest, "depends_on": children,
        })
    }
}

/// The checks that come into force, and where each was written.
fn print_checks(plan: &JobPlan, text: &mut String) {
    let _ = writeln!(text, "\nchecks in force ({})", plan.dataset.checks.len());
    let width = plan.dataset.checks.iter().map(|check| check.check_id.len()).max().unwrap_or(0);
    for check in &plan.dataset.checks {
        let origin = &check.origin;
        let via = origin.via.as_ref().map_or(String::new(), |via| format!(", through {via}"));
        let _ = writeln!(
            text,
            "  {:width$}  {:8}  {}  ({} {} {}{via})",
            check.check_id,
            check.severity.name(),
            check.title,
            origin.kind,
            origin.id,
            origin.version
        );
    }
}
