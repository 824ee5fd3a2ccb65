//! A Parquet file that loses columns: only its footer is written anew, and its rows stay where they are.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::FOOTER_SIZE;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader,
    ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};

use crate::EngineError;

/// Leaves the columns in a file of ours that are `wanted` by name, in their order. Where it fails, the file is
/// not to be used.
///
/// # Errors
/// [`EngineError::Resource`]: the file cannot be read or written.
pub fn keep(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), EngineError> {
    let told = |error: ParquetError| EngineError::Resource(format!("{}: {error}", path.display()));
    let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(ParquetError::from);
    let file = file
        .as_mut()
        .map_err(|error| EngineError::Resource(format!("{}: {error}", path.display())))?;
    let found = ParquetMetaDataReader::new().parse_and_finish(&*file).map_err(told)?;
    let all = found.file_metadata().schema().get_fields();
    if all.iter().all(|field| wanted(field.name())) {
        return Ok(());
    }
    let less = narrowed(&found, wanted).map_err(told)?;
    rewrite(file, &less).map_err(told)
}

/// The metadata of a file with some of its columns.
fn narrowed(
    found: &ParquetMetaData,
    wanted: impl Fn(&str) -> bool,
) -> Result<ParquetMetaData, ParquetError> {
    let about = found.file_metadata();
    let root = about.schema();
    let fields = root.get_fields().iter().filter(|field| wanted(field.name())).cloned().collect();
    let root = Type::group_type_builder(root.name()).with_fields(fields).build()?;
    let schema: SchemaDescPtr = Arc::new(SchemaDescriptor::new(Arc::new(root)));
    let is_kept: Vec<bool> = about
        .schema_descr()
        .columns()
        .iter()
        .map(|leaf| leaf.path().parts().first().is_some_and(|top| wanted(top)))
        .collect();
    let orders = about.column_orders().map(|orders| {
        orders.iter().zip(&is_kept).filter(|(_, kept)| **kept).map(|(order, _)| *order).collect()
    });
    let groups: Result<Vec<RowGroupMetaData>, ParquetError> =
        found.row_groups().iter().map(|group| group_of(group, &schema, &is_kept)).collect();
    let less = FileMetaData::new(
        about.version(),
        about.num_rows(),
        about.created_by().map(str::to_owned),
        about.key_value_metadata().cloned(),
        schema,
        orders,
    );
    Ok(ParquetMetaDataBuilder::new(less).set_row_groups(groups?).build())
}

fn group_of(
    group: &RowGroupMetaData,
    schema: &SchemaDescPtr,
    is_kept: &[bool],
) -> Result<RowGroupMetaData, ParquetError> {
    let chunks = group.columns().iter().zip(is_kept).filter(|(_, kept)| **kept);
    let chunks: Vec<_> = chunks.map(|(chunk, _)| chunk.clone()).collect();
    let mut less = RowGroupMetaData::builder(schema.clone())
        .set_num_rows(group.num_rows())
        .set_total_byte_size(chunks.iter().map(|chunk| chunk.uncompressed_size()).sum());
    if let Some(ordinal) = group.ordinal() {
        less = less.set_ordinal(ordinal);
    }
    if let Some(offset) = group.file_offset() {
        less = less.set_file_offset(offset);
    }
    less.set_column_metadata(chunks).build()
}

/// Writes a footer in the place of the one that is there.
fn rewrite(file: &mut File, metadata: &ParquetMetaData) -> Result<(), ParquetError> {
    let mut end = [0; FOOTER_SIZE];
    let length = file.seek(SeekFrom::End(-(FOOTER_SIZE as i64)))?;
    std::io::Read::read_exact(file, &mut end)?;
    let [a, b, c, d, ..] = end;
    let before = length.checked_sub(u64::from(u32::from_le_bytes([a, b, c, d])));
    let before =
        before.ok_or_else(|| ParquetError::General("the footer is longer than the file".into()))?;
    file.set_len(before)?;
    file.seek(SeekFrom::Start(before))?;
    let mut to = BufWriter::new(file);
    ParquetMetaDataWriter::new(&mut to, metadata).finish()?;
    to.flush()?;
    Ok(())
}
