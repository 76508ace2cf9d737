//! An archive in a folder: pushing, pulling, reading a session there, and tables of all sessions.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use jcode_session_core::archive::Answer;
use jcode_session_core::source::go_on;
use jcode_session_core::write::Parent;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_object::pull::{Pull, pull};
use jcode_session_object::push::{Push, push};
use jcode_session_object::{Archive, Folder, Listed, ObjectError, Objects, Remote};
use jcode_session_tests::generate::{Home, LargeLog, Until};
use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const TOPIC: Topic = Topic {
    name: "archive",
    title: "An archive in a folder",
    about: "Requests are those that a bucket would be asked: each object that is put or read, each range, each list. The floor of a first push compresses the same log into segments; that of a pull copies the same bytes with a digest and a sync.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    many(lab)?;
    one(lab)?;
    tables(lab)
}

/// A store that counts what it is asked.
#[derive(Debug)]
struct Counted {
    folder: Folder,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Counted {
    fn asked<T>(&self, answer: T) -> T {
        self.requests.fetch_add(1, Ordering::Relaxed);
        answer
    }

    fn read(&self, answer: Result<Option<Vec<u8>>, ObjectError>) -> Result<Option<Vec<u8>>, ObjectError> {
        let len = answer.as_ref().map_or(0, |bytes| bytes.as_ref().map_or(0, Vec::len));
        self.bytes.fetch_add(len as u64, Ordering::Relaxed);
        self.asked(answer)
    }

    /// Requests, and bytes that were read, since this was asked last.
    fn since(&self) -> (f64, f64) {
        (self.requests.swap(0, Ordering::Relaxed) as f64, self.bytes.swap(0, Ordering::Relaxed) as f64)
    }
}

impl Objects for Counted {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<Answer, ObjectError> {
        self.asked(self.folder.put(name, bytes))
    }

    fn settle(&self) -> Result<(), ObjectError> {
        self.folder.settle()
    }

    fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ObjectError> {
        self.read(self.folder.get(name, most))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Vec<u8>>, ObjectError> {
        self.read(self.folder.get_range(name, range))
    }

    fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<Listed>, ObjectError> {
        self.asked(self.folder.list(folder, after))
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        self.asked(self.folder.folders(folder))
    }

    fn is_empty(&self) -> Result<bool, ObjectError> {
        self.asked(self.folder.is_empty())
    }

    fn shown(&self, name: &str) -> String {
        self.folder.shown(name)
    }
}

/// A home, and the store to which it pushes.
struct Pushing {
    home: PathBuf,
    folder: PathBuf,
    store: Arc<Counted>,
}

impl Pushing {
    fn new(lab: &Lab, name: &str) -> Outcome<Self> {
        let home = lab.folder(name)?;
        let (sessions, folder) = (home.join("sessions"), home.join("store"));
        fs::create_dir(&sessions)?;
        let store = Counted { folder: Folder::new(&folder), requests: AtomicU64::new(0), bytes: AtomicU64::new(0) };
        Ok(Self { home, folder, store: Arc::new(store) })
    }

    fn sessions(&self) -> PathBuf {
        self.home.join("sessions")
    }

    fn archive(&self) -> Outcome<Archive> {
        Ok(Archive::over(Arc::clone(&self.store) as Arc<_>, "folder")?)
    }

