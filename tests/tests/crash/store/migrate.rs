//! Every crash point of migrations: upgrades in place, from v1 files the first time, and after those grew.

use super::check::{Command, explore, explore_faults};
use super::{back, forth};
use jcode_session_core::segment::seal;
use jcode_session_core::source::go_on;
use jcode_session_core::storage::{Folder, Name, Place, Storage, StorageFile, append_all};
use jcode_session_core::store::StoreError;
use jcode_session_core::store::history::How;
use jcode_session_tests::crash_storage::outcomes::power_cuts;
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::jcode_model::V1Files;
use jcode_session_tests::migrations::{is_told, migrate_v1, upgrade};
use jcode_session_tests::sessions::{NOW, Store, append, linear, lines, log_of, opened, stored, with_log};

fn tree_v2() -> Vec<u8> {
    String::from_utf8(lines(0..3)).expect("text").replace("\"version\":3", "\"version\":2").into_bytes()
}

fn is_file(how: &How) -> bool {
    matches!(how, How::File(_))
}

/// What a command makes of a log.
fn made(before: &World, run: &dyn Fn(&Store) -> Result<(), String>) -> Option<Vec<u8>> {
    let machine = Machine::from_world(before.clone());
    run(&stored(&machine)).expect("it runs");
    log_of(&machine.world())
}

/// All crash points, and all failures of a single call. `wide`: always; else only if `JCODE_SESSION_LONG` is set.
fn survives(what: &str, before: World, run: &dyn Fn(&Store) -> Result<(), String>, how: fn(&How) -> bool, wide: bool) {
    let (old, new) = (log_of(&before), made(&before, run));
    assert_ne!(old, new, "{what}");
    let done = |store: &Store| is_told(store, how);
    let wide = wide || std::env::var_os("JCODE_SESSION_LONG").is_some();
    let command = Command { what, before, old, new, run, done: &done, wide };
    let (states, faults) = (explore(&command), explore_faults(&command));
    println!("{what}: {faults} failed calls");
    assert!(states > 1000, "{states}");
}

#[test]
fn an_upgrade_of_a_linear_log_survives_every_crash_point() {
    survives("upgrade of linear-v1", with_log(&linear()).world(), &upgrade, is_file, true);
}

#[test]
fn an_upgrade_of_a_tree_v2_log_survives_every_crash_point() {
    survives("upgrade of tree-v2", with_log(&tree_v2()).world(), &upgrade, is_file, false);
}

/// There the original is copied.
#[test]
fn an_upgrade_without_hard_links_survives_every_crash_point() {
    let machine = with_log(&linear());
    machine.recorded().world.no_links = true;
    survives("upgrade, no hard links", machine.world(), &upgrade, is_file, false);
}

