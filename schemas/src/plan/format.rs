//! How the files of a dataset are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A data format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum Format {
    /// Delimited text.
    Csv(CsvDialect),
    /// Apache Parquet.
    Parquet,
    /// JSON: one object a line, or one document with an array of objects.
    Json(JsonDialect),
    /// A sheet of a workbook.
    Excel(ExcelDialect),
    /// Avro object container files.
    Avro,
}

impl Format {
    /// Whether values come as text, or as if they did, and are converted to their declared types by steps.
    pub fn is_text(&self) -> bool {
        !matches!(self, Self::Parquet)
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Csv(_) => "delimited text",
            Self::Parquet => "Parquet",
            Self::Json(_) => "JSON",
            Self::Excel(_) => "an Excel workbook",
            Self::Avro => "Avro",
        }
    }
}

/// How a delimited text file is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvDialect {
    /// Between cells; a tab is written `"\t"`.
    pub delimiter: String,
    /// Around cells; empty means none.
    pub quote: String,
    /// Before a quote inside a quoted cell.
    pub escape: String,
    /// The first line names the columns.
    pub header: bool,
    /// Cells that mean null; an empty unquoted cell always does.
    pub null_tokens: Vec<String>,
    /// Character set: `utf-8`, `latin-1`, `utf-16`, or another that the WHATWG Encoding Standard names, such as
    /// `windows-1252` or `shift_jis`.
    pub encoding: String,
    /// Lines before the header, or before the first row, that are no part of the table.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip_rows: u32,
    /// Lines at the end that are no part of the table.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip_footer: u32,
    /// Lines that begin with this character are no part of the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// A delimiter at the end of each line separates nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub trailing_delimiter: bool,
    /// For ZIP files: the member to read, by name or pattern; the only one where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

impl Default for CsvDialect {
    fn default() -> Self {
        Self {
            delimiter: ",".into(),
            quote: "\"".into(),
            escape: "\"".into(),
            header: true,
            null_tokens: Vec::new(),
            encoding: "utf-8".into(),
            skip_rows: 0,
            skip_footer: 0,
            comment: None,
            trailing_delimiter: false,
            member: None,
        }
    }
}

impl CsvDialect {
    /// Whether engines read the dialect as it is.
    pub fn is_plain(&self) -> bool {
        self.skip_rows == 0
            && self.skip_footer == 0
            && self.comment.is_none()
            && !self.trailing_delimiter
            && self.member.is_none()
            && self.delimiter.len() == 1
            && self.quote.len() <= 1
            && self.escape.len() <= 1
            && ["utf-8", "latin-1", "utf-16"].contains(&self.encoding.as_str())
    }
}

/// How a JSON file is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JsonDialect {
    /// One object a line (NDJSON), instead of one document.
    pub lines: bool,
    /// For a document: the JSON Pointer (RFC 6901) to the array of objects; the document itself where nothing
    /// is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// For ZIP files: the member to read, by name or pattern; the only one where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// Which part of a workbook is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExcelDialect {
    /// The name of the sheet; the first one where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row with the names of the columns, from 1; the first one that is used where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub header_row: Option<u32>,
    /// The cells to read, such as `B3:F20`; all that are used where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<String>,
    /// Rows at the end that are no part of the table.
    #[serde(skip_serializing_if = "is_zero")]
    pub skip_footer: u32,
    /// Every cell of a merged area has its value, not only the upper left one.
    #[serde(skip_serializing_if = "is_false")]
    pub fill_merged: bool,
}

/// Left out of what is sealed where it says nothing, so that older plans keep their digests.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_false(value: &bool) -> bool {
    !value
}
