//! Sessions in memory, in the states from which the commands of the store start.
//!
//! Owns: these states, and the check that nothing of a log was lost.
//! Invariant: each state is durable as a whole.

use crate::crash_storage::{Machine, World};
use jcode_session_core::segment::{Manifest, Segment, Segmented};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_core::storage::{Folder, Place, Storage, StorageFile, append_all};
use jcode_session_core::store::LogState;
use jcode_session_core::store::SessionStore;
use jcode_session_core::store::ledger::{Event, LedgerRow};
use jcode_session_core::store::ledger_file::LedgerFile;
use jcode_session_core::write::QuarantineName;
use jcode_session_native::os::segments::Zstd;
use std::ops::Range;

pub const NOW: i64 = 1_760_000_000_000;

pub fn header() -> &'static [u8] {
    b"{\"type\":\"session\",\"version\":3,\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"cwd\":\"/\"}\n"
}

/// Entries with these numbers, each the child of the one before; preceded by the header if they start at 0.
pub fn lines(numbers: Range<u32>) -> Vec<u8> {
    let mut out = if numbers.start == 0 { header().to_vec() } else { Vec::new() };
    for n in numbers {
        let parent = n.checked_sub(1).map_or("null".to_string(), |n| format!("\"e{n}\""));
        let line = format!(
            "{{\"type\":\"message\",\"id\":\"e{n}\",\"parentId\":{parent},\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{{\"role\":\"user\"}}}}\n"
        );
        out.extend_from_slice(line.as_bytes());
    }
    out
}

/// The files of a machine, with its log presented as one file.
pub type Store = Segmented<Machine, Zstd>;

/// The files of a machine, with its log presented as one file.
pub fn stored(machine: &Machine) -> Store {
    Segmented::new(machine.clone(), Zstd::default())
}

pub fn opened(store: &Store) -> SessionStore<'_, Store> {
    SessionStore::open(store).expect("opens")
}

/// All bytes of the log, wherever they are stored.
pub fn log_of(world: &World) -> Option<Vec<u8>> {
    bytes_of_log(&stored(&Machine::from_world(world.clone())))
}

/// All bytes of the log, wherever they are stored.
pub fn bytes_of_log(store: &Store) -> Option<Vec<u8>> {
    store.stamp(&Place::Log).expect("known")?;
    let file = store.open(&Place::Log).expect("there");
    Some(file.read_vec(0, usize::try_from(file.len()).expect("small")).expect("read"))
}

/// Writes a durable file, as a writer would leave it.
pub fn put(machine: &Machine, place: &Place, bytes: &[u8]) {
    let mut file = machine.create(place).expect("made");
    append_all(&mut file, bytes).expect("written");
    file.sync_data().expect("synced");
    machine.sync_folder(place.folder()).expect("synced");
    machine.sync_folder(Folder::Sessions).expect("synced");
}

pub fn with_log(bytes: &[u8]) -> Machine {
    let machine = Machine::default();
    put(&machine, &Place::Log, bytes);
    machine
}

pub fn append(machine: &Machine, bytes: &[u8]) {
    let mut file = machine.open(&Place::Log).expect("there");
    append_all(&mut file, bytes).expect("written");
    file.sync_data().expect("synced");
}

/// A log of an older dialect.
pub fn linear() -> Vec<u8> {
    b"{\"type\":\"session\",\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"cwd\":\"/\"}\n{\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{\"role\":\"user\"}}\n".to_vec()
}

fn row(event: Event, bytes: &[u8]) -> LedgerRow {
    let digest = jcode_session_core::store::checkpoint::digest(None, &SliceSource(bytes), 0..bytes.len() as u64);
    let digest = jcode_session_core::store::ledger::digest_hex(&digest.expect("in memory"));
    let mut row = LedgerRow::new(event, NOW - 5000, bytes.len() as u64, digest, "test");
    row.fingerprint = Some(LogState::of(&SliceSource(bytes), bytes.len() as u64).expect("in memory").fingerprint);
    row
}

/// A log that was migrated from v1 files.
pub fn from_v1(log: &[u8]) -> World {
    let machine = with_log(log);
    let mut ledger_file = LedgerFile::open(&machine).expect("opens");
    ledger_file.add(&machine, row(Event::Checkpoint, b"")).expect("added");
    let mut migrate = row(Event::Migrate, log);
    migrate.base = Some(1);
    ledger_file.add(&machine, migrate).expect("added");
    machine.world()
}

/// Checks that every byte of the old log is in the log, or in `quarantine/` at the offset that a file's name gives.
///
/// # Panics
/// Panics if a byte is missing.
pub fn kept(old: Option<&[u8]>, world: &World, what: &str) {
    let Some(old) = old else { return };
    let log = log_of(world).unwrap_or_default();
    let same = log.iter().zip(old).take_while(|(a, b)| a == b).count();
    let held = world.names.iter().any(|(place, &inode)| {
        let Place::Quarantine(name) = place else {
            // The kept original of a migration holds the whole log that it was restored to.
            return matches!(place, Place::Checkpoint(_)) && world.inodes[inode].live == old;
        };
        let Some(name) = QuarantineName::parse(name.as_str()) else { return false };
        let offset = usize::try_from(name.offset).unwrap_or(usize::MAX);
        let bytes = &world.inodes[inode].live;
        offset <= same && old.get(offset..).is_some_and(|rest| bytes.starts_with(rest))
    });
    assert!(same == old.len() || held, "{what}: bytes are lost");
}

/// The names in `segments/` of segments that the manifest does not name.
#[must_use]
pub fn unnamed_segments(names: impl IntoIterator<Item = String>, manifest: Option<&[u8]>) -> Vec<String> {
    let named = manifest.and_then(Manifest::read).map_or_else(Vec::new, |manifest| manifest.segments);
    let is_named = |found: &Segment| named.iter().any(|one| (one.from, one.len) == (found.from, found.len));
    names.into_iter().filter(|name| Segment::parse(name).is_some_and(|found| !is_named(&found))).collect()
}
