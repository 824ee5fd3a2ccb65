//! What `diff`, `ci` and `promote` share: two sides of a change, compiled, compared and shown.

use assay_schemas::bundle::{Blobs, File, Reader};
use assay_schemas::code::Level;
use assay_schemas::day::Day;
use assay_schemas::exit::Exit;
use assay_schemas::id::EnvironmentName;

use super::CommandError;
use super::project::Ground;
use crate::compile::Compiled;
use crate::diagnostic::Files;
use crate::git::Snapshot;
use crate::past::{Branch, Makers, Past as _};
use crate::report::{Form, Report};
use crate::review::{self, Gatherer, Misfit, Only, Review, Waiver};
use crate::store::{InMemory, StoreError};

/// A review, and what is needed to show it.
pub(super) struct Reviewed {
    pub(super) review: Review,
    pub(super) misfits: Vec<Misfit>,
    pub(super) files: Files,
    /// The project's place inside its repository.
    pub(super) root: String,
    /// What the command line said of the project, for commands that are to be pasted.
    pub(super) options: String,
    /// The folder that waivers of the project lie in.
    pub(super) waivers: String,
    /// The commits of base and head; `None` for a working tree.
    pub(super) revisions: (Option<String>, Option<String>),
}

/// By what the waivers of a change are judged.
pub(super) struct Judge<'a> {
    /// The day; without one, none has expired.
    pub(super) day: Option<Day>,
    /// Where the project is.
    pub(super) ground: &'a Ground,
    /// The commits that the change lies between; `None` where it is no commit yet, so that nobody has made it.
    pub(super) commits: Option<(&'a str, &'a str)>,
}

impl Judge<'_> {
    /// Who made the change, looked up where a waiver asks for it.
    fn makers(&self, waivers: &[Waiver]) -> Result<Makers, CommandError> {
        let Some((base, head)) = self.commits.filter(|_| !waivers.is_empty()) else {
            return Ok(Makers::default());
        };
        let history = self.ground.repository()?.history(head, Some(base))?;
        Ok(history.changes(Branch(None)).map_or_else(Makers::unknown, Makers::of))
    }
}

/// One side of a change.
pub(super) type Side<'a> = (&'a Snapshot, &'a Compiled);

impl Reviewed {
    /// Compares two sides that compile.
    pub(super) fn of(
        (base, before): Side<'_>,
        (head, after): Side<'_>,
        judge: &Judge<'_>,
    ) -> Result<Self, CommandError> {
        let (mut review, waivers) = compared(before, after)?;
        let makers = judge.makers(&waivers)?;
        let misfits = review::apply(&mut review, &waivers, (judge.day, &makers));
        let files = review::locate(&mut review, base, head);
        let (root, options) = (judge.ground.root(), judge.ground.options());
        let waivers = judge.ground.folder().join("libraries/waivers").display().to_string();
        let revisions = (base.revision.clone(), head.revision.clone());
        Ok(Self { review, misfits, files, root, options, waivers, revisions })
    }

    /// Whether something stands between the change and its merge.
    pub(super) fn gates(&self) -> bool {
        self.review.summary().gating > 0 || !self.misfits.is_empty()
    }

    /// The review in a form by its name.
    pub(super) fn rendered(&self, form: &str, colour: bool) -> String {
        let (base, head) = (self.revisions.0.as_deref(), self.revisions.1.as_deref());
        match form {
            "human" => self.review.human(&self.misfits, colour),
            "markdown" => {
                let command = self.command();
                self.review.markdown((&short(base), &short(head)), &command, &self.misfits)
            }
            "json" => format!("{}\n", self.review.json((base, head), &self.misfits)),
            form => {
                let known = Form::ALL.iter().find(|(name, _)| *name == form);
                let form = known.map_or(Form::Json, |(_, form)| *form);
                let found = review::diagnostics(&self.review, &self.misfits);
                Report { root: &self.root, ..Report::new(&found, &self.files) }.render(form)
            }
        }
    }

