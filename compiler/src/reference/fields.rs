//! The fields of an authored object, told from its JSON Schema in words that authors use.

use std::collections::BTreeSet;

use serde_json::Value;

/// An object of the language: a kind, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name; empty for the whole.
    pub name: String,
    /// What it is.
    pub meaning: String,
    /// Its fields, those that must be there first.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it takes, in words; `{Name}` stands for another table.
    pub takes: String,
    /// Whether it must be there.
    pub required: bool,
    /// The value it has where it is left out, as JSON.
    pub default: Option<String>,
    /// What it means.
    pub meaning: String,
}

/// The tables of a schema: the whole first, then every part in the order in which it is first used.
pub fn tables(schema: &Value) -> Vec<Table> {
    let mut reader = Reader { root: schema, wanted: Vec::new(), known: BTreeSet::new() };
    let mut tables = vec![reader.table(String::new(), schema)];
    let mut next = 0;
    while let Some(name) = reader.wanted.get(next).cloned() {
        next += 1;
        if let Some(definition) = schema.get("$defs").and_then(|parts| parts.get(&name)) {
            tables.push(reader.table(name, definition));
        }
    }
    tables
}

struct Reader<'a> {
    root: &'a Value,
    /// Parts in the order in which they were first met.
    wanted: Vec<String>,
    known: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn table(&mut self, name: String, schema: &'a Value) -> Table {
        let required: BTreeSet<_> = list(schema, "required").filter_map(Value::as_str).collect();
        let mut fields: Vec<_> = schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, field)| Field {
                name: name.clone(),
                takes: self.takes(field),
                required: required.contains(name.as_str()),
                default: default(field),
                meaning: self.meaning(field),
            })
            .collect();
        fields.sort_by_key(|field| !field.required);
        Table { name, meaning: text(schema, "description"), fields }
    }

    /// What a field says of itself, else what its type says.
    fn meaning(&self, field: &Value) -> String {
        let own = text(field, "description");
        if own.is_empty() {
            self.target(field).map_or(own, |(_, part)| text(part, "description"))
        } else {
            own
        }
    }

    /// The part that a schema refers to, itself or beside null.
    fn target(&self, schema: &Value) -> Option<(&'a str, &'a Value)> {
        let direct = schema.get("$ref").and_then(Value::as_str);
        let branch = || list(schema, "anyOf").find_map(|branch| branch.get("$ref")?.as_str());
        let name = direct.or_else(branch)?.strip_prefix("#/$defs/")?;
        let (name, part) = self.root.get("$defs")?.as_object()?.get_key_value(name)?;
        Some((name, part))
    }

    fn takes(&mut self, schema: &Value) -> String {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            return self.part(name.strip_prefix("#/$defs/").unwrap_or(name));
        }
        let choices: Vec<_> = list(schema, "anyOf").collect();
        if !choices.is_empty() {
            let mut words: Vec<_> =
                choices.into_iter().filter(|c| !is_null(c)).map(|c| self.takes(c)).collect();
            words.dedup();
            return words.join(" or ");
        }
        if let Some(names) = choice(schema) {
            return names;
        }
        let types: Vec<_> = match schema.get("type") {
            Some(Value::String(name)) => vec![name.as_str()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let types: Vec<_> = types.into_iter().filter(|name| *name != "null").collect();
        if types.is_empty() {
            return "anything".to_owned();
        }
        types.into_iter().map(|name| self.of_type(name, schema)).collect::<Vec<_>>().join(" or ")
    }

    fn of_type(&mut self, name: &str, schema: &Value) -> String {
        match name {
            "string" => "text".to_owned(),
            "integer" => format!("whole number{}", bounds(schema)),
            "number" => format!("number{}", bounds(schema)),
            "boolean" => "`true` or `false`".to_owned(),
            "array" => match schema.get("items") {
                Some(item) => format!("list of {}", self.takes(item)),
                None => "list".to_owned(),
            },
            _ => {
                let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
                let named = schema.get("patternProperties").and_then(Value::as_object);
                match rest.or_else(|| named.and_then(|patterns| patterns.values().next())) {
                    Some(value) => format!("object: name to {}", self.takes(value)),
                    None => "object".to_owned(),
                }
            }
        }
    }

    /// A part by name: its values where it is a choice, else a reference to its table.
    fn part(&mut self, name: &str) -> String {
        let part = self.root.get("$defs").and_then(|parts| parts.get(name));
        let Some(part) = part else { return "anything".to_owned() };
        let is_object =
            part.get("properties").is_some_and(|p| p.as_object().is_some_and(|p| !p.is_empty()));
        if is_object {
            if self.known.insert(name.to_owned()) {
                self.wanted.push(name.to_owned());
            }
            return format!("{{{name}}}");
        }
        if part.get("$ref").and_then(Value::as_str) == Some(&format!("#/$defs/{name}")) {
            return "anything".to_owned();
        }
        self.takes(part)
    }
}

