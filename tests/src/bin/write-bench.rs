//! Appends measured against bare floors, in one run: `write-bench [FOLDER]`.
//!
//! Floors: a bare write(2), a bare write and fdatasync, a bare bulk-insert row. Medians of several rounds, taken in
//! turns, so that a slow spell of the machine hits all alike.

use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::sql::create_schema;
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn entry(bytes: usize) -> Vec<u8> {
    let text = "lorem ipsum dolor sit amet ".repeat(bytes / 27 + 1);
    let head = "{\"type\":\"message\",\"message\":{\"role\":\"user\",\"content\":\"";
    // What is filled in counts.
    let filler = bytes.saturating_sub(head.len() + 5 + 140);
    format!("{head}{}\"}}}}", &text[..filler]).into_bytes()
}

fn bare_write(folder: &Path, count: u32, sync: bool) -> Outcome<f64> {
    let path = folder.join("bare.jsonl");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    let line = vec![b'x'; 2000];
    let start = Instant::now();
    for _ in 0..count {
        file.write_all(&line)?;
        if sync {
            file.sync_data()?;
        }
    }
    let each = start.elapsed().as_secs_f64() / f64::from(count) * 1e6;
    drop(file);
    std::fs::remove_file(path)?;
    Ok(each)
}

fn bare_rows(folder: &Path, count: u32) -> Outcome<f64> {
    let path = folder.join("bare.sqlite3");
    let connection = rusqlite::Connection::open(&path)?;
    connection.execute_batch("PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF")?;
    create_schema(&connection)?;
    let start = Instant::now();
    connection.execute_batch("BEGIN")?;
    let mut insert = connection.prepare("INSERT INTO entries VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")?;
    for number in 0..count {
        let id = format!("019aab00-0000-7000-8000-{number:012}");
        insert.execute(rusqlite::params![number, id, id, 1, "message", 0, number * 2000, 2000, 1, number])?;
    }
    drop(insert);
    // The key on `id` belongs to the rows.
    connection.execute_batch(jcode_session_core::index::schema::ID_INDEX)?;
    connection.execute_batch("COMMIT")?;
    let each = start.elapsed().as_secs_f64() / f64::from(count) * 1e6;
    drop(connection);
    std::fs::remove_file(path)?;
    Ok(each)
}

fn open(log: &Path, durability: Durability) -> Outcome<Writer> {
    let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
    Ok(Writer::open(log, &WriterOptions { durability, create })?)
}

/// Microseconds an entry until all is acknowledged, and until it is closed, sidecar included.
fn appends(log: &Path, durability: Durability, count: u32, bytes: usize) -> Outcome<(f64, f64)> {
    let writer = open(log, durability)?;
    let entry = entry(bytes);
    let start = Instant::now();
    for _ in 0..count {
        writer.append(&entry, Parent::Leaf)?;
    }
    let acknowledged = start.elapsed();
    let closed = writer.close()?;
    let all = start.elapsed();
    if let Some(why) = closed.sidecar_lags {
        return Err(why.into());
    }
    let each = |time: std::time::Duration| time.as_secs_f64() / f64::from(count) * 1e6;
    Ok((each(acknowledged), each(all)))
}

fn threads(log: &Path, threads: u32, count: u32) -> Outcome<f64> {
    let writer = open(log, Durability::Strict)?;
    let entry = entry(2000);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..count).try_for_each(|_| writer.append(&entry, Parent::Leaf).map(drop)));
        }
    });
    let rate = f64::from(threads * count) / start.elapsed().as_secs_f64();
    writer.close()?;
    Ok(rate)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Bytes that this process wrote so far, by write calls.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|value| value.parse().ok()).unwrap_or_default()
}

fn main() -> Outcome<()> {
    let root = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(root)?;
    let folder = folder.path();
    let mut number = 0;
    let mut log = || {
        number += 1;
        folder.join(format!("s{number}.jsonl"))
    };
    if let Some(mode) = std::env::args().nth(2) {
        // One mode alone, to be profiled: MODE [ENTRIES] [SYNC EVERY].
        let number = |at, other| std::env::args().nth(at).and_then(|n| n.parse().ok()).unwrap_or(other);
        if mode == "threads" {
            let (one, eight) = (threads(&log(), 1, 8_000)?, threads(&log(), 8, 4_000)?);
            println!("strict, 1 thread {one:.0}/s, 8 threads {eight:.0}/s: {:.2}x (3)", eight / one);
            return Ok(());
        }
        let durability = match mode.parse()? {
            Durability::Balanced { millis, .. } => Durability::Balanced { entries: number(4, 1024), millis },
            other => other,
        };
        let (each, all) = appends(&log(), durability, number(3, 40_000), 2000)?;
        println!("{mode}: {each:.2} us an entry, {all:.2} us closed");
        return Ok(());
    }
    let balanced = Durability::default();
    let mut figures: [Vec<f64>; 11] = Default::default();
    for _ in 0..7 {
        let (strict, strict_all) = appends(&log(), Durability::Strict, 3_000, 2000)?;
        let (bal, bal_all) = appends(&log(), balanced, 40_000, 2000)?;
        let (thr, thr_all) = appends(&log(), Durability::Throughput, 40_000, 2000)?;
        let round = [
            bare_write(folder, 3_000, true)?,
            bare_write(folder, 40_000, false)?,
            bare_rows(folder, 40_000)?,
            strict,
            strict_all,
            bal,
            bal_all,
            thr,
            thr_all,
            threads(&log(), 1, 4_000)?,
            threads(&log(), 8, 1_500)?,
        ];
        figures.iter_mut().zip(round).for_each(|(all, value)| all.push(value));
    }
    let [synced, write, row, strict, strict_all, bal, bal_all, thr, thr_all, one, eight] = figures.map(median);
    let sum = write + row;
    println!("floors: write {write:.2} us, write+fdatasync {synced:.1} us, row {row:.2} us, write+row {sum:.2} us");
    println!(
        "strict     {strict:.1} us, closed {strict_all:.1} us: {:.2}x, {:.2}x (1.25)",
        strict / synced,
        strict_all / synced
    );
    println!("balanced   {bal:.2} us, closed {bal_all:.2} us: {:.2}x, {:.2}x (2)", bal / sum, bal_all / sum);
    println!("throughput {thr:.2} us, closed {thr_all:.2} us: {:.2}x, {:.2}x (1.5)", thr / sum, thr_all / sum);
    println!("strict, 1 thread {one:.0}/s, 8 threads {eight:.0}/s: {:.2}x (3)", eight / one);

    for (name, mode, count, most) in
        [("strict", Durability::Strict, 2_000u32, 16.0), ("balanced", balanced, 20_000, 2.0)]
    {
        let path = log();
        let before = written();
        appends(&path, mode, count, 600)?;
        let beside = written() - before - File::open(&path)?.metadata()?.len();
        println!(
            "{name}: {:.2} KiB an entry written beside the log ({most})",
            beside as f64 / 1024.0 / f64::from(count)
        );
    }

    let path = log();
    let writer = open(&path, balanced)?;
    let entry = entry(2000);
    let at = |from: u32, to: u32| -> Outcome<f64> {
        let mut times = Vec::new();
        for _ in from..to {
            let start = Instant::now();
            writer.append(&entry, Parent::Leaf)?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        Ok(median(times))
    };
    at(0, 1_000)?;
    let early = at(1_000, 6_000)?;
    at(6_000, 400_000)?;
    let late = at(400_000, 405_000)?;
    println!("median append at 1,000: {early:.2} us, at 400,000: {late:.2} us: {:.2}x (1.2)", late / early);
    writer.close()?;
    Ok(())
}
