//! The run that is crashed: one session from its creation to its close.
//!
//! Owns: the steps of that run, and a reader of the log that is found.
//! Invariant: the run depends on the mode alone.

use crate::crash_storage::{CrashFile, Machine, World};
use crate::sessions::log_of;
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::log::{Damage, LogScan, LogSink, Record, scan_source};
use jcode_session_core::source::SliceSource;
use jcode_session_core::storage::Storage;
use jcode_session_core::write::{
    AppendError, Durability, LogObserver, LogWriter, NewHeader, OpenError, OpenOptions, Opened, Parent, ScannedIds,
    Stamps, SyncPoint,
};
use std::ops::ControlFlow;

/// The sidecar as far as crashes concern it: each sync of the log is one commit.
pub struct Sidecar(pub(crate) Machine);

impl LogObserver for Sidecar {
    fn written(&mut self, _: &AppendedEntries) {}

    fn synced(&mut self, point: SyncPoint) {
        self.0.commit_sidecar(point.len());
    }
}

/// A clock that follows the machine's, and ids that count up.
pub struct Counting {
    pub machine: Machine,
    pub next: u64,
}

impl Stamps for Counting {
    fn now_ms(&mut self) -> i64 {
        self.machine.recorded().world.now_ms
    }

    fn new_id(&mut self) -> String {
        self.next += 1;
        format!("id-{:04}", self.next)
    }
}

pub type Writer = LogWriter<Machine, Sidecar>;

/// A writer, and what opening it returned.
pub type Written<S> = (LogWriter<S, Sidecar>, Opened<<S as Storage>::File>);

/// Opens the session's log, or makes it.
pub fn open(machine: &Machine, durability: Durability, synced_len: Option<u64>) -> Result<Written<Machine>, OpenError> {
    open_in(machine, machine, durability, synced_len)
}

/// Like [`open`], with the machine's files seen through another storage.
pub fn open_in<S: Storage<File: Send + 'static> + Clone>(
    storage: &S,
    machine: &Machine,
    durability: Durability,
    synced_len: Option<u64>,
) -> Result<Written<S>, OpenError> {
    let header = NewHeader { session_id: "s", now_ms: 0, cwd: "/", parent_session: None }.line().expect("short");
    let options = OpenOptions {
        durability,
        synced_len,
        header: Some(&header),
        now_ms: machine.world().now_ms,
        takes_turns: false,
    };
    LogWriter::open(storage, &options, Sidecar(machine.clone()), |opened| {
        Box::new(ScannedIds::new(opened.file.clone()))
    })
}

pub fn reopen(machine: &Machine, synced_len: Option<u64>) -> Result<Opened<CrashFile>, OpenError> {
    Ok(open(machine, Durability::Strict, synced_len)?.1)
}

/// A recorded run.
pub struct Run {
    pub mode: Durability,
    pub history: Vec<World>,
    /// The ids of all entries, in the order in which they were appended.
    pub ids: Vec<String>,
    /// The numbers of entries that may be found: a batch is found whole or not at all.
    pub whole: Vec<usize>,
}

/// One entry of the run: its object, and whether it starts a branch.
pub fn entry(number: usize) -> (String, Option<&'static str>) {
    let text = "x".repeat(if number == 4 { 1500 } else { 40 });
    let object = format!(
        "{{\"type\":\"message\",\"id\":\"e{number}\",\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}"
    );
    (object, (number == 5).then_some("e1"))
}

pub const ENTRIES: usize = 9;

pub fn append(writer: &mut Writer, stamps: &mut Counting, number: usize) -> Result<String, AppendError> {
    let (object, parent) = entry(number);
    writer.append(object.as_bytes(), parent.map_or(Parent::Leaf, Parent::Id), stamps)
}

pub fn record(mode: Durability) -> Run {
    let machine = Machine::recording(World::default());
    let mut stamps = Counting { machine: machine.clone(), next: 0 };
    let mut ids = Vec::new();
    let (mut writer, _) = open(&machine, mode, None).expect("opens");
    for number in 0..ENTRIES {
        for now in 4 * number as i64 - 3..=4 * number as i64 {
            machine.set_clock(now);
            writer.tick(now).expect("ticks");
        }
        let id = append(&mut writer, &mut stamps, number).expect("appends");
        machine.ack(&id);
        ids.push(id);
        if number == 3 || number == 6 {
            writer.flush(4 * number as i64).expect("flushes");
            machine.flushed();
        }
    }
    writer.close(40).map_err(|unwritten| unwritten.error).expect("closes");
    machine.flushed();
    Run { mode, history: machine.history(), whole: (0..=ids.len()).collect(), ids }
}

/// The sizes of the batches of a run.
pub const BATCHES: [usize; 6] = [1, 3, 2, 1, 4, 2];

pub fn record_batches(mode: Durability) -> Run {
    let machine = Machine::recording(World::default());
    let mut stamps = Counting { machine: machine.clone(), next: 0 };
    let (mut ids, mut whole) = (Vec::new(), vec![0]);
    let (mut writer, _) = open(&machine, mode, None).expect("opens");
    for (at, size) in BATCHES.into_iter().enumerate() {
        for now in 6 * at as i64 - 5..=6 * at as i64 {
            machine.set_clock(now);
            writer.tick(now).expect("ticks");
        }
        let objects: Vec<String> = (ids.len()..ids.len() + size).map(|number| entry(number).0).collect();
        let entries: Vec<&[u8]> = objects.iter().map(String::as_bytes).collect();
        let saved = writer.append_batch(&entries, Parent::Leaf, &mut stamps).expect("appends");
        saved.iter().for_each(|id| machine.ack(id));
        ids.extend(saved);
        whole.push(ids.len());
        if at == 2 {
            writer.flush(6 * at as i64).expect("flushes");
            machine.flushed();
        }
    }
    writer.close(60).map_err(|unwritten| unwritten.error).expect("closes");
    machine.flushed();
    Run { mode, history: machine.history(), ids, whole }
}

/// A log that is found after a crash.
#[derive(Debug, Default)]
pub struct Log {
    pub bytes: Vec<u8>,
    pub ids: Vec<String>,
    pub damages: Vec<Damage>,
}

impl Log {
    pub fn of(world: &World) -> Self {
        let bytes = log_of(world).unwrap_or_default();
        let mut log = Self { bytes: bytes.clone(), ..Self::default() };
        let all = 0..bytes.len() as u64;
        scan_source(&SliceSource(&bytes), all, LogScan::full(), &mut log, &mut |_| ControlFlow::Continue(()))
            .expect("bytes can be read");
        log
    }
}

impl LogSink for Log {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.ids.push(entry.fields.usable_id().map(|id| id.into_owned()).unwrap_or_default());
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        self.damages.push(damage);
        ControlFlow::Continue(())
    }
}
