//! Another program, which takes no lock, at every call of rollback, undo, repair, seal and migration.
//!
//! Owns: that what the program wrote, or put in the log's place, is in the log or set aside afterwards. The one moment
//! that is left is that between the last look at the log and the call that changes it.

use super::sealed::{seal_plain, sealed};
use super::{back, damaged, forth, mend, written};
use jcode_session_core::segment::seal;
use jcode_session_core::source::go_on;
use jcode_session_core::storage::Place;
use jcode_session_tests::crash_storage::intruder::{Act, Intruder};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::migrations::upgrade;
use jcode_session_tests::sessions::{NOW, Store, from_v1, linear, lines, opened, stored, with_log};

type Run = fn(&Store) -> Result<(), String>;

const FOREIGN: &[u8] =
    b"{\"type\":\"message\",\"id\":\"foreign\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:09.000Z\"}\n";

fn rolled_back(world: World, back: Run) -> World {
    let machine = Machine::from_world(world);
    back(&stored(&machine)).expect("it runs");
    machine.world()
}

/// Each command that changes a log, and a world in which it does.
fn commands() -> Vec<(&'static str, World, Run)> {
    let undo: Run = |store| forth(store, false);
    let unseal: Run =
        |store| seal::undo(&mut opened(store), NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string());
    vec![
        ("rollback", written(), back),
        ("undo", rolled_back(written(), back), undo),
        ("repair", damaged().world(), mend),
        ("undo of a repair", rolled_back(damaged().world(), mend), undo),
        ("upgrade", with_log(&linear()).world(), upgrade),
        ("rollback to before the log", from_v1(&lines(0..4)), back),
        ("rollback of an upgrade", rolled_back(with_log(&linear()).world(), upgrade), back),
        ("seal", written(), seal_plain),
        ("rollback of a sealed log", sealed(), back),
        ("putting back", sealed(), unseal),
    ]
}

/// A file that has a name holds these bytes.
fn is_held(world: &World, bytes: &[u8]) -> bool {
    world.names.values().any(|&inode| memchr::memmem::find(&world.inodes[inode].live, bytes).is_some())
}

/// Runs the command with the act before each of its calls; how many runs that were, and before which calls the bytes of
/// the other program were lost.
fn at_every_call(what: &str, before: &World, run: Run, act: &Act) -> (u64, Vec<u64>) {
    let (mut runs, mut lost) = (0, Vec::new());
    for at in 0.. {
        let machine = Machine::from_world(before.clone());
        machine.admit(Intruder::new(at, act.clone()));
        let ran = run(&stored(&machine));
        let world = machine.world();
        let intruder = world.intruder.as_ref().expect("admitted");
        let Some(left) = &intruder.left else { break };
        if intruder.idle {
            continue;
        }
        let what = format!("{what}, {act:?} at {at}: {ran:?}");
        let held = *act == Act::Remove || is_held(&world, FOREIGN);
        if ran.is_err() {
            assert!(held, "{what}: refused, and what another program wrote is gone");
            let own = world.names.get(&Place::Log).map(|&inode| world.inodes[inode].live.clone());
            assert!(own == *left, "{what}: refused, and the log is another one");
            let temporary = world.names.keys().find(|place| matches!(place, Place::Temporary(_)));
            assert_eq!(temporary, None, "{what}: left behind");
        } else if !held {
            lost.push(at);
        }
        runs += 1;
    }
    (runs, lost)
}

#[test]
fn what_another_program_wrote_meanwhile_is_kept() {
    let mut all = 0;
    for (what, before, run) in commands() {
        let extended = [FOREIGN, b"\n"].concat();
        for act in [Act::Append(FOREIGN.to_vec()), Act::Replace(u64::MAX, extended), Act::Remove] {
            let (runs, lost) = at_every_call(what, &before, run, &act);
            assert!(lost.len() <= 1, "{what}, {act:?}: lost before calls {lost:?} of {runs}");
            assert!(runs > 5, "{what}, {act:?}: {runs}");
            all += runs;
        }
    }
    println!("{all} runs with another program in them");
}