/// v1 files, and the same after jcode appended a message.
fn v1() -> (V1Files, V1Files) {
    let fields =
        r#""updated_at":"2026-01-02T00:00:00Z","status":"Active","is_canary":false,"is_debug":false,"saved":false"#;
    let message = |id: &str| format!(r#"{{"id":"{id}","role":"user","content":[{{"type":"text","text":"hi"}}]}}"#);
    let snapshot = format!(
        r#"{{"id":"session_stem","created_at":"2026-01-01T00:00:00Z",{fields},"messages":[{},{}]}}"#,
        message("m1"),
        message("m2")
    );
    let journal = format!("{{\"meta\":{{{fields}}},\"append_messages\":[{}]}}\n", message("m3"));
    let first = V1Files { snapshot: Some(snapshot.into_bytes()), ..V1Files::default() };
    let more = V1Files { journal: Some(journal.into_bytes()), ..first.clone() };
    (first, more)
}

fn migrated(files: &V1Files) -> Machine {
    let machine = Machine::default();
    migrate_v1(&stored(&machine), files).expect("migrated");
    machine
}

#[test]
fn a_first_migration_from_v1_survives_every_crash_point() {
    let (files, _) = v1();
    let run = |store: &Store| migrate_v1(store, &files);
    survives("first migration from v1", World::default(), &run, |how| *how == How::Gone, false);
}

#[test]
fn growth_from_v1_survives_every_crash_point() {
    let (files, more) = v1();
    let run = |store: &Store| migrate_v1(store, &more);
    survives("growth from v1", migrated(&files).world(), &run, |how| *how == How::Cut, false);
}

/// Behind an entry that was appended to the log itself, whose line end is missing: the state before is a new one.
#[test]
fn growth_of_an_open_log_survives_every_crash_point() {
    let (files, more) = v1();
    let machine = migrated(&files);
    append(&machine, b"{\"type\":\"custom\",\"id\":\"n1\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\"}");
    let run = |store: &Store| migrate_v1(store, &more);
    survives("growth of an open log", machine.world(), &run, |how| *how == How::Cut, false);
}

#[test]
fn growth_of_a_sealed_log_survives_every_crash_point() {
    let (files, more) = v1();
    let machine = migrated(&files);
    seal::run(&mut opened(&stored(&machine)), 100, None, NOW, &mut go_on).expect("sealed");
    assert!(!machine.list(Folder::Segments).expect("listed").is_empty());
    let run = |store: &Store| migrate_v1(store, &more);
    survives("growth of a sealed log", machine.world(), &run, |how| *how == How::Cut, false);
}

/// What is missing of the log is not taken for what v1 changed, whatever v1 did meanwhile.
#[test]
fn growth_of_a_sealed_log_that_lacks_a_segment_is_refused() {
    let (files, more) = v1();
    let native = b"{\"type\":\"message\",\"id\":\"n1\",\"parentId\":\"m2\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"message\":{}}\n";
    for appended in [&b""[..], native] {
        let machine = migrated(&files);
        seal::run(&mut opened(&stored(&machine)), 100, None, NOW, &mut go_on).expect("sealed");
        append(&machine, appended);
        let sealed = machine.world();
        for lost in machine.list(Folder::Segments).expect("listed") {
            for now in [&files, &more] {
                let machine = Machine::from_world(sealed.clone());
                machine.remove(&Place::Segment(Name::new(&lost).expect("a name"))).expect("removed");
                let before = machine.world().files_hash();
                let refused = migrate_v1(&stored(&machine), now).expect_err("refused");
                assert_eq!(refused, StoreError::Lost.to_string(), "{lost}");
                assert_eq!(machine.world().files_hash(), before, "{lost}: nothing is written");
            }
        }
    }
}

/// A log that only lacks its sidecar is none of core's business.
#[test]
fn an_index_alone_changes_no_file() {
    let machine = Machine::recording(with_log(&lines(0..3)).world());
    upgrade(&stored(&machine)).expect("it runs");
    assert_eq!(machine.history().len(), 1, "calls that change something");
}

/// The old log's own bytes need not be on the disk when a migration begins: the kept original's are, before the new
/// log is.
#[test]
fn the_original_is_durable_before_the_new_log_stands() {
    let old = linear();
    let machine = Machine::recording(World::default());
    append_all(&mut machine.create(&Place::Log).expect("made"), &old).expect("written");
    upgrade(&stored(&machine)).expect("upgraded");
    let new = log_of(&machine.world());
    let mut found = 0;
    for (at, state) in machine.history().iter().enumerate() {
        for outcome in power_cuts(state, true).into_iter().filter(|outcome| log_of(&outcome.world) == new) {
            let world = outcome.world;
            let kept = |(place, inode): (&Place, &usize)| {
                matches!(place, Place::Checkpoint(_)) && world.inodes[*inode].live == old
            };
            assert!(world.names.iter().any(kept), "step {at}: {}: the original is lost", outcome.what);
            found += 1;
        }
    }
    assert!(found > 4, "{found}");
}

/// What was migrated is rolled back, and forth, and migrated again; the original is kept once.
#[test]
fn a_migration_is_taken_back_and_repeated() {
    let machine = with_log(&linear());
    let store = stored(&machine);
    upgrade(&store).expect("upgraded");
    let new = log_of(&machine.world());
    back(&store).expect("rolled back");
    assert_eq!(log_of(&machine.world()), Some(linear()));
    forth(&store, false).expect("taken back");
    assert_eq!(log_of(&machine.world()), new);
    back(&store).expect("rolled back");
    upgrade(&store).expect("upgraded");
    assert_eq!(log_of(&machine.world()), new);
    assert!(is_told(&store, is_file));
    assert_eq!(store.list(Folder::Checkpoints).expect("listed").len(), 1);
}

/// A file that has the original's name and holds other bytes stays; the original gets another name.
#[test]
fn the_name_of_an_original_may_be_taken() {
    for no_links in [false, true] {
        let machine = with_log(&linear());
        machine.recorded().world.no_links = no_links;
        upgrade(&stored(&machine)).expect("upgraded");
        let names = machine.list(Folder::Checkpoints).expect("listed");
        let [name] = &names[..] else { panic!("{names:?}") };
        let place = Place::Checkpoint(jcode_session_core::storage::Name::new(name).expect("a name"));

        let other = with_log(&linear());
        other.recorded().world.no_links = no_links;
        let mut file = other.create(&place).expect("made");
        append_all(&mut file, b"other bytes").expect("written");
        file.sync_data().expect("synced");
        upgrade(&stored(&other)).expect("upgraded");
        assert!(is_told(&stored(&other), is_file));
        assert_eq!(other.list(Folder::Checkpoints).expect("listed").len(), 2);
        back(&stored(&other)).expect("rolled back");
        assert_eq!(log_of(&other.world()), Some(linear()));
    }
}

/// A log that another program replaced or appended to since it was looked at is left alone.
#[test]
fn a_log_that_changed_since_the_plan_is_left_alone() {
    use jcode_session_core::dialect::{CurrentLog, detect, present};
    use jcode_session_core::source::SliceSource;
    use jcode_session_core::store::migrate::upgrade::Upgrade;
    let bytes = linear();
    let machine = with_log(&bytes);
    let seen = machine.stamp(&Place::Log).expect("known").expect("there");
    let detected = detect(&SliceSource(&bytes)).expect("in memory");
    let log = present(SliceSource(&bytes), &detected, &mut go_on).expect("in memory");
    let CurrentLog::Upgraded(upgraded) = log else { panic!("of an older dialect") };
    let plan = Upgrade::plan(detected.dialect, upgraded.rope, &mut go_on).expect("in memory");
    append(&machine, b"{\"type\":\"message\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{}}\n");
    let before = machine.world();
    let store = stored(&machine);
    let error = plan.run(opened(&store), seen, NOW, &mut go_on).expect_err("refused");
    assert!(error.to_string().contains("changed by another program"), "{error}");
    assert_eq!(machine.world().names, before.names);
    assert_eq!(log_of(&machine.world()), log_of(&before));
}
