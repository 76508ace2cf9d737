//! What must hold after a crash of a command.

use jcode_session_tests::crash_storage::outcomes::{Outcome, kills, power_cuts};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::sessions::{kept, log_of, opened};

/// A command, from what and to what.
pub(crate) struct Command<'c> {
    pub(crate) what: &'c str,
    pub(crate) before: World,
    pub(crate) old: Option<Vec<u8>>,
    pub(crate) new: Option<Vec<u8>>,
    pub(crate) run: &'c dyn Fn(&Machine) -> Result<(), String>,
}

/// Crashes the command at each of its calls, and runs it again after each; how many states that were.
pub(crate) fn explore(command: &Command<'_>) -> u64 {
    let machine = Machine::recording(command.before.clone());
    (command.run)(&machine).expect("it runs");
    assert_eq!(log_of(&machine.world()), command.new, "{}", command.what);
    let mut explored = 0;
    for (at, state) in machine.history().iter().enumerate() {
        for outcome in crashes(state, true) {
            let what = format!("{}, step {at}: {}", command.what, outcome.what);
            explored += 1 + again(command, &outcome.world, &what, true);
        }
    }
    explored
}

fn crashes(state: &World, wide: bool) -> Vec<Outcome> {
    // Nothing here depends on a sidecar.
    let mut all = kills(state);
    all.extend(power_cuts(state, wide).into_iter().filter(|outcome| outcome.synced_len.is_none()));
    all
}

/// Looks at what a crash left, runs the command again, and crashes that too.
fn again(command: &Command<'_>, world: &World, what: &str, deeper: bool) -> u64 {
    check(command, world, what);
    let was = log_of(world);
    if was == command.new && command.old != command.new {
        // It is done; run again it would be another one.
        return 0;
    }
    let machine = Machine::recording(world.clone());
    (command.run)(&machine).unwrap_or_else(|error| panic!("{what}: run again: {error}"));
    assert_eq!(log_of(&machine.world()), command.new, "{what}: run again");
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
    let machine = Machine::from_world(world.clone());
    let desk = opened(&machine);
    assert!(desk.book().ledger.findings.is_empty(), "{what}: {:?}", desk.book().ledger.findings);
    kept(command.old.as_deref(), world, what);
}
