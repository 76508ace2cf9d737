//! One session of a store, written here.
//!
//! Owns: how its files appear: written aside, compared with their digests, synced, renamed.
//! Invariant: a local log is replaced only by one that begins with all of its bytes, under its lock, and only if it is
//! still the file that was compared. Nothing else here is replaced but a ledger by one that continues it, and v1 files
//! that are still as they were pulled. Kept files come first, then the log, the ledger, its head, and a snapshot last:
//! so that a run that ends anywhere leaves a session that holds together. No link is followed below the sessions folder.

use crate::archive::Archive;
use crate::memory::PulledFrom;
use crate::objects::ObjectError;
use crate::source::{aside_name, ledger_source, log_source};
use jcode_session_core::archive::name::{self, Of};
use jcode_session_core::archive::{
    Aside, Chain, Digest, FileHasher, Pull, Relation, SessionHead, Side, State, StateHasher, Tip, decide, digest_of,
    packed_limit, relate, unpack,
};
use jcode_session_core::parts::Part;
use jcode_session_core::report::PullAction;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, Pieces, SourceError};
use jcode_session_core::storage::Place;
use jcode_session_native::os::files::{PathError, PlainFile, stamp};
use jcode_session_native::os::lock::{LockError, SessionLock};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::replace::{publish, publish_new, sync_folder, temporary_for};
use jcode_session_native::os::segments::Zstd;
use jcode_session_native::os::{folders, paths, stat};
use jcode_session_native::session::Bytes;
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Blocks of 128 KiB that are unpacked ahead.
const AHEAD: usize = 16;

/// Why a session was not written, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("cannot be read: {0}")]
    Source(#[from] SourceError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("{0} is missing in the store; push the session again from a machine that has it")]
    Missing(String),
    #[error("{0} does not hold the bytes that were pushed; `verify --store` tells more")]
    Damaged(String),
    #[error("{} is something else, move it away", shown(.0))]
    InTheWay(PathBuf),
    #[error("{} changed meanwhile, run again", shown(.0))]
    Changed(PathBuf),
    #[error("its log here is in segments, `seal --undo {}` puts it back into one file first", shown(.0))]
    Sealed(PathBuf),
}

/// A session that is written here.
pub(crate) struct Restore<'r> {
    pub(crate) archive: &'r Archive,
    pub(crate) head: &'r SessionHead,
    /// Its log here, also where the session is a snapshot without one.
    pub(crate) log: PathBuf,
    /// The sessions folder above it.
    pub(crate) root: &'r Path,
    /// From what it was pulled last.
    pub(crate) pulled: Option<&'r PulledFrom>,
    /// This home pushed it.
    pub(crate) is_own: bool,
    /// It stands beside another history of the session, so jcode's files of that are left alone.
    pub(crate) is_copy: bool,
    pub(crate) dry_run: bool,
    /// Bytes written, or to be written.
    pub(crate) bytes: u64,
    /// What else is to be known.
    pub(crate) notes: Vec<String>,
}

/// A file to be written.
#[derive(Clone, Copy)]
enum What<'w> {
    Chain(Of, &'w Chain),
    Aside(&'w Aside),
}

/// What is written where, and the file there that it replaces.
struct Step<'w> {
    what: What<'w>,
    to: PathBuf,
    seen: Option<FileStamp>,
}

