//! A table as a Parquet file, and back.
//!
//! Owns: types of columns in Parquet, the form of a file, and the digest in its footer.
//! Invariant: equal tables give equal bytes. A file whose columns are other ones is not read: it is of another version.
//! Source: the Apache Parquet format, as crate `parquet` writes it.

use jcode_session_core::fleet::{Column, Kind, Table, Values};
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

/// Rows of a row group at most.
const GROUP: usize = 131_072;
/// The name of the digest in the footer.
const DIGEST: &str = "jcode-session.digest";

const fn type_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text => ("binary", " (STRING)"),
        Kind::Int => ("int64", ""),
        Kind::Time => ("int64", " (TIMESTAMP(MILLIS,false))"),
        Kind::Day => ("int32", " (DATE)"),
        Kind::Real => ("double", ""),
        Kind::Flag => ("boolean", ""),
    }
}

/// Writes a table; `digest` tells what it was made of.
pub(super) fn write(table: &Table, digest: &str, out: impl Write + Send) -> Result<()> {
    let fields = table.columns.iter().map(|column| {
        let (physical, logical) = type_of(column.kind);
        format!("optional {physical} {}{logical};", column.name)
    });
    let schema = parse_message_type(&format!("message {} {{ {} }}", table.name, fields.collect::<String>()))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("jcode-session ", env!("CARGO_PKG_VERSION")).to_string())
        .set_key_value_metadata(Some(vec![KeyValue::new(DIGEST.to_string(), digest.to_string())]))
        .build();
    let mut writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
    let rows = table.rows();
    for from in (0..rows).step_by(GROUP) {
        let range = from..rows.min(from + GROUP);
        let mut group = writer.next_row_group()?;
        for column in &table.columns {
            match &column.values {
                Values::Text(list) => {
                    let bytes = |text: &String| ByteArray::from(text.clone().into_bytes());
                    write_column::<ByteArrayType, _>(&mut group, list, range.clone(), bytes)?;
                }
                Values::Int(list) => write_column::<Int64Type, _>(&mut group, list, range.clone(), |value| *value)?,
                Values::Day(list) => write_column::<Int32Type, _>(&mut group, list, range.clone(), |value| *value)?,
                Values::Real(list) => write_column::<DoubleType, _>(&mut group, list, range.clone(), |value| *value)?,
                Values::Flag(list) => write_column::<BoolType, _>(&mut group, list, range.clone(), |value| *value)?,
            }
        }
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn write_column<T: DataType, V>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    list: &[Option<V>],
    range: Range<usize>,
    of: impl Fn(&V) -> T::T,
) -> Result<()> {
    let part = list.get(range).unwrap_or_default();
    let values: Vec<T::T> = part.iter().flatten().map(of).collect();
    let is_there: Vec<i16> = part.iter().map(|value| i16::from(value.is_some())).collect();
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("there is no such column".into()));
    };
    column.typed::<T>().write_batch(&values, Some(&is_there), None)?;
    column.close()
}

/// What a file was made of, by its footer.
pub(super) fn digest(file: impl ChunkReader + 'static) -> Result<Option<String>> {
    let reader = SerializedFileReader::new(file)?;
    let footer = reader.metadata().file_metadata().key_value_metadata();
    let digest = footer.into_iter().flatten().find(|pair| pair.key == DIGEST);
    Ok(digest.and_then(|pair| pair.value.clone()))
}

/// Reads a table; `None` if it has other columns than ours has.
pub(super) fn read(
    file: impl ChunkReader + 'static,
    name: &'static str,
    columns: &[(&'static str, Kind)],
) -> Result<Option<Table>> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names = schema.columns().iter().map(|column| column.name().to_string());
    if !names.eq(columns.iter().map(|(name, _)| (*name).to_string())) {
        return Ok(None);
    }
    let mut table = Table::new(name, columns);
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number)?;
        let mut part = Table::new(name, columns);
        for (at, column) in part.columns.iter_mut().enumerate() {
            read_column(&*group, at, column)?;
        }
        table.append(part);
    }
    Ok(Some(table))
}

fn read_column(group: &dyn RowGroupReader, at: usize, column: &mut Column) -> Result<()> {
    match &mut column.values {
        Values::Text(list) => {
            let text = |bytes: ByteArray| String::from_utf8_lossy(bytes.data()).into_owned();
            *list = values::<ByteArrayType, _>(group, at, text)?;
        }
        Values::Int(list) => *list = values::<Int64Type, _>(group, at, |value| value)?,
        Values::Day(list) => *list = values::<Int32Type, _>(group, at, |value| value)?,
        Values::Real(list) => *list = values::<DoubleType, _>(group, at, |value| value)?,
        Values::Flag(list) => *list = values::<BoolType, _>(group, at, |value| value)?,
    }
    Ok(())
}

fn values<T: DataType, V>(group: &dyn RowGroupReader, at: usize, of: impl Fn(T::T) -> V) -> Result<Vec<Option<V>>> {
    let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(at)?);
    let (mut found, mut is_there) = (Vec::new(), Vec::new());
    while is_there.len() < rows {
        let (records, ..) = reader.read_records(rows - is_there.len(), Some(&mut is_there), None, &mut found)?;
        if records == 0 {
            break;
        }
    }
    let mut found = found.into_iter();
    Ok(is_there.into_iter().map(|there| if there > 0 { found.next().map(&of) } else { None }).collect())
}
