//! Schema objects and their properties: a dataset contract and a dataset schema each.

use std::collections::BTreeSet;

use assay_schemas::cleanse;
use assay_schemas::datatype::DataType;
use assay_schemas::id::ColumnName;
use assay_schemas::plan::{Field, Redaction};
use assay_schemas::problem::Pointer;
use serde_json::{Map, Value, json};

use super::super::ids::Ids;
use super::super::instant;
use super::super::loss::{Home, Losses};
use super::super::rest::Rest;
use super::nested::typed;
use super::{Head, keep};

/// A schema object that is being carried over.
pub(super) struct Draft {
    pub(super) rest: Rest,
    name: String,
    /// Names its schema and its rule set.
    pub(super) object_id: String,
    /// Names it in the data contract.
    pub(super) dataset_id: String,
    description: Option<String>,
    title: Option<String>,
    tags: Vec<Value>,
    primary_key: Vec<String>,
    /// The keys that rules are implied of, found with the rules.
    pub(super) keys: Keys,
    pub(super) columns: Vec<ColumnDraft>,
}

/// Keys of a dataset beside its primary one.
#[derive(Default)]
pub(super) struct Keys {
    /// Columns of which no two rows have the same.
    pub(super) unique: Vec<Vec<String>>,
    /// Keys that are found in another dataset, as the library writes them.
    pub(super) foreign: Vec<Value>,
    /// What is left of the relationships that became foreign keys, by their number.
    pub(super) relationships: Map<String, Value>,
}

/// A property that is being carried over.
pub(super) struct ColumnDraft {
    pub(super) rest: Rest,
    /// The name of the property.
    pub(super) property: String,
    /// The name of the column: the physical one, since that is what the data has.
    pub(super) column: String,
    pub(super) data_type: DataType,
    pub(super) options: Rest,
    /// The column as the library writes it, as far as it is carried.
    pub(super) fields: Map<String, Value>,
}

/// The schema objects of a contract, with their columns and nothing of their rules.
pub(super) fn drafts(head: &Head, objects: &[Value]) -> Vec<Draft> {
    let mut ids = Ids::default();
    let each = objects.iter().enumerate();
    each.map(|(index, object)| {
        let mut rest = Rest::new(object, Pointer::from("schema").index(index));
        let name = rest.text("name").unwrap_or_default().to_owned();
        rest.take("name");
        let dataset_id = ids.unique(&name);
        if dataset_id != name {
            rest.keep("name", json!(name));
        }
        if rest.text("logicalType") == Some("object") {
            rest.keep("logicalType", json!("object"));
        }
        let properties = rest.take_list("properties");
        let mut taken = BTreeSet::new();
        let at = rest.at().key("properties");
        let columns: Vec<_> = properties
            .iter()
            .enumerate()
            .map(|(index, property)| column(Rest::new(property, at.index(index)), &mut taken))
            .collect();
        Draft {
            object_id: format!("{}.{dataset_id}", head.contract_id),
            description: rest.take_text("description"),
            title: rest.take_text("businessName"),
            tags: rest.take_tags(),
            primary_key: primary_key(&columns),
            keys: Keys::default(),
            rest,
            name,
            dataset_id,
            columns,
        }
    })
    .collect()
}

fn column(mut rest: Rest, taken: &mut BTreeSet<String>) -> ColumnDraft {
    let property = rest.text("name").unwrap_or_default().to_owned();
    let physical = rest.text("physicalName").filter(|name| ColumnName::new(*name).is_ok());
    let mut column = physical.unwrap_or(&property).to_owned();
    if !taken.insert(column.clone()) {
        column.clone_from(&property);
        taken.insert(column.clone());
    }
    rest.take("name");
    if column != property {
        rest.take("physicalName");
        rest.keep("name", json!(property));
    } else if rest.text("physicalName") == Some(&property) {
        rest.keep("physicalName", json!(property));
    } else {
        rest.because("physicalName", "another column has this name already");
    }
    let (data_type, mut fields) = typed(&mut rest);
    fields.insert("name".to_owned(), json!(column));
    for key in ["description", "classification"] {
        if let Some(text) = rest.take_text(key) {
            fields.insert(key.to_owned(), json!(text));
        }
    }
    if rest.take("required").is_some() {
        fields.insert("nullable".to_owned(), json!(false));
    }
    if rest.take("criticalDataElement").is_some() {
        fields.insert("criticality".to_owned(), json!("critical"));
    }
    let options = rest.take("logicalTypeOptions").unwrap_or_default();
    let mut options = Rest::new(&options, rest.at().key("logicalTypeOptions"));
    if data_type == DataType::Text
        && let Some(kind) = options.take_text("format")
    {
        fields.insert("semantic_type".to_owned(), json!(kind));
    }
    if let Some(format) = instant_format(data_type, &mut options) {
        fields.insert("format".to_owned(), json!(format));
    }
    ColumnDraft { rest, property, column, data_type, options, fields }
}

