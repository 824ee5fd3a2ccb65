//! `assayc explain`: what a code, a kind, a rule type, a step or an action means.

use assay_schemas::code::{Code, GROUPS, Level, Sample};
use assay_schemas::doc::Doc;
use assay_schemas::exit::Exit;
use assay_schemas::library::Kind;
use assay_schemas::library::environment::Environment;
use assay_schemas::problem::nearest;
use assay_schemas::shape::Shape;
use assay_schemas::{action, cleanse, rule};
use clap::Args;
use serde_json::{Value, json};

use super::{CommandError, Output};
use crate::reference::fields::{lines, tables};
use crate::scaffold;

/// Explain a diagnostic code, a kind, a rule type, a cleansing step or an action type.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assayc explain               all diagnostic codes, by what they are about
  assayc explain E0302         a diagnostic code: what it means, examples, the way out
  assayc explain not_null      a rule type, a step or an action
  assayc explain rule_set      the fields of a kind
  assayc explain rules         all rule types; also `steps`, `actions`, `kinds`, `codes`, `exits`")]
pub(super) struct Explain {
    /// A code, a name, or one of `rules`, `steps`, `actions`, `kinds`, `codes`, `exits`; codes where none is
    /// named.
    #[arg(default_value = "codes", hide_default_value = true)]
    topic: String,
    /// Form of the output.
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

impl Explain {
    pub(super) fn run(self, output: &Output) -> Result<Exit, CommandError> {
        let topic = list(&self.topic).or_else(|| code(&self.topic)).or_else(|| unit(&self.topic));
        let Some((text, value)) = topic.or_else(|| kind(&self.topic)) else {
            return Err(unknown(&self.topic));
        };
        match self.format.as_str() {
            "json" => output.print(&format!("{value:#}\n")),
            _ => output.print(&text),
        }
        Ok(Exit::Success)
    }
}

/// What is said of a topic, to people and to machines.
type Said = (String, Value);

/// A rule type, a step or an action type.
struct Unit {
    sort: &'static str,
    name: &'static str,
    doc: &'static Doc,
    shape: &'static Shape,
}

fn units() -> Vec<Unit> {
    let rules = rule::ALL.iter().map(|unit| ("rule type", unit.name(), unit.doc(), unit.shape()));
    let steps = cleanse::ALL.iter().map(|unit| ("step", unit.name(), unit.doc(), unit.shape()));
    let actions = action::ALL.iter().map(|unit| ("action", unit.name(), unit.doc(), unit.shape()));
    rules
        .chain(steps)
        .chain(actions)
        .map(|(sort, name, doc, shape)| Unit { sort, name, doc, shape })
        .collect()
}

/// Name and shape of every kind, environments included.
fn kinds() -> Vec<(&'static str, &'static Shape)> {
    let kinds = Kind::ALL.iter().map(|kind| (kind.name(), kind.shape()));
    kinds.chain([("environment", Environment::shape())]).collect()
}

fn list(topic: &str) -> Option<Said> {
    let of = |sort: &str| {
        let found = units().into_iter().filter(|unit| unit.sort == sort);
        found.map(|unit| (unit.name.to_owned(), unit.doc.summary.to_owned())).collect::<Vec<_>>()
    };
    let rows = match topic {
        "rules" => of("rule type"),
        "steps" => of("step"),
        "actions" => of("action"),
        "kinds" => {
            let meaning = |shape: &Shape| {
                let text = shape.schema().get("description").and_then(Value::as_str);
                first_sentence(text.unwrap_or_default())
            };
            kinds().into_iter().map(|(name, shape)| (name.to_owned(), meaning(shape))).collect()
        }
        "codes" => return Some(codes()),
        "exits" => Exit::ALL
            .iter()
            .map(|exit| (exit.code().to_string(), exit.meaning().to_owned()))
            .collect(),
        _ => return None,
    };
    let values = rows.iter().map(|(name, words)| json!({ "name": name, "summary": words }));
    Some((table(&rows), values.collect()))
}

/// The first sentence of a text, on one line.
fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.find(". ") {
        Some(end) => text[..=end].to_owned(),
        None => text,
    }
}

fn table(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().map(|(name, words)| format!("{name:width$}  {words}\n")).collect()
}

/// Every code, by what it is about.
fn codes() -> Said {
    let mut text = String::new();
    for (digits, words) in GROUPS {
        let of_group = Code::ALL.iter().filter(|code| &code.id()[1..3] == *digits);
        let rows: Vec<_> =
            of_group.map(|code| (code.id().to_owned(), code.title().to_owned())).collect();
        if !rows.is_empty() {
            text.push_str(&format!("{words}\n{}\n", indented(&table(&rows), 2)));
        }
    }
    text.push_str("`assayc explain CODE` says more of one\n");
    let values = Code::ALL.iter().map(|code| {
        let (id, title) = (code.id(), code.title());
        json!({ "name": id, "summary": title, "group": code.group(), "level": code.level() })
    });
    (text, values.collect())
}

