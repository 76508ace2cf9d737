//! A table as a Parquet file, row by row.
//!
//! Owns: where row groups end.
//! Invariant: the same rows give the same bytes, in whichever portions they come. A group has at most [`GROUP`] rows, and
//! ends behind [`MOST`] bytes; no more than that is held, as it stands in the file.

use super::form::{Shape, properties, schema};
use bytes::Bytes;
use jcode_session_core::fleet::{Column, Table, Values};
use parquet::column::page::{CompressedPage, PageWriteSpec, PageWriter};
use parquet::column::writer::{ColumnWriter, ColumnWriterImpl, get_column_writer};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Rows of a row group at most; a multiple of [`STEP`].
const GROUP: usize = 131_072;
/// Bytes behind which a row group ends.
const MOST: usize = 64 << 20;
/// Rows that are written at once. Where pages end depends on it.
const STEP: usize = 1024;

/// A file that is being written.
pub(super) struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    /// Rows that are not yet a step.
    pending: Table,
    group: Option<Group>,
    most: usize,
    rows: u64,
}

/// A row group that is being written.
struct Group {
    columns: Vec<Chunk>,
    rows: usize,
}

/// A column of a row group. All columns grow at once, and the file has them one behind the other.
struct Chunk {
    writer: ColumnWriter<'static>,
    pages: Pages,
}

/// The pages of a column, as they stand in the file.
#[derive(Clone)]
struct Pages(Arc<Mutex<TrackedWrite<Vec<u8>>>>);

impl<W: Write + Send> Writer<W> {
    /// A file without rows; `digest` tells what they are made of.
    pub(super) fn new(shape: Shape, digest: &str, out: W) -> Result<Self> {
        let file = SerializedFileWriter::new(out, schema(shape)?, properties(digest)?)?;
        Ok(Self { file, pending: Table::new(shape.0, shape.1), group: None, most: MOST, rows: 0 })
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rows: Table) -> Result<()> {
        self.rows += rows.rows() as u64;
        self.pending.append(rows);
        let whole = self.pending.rows() / STEP * STEP;
        self.step(whole)
    }

    /// Ends the file. Returns it, and its number of rows.
    pub(super) fn finish(mut self) -> Result<(W, u64)> {
        self.step(self.pending.rows())?;
        self.end_group()?;
        Ok((self.file.into_inner()?, self.rows))
    }

    /// Writes the first rows that are pending.
    fn step(&mut self, rows: usize) -> Result<()> {
        for from in (0..rows).step_by(STEP) {
            let group = match &mut self.group {
                Some(group) => group,
                none => none.insert(Group::new(&self.file)),
            };
            group.write(&self.pending, from..rows.min(from + STEP))?;
            if group.rows >= GROUP || group.bytes() >= self.most {
                self.end_group()?;
            }
        }
        self.pending.forget(rows);
        Ok(())
    }

    fn end_group(&mut self) -> Result<()> {
        let Some(group) = self.group.take() else { return Ok(()) };
        let mut written = self.file.next_row_group()?;
        for Chunk { writer, pages } in group.columns {
            let closed = writer.close()?;
            written.append_column(&Bytes::from(pages.taken()?), closed)?;
        }
        written.close()?;
        Ok(())
    }
}

impl Group {
    fn new<W: Write + Send>(file: &SerializedFileWriter<W>) -> Self {
        let chunk = |descr: &Arc<_>| {
            let pages = Pages(Arc::new(Mutex::new(TrackedWrite::new(Vec::new()))));
            let writer = get_column_writer(Arc::clone(descr), Arc::clone(file.properties()), Box::new(pages.clone()));
            Chunk { writer, pages }
        };
        Self { columns: file.schema_descr().columns().iter().map(chunk).collect(), rows: 0 }
    }

    fn write(&mut self, table: &Table, range: Range<usize>) -> Result<()> {
        for (chunk, column) in self.columns.iter_mut().zip(&table.columns) {
            chunk.write(column, range.clone())?;
        }
        self.rows += range.len();
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.columns.iter().map(|chunk| chunk.pages.locked().bytes_written()).sum()
    }
}

impl Chunk {
    fn write(&mut self, column: &Column, range: Range<usize>) -> Result<()> {
        match (&mut self.writer, &column.values) {
            (ColumnWriter::ByteArrayColumnWriter(writer), Values::Text(list)) => {
                some(writer, list, range, |text| ByteArray::from(text.clone().into_bytes()))
            }
            (ColumnWriter::Int64ColumnWriter(writer), Values::Int(list)) => some(writer, list, range, |value| *value),
            (ColumnWriter::Int32ColumnWriter(writer), Values::Day(list)) => some(writer, list, range, |value| *value),
            (ColumnWriter::DoubleColumnWriter(writer), Values::Real(list)) => some(writer, list, range, |value| *value),
            (ColumnWriter::BoolColumnWriter(writer), Values::Flag(list)) => some(writer, list, range, |value| *value),
            _ => Err(ParquetError::General(format!("{} has values of another kind", column.name))),
        }
    }
}

/// Writes some values of a column.
fn some<T: DataType, V>(
    writer: &mut ColumnWriterImpl<'_, T>,
    list: &[Option<V>],
    range: Range<usize>,
    of: impl Fn(&V) -> T::T,
) -> Result<()> {
    let part = list.get(range).unwrap_or_default();
    let values: Vec<T::T> = part.iter().flatten().map(of).collect();
    let is_there: Vec<i16> = part.iter().map(|value| i16::from(value.is_some())).collect();
    writer.write_batch(&values, Some(&is_there), None)?;
    Ok(())
}

