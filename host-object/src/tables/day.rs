//! The four files of a day.
//!
//! Owns: whether they are written, of which sessions, and which rows of the old files stay.
//! Invariant: all four are whole before the first is replaced. A session that cannot be read to its end has no new row;
//! its old ones stay, as those of sessions that are gone here do.

use super::error::ExportError;
use super::form::Shape;
use super::own::Own;
use super::read::read;
use super::target::{Found, Target, name};
use super::words::{LeftOut, Wording};
use super::write::Writer;
use crate::workers;
use jcode_session_core::fleet::{TABLES, Table, Tables, Texts, Values};
use jcode_session_core::report::ParquetDay;
use jcode_session_native::session::{Session, SessionError};
use parquet::errors::ParquetError;
use std::collections::BTreeSet;
use std::io::BufWriter;
use tempfile::NamedTempFile;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 18;

/// A day.
pub(super) struct Day<'a> {
    pub(super) target: &'a Target,
    pub(super) date: String,
    pub(super) machine: &'a str,
    pub(super) texts: Texts,
    /// The sessions that are here, of whichever day.
    pub(super) ids: &'a BTreeSet<String>,
    pub(super) stopped: &'a dyn Fn() -> bool,
    pub(super) tick: &'a dyn Fn(),
}

/// What came of a day.
pub(super) struct Told {
    pub(super) day: ParquetDay,
    pub(super) left_out: LeftOut,
    /// Sessions that could not be read.
    pub(super) failed: Vec<SessionError>,
}

/// Sessions of a day, those that can be read and the ids of the others.
#[derive(Default)]
struct Sessions {
    read: Vec<Own>,
    unread: BTreeSet<String>,
    failed: Vec<SessionError>,
}

/// A file on its way to its place.
type Begun = Writer<BufWriter<NamedTempFile>>;

/// What came of writing.
enum Came {
    /// All rows, and what was left out of them.
    Whole(Vec<Begun>, LeftOut),
    /// A session could not be read to its end, though some of its rows were.
    Short,
    /// The user stopped the run.
    Stopped,
}

/// Why a session has no rows.
enum NoRows {
    Session(SessionError),
    Export(ExportError),
}

impl From<SessionError> for NoRows {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl Day<'_> {
    /// Writes the files, if they are not up to date; `None` if the run was stopped before.
    pub(super) fn export(&self, sessions: Vec<Own>, words: &mut Wording) -> Result<Option<Told>, ExportError> {
        let Some(mut sessions) = self.digested(sessions) else { return Ok(None) };
        let found = if sessions.read.is_empty() { Vec::new() } else { self.found()? };
        loop {
            let digest = self.digest(&sessions.read, words);
            let is_current = |found: &Found| found.digest.as_deref() == Some(&*digest);
            if sessions.read.is_empty() || found.iter().all(is_current) {
                return Ok(Some(self.told(sessions, None, LeftOut::default())));
            }
            match self.written(&mut sessions, &digest, words)? {
                Came::Stopped => return Ok(None),
                // What the files are made of is another thing now.
                Came::Short => {}
                Came::Whole(mut files, left_out) => {
                    self.keep(&found, &sessions.unread, &mut files)?;
                    let rows = self.replace(files)?;
                    return Ok(Some(self.told(sessions, Some(rows), left_out)));
                }
            }
        }
    }

    /// What came of the day; `rows`: how many were written.
    fn told(&self, sessions: Sessions, rows: Option<u64>, left_out: LeftOut) -> Told {
        let day = ParquetDay {
            session_date: self.date.clone(),
            sessions: sessions.read.len() as u64,
            rows: rows.unwrap_or_default(),
            written: rows.is_some(),
        };
        Told { day, left_out, failed: sessions.failed }
    }

    /// The sessions with their digests; `None` if stopped.
    fn digested(&self, sessions: Vec<Own>) -> Option<Sessions> {
        let mut told = Sessions::default();
        for mut own in sessions {
            if (self.stopped)() {
                return None;
            }
            (self.tick)();
            match Session::read(&own.path).and_then(|session| session.digest()) {
                Ok(digest) => {
                    own.facts.head = digest;
                    told.read.push(own);
                }
                Err(error) => told.fail(own, error),
            }
        }
        Some(told)
    }

    /// What the files are made of.
    fn digest(&self, sessions: &[Own], words: &Wording) -> String {
        let mut all = blake3::Hasher::new();
        all.update(format!("{:?} {}\n", self.texts, env!("CARGO_PKG_VERSION")).as_bytes());
        if let Some(level) = words.level() {
            all.update(format!("{level:?}\n").as_bytes());
        }
        for own in sessions {
            all.update(format!("{:?}\n", own.facts).as_bytes());
        }
        all.finalize().to_hex().to_string()
    }

    /// The files as they are, asked for at once.
    fn found(&self) -> Result<Vec<Found>, ExportError> {
        let (names, target) = (TABLES.map(|(table, _)| self.name(table)), self.target);
        let found = workers::each(&names, &|| false, |name| target.find(name));
        Ok(found.into_iter().flatten().collect::<Result<_, _>>()?)
    }

