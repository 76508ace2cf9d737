//! Floors: the minimum cost of a kind of work on this machine, without any of our code except the text of the schema.

use crate::Outcome;
use crate::turns::timed;
use anyhow::Context;
use jcode_session_core::index::schema;
use jcode_session_core::log::LineReader;
use jcode_session_native::os::map::Mapping;
use jcode_session_tests::sql_sidecar::create_schema;
use memchr::memchr_iter;
use rusqlite::{Connection, OpenFlags, params};
use serde::de::IgnoredAny;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Finds every newline of a mapped file.
pub fn newline_scan(path: &Path) -> Outcome<f64> {
    timed(|| Ok(memchr_iter(b'\n', map(path)?.bytes()).count()))
}

/// Walks every line with the engine's own reader, on all cores, and makes nothing of it.
pub fn walk_on_all_cores(path: &Path) -> Outcome<f64> {
    timed(|| {
        let map = map(path)?;
        let bytes = map.bytes();
        let next = AtomicUsize::new(0);
        let end_of_line =
            |at: usize| bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| at + end + 1);
        let starts: Vec<usize> = (1..bytes.len() >> 20).map(|mebibyte| end_of_line(mebibyte << 20)).collect();
        let starts = [&[0], &starts[..], &[bytes.len()]].concat();
        let walk = || {
            let mut reader = LineReader::new();
            while let Some([from, to]) = starts.windows(2).nth(next.fetch_add(1, Ordering::Relaxed)) {
                for line in bytes.get(*from..*to).unwrap_or_default().split(|&byte| byte == b'\n') {
                    drop(std::hint::black_box(reader.read(0, 1, line, false)));
                }
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(walk))));
        Ok(())
    })
}

/// Finds every occurrence of some bytes in mapped files, on all cores. Returns their number.
pub fn find_raw(paths: &[PathBuf], wanted: &str) -> Outcome<usize> {
    let (finder, next) = (memchr::memmem::Finder::new(wanted), AtomicUsize::new(0));
    let find = || -> Outcome<usize> {
        let mut found = 0;
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            found += finder.find_iter(map(path)?.bytes()).count();
        }
        Ok(found)
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(find)).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?).sum()
    })
}

/// Checks with serde_json that every line is JSON, without building values.
pub fn json_pass(path: &Path) -> Outcome<f64> {
    timed(|| {
        let map = map(path)?;
        for line in map.bytes().split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            serde_json::from_slice::<IgnoredAny>(line)?;
        }
        Ok(())
    })
}

/// Parses every line into a value, as most agents do when they open a session. Returns the number of lines.
pub fn full_parse(path: &Path) -> Outcome<usize> {
    let text = fs::read_to_string(path)?;
    let values: Vec<serde_json::Value> =
        text.lines().filter(|line| !line.is_empty()).map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(std::hint::black_box(&values).len())
}

fn map(path: &Path) -> Outcome<Mapping> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Mapping::guarded(&file, len).context("the file cannot be mapped")
}

/// One row of `entries`.
type EntryRow = (i64, String, Option<String>, Option<i64>, String, i64, i64, i64, i64, i64);

/// The rows of a sidecar.
pub fn rows_of(sidecar: &Path) -> Outcome<Vec<EntryRow>> {
    let connection = Connection::open_with_flags(sidecar, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare("SELECT * FROM entries ORDER BY seq")?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
            row.get(8)?,
            row.get(9)?,
        ))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Inserts rows into a new database with the columns and keys of a sidecar, on one thread, without a sync.
pub fn bulk_insert(path: &Path, rows: &[EntryRow]) -> Outcome<f64> {
    let _ = fs::remove_file(path);
    let seconds = timed(|| {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA locking_mode=EXCLUSIVE;PRAGMA cache_size=-32768",
        )?;
        create_schema(&connection)?;
        connection.execute_batch("BEGIN")?;
        let mut insert = connection.prepare("INSERT INTO entries VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")?;
        for (seq, id, parent, ts, kind, marker, offset, len, step, depth) in rows {
            insert.raw_bind_parameter(1, seq)?;
            insert.raw_bind_parameter(2, id.as_str())?;
            insert.raw_bind_parameter(3, parent.as_deref())?;
            insert.raw_bind_parameter(4, ts)?;
            insert.raw_bind_parameter(5, kind.as_str())?;
            for (column, value) in [(6, marker), (7, offset), (8, len), (9, step), (10, depth)] {
                insert.raw_bind_parameter(column, value)?;
            }
            insert.raw_execute()?;
        }
        drop(insert);
        connection.execute_batch(schema::ID_INDEX)?;
        connection.execute_batch(schema::JUMP_INDEX)?;
        connection.execute_batch("COMMIT")?;
        Ok(())
    })?;
    fs::remove_file(path)?;
    Ok(seconds)
}

