//! Every crash point of seal, compression and their way back, and of the other commands on a sealed log.

use super::check::{Command, explore};
use super::{back, forth, written};
use jcode_session_core::segment::{Form, compress, seal};
use jcode_session_core::source::go_on;
use jcode_session_core::storage::{Folder, Storage};
use jcode_session_core::store::ledger::Event;
use jcode_session_core::store::repair;
use jcode_session_native::os::segments::Zstd;
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::sessions::{NOW, Store, append, from_v1, lines, log_of, opened, stored, with_log};

/// Bytes of a segment: three lines.
pub(crate) const SIZE: u64 = 300;

pub(crate) fn seal_plain(store: &Store) -> Result<(), String> {
    seal::run(&mut opened(store), SIZE, None, NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

fn seal_compressed(store: &Store) -> Result<(), String> {
    seal::run(&mut opened(store), SIZE, Some(&Zstd::default()), NOW, &mut go_on)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn press(store: &Store) -> Result<(), String> {
    compress::run(&mut opened(store), &Zstd::default(), NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

/// The ledger's last row is of what the log is: sealed so far, in so many segments; or it is one file.
fn told(store: &Store) -> bool {
    let sealed = store.detect().expect("seen").layout.map(|layout| layout.sealed());
    let session = opened(store);
    session.ledger_file().ledger.rows.last().is_some_and(|row| row.event == Event::Seal && row.sealed == sealed)
}

fn is_sealed(store: &Store) -> bool {
    store.detect().expect("seen").layout.is_some_and(|layout| layout.segments().len() > 1)
}

/// The files of all segments are of this form, and no other files lie beside them.
fn all_of(store: &Store, form: Form) -> bool {
    let Some(layout) = store.detect().expect("seen").layout else { return false };
    let mut names: Vec<String> =
        layout.segments().iter().map(|s| s.name(form).expect("a name").as_str().into()).collect();
    names.push("manifest.json".into());
    names.sort();
    let mut found = store.list(Folder::Segments).expect("listed");
    found.sort();
    names == found
}

/// The log of [`written`], sealed.
pub(crate) fn sealed() -> World {
    let machine = Machine::from_world(written());
    seal_plain(&stored(&machine)).expect("sealed");
    assert!(is_sealed(&stored(&machine)));
    machine.world()
}

fn same_log(what: &str, before: World, run: &dyn Fn(&Store) -> Result<(), String>, done: &dyn Fn(&Store) -> bool) {
    let log = log_of(&before);
    let states = explore(&Command { what, before, old: log.clone(), new: log, run, done, wide: false });
    assert!(states > 500, "{what}: {states}");
}

#[test]
fn seal_survives_every_crash_point() {
    let done = |store: &Store| is_sealed(store) && told(store) && all_of(store, Form::Plain);
    same_log("seal", written(), &seal_plain, &done);
}

#[test]
fn compressed_seal_survives_every_crash_point() {
    let done = |store: &Store| is_sealed(store) && told(store) && all_of(store, Form::Compressed);
    same_log("compressed seal", written(), &seal_compressed, &done);
}

#[test]
fn a_second_seal_survives_every_crash_point() {
    let machine = Machine::from_world(sealed());
    append(&machine, &lines(8..12));
    let first = stored(&machine).detect().expect("seen").layout.expect("sealed").segments().len();
    let done = move |store: &Store| {
        let layout = store.detect().expect("seen").layout;
        layout.is_some_and(|layout| layout.segments().len() > first) && told(store) && all_of(store, Form::Plain)
    };
    same_log("second seal", machine.world(), &seal_plain, &done);
}

#[test]
fn compression_survives_every_crash_point() {
    same_log("compression", sealed(), &press, &|store| all_of(store, Form::Compressed) && told(store));
}

#[test]
fn decompression_survives_every_crash_point() {
    let machine = Machine::from_world(sealed());
    press(&stored(&machine)).expect("compressed");
    let run = |store: &Store| {
        compress::undo(&mut opened(store), NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
    };
    same_log("decompression", machine.world(), &run, &|store| all_of(store, Form::Plain) && told(store));
}

#[test]
fn putting_back_survives_every_crash_point() {
    let run =
        |store: &Store| seal::undo(&mut opened(store), NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string());
    let done = |store: &Store| told(store) && store.list(Folder::Segments).expect("listed").is_empty();
    same_log("putting back", sealed(), &run, &done);
}

/// To a state whose end stands in a segment.
#[test]
fn rollback_below_the_sealed_end_survives_every_crash_point() {
    let world = sealed();
    let (old, new) = (log_of(&world), Some(lines(0..5)));
    let states = explore(&Command {
        what: "sealed rollback",
        before: world,
        old,
        new,
        run: &back,
        done: &|_| true,
        wide: false,
    });
    assert!(states > 500, "{states}");
}

#[test]
fn undo_on_a_sealed_log_survives_every_crash_point() {
    let world = sealed();
    let old = log_of(&world);
    let machine = Machine::from_world(world);
    back(&stored(&machine)).expect("rolled back");
    assert!(stored(&machine).detect().expect("seen").layout.is_some(), "what is whole below stays sealed");
    let world = machine.world();
    let now = log_of(&world);
    let run = |store: &Store| forth(store, false);
    let states = explore(&Command {
        what: "sealed undo",
        before: world,
        old: now,
        new: old,
        run: &run,
        done: &|_| true,
        wide: false,
    });
    assert!(states > 500, "{states}");
}

#[test]
fn rollback_to_before_a_sealed_log_survives_every_crash_point() {
    let machine = Machine::from_world(from_v1(&lines(0..6)));
    seal_plain(&stored(&machine)).expect("sealed");
    let world = machine.world();
    let old = log_of(&world);
    let what = "rollback of a first migration, sealed";
    let states = explore(&Command { what, before: world, old, new: None, run: &back, done: &|_| true, wide: false });
    assert!(states > 500, "{states}");
}

#[test]
fn repair_of_a_sealed_log_survives_every_crash_point() {
    let mut damaged = lines(0..3);
    damaged.extend_from_slice(b"{\"type\":\"message\",\"id\":\"torn\n\0\0\0\0\n");
    damaged.extend_from_slice(&lines(3..7));
    let machine = with_log(&damaged);
    seal_compressed(&stored(&machine)).expect("sealed");
    let world = machine.world();
    let mend = |store: &Store| -> Result<(), String> {
        repair::run(&mut opened(store), "s", NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
    };
    let (old, new) = (log_of(&world), Some(lines(0..7)));
    let states =
        explore(&Command { what: "sealed repair", before: world, old, new, run: &mend, done: &|_| true, wide: false });
    assert!(states > 500, "{states}");
}
