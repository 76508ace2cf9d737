//! The sessions of this machine as Parquet files, four tables a day.
//!
//! Owns: which sessions stand in which file, and when a file is written.
//! Invariant: a file is a function of the logs that began that day, and is replaced whole: the same logs give the same
//! bytes, a reader sees the old file or the new one. Rows of sessions that are gone here stay. Nothing is written but
//! below the target.

mod file;

use crate::memory::Home;
use bytes::Bytes;
use jcode_session_core::catalog::SessionSummary;
use jcode_session_core::fleet::{Facts, TABLES, Tables, Texts, day_of};
use jcode_session_core::log::time;
use jcode_session_core::report::{ParquetDay, ParquetReport};
use jcode_session_core::source::ByteSource;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::os::files::{PathError, PlainFile};
use jcode_session_native::os::folders;
use jcode_session_native::os::replace::{publish, temporary_for};
use jcode_session_native::session::discover::Unreadable;
use jcode_session_native::session::{Session, SessionError};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// What is exported.
#[derive(Debug, Clone)]
pub struct Export {
    /// The home, which names the machine.
    pub home: PathBuf,
    /// Where sessions are looked for.
    pub roots: Vec<PathBuf>,
    /// The folder of the tables.
    pub to: PathBuf,
    /// Which texts stand in them.
    pub texts: Texts,
}

/// What was exported.
#[derive(Debug)]
pub struct Exported {
    /// The report.
    pub report: ParquetReport,
    /// What could not be looked into.
    pub unreadable: Vec<Unreadable>,
    /// Sessions that could not be read, which are in no table.
    pub failed: Vec<SessionError>,
    /// The user stopped the run.
    pub stopped: bool,
}

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A file or folder.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A file of a table that cannot be made.
    #[error("cannot write {}: {message}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}

/// A session of a day.
struct Own {
    path: PathBuf,
    facts: Facts,
    size: u64,
}

/// Writes the tables of all days whose sessions changed.
///
/// # Errors
/// Fails if the target cannot be written. A session that cannot be read stops nothing.
pub fn export(what: &Export, stopped: &dyn Fn() -> bool, tick: &dyn Fn()) -> Result<Exported, ExportError> {
    let refreshed = Catalog::new(&what.home, &what.roots).refresh(Keep::Store);
    let machine = machine(&Home::new(&what.home).label());
    let mut days: BTreeMap<i32, Vec<Own>> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for own in once(refreshed.sessions.into_iter().map(|listed| Own::of(listed.path, &listed.summary))) {
        ids.insert(own.facts.session_id.clone());
        days.entry(day_of(own.facts.started_at)).or_default().push(own);
    }
    let report = ParquetReport::new(machine);
    let mut exported = Exported { report, unreadable: refreshed.unreadable, failed: Vec::new(), stopped: false };
    for (day, sessions) in days {
        if stopped() {
            exported.stopped = true;
            break;
        }
        let day = Day { to: &what.to, date: date(day), machine: &exported.report.machine, texts: what.texts };
        let told = day.export(sessions, &ids, &mut exported.failed, tick)?;
        exported.report.days.push(told);
    }
    Ok(exported)
}

/// Each session once: of several files with one id the longest.
fn once(sessions: impl Iterator<Item = Own>) -> Vec<Own> {
    let mut by_id: BTreeMap<String, Own> = BTreeMap::new();
    for own in sessions {
        match by_id.get(&own.facts.session_id) {
            Some(other) if (other.size, &own.path) >= (own.size, &other.path) => {}
            _ => drop(by_id.insert(own.facts.session_id.clone(), own)),
        }
    }
    by_id.into_values().collect()
}

impl Own {
    fn of(path: PathBuf, summary: &SessionSummary) -> Self {
        let started_at = summary.created_at.unwrap_or(summary.last_modified);
        let facts = Facts {
            session_id: summary.session_id.clone(),
            started_at,
            forked_at: summary.parent_session.as_ref().and(summary.created_at),
            cwd: summary.cwd.clone(),
            title: summary.title.clone(),
            model: summary.model.clone(),
            parent_session: summary.parent_session.clone(),
            dialect: summary.dialect.map(|dialect| dialect.name().to_string()).unwrap_or_default(),
            head: String::new(),
            tags: summary.tags.clone(),
        };
        Self { path, facts, size: summary.size_bytes }
    }
}

