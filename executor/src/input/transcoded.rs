//! Files in formats that no engine reads, as files that every engine does: one canonical text file each.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use assay_input::transcode::{self, Written, avro, excel, json, pack, text};
use assay_schemas::plan::{CsvDialect, DatasetPlan, ExcelDialect, Format, JsonDialect};

use super::acquire::InputFile;
use crate::engine::{EngineError, FileFault, FileNote};

/// How a ZIP file begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// What an engine reads, and what it should know of it.
#[derive(Clone, Debug)]
pub struct Readable {
    /// The file.
    pub path: PathBuf,
    /// What is known of it; `None` where it is the file that was named.
    pub note: Option<FileNote>,
    /// What people should know of how it was read.
    pub said: Vec<String>,
}

/// Makes files readable. The plan's format becomes that of the files that are given back, which lie in `folder`
/// where they had to be made.
///
/// # Errors
/// A file is not of its format, or there is no room.
pub fn readable(
    dataset: &mut DatasetPlan,
    files: &[InputFile],
    folder: &Path,
) -> Result<Vec<Readable>, EngineError> {
    let columns: Vec<String> =
        dataset.file_fields().iter().map(|field| field.name.to_string()).collect();
    let wanted = match &dataset.source.format {
        Format::Parquet => None,
        Format::Csv(dialect) if dialect.is_plain() && !any_zip(files)? => None,
        Format::Csv(dialect) => Some((text_of(dialect, &columns), packing(&dialect.member))),
        Format::Json(dialect) => Some((json_of(dialect, columns), packing(&dialect.member))),
        Format::Excel(dialect) => Some((excel_of(dialect), packing(&None))),
        Format::Avro => {
            let options = avro::Options { columns, ..avro::Options::default() };
            Some((transcode::Format::Avro(options), packing(&None)))
        }
    };
    let Some((format, packing)) = wanted else {
        return Ok(files.iter().map(as_it_is).collect());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| EngineError::Resource(format!("{}: {error}", folder.display())))?;
    let mut made = Vec::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let to = folder.join(format!("{number}.csv"));
        let written = transcode::transcode(&file.path, &format, &packing, &to).map_err(told)?;
        made.push(readable_of(file, to, written));
    }
    dataset.source.format = Format::Csv(CsvDialect::default());
    Ok(made)
}

fn as_it_is(file: &InputFile) -> Readable {
    let fetched = file.origin.as_ref();
    let note = fetched.map(|_| FileNote { name: file.name.clone(), ..FileNote::default() });
    Readable { path: file.path.clone(), note, said: Vec::new() }
}

fn readable_of(file: &InputFile, path: PathBuf, written: Written) -> Readable {
    let lines = written.faults.iter().any(|fault| fault.row.is_none());
    let mut said = written.said;
    let kept = written.faults.len() as u64;
    if written.fault_count > kept {
        said.push(format!("of {} faults the first {kept} are told", written.fault_count));
    }
    let said = said.into_iter().map(|text| format!("{}: {text}", file.name)).collect();
    let faults = written.faults.into_iter().map(|fault| FileFault {
        row: fault.row,
        line: fault.line,
        column: fault.column,
        value: fault.value,
        reason: fault.reason,
    });
    let shifts: Vec<_> = written.places.shifts().take(FileNote::MOST_SHIFTS + 1).collect();
    let note = FileNote {
        name: file.name.clone(),
        shifts: if shifts.len() > FileNote::MOST_SHIFTS { Vec::new() } else { shifts },
        faults: faults.collect(),
        left_out: if lines { written.fault_count } else { 0 },
        transcoded: true,
    };
    Readable { path, note: Some(note), said }
}

/// Whether any of the files is a ZIP file.
fn any_zip(files: &[InputFile]) -> Result<bool, EngineError> {
    for file in files {
        let mut begin = [0; 4];
        let read = File::open(&file.path).and_then(|mut open| open.read(&mut begin));
        let read = read.map_err(|error| EngineError::Data(format!("{}: {error}", file.name)))?;
        if &begin[..read] == ZIP {
            return Ok(true);
        }
    }
    Ok(false)
}

fn packing(member: &Option<String>) -> pack::Options {
    pack::Options { member: member.clone(), ..pack::Options::default() }
}

fn text_of(dialect: &CsvDialect, columns: &[String]) -> transcode::Format {
    let first = |text: &str| text.chars().next();
    let escape = first(&dialect.escape).filter(|_| dialect.escape != dialect.quote);
    transcode::Format::Text(text::Options {
        delimiter: dialect.delimiter.clone(),
        quote: first(&dialect.quote),
        escape,
        encoding: dialect.encoding.clone(),
        skip_rows: dialect.skip_rows.into(),
        header: dialect.header,
        columns: if dialect.header { Vec::new() } else { columns.to_vec() },
        skip_footer: dialect.skip_footer as usize,
        comment: dialect.comment.as_deref().and_then(first),
        null_tokens: dialect.null_tokens.clone(),
        trailing_delimiter: dialect.trailing_delimiter,
        ..text::Options::default()
    })
}

fn json_of(dialect: &JsonDialect, columns: Vec<String>) -> transcode::Format {
    let records = dialect.records.clone();
    let options = json::Options { columns, records, ..json::Options::default() };
    match dialect.lines {
        true => transcode::Format::Ndjson(options),
        false => transcode::Format::Json(options),
    }
}

fn excel_of(dialect: &ExcelDialect) -> transcode::Format {
    transcode::Format::Excel(excel::Options {
        sheet: dialect.sheet.clone().map_or(excel::Sheet::First, excel::Sheet::Name),
        header_row: dialect.header_row,
        range: dialect.range.clone(),
        skip_footer: dialect.skip_footer as usize,
        merged: if dialect.fill_merged { excel::Merged::Fill } else { excel::Merged::First },
        ..excel::Options::default()
    })
}

fn told(error: transcode::Error) -> EngineError {
    match error {
        transcode::Error::Data(text) => EngineError::Data(text),
        transcode::Error::Resource(text) => EngineError::Resource(text),
    }
}