/// The pattern of a column's days or times in text, where both worlds know it.
fn instant_format(data_type: DataType, options: &mut Rest) -> Option<String> {
    if !matches!(data_type, DataType::Date | DataType::Timestamp | DataType::Time) {
        return None;
    }
    let pattern = options.text("format")?.to_owned();
    let carried = instant::of_jdk(&pattern)
        .filter(|ours| cleanse::format::check(ours).is_ok() && instant::to_jdk(ours).is_some());
    match carried {
        Some(ours) => {
            let back = json!(instant::to_jdk(&ours));
            options.take("format");
            let why = "the pattern is written another way";
            options.keep_unless("format", json!(pattern), &back, why);
            Some(ours)
        }
        None => {
            options.because("format", "the pattern has a part that ours have not");
            None
        }
    }
}

/// The columns of the key: by their position, those without one behind.
fn primary_key(columns: &[ColumnDraft]) -> Vec<String> {
    let mut keys: Vec<_> = columns
        .iter()
        .filter(|column| column.rest.get("primaryKey").is_some())
        .map(|column| {
            let position = column.rest.get("primaryKeyPosition").and_then(Value::as_i64);
            (position.unwrap_or(i64::MAX), column.column.clone())
        })
        .collect();
    keys.sort_by_key(|(position, _)| *position);
    keys.into_iter().map(|(_, column)| column).collect()
}

impl Draft {
    /// The name of the schema object.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The classes that its columns belong to.
    pub(super) fn classifications(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter_map(|column| column.fields.get("classification").and_then(Value::as_str))
    }

    /// Its columns as rules see them.
    pub(super) fn fields(&self) -> Vec<Field> {
        let field = |column: &ColumnDraft| {
            Some(Field {
                name: ColumnName::new(column.column.clone()).ok()?,
                data_type: column.data_type,
                optional: false,
                catalog_attribute: None,
                classification: None,
                redaction: Redaction::None,
            })
        };
        self.columns.iter().filter_map(field).collect()
    }

    /// Where what is left of the object is kept.
    pub(super) fn home(&self) -> Home {
        Home::of("dataset_schema", &self.object_id)
    }

    /// Where what is left of a property is kept.
    pub(super) fn home_of(&self, column: &str) -> Home {
        self.home().key("properties").key(column)
    }

    /// The dataset schema, with everything that is left.
    pub(super) fn schema(mut self, head: &Head, losses: &mut Losses) -> Map<String, Value> {
        let home = self.home();
        let mut schema = head.object("schema_id", &self.object_id);
        if let Some(title) = &self.title {
            schema.insert("name".to_owned(), json!(title));
        }
        if !self.tags.is_empty() {
            schema.insert("tags".to_owned(), Value::Array(std::mem::take(&mut self.tags)));
        }
        let mut columns = Vec::new();
        let mut properties = Map::new();
        let key = std::mem::take(&mut self.primary_key);
        for column in self.columns {
            let home = home.key("properties").key(&column.column);
            let name = column.column.clone();
            columns.push(Value::Object(column.fields));
            let mut rest = column.rest;
            key_position(&mut rest, key.iter().position(|part| *part == name));
            rest.put_part("logicalTypeOptions", column.options);
            let left = rest.settle(&home, losses);
            if !left.is_empty() {
                properties.insert(name, Value::Object(left));
            }
        }
        schema.insert("columns".to_owned(), Value::Array(columns));
        if !key.is_empty() {
            schema.insert("primary_key".to_owned(), json!(key));
        }
        if !self.keys.unique.is_empty() {
            schema.insert("unique_keys".to_owned(), json!(self.keys.unique));
        }
        if !self.keys.foreign.is_empty() {
            schema.insert("foreign_keys".to_owned(), Value::Array(self.keys.foreign));
        }
        let mut kept = self.rest.settle(&home, losses);
        if !self.keys.relationships.is_empty() {
            kept.insert("foreign_keys".to_owned(), Value::Object(self.keys.relationships));
        }
        if !properties.is_empty() {
            kept.insert("properties".to_owned(), Value::Object(properties));
        }
        keep(&mut schema, kept);
        schema
    }
}

/// Keeps the position of a key column where its place in the list does not give it back.
fn key_position(rest: &mut Rest, place: Option<usize>) {
    let Some(place) = place else { return };
    rest.take("primaryKey");
    let position = rest.take("primaryKeyPosition").unwrap_or(json!(-1));
    if position != json!(place + 1) {
        rest.keep("primaryKeyPosition", position);
    }
}

/// The dataset contract of a schema object.
pub(super) fn dataset(head: &Head, draft: &Draft, source: Value, has_rules: bool) -> Value {
    let mut dataset = Map::from_iter([
        ("dataset_contract_id".to_owned(), json!(draft.dataset_id)),
        ("schema".to_owned(), head.reference("schema_id", &draft.object_id)),
        ("source".to_owned(), source),
    ]);
    if let Some(description) = &draft.description {
        dataset.insert("description".to_owned(), json!(description));
    }
    if has_rules {
        let reference = head.reference("rule_set_id", &draft.object_id);
        dataset.insert("rule_sets".to_owned(), json!([reference]));
    }
    Value::Object(dataset)
}