impl<'r> Restore<'r> {
    /// Writes what is missing here. `is_known`: the local log is this session's, whatever it holds.
    ///
    /// # Errors
    /// See [`Refused`]; files before the one that failed are written.
    pub(crate) fn run(&mut self, is_known: bool) -> Result<PullAction, Refused> {
        let _lock = match self.dry_run {
            true => None,
            false => {
                self.folder(paths::folder(&self.log))?;
                Some(SessionLock::acquire(&self.log)?)
            }
        };
        let (relation, seen) = self.log_relation()?;
        let is_strange = seen.is_some() && !is_known && !self.is_copy;
        if is_strange && !matches!(relation, Relation::Same | Relation::Behind) {
            return Err(Refused::InTheWay(self.log.clone()));
        }
        match decide(relation) {
            Pull::Diverged => return Ok(PullAction::Diverged),
            Pull::Ahead => return Ok(PullAction::Ahead),
            Pull::UpToDate | Pull::Take => {}
        }
        let v1 = match self.v1_steps()? {
            Ok(steps) => steps,
            Err(action) => return Ok(action),
        };
        let mut steps = self.kept_steps()?;
        if let Some(chain) = self.head.log.as_ref().filter(|_| relation == Relation::Behind) {
            steps.push(Step { what: What::Chain(Of::Log, chain), to: self.log.clone(), seen });
        }
        steps.extend(self.ledger_steps()?);
        steps.extend(v1);
        for step in &steps {
            self.write(step)?;
        }
        Ok(if steps.is_empty() { PullAction::UpToDate } else { PullAction::Pulled })
    }

    /// How the log here relates to the one in the store, and the file that was compared.
    fn log_relation(&self) -> Result<(Relation, Option<FileStamp>), Refused> {
        if !is_there(&self.log)? {
            let is_log = self.head.log.is_some();
            return Ok((if is_log { Relation::Behind } else { Relation::Same }, None));
        }
        let log = LogFile::open(&self.log)?;
        let relation = relation(&log, self.head.log.as_ref(), &|| log_source(self.archive, self.head))?;
        if relation == Relation::Behind && log.sealed().is_some() {
            return Err(Refused::Sealed(self.log.clone()));
        }
        Ok((relation, Some(log.file_stamp())))
    }

