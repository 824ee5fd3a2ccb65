//! Partition columns: values that are not in a file but in the names of its folders, `year=2024/month=01/`.

use std::path::Path;

use assay_schemas::datatype::DataType;
use assay_schemas::day::Day;
use assay_schemas::plan::{DatasetPlan, Field};

use crate::EngineError;
use crate::layout::{Layout, near};
use crate::words;

/// What stands in the name of a folder where there is no value.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A partition column, and its value in each file.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// The column.
    pub field: Field,
    /// In the order of the files; canonical text of the column's type.
    pub values: Vec<Option<String>>,
}

/// The partition columns of a dataset, read from what its files are called: paths, or URIs.
///
/// # Errors
/// A path lacks one that is not optional, or gives it a value that is not of its type; the text names the file.
pub fn read(dataset: &DatasetPlan, files: &[String]) -> Result<Vec<Partition>, EngineError> {
    let named = |field: &&Field| dataset.source.partitions.contains(&field.name);
    let column = |field: &Field| {
        let values: Result<Vec<_>, _> = files.iter().map(|file| value(file, field)).collect();
        Ok(Partition { field: field.clone(), values: values? })
    };
    dataset.read_fields().iter().filter(named).map(column).collect()
}

/// The dataset as its files hold it, without partition columns.
pub fn held(dataset: &DatasetPlan) -> DatasetPlan {
    DatasetPlan { reads: Some(dataset.file_fields()), ..dataset.clone() }
}

/// Tells the layouts of files of their partition columns, in place of columns of the same names that the files
/// may hold. Text files know no types.
pub fn told(layouts: &mut [Layout], partitions: &[Partition], text: bool) {
    for layout in layouts {
        for Partition { field, .. } in partitions {
            let word = if text { String::new() } else { words::name(field.data_type) };
            layout.columns.retain(|(name, _)| name != field.name.as_str());
            layout.columns.push((field.name.to_string(), word));
        }
    }
}

/// The value that the path of a file gives to a column.
fn value(file: &str, field: &Field) -> Result<Option<String>, EngineError> {
    let folders = folders(file);
    let name = field.name.as_str();
    // The folder that is nearest to the file counts.
    let Some((_, written)) = folders.iter().rev().find(|(key, _)| key == name) else {
        return if field.optional { Ok(None) } else { Err(lacking(file, name, &folders)) };
    };
    if written == NULL || written.is_empty() {
        return Ok(None);
    }
    canonical(written, field.data_type).map(Some).ok_or_else(|| {
        let wanted = field.data_type;
        EngineError::Data(format!(
            "{file}: `{name}={written}` in its path is not of the declared type `{wanted}`"
        ))
    })
}

fn lacking(file: &str, name: &str, folders: &[(String, String)]) -> EngineError {
    let keys: Vec<&str> = folders.iter().map(|(key, _)| key.as_str()).collect();
    let found = match (near(name, &keys), keys.as_slice()) {
        (_, []) => "none of its folders is written so".to_owned(),
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, keys) => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("it has {}", keys.join(", "))
        }
    };
    EngineError::Data(format!(
        "{file}: the path has no folder `{name}=…`, which the contract declares as a partition; {found}"
    ))
}

/// Keys and values of the folders of a path, outermost first, with what is escaped in them resolved.
fn folders(file: &str) -> Vec<(String, String)> {
    let parents = Path::new(file).parent().map(Path::to_string_lossy).unwrap_or_default();
    let pair = |folder: &str| {
        let (key, value) = folder.split_once('=')?;
        (!key.is_empty()).then(|| (unescaped(key), unescaped(value)))
    };
    parents.split(['/', '\\']).filter_map(pair).collect()
}

/// `%3A` is a colon; what is no escape stays.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let digits = more.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = more.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The text of a value as every engine reads it; `None` where it is not of the type.
fn canonical(written: &str, data_type: DataType) -> Option<String> {
    match data_type {
        DataType::Text => Some(written.to_owned()),
        DataType::Integer => written.parse::<i64>().ok().map(|number| number.to_string()),
        DataType::Boolean => match written.to_ascii_lowercase().as_str() {
            word @ ("true" | "false") => Some(word.to_owned()),
            _ => None,
        },
        DataType::Date => written.parse::<Day>().ok().map(|day| day.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(file: &str, data_type: DataType) -> Result<Option<String>, String> {
        let name = assay_schemas::id::ColumnName::new("day").unwrap();
        let field = Field {
            name,
            data_type,
            optional: false,
            catalog_attribute: None,
            classification: None,
            redaction: assay_schemas::plan::Redaction::None,
        };
        value(file, &field).map_err(|error| error.to_string())
    }

    #[test]
    fn folders_give_values_of_their_types() {
        let cases = [
            ("a/day=7/x.csv", DataType::Integer, Some("7")),
            ("a/day=007/x.csv", DataType::Integer, Some("7")),
            ("a/day=007/x.csv", DataType::Text, Some("007")),
            ("s3://b/day=2024-02-29/x.parquet", DataType::Date, Some("2024-02-29")),
            ("day=1/a/day=2/x.csv", DataType::Integer, Some("2")),
            ("day=a%2Fb%3A%zz/x.csv", DataType::Text, Some("a/b:%zz")),
            ("day=TRUE/x.csv", DataType::Boolean, Some("true")),
            ("day=__HIVE_DEFAULT_PARTITION__/x.csv", DataType::Date, None),
            ("day=a=b/x.csv", DataType::Text, Some("a=b")),
        ];
        for (file, data_type, wanted) in cases {
            assert_eq!(said(file, data_type), Ok(wanted.map(str::to_owned)), "{file}");
        }
    }

    #[test]
    fn what_a_path_does_not_give_is_said() {
        let said = |file, data_type| said(file, data_type).unwrap_err();
        assert!(said("a/x.csv", DataType::Text).contains("none of its folders"));
        assert!(said("Day=1/x.csv", DataType::Text).contains("did you mean `Day`?"));
        assert!(said("month=1/x.csv", DataType::Text).contains("it has `month`"));
        // The name of the file itself is no folder.
        assert!(said("a/day=1", DataType::Text).contains("no folder `day=…`"));
        let wrong = said("day=2024-02-30/x.csv", DataType::Date);
        assert!(wrong.contains("`day=2024-02-30`") && wrong.contains("`date`"), "{wrong}");
        assert!(said("day=1.5/x.csv", DataType::Integer).contains("`integer`"));
    }
}
