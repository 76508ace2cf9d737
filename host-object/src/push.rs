//! Push: what is durable here, brought to a store.
//!
//! Owns: the order: pieces and kept files, then, once those are durable, the commit that names them, then what is
//! remembered here.
//! Invariant: a commit names only what is in the store. A session that fails is left out and told; it stops no other. A
//! run that ends anywhere has changed nothing that the next one does not take up again.

use crate::archive::{Archive, OpenError, PutError};
use crate::local::{File, Local, Locals, Taken};
use crate::memory::{Home, MemoryError, Remembered};
use crate::objects::ObjectError;
use crate::source::log_source;
use crate::view::{View, encode};
use crate::workers;
use jcode_session_core::archive::name::{self, Of};
use jcode_session_core::archive::{
    Aside, Chain, Digest, FileHasher, Line, Mark, Own, Piece, Relation, SessionHead, Side, StateHasher, Tip, digest_of,
    is_place, judge, pack, relate, take, unpack,
};
use jcode_session_core::log::time;
use jcode_session_core::report::{PushAction, PushReport, PushedSession};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_native::os::files::{PathError, PlainFile};
use jcode_session_native::os::host;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::segments::Zstd;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is pushed.
#[derive(Debug, Clone)]
pub struct Push {
    /// The home.
    pub home: PathBuf,
    /// Its sessions folders.
    pub roots: Vec<PathBuf>,
    /// The sessions, by the paths of their logs or snapshots; all if `None`.
    pub only: Option<Vec<PathBuf>>,
    /// Nothing is put; what would be is told exactly.
    pub dry_run: bool,
}

/// What a push came to.
#[derive(Debug)]
pub struct Pushed {
    /// The report.
    pub report: PushReport,
    /// What else is to be known.
    pub warnings: Vec<String>,
    /// The run was stopped before all was pushed.
    pub stopped: bool,
}

/// Why nothing was pushed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store does not answer.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The commit could not be put: what was put before it is named by nothing, and will be again.
    #[error("nothing is pushed until its commit is in the store: {0}")]
    Commit(PutError),
    /// What is remembered here cannot be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// A session is not below the sessions folders.
    #[error("{} is not below a sessions folder, which tells its place in a store; `--sessions-dir` names one", shown(.0))]
    Elsewhere(PathBuf),
    /// Compression failed.
    #[error("the commit cannot be compressed: {0}")]
    Compression(std::io::Error),
}

impl From<PathError> for PushError {
    fn from(error: PathError) -> Self {
        Self::Memory(error.into())
    }
}

/// Why a session was not pushed.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("cannot be read: {0}")]
    Source(#[from] SourceError),
    #[error(transparent)]
    Put(#[from] PutError),
    #[error("bytes of its segments are lost: put their files back, or `repair` it")]
    Lost,
    #[error("it has no whole line yet")]
    Empty,
    #[error("{0}")]
    Name(String),
}

/// What was done about one session.
struct Done {
    id: String,
    told: PushedSession,
    /// What the store holds of it; `None` if it failed.
    head: Option<SessionHead>,
    changed: bool,
    stamps: Option<Digest>,
}

/// What all sessions of a run share.
struct Run<'r> {
    archive: &'r Archive,
    view: &'r View,
    line: &'r Line,
    remembered: &'r Remembered,
    dry_run: bool,
    /// Sessions were named: what the store should have of them is looked up, and put again where it is gone.
    checks: bool,
}

