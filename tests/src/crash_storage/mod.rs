//! The crash model: a session's files in memory, with the present state kept apart from the durable one.
//!
//! Owns: [`World`], its implementation of core's storage contracts, and injected faults. [`outcomes`] lists the states
//! that may survive.
//! Invariant: a write, a cut or a name is certain to survive a power cut only once it was synced. A failed sync makes
//! the pending writes look clean and loses them, as Linux does.

mod files;
pub mod intruder;
pub mod outcomes;

use intruder::Intruder;
use jcode_session_core::storage::{Folder, Place, StorageError, StorageErrorKind};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use files::CrashFile;

/// A change to a file that is not covered by a sync.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Op {
    /// Bytes at an offset.
    Write(u64, Vec<u8>),
    /// A new length.
    SetLen(u64),
    /// A minimum length; new bytes read as zeros.
    Extend(u64),
}

impl Op {
    /// Applies the change.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, new) => {
                let start = usize::try_from(*offset).unwrap_or(usize::MAX);
                if bytes.len() < start + new.len() {
                    bytes.resize(start + new.len(), 0);
                }
                bytes[start..start + new.len()].copy_from_slice(new);
            }
            Self::Extend(len) => bytes.resize(bytes.len().max(usize::try_from(*len).unwrap_or(usize::MAX)), 0),
            Self::SetLen(len) => bytes.resize(usize::try_from(*len).unwrap_or(usize::MAX), 0),
        }
    }
}

/// One file, whatever its names are.
#[derive(Debug, Clone, Default, Hash)]
pub struct Inode {
    /// What a reader sees.
    pub live: Vec<u8>,
    /// Content that survives a power cut even if nothing of `pending` does.
    pub durable: Vec<u8>,
    /// Changes since then.
    pub pending: Vec<Op>,
}

/// The effect of an injected fault on one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The call fails and changes nothing.
    Error(StorageErrorKind),
    /// An append writes half of its bytes and succeeds; other calls are not affected.
    Short,
}

/// The whole state: of the machine, and of what the user was promised.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Files, by number.
    pub inodes: Vec<Inode>,
    /// Present names.
    pub names: BTreeMap<Place, usize>,
    /// Durable names.
    pub durable_names: BTreeMap<Place, usize>,
    /// Present folders.
    pub folders: BTreeSet<Folder>,
    /// Durable folders.
    pub durable_folders: BTreeSet<Folder>,
    /// Every synced length that the sidecar ever committed.
    pub sidecar: Vec<u64>,
    /// Acknowledged entries, with their times.
    pub acked: Vec<(String, i64)>,
    /// Number of acknowledged entries that a flush has covered.
    pub flushed: usize,
    /// The clock.
    pub now_ms: i64,
    /// Number of calls so far that change something.
    pub calls: u64,
    /// Faults by call number.
    pub faults: BTreeMap<u64, Fault>,
    /// From this call on, every call fails with this error.
    pub broken_from: Option<(u64, StorageErrorKind)>,
    /// The file system has no hard links.
    pub no_links: bool,
    /// The append during which the state was recorded: file and bytes.
    pub writing: Option<(usize, Vec<u8>)>,
    /// Number of calls so far that change something or look at the log.
    pub touches: u64,
    /// Another program that acts at one of these calls.
    pub intruder: Option<Intruder>,
}

impl World {
    /// A hash over all files and names. Equal worlds have equal hashes, however their files are numbered. Among some
    /// 10⁵ worlds, two different ones share a hash about once in 10⁹ runs.
    #[must_use]
    pub fn files_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        for (place, inode) in self.names.iter().chain(&self.durable_names) {
            let next = numbers.len();
            let number = *numbers.entry(*inode).or_insert(next);
            (place, number).hash(&mut hasher);
            if number == next {
                self.inodes[*inode].hash(&mut hasher);
            }
        }
        (self.names.len(), &self.folders, &self.durable_folders).hash(&mut hasher);
        hasher.finish()
    }
}

/// A machine: its world, and the states before.
#[derive(Debug, Clone, Default)]
pub struct Machine(Arc<Mutex<Recorded>>);

/// A world and its history.
#[derive(Debug, Default)]
pub struct Recorded {
    /// The present state.
    pub world: World,
    /// The state before every mutating call, if recording is on.
    pub history: Option<Vec<World>>,
}

impl Machine {
    /// A machine in this state, without history or faults.
    #[must_use]
    pub fn from_world(mut world: World) -> Self {
        world.faults.clear();
        world.broken_from = None;
        world.calls = 0;
        world.writing = None;
        world.touches = 0;
        world.intruder = None;
        Self(Arc::new(Mutex::new(Recorded { world, history: None })))
    }

    /// Like [`Machine::from_world`], and records every state from now on.
    #[must_use]
    pub fn recording(world: World) -> Self {
        let machine = Self::from_world(world);
        machine.recorded().history = Some(Vec::new());
        machine
    }

    /// The state and its history, for reading and changing.
    ///
    /// # Panics
    /// Never: a poisoned lock is taken anyway.
    pub fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present state.
    #[must_use]
    pub fn world(&self) -> World {
        self.recorded().world.clone()
    }

    /// All recorded states and the present one.
    #[must_use]
    pub fn history(&self) -> Vec<World> {
        let recorded = self.recorded();
        let mut all = recorded.history.clone().unwrap_or_default();
        all.push(recorded.world.clone());
        all
    }

    /// Records that the user was promised an entry.
    pub fn ack(&self, id: &str) {
        let world = &mut self.recorded().world;
        let now = world.now_ms;
        world.acked.push((id.to_string(), now));
    }

    /// Records that the user was promised a flush of everything so far.
    pub fn flushed(&self) {
        let world = &mut self.recorded().world;
        world.flushed = world.acked.len();
    }

    /// Sets the clock.
    pub fn set_clock(&self, now_ms: i64) {
        self.recorded().world.now_ms = now_ms;
    }

    /// Records that the sidecar commits a synced length. This is a step like a storage call.
    pub fn commit_sidecar(&self, synced_len: u64) {
        if self.step(None).is_ok() {
            self.recorded().world.sidecar.push(synced_len);
        }
    }

    /// Counts a mutating call and records the state before it. Makes the call fail or fall short if a fault is due.
    fn step(&self, writing: Option<(usize, &[u8])>) -> Result<Option<Fault>, StorageError> {
        self.touched();
        let mut recorded = self.recorded();
        let Recorded { world, history } = &mut *recorded;
        let call = world.calls;
        world.calls += 1;
        if let Some(history) = history {
            let mut state = world.clone();
            state.writing = writing.map(|(inode, bytes)| (inode, bytes.to_vec()));
            history.push(state);
        }
        let broken = world.broken_from.filter(|(from, _)| call >= *from).map(|(_, kind)| Fault::Error(kind));
        match broken.or(world.faults.get(&call).copied()) {
            Some(Fault::Error(kind)) => Err(error(kind, "injected")),
            other => Ok(other),
        }
    }
}

fn error(kind: StorageErrorKind, message: &str) -> StorageError {
    StorageError { kind, action: "model", what: "a file".into(), message: message.into() }
}
