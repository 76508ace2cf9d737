//! What must hold after a crash, by mode: section 5 of docs/format.md as assertions.

use jcode_session_core::storage::{Name, Place};
use jcode_session_core::write::{Durability, Parent, QuarantineName};
use jcode_session_tests::crash_storage::outcomes::{Outcome, kills, power_cuts};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::write_run::{self as run, Counting, Log, Run};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Crash {
    Kill,
    Power,
}

/// The bytes of a file in quarantine.
pub(crate) fn quarantined(world: &World, name: QuarantineName) -> Vec<u8> {
    let place = Place::Quarantine(name.name().expect("a name"));
    world.inodes[world.names[&place]].live.clone()
}

/// What the checks of an outcome depend on beside the run: files, what the sidecar says, what was promised by then.
type Found = (u64, Option<u64>, Vec<u64>, usize, usize, i64, Crash);

/// The crashes of a run. What two of them leave alike is looked at once.
pub(crate) struct Search<'r> {
    run: &'r Run,
    /// How many states lie behind what a crash left.
    seen: HashMap<Found, u64>,
    /// What a second crash left, behind the recovery from a first one.
    seen_again: HashSet<Found>,
}

impl<'r> Search<'r> {
    pub(crate) fn new(run: &'r Run) -> Self {
        Self { run, seen: HashMap::new(), seen_again: HashSet::new() }
    }

    /// How many of all states were different.
    pub(crate) fn different(&self) -> usize {
        self.seen.len() + self.seen_again.len()
    }

    /// Opens what a crash left, and checks it; then the same with recovery crashed at each of its calls. How many
    /// states that were.
    pub(crate) fn check_with_crashes(&mut self, state: &World, outcome: &Outcome, crash: Crash, what: &str) -> u64 {
        let key = found(state, outcome, crash);
        if let Some(&explored) = self.seen.get(&key) {
            return explored;
        }
        let explored = self.check_each(state, outcome, crash, what);
        self.seen.insert(key, explored);
        explored
    }

    fn check_each(&mut self, state: &World, outcome: &Outcome, crash: Crash, what: &str) -> u64 {
        let calls = check(self.run, state, outcome, crash, what);
        let mut explored = 1;
        // Only a recovery that changes something is worth crashing.
        for (at, during) in calls.iter().enumerate() {
            let known = |again: Outcome| Outcome {
                // The first recovery has not committed a sidecar yet, or has: both are in the state.
                synced_len: if outcome.synced_len.is_some() { again.synced_len.or(outcome.synced_len) } else { None },
                ..again
            };
            let again = kills(during)
                .into_iter()
                .map(|o| (o, crash))
                .chain(power_cuts(during, false).into_iter().map(|o| (o, Crash::Power)));
            for (outcome_again, crash_again) in again {
                let what = format!("{what}, {}, crashed again at recovery step {at}", outcome.what);
                // What the first crash may have cost is settled by its kind; a second one costs nothing more.
                let worst = if crash == Crash::Power || crash_again == Crash::Power { Crash::Power } else { crash };
                let mut outcome_again = known(outcome_again);
                // What a power cut left is on the disk; what a kill left, only the same boot still has.
                if crash == Crash::Power || crash_again == Crash::Kill {
                    assert_all_kept(&Log::of(&outcome.world).bytes, &outcome_again.world, &what);
                }
                outcome_again.what = format!("{}: {}", what, outcome_again.what);
                if self.seen_again.insert(found(state, &outcome_again, worst)) {
                    check(self.run, state, &outcome_again, worst, &what);
                }
                explored += 1;
            }
        }
        explored
    }
}

fn found(state: &World, outcome: &Outcome, crash: Crash) -> Found {
    let told = (state.acked.len(), state.flushed, state.now_ms);
    let world = &outcome.world;
    (world.files_hash(), outcome.synced_len, world.sidecar.clone(), told.0, told.1, told.2, crash)
}

/// Every byte of `before` is in the log or in a file of quarantine that says where it stood.
fn assert_all_kept(before: &[u8], world: &World, what: &str) {
    let log = Log::of(world).bytes;
    let same = log.iter().zip(before).take_while(|(a, b)| a == b).count();
    if same == before.len() {
        return;
    }
    let held = world.names.iter().any(|(place, &inode)| {
        let Place::Quarantine(name) = place else { return false };
        let Some(name) = QuarantineName::parse(name.as_str()) else { return false };
        let bytes = &world.inodes[inode].live;
        let at = usize::try_from(name.offset).expect("small");
        at <= same && before.get(at..) == Some(bytes)
    });
    assert!(held, "{what}: {} bytes from {same} on are in no file of quarantine", before.len() - same);
}