/// Pushes sessions. `stop` is asked between them; `tick` gets how many are done.
///
/// # Errors
/// See [`PushError`]. What concerns one session is in the report.
pub fn push(
    archive: &mut Archive,
    what: &Push,
    stop: &(dyn Fn() -> bool + Sync),
    tick: &(dyn Fn() + Sync),
) -> Result<Pushed, PushError> {
    let home = Home::new(&what.home);
    let _lock = if what.dry_run { None } else { Some(home.lock()?) };
    if !what.dry_run {
        archive.make()?;
    }
    let mut warnings = Vec::new();
    let mut remembered = home.remembered(archive.id());
    let before = remembered.clone();
    let view = if archive.id().is_some() { archive.view(&remembered.commits)? } else { View::default() };
    warnings.extend(view.troubles.iter().map(|trouble| format!("{}: {}", trouble.name, trouble.message)));
    let mut line = own_line(&home, &view, &mut remembered, what.dry_run, &mut warnings)?;
    let locals = Locals::find(&what.home, &what.roots, &line);
    warnings.extend(locals.unreadable.iter().map(ToString::to_string));
    let asked = asked(&locals, what.only.as_deref())?;
    let checks = what.only.is_some() && archive.id().is_some();
    let run = Run { archive, view: &view, line: &line, remembered: &remembered, dry_run: what.dry_run, checks };
    let done = workers::each(&asked, stop, |local| {
        let done = run.one(local);
        tick();
        done
    });
    let stopped = done.iter().any(Option::is_none);
    let done: Vec<Done> = done.into_iter().flatten().collect();
    let is_new = |done: &&Done| done.changed;
    let changed: Vec<SessionHead> = done.iter().filter(is_new).filter_map(|done| done.head.clone()).collect();
    let mut commit = (!changed.is_empty()).then(|| line.n() + 1);
    if !what.dry_run {
        if !changed.is_empty() {
            archive.objects().settle()?;
            let all = done.iter().filter_map(|done| done.head.clone()).collect();
            let changed = Changed { some: changed, all };
            commit = Some(put_commit(&home, archive, &mut line, changed, &mut remembered, &mut warnings)?);
        }
        view.lines.values().filter(|seen| seen.machine != line.machine).for_each(|seen| remembered.commits.see(seen));
        remember(&mut remembered, &done);
        if remembered != before {
            home.remember(archive.id().unwrap_or_default(), &remembered)?;
        }
    }
    let told = done.into_iter().map(|done| done.told).collect();
    let report = PushReport::new(what.dry_run, line.machine, commit, told);
    Ok(Pushed { report, warnings, stopped })
}

/// The line of this home's machine. A home that finds another's commits in its line goes on as another machine.
fn own_line(
    home: &Home,
    view: &View,
    remembered: &mut Remembered,
    dry_run: bool,
    warnings: &mut Vec<String>,
) -> Result<Line, PushError> {
    let new = |remembered: &mut Remembered| {
        remembered.commits.renamed();
        remembered.unchanged.clear();
        Ok(Line::new(&if dry_run { String::from("new") } else { home.rename()? }))
    };
    let Some(machine) = home.machine()? else { return new(remembered) };
    let line = view.lines.get(&machine).cloned().unwrap_or_else(|| Line::new(&machine));
    let is_broken = view.troubles.iter().any(|trouble| trouble.machine == machine && !trouble.is_rewound);
    match judge(&remembered.commits, &line) {
        Own::Mine if !is_broken => Ok(line),
        Own::Rewound if !is_broken => {
            // What the store has lost is pushed again, behind what it has.
            remembered.unchanged.clear();
            Ok(line)
        }
        _ => {
            warnings.push(format!(
                "this home's line in the store (machine {machine}) was continued by another copy of this home, or is \
                 damaged; this home goes on as a new machine"
            ));
            new(remembered)
        }
    }
}

fn asked<'l>(locals: &'l Locals, only: Option<&[PathBuf]>) -> Result<Vec<&'l Local>, PushError> {
    let Some(only) = only else { return Ok(locals.sessions.iter().collect()) };
    let real = |path: &Path| jcode_session_native::os::stat::real_path(path).unwrap_or_else(|_| path.to_path_buf());
    let found = only.iter().map(|path| {
        let is_it = |local: &&Local| local.path == *path || real(&local.path) == real(path);
        locals.sessions.iter().find(is_it).ok_or_else(|| PushError::Elsewhere(path.clone()))
    });
    found.collect()
}

/// The sessions of a commit: those that changed, and all of this run for a machine that has no line yet.
struct Changed {
    some: Vec<SessionHead>,
    all: Vec<SessionHead>,
}

fn put_commit(
    home: &Home,
    archive: &Archive,
    line: &mut Line,
    changed: Changed,
    remembered: &mut Remembered,
    warnings: &mut Vec<String>,
) -> Result<u64, PushError> {
    let (label, now) = (home.label(), time::format(host::now_ms()).unwrap_or_default());
    let store = archive.id().unwrap_or_default();
    let mut heads = changed.some;
    loop {
        let commit = line.next(heads, &label, now.clone());
        let stored = encode(&commit).map_err(PushError::Compression)?;
        let mark = Mark { n: commit.n, digest: Digest::of(&stored) };
        remembered.commits.intend(mark);
        // Before the commit is put: so that it is known as ours, should its answer be lost.
        home.remember(store, remembered)?;
        match archive.put(&name::commit(&line.machine, commit.n), &stored, &|_| false) {
            Ok(_) => {
                archive.objects().settle()?;
                remembered.commits.done(&line.machine, mark);
                return Ok(commit.n);
            }
            Err(PutError::Taken(_)) => {
                warnings.push(format!(
                    "another copy of this home pushed at the same time as machine {}; this home goes on as a new machine",
                    line.machine
                ));
                *line = Line::new(&home.rename()?);
                remembered.commits.renamed();
                heads = changed.all.clone();
            }
            Err(error) => return Err(PushError::Commit(error)),
        }
    }
}

