//! Dataset schemas: the columns of a dataset.

mod part;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::authored::Authored;
use super::reference::{Collector, SchemaRef, TaxonomyRef};
use super::taxonomy::Scalar;
use super::{Criticality, LibraryObject, Reference, common_fields, kind};
use crate::cleanse;
use crate::code::Code;
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::literal::{self, Fit};
use crate::plan::OnParseError;
use crate::problem::{Pointer, Problem};
use crate::words::counted;
pub use part::Part;

kind! {
    /// The columns of a dataset, their types and its key.
    DatasetSchema {
        id: schema_id SchemaId,
        /// The columns, in order.
        columns: Vec<Column>,
        /// Columns that together name a row.
        #[serde(default)]
        primary_key: Vec<ColumnName>,
        /// Further keys: no two rows have the same; a `unique` rule of severity error is implied for each.
        #[serde(default)]
        unique_keys: Vec<Vec<ColumnName>>,
        /// Keys that are found in another dataset; where the contract has one of that schema, a
        /// `reference` rule of severity error is implied.
        #[serde(default)]
        foreign_keys: Vec<ForeignKey>,
        /// What happens to a cell that does not fit its type.
        #[serde(default)]
        on_parse_error: OnParseError,
    }
}

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name, as the data has it.
    pub name: ColumnName,
    /// The type of its values.
    pub data_type: DataType,
    /// What it means.
    #[serde(default)]
    pub description: Option<String>,
    /// The dataset may lack it; it is then null in every row.
    #[serde(default)]
    pub optional: bool,
    /// Whether null is allowed; where it is not, a `not_null` rule of severity error is implied.
    #[serde(default = "yes")]
    pub nullable: bool,
    /// A strftime pattern for dates and timestamps in text; without one, ISO 8601.
    #[serde(default)]
    pub format: Option<String>,
    /// Values are codes of this taxonomy; an `in_set` rule of severity error is implied.
    #[serde(default)]
    pub taxonomy: Option<TaxonomyRef>,
    /// What kind of value it is, such as `money` or `email`.
    #[serde(default)]
    pub semantic_type: Option<String>,
    /// The only values there may be; an `in_set` rule of severity error is implied.
    #[serde(default, rename = "enum")]
    pub values: Vec<Scalar>,
    /// Characters that a text may have, as in `varchar(20)`; a `length` rule of severity error is implied.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_length: Option<u32>,
    /// The governance class of its values.
    #[serde(default)]
    pub classification: Option<String>,
    /// How much depends on its values.
    #[serde(default)]
    pub criticality: Option<Criticality>,
    /// The fields of a struct.
    #[serde(default)]
    pub fields: Vec<Part>,
    /// The items of a list, or the values of a map, whose keys are text.
    #[serde(default)]
    pub items: Option<Part>,
}

/// A key that is found in a dataset of another schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The columns here.
    #[schemars(length(min = 1))]
    pub columns: Vec<ColumnName>,
    /// The other schema.
    pub references: SchemaRef,
    /// The columns there, in the same order; without any, those of the same names.
    #[serde(default)]
    pub other_columns: Vec<ColumnName>,
}

impl ForeignKey {
    /// The columns there.
    pub fn others(&self) -> &[ColumnName] {
        if self.other_columns.is_empty() { &self.columns } else { &self.other_columns }
    }
}

fn yes() -> bool {
    true
}

impl DatasetSchema {
    /// The column of that name.
    pub fn column(&self, name: &ColumnName) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == *name)
    }

    /// A problem for a column that is not declared, with the nearest one that is.
    pub fn unknown_column(&self, name: &ColumnName, pointer: Pointer) -> Problem {
        let known = self.columns.iter().map(|column| column.name.as_str());
        let message = format!("schema `{}` has no column `{name}`", self.schema_id);
        Problem::new(Code::UnknownColumn, pointer, message).did_you_mean(name.as_str(), known)
    }
}