/// Opens what a crash left and checks it; the states of the recovery, if it changed anything.
pub(crate) fn check(run: &Run, state: &World, outcome: &Outcome, crash: Crash, what: &str) -> Vec<World> {
    let what = format!("{what}: {}", outcome.what);
    let machine = Machine::recording(outcome.world.clone());
    let before = Log::of(&outcome.world).bytes;
    let (mut writer, opened) = run::open(&machine, run.mode, outcome.synced_len)
        .unwrap_or_else(|error| panic!("{what}: cannot be opened: {error}"));
    let history = machine.history();
    let log = Log::of(&machine.world());
    promised(run, state, &log, crash, &what);
    let exact = crash == Crash::Kill || outcome.synced_len.is_some();
    if exact {
        assert!(log.damages.is_empty(), "{what}: not clean: {:?}", log.damages);
        assert_eq!(log.ids, run.ids[..log.ids.len()], "{what}: no prefix of what was appended");
        assert!(run.whole.contains(&log.ids.len()), "{what}: part of a batch: {:?}", log.ids);
    } else {
        // Without a sidecar damage in the middle stays, and is reported; what is there is in order all the same.
        let mut rest = run.ids.iter();
        assert!(log.ids.iter().all(|id| rest.any(|other| other == id)), "{what}: {:?}", log.ids);
        let gap = log.ids != run.ids[..log.ids.len()];
        assert!(!gap || !log.damages.is_empty(), "{what}: a gap that no damage tells");
    }
    assert_all_kept(&before, &machine.world(), &what);
    if let Some(aside) = opened.recovery.set_aside {
        assert!(machine.world().durable_names.contains_key(&Place::Quarantine(aside.name.name().expect("a name"))));
        assert!(Name::new(aside.name.name().expect("a name").as_str()).is_some());
    }
    goes_on(&mut writer, &machine, &log, &what);
    let changed = Log::of(&machine.world()).bytes.len() != before.len() || opened.recovery.set_aside.is_some();
    if changed && (opened.recovery.set_aside.is_some() || opened.recovery.lf_added || opened.created) {
        history
    } else {
        Vec::new()
    }
}

/// The table of section 5.
fn promised(run: &Run, state: &World, log: &Log, crash: Crash, what: &str) {
    let acked: Vec<&String> = state.acked.iter().map(|(id, _)| id).collect();
    let lost = acked.iter().filter(|id| !log.ids.contains(id)).count();
    let now = state.now_ms;
    match (run.mode, crash) {
        (Durability::Strict, _) | (Durability::Balanced { .. }, Crash::Kill) => {
            assert_eq!(lost, 0, "{what}: acknowledged entries lost: {acked:?}, found {:?}", log.ids);
        }
        (Durability::Balanced { entries, millis }, Crash::Power) => {
            assert!(lost <= entries as usize, "{what}: {lost} acknowledged entries lost");
            let young =
                |id: &String| state.acked.iter().any(|(acked, at)| acked == id && now - at <= i64::from(millis));
            let old = acked.iter().find(|id| !log.ids.contains(id) && !young(id));
            assert_eq!(old, None, "{what}: lost though older than {millis} ms");
        }
        (Durability::Throughput, _) => {
            let flushed = &acked[..state.flushed];
            let lost = flushed.iter().find(|id| !log.ids.contains(id));
            assert_eq!(lost, None, "{what}: lost though flushed");
        }
    }
}

/// The session can be appended to, and what is appended is found.
fn goes_on(writer: &mut run::Writer, machine: &Machine, log: &Log, what: &str) {
    let mut stamps = Counting { machine: machine.clone(), next: 5000 };
    let id = writer
        .append(br#"{"type":"custom","customType":"t"}"#, Parent::Leaf, &mut stamps)
        .unwrap_or_else(|error| panic!("{what}: cannot go on: {error}"));
    writer.flush(100).unwrap_or_else(|error| panic!("{what}: cannot flush: {error}"));
    let after = Log::of(&machine.world());
    let expected: Vec<&String> = log.ids.iter().chain([&id]).collect();
    assert_eq!(after.ids.iter().collect::<Vec<_>>(), expected, "{what}: after an append");
    assert_eq!(after.damages, log.damages, "{what}: an append damaged the log");
}
