//! Pages of the kinds: a list of all, and a page with the fields of each.

use assay_schemas::library::Kind;
use assay_schemas::library::environment::Environment;
use serde_json::Value;

use super::fields::{markdown, tables};
use super::{Page, cell};
use crate::scaffold;

pub(super) fn pages() -> Vec<Page> {
    let mut all: Vec<_> = Kind::ALL
        .iter()
        .map(|kind| {
            let place = format!("`libraries/{}/`", kind.folder());
            (kind.name(), place, kind.id_field(), kind.shape().schema())
        })
        .collect();
    let place = "`environments/`".to_owned();
    all.push(("environment", place, "environment", Environment::shape().schema()));
    let mut list = "# Kinds\n\n\
        The folder and the id field tell what an object is. A file holds one object, a list of them, or several \
        documents separated by `---`.\n\n\
        | kind | folder | id field | what it is |\n| --- | --- | --- | --- |\n"
        .to_owned();
    let mut pages = Vec::new();
    for (name, place, id_field, schema) in all {
        let meaning = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let first = cell(meaning.split("\n\n").next().unwrap_or_default());
        list.push_str(&format!(
            "| [{name}](kinds/{name}.md) | {place} | `{id_field}` | {first} |\n"
        ));
        pages.push((format!("kinds/{name}.md"), page((name, &place, id_field), schema)));
    }
    pages.push(("kinds.md".to_owned(), list));
    pages
}

fn page((name, place, id_field): (&str, &str, &str), schema: &Value) -> String {
    let link = |part: &str| format!("[{part}](#{})", part.to_lowercase());
    let mut text = format!("# {name}\n\n");
    for (position, table) in tables(schema).iter().enumerate() {
        if position == 0 {
            text.push_str(&format!(
                "{}\n\nStands in {place}, told by `{id_field}`. JSON Schema: \
                 [`{name}.json`](../../../schemas/json/{name}.json). All kinds: [index](../kinds.md).\n\n",
                table.meaning
            ));
        } else {
            text.push_str(&format!("\n## {}\n\n{}\n\n", table.name, table.meaning));
        }
        text.push_str(&markdown(&table.fields, &link));
        if let (0, Some(example)) = (position, scaffold::sample(name)) {
            text.push_str(&format!("\n```yaml\n{}\n```\n", example.trim_end()));
        }
    }
    text
}
