//! `assayc ci`: all that a pull request is held against, in one command.

use std::fs;
use std::path::PathBuf;

use assay_schemas::exit::Exit;
use clap::Args;

use super::basis::{Judged, Judging};
use super::project::{self, Project};
use super::review::{Judge, Reviewed, failure, is_broken};
use super::{CommandError, Output};
use crate::compile::{Basis, Compiled, Goal};
use crate::diagnostic::{Diagnostic, Files};
use crate::git::Snapshot;
use crate::recheck::Both;
use crate::report::{Form, Report};

/// Check the head of a change and say what the change means, for every environment. Reads Git alone: no
/// secrets, no network, nothing from the repository is executed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc ci --base origin/main                        for people
  assayc ci --base origin/main --format github --markdown \"$GITHUB_STEP_SUMMARY\"
  assayc ci --base origin/main --format gitlab > gl-code-quality-report.json
  assayc ci --base origin/main --sarif review.sarif --json review.json
  assayc ci --base origin/main --inform               never fail for what a change means

The change is what the head has since it left the base. Exit codes: 3 the head does not compile · 5 denied by \
policy · 7 a change needs agreement that no waiver gives.")]
pub(super) struct Ci {
    #[command(flatten)]
    project: Project,
    #[command(flatten)]
    judging: Judging,
    /// Environment; all where none is named.
    #[arg(long, value_name = "NAME")]
    env: Vec<String>,
    /// Form of the report.
    #[arg(long, default_value = "human", value_parser = ["human", "json", "sarif", "github", "gitlab", "junit"])]
    format: String,
    /// File that a summary for a pull request is added to.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// File for findings as SARIF.
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// File for the whole review as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Tell what a change means and do not fail for it.
    #[arg(long)]
    inform: bool,
}