fn remember(remembered: &mut Remembered, done: &[Done]) {
    for Done { id, head, stamps, .. } in done {
        match stamps.filter(|_| head.is_some()) {
            Some(stamps) => remembered.unchanged.insert(id.clone(), stamps),
            None => remembered.unchanged.remove(id),
        };
    }
}

impl Run<'_> {
    fn one(&self, local: &Local) -> Done {
        let stamps = local.stamps();
        let mut counts = Counts::default();
        let result = self.head(local, stamps, &mut counts);
        let Counts { pieces, bytes } = counts;
        let told = |action, reason| PushedSession {
            session_id: local.session_id.clone(),
            path: shown(&local.path),
            action,
            pieces,
            bytes,
            reason,
        };
        match result {
            Ok(head) => {
                let own = self.line.sessions.get(&local.id);
                let changed = own.is_none_or(|own| *own != head);
                let action = if changed { PushAction::Pushed } else { PushAction::UpToDate };
                let (action, reason) = match self.diverged_from(local, &head) {
                    Ok(None) => (action, None),
                    Ok(Some(machine)) => (PushAction::Diverged, Some(self.other_history(&machine))),
                    Err(error) => (action, Some(format!("it cannot be compared with another machine's: {error}"))),
                };
                Done { id: local.id.clone(), told: told(action, reason), head: Some(head), changed, stamps }
            }
            Err(refused) => {
                let told = told(PushAction::Failed, Some(refused.to_string()));
                Done { id: local.id.clone(), told, head: None, changed: false, stamps: None }
            }
        }
    }

    fn other_history(&self, machine: &str) -> String {
        let label = self.view.label(machine);
        format!("{label} has another history of it; both are kept, `pull --machine {label}` brings that one here")
    }

    /// What the store holds of a session once this is done.
    fn head(&self, local: &Local, stamps: Option<Digest>, counts: &mut Counts) -> Result<SessionHead, Refused> {
        let path = local.rel.clone().map_err(Refused::Name)?;
        let own = self.line.sessions.get(&local.id);
        if let Some(own) = own
            && !self.checks
            && stamps.is_some()
            && self.remembered.unchanged.get(&local.id) == stamps.as_ref()
        {
            return Ok(own.clone());
        }
        let Taken { log, ledger, head, files } = local.take()?;
        // Its own machine's first: of equals the first counts.
        let others = self.others(local).map(|(_, head)| head);
        let known: Vec<SessionHead> = own.into_iter().chain(others).cloned().collect();
        let known = if self.checks { self.still_there(&local.id, known)? } else { known };
        let mut put = Putting { run: self, id: &local.id, known: &known, counts };
        let ledger = ledger.map(|(file, len)| put.chain(Of::Ledger, &file, len)).transpose()?;
        let mut aside = Vec::new();
        if let Some(bytes) = head {
            aside.push(put.file("ledger.head", &SliceSource(&bytes))?);
        }
        for File { place, path } in &files {
            aside.push(put.file(place, &PlainFile::open(path)?)?);
        }
        aside.sort();
        let log = log.map(|(log, len)| put.log(&log, len)).transpose()?;
        let put_nothing = put.counts.pieces == 0;
        if log.is_none() && aside.is_empty() {
            return Err(Refused::Empty);
        }
        let pulled = self.remembered.pulled.get(&local.id).map(|pulled| pulled.origin.clone());
        let origin = pulled.or_else(|| own.and_then(|own| own.origin.clone()));
        let head =
            SessionHead { id: local.id.clone(), path, log, ledger, aside, origin, summary: local.summary.clone() };
        // An equal one that was cut otherwise is no news, unless it takes the place of objects that are gone.
        let is_same = |own: &&SessionHead| own.holds_the_same(&head) && own.path == head.path && put_nothing;
        Ok(own.filter(is_same).cloned().unwrap_or(head))
    }

    /// What the store still has of the heads of a session, by names and lengths.
    fn still_there(&self, id: &str, mut heads: Vec<SessionHead>) -> Result<Vec<SessionHead>, Refused> {
        let listed = self.archive.objects().list(&name::session_folder(id), None).map_err(PutError::from)?;
        let there: BTreeMap<String, u64> = listed.into_iter().map(|listed| (listed.name, listed.len)).collect();
        let has = |name: &str, stored: u64| there.get(name) == Some(&stored);
        for head in &mut heads {
            for (of, chain) in [(Of::Log, &mut head.log), (Of::Ledger, &mut head.ledger)] {
                if let Some(chain) = chain {
                    let is_gone = |piece: &Piece| !has(&name::piece(id, of, piece), piece.stored);
                    let whole = chain.pieces.iter().position(is_gone).unwrap_or(chain.pieces.len());
                    chain.pieces.truncate(whole);
                }
            }
            let name = |aside: &Aside| is_place(&aside.place).map(|file| name::aside(id, aside.digest, &file));
            head.aside.retain(|aside| name(aside).is_some_and(|name| has(&name, aside.stored)));
        }
        Ok(heads)
    }

    fn others<'s>(&'s self, local: &'s Local) -> impl Iterator<Item = (&'s str, &'s SessionHead)> {
        let lines = self.view.lines.values().filter(|line| line.machine != self.line.machine);
        lines.filter_map(|line| Some((line.machine.as_str(), line.sessions.get(&local.id)?)))
    }

    /// The machine with another history of the session, if there is one.
    fn diverged_from(&self, local: &Local, head: &SessionHead) -> Result<Option<String>, Refused> {
        for (machine, other) in self.others(local) {
            let mut digest = |side, range| match side {
                Side::First => {
                    let log = LogFile::open(&local.path).map_err(Refused::from)?;
                    Ok(digest_of(&log, range)?)
                }
                Side::Second => Ok(digest_of(&log_source(self.archive, other), range)?),
            };
            let (ours, theirs) = (Tip::of(head.log.as_ref()), Tip::of(other.log.as_ref()));
            let relation: Result<_, Refused> = relate(ours, theirs, &mut digest);
            if relation? == Relation::Diverged {
                return Ok(Some(machine.to_string()));
            }
        }
        Ok(None)
    }
}