    /// The kept files that are not here.
    fn kept_steps(&mut self) -> Result<Vec<Step<'r>>, Refused> {
        let mut steps = Vec::new();
        for aside in &self.head.aside {
            let is_kept = aside.place.starts_with("quarantine/") || aside.place.starts_with("checkpoints/");
            if !is_kept {
                continue;
            }
            let to = paths::store(&self.log).join(&aside.place);
            if !is_there(&to)? {
                steps.push(Step { what: What::Aside(aside), to, seen: None });
            } else if !holds(&to, aside)? {
                self.notes.push(format!("{} holds other bytes here, and stays", aside.place));
            }
        }
        Ok(steps)
    }

    /// The ledger and its head, if the one in the store continues the one here.
    fn ledger_steps(&mut self) -> Result<Vec<Step<'r>>, Refused> {
        let Some(chain) = &self.head.ledger else { return Ok(Vec::new()) };
        let (ledger, head) = (paths::place(&self.log, &Place::Ledger), paths::place(&self.log, &Place::LedgerHead));
        let (relation, seen) = match is_there(&ledger)? {
            false => (Relation::Behind, None),
            true => {
                let file = PlainFile::open(&ledger)?;
                let relation = relation(&file, Some(chain), &|| ledger_source(self.archive, self.head))?;
                (relation, stamp(&ledger)?)
            }
        };
        let mut steps = Vec::new();
        match relation {
            Relation::Ahead => return Ok(steps),
            Relation::Diverged => {
                self.notes.push("its ledger goes on differently here, and stays".to_string());
                return Ok(steps);
            }
            Relation::Behind => steps.push(Step { what: What::Chain(Of::Ledger, chain), to: ledger, seen }),
            Relation::Same => {}
        }
        if let Some(aside) = self.head.aside.iter().find(|aside| aside.place == "ledger.head") {
            let there = is_there(&head)?;
            if !there || relation == Relation::Behind && !holds(&head, aside)? {
                let seen = if there { stamp(&head)? } else { None };
                steps.push(Step { what: What::Aside(aside), to: head, seen });
            }
        }
        Ok(steps)
    }

    /// jcode's files that are not here or still as they were pulled; what is to be told, if they are neither.
    fn v1_steps(&self) -> Result<Result<Vec<Step<'r>>, PullAction>, Refused> {
        let mut steps = Vec::new();
        if self.is_copy {
            return Ok(Ok(steps));
        }
        for aside in &self.head.aside {
            let Some(name) = aside.place.strip_prefix("beside/") else { continue };
            let to = paths::folder(&self.log).join(name);
            let seen = match is_there(&to)? {
                false => None,
                true if holds(&to, aside)? => continue,
                // Nothing tells which of the two is older, but for what was pulled here and not touched since.
                true => {
                    let pulled = self.pulled.and_then(|pulled| pulled.files.get(&aside.place));
                    if pulled.is_none() || pulled != Some(&digest(&to)?) {
                        return Ok(Err(if self.is_own { PullAction::Ahead } else { PullAction::Diverged }));
                    }
                    stamp(&to)?
                }
            };
            steps.push(Step { what: What::Aside(aside), to, seen });
        }
        // Without a snapshot a journal is no session, so that one appears whole.
        steps.sort_by_key(|step| paths::part(&step.to) == Part::Snapshot);
        Ok(Ok(steps))
    }

    fn write(&mut self, step: &Step<'_>) -> Result<(), Refused> {
        let Step { what, to, seen } = step;
        self.bytes += match what {
            What::Chain(_, chain) => chain.len,
            What::Aside(aside) => aside.len,
        };
        if self.dry_run {
            return Ok(());
        }
        self.folder(paths::folder(to))?;
        let mut temporary = temporary_for(to)?;
        match what {
            What::Chain(of, chain) => self.chain(*of, chain, &mut temporary, to)?,
            What::Aside(aside) => self.aside(aside, &mut temporary, to)?,
        }
        let now = if is_there(to)? { stamp(to)? } else { None };
        match (now, seen) {
            (None, None) => publish_new(temporary, to)?,
            (Some(now), Some(seen)) if now.is_as_left(seen) => publish(temporary, to)?,
            _ => return Err(Refused::Changed(to.clone())),
        }
        Ok(())
    }

    /// Writes a chain. Its objects are read and unpacked on a thread of their own, while this one digests and writes what
    /// came before.
    fn chain(&self, of: Of, chain: &Chain, out: &mut impl Write, to: &Path) -> Result<(), Refused> {
        let (send, blocks) = sync_channel(AHEAD);
        thread::scope(|scope| {
            let reader = scope.spawn(move || self.read_chain(of, chain, &send));
            let written = self.write_chain(of, chain, blocks, out, to);
            reader.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            written
        })
    }

    /// Sends what the objects of a chain hold, until nobody takes it any more.
    fn read_chain(&self, of: Of, chain: &Chain, send: &SyncSender<Vec<u8>>) -> Result<(), Refused> {
        for piece in &chain.pieces {
            let name = name::piece(&self.head.id, of, piece);
            let mut is_taken = true;
            let mut each = |block: &[u8]| is_taken = is_taken && send.send(block.to_vec()).is_ok();
            self.object(&name, piece.len, piece.stored, Some(piece.blake3), &mut each)?;
            if !is_taken {
                break;
            }
        }
        Ok(())
    }

    fn write_chain(
        &self,
        of: Of,
        chain: &Chain,
        blocks: Receiver<Vec<u8>>,
        out: &mut impl Write,
        to: &Path,
    ) -> Result<(), Refused> {
        let mut hasher = StateHasher::default();
        let mut pieces = chain.pieces.iter().peekable();
        let damaged =
            |piece| Err(Refused::Damaged(self.archive.objects().shown(&name::piece(&self.head.id, of, piece))));
        for block in blocks {
            hasher.update(&block);
            out.write_all(&block).map_err(PathError::new("write", to))?;
            while let Some(piece) = pieces.next_if(|piece| piece.end() <= hasher.len()) {
                if hasher.state() != (State { len: piece.end(), digest: piece.state }) {
                    return damaged(piece);
                }
            }
        }
        pieces.next().map_or(Ok(()), damaged)
    }

    fn aside(&self, aside: &Aside, out: &mut impl Write, to: &Path) -> Result<(), Refused> {
        let name = aside_name(self.head, aside);
        let (mut hasher, mut written) = (FileHasher::default(), Ok(()));
        let mut each = |bytes: &[u8]| {
            hasher.update(bytes);
            if written.is_ok() {
                written = out.write_all(bytes);
            }
        };
        self.object(&name, aside.len, aside.stored, None, &mut each)?;
        written.map_err(PathError::new("write", to))?;
        let is_it = hasher.digest() == aside.digest;
        if is_it { Ok(()) } else { Err(Refused::Damaged(self.archive.objects().shown(&name))) }
    }

    /// Passes on what an object holds.
    fn object(
        &self,
        name: &str,
        len: u64,
        stored: u64,
        digest: Option<Digest>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Refused> {
        let shown = || self.archive.objects().shown(name);
        let packed = self.archive.objects().get(name, packed_limit(len))?;
        let packed = packed.ok_or_else(|| Refused::Missing(shown()))?;
        let is_it = packed.len() as u64 == stored && digest.is_none_or(|digest| Digest::of(&packed) == digest);
        let unpacked = is_it.then(|| unpack(&packed, len, &Zstd::default(), each)).flatten();
        unpacked.ok_or_else(|| Refused::Damaged(shown()))
    }

    /// Makes a folder below the sessions folder, private to the user, through no link.
    fn folder(&self, folder: &Path) -> Result<(), Refused> {
        folders::make_all(self.root).map_err(PathError::new("make", self.root))?;
        let below = folder.strip_prefix(self.root).map_err(|_| Refused::InTheWay(folder.to_path_buf()))?;
        let mut at = self.root.to_path_buf();
        for part in below {
            let above = at.clone();
            at.push(part);
            match stat::lstat(&at) {
                Ok(there) if there.is_dir() => {}
                Ok(_) => return Err(Refused::InTheWay(at)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    folders::make_all(&at).map_err(PathError::new("make", &at))?;
                    sync_folder(&above)?;
                }
                Err(error) => return Err(PathError::new("read", &at)(error).into()),
            }
        }
        Ok(())
    }
}

