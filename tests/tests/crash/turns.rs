//! Two writers that take turns in one log, and a crash at any call: of the machine, of both, or of one in its turn.
//!
//! Owns: that a batch is whole or not there, whoever of them died, and that the other one goes on.

use crate::write::oracle::{Crash, Search, check};
use jcode_session_core::log::AppendedEntries;
use jcode_session_core::storage::{Place, StorageErrorKind};
use jcode_session_core::write::{
    Durability, LogObserver, LogWriter, NewHeader, OpenError, OpenOptions, Parent, ScannedIds, SyncPoint, WriteError,
};
use jcode_session_tests::crash_storage::outcomes::{kills, power_cuts};
use jcode_session_tests::crash_storage::{Fault, Machine, World};
use jcode_session_tests::write_run::{Counting, Log, Run, entry};

const MODES: [Durability; 3] =
    [Durability::Strict, Durability::Balanced { entries: 3, millis: 1_000_000 }, Durability::Throughput];

/// Whose turn it is, and how many entries it saves.
const TURNS: [(usize, usize); 7] = [(0, 1), (1, 3), (0, 2), (0, 1), (1, 1), (1, 3), (0, 2)];

/// The sidecar as far as crashes concern it: each sync is one commit.
struct Commits(Machine);

impl LogObserver for Commits {
    fn written(&mut self, _: &AppendedEntries) {}

    fn synced(&mut self, point: SyncPoint) {
        self.0.commit_sidecar(point.len());
    }
}

type Writer = LogWriter<Machine, Commits>;

fn open(machine: &Machine, durability: Durability) -> Result<Writer, OpenError> {
    let header = NewHeader { session_id: "s", now_ms: 0, cwd: "/", parent_session: None }.line().expect("short");
    // One of several believes no synced length.
    let options = OpenOptions { durability, synced_len: None, header: Some(&header), now_ms: 0, takes_turns: true };
    let opened = LogWriter::open(machine, &options, Commits(machine.clone()), |opened| {
        Box::new(ScannedIds::new(opened.file.clone()))
    });
    opened.map(|(writer, _)| writer)
}

/// One turn, as a host takes it: what others wrote is taken in, then what is new is written, and handed to the system.
fn turn(
    writer: &mut Writer,
    stamps: &mut Counting,
    numbers: std::ops::Range<usize>,
) -> Result<Vec<String>, WriteError> {
    writer.catch_up(0)?;
    let objects: Vec<String> = numbers.map(|number| entry(number).0).collect();
    let entries: Vec<&[u8]> = objects.iter().map(String::as_bytes).collect();
    let saved = writer.append_batch(&entries, Parent::Leaf, stamps);
    if let Some(job) = writer.begin_write() {
        writer.finish(job.run(), 0)?;
    }
    saved.map_err(|error| match error {
        jcode_session_core::write::AppendError::Write(error) => error,
        other => panic!("{other}"),
    })
}

/// All turns without a fault; what may be found is a number of whole turns.
fn record(mode: Durability) -> Run {
    let machine = Machine::recording(World::default());
    let mut stamps = Counting { machine: machine.clone(), next: 0 };
    let mut writers = [open(&machine, mode).expect("opens"), open(&machine, mode).expect("opens too")];
    let (mut ids, mut whole) = (Vec::new(), vec![0]);
    for (at, (who, size)) in TURNS.into_iter().enumerate() {
        let saved = turn(&mut writers[who], &mut stamps, ids.len()..ids.len() + size).expect("saved");
        saved.iter().for_each(|id| machine.ack(id));
        ids.extend(saved);
        whole.push(ids.len());
        if at == 3 {
            // The sync of one of them covers what both have handed over.
            writers[1].flush(0).expect("flushed");
            machine.flushed();
        }
    }
    let found = Log::of(&machine.world());
    assert_eq!((&found.ids, found.damages.len()), (&ids, 0), "{mode}");
    Run { mode: of_both(mode), history: machine.history(), ids, whole }
}