/// The values of a choice.
fn choice(schema: &Value) -> Option<String> {
    let mut names = Vec::new();
    let shown = |value: &Value| match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    };
    if let Some(value) = schema.get("const") {
        return Some(shown(value));
    }
    names.extend(list(schema, "enum").filter(|value| !value.is_null()).map(shown));
    for branch in list(schema, "oneOf") {
        names.push(choice(branch)?);
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn bounds(schema: &Value) -> String {
    let bound = |name: &str, sign: &str| {
        schema.get(name).filter(|v| v.is_number()).map(|value| format!("{sign} {value}"))
    };
    let all = [
        bound("minimum", "≥"),
        bound("exclusiveMinimum", ">"),
        bound("maximum", "≤"),
        bound("exclusiveMaximum", "<"),
    ];
    let all: Vec<_> = all.into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!(" {}", all.join(", ")) }
}

/// The default, unless it says only that nothing is there; that of a part stands with its own fields.
fn default(field: &Value) -> Option<String> {
    match field.get("default")? {
        Value::Null | Value::Object(_) => None,
        Value::Array(items) if items.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn text(schema: &Value, name: &str) -> String {
    schema.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'v>(schema: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    schema.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The fields as a Markdown table; `link` makes the text of another table's name.
pub fn markdown(fields: &[Field], link: &dyn Fn(&str) -> String) -> String {
    let mut text = "| field | takes | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for field in fields {
        let name = match field.required {
            true => format!("**`{}`**", field.name),
            false => format!("`{}`", field.name),
        };
        let default = match &field.default {
            Some(value) => format!("`{value}`"),
            None if field.required => "required".to_owned(),
            None => String::new(),
        };
        let cells = [name, linked(&field.takes, link), default, field.meaning.clone()];
        let cells = cells.map(|text| super::cell(&text));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// The fields as lines for a terminal.
pub fn lines(fields: &[Field]) -> String {
    let width = fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    let line = |field: &Field| {
        let mark = if field.required { "*" } else { " " };
        let default = field.default.as_ref().map(|value| format!(", {value} unless given"));
        format!(
            "  {mark} {:width$}  {}{}\n    {:width$}  {}\n",
            field.name,
            linked(&field.takes, &|name| name.to_owned()),
            default.unwrap_or_default(),
            "",
            field.meaning.split_whitespace().collect::<Vec<_>>().join(" ")
        )
    };
    fields.iter().map(line).collect()
}

/// The words with the names of other tables put in.
fn linked(takes: &str, link: &dyn Fn(&str) -> String) -> String {
    let mut result = String::new();
    let mut rest = takes;
    while let Some((before, name, behind)) = rest.split_once('{').and_then(|(before, rest)| {
        let (name, behind) = rest.split_once('}')?;
        Some((before, name, behind))
    }) {
        result.push_str(before);
        result.push_str(&link(name));
        rest = behind;
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_becomes_words() {
        let schema = json!({
            "description": "A whole.",
            "properties": {
                "id": { "type": "string", "description": "Names it." },
                "parts": { "type": "array", "items": { "$ref": "#/$defs/Part" }, "default": [] },
                "how": { "anyOf": [{ "$ref": "#/$defs/How" }, { "type": "null" }], "default": null },
                "ratio": { "type": ["number", "null"], "minimum": 0, "maximum": 1, "default": 0.5 },
                "notes": { "type": "object", "additionalProperties": true },
            },
            "required": ["id"],
            "$defs": {
                "Part": { "description": "A part.", "properties": { "of": { "type": "boolean" } } },
                "How": { "description": "In which way.",
                         "oneOf": [{ "const": "fast" }, { "const": "slow" }] },
            },
        });
        let tables = tables(&schema);
        let takes: Vec<_> =
            tables[0].fields.iter().map(|f| (f.name.as_str(), f.takes.as_str())).collect();
        let expected = [
            ("id", "text"),
            ("how", "`fast`, `slow`"),
            ("notes", "object"),
            ("parts", "list of {Part}"),
            ("ratio", "number ≥ 0, ≤ 1"),
        ];
        assert_eq!(takes, expected);
        assert_eq!(tables[0].fields[1].meaning, "In which way.");
        assert_eq!((tables.len(), tables[1].name.as_str()), (2, "Part"));
        let text = markdown(&tables[0].fields, &|name| format!("[{name}](#part)"));
        assert!(text.contains("| **`id`** | text | required | Names it. |\n"), "{text}");
        assert!(text.contains("| `parts` | list of [Part](#part) |  |  |\n"), "{text}");
        assert!(text.contains("| `ratio` | number ≥ 0, ≤ 1 | `0.5` |  |\n"), "{text}");
    }
}
