//! What must hold after a crash of a command.

use jcode_session_core::segment::MANIFEST;
use jcode_session_core::storage::{Name, Place, Storage, StorageErrorKind, StorageFile};
use jcode_session_tests::crash_storage::outcomes::{Outcome, kills, power_cuts};
use jcode_session_tests::crash_storage::{Fault, Machine, World};
use jcode_session_tests::sessions::{Store, kept, log_of, opened, stored, unnamed_segments};
use std::collections::HashMap;

/// A command, from what and to what.
pub(crate) struct Command<'c> {
    pub(crate) what: &'c str,
    pub(crate) before: World,
    pub(crate) old: Option<Vec<u8>>,
    pub(crate) new: Option<Vec<u8>>,
    pub(crate) run: &'c dyn Fn(&Store) -> Result<(), String>,
    /// It is done, as far as the log's bytes do not tell.
    pub(crate) done: &'c dyn Fn(&Store) -> bool,
    /// All orders and tears of what was not synced, not a few, and each run behind one is crashed again.
    pub(crate) wide: bool,
}

/// Crashes the command at each of its calls, and runs it again after each; how many states that were.
pub(crate) fn explore(command: &Command<'_>) -> u64 {
    let machine = Machine::recording(command.before.clone());
    (command.run)(&stored(&machine)).expect("it runs");
    assert!((command.done)(&stored(&machine)), "{}", command.what);
    assert_eq!(log_of(&machine.world()), command.new, "{}", command.what);
    let mut search = Search { command, seen: HashMap::new() };
    let mut explored = 0;
    let history = machine.history();
    for (at, state) in history.iter().enumerate() {
        for (nth, outcome) in crashes(state, command.wide).into_iter().enumerate() {
            let what = format!("{}, step {at}: {}", command.what, outcome.what);
            if at + 1 == history.len() {
                assert_eq!(log_of(&outcome.world), command.new, "{what}: it was called done");
            }
            // Of long commands the run behind a kill is crashed again, not the one behind every power cut.
            explored += 1 + search.again(&outcome.world, &what, command.wide || nth == 0);
        }
    }
    println!("{}: {explored} crash states, {} of them different", command.what, search.seen.len());
    explored
}

/// Fails each call of the command, in each way; how many runs that were. The old state or the new one is left, with
/// no temporary file, also by a power cut, and the command run again leads to the new one.
pub(crate) fn explore_faults(command: &Command<'_>) -> u64 {
    let machine = Machine::recording(command.before.clone());
    (command.run)(&stored(&machine)).expect("it runs");
    let mut search = Search { command, seen: HashMap::new() };
    let mut runs = 0;
    for call in 0..machine.world().calls {
        for fault in [Fault::Error(StorageErrorKind::Full), Fault::Error(StorageErrorKind::Io), Fault::Short] {
            let what = format!("{}, call {call}: {fault:?}", command.what);
            let machine = Machine::from_world(command.before.clone());
            machine.recorded().world.faults.insert(call, fault);
            let ran = (command.run)(&stored(&machine));
            let world = machine.world();
            assert!(ran.is_ok() || fault != Fault::Short, "{what}: {ran:?}");
            assert!(ran.is_err() || log_of(&world) == command.new, "{what}: called done");
            let left = world.names.keys().find(|place| matches!(place, Place::Temporary(_)));
            assert_eq!(left, None, "{what}: left behind: {ran:?}");
            search.again(&world, &what, false);
            for outcome in crashes(&world, false) {
                search.again(&outcome.world, &format!("{what}, {}", outcome.what), false);
            }
            runs += 1;
        }
    }
    runs
}

pub(crate) fn crashes(state: &World, wide: bool) -> Vec<Outcome> {
    // Nothing here depends on a sidecar.
    let mut all = kills(state);
    all.extend(power_cuts(state, wide).into_iter().filter(|outcome| outcome.synced_len.is_none()));
    all
}

/// The worlds that crashes of one command lead to.
struct Search<'c> {
    command: &'c Command<'c>,
    /// How many states lie behind a world, by its hash and whether the run behind it was crashed too: a command does the
    /// same in the same world, so that one look is enough.
    seen: HashMap<(u64, bool), u64>,
}

impl Search<'_> {
    /// Looks at what a crash left, runs the command again, and crashes that too; how many states that were.
    fn again(&mut self, world: &World, what: &str, deeper: bool) -> u64 {
        let key = (world.files_hash(), deeper);
        if let Some(&explored) = self.seen.get(&key) {
            return explored;
        }
        let command = self.command;
        check(command, world, what);
        // Nobody was told of it: run again it is the same command, also where all of it was done.
        let machine = Machine::recording(world.clone());
        (command.run)(&stored(&machine)).unwrap_or_else(|error| panic!("{what}: run again: {error}"));
        assert_eq!(log_of(&machine.world()), command.new, "{what}: run again");
        assert!((command.done)(&stored(&machine)), "{what}: run again");
        kept(command.old.as_deref(), &machine.world(), what);
        let mut explored = 0;
        let states = if deeper { machine.history() } else { Vec::new() };
        for (at, state) in states.iter().enumerate() {
            for outcome in crashes(state, false) {
                let what = format!("{what}; again, step {at}: {}", outcome.what);
                explored += 1 + self.again(&outcome.world, &what, false);
            }
        }
        self.seen.insert(key, explored);
        explored
    }
}

/// The old state or the new one, a sound ledger, and nothing lost.
fn check(command: &Command<'_>, world: &World, what: &str) {
    let log = log_of(world);
    assert!(log == command.old || log == command.new, "{what}: {:?}", log.as_deref().map(String::from_utf8_lossy));
    let store = stored(&Machine::from_world(world.clone()));
    if command.old != command.new && log == command.new {
        assert!((command.done)(&store), "{what}: the log is the new one, and nothing tells it");
    }
    let session = opened(&store);
    assert!(session.ledger_file().ledger.findings.is_empty(), "{what}: {:?}", session.ledger_file().ledger.findings);
    if log.is_some() {
        let log = store.open(&Place::Log).expect("there");
        assert_eq!(log.troubles().expect("read"), [], "{what}");
    }
    kept(command.old.as_deref(), world, what);
    assert_eq!(unnamed(world), Vec::<String>::new(), "{what}: segments that the manifest does not name");
}

/// Files of segments that the manifest beside them does not name.
pub(crate) fn unnamed(world: &World) -> Vec<String> {
    let content = |name: &str| {
        let place = Place::Segment(Name::new(name).expect("a name"));
        world.names.get(&place).map(|&inode| world.inodes[inode].live.clone())
    };
    let names = world.names.keys().filter_map(|place| match place {
        Place::Segment(name) => Some(name.as_str().to_string()),
        _ => None,
    });
    unnamed_segments(names, content(MANIFEST).as_deref())
}
