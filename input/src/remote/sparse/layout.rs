//! Where the parts of a Parquet file lie, as its footer says. A footer is not trusted.

use std::ops::Range;

use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
    ParquetStatisticsPolicy,
};

use super::merged;

/// Names of columns that a message lists.
const LISTED: usize = 10;

/// The byte ranges as [`super::SparseFile::ranges`] gives them. `footer` is the metadata in Thrift, without
/// length and magic, and begins at `end` in the file.
///
/// # Errors
/// The metadata is damaged, or has no such column or row group.
pub(super) fn ranges(
    footer: &[u8],
    end: u64,
    columns: &[&str],
    row_groups: Option<&[usize]>,
) -> Result<Vec<Range<u64>>, String> {
    let metadata = decoded(footer)?;
    let wanted = leaves(&metadata, columns)?;
    let count = metadata.num_row_groups();
    let groups: Vec<usize> = match row_groups {
        None => (0..count).collect(),
        Some(groups) => groups.to_vec(),
    };
    let starts = starts(&metadata, end);
    let mut out = Vec::new();
    for group in groups {
        let Some(group) = metadata.row_groups().get(group) else {
            return Err(format!(
                "the Parquet file has {count} row groups, and none of number {group}"
            ));
        };
        for (chunk, _) in group.columns().iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
            out.push(pages(chunk)?);
            out.extend(bloom_filter(chunk, &starts)?);
        }
    }
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    for chunk in chunks {
        out.extend(span(chunk.column_index_offset(), chunk.column_index_length())?);
        out.extend(span(chunk.offset_index_offset(), chunk.offset_index_length())?);
    }
    match out.iter().find(|range| range.end > end) {
        Some(_) => Err(damaged("what its footer tells of lies behind its end")),
        None => Ok(merged(&out, 0)),
    }
}

/// The names of the top-level columns, in order.
///
/// # Errors
/// The metadata is damaged.
pub(super) fn columns(footer: &[u8]) -> Result<Vec<String>, String> {
    let metadata = decoded(footer)?;
    let schema = metadata.file_metadata().schema_descr();
    let tops = schema.root_schema().get_fields().iter();
    Ok(tops.map(|field| field.name().to_owned()).collect())
}

fn decoded(footer: &[u8]) -> Result<ParquetMetaData, String> {
    // Statistics are much of a footer, and say nothing of places.
    let options = ParquetMetaDataOptions::new()
        .with_column_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
    ParquetMetaDataReader::decode_metadata_with_options(footer, Some(&options))
        .map_err(|_| damaged("its metadata cannot be read"))
}

/// For each leaf of the schema, whether it belongs to one of the columns.
fn leaves(metadata: &ParquetMetaData, columns: &[&str]) -> Result<Vec<bool>, String> {
    let schema = metadata.file_metadata().schema_descr();
    let tops: Vec<&str> = schema
        .columns()
        .iter()
        .map(|leaf| leaf.path().parts().first().map_or("", String::as_str))
        .collect();
    let mut wanted = vec![false; tops.len()];
    for column in columns {
        let exact = tops.contains(column);
        let mut found = false;
        for (top, wanted) in tops.iter().zip(&mut wanted) {
            if top == column || !exact && top.eq_ignore_ascii_case(column) {
                *wanted = true;
                found = true;
            }
        }
        if !found {
            let mut names = tops.clone();
            names.dedup();
            let more = if names.len() > LISTED { ", …" } else { "" };
            names.truncate(LISTED);
            return Err(format!(
                "the Parquet file has no column `{column}`; it has `{}`{more}",
                names.join("`, `")
            ));
        }
    }
    Ok(wanted)
}

/// The pages of a chunk, with its dictionary.
fn pages(chunk: &ColumnChunkMetaData) -> Result<Range<u64>, String> {
    let data = chunk.data_page_offset();
    // Some writers give 0 where there is no dictionary.
    let start = chunk.dictionary_page_offset().filter(|offset| (4..data).contains(offset));
    let start = u64::try_from(start.unwrap_or(data));
    let length = u64::try_from(chunk.compressed_size());
    match (start, length) {
        (Ok(start), Ok(length)) if start >= 4 => match start.checked_add(length) {
            Some(end) => Ok(start..end),
            None => Err(damaged("a column chunk has no end")),
        },
        _ => Err(damaged("a column chunk has no place")),
    }
}

/// The Bloom filter of a chunk. Older writers do not say how long it is: then it ends where something else
/// begins.
fn bloom_filter(chunk: &ColumnChunkMetaData, starts: &[u64]) -> Result<Option<Range<u64>>, String> {
    let Some(offset) = chunk.bloom_filter_offset() else { return Ok(None) };
    if chunk.bloom_filter_length().is_some() {
        return span(Some(offset), chunk.bloom_filter_length());
    }
    let offset = u64::try_from(offset).map_err(|_| damaged("a Bloom filter has no place"))?;
    Ok(starts.iter().find(|start| **start > offset).map(|next| offset..*next))
}

fn span(offset: Option<i64>, length: Option<i32>) -> Result<Option<Range<u64>>, String> {
    let (Some(offset), Some(length)) = (offset, length) else { return Ok(None) };
    let start = u64::try_from(offset).ok();
    let end =
        start.zip(u64::try_from(length).ok()).and_then(|(start, more)| start.checked_add(more));
    match (start, end) {
        (Some(start), Some(end)) => Ok(Some(start..end)),
        _ => Err(damaged("an index has no place")),
    }
}

/// Where anything begins, in order; the footer begins at `end`.
fn starts(metadata: &ParquetMetaData, end: u64) -> Vec<u64> {
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    let mut starts: Vec<u64> = chunks
        .flat_map(|chunk| {
            [
                chunk.dictionary_page_offset(),
                Some(chunk.data_page_offset()),
                chunk.bloom_filter_offset(),
                chunk.column_index_offset(),
                chunk.offset_index_offset(),
            ]
        })
        .filter_map(|start| u64::try_from(start?).ok())
        .chain([end])
        .collect();
    starts.sort_unstable();
    starts
}

fn damaged(said: &str) -> String {
    format!("the Parquet file is damaged: {said}")
}