    /// Files with the rows of all sessions that can be read.
    fn written(&self, sessions: &mut Sessions, digest: &str, words: &mut Wording) -> Result<Came, ExportError> {
        words.left_out();
        let mut files = TABLES.iter().map(|shape| self.begin(*shape, digest)).collect::<Result<Vec<_>, _>>()?;
        for at in 0..sessions.read.len() {
            if (self.stopped)() {
                return Ok(Came::Stopped);
            }
            (self.tick)();
            let Some(own) = sessions.read.get(at) else { break };
            match self.rows(own, &mut files, words) {
                Ok(()) => {}
                Err(NoRows::Export(error)) => return Err(error),
                Err(NoRows::Session(error)) => {
                    let own = sessions.read.remove(at);
                    sessions.fail(own, error);
                    return Ok(Came::Short);
                }
            }
        }
        Ok(Came::Whole(files, words.left_out()))
    }

    fn rows(&self, own: &Own, files: &mut [Begun], words: &mut Wording) -> Result<(), NoRows> {
        words.begin();
        // Opened once more: a day may have more sessions than a process may have files open.
        Session::read(&own.path)?.rows(&own.facts, self.texts, words, &mut |rows: Tables| {
            for ((file, rows), (table, _)) in files.iter_mut().zip(rows.all).zip(TABLES) {
                file.add(rows).map_err(|error| NoRows::Export(self.unwritten(table, &error)))?;
            }
            Ok(())
        })
    }

    /// Adds the rows of sessions that are gone here, or that cannot be read now.
    fn keep(&self, found: &[Found], unread: &BTreeSet<String>, files: &mut [Begun]) -> Result<(), ExportError> {
        let stays = |id: &str| !self.ids.contains(id) || unread.contains(id);
        if !self.may_stay(found, &stays)? {
            return Ok(());
        }
        for ((file, found), shape) in files.iter_mut().zip(found).zip(TABLES) {
            if found.is_there {
                self.old(shape, &mut |rows| file.add(rows.filtered(stays)))?;
            }
        }
        Ok(())
    }

    /// Whether some rows stay: the table of sessions has one for each, and is the shortest to read.
    fn may_stay(&self, found: &[Found], stays: &dyn Fn(&str) -> bool) -> Result<bool, ExportError> {
        let [sessions, ..] = TABLES;
        if !found.first().is_some_and(|sessions| sessions.is_there) {
            return Ok(found.iter().any(|found| found.is_there));
        }
        let mut any = false;
        let is_ours = self.old(sessions, &mut |rows| {
            any |= ids(&rows).iter().flatten().any(|id| stays(id));
            Ok(())
        })?;
        Ok(any || !is_ours)
    }

    /// Reads an old file. Returns false if it is gone, or has other columns.
    fn old(&self, shape: Shape, out: &mut dyn FnMut(Table) -> Result<(), ParquetError>) -> Result<bool, ExportError> {
        let name = self.name(shape.0);
        let Some(file) = self.target.files().open(&name)? else { return Ok(false) };
        read(file, shape, out)
            .map_err(|error| ExportError::Old { what: self.target.files().shown(&name), message: error.to_string() })
    }

    fn begin(&self, shape: Shape, digest: &str) -> Result<Begun, ExportError> {
        let out = BufWriter::with_capacity(BUFFER, self.target.files().begin(&self.name(shape.0))?);
        Writer::new(shape, digest, out).map_err(|error| self.unwritten(shape.0, &error))
    }

    /// Puts the files in their places. Returns how many rows they have.
    fn replace(&self, files: Vec<Begun>) -> Result<u64, ExportError> {
        let mut whole = Vec::new();
        for (file, (table, _)) in files.into_iter().zip(TABLES) {
            let (out, rows) = file.finish().map_err(|error| self.unwritten(table, &error))?;
            let file = out.into_inner().map_err(|error| self.unwritten(table, error.error()))?;
            whole.push((self.name(table), file, rows));
        }
        let mut all = 0;
        for (name, file, rows) in whole {
            self.target.files().replace(&name, file)?;
            all += rows;
        }
        Ok(all)
    }

    fn name(&self, table: &str) -> String {
        name(table, &self.date, self.machine)
    }

    fn unwritten(&self, table: &str, error: &dyn std::error::Error) -> ExportError {
        ExportError::Table { what: self.target.files().shown(&self.name(table)), message: error.to_string() }
    }
}

impl Sessions {
    fn fail(&mut self, own: Own, error: SessionError) {
        self.unread.insert(own.facts.session_id);
        self.failed.push(error);
    }
}

/// The first column.
fn ids(table: &Table) -> &[Option<String>] {
    match table.columns.first().map(|column| &column.values) {
        Some(Values::Text(ids)) => ids,
        _ => &[],
    }
}