/// What two writers may lose together.
fn of_both(mode: Durability) -> Durability {
    match mode {
        Durability::Balanced { entries, millis } => Durability::Balanced { entries: 2 * entries, millis },
        other => other,
    }
}

#[test]
fn turns_survive_every_crash_point_whole() {
    for mode in MODES {
        let run = record(mode);
        let (mut search, mut explored) = (Search::new(&run), 0);
        for (at, state) in run.history.iter().enumerate() {
            for outcome in kills(state) {
                explored += search.check_with_crashes(state, &outcome, Crash::Kill, &format!("{mode} step {at}"));
            }
            for outcome in power_cuts(state, true) {
                explored += search.check_with_crashes(state, &outcome, Crash::Power, &format!("{mode} step {at}"));
            }
        }
        println!("{mode}: {} steps, {explored} crash states of two writers", run.history.len());
        assert!(explored > 1000, "{mode}: only {explored}");
    }
}

/// One writer dies at a call of its turn, having written half of what it was to write; the other one has its turn.
#[test]
fn who_dies_in_its_turn_leaves_a_whole_batch_or_none() {
    let (mut torn, mut runs) = (0, 0);
    for mode in MODES {
        for dies_in in 0..TURNS.len() {
            for call in 0.. {
                let Some(set_aside) = died(mode, dies_in, call) else { break };
                torn += usize::from(set_aside);
                runs += 1;
            }
        }
    }
    println!("{runs} turns that were cut short, {torn} of them within a batch");
    assert!(runs > 30 && torn > 15, "{runs}, {torn}");
}

/// The turn in which a writer dies at its call of this number; whether something was set aside. `None` if it lived.
fn died(mode: Durability, dies_in: usize, call: u64) -> Option<bool> {
    let what = format!("{mode}, turn {dies_in}, call {call}");
    let machine = Machine::recording(World::default());
    let mut stamps = Counting { machine: machine.clone(), next: 0 };
    let mut writers = [0, 1].map(|_| Some(open(&machine, mode).expect("opens")));
    let mut ids = Vec::new();
    for (at, (who, size)) in TURNS.into_iter().enumerate() {
        let Some(writer) = &mut writers[who] else { continue };
        if at == dies_in {
            let world = &mut machine.recorded().world;
            let first = world.calls + call;
            world.faults.insert(first, Fault::Short);
            world.broken_from = Some((first + 1, StorageErrorKind::Io));
        }
        let before = ids.len();
        let saved = turn(writer, &mut stamps, before..before + size);
        if at != dies_in {
            let saved = saved.unwrap_or_else(|error| panic!("{what}: {error}"));
            saved.iter().for_each(|id| machine.ack(id));
            ids.extend(saved);
            continue;
        }
        // A process that is gone does nothing more, not even to close what it has open.
        let lived = machine.world().calls <= machine.world().broken_from.map_or(0, |(from, _)| from);
        std::mem::forget(writers[who].take());
        let world = &mut machine.recorded().world;
        world.faults.clear();
        world.broken_from = None;
        if lived {
            return None;
        }
        // Written and not acknowledged may be there or not; what was acknowledged is.
        let there = Log::of(world).ids;
        match saved {
            Ok(saved) => ids.extend(saved),
            Err(_) if there.len() == before + size => ids = there,
            Err(_) => {}
        }
    }
    let survivor = writers.iter_mut().flatten().next().expect("one is left");
    let saved = turn(survivor, &mut stamps, ids.len()..ids.len() + 1).unwrap_or_else(|error| panic!("{what}: {error}"));
    saved.iter().for_each(|id| machine.ack(id));
    ids.extend(saved);
    let world = machine.world();
    let found = Log::of(&world);
    assert_eq!((&found.ids, found.damages.len()), (&ids, 0), "{what}");
    let run = Run { mode: of_both(mode), history: Vec::new(), whole: (0..=ids.len()).collect(), ids };
    for outcome in kills(&world) {
        check(&run, &world, &outcome, Crash::Kill, &what);
    }
    Some(world.names.keys().any(|place| matches!(place, Place::Quarantine(_))))
}