/// The tables of a day.
struct Day<'a> {
    to: &'a Path,
    date: String,
    machine: &'a str,
    texts: Texts,
}

impl Day<'_> {
    fn export(
        &self,
        sessions: Vec<Own>,
        ids: &BTreeSet<String>,
        failed: &mut Vec<SessionError>,
        tick: &dyn Fn(),
    ) -> Result<ParquetDay, ExportError> {
        let mut told = ParquetDay { session_date: self.date.clone(), sessions: 0, rows: 0, written: false };
        let (mut read, mut unread, mut all) = (Vec::new(), BTreeSet::new(), blake3::Hasher::new());
        all.update(format!("{:?} {}\n", self.texts, env!("CARGO_PKG_VERSION")).as_bytes());
        for mut own in sessions {
            tick();
            match Session::read(&own.path).and_then(|session| session.digest()) {
                Ok(digest) => {
                    own.facts.head = digest;
                    all.update(format!("{:?}\n", own.facts).as_bytes());
                    read.push(own);
                }
                Err(error) => {
                    unread.insert(own.facts.session_id);
                    failed.push(error);
                }
            }
        }
        told.sessions = read.len() as u64;
        let digest = all.finalize().to_hex().to_string();
        let old = TABLES.map(|(name, _)| self.open(name));
        if read.is_empty() || old.iter().all(|old| digest_of(old.as_ref()).as_deref() == Some(&*digest)) {
            return Ok(told);
        }
        let mut tables = Tables::default();
        // Opened once more: a day may have more sessions than a process may have files open.
        for own in read {
            tick();
            match Session::read(&own.path).and_then(|session| session.tables(&own.facts, self.texts)) {
                Ok(rows) => tables.append(rows),
                Err(error) => {
                    unread.insert(own.facts.session_id);
                    failed.push(error);
                }
            }
        }
        for ((table, old), (name, columns)) in tables.all.into_iter().zip(old).zip(TABLES) {
            let path = self.path(name);
            let broken = |error: parquet::errors::ParquetError| ExportError::Table {
                path: path.clone(),
                message: error.to_string(),
            };
            let mut whole = table;
            if let Some(old) = old.map(|old| file::read(old, name, columns)).transpose().map_err(broken)?.flatten() {
                // Sessions that are gone here, or that cannot be read now.
                whole.append(old.filtered(|id| !ids.contains(id) || unread.contains(id)));
            }
            told.rows += whole.rows() as u64;
            folders::make_all(path.parent().unwrap_or(self.to)).map_err(PathError::new("make", &path))?;
            let mut out = BufWriter::with_capacity(1 << 18, temporary_for(&path)?);
            file::write(&whole, &digest, &mut out).map_err(broken)?;
            out.flush().map_err(PathError::new("write", &path))?;
            let file =
                out.into_inner().map_err(io::IntoInnerError::into_error).map_err(PathError::new("write", &path))?;
            publish(file, &path)?;
        }
        told.written = true;
        Ok(told)
    }

    fn path(&self, table: &str) -> PathBuf {
        let day = format!("session_date={}", self.date);
        self.to.join(table).join(day).join(format!("machine={}", self.machine)).join("part-0.parquet")
    }

    fn open(&self, table: &str) -> Option<Bytes> {
        let file = PlainFile::open(&self.path(table)).ok()?;
        file.read_vec(0, usize::try_from(file.len()).ok()?).ok().map(Bytes::from)
    }
}

/// What the file of a table was made of.
fn digest_of(file: Option<&Bytes>) -> Option<String> {
    file::digest(file?.clone()).ok().flatten()
}

/// A day as RFC 3339 has it.
fn date(day: i32) -> String {
    let text = time::format(i64::from(day) * 86_400_000).unwrap_or_default();
    text.get(..10).unwrap_or("unknown").to_string()
}

/// The machine's label as a name of a folder.
fn machine(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
            name.push(c);
        } else {
            let _ = write!(name, "-");
        }
    }
    if name.trim_matches('.').is_empty() { "here".to_string() } else { name }
}