impl Pages {
    fn locked(&self) -> MutexGuard<'_, TrackedWrite<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self) -> Result<Vec<u8>> {
        std::mem::replace(&mut *self.locked(), TrackedWrite::new(Vec::new())).into_inner()
    }
}

impl PageWriter for Pages {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec> {
        SerializedPageWriter::new(&mut *self.locked()).write_page(page)
    }

    fn close(&mut self) -> Result<()> {
        Ok(self.locked().flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::form::{Footer, digest};
    use super::super::read::read;
    use super::*;
    use jcode_session_core::fleet::{Kind, TABLES};
    use parquet::data_type::{BoolType, ByteArrayType, DoubleType, Int32Type, Int64Type};
    use parquet::file::reader::{FileReader, SerializedFileReader};

    /// Rows without a pattern that a page would end with.
    fn rows(shape: Shape, range: Range<usize>) -> Table {
        let mut table = Table::new(shape.0, shape.1);
        for (at, column) in table.columns.iter_mut().enumerate() {
            let number = |row: usize| (row * 7919 + at * 31) % 1009;
            let is_there = |row: &usize| number(*row) % 5 > 0;
            let rows = range.clone().map(|row| Some(row).filter(is_there));
            column.values = match column.kind {
                Kind::Text => Values::Text(rows.map(|row| row.map(|row| "ä b".repeat(number(row) * 3))).collect()),
                Kind::Int | Kind::Time => Values::Int(rows.map(|row| row.map(|row| number(row) as i64)).collect()),
                Kind::Day => Values::Day(rows.map(|row| row.map(|row| number(row) as i32)).collect()),
                Kind::Real => Values::Real(rows.map(|row| row.map(|row| number(row) as f64 / 7.0)).collect()),
                Kind::Flag => Values::Flag(rows.map(|row| row.map(|row| number(row) % 2 > 0)).collect()),
            };
        }
        table
    }

    fn written(shape: Shape, count: usize, portion: usize, most: usize) -> Vec<u8> {
        let mut writer = Writer { most, ..Writer::new(shape, "made of these", Vec::new()).expect("begun") };
        for from in (0..count).step_by(portion) {
            writer.add(rows(shape, from..count.min(from + portion))).expect("added");
        }
        let (bytes, told) = writer.finish().expect("finished");
        assert_eq!(told, count as u64);
        bytes
    }

    /// The same file, a column after another, as the format has it.
    fn plainly(shape: Shape, count: usize) -> Vec<u8> {
        let (table, mut bytes) = (rows(shape, 0..count), Vec::new());
        let properties = properties("made of these").expect("properties");
        let mut file =
            SerializedFileWriter::new(&mut bytes, schema(shape).expect("schema"), properties).expect("begun");
        for from in (0..count).step_by(GROUP) {
            let range = from..count.min(from + GROUP);
            let mut group = file.next_row_group().expect("begun");
            for column in &table.columns {
                let mut chunk = group.next_column().expect("begun").expect("a column");
                match &column.values {
                    Values::Text(list) => {
                        some(chunk.typed::<ByteArrayType>(), list, range.clone(), |text| text.as_str().into())
                    }
                    Values::Int(list) => some(chunk.typed::<Int64Type>(), list, range.clone(), |value| *value),
                    Values::Day(list) => some(chunk.typed::<Int32Type>(), list, range.clone(), |value| *value),
                    Values::Real(list) => some(chunk.typed::<DoubleType>(), list, range.clone(), |value| *value),
                    Values::Flag(list) => some(chunk.typed::<BoolType>(), list, range.clone(), |value| *value),
                }
                .expect("written");
                chunk.close().expect("closed");
            }
            group.close().expect("closed");
        }
        file.close().expect("closed");
        bytes
    }

    #[test]
    fn bytes_are_those_of_a_table_written_at_once() {
        for shape in TABLES {
            for (count, portion) in [(0, 1), (1, 1), (3000, 64), (3000, 1), (3000, 3000)] {
                assert!(
                    written(shape, count, portion, MOST) == plainly(shape, count),
                    "{}: {count}, {portion}",
                    shape.0
                );
            }
        }
        let usage = TABLES[3];
        assert!(written(usage, GROUP + 5, 777, MOST) == plainly(usage, GROUP + 5), "two groups");
    }

    #[test]
    fn a_group_ends_behind_its_bytes_and_all_is_read_back() {
        let entries = TABLES[1];
        let bytes = Bytes::from(written(entries, 5000, 64, 1));
        assert!(bytes == written(entries, 5000, 5000, 1), "portions decide nothing");
        let groups = SerializedFileReader::new(bytes.clone()).expect("a table").num_row_groups();
        assert_eq!(groups, 5);
        let mut back = Table::new(entries.0, entries.1);
        let is_ours = read(bytes.clone(), entries, &mut |rows| {
            back.append(rows);
            Ok(())
        });
        assert!(is_ours.expect("read"));
        assert!(back == rows(entries, 0..5000));
        assert!(!read(bytes, TABLES[3], &mut |_| Ok(())).expect("read"), "columns of another table");
    }

    #[test]
    fn the_digest_is_found_from_the_end() {
        let bytes = written(TABLES[1], 5000, 64, 1);
        let Footer::Longer(len) = digest(&bytes[bytes.len() - 100..]) else {
            panic!("a footer is longer than 100 bytes")
        };
        let from = |len: u64| bytes.len() - usize::try_from(len).expect("small");
        assert!(matches!(digest(&bytes[from(len)..]), Footer::Digest(Some(digest)) if digest == "made of these"));
        assert!(matches!(digest(&bytes[from(len - 1)..]), Footer::Longer(more) if more == len));
        assert!(matches!(digest(b"no table"), Footer::Digest(None)));
        assert!(matches!(digest(b""), Footer::Digest(None)));
    }
}
