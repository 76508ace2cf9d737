//! Faults injected at every single storage call.

use super::oracle::Crash;
use jcode_session_core::storage::StorageErrorKind::{Full, Io};
use jcode_session_core::write::{AppendError, Durability, LogWriter, Refusal, WriteError};
use jcode_session_tests::crash_storage::outcomes::{Outcome, power_cuts};
use jcode_session_tests::crash_storage::{Fault, Machine, World};
use jcode_session_tests::write_run::{self as run, Counting, ENTRIES, Log, Sidecar};

/// A fault by its name: what happens to the call with the given number and to those behind it.
type Plan = (&'static str, fn(&mut World, u64));

const PLANS: [Plan; 8] = [
    ("no space", |world, at| plan(world, &[(at, Fault::Error(Full))])),
    ("I/O error", |world, at| plan(world, &[(at, Fault::Error(Io))])),
    ("short write", |world, at| plan(world, &[(at, Fault::Short)])),
    ("short write, then no space", |world, at| {
        world.faults.insert(at, Fault::Short);
        world.faults.insert(at + 1, Fault::Error(Full));
    }),
    ("short write, then I/O error", |world, at| {
        world.faults.insert(at, Fault::Short);
        world.faults.insert(at + 1, Fault::Error(Io));
    }),
    ("short write, no space, no cutting back", |world, at| {
        world.faults.insert(at, Fault::Short);
        world.faults.insert(at + 1, Fault::Error(Full));
        world.faults.insert(at + 2, Fault::Error(Io));
    }),
    ("full from here on", |world, at| world.broken_from = Some((at, Full))),
    ("broken from here on", |world, at| world.broken_from = Some((at, Io))),
];

fn plan(world: &mut World, faults: &[(u64, Fault)]) {
    world.faults.extend(faults.iter().copied());
}

/// A caller that keeps what is refused, and opens anew where it must.
struct Caller {
    machine: Machine,
    mode: Durability,
    writer: Option<LogWriter<Machine, Sidecar>>,
    stamps: Counting,
    what: String,
}

impl Caller {
    fn heal(&self) {
        let world = &mut self.machine.recorded().world;
        world.faults.clear();
        world.broken_from = None;
    }

    fn writer(&mut self) -> &mut LogWriter<Machine, Sidecar> {
        if self.writer.is_none() {
            let synced = self.machine.world().sidecar.last().copied();
            let opened = run::open(&self.machine, self.mode, synced).or_else(|_| {
                self.heal();
                run::open(&self.machine, self.mode, synced)
            });
            let (writer, _) = opened.unwrap_or_else(|error| panic!("{}: cannot be opened: {error}", self.what));
            self.writer = Some(writer);
        }
        self.writer.as_mut().expect("just opened")
    }

    /// Appends until it is acknowledged. What was buffered and is lost with a latched writer is appended again.
    fn append(&mut self, number: usize) {
        for attempt in 0..6 {
            let mode = self.mode;
            let mut stamps = Counting { machine: self.machine.clone(), next: self.stamps.next };
            let writer = self.writer();
            let outcome = run::append(writer, &mut stamps, number);
            let latched = writer.latched().is_some();
            match outcome {
                Ok(_) | Err(AppendError::Refused(Refusal::TakenId(_))) => return,
                Err(AppendError::Write(WriteError::Full { .. })) => {
                    assert!(!latched, "{}: a full disk is not latched", self.what);
                    let world = self.machine.world();
                    let log = Log::of(&world);
                    assert!(log.damages.is_empty(), "{}: not cut back: {:?}", self.what, log.damages);
                    assert!(!log.ids.contains(&format!("e{number}")), "{}: refused, yet there", self.what);
                    self.heal();
                }
                Err(AppendError::Write(WriteError::Latched(cause))) => {
                    assert!(latched);
                    let again = run::append(self.writer(), &mut stamps, number);
                    let same = AppendError::Write(WriteError::Latched(cause.clone()));
                    assert_eq!(again.err(), Some(same), "{}: the cause stays", self.what);
                    self.heal();
                    self.reopen(mode);
                }
                Err(other) => panic!("{}: attempt {attempt}: {other}", self.what),
            }
        }
        panic!("{}: entry {number} never acknowledged", self.what);
    }

    /// Drops a latched writer and gives the new one what the old one had only buffered.
    fn reopen(&mut self, mode: Durability) {
        let buffered = self.writer.take().map(|writer| writer.unwritten().to_vec()).unwrap_or_default();
        assert!(buffered.is_empty() || mode == Durability::Throughput, "{}: only throughput buffers", self.what);
        let mut stamps = Counting { machine: self.machine.clone(), next: 9000 };
        for line in buffered.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            let parent = jcode_session_core::write::Parent::Leaf;
            match self.writer().append(line, parent, &mut stamps) {
                Ok(_) | Err(AppendError::Refused(Refusal::TakenId(_))) => {}
                Err(error) => panic!("{}: buffered line refused: {error}", self.what),
            }
        }
    }

    fn flush(&mut self) {
        for _ in 0..4 {
            let mode = self.mode;
            match self.writer().flush(1) {
                Ok(()) => return,
                Err(WriteError::Full { .. }) => self.heal(),
                Err(_) => {
                    self.heal();
                    self.reopen(mode);
                }
            }
        }
        panic!("{}: never flushed", self.what);
    }
}

fn run_with_fault(mode: Durability, plan: Plan, at: u64) -> u64 {
    let machine = Machine::from_world(World::default());
    plan.1(&mut machine.recorded().world, at);
    let stamps = Counting { machine: machine.clone(), next: 0 };
    let what = format!("{mode}, {} at call {at}", plan.0);
    let mut caller = Caller { machine: machine.clone(), mode, writer: None, stamps, what: what.clone() };
    for number in 0..ENTRIES {
        machine.set_clock(4 * number as i64);
        caller.append(number);
        if number == 3 || number == 6 {
            caller.flush();
        }
    }
    caller.flush();
    drop(caller.writer.take());
    let mut world = machine.world();
    let calls = world.calls;
    let expected: Vec<String> = (0..ENTRIES).map(|number| format!("e{number}")).collect();
    let log = Log::of(&world);
    assert_eq!(log.ids, expected, "{what}");
    assert!(log.damages.is_empty(), "{what}: {:?}", log.damages);
    // Whatever failed on the way: flushed is on the disk now.
    world.broken_from = None;
    for Outcome { world, synced_len, what: cut } in power_cuts(&world, true) {
        let machine = Machine::from_world(world);
        run::reopen(&machine, synced_len).unwrap_or_else(|error| panic!("{what}: {cut}: {error}"));
        assert_eq!(Log::of(&machine.world()).ids, expected, "{what}: {cut} ({:?})", Crash::Power);
    }
    calls
}

#[test]
fn faults_at_every_call_cost_nothing_that_was_acknowledged() {
    let balanced = Durability::Balanced { entries: 3, millis: 1_000_000 };
    let mut runs = 0;
    for mode in [Durability::Strict, balanced, Durability::Throughput] {
        for plan in PLANS {
            let mut at = 0;
            // The last call of the run without a fault, and some more that recoveries add.
            while at <= run_with_fault(mode, plan, at).max(1) {
                at += 1;
                runs += 1;
            }
        }
    }
    println!("{runs} runs with a fault");
    assert!(runs > 200);
}