/// Objects put, or to be put, for a session.
#[derive(Debug, Default)]
struct Counts {
    pieces: u64,
    bytes: u64,
}

/// Puts what belongs to one session.
struct Putting<'p> {
    run: &'p Run<'p>,
    id: &'p str,
    /// Its heads in the store.
    known: &'p [SessionHead],
    counts: &'p mut Counts,
}

impl Putting<'_> {
    fn log(&mut self, log: &LogFile, len: u64) -> Result<Chain, Refused> {
        let chain = self.chain(Of::Log, log, len)?;
        log.still_whole()?;
        if log.met_lost() { Err(Refused::Lost) } else { Ok(chain) }
    }

    fn chain(&mut self, of: Of, log: &impl ByteSource, len: u64) -> Result<Chain, Refused> {
        let chain = |head: &'_ SessionHead| match of {
            Of::Log => head.log.clone(),
            Of::Ledger => head.ledger.clone(),
        };
        let known: Vec<Chain> = self.known.iter().filter_map(chain).collect();
        let known: Vec<&Chain> = known.iter().collect();
        take(log, len, &known, &Zstd::default(), &mut |piece, packed| {
            let name = name::piece(self.id, of, &piece);
            let found = self.put(&name, &packed, piece.len)?;
            Ok(found.map_or(piece, |(stored, blake3)| Piece { stored, blake3, ..piece }))
        })
    }

    fn file(&mut self, place: &str, file: &impl ByteSource) -> Result<Aside, Refused> {
        let mut hasher = FileHasher::default();
        let packed = pack(file, 0..file.len(), &Zstd::default(), &mut |bytes| hasher.update(bytes))?;
        let (len, digest) = (file.len(), hasher.digest());
        let there = self.known.iter().flat_map(|head| &head.aside);
        let same = there.into_iter().find(|aside| aside.digest == digest && aside.len == len && aside.place == place);
        if let Some(aside) = same {
            return Ok(aside.clone());
        }
        let stands = is_place(place).ok_or_else(|| Refused::Name(format!("{place} cannot stand in a store")))?;
        let found = self.put(&name::aside(self.id, digest, &stands), &packed, len)?;
        let stored = found.map_or(packed.len() as u64, |(stored, _)| stored);
        Ok(Aside { place: place.to_string(), len, digest, stored })
    }

    /// Puts an object that holds `len` bytes. Returns length and digest of the object that is there, if it is another
    /// packing of them.
    fn put(&mut self, name: &str, packed: &[u8], len: u64) -> Result<Option<(u64, Digest)>, Refused> {
        self.counts.pieces += 1;
        self.counts.bytes += packed.len() as u64;
        if self.run.dry_run {
            return Ok(None);
        }
        let content = |packed: &[u8]| {
            let mut hasher = StateHasher::default();
            unpack(packed, len, &Zstd::default(), &mut |bytes| hasher.update(bytes)).map(|()| hasher.state())
        };
        let found =
            self.run.archive.put(name, packed, &|found| content(found).is_some_and(|c| Some(c) == content(packed)))?;
        Ok(found.map(|found| (found.len() as u64, Digest::of(&found))))
    }
}
