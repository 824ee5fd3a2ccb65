//! Staging of Parquet files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::rows::col;
use assay_engine::{EngineError, file};
use assay_schemas::datatype::DataType;
use assay_schemas::plan::{DatasetPlan, Field};
use polars::io::HiveOptions;
use polars::io::parquet::metadata::FileMetadataRef;
use polars::prelude::{
    DataType as Kept, Expr, IdxSize, LazyFrame, NULL, ParquetReader, ScanArgsParquet, Schema,
    SchemaExt as _, SerReader as _, lit,
};

use super::INDEX;
use super::{Source, convert, countable, file_of, joined, path_of};
use crate::rows::{FILE, ROW, Rows, fault};
use crate::types::{Column, kept};
use assay_engine::layout::{Layout, Missing, check_columns, distinct, wanted};
use assay_engine::words;

/// What the footer of a file says.
struct Footer {
    layout: Layout,
    schema: Schema,
    rows: u64,
}

/// Neighbours of the same types, which one scan reads.
struct Group {
    files: Vec<PathBuf>,
    /// Rows of each file.
    counts: Vec<u64>,
    layout: Layout,
    schema: Schema,
    /// Files and rows before.
    first: usize,
    before: u64,
}

/// A column of the dataset: its name, its declaration and its type.
type Wanted = (String, Option<Field>, Option<DataType>);

