//! Where the rows of a dataset are, and how they are written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::ColumnName;
use crate::plan::{CsvDialect, ExcelDialect, JsonDialect};

/// Where the rows of a dataset are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceContract {
    /// Path or glob, with the environment's variables; without one, each run names its input.
    #[serde(default)]
    pub path: Option<String>,
    /// How the files are written.
    pub format: FormatName,
    /// Columns of the schema whose values are not in the files but in the names of their folders, as in
    /// `year=2024/month=01/part-0.parquet`. They are text, integers, booleans or days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<ColumnName>,
    /// How delimited text is written.
    #[serde(default)]
    pub csv: Option<CsvDialect>,
    /// How JSON is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<JsonDialect>,
    /// Which part of a workbook is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excel: Option<ExcelDialect>,
}

/// The data formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormatName {
    /// Delimited text, plain or compressed by gzip, zstd or ZIP.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// JSON documents, plain or compressed.
    Json,
    /// JSON, one object a line, plain or compressed.
    Ndjson,
    /// Workbooks: `.xlsx`, `.xls`, `.xlsb`, `.ods`.
    Excel,
    /// Avro object container files.
    Avro,
}

impl FormatName {
    /// Whether values come as text, or as if they did, and are converted to their declared types.
    pub fn is_text(self) -> bool {
        self != Self::Parquet
    }
}
