//! Every crash point of checkpoint, migration, rollback, undo, repair, seal and compression, in memory: the old state or the new
//! one, every byte kept, and the command run again leads to the new one.
//!
//! Owns: the scenarios. Each command is recorded call by call; from each state every outcome of a kill and of a
//! power cut is looked at, the command is run again, and that run is crashed at each of its own calls as well.

pub(crate) mod check;
mod foreign;
mod manifest;
mod migrate;
mod sealed;
mod stopped;

use check::{Command, explore};
use jcode_session_core::source::go_on;
use jcode_session_core::storage::StorageErrorKind;
use jcode_session_core::store::{SessionStore, repair, rollback, undo};
use jcode_session_tests::crash_storage::{Fault, Machine, World};
use jcode_session_tests::migrations::upgraded;
use jcode_session_tests::sessions::{self as world, NOW, Store, append, lines, log_of, opened, stored, with_log};

pub(crate) fn back(store: &Store) -> Result<(), String> {
    let options = rollback::Options { to_ms: None, now_ms: NOW, has_source: true };
    rollback::run(&mut opened(store), &options, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

pub(crate) fn forth(store: &Store, force: bool) -> Result<(), String> {
    let options = undo::Options { force, now_ms: NOW + 1000 };
    undo::run(&mut opened(store), &options, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

/// Three checkpoints, and entries behind the last.
pub(crate) fn written() -> World {
    let machine = with_log(&lines(0..3));
    for (at, next) in [(3, 5), (5, 8)] {
        opened(&stored(&machine)).checkpoint(NOW - 1000, "test").expect("taken");
        append(&machine, &lines(at..next));
    }
    machine.world()
}

#[test]
fn checkpoints_survive_every_crash_point() {
    let world = written();
    let log = log_of(&world);
    let run = |store: &Store| opened(store).checkpoint(NOW, "test").map(|_| ()).map_err(|e| e.to_string());
    let states = explore(&Command {
        what: "checkpoint",
        before: world,
        old: log.clone(),
        new: log,
        run: &run,
        done: &|_| true,
        wide: true,
    });
    assert!(states > 300, "{states}");
}

/// A row of the ledger whose sync failed is not on the disk, though it can be read; the next command's rows stand on it.
#[test]
fn a_row_whose_sync_failed_is_not_believed() {
    let checkpoint = |machine: &Machine| {
        let store = stored(machine);
        SessionStore::open(&store).and_then(|mut session| session.checkpoint(NOW, "test").map(|_| ()))
    };
    let machine = Machine::from_world(written());
    checkpoint(&machine).expect("taken");
    let mut refused = 0;
    for call in 0..machine.world().calls {
        let machine = Machine::from_world(written());
        machine.recorded().world.faults.insert(call, Fault::Error(StorageErrorKind::Io));
        refused += u64::from(checkpoint(&machine).is_err());
        machine.recorded().world.faults.clear();
        append(&machine, &lines(8..9));
        checkpoint(&machine).expect("taken");
        for outcome in check::crashes(&machine.world(), true) {
            let store = stored(&Machine::from_world(outcome.world));
            let session = opened(&store);
            let findings = &session.ledger_file().ledger.findings;
            assert!(findings.is_empty(), "call {call}, {}: {findings:?}", outcome.what);
        }
    }
    assert!(refused > 3, "{refused}");
}

/// What a killed command left may not be on the disk yet; what the next one is told to be done rests on it.
#[test]
fn what_a_killed_command_left_is_brought_to_the_disk_by_the_next() {
    type Run = fn(&Store) -> Result<(), String>;
    let rolled_back = || {
        let machine = Machine::from_world(written());
        back(&stored(&machine)).expect("rolled back");
        machine.world()
    };
    let commands: [(&str, World, Run); 4] = [
        ("repair", damaged().world(), mend),
        ("rollback", written(), back),
        ("undo", rolled_back(), |store| forth(store, false)),
        ("seal", written(), sealed::seal_plain),
    ];
    let mut looked = 0;
    for (what, before, run) in commands {
        let machine = Machine::recording(before);
        run(&stored(&machine)).expect("it runs");
        for (at, left) in machine.history().into_iter().enumerate() {
            let machine = Machine::from_world(left);
            opened(&stored(&machine)).checkpoint(NOW, "test").expect("taken");
            let world = machine.world();
            for outcome in check::crashes(&world, false) {
                let what = format!("{what}, killed at {at}, then a checkpoint, then {}", outcome.what);
                assert!(log_of(&outcome.world) == log_of(&world), "{what}: another log");
                let store = stored(&Machine::from_world(outcome.world));
                assert!(opened(&store).ledger_file().ledger.findings.is_empty(), "{what}");
                looked += 1;
            }
        }
    }
    assert!(looked > 100, "{looked}");
}

#[test]
fn rollback_survives_every_crash_point() {
    let world = written();
    let (old, new) = (log_of(&world), Some(lines(0..5)));
    let states =
        explore(&Command { what: "rollback", before: world, old, new, run: &back, done: &|_| true, wide: true });
    assert!(states > 2000, "{states}");
}

#[test]
fn rollback_of_a_migration_survives_every_crash_point() {
    let original = world::linear();
    let world = upgraded(&original);
    let old = log_of(&world);
    let states = explore(&Command {
        what: "rollback of a migration",
        before: world,
        old,
        new: Some(original),
        run: &back,
        done: &|_| true,
        wide: true,
    });
    assert!(states > 1000, "{states}");
}

#[test]
fn rollback_to_before_the_log_survives_every_crash_point() {
    let world = world::from_v1(&lines(0..4));
    let old = log_of(&world);
    let states = explore(&Command {
        what: "rollback of a first migration",
        before: world,
        old,
        new: None,
        run: &back,
        done: &|_| true,
        wide: true,
    });
    assert!(states > 1000, "{states}");
}

#[test]
fn undo_survives_every_crash_point() {
    let mut explored = 0;
    let original = world::linear();
    for world in [written(), upgraded(&original), world::from_v1(&lines(0..4))] {
        let old = log_of(&world);
        let machine = Machine::from_world(world);
        back(&stored(&machine)).expect("rolled back");
        let world = machine.world();
        let now = log_of(&world);
        assert_ne!(now, old);
        explored += explore(&Command {
            what: "undo",
            before: world,
            old: now,
            new: old,
            run: &|s| forth(s, false),
            done: &|_| true,
            wide: true,
        });
    }
    assert!(explored > 3000, "{explored}");
}

#[test]
fn forced_undo_survives_every_crash_point() {
    let world = written();
    let old = log_of(&world);
    let machine = Machine::from_world(world);
    back(&stored(&machine)).expect("rolled back");
    append(&machine, &lines(20..22));
    assert!(forth(&stored(&machine), false).expect_err("refused").contains("--force"));
    let world = machine.world();
    let now = log_of(&world);
    let states = explore(&Command {
        what: "forced undo",
        before: world,
        old: now,
        new: old,
        run: &|s| forth(s, true),
        done: &|_| true,
        wide: true,
    });
    assert!(states > 1000, "{states}");
}

/// A damaged log with a checkpoint.
pub(crate) fn damaged() -> Machine {
    let mut damaged = lines(0..3);
    damaged.extend_from_slice(b"{\"type\":\"message\",\"id\":\"torn\n\0\0\0\0\n");
    damaged.extend_from_slice(&lines(3..5));
    let machine = with_log(&damaged);
    opened(&stored(&machine)).checkpoint(NOW - 1000, "test").expect("taken");
    machine
}

pub(crate) fn mend(store: &Store) -> Result<(), String> {
    repair::run(&mut opened(store), "s", NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn repair_survives_every_crash_point() {
    let world = damaged().world();
    let (old, new) = (log_of(&world), Some(lines(0..5)));
    let states = explore(&Command { what: "repair", before: world, old, new, run: &mend, done: &|_| true, wide: true });
    assert!(states > 1000, "{states}");
}

#[test]
fn both_ways_back_from_a_repair_survive_every_crash_point() {
    let mut explored = 0;
    type Way = fn(&Store) -> Result<(), String>;
    let ways: [(&str, Way); 2] =
        [("undo of a repair", |store| forth(store, false)), ("rollback to before a repair", back)];
    for (what, run) in ways {
        let machine = damaged();
        let new = log_of(&machine.world());
        mend(&stored(&machine)).expect("repaired");
        let before = machine.world();
        let old = log_of(&before);
        explored += explore(&Command { what, before, old, new, run: &run, done: &|_| true, wide: false });
    }
    println!("back from a repair: {explored} crash states");
    assert!(explored > 500, "{explored}");
}

/// A rollback that was interrupted, and a session that then went on: it never took place.
#[test]
fn what_did_not_take_place_is_taken_off_the_books() {
    let machine = Machine::recording(written());
    back(&stored(&machine)).expect("rolled back");
    let announced = machine.history().into_iter().find(|state| {
        let session = stored(&Machine::from_world(state.clone()));
        let last = opened(&session).ledger_file().ledger.rows.last().map(|row| row.event);
        last == Some(jcode_session_core::store::ledger::Event::Rollback)
            && log_of(state).map(|log| log.len()) != Some(lines(0..5).len())
    });
    let machine = Machine::from_world(announced.expect("a state between row and cut"));
    append(&machine, &lines(30..31));
    let before = log_of(&machine.world());
    assert!(forth(&stored(&machine), false).expect_err("nothing to undo").contains("interrupted"));
    assert_eq!(log_of(&machine.world()), before);
    // And back works from here: to the state that the interrupted one recorded, which has an entry less.
    back(&stored(&machine)).expect("rolled back");
    assert_eq!(log_of(&machine.world()), Some(lines(0..8)));
    forth(&stored(&machine), false).expect("taken back");
    assert_eq!(log_of(&machine.world()), before);
    assert!(opened(&stored(&machine)).ledger_file().ledger.findings.is_empty());
}