    /// The command that shows the whole review to people.
    fn command(&self) -> String {
        let side = |revision: &Option<String>| revision.as_deref().map(|own| short(Some(own)));
        let range = match (side(&self.revisions.0), side(&self.revisions.1)) {
            (Some(base), Some(head)) => format!(" {base}..{head}"),
            (Some(base), None) => format!(" {base} --worktree"),
            (None, _) => String::new(),
        };
        format!("assayc diff{range}{}", self.options)
    }

    /// What stands between the change and its merge, in words.
    pub(super) fn obstacle(&self) -> String {
        let mut text = match self.review.summary().gating {
            0 => String::new(),
            gating => format!("error: {}\n", review::needing(gating)),
        };
        if !self.misfits.is_empty() {
            text.push_str("error: a waiver that comes with the change lets nothing pass\n");
        }
        if let Some(first) = self.review.findings.iter().find(|finding| finding.gates) {
            let object = first.object.short();
            text.push_str(&format!(
                "  help: change it, or bring a waiver with it in `{}`: `finding: {}`, `object: {object}`, a `reason`, an `approver` who made none of it, `expires`\n",
                self.waivers, first.impact
            ));
        }
        text
    }
}

/// The beginning of a commit's name.
pub(super) fn short(revision: Option<&str>) -> String {
    match revision {
        Some(revision) => revision.chars().take(12).collect(),
        None => "working tree".to_owned(),
    }
}

/// Whether a side does not compile.
pub(super) fn is_broken(compiled: &Compiled) -> bool {
    compiled.diagnostics.iter().any(|found| found.level == Level::Error)
}

/// How a program ends for what does not compile: `None` where all of it does.
pub(super) fn failure(compiled: &Compiled) -> Option<Exit> {
    let mut errors =
        compiled.diagnostics.iter().filter(|found| found.level == Level::Error).peekable();
    errors.peek()?;
    let denied = errors.all(|found| found.code.is_of_policy());
    Some(if denied { Exit::Policy } else { Exit::Source })
}

/// What is wrong with a side, for people.
pub(super) fn faults(root: &str, compiled: &Compiled, colour: bool) -> String {
    Report { root, colour, ..Report::new(&compiled.diagnostics, &compiled.files) }
        .render(Form::Human)
}

/// Opens a bundle that was just sealed.
pub(super) fn open(files: &[File]) -> Result<Reader<impl Blobs + Sync + '_>, CommandError> {
    Reader::open(InMemory(files)).map_err(|source| StoreError::in_memory(source).into())
}

/// Every environment of two compiles, and the waivers that the head brings.
fn compared(base: &Compiled, head: &Compiled) -> Result<(Review, Vec<Waiver>), CommandError> {
    let mut gatherer = Gatherer::default();
    let mut names: Vec<&EnvironmentName> = base.bundles.keys().chain(head.bundles.keys()).collect();
    names.sort();
    names.dedup();
    for name in &names {
        let before = base.bundles.get(*name).map(|bundle| open(&bundle.files)).transpose()?;
        let after = head.bundles.get(*name).map(|bundle| open(&bundle.files)).transpose()?;
        match (&before, &after) {
            (Some(before), Some(after)) => gatherer.compare(name, before, after),
            (Some(before), None) => gatherer.alone(name, before, Only::Base),
            (None, Some(after)) => gatherer.alone(name, after, Only::Head),
            (None, None) => Ok(()),
        }
        .map_err(StoreError::in_memory)?;
    }
    let review = gatherer.finish();
    let mut waivers = Vec::new();
    for name in names {
        if let Some(bundle) = head.bundles.get(name) {
            let head = open(&bundle.files)?;
            waivers.extend(review::waivers(&review, name, &head).map_err(StoreError::in_memory)?);
        }
    }
    Ok((review, waivers))
}
