//! `assayc explain`: what a code, a rule type, a step or an action means.

use assay_schemas::code::{Code, Level};
use assay_schemas::doc::Doc;
use assay_schemas::exit::Exit;
use assay_schemas::problem::nearest;
use assay_schemas::{action, cleanse, rule};
use clap::Args;

use super::{CommandError, Output};

/// Explain a diagnostic code, a rule type, a cleansing step or an action type.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc explain E0302         a diagnostic code
  assayc explain not_null      a rule type
  assayc explain rules         all rule types; also `steps`, `actions`, `codes`, `exits`")]
pub(super) struct Explain {
    /// A code, a name, or one of `rules`, `steps`, `actions`, `codes`, `exits`.
    topic: String,
}

impl Explain {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let text = list(&self.topic).or_else(|| one(&self.topic));
        match text {
            Some(text) => {
                output.print(&text);
                Ok(Exit::Success)
            }
            None => Err(unknown(&self.topic)),
        }
    }
}

/// Name and documentation of every rule type, step and action type.
fn documented() -> impl Iterator<Item = (&'static str, &'static Doc)> {
    let rules = rule::ALL.iter().map(|unit| (unit.name(), unit.doc()));
    let steps = cleanse::ALL.iter().map(|unit| (unit.name(), unit.doc()));
    let actions = action::ALL.iter().map(|unit| (unit.name(), unit.doc()));
    rules.chain(steps).chain(actions)
}

fn list(topic: &str) -> Option<String> {
    let lines: Vec<(String, &str)> = match topic {
        "rules" => {
            rule::ALL.iter().map(|unit| (unit.name().to_owned(), unit.doc().summary)).collect()
        }
        "steps" => {
            cleanse::ALL.iter().map(|unit| (unit.name().to_owned(), unit.doc().summary)).collect()
        }
        "actions" => {
            action::ALL.iter().map(|unit| (unit.name().to_owned(), unit.doc().summary)).collect()
        }
        "codes" => Code::ALL.iter().map(|code| (code.id().to_owned(), code.title())).collect(),
        "exits" => Exit::ALL.iter().map(|exit| (exit.code().to_string(), exit.meaning())).collect(),
        _ => return None,
    };
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    Some(lines.iter().map(|(name, summary)| format!("{name:width$}  {summary}\n")).collect())
}

fn one(topic: &str) -> Option<String> {
    if let Some(code) = Code::ALL.iter().find(|code| code.id().eq_ignore_ascii_case(topic)) {
        let level = match code.level() {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        return Some(format!(
            "{} ({level}): {}\n\n{}\n",
            code.id(),
            code.title(),
            code.explanation()
        ));
    }
    let (name, doc) = documented().find(|(name, _)| name.eq_ignore_ascii_case(topic))?;
    Some(format!(
        "{name}: {}\n\n{}\n\nFor example:\n\n{}\nThis does not compile:\n\n{}",
        doc.summary,
        doc.semantics,
        indented(doc.good),
        indented(doc.bad)
    ))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn unknown(topic: &str) -> CommandError {
    let names = documented().map(|(name, _)| name);
    let known = names.chain(Code::ALL.iter().map(|code| code.id()));
    let hint = match nearest(topic, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "`assayc explain rules`, `steps`, `actions`, `codes` and `exits` list what there is"
                .to_owned()
        }
    };
    CommandError::Usage { message: format!("nothing is called `{topic}`"), hint: Some(hint) }
}
