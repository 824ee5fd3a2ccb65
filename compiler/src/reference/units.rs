//! Pages of the units of the language: rule types, cleansing steps and action types.

use assay_schemas::doc::Doc;
use assay_schemas::rule::Subject;
use assay_schemas::shape::Shape;
use assay_schemas::{action, cleanse, rule};

use super::cell;
use super::fields::{markdown, tables};

/// A unit as its page shows it.
struct Unit {
    name: &'static str,
    doc: &'static Doc,
    shape: &'static Shape,
    /// Lines that only this sort of unit has.
    facts: Vec<String>,
}

pub(super) fn rules() -> String {
    let units = rule::ALL.iter().map(|unit| {
        let subject = match unit.subject() {
            Subject::Column => "one column, named by `column`",
            Subject::Dataset => "the dataset",
        };
        let dimension = assay_schemas::canonical::value_of(&unit.dimension());
        let facts = vec![
            format!("Judges {subject}."),
            format!(
                "Dimension: `{}` unless the rule says otherwise.",
                dimension.as_str().unwrap_or_default()
            ),
        ];
        Unit { name: unit.name(), doc: unit.doc(), shape: unit.shape(), facts }
    });
    page(
        "Rule types",
        "A rule stands in a rule set, a contract or a template: `rule_type` names one of these, `parameters` holds what it needs.",
        units,
    )
}

pub(super) fn steps() -> String {
    let units = cleanse::ALL.iter().map(|unit| Unit {
        name: unit.name(),
        doc: unit.doc(),
        shape: unit.shape(),
        facts: Vec::new(),
    });
    page(
        "Cleansing steps",
        "A step stands in a cleansing policy: `step_type` names one of these. Steps are carried out in order.",
        units,
    )
}

pub(super) fn actions() -> String {
    let units = action::ALL.iter().map(|unit| Unit {
        name: unit.name(),
        doc: unit.doc(),
        shape: unit.shape(),
        facts: Vec::new(),
    });
    page(
        "Action types",
        "An action stands in an action profile: `action_type` names one of these. It sees a summary of the run, never rows.",
        units,
    )
}

fn page(title: &str, lead: &str, units: impl Iterator<Item = Unit>) -> String {
    let units: Vec<_> = units.collect();
    let mut text = format!("# {title}\n\n{lead}\n\n| name | |\n| --- | --- |\n");
    for unit in &units {
        let anchor = unit.name.to_lowercase();
        let summary = cell(unit.doc.summary);
        text.push_str(&format!("| [`{}`](#{anchor}) | {summary} |\n", unit.name));
    }
    for unit in &units {
        text.push_str(&one(unit));
    }
    text
}

fn one(unit: &Unit) -> String {
    let Unit { name, doc, shape, facts } = unit;
    let mut text = format!("\n## {name}\n\n{}\n\n{}\n\n", doc.summary, doc.semantics);
    if !facts.is_empty() {
        text.push_str(&format!("{}\n\n", facts.join(" ")));
    }
    // Parts of parameters are few and small: they follow, each under its name.
    for (position, table) in tables(shape.schema()).iter().enumerate() {
        if position > 0 {
            text.push_str(&format!("\n**{}**: {}\n\n", table.name, table.meaning));
        } else if table.fields.is_empty() {
            text.push_str("It takes no parameters.\n");
            break;
        } else {
            text.push_str("Parameters:\n\n");
        }
        text.push_str(&markdown(&table.fields, &|part| format!("**{part}**")));
    }
    text.push_str(&format!("\nCompiles:\n\n```yaml\n{}\n```\n", doc.good.trim_end()));
    text.push_str(&format!("\nDoes not compile:\n\n```yaml\n{}\n```\n", doc.bad.trim_end()));
    text
}