/// Reads the footers and makes the frame.
pub(super) fn stage(dataset: &DatasetPlan, files: &[PathBuf]) -> Result<Source, EngineError> {
    for file in files {
        file::parquet::inspect(file)?;
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut layouts: Vec<Layout> = Vec::new();
    let mut missing = Missing::default();
    let mut rows = 0;
    for (index, file) in files.iter().enumerate() {
        let footer = footer(file)?;
        if !layouts.iter().any(|known| known.columns == footer.layout.columns) {
            missing.add(check_columns(dataset, &footer.layout)?);
            layouts.push(footer.layout.clone());
        }
        let count = footer.rows;
        match groups.last_mut() {
            Some(group)
                if group.layout.columns == footer.layout.columns
                    && group.schema == footer.schema =>
            {
                group.files.push(file.clone());
                group.counts.push(count);
            }
            _ => groups.push(Group {
                files: vec![file.clone()],
                counts: vec![count],
                layout: footer.layout,
                schema: footer.schema,
                first: index,
                before: rows,
            }),
        }
        rows += count;
    }
    countable(rows)?;
    let layouts = distinct(&layouts);
    let whole = whole(&layouts)?;
    let wanted = typed(wanted(dataset, &whole, &missing), &whole)?;
    let frames: Result<Vec<LazyFrame>, EngineError> =
        groups.iter().map(|group| group.frame(&wanted)).collect();
    let frame = joined(frames?)?;
    let columns = wanted.into_iter().map(|(name, _, data_type)| Column { name, data_type });
    Ok(Source {
        rows: Rows { frame, columns: columns.collect() },
        files: files.to_vec(),
        notes: Vec::new(),
        layouts,
        count: Some(rows),
        text: false,
        missing,
    })
}

/// What the footer of a file says of its columns.
fn footer(path: &Path) -> Result<Footer, EngineError> {
    let name = path.display();
    let told = |error: &dyn std::fmt::Display| {
        EngineError::Data(format!("{name}: cannot be read: {error}"))
    };
    let handle = std::fs::File::open(path).map_err(|error| told(&error))?;
    let mut reader = ParquetReader::new(handle);
    let metadata = reader.get_metadata().map_err(|error| told(&error))?.clone();
    let columns =
        described(&metadata).map_err(|what| EngineError::Beyond(format!("{name}: {what}")))?;
    let arrow = reader.schema().map_err(|error| told(&error))?;
    Ok(Footer {
        layout: Layout { file: path.to_owned(), columns },
        schema: Schema::from_arrow_schema(&arrow),
        rows: metadata.num_rows as u64,
    })
}

/// Names and types of the columns in DuckDB's words.
///
/// # Errors
/// Says of which column that is not known for certain.
fn described(metadata: &FileMetadataRef) -> Result<Vec<(String, String)>, String> {
    let mut columns = Vec::new();
    let mut taken = BTreeSet::new();
    let mut leaves = metadata.schema_descr.columns().iter().peekable();
    for field in metadata.schema_descr.fields() {
        let name = field.name();
        if !taken.insert(name.to_lowercase()) {
            return Err(format!("two columns are named `{name}`, or differ by case alone"));
        }
        if name.starts_with(INDEX) {
            return Err(format!("the name `{name}` is the engine's own"));
        }
        let Some(leaf) = leaves.next() else { continue };
        let primitive = &leaf.descriptor.primitive_type;
        if leaf.path_in_schema.len() != 1 || leaf.descriptor.max_rep_level > 0 {
            return Err(format!("the column `{name}` is nested"));
        }
        let word = word(
            &format!("{:?}", primitive.physical_type),
            &primitive.logical_type.map(|found| format!("{found:?}")).unwrap_or_default(),
            &primitive.converted_type.map(|found| format!("{found:?}")).unwrap_or_default(),
        );
        let Some(word) = word else {
            return Err(format!(
                "the column `{name}` is of a type that Polars does not read exactly"
            ));
        };
        columns.push((name.to_owned(), word));
    }
    match columns.is_empty() {
        true => Err("there are no columns".into()),
        false => Ok(columns),
    }
}

/// DuckDB's word for a type of Parquet, which it makes of the physical type and the old annotation, and of few
/// of the new ones. All are as Rust shows them; what is not there is empty.
fn word(physical: &str, logical: &str, converted: &str) -> Option<String> {
    let utc = logical.contains("is_adjusted_to_utc: true");
    let fine = logical.contains("Nanoseconds");
    if logical.starts_with("Timestamp") {
        return match (utc, fine) {
            (true, false) => Some("TIMESTAMP WITH TIME ZONE".into()),
            (false, false) => Some("TIMESTAMP".into()),
            (false, true) => Some("TIMESTAMP_NS".into()),
            (true, true) => None,
        };
    }
    if logical.starts_with("Time") {
        return (!utc && !fine).then(|| "TIME".into());
    }
    if logical == "Float16" && physical == "FixedLenByteArray(2)" {
        return Some("FLOAT".into());
    }
    if matches!(logical, "Unknown" | "Uuid" | "Float16") {
        return None;
    }
    let plain = match (converted, physical) {
        ("", "Boolean") => "BOOLEAN",
        ("" | "Int32", "Int32") => "INTEGER",
        ("" | "Int64", "Int64") => "BIGINT",
        ("", "Float") => "FLOAT",
        ("", "Double") => "DOUBLE",
        ("", "ByteArray") => "BLOB",
        ("", fixed) if fixed.starts_with("FixedLenByteArray") => "BLOB",
        ("Int8", "Int32") => "TINYINT",
        ("Int16", "Int32") => "SMALLINT",
        ("Uint8", "Int32") => "UTINYINT",
        ("Uint16", "Int32") => "USMALLINT",
        ("Uint32", "Int32") => "UINTEGER",
        ("Uint64", "Int64") => "UBIGINT",
        ("Date", "Int32") => "DATE",
        ("TimeMillis", "Int32") | ("TimeMicros", "Int64") => "TIME",
        ("TimestampMillis" | "TimestampMicros", "Int64") => "TIMESTAMP",
        ("Utf8" | "Enum", "ByteArray") => "VARCHAR",
        ("Json", "ByteArray") => "JSON",
        (decimal, _) => return decimal_word(decimal),
    };
    Some(plain.to_owned())
}

/// `Decimal(12, 2)` as DuckDB writes it.
fn decimal_word(converted: &str) -> Option<String> {
    let arguments = converted.strip_prefix("Decimal(")?.strip_suffix(')')?;
    let (precision, scale) = arguments.split_once(", ")?;
    let (precision, scale): (u8, u8) = (precision.parse().ok()?, scale.parse().ok()?);
    // Longer ones are doubles there.
    (1..=38).contains(&precision).then(|| format!("DECIMAL({precision},{scale})"))
}

/// The columns of all files together, in the order in which they first come. Types that differ are told as
/// the one that holds them all.
fn whole(layouts: &[Layout]) -> Result<Layout, EngineError> {
    let mut columns: Vec<(String, String)> = Vec::new();
    for layout in layouts {
        for (name, word) in &layout.columns {
            let Some((known, before)) =
                columns.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name))
            else {
                columns.push((name.clone(), word.clone()));
                continue;
            };
            let together = common(before, word).filter(|_| known == name).ok_or_else(|| {
                EngineError::Beyond(format!(
                    "{}: the column `{name}` is {}, and `{known}` is {} in another file",
                    layout.file.display(),
                    word.to_lowercase(),
                    before.to_lowercase()
                ))
            })?;
            *before = together;
        }
    }
    let file = layouts.first().map(|layout| layout.file.clone()).unwrap_or_default();
    Ok(Layout { file, columns })
}

/// The word for two types together.
fn common(one: &str, other: &str) -> Option<String> {
    if one == other {
        return Some(one.to_owned());
    }
    match (words::read(one), words::read(other)) {
        (Some(DataType::Integer), Some(DataType::Integer)) => Some("BIGINT".into()),
        (Some(DataType::Double), Some(DataType::Double)) => Some("DOUBLE".into()),
        _ => None,
    }
}

