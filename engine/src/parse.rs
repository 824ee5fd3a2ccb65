//! Conversions of columns to types, as engines carry them out together.

use std::borrow::Cow;

use assay_schemas::datatype::DataType;
use assay_schemas::plan::{Field, Step, StepBody};

/// One conversion of a column.
#[derive(Clone, Debug)]
pub struct Parse<'a> {
    /// The step that asks for it.
    pub step: Cow<'a, str>,
    /// The column.
    pub column: &'a str,
    /// The type that it becomes.
    pub to: DataType,
    /// A strftime pattern for text; `None` means ISO 8601.
    pub format: Option<&'a str>,
    /// A row whose cell does not fit is rejected; otherwise the cell becomes null.
    pub reject_row: bool,
}

impl<'a> Parse<'a> {
    /// That of a step, where it is one.
    pub fn of(step: &'a Step) -> Option<Self> {
        match &step.body {
            StepBody::Parse { column, to, format, reject_row } => Some(Self {
                step: Cow::Borrowed(&step.step_id),
                column: column.as_str(),
                to: *to,
                format: format.as_deref(),
                reject_row: *reject_row,
            }),
            _ => None,
        }
    }

    /// Those that bring declared columns to their types after all steps, where the columns are there.
    pub fn declared(fields: &'a [Field], is_there: impl Fn(&str) -> bool) -> Vec<Self> {
        let fields = fields.iter().filter(|field| is_there(field.name.as_str()));
        let parse = |field: &'a Field| Self {
            step: Cow::Owned(format!("type:{}", field.name)),
            column: field.name.as_str(),
            to: field.data_type,
            format: None,
            reject_row: true,
        };
        fields.map(parse).collect()
    }

    /// Why a value is rejected.
    pub fn reason(&self) -> String {
        match self.format {
            Some(format) => format!("`{}` is not a {} of the form {format}", self.column, self.to),
            None => {
                let article = if self.to == DataType::Integer { "an" } else { "a" };
                format!("`{}` is not {article} {}", self.column, self.to)
            }
        }
    }
}