fn code(topic: &str) -> Option<Said> {
    let code = Code::ALL.iter().find(|code| code.id().eq_ignore_ascii_case(topic))?;
    let level = match code.level() {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let mut text = format!("{} ({level}): {}\n\n{}\n", code.id(), code.title(), code.explanation());
    let mut value = json!({
        "sort": "code", "name": code.id(), "level": level, "title": code.title(),
        "group": code.group(), "explanation": code.explanation(),
    });
    if let Some(page) = code.page() {
        text.push_str(&format!("\nThis does not compile:\n\n{}", shown(&page.bad)));
        text.push_str(&format!("This does:\n\n{}", shown(&page.good)));
        text.push_str(&format!("How to fix it: {}\n", page.fix));
        let files = |samples: &[Sample]| -> Value {
            samples
                .iter()
                .map(|file| json!({ "path": file.path, "note": file.note, "text": file.text }))
                .collect()
        };
        value["bad"] = files(&page.bad);
        value["good"] = files(&page.good);
        value["fix"] = json!(page.fix);
    }
    Some((text, value))
}

fn shown(samples: &[Sample]) -> String {
    let one = |file: &Sample| {
        let note = file.note.map(|note| format!(", {note}")).unwrap_or_default();
        format!("{}\n", indented(&format!("# {}{note}\n{}", file.path, file.text), 4))
    };
    samples.iter().map(one).collect()
}

fn unit(topic: &str) -> Option<Said> {
    let unit = units().into_iter().find(|unit| unit.name.eq_ignore_ascii_case(topic))?;
    let Unit { sort, name, doc, shape } = unit;
    let mut text = format!("{name} ({sort}): {}\n\n{}\n\n", doc.summary, doc.semantics);
    text.push_str(&described(shape, "Parameters"));
    text.push_str(&format!(
        "For example:\n\n{}\nThis does not compile:\n\n{}",
        indented(doc.good, 4),
        indented(doc.bad, 4)
    ));
    let value = json!({
        "sort": sort, "name": name, "summary": doc.summary, "semantics": doc.semantics,
        "good": doc.good, "bad": doc.bad, "parameters": shape.schema(),
    });
    Some((text, value))
}

fn kind(topic: &str) -> Option<Said> {
    let (name, shape) = kinds().into_iter().find(|(name, _)| name.eq_ignore_ascii_case(topic))?;
    let place = match Kind::named(name) {
        Some(kind) => format!("`libraries/{}/`, told by `{}`", kind.folder(), kind.id_field()),
        None => "`environments/`".to_owned(),
    };
    let meaning = shape.schema().get("description").and_then(Value::as_str).unwrap_or_default();
    let mut text =
        format!("{name} (kind): {meaning}\n\nStands in {place}.\n\n{}", described(shape, "Fields"));
    if let Some(example) = scaffold::sample(name) {
        text.push_str(&format!("For example:\n\n{}", indented(example, 4)));
    }
    let value = json!({
        "sort": "kind", "name": name, "explanation": meaning, "example": scaffold::sample(name),
        "schema": shape.schema(),
    });
    Some((text, value))
}

/// The fields of a shape and of its parts.
fn described(shape: &Shape, title: &str) -> String {
    let tables = tables(shape.schema());
    let mut text = String::new();
    for table in tables.iter().filter(|table| !table.fields.is_empty()) {
        let head = match table.name.as_str() {
            "" => format!("{title} (* must be there)"),
            name => format!("{name}: {}", table.meaning),
        };
        text.push_str(&format!("{head}\n\n{}\n", lines(&table.fields)));
    }
    text
}

fn indented(text: &str, by: usize) -> String {
    text.lines()
        .map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("{:by$}{line}\n", ""),
        })
        .collect()
}

fn unknown(topic: &str) -> CommandError {
    let lists = ["rules", "steps", "actions", "kinds", "codes", "exits"];
    let upper = topic.to_uppercase();
    let units = units();
    let kinds = kinds();
    let names = units.iter().map(|unit| unit.name).chain(kinds.iter().map(|(name, _)| *name));
    let near = nearest(topic, names.chain(lists))
        .or_else(|| nearest(&upper, Code::ALL.iter().map(|code| code.id())))
        .or_else(|| nearest(&upper, action::ALL.iter().map(|unit| unit.name())));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "`assayc explain rules`, `steps`, `actions`, `kinds`, `codes` and `exits` list what there is"
                .to_owned()
        }
    };
    CommandError::Usage { message: format!("nothing is called `{topic}`"), hint: Some(hint) }
}
