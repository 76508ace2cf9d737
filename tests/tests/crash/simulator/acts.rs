//! What may happen to the session, and how that may end.
//!
//! Owns: the acts with their parameters, and how often each is drawn.

use super::Run;
use jcode_session_core::segment::{compress, seal};
use jcode_session_core::source::go_on;
use jcode_session_core::storage::StorageErrorKind;
use jcode_session_core::store::{SessionStore, repair, rollback, undo};
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::os::segments::Zstd;
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::generate::Random;
use jcode_session_tests::sessions::{append, stored};
use jcode_session_tests::write_run::{Counting, open_in};
use rand::RngExt;

/// A line of another program.
pub(super) const WHOLE: &[u8] =
    b"{\"type\":\"message\",\"id\":\"foreign\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:09.000Z\"}\n";
/// What other programs and crashes of theirs leave.
const FOREIGN: [&[u8]; 5] = [
    WHOLE,
    b"{\"type\":\"message\",\"id\":\"torn",
    b"{\"type\":\"message\",\"id\":\"broken\n",
    b"\0\0\0\0\0\0\0\0\n",
    b"{\"type\":\"custom\",\"id\":\"a\",\"parentId\":null,\"timestamp\":1}{\"type\":\"custom\",\"id\":\"b\",\"parentId\":null,\"timestamp\":1}\n",
];

#[derive(Debug, Clone)]
pub(super) enum Act {
    Save { count: u64, together: bool, mode: Durability },
    Checkpoint,
    Rollback,
    Undo { force: bool },
    Repair,
    Seal { size: u64, compress: bool },
    Compress,
    Decompress,
    PutBack,
    Foreign(&'static [u8]),
    Push,
}

/// Their names.
pub(super) const NAMES: [&str; 11] = [
    "save",
    "checkpoint",
    "rollback",
    "undo",
    "repair",
    "seal",
    "compress",
    "decompress",
    "put back",
    "another program",
    "push",
];

impl Act {
    pub(super) fn draw(rng: &mut Random, has_log: bool) -> Self {
        let mode = [Durability::Strict, Durability::Balanced { entries: 3, millis: 1_000_000 }][rng.random_range(0..2)];
        let save = Self::Save { count: rng.random_range(1..6), together: rng.random_range(0..2) == 0, mode };
        match rng.random_range(0..20) {
            _ if !has_log && rng.random_range(0..3) > 0 => save,
            0..6 => save,
            6 | 7 => Self::Checkpoint,
            8 | 9 => Self::Rollback,
            10 => Self::Undo { force: false },
            11 => Self::Undo { force: true },
            12 => Self::Repair,
            13 | 14 => Self::Seal { size: rng.random_range(200..800), compress: rng.random_range(0..2) == 0 },
            15 => Self::Compress,
            16 => Self::Decompress,
            17 => Self::PutBack,
            18 if has_log => Self::Foreign(FOREIGN[rng.random_range(0..FOREIGN.len())]),
            _ => Self::Push,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Save { .. } => NAMES[0],
            Self::Checkpoint => NAMES[1],
            Self::Rollback => NAMES[2],
            Self::Undo { .. } => NAMES[3],
            Self::Repair => NAMES[4],
            Self::Seal { .. } => NAMES[5],
            Self::Compress => NAMES[6],
            Self::Decompress => NAMES[7],
            Self::PutBack => NAMES[8],
            Self::Foreign(_) => NAMES[9],
            Self::Push => NAMES[10],
        }
    }

    pub(super) const fn is_save(&self) -> bool {
        matches!(self, Self::Save { .. })
    }

    /// Does it. What is acknowledged of a save is noted in the machine.
    pub(super) fn run(&self, machine: &Machine, run: &Run<'_>) -> Result<(), String> {
        if let Self::Save { count, together, mode } = *self {
            return save(machine, run, count, together, mode);
        }
        let (store, now_ms) = (stored(machine), run.now_ms);
        let mut session = SessionStore::open(&store).map_err(|error| error.to_string())?;
        let zstd = Zstd::default();
        match self {
            Self::Checkpoint => session.checkpoint(now_ms, "test").map(drop).map_err(|error| error.to_string()),
            Self::Rollback => {
                let options = rollback::Options { to_ms: None, now_ms, has_source: true };
                rollback::run(&mut session, &options, &mut go_on).map(drop).map_err(|error| error.to_string())
            }
            Self::Undo { force } => {
                let options = undo::Options { force: *force, now_ms };
                undo::run(&mut session, &options, &mut go_on).map(drop).map_err(|error| error.to_string())
            }
            Self::Repair => {
                repair::run(&mut session, "s", now_ms, &mut go_on).map(drop).map_err(|error| error.to_string())
            }
            Self::Seal { size, compress } => {
                let with = compress.then_some(&zstd as _);
                seal::run(&mut session, *size, with, now_ms, &mut go_on).map(drop).map_err(|error| error.to_string())
            }
            Self::Compress => {
                compress::run(&mut session, &zstd, now_ms, &mut go_on).map(drop).map_err(|error| error.to_string())
            }
            Self::Decompress => {
                compress::undo(&mut session, now_ms, &mut go_on).map(drop).map_err(|error| error.to_string())
            }
            Self::PutBack => seal::undo(&mut session, now_ms, &mut go_on).map(drop).map_err(|error| error.to_string()),
            Self::Save { .. } | Self::Foreign(_) | Self::Push => Ok(()),
        }
    }
}

fn save(machine: &Machine, run: &Run<'_>, count: u64, together: bool, mode: Durability) -> Result<(), String> {
    let opened = open_in(&stored(machine), machine, mode, run.synced);
    let (mut writer, _) = opened.map_err(|error| error.to_string())?;
    let mut stamps = Counting { machine: machine.clone(), next: run.ids };
    let object = br#"{"type":"message","message":{"role":"user","content":"some words that are saved"}}"#;
    let objects: Vec<&[u8]> = (0..count).map(|_| &object[..]).collect();
    if together {
        let ids = writer.append_batch(&objects, Parent::Leaf, &mut stamps).map_err(|error| error.to_string())?;
        ids.iter().for_each(|id| machine.ack(id));
    } else {
        for object in objects {
            let id = writer.append(object, Parent::Leaf, &mut stamps).map_err(|error| error.to_string())?;
            machine.ack(&id);
        }
    }
    writer.close(run.now_ms).map(drop).map_err(|unwritten| unwritten.error.to_string())
}

/// The world after another program appended to the log, and synced it.
pub(super) fn appended(world: &World, bytes: &[u8]) -> World {
    let machine = Machine::from_world(world.clone());
    append(&machine, bytes);
    machine.world()
}

/// How an act ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Runs,
    Killed,
    PowerCut,
    Fails(StorageErrorKind),
    FallsShort,
    /// Another program appends meanwhile.
    Joined,
}

impl Fate {
    pub(super) fn draw(rng: &mut Random, act: &Act) -> Self {
        match rng.random_range(0..12) {
            0..5 => Self::Runs,
            5 | 6 => Self::Killed,
            7 | 8 => Self::PowerCut,
            9 => Self::Fails([StorageErrorKind::Full, StorageErrorKind::Io][rng.random_range(0..2)]),
            10 => Self::FallsShort,
            // What a command does then is tested call by call.
            _ if act.is_save() => Self::Joined,
            _ => Self::Runs,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Killed => "killed",
            Self::PowerCut => "power cut",
            Self::Fails(StorageErrorKind::Full) => "disk full",
            Self::Fails(_) => "I/O error",
            Self::FallsShort => "short write",
            Self::Joined => "another program appends meanwhile",
        }
    }
}