/// Whether a regular file is there.
fn is_there(path: &Path) -> Result<bool, Refused> {
    match stat::lstat(path) {
        Ok(there) if there.is_file() => Ok(true),
        Ok(_) => Err(Refused::InTheWay(path.to_path_buf())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(PathError::new("read", path)(error).into()),
    }
}

fn digest(path: &Path) -> Result<Digest, Refused> {
    let file = PlainFile::open(path)?;
    let mut hasher = FileHasher::default();
    let mut pieces = Pieces::new(&file, 0..file.len());
    while let Some((_, bytes)) = pieces.read()? {
        hasher.update(bytes);
    }
    Ok(hasher.digest())
}

fn holds(path: &Path, aside: &Aside) -> Result<bool, Refused> {
    Ok(stat::lstat(path).is_ok_and(|there| there.len() == aside.len) && digest(path)? == aside.digest)
}

/// How a file here relates to a chain in the store.
fn relation(
    file: &impl ByteSource,
    chain: Option<&Chain>,
    remote: &dyn Fn() -> Bytes,
) -> Result<Relation, SourceError> {
    let mut hasher = StateHasher::default();
    let mut pieces = Pieces::new(file, 0..file.len());
    while let Some((_, bytes)) = pieces.read()? {
        hasher.update(bytes);
    }
    let blocks = hasher.blocks();
    let ours = Tip { state: State::new(hasher.len(), &blocks), blocks: &blocks };
    relate(ours, Tip::of(chain), &mut |side, range| match side {
        Side::First => digest_of(file, range),
        Side::Second => digest_of(&remote(), range),
    })
}
