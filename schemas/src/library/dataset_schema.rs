//! Dataset schemas: the columns of a dataset.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::{Collector, TaxonomyRef};
use super::{Criticality, LibraryObject, Reference, common_fields, kind};
use crate::cleanse;
use crate::code::Code;
use crate::datatype::DataType;
use crate::id::ColumnName;
use crate::plan::OnParseError;
use crate::problem::{Pointer, Problem};

kind! {
    /// The columns of a dataset, their types and its key.
    DatasetSchema {
        id: schema_id SchemaId,
        /// The columns, in order.
        columns: Vec<Column>,
        /// Columns that together name a row.
        #[serde(default)]
        primary_key: Vec<ColumnName>,
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
    /// The governance class of its values.
    #[serde(default)]
    pub classification: Option<String>,
    /// How much depends on its values.
    #[serde(default)]
    pub criticality: Option<Criticality>,
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

    fn references(&self) -> Vec<Reference> {
        let mut found = Collector::new();
        for (index, column) in self.columns.iter().enumerate() {
            let place = Pointer::root().key("columns").index(index).key("taxonomy");
            found.add(place, column.taxonomy.as_ref());
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
        for (index, name) in self.primary_key.iter().enumerate() {
            if self.column(name).is_none() {
                let pointer = Pointer::root().key("primary_key").index(index);
                problems.push(self.unknown_column(name, pointer));
            }
        }
        problems
    }
}
