//! `assayc show --effective`: what is in force for a contract, as a tree for each column.

use std::fmt::Write as _;

use serde_json::Value;

use crate::compile::effective::{
    ColumnView, DatasetView, Effective, HopView, RuleView, SettingView,
};

/// Places are put behind the text, but not further out than this.
const WIDEST: usize = 74;

/// Lines of text with the place that each is about.
#[derive(Default)]
struct Page(Vec<(String, String)>);

impl Page {
    fn line(&mut self, text: impl Into<String>, place: &str) {
        self.0.push((text.into(), place.to_owned()));
    }

    fn print(self) -> String {
        let width = |text: &str| text.chars().count();
        let with_place = self.0.iter().filter(|(_, place)| !place.is_empty());
        let column = with_place.map(|(text, _)| width(text)).max().unwrap_or(0).min(WIDEST);
        let mut out = String::new();
        for (text, place) in self.0 {
            if place.is_empty() {
                let _ = writeln!(out, "{text}");
            } else {
                let gap = column.saturating_sub(width(&text));
                let _ = writeln!(out, "{text}{:gap$}  {place}", "");
            }
        }
        out
    }
}

/// The contracts for people.
pub(super) fn human(contracts: &[Effective]) -> String {
    let mut page = Page::default();
    for contract in contracts {
        let Effective { contract_id, version, environment, tenant_id, place, datasets } = contract;
        let tenant = tenant_id.as_ref().map_or(String::new(), |id| format!(" of tenant {id}"));
        page.line(format!("contract {contract_id} {version}{tenant} in {environment}"), place);
        for dataset in datasets {
            of_dataset(dataset, &mut page);
        }
    }
    page.print()
}

fn of_dataset(dataset: &DatasetView, page: &mut Page) {
    page.line("", "");
    page.line(format!("dataset {}", dataset.dataset_contract_id), &dataset.place);
    for SettingView { name, value, from, .. } in &dataset.held_to {
        page.line(format!("  {name:10}  {}", shown(value)), &from.place);
    }
    if !dataset.rules.is_empty() {
        page.line("", "");
        page.line("the dataset as a whole", "");
        rules(&dataset.rules, page);
    }
    for column in &dataset.columns {
        of_column(column, page);
    }
    if !dataset.excluded.is_empty() {
        page.line("", "");
        page.line("not in force", "");
        for excluded in &dataset.excluded {
            let column =
                excluded.column.as_ref().map_or(String::new(), |name| format!(" on {name}"));
            let text = format!("  {}{column}: {}", excluded.rule, excluded.reason);
            page.line(text, &excluded.from.place);
        }
    }
}

fn of_column(column: &ColumnView, page: &mut Page) {
    page.line("", "");
    let setting = |name: &str| column.settings.iter().find(|setting| setting.name == name);
    let mut title = column.name.clone();
    if let Some(setting) = setting("data_type") {
        let _ = write!(title, "  {}", shown(&setting.value));
    }
    let place = setting("data_type").map_or("", |setting| &*setting.from.place);
    page.line(title, place);
    let bar = if column.rules.is_empty() { ' ' } else { '│' };
    for name in ["catalog_attribute", "classification", "redaction"] {
        if let Some(found) = setting(name) {
            let label = if name == "catalog_attribute" { "mapped to" } else { name };
            let by = if name == "catalog_attribute" { String::new() } else { said_by(&found.from) };
            page.line(format!("{bar}  {label} {}{by}", shown(&found.value)), &found.from.place);
            overridden(found, &format!("{bar}    "), page);
        }
    }
    if column.rules.is_empty() {
        page.line("   no rule", "");
    }
    rules(&column.rules, page);
}

fn rules(rules: &[RuleView], page: &mut Page) {
    for (position, rule) in rules.iter().enumerate() {
        let last = position + 1 == rules.len();
        let (branch, bar) = if last { ("└─", "  ") } else { ("├─", "│ ") };
        let filter = rule.filter.as_ref().map_or(String::new(), |text| format!(" where {text}"));
        page.line(format!("{branch} {:8}  {}{filter}", rule.severity, rule.title), "");
        for hop in &rule.chain {
            page.line(format!("{bar}    {:9}  {}", hop.role, named(hop)), &hop.place);
        }
        for setting in rule.settings.iter().filter(|setting| !setting.overridden.is_empty()) {
            let value = shown(&setting.value);
            let text = format!("{bar}    {} is {value}{}", setting.name, said_by(&setting.from));
            page.line(text, &setting.from.place);
            overridden(setting, &format!("{bar}      "), page);
        }
    }
}

fn overridden(setting: &SettingView, lead: &str, page: &mut Page) {
    for other in setting.overridden.iter().rev() {
        let text = format!("{lead}instead of {}{}", shown(&other.value), said_by(&other.from));
        page.line(text, &other.from.place);
    }
}

fn said_by(hop: &HopView) -> String {
    format!(", by {} {}", hop.role, hop.part)
}

/// A place as people name it: the part, and the object that it is a part of.
fn named(hop: &HopView) -> String {
    let (kind_and_id, version) = hop.object.rsplit_once('@').unwrap_or((&hop.object, ""));
    let (kind, id) = kind_and_id.split_once('/').unwrap_or(("", kind_and_id));
    if hop.part == id && hop.role == kind {
        format!("{id} {version}")
    } else if hop.part == id {
        format!("{kind} {id} {version}")
    } else {
        format!("{} in {kind} {id} {version}", hop.part)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
