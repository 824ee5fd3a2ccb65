//! Scaffolds: objects, jobs and whole projects to begin with. Whatever is written here compiles as it stands.
//!
//! A kind without an example of its own gets one from its shape, so a new kind can be scaffolded at once.

use assay_schemas::json;
use assay_schemas::library::{Kind, Object};
use serde_json::{Map, Value};

use crate::field::{Field, Types};
use crate::source;
use crate::write::{self, Form, Item, WriteError};

const EXAMPLES: &str = include_str!("scaffold/examples.yaml");
const JOBS: &str = include_str!("scaffold/jobs.yaml");
/// The templates of jobs, in the order of their documents.
pub(crate) const TEMPLATES: [&str; 3] = ["daily-checks", "file-arrival", "metric"];

/// What keeps something from being scaffolded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScaffoldError {
    /// The id does not have the form of one, or the kind needs more than its shape tells.
    #[error("{0}")]
    Example(String),
    /// It cannot be written.
    #[error("{0}")]
    Write(#[from] WriteError),
}

/// The examples of all kinds, which refer to each other; the first line of each names its kind.
fn examples() -> Vec<(Kind, Value)> {
    let one = |text: &str| {
        let kind = Kind::named(text.lines().next()?.strip_prefix("# ")?)?;
        let node = source::read("example.yaml", text.as_bytes()).objects.pop()?;
        Some((kind, node.to_value()))
    };
    EXAMPLES.split("---\n").filter_map(one).collect()
}

/// The example of a kind as it is written, without the line that names the kind; `None` where there is none.
pub fn sample(kind: &str) -> Option<&'static str> {
    let head = format!("# {kind}\n");
    EXAMPLES.split("---\n").find_map(|text| text.strip_prefix(&head))
}

/// The published JSON Schemas: name and text of each file, the kinds with their examples.
pub fn schemas() -> Vec<(String, String)> {
    json::files(&|name| {
        let node = source::read("example.yaml", sample(name)?.as_bytes()).objects.pop()?;
        Some(node.to_value())
    })
}

/// The example of a kind.
fn example(kind: Kind) -> Value {
    let known = examples().into_iter().find(|(of, _)| *of == kind);
    known.map_or_else(|| skeleton(Field::of(kind.shape()), Some(kind), 0), |(_, value)| value)
}

/// The least that fits a shape: the fields that it needs, and references to the examples.
fn skeleton(field: Field, kind: Option<Kind>, depth: usize) -> Value {
    let types = field.types();
    let first = field.choices().first().copied();
    if types.has(Types::OBJECT) && depth < 8 {
        let mut fields = Map::new();
        for (name, inner) in field.properties() {
            if !field.needs(name) {
                continue;
            }
            let of_kind =
                Kind::ALL.iter().find(|other| other.id_field() == name && Some(**other) != kind);
            let referred = of_kind.and_then(|other| {
                examples().into_iter().find(|(of, _)| of == other)?.1.get(name).cloned()
            });
            fields.insert(
                name.to_owned(),
                referred.unwrap_or_else(|| skeleton(inner, None, depth + 1)),
            );
        }
        return Value::Object(fields);
    }
    match (first, types) {
        (Some(choice), _) => Value::from(choice),
        (None, types) if types.has(Types::TEXT) => Value::from("example"),
        (None, types) if types.has(Types::NUMBER) => Value::from(1),
        (None, types) if types.has(Types::BOOLEAN) => Value::from(true),
        _ => {
            let items = field.items().filter(|_| depth < 8);
            Value::Array(items.map(|items| skeleton(items, None, depth + 1)).into_iter().collect())
        }
    }
}

/// The bytes of a file with one object to begin with; `schema` is the way from the file to the JSON Schema of its
/// kind, where there is one.
pub(crate) fn object(
    kind: Kind,
    id: &str,
    form: Form,
    schema: Option<&str>,
) -> Result<Vec<u8>, ScaffoldError> {
    let mut value = example(kind);
    value[kind.id_field()] = Value::from(id);
    let object = read(kind, &value)?;
    let item = Item { value: &value, object: &object };
    Ok(match form {
        Form::Yaml => format!("{}{}", language_server(schema), write::explained(item)).into_bytes(),
        Form::Json => write::write(&[item], form)?,
        Form::Xlsx => write::template(item, &headings(Field::of(kind.shape())))?,
    })
}