impl LibraryObject for DatasetSchema {
    common_fields!(schema_id);
    const AUTHORED: Authored = Authored { rewrite: Some(lengths), ..Authored::PLAIN };

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        for (index, column) in self.columns.iter().enumerate() {
            let place = Pointer::root().key("columns").index(index).key("taxonomy");
            found.add(place, column.taxonomy.as_ref());
        }
        for (index, key) in self.foreign_keys.iter().enumerate() {
            // A schema does not refer to itself; its own check says so.
            if key.references.schema_id != self.schema_id {
                let place = Pointer::from("foreign_keys").index(index).key("references");
                found.add(place, Some(&key.references));
            }
        }
        found.finish()
    }

    fn check(&self) -> Vec<Problem> {
        let names = self.columns.iter().map(|column| column.name.as_str());
        let mut problems = super::unique_ids("columns", "name", names);
        for (index, column) in self.columns.iter().enumerate() {
            let place = Pointer::root().key("columns").index(index).key("format");
            let found =
                column.format.as_deref().and_then(|format| cleanse::format::check(format).err());
            problems.extend(found.map(|message| Problem::new(Code::BadValue, place, message)));
        }
        for (index, column) in self.columns.iter().enumerate() {
            problems.extend(column.check(&Pointer::from("columns").index(index)));
        }
        problems.extend(self.check_keys());
        problems
    }
}

impl DatasetSchema {
    fn check_keys(&self) -> Vec<Problem> {
        let unique = Pointer::from("unique_keys");
        let foreign = Pointer::from("foreign_keys");
        let primary = (Pointer::from("primary_key"), &self.primary_key);
        let unique = self.unique_keys.iter().enumerate().map(|(i, key)| (unique.index(i), key));
        let here = self.foreign_keys.iter().enumerate();
        let here = here.map(|(i, key)| (foreign.index(i).key("columns"), &key.columns));
        let mut problems = Vec::new();
        for (place, key) in std::iter::once(primary).chain(unique).chain(here) {
            for (index, name) in key.iter().enumerate() {
                if self.column(name).is_none() {
                    problems.push(self.unknown_column(name, place.index(index)));
                } else if key[..index].contains(name) {
                    let message = format!("`{name}` stands twice in this key");
                    problems.push(Problem::new(Code::BadValue, place.index(index), message));
                }
            }
        }
        for (index, key) in self.foreign_keys.iter().enumerate() {
            let place = foreign.index(index);
            if key.references.schema_id == self.schema_id {
                let message = "a foreign key leads to another schema";
                let problem = Problem::new(Code::BadValue, place.key("references"), message);
                problems.push(
                    problem.hint("for rows that refer to rows of the same dataset, write a rule"),
                );
            } else if key.others().len() != key.columns.len() {
                let (here, there) = (key.columns.len(), key.other_columns.len());
                let here = counted(here, "column");
                let message = format!("{here} here cannot lead to {there} there");
                problems.push(Problem::new(Code::BadValue, place.key("other_columns"), message));
            }
        }
        problems
    }
}

impl Column {
    /// What is wrong with what is said of its values, at `place`.
    fn check(&self, place: &Pointer) -> Vec<Problem> {
        let mut problems = part::check(self.data_type, (&self.fields, self.items.as_ref()), place);
        if self.max_length.is_some() && self.data_type != DataType::Text {
            let message =
                format!("`max_length` is for text, but `{}` is `{}`", self.name, self.data_type);
            problems.push(Problem::new(Code::BadValue, place.key("max_length"), message).at_key());
        }
        if !self.values.is_empty() && self.taxonomy.is_some() {
            let message = "the values of a column are an `enum` or a `taxonomy`, not both";
            problems.push(Problem::new(Code::BadValue, place.key("enum"), message).at_key());
        }
        for (index, value) in self.values.iter().enumerate() {
            if let Err(message) = literal::typed(value, self.data_type, Fit::Value) {
                let place = place.key("enum").index(index);
                problems.push(Problem::new(Code::BadValue, place, message));
            }
        }
        problems
    }
}

/// Takes the length out of types such as `varchar(20)`.
fn lengths(value: &mut Value) {
    let columns = value.get_mut("columns").and_then(Value::as_array_mut);
    for column in columns.into_iter().flatten().filter_map(Value::as_object_mut) {
        let length =
            column.get("data_type").and_then(Value::as_str).and_then(DataType::text_length);
        if let Some(length) = length {
            column.entry("max_length").or_insert_with(|| Value::from(length));
        }
    }
}