    /// Seconds of a push of all.
    fn push(&self) -> Outcome<f64> {
        let what = Push { home: self.home.clone(), roots: vec![self.sessions()], only: None, dry_run: false };
        timed(|| {
            let pushed = push(&mut self.archive()?, &what, &|| false, &|| ())?;
            anyhow::ensure!(pushed.warnings.is_empty(), "{:?}", pushed.warnings);
            Ok(())
        })
    }
}

/// Pushes of a home of many sessions, of which none has changed, or one.
fn many(lab: &mut Lab) -> Outcome<()> {
    let sessions = lab.pick(10_000, 50);
    let at = Pushing::new(lab, "archive-many")?;
    let logs = Home { sessions, bytes: sessions * 10_000, median: 3_000, seed: 1 }.write(&at.sessions())?;
    lab.settle();
    at.push()?;
    let catalog = Catalog::new(&at.home, &[at.sessions()]);
    while catalog.refresh(Keep::Store).stale_rows > 0 {}
    at.store.since();
    let list = || timed(|| Ok(catalog.refresh(Keep::Store)));
    let [nothing, list] = in_turns(lab.rounds(5), [&mut || at.push(), &mut || list()])?;
    let requests = at.store.since().0 / nothing.0.len() as f64;
    lab.add(
        Row::new("push of 10,000 sessions, nothing to push", Unit::Seconds, nothing)
            .floor("list", list)
            .target(Target::Most(1.0)),
    );
    lab.add(Row::new("its requests, nothing to push", Unit::Number, Figure(vec![requests])).target(Target::Most(2.0)));
    let log = logs.first().ok_or_else(|| anyhow::anyhow!("no logs"))?;
    let (mut turns, mut requests) = (Figure::default(), 0.0);
    for _ in 0..lab.rounds(5) {
        turn(log)?;
        at.store.since();
        turns.0.push(at.push()?);
        requests = at.store.since().0;
    }
    lab.add(Row::new("push of 10,000 sessions after a turn of one", Unit::Seconds, turns).target(Target::Most(50e-3)));
    lab.add(Row::new("its requests, after a turn", Unit::Number, Figure(vec![requests])).target(Target::Most(3.0)));
    Ok(fs::remove_dir_all(&at.home)?)
}

fn turn(log: &Path) -> Outcome<()> {
    let writer = Writer::open(log, &WriterOptions::default())?;
    for role in ["user", "assistant"] {
        let entry =
            serde_json::json!({"type": "message", "message": {"role": role, "content": "once more ".repeat(60)}});
        writer.append(entry.to_string().as_bytes(), Parent::Leaf)?;
    }
    writer.close()?;
    Ok(())
}

/// One session of 1 GB.
fn one(lab: &mut Lab) -> Outcome<()> {
    let until = Until::Bytes(lab.pick(1_000_000_000, 2_000_000));
    let shape = LargeLog { until, ..LargeLog::default() };
    let (mut pushed, mut sealed) = (Figure::default(), Figure::default());
    let (mut pulled, mut copied) = (Figure::default(), Figure::default());
    for round in 0..lab.rounds(2) {
        let at = Pushing::new(lab, "archive-one")?;
        let log = at.sessions().join("log.jsonl");
        shape.write(File::create(&log)?)?;
        let other = lab.log("archive-sealed", shape)?;
        take_checkpoint(&other)?;
        lab.settle();
        pushed.0.push(at.push()?);
        sealed
            .0
            .push(timed(|| Ok(seal::run(&other, Segments { size: seal::DEFAULT_SIZE, compress: true }, &mut go_on)?))?);
        if round == 0 {
            last_page(lab, &at, &shape.session_id())?;
        }
        lab.settle();
        let (into, copy) = (lab.folder("archive-pulled")?, lab.folder("archive-copied")?);
        let what =
            Pull { home: into.clone(), roots: vec![into.join("sessions")], only: None, machine: None, dry_run: false };
        fs::create_dir(into.join("sessions"))?;
        pulled.0.push(timed(|| {
            let pulled = pull(Archive::open(&at.folder.to_string_lossy())?, &what, &|| false, &|| ())?;
            anyhow::ensure!(pulled.warnings.is_empty(), "{:?}", pulled.warnings);
            Ok(())
        })?);
        copied.0.push(floors::copy_with_digest(&log, &copy.join("log.jsonl"))?);
        for folder in [&at.home, &into, &copy] {
            fs::remove_dir_all(folder)?;
        }
    }
    lab.add(
        Row::new("first push of a log of 1 GB", Unit::Seconds, pushed)
            .floor("seal --compress", sealed)
            .target(Target::MostTimes(1.3)),
    );
    lab.add(
        Row::new("pull of it", Unit::Seconds, pulled)
            .floor("copy, digest, sync", copied)
            .target(Target::MostTimes(1.5)),
    );
    Ok(())
}

/// The end of a session that is read where it is.
fn last_page(lab: &mut Lab, at: &Pushing, id: &str) -> Outcome<()> {
    let remote = Remote::open(at.archive()?, &at.home)?;
    at.store.since();
    let page = timed(|| {
        let session = remote.read(&remote.find(id)?)?;
        anyhow::ensure!(session.tail(50)?.len() == 50, "too few entries");
        Ok(())
    })?;
    let (requests, bytes) = at.store.since();
    let row = |what: &str, unit, value| Row::new(what, unit, Figure(vec![value]));
    lab.add(row("last 50 entries of it in the store", Unit::Seconds, page));
    lab.add(row("their requests", Unit::Number, requests).target(Target::Most(4.0)));
    lab.add(row("their bytes", Unit::Bytes, bytes).target(Target::Most(f64::from(2 << 20))));
    Ok(())
}

/// Tables of all sessions.
fn tables(lab: &mut Lab) -> Outcome<()> {
    let home = lab.folder("archive-tables")?;
    Home::skewed(lab.pick(3_400, 30)).write(&home.join("sessions"))?;
    lab.settle();
    let sessions = home.join("sessions");
    let command = |to: &Path| {
        let mut command = lab.command(["export", "--format", "parquet", "--all", "--to"]);
        command.arg(to).arg("--sessions-dir").arg(&sessions);
        command
    };
    let to = home.join("tables");
    // The first run reads the sessions into the list, as the first run of anything does.
    process::time(&mut command(&home.join("before")))?;
    let mut usage = process::Usage::default();
    let all = timed(|| {
        usage = process::watch(&mut command(&to))?;
        Ok(())
    })?;
    let again = process::time(&mut command(&to))?;
    let row = |what: &str, unit, value| Row::new(what, unit, Figure(vec![value]));
    lab.add(row("tables of 3,400 sessions, 1 GB", Unit::Seconds, all).target(Target::Most(30.0)));
    lab.add(row("the same, anonymous memory", Unit::Bytes, usage.anonymous).target(Target::Most(300e6)));
    lab.add(row("the same again, nothing changed", Unit::Seconds, again).target(Target::Most(1.0)));
    Ok(())
}
