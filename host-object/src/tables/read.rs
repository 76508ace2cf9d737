//! A table's file, read back.
//!
//! Owns: reading some rows at a time.
//! Invariant: a file whose columns are other ones is not read: it is of another version.

use super::form::Shape;
use jcode_session_core::fleet::{Table, Values};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};

/// Rows that are read at once.
const STEP: usize = 1024;

/// Gives `out` all rows, some at a time. Returns false if the file has other columns than ours has.
pub(super) fn read(
    file: impl ChunkReader + 'static,
    (name, columns): Shape,
    out: &mut dyn FnMut(Table) -> Result<()>,
) -> Result<bool> {
    let reader = SerializedFileReader::new(file)?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let names = schema.columns().iter().map(|column| column.name().to_string());
    if !names.eq(columns.iter().map(|(name, _)| (*name).to_string())) {
        return Ok(false);
    }
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number)?;
        let mut readers: Vec<ColumnReader> =
            (0..columns.len()).map(|at| group.get_column_reader(at)).collect::<Result<_>>()?;
        let mut left = usize::try_from(group.metadata().num_rows()).unwrap_or_default();
        while left > 0 {
            let mut part = Table::new(name, columns);
            for (reader, column) in readers.iter_mut().zip(&mut part.columns) {
                read_some(reader, &mut column.values, left.min(STEP))?;
            }
            left -= left.min(STEP);
            out(part)?;
        }
    }
    Ok(true)
}

fn read_some(reader: &mut ColumnReader, values: &mut Values, rows: usize) -> Result<()> {
    match (reader, values) {
        (ColumnReader::ByteArrayColumnReader(reader), Values::Text(list)) => {
            let text = |bytes: ByteArray| String::from_utf8_lossy(bytes.data()).into_owned();
            *list = some(reader, rows, text)?;
        }
        (ColumnReader::Int64ColumnReader(reader), Values::Int(list)) => *list = some(reader, rows, |value| value)?,
        (ColumnReader::Int32ColumnReader(reader), Values::Day(list)) => *list = some(reader, rows, |value| value)?,
        (ColumnReader::DoubleColumnReader(reader), Values::Real(list)) => *list = some(reader, rows, |value| value)?,
        (ColumnReader::BoolColumnReader(reader), Values::Flag(list)) => *list = some(reader, rows, |value| value)?,
        _ => return Err(ParquetError::General("a column has values of another kind".into())),
    }
    Ok(())
}

/// Reads some values of a column.
fn some<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    of: impl Fn(T::T) -> V,
) -> Result<Vec<Option<V>>> {
    let (mut found, mut is_there) = (Vec::new(), Vec::new());
    while is_there.len() < rows {
        let (records, ..) = reader.read_records(rows - is_there.len(), Some(&mut is_there), None, &mut found)?;
        if records == 0 {
            return Err(ParquetError::General("a column ends before its table".into()));
        }
    }
    let mut found = found.into_iter();
    Ok(is_there.into_iter().map(|there| if there > 0 { found.next().map(&of) } else { None }).collect())
}
