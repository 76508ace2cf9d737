//! Rollback, undo, repair, seal, compression and their ways back, stopped at each of their ticks: the log is as it was,
//! nothing is left beside it, and the command run again leads to what it would have led to.

use super::check::unnamed;
use super::{damaged, written};
use jcode_session_core::segment::{Layout, compress, seal};
use jcode_session_core::source::{Tick, go_on};
use jcode_session_core::storage::{Folder, Place, Storage};
use jcode_session_core::store::{StoreError, repair, rollback, undo};
use jcode_session_native::os::segments::Zstd;
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::migrations::upgraded;
use jcode_session_tests::sessions::{NOW, Store, append, from_v1, linear, lines, log_of, opened, stored, with_log};
use std::ops::ControlFlow;

/// Bytes of a segment: three lines.
const SIZE: u64 = 300;

/// A command; it returns false if it did a part of its work, because it was stopped.
type Run = fn(&Store, &mut Tick<'_>) -> Result<bool, StoreError>;

fn back(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    let options = rollback::Options { to_ms: None, now_ms: NOW, has_source: true };
    rollback::run(&mut opened(store), &options, tick).map(|_| true)
}

fn forth(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    undo::run(&mut opened(store), &undo::Options { force: true, now_ms: NOW + 1000 }, tick).map(|_| true)
}

fn mend(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    repair::run(&mut opened(store), "s", NOW, tick).map(|_| true)
}

fn seal_plain(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    seal::run(&mut opened(store), SIZE, None, NOW, tick).map(|_| true)
}

fn seal_pressed(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    seal::run(&mut opened(store), SIZE, Some(&Zstd::default()), NOW, tick).map(|_| true)
}

fn put_back(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    seal::undo(&mut opened(store), NOW, tick).map(|_| true)
}

fn press(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    compress::run(&mut opened(store), &Zstd::default(), NOW, tick).map(|done| done.left == 0)
}

fn unpress(store: &Store, tick: &mut Tick<'_>) -> Result<bool, StoreError> {
    compress::undo(&mut opened(store), NOW, tick).map(|done| done.left == 0)
}

fn after(before: &World, run: Run) -> World {
    let machine = Machine::from_world(before.clone());
    assert!(run(&stored(&machine), &mut go_on).expect("it runs"));
    machine.world()
}

/// A log cut by a rollback, to which entries were appended since.
fn cut_and_grown() -> World {
    let machine = Machine::from_world(after(&written(), back));
    append(&machine, &lines(20..22));
    machine.world()
}

fn set_aside(store: &Store) -> Vec<String> {
    store.list(Folder::Quarantine).expect("listed")
}

fn layout(store: &Store) -> Option<Layout> {
    store.detect().expect("seen").layout
}

/// Stops the command at its tick of this number, and looks at what is left; `None` once there is no such tick.
fn stopped_at(number: u32, what: &str, before: &World, run: Run) -> Option<World> {
    let machine = Machine::from_world(before.clone());
    let (mut told, mut is_stopped) = (0, false);
    let ran = run(&stored(&machine), &mut |_| {
        assert!(!is_stopped, "{what}, tick {number}: it went on");
        is_stopped = told == number;
        told += 1;
        if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if !is_stopped {
        assert!(ran.expect("it runs"), "{what}");
        return None;
    }
    assert_ne!(ran.as_ref().ok(), Some(&true), "{what}, tick {number}: done, though it was stopped");
    if let Err(error) = ran {
        assert_eq!(error.to_string(), "interrupted", "{what}, tick {number}");
    }
    Some(machine.world())
}

fn stopped_everywhere(what: &str, before: &World, run: Run) {
    let (old, new) = (log_of(before), log_of(&after(before, run)));
    let untouched = stored(&Machine::from_world(before.clone()));
    let mut number = 0;
    while let Some(world) = stopped_at(number, what, before, run) {
        let what = format!("{what}, tick {number}");
        let machine = Machine::from_world(world.clone());
        let store = stored(&machine);
        assert_eq!(log_of(&world), old, "{what}");
        assert_eq!(layout(&store), layout(&untouched), "{what}");
        assert_eq!(set_aside(&store), set_aside(&untouched), "{what}");
        assert_eq!(unnamed(&world), Vec::<String>::new(), "{what}");
        let left = world.names.keys().find(|place| matches!(place, Place::Temporary(_)));
        assert_eq!(left, None, "{what}");
        assert_eq!(log_of(&after(&world, run)), new, "{what}: run again");
        number += 1;
    }
    assert!(number > 0, "{what}: no tick");
}

#[test]
fn what_is_stopped_leaves_the_log_as_it_was() {
    let sealed = after(&written(), seal_plain);
    let pressed = after(&written(), seal_pressed);
    let from_v1 = from_v1(&lines(0..4));
    let mut torn = lines(0..3);
    torn.extend_from_slice(b"{\"type\":\"message\",\"id\":\"torn\n\0\0\0\0\n");
    torn.extend_from_slice(&lines(3..7));
    let sealed_and_damaged = after(&with_log(&torn).world(), seal_pressed);
    let cases: [(&str, World, Run); 15] = [
        ("rollback", written(), back),
        ("rollback of a migration", upgraded(&linear()), back),
        ("rollback to before the log", from_v1.clone(), back),
        ("sealed rollback", sealed.clone(), back),
        ("undo", after(&written(), back), forth),
        ("forced undo", cut_and_grown(), forth),
        ("undo to before a migration was taken back", after(&from_v1, back), forth),
        ("undo of a repair", after(&damaged().world(), mend), forth),
        ("repair", damaged().world(), mend),
        ("sealed repair", sealed_and_damaged, mend),
        ("seal", written(), seal_plain),
        ("compressed seal", written(), seal_pressed),
        ("putting back", pressed.clone(), put_back),
        ("compression", sealed, press),
        ("decompression", pressed, unpress),
    ];
    for (what, before, run) in cases {
        stopped_everywhere(what, &before, run);
    }
}