fn read(kind: Kind, value: &Value) -> Result<Object, ScaffoldError> {
    kind.read(value).map_err(|problems| {
        let said = problems.iter().map(|problem| match &problem.hint {
            Some(hint) => format!("{}: {} ({hint})", problem.pointer, problem.message),
            None => format!("{}: {}", problem.pointer, problem.message),
        });
        ScaffoldError::Example(said.collect::<Vec<_>>().join("; "))
    })
}

/// The headings that a workbook offers: every field that has a cell of its own, lists inside lists included.
fn headings(field: Field) -> Vec<String> {
    let mut found = Vec::new();
    collect(field, "", 0, &mut found);
    found
}

fn collect(field: Field, prefix: &str, depth: usize, found: &mut Vec<String>) {
    let units = field.units().map(|(_, units)| units).unwrap_or_default();
    for (name, inner) in field.properties() {
        let heading = format!("{prefix}{name}");
        if name == "parameters" && !units.is_empty() {
            for (_, unit) in &units {
                collect(*unit, &format!("{heading}."), depth + 1, found);
            }
            continue;
        }
        let items = inner.items().filter(|_| inner.types().only(Types::LIST));
        let below = items.unwrap_or(inner);
        if below.properties().is_empty() {
            if !below.types().only(Types::OBJECT) && !found.contains(&heading) {
                found.push(heading);
            }
        } else if depth < 3 {
            collect(below, &format!("{heading}."), depth + 1, found);
        }
    }
}

/// A job made from a template; `schema` is the way from the file to the JSON Schema of jobs, where there is one.
pub(crate) fn job(
    template: usize,
    id: &str,
    contract: &str,
    schema: Option<&str>,
) -> Result<Vec<u8>, ScaffoldError> {
    let text = JOBS.split("---\n").nth(template).unwrap_or_default();
    let text = text.replace("\"{id}\"", id).replace("\"{contract}\"", contract);
    for node in source::read("job.yaml", text.as_bytes()).objects {
        read(Kind::JobDefinition, &node.to_value())?;
    }
    Ok(format!("{}{text}", language_server(schema)).into_bytes())
}

/// The line by which editors find the schema of a file; a way that leads nowhere would only make them complain.
fn language_server(schema: Option<&str>) -> String {
    schema.map_or_else(String::new, |way| format!("# yaml-language-server: $schema={way}\n"))
}

/// The files of a project to begin with.
pub(crate) fn project() -> Result<Vec<(String, Vec<u8>)>, ScaffoldError> {
    let text = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    let mut files = vec![
        text("README.md", include_str!("scaffold/project/README.md")),
        text(".gitignore", include_str!("scaffold/project/gitignore")),
        text(".github/workflows/check.yaml", include_str!("scaffold/project/check.yaml")),
        text(".github/workflows/build.yaml", include_str!("scaffold/project/build.yaml")),
        text("data/orders.csv", include_str!("scaffold/project/orders.csv")),
    ];
    let environments = [
        ("dev", None, "Where changes are tried out.", "[draft, pending_approval, active]"),
        ("test", Some("dev"), "Where changes are proven.", "[pending_approval, active]"),
        ("prod", Some("test"), "What the business relies on.", "[active]"),
    ];
    for (name, from, description, statuses) in environments {
        let from = from.map_or_else(String::new, |from| format!("promotes_from: {from}\n"));
        let content = format!(
            "{}environment: {name}\ndescription: {description}\nbranch: {name}\n{from}\
             variables:\n  data: data\nresults: .assay/lake/{name}\npolicy:\n  statuses: {statuses}\n",
            language_server(Some("../schemas/environment.json"))
        );
        files.push(text(&format!("environments/{name}.yaml"), &content));
    }
    for (kind, value) in examples() {
        let object = read(kind, &value)?;
        let bytes = write::write(&[Item { value: &value, object: &object }], Form::Yaml)?;
        let path = format!("libraries/{}/{}.yaml", kind.folder(), object.id());
        let path = match files.iter().any(|(other, _)| *other == path) {
            true => format!("libraries/{}/{}-{}.yaml", kind.folder(), object.id(), kind.name()),
            false => path,
        };
        let schema = format!("../../schemas/{}.json", kind.name());
        files.push((path, [language_server(Some(&schema)).into_bytes(), bytes].concat()));
    }
    files.extend(
        json::documents()
            .into_iter()
            .map(|(name, text)| (format!("schemas/{name}.json"), text.into_bytes())),
    );
    files.sort();
    Ok(files)
}
