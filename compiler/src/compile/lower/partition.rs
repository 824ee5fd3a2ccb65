//! Partition columns: whether the names of folders can give what a contract says that they do.

use assay_schemas::code::Code;
use assay_schemas::datatype::DataType;
use assay_schemas::library::dataset_schema::DatasetSchema;
use assay_schemas::problem::Problem;

use super::super::overlay::Resolved;
use super::DatasetAt;
use crate::diagnostic::Sink;

/// Every partition is a column of the schema, is named once, and is of a type that a name can be read as.
pub(super) fn check(
    resolved: &Resolved<'_>,
    at: DatasetAt<'_>,
    schema: &DatasetSchema,
    sink: &mut Sink,
) {
    let contract = resolved.linked.loaded(at.contract.index);
    let named = &at.dataset.source.partitions;
    for (position, name) in named.iter().enumerate() {
        let place = at.pointer().key("source").key("partitions").index(position);
        let bad = |message| Problem::new(Code::BadValue, place.clone(), message);
        let problem = match schema.column(name) {
            None => Some(schema.unknown_column(name, place.clone())),
            Some(_) if named.iter().take(position).any(|before| before == name) => {
                Some(bad(format!("the partition `{name}` is named twice")))
            }
            Some(column) if !is_of_names(column.data_type) => {
                let message =
                    format!("the partition `{name}` cannot be of the type `{}`", column.data_type);
                Some(bad(message).hint("declare it as text, integer, boolean or date"))
            }
            Some(_) => None,
        };
        if let Some(problem) = problem {
            sink.push(contract.diagnostic(problem));
        }
    }
}

/// Whether the name of a folder can be read as the type for certain.
fn is_of_names(data_type: DataType) -> bool {
    use DataType::{Boolean, Date, Integer, Text};
    matches!(data_type, Text | Integer | Boolean | Date)
}