/// The wanted columns with the types that they have in the end.
fn typed(wanted: Vec<(String, Option<Field>)>, whole: &Layout) -> Result<Vec<Wanted>, EngineError> {
    let mut typed = Vec::with_capacity(wanted.len());
    for (name, field) in wanted {
        if [ROW, FILE].contains(&name.as_str()) {
            return Err(EngineError::Beyond(format!("the name `{name}` is the engine's own")));
        }
        let found = whole.columns.iter().find(|(found, _)| *found == name);
        let data_type = match found {
            Some((_, word)) => {
                let known = match words::read(word) {
                    None if field.as_ref().is_some_and(|f| f.data_type == DataType::Text) => {
                        Some(DataType::Text)
                    }
                    None => {
                        return Err(EngineError::Beyond(format!(
                            "the column `{name}` is {}, for which Polars has no exact type",
                            word.to_lowercase()
                        )));
                    }
                    known => known,
                };
                convert::widened(lit(0), known, field.as_ref()).1
            }
            None => convert::absent(field.as_ref()).1,
        };
        typed.push((name, field, data_type));
    }
    Ok(typed)
}

impl Group {
    /// Reads the wanted columns of the group's files.
    fn frame(&self, wanted: &[Wanted]) -> Result<LazyFrame, EngineError> {
        let paths: Result<Vec<_>, EngineError> =
            self.files.iter().map(|file| path_of(file)).collect();
        let arguments = ScanArgsParquet {
            glob: false,
            hive_options: HiveOptions::new_disabled(),
            // What a footer says of NaN and of text is read in different ways.
            use_statistics: false,
            cache: false,
            ..ScanArgsParquet::default()
        };
        let offset = IdxSize::try_from(self.before).unwrap_or(IdxSize::MAX);
        let scan = LazyFrame::scan_parquet_files(paths?.into_iter().collect(), arguments)
            .map_err(fault)?
            .with_row_index(INDEX, Some(offset));
        let mut selected = Vec::with_capacity(wanted.len() + 2);
        for (name, field, data_type) in wanted {
            let found = self.layout.columns.iter().find(|(found, _)| found == name);
            let value = match (found, data_type) {
                (Some((_, word)), _) => self.value(name, word, field.as_ref())?,
                (None, Some(data_type)) => lit(NULL).cast(kept(*data_type)),
                (None, None) => convert::absent(field.as_ref()).0,
            };
            selected.push(value.alias(name.as_str()));
        }
        let row = col(INDEX).cast(Kept::Int64) + lit(1_i64);
        let file = file_of(row.clone(), self.first, self.before, &self.counts);
        selected.push(row.alias(ROW));
        selected.push(file.alias(FILE));
        Ok(scan.select(selected))
    }

    /// The values of a column as exactly the type that they stand for.
    fn value(&self, name: &str, word: &str, field: Option<&Field>) -> Result<Expr, EngineError> {
        let held = self.schema.get(name);
        let beyond = || {
            EngineError::Beyond(format!(
                "{}: Polars takes the column `{name}` for {}, which is {}",
                self.layout.file.display(),
                held.map_or("none".into(), ToString::to_string),
                word.to_lowercase()
            ))
        };
        let value = held.and_then(|held| normal(col(name), word, held)).ok_or_else(beyond)?;
        let found = words::read(word).or(Some(DataType::Text));
        Ok(convert::widened(value, found, field).0)
    }
}

/// A column of DuckDB's type `word` that Polars holds as `held`, as the type of the language that it stands
/// for; `None` where that cannot be exact.
fn normal(value: Expr, word: &str, held: &Kept) -> Option<Expr> {
    let whole = |bytes: &Kept| bytes.is_integer() && !matches!(bytes, Kept::Int128 | Kept::UInt128);
    Some(match (word, held) {
        ("BOOLEAN", Kept::Boolean)
        | ("BIGINT", Kept::Int64)
        | ("DOUBLE", Kept::Float64)
        | ("VARCHAR", Kept::String)
        | ("DATE", Kept::Date)
        | ("TIME", Kept::Time)
        | ("BLOB", Kept::Binary) => value,
        ("UBIGINT", Kept::UInt64) => value.strict_cast(Kept::String),
        (_, held) if whole(held) && words::read(word) == Some(DataType::Integer) => {
            value.strict_cast(Kept::Int64)
        }
        ("FLOAT", Kept::Float32 | Kept::Float16) => value.strict_cast(Kept::Float64),
        ("VARCHAR", Kept::Categorical(..) | Kept::Enum(..))
        | ("VARCHAR" | "JSON", Kept::Binary)
        | ("JSON", Kept::String) => value.strict_cast(Kept::String),
        ("TIMESTAMP" | "TIMESTAMP_NS" | "TIMESTAMP WITH TIME ZONE", Kept::Datetime(..)) => {
            if *held == kept(DataType::Timestamp) { value } else { convert::micros(value) }
        }
        (_, Kept::Decimal(precision, scale)) if word == format!("DECIMAL({precision},{scale})") => {
            value
        }
        _ => return None,
    })
}