impl Ci {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let Some(base) = self.judging.named_base() else {
            return Err(CommandError::Usage {
                message: "a change has a base".to_owned(),
                hint: Some("name it, as in `assayc ci --base origin/main`".to_owned()),
            });
        };
        let judged = self.judging.judge(&self.project, false)?;
        let common = self.common(base);
        let cache = self.project.cache(&self.env);
        if let (Some(cache), Ok(common)) = (&cache, &common)
            && let Some(both) = self.project.both(cache, (common, &self.env), &judged.basis())?
        {
            project::expect_known(&self.env, &both.head.1.environments)?;
            return self.compared(both, &judged, output);
        }
        let head = self.project.snapshot()?;
        let compiled = project::compile(&head, &self.env, (Goal::Review, &judged.basis()))?;
        // What depends on a day or on commits is not told by the files alone.
        if let Some(cache) = cache.filter(|_| !compiled.by_circumstance) {
            self.project.remember(&cache, &compiled)?;
        }
        if is_broken(&compiled) {
            return self.broken(&compiled, output);
        }
        let base = self.project.snapshot_at(&common?)?;
        let before = project::compile_known(&base, &self.env, (Goal::Seal, &Basis::default()));
        let both = Both { base: (base, before), head: (head, compiled) };
        self.compared(both, &judged, output)
    }

    /// The commit that the change starts from.
    fn common(&self, base: &str) -> Result<String, CommandError> {
        self.project.merge_base(base, self.project.revision())
    }

    /// What the change means, and how it ends.
    fn compared(&self, both: Both, judged: &Judged, output: &Output) -> Result<Exit, CommandError> {
        let Both { base: (base, before), head: (head, compiled) } = both;
        if is_broken(&compiled) {
            return self.broken(&compiled, output);
        }
        if is_broken(&before) {
            return self.untold(&compiled, output);
        }
        let commits = base.revision.as_deref().zip(head.revision.as_deref());
        let judge = Judge { day: judged.day(), ground: self.project.ground(), commits };
        let reviewed = Reviewed::of((&base, &before), (&head, &compiled), &judge)?;
        self.write(&reviewed)?;
        self.tell(&head, &compiled, reviewed, output)
    }

    /// Warnings of the head and findings of the change, in one report.
    fn tell(
        &self,
        head: &Snapshot,
        compiled: &Compiled,
        reviewed: Reviewed,
        output: &Output,
    ) -> Result<Exit, CommandError> {
        let gates = reviewed.gates();
        if self.format == "human" {
            let report = Report {
                colour: output.colour,
                ..Report::new(&compiled.diagnostics, &compiled.files)
            };
            if !compiled.diagnostics.is_empty() {
                output.print(&report.render(Form::Human));
            }
            output.print(&reviewed.rendered("human", output.colour));
        } else if self.format == "json" {
            output.print(&reviewed.rendered("json", false));
        } else {
            let mut found = compiled.diagnostics.clone();
            found.extend(crate::review::diagnostics(&reviewed.review, &reviewed.misfits));
            let files = whole(head, &found);
            output.print(
                &self.report(
                    &found,
                    &Report { root: &reviewed.root, ..Report::new(&found, &files) },
                ),
            );
        }
        if gates {
            output.note(&reviewed.obstacle());
        }
        Ok(if gates && !self.inform { Exit::Gating } else { Exit::Success })
    }

    /// The base does not compile, so what the change means is unknown, which needs agreement as a breaking change
    /// does.
    fn untold(&self, compiled: &Compiled, output: &Output) -> Result<Exit, CommandError> {
        let words = "the base does not compile, so what the change means cannot be told";
        let root = self.project.root();
        let report = Report { root: &root, ..Report::new(&compiled.diagnostics, &compiled.files) };
        output.print(&self.report(&compiled.diagnostics, &report));
        if let Some(path) = &self.markdown {
            append(path, &format!("### Assay: {words}\n"))?;
        }
        if self.inform {
            output.note(&format!("note: {words}\n"));
            return Ok(Exit::Success);
        }
        let help = "merge what mends the base with `--inform`, or name a base that compiles";
        output.note(&format!("error: {words}\n  help: {help}\n"));
        Ok(Exit::Gating)
    }

    /// The head does not compile: there is nothing more to be said.
    fn broken(&self, compiled: &Compiled, output: &Output) -> Result<Exit, CommandError> {
        let root = self.project.root();
        let report = Report {
            root: &root,
            colour: output.colour,
            ..Report::new(&compiled.diagnostics, &compiled.files)
        };
        output.print(&self.report(&compiled.diagnostics, &report));
        if let Some(path) = &self.markdown {
            let text = Report { colour: false, ..report }.render(Form::Human);
            append(
                path,
                &format!("### Assay: the library does not compile\n\n```text\n{text}```\n"),
            )?;
        }
        if let Some(path) = &self.sarif {
            write(path, &report.render(Form::Sarif))?;
        }
        Ok(failure(compiled).unwrap_or(Exit::Source))
    }

    fn report(&self, found: &[Diagnostic], report: &Report<'_>) -> String {
        let form = Form::ALL.iter().find(|(name, _)| *name == self.format);
        Report { diagnostics: found, ..*report }.render(form.map_or(Form::Human, |(_, form)| *form))
    }

    fn write(&self, reviewed: &Reviewed) -> Result<(), CommandError> {
        if let Some(path) = &self.markdown {
            append(path, &reviewed.rendered("markdown", false))?;
        }
        for (path, form) in [(&self.sarif, "sarif"), (&self.json, "json")] {
            if let Some(path) = path {
                write(path, &reviewed.rendered(form, false))?;
            }
        }
        Ok(())
    }
}

/// The files that diagnostics point into.
fn whole(head: &Snapshot, found: &[Diagnostic]) -> Files {
    let mut files = Files::default();
    for file in &head.files {
        if found.iter().any(|one| one.primary.path == file.path) {
            files.insert(&*file.path, file.bytes());
        }
    }
    files
}

fn write(path: &PathBuf, text: &str) -> Result<(), CommandError> {
    fs::write(path, text).map_err(|error| unwritable(path, &error))
}

/// Others may have written to the file before: a step's summary is added to.
fn append(path: &PathBuf, text: &str) -> Result<(), CommandError> {
    use std::io::Write as _;
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &std::path::Path, error: &std::io::Error) -> CommandError {
    CommandError::Usage {
        message: format!("`{}` cannot be written: {error}", path.display()),
        hint: Some("name a file in a folder that is there".to_owned()),
    }
}
