//! What `diff`, `ci` and `promote` share: two sides of a change, compiled, compared and shown.

use assay_schemas::bundle::{Blobs, File, Reader};
use assay_schemas::code::Level;
use assay_schemas::day::Day;
use assay_schemas::exit::Exit;
use assay_schemas::id::EnvironmentName;

use super::CommandError;
use crate::compile::Compiled;
use crate::diagnostic::Files;
use crate::git::Snapshot;
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
    /// The commits of base and head; `None` for a working tree.
    pub(super) revisions: (Option<String>, Option<String>),
}

/// One side of a change.
pub(super) type Side<'a> = (&'a Snapshot, &'a Compiled);

impl Reviewed {
    /// Compares two sides that compile.
    pub(super) fn of(
        (base, before): Side<'_>,
        (head, after): Side<'_>,
        (day, root): (Option<Day>, String),
    ) -> Result<Self, CommandError> {
        let (mut review, waivers) = compared(before, after)?;
        let misfits = review::apply(&mut review, &waivers, day);
        let files = review::locate(&mut review, base, head);
        let revisions = (base.revision.clone(), head.revision.clone());
        Ok(Self { review, misfits, files, root, revisions })
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
            "markdown" => self.review.markdown((&short(base), &short(head)), &self.misfits),
            "json" => format!("{}\n", self.review.json((base, head), &self.misfits)),
            form => {
                let known = Form::ALL.iter().find(|(name, _)| *name == form);
                let form = known.map_or(Form::Json, |(_, form)| *form);
                let found = review::diagnostics(&self.review, &self.misfits);
                Report { root: &self.root, ..Report::new(&found, &self.files) }.render(form)
            }
        }
    }

    /// What stands between the change and its merge, in words.
    pub(super) fn obstacle(&self) -> String {
        let mut text = match self.review.summary().gating {
            0 => String::new(),
            1 => "error: 1 finding needs agreement\n".to_owned(),
            many => format!("error: {many} findings need agreement\n"),
        };
        if !self.misfits.is_empty() {
            text.push_str("error: a waiver that comes with the change lets nothing pass\n");
        }
        if let Some(first) = self.review.findings.iter().find(|finding| finding.gates) {
            let object = first.object.short();
            text.push_str(&format!(
                "  help: change it, or bring a waiver with it: `finding: {}`, `object: {object}`, a `reason`, an `approver`, `expires`\n",
                first.impact
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