/// Opens a database and reads the last 50 rows of `entries`.
pub fn fifty_rows(sidecar: &Path) -> Outcome<usize> {
    let connection = Connection::open_with_flags(sidecar, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare("SELECT id,byte_offset,byte_len FROM entries ORDER BY seq DESC LIMIT 50")?;
    let rows = statement.query_map(params![], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.len())
}

/// When a bare write is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    Never,
    Each,
    AtEnd,
}

/// Seconds per bare write(2) of this many bytes at the end of a file, with its own fdatasync or its share of one.
pub fn bare_write(path: &Path, count: u32, bytes: usize, syncs: Syncs) -> Outcome<f64> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    let line = vec![b'x'; bytes];
    let all = timed(|| {
        for _ in 0..count {
            file.write_all(&line)?;
            if syncs == Syncs::Each {
                file.sync_data()?;
            }
        }
        if syncs == Syncs::AtEnd {
            file.sync_data()?
        };
        Ok(())
    })?;
    fs::remove_file(path)?;
    Ok(all / f64::from(count))
}

/// Seconds per row of a bare bulk insert, including its share of the index on ids.
pub fn bare_row(path: &Path, count: i64) -> Outcome<f64> {
    let id = |number: i64| format!("019aab00-0000-7000-8000-{number:012}");
    let rows: Vec<EntryRow> = (0..count)
        .map(|n| (n, id(n), (n > 0).then(|| id(n - 1)), Some(n), "message".into(), 0, n * 2000, 2000, 1, n + 1))
        .collect();
    Ok(bulk_insert(path, &rows)? / count as f64)
}

/// Walks one folder and stats every file with this ending. Returns the number of files.
pub fn read_dir_and_stat(folder: &Path, ending: &str) -> Outcome<u64> {
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().ends_with(ending.as_bytes()) && entry.metadata()?.is_file() {
            files += 1;
        }
    }
    Ok(files)
}

/// Like [`read_dir_and_stat`], but also reads the first kilobyte of each file.
pub fn read_dir_stat_and_read(folder: &Path, ending: &str) -> Outcome<u64> {
    let mut buffer = [0; 1024];
    let mut files = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().ends_with(ending.as_bytes()) && entry.metadata()?.is_file() {
            files += File::open(entry.path())?.read_at(&mut buffer, 0).map(|_| 1)?;
        }
    }
    Ok(files)
}

/// Copies files into an empty folder on two threads, each with a sync.
pub fn copy_and_sync(files: &[PathBuf], into: &Path) -> Outcome<f64> {
    timed(|| {
        std::thread::scope(|scope| {
            let threads = files.chunks(files.len().div_ceil(2)).map(|half| {
                scope.spawn(|| {
                    half.iter().try_for_each(|file| -> Outcome<()> {
                        let copy = into.join(file.file_name().context("a file has a name")?);
                        fs::copy(file, &copy)?;
                        Ok(File::open(copy)?.sync_all()?)
                    })
                })
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a copy failed"))?)
        })
    })
}

/// Copies a file, with a digest of its bytes and a sync.
pub fn copy_with_digest(from: &Path, to: &Path) -> Outcome<f64> {
    timed(|| {
        let (mut source, mut copy) = (File::open(from)?, File::create(to)?);
        let (mut digest, mut buffer) = (blake3::Hasher::new(), vec![0; 1 << 20]);
        loop {
            let read = source.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            digest.update(bytes);
            copy.write_all(bytes)?;
        }
        copy.sync_all()?;
        Ok(std::hint::black_box(digest.finalize()))
    })
}
