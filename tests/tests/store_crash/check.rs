//! What must hold after a crash of a command.

use jcode_session_core::segment::MANIFEST;
use jcode_session_core::storage::{Name, Place, Storage, StorageFile};
use jcode_session_tests::crash_storage::outcomes::{Outcome, kills, power_cuts};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::sessions::{Store, kept, log_of, opened, stored, unnamed_segments};

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
    let mut explored = 0;
    for (at, state) in machine.history().iter().enumerate() {
        for (nth, outcome) in crashes(state, command.wide).into_iter().enumerate() {
            let what = format!("{}, step {at}: {}", command.what, outcome.what);
            // Of long commands the run behind a kill is crashed again, not the one behind every power cut.
            explored += 1 + again(command, &outcome.world, &what, command.wide || nth == 0);
        }
    }
    explored
}

pub(crate) fn crashes(state: &World, wide: bool) -> Vec<Outcome> {
    // Nothing here depends on a sidecar.
    let mut all = kills(state);
    all.extend(power_cuts(state, wide).into_iter().filter(|outcome| outcome.synced_len.is_none()));
    all
}

/// Looks at what a crash left, runs the command again, and crashes that too.
fn again(command: &Command<'_>, world: &World, what: &str, deeper: bool) -> u64 {
    check(command, world, what);
    // Nobody was told of it: run again it is the same command, also where all of it was done.
    let machine = Machine::recording(world.clone());
    (command.run)(&stored(&machine)).unwrap_or_else(|error| panic!("{what}: run again: {error}"));
    assert_eq!(log_of(&machine.world()), command.new, "{what}: run again");
    assert!((command.done)(&stored(&machine)), "{what}: run again");
    kept(command.old.as_deref(), &machine.world(), what);
    if !deeper {
        return 0;
    }
    let mut explored = 0;
    for (at, state) in machine.history().iter().enumerate() {
        for outcome in crashes(state, false) {
            let what = format!("{what}; again, step {at}: {}", outcome.what);
            explored += 1 + again(command, &outcome.world, &what, false);
        }
    }
    explored
}

/// The old state or the new one, a sound ledger, and nothing lost.
fn check(command: &Command<'_>, world: &World, what: &str) {
    let log = log_of(world);
    assert!(
        log == command.old || log == command.new,
        "{what}: {:?}",
        log.map(|log| String::from_utf8_lossy(&log).into_owned())
    );
    let store = stored(&Machine::from_world(world.clone()));
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
