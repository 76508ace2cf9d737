//! What a manifest of intent, or its loss, makes of a log that is crashed, cut or repaired.

use super::check::{crashes, unnamed};
use super::sealed::{SIZE, seal_plain, sealed};
use super::{back, written};
use jcode_session_core::segment::{MANIFEST, Segment, Segmented, seal};
use jcode_session_core::source::go_on;
use jcode_session_core::storage::{Folder, Name, Place, Storage, StorageFile};
use jcode_session_core::store::{SessionStore, repair};
use jcode_session_native::os::segments::Zstd;
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::sessions::{NOW, append, header, lines, log_of, opened, put, stored};

fn place(name: &str) -> Place {
    Place::Segment(Name::new(name).expect("a name"))
}

/// What is wrong with the log as it is stored.
fn troubles(world: &World) -> usize {
    let store = stored(&Machine::from_world(world.clone()));
    store.open(&Place::Log).expect("there").troubles().expect("read").len()
}

/// The states in which a seal is interrupted behind its manifest, with all or some of its segments.
fn announced() -> Vec<World> {
    let machine = Machine::recording(written());
    seal_plain(&stored(&machine)).expect("sealed");
    let own_is_old = |state: &World| {
        let own = state.names.get(&Place::Log).map(|&inode| state.inodes[inode].live.clone());
        own == log_of(&written()) && state.names.contains_key(&place(MANIFEST))
    };
    let states: Vec<World> = machine.history().into_iter().filter(own_is_old).collect();
    assert!(states.len() > 10, "{}", states.len());
    states
}

/// What an interrupted seal announced is nothing, whatever becomes of the log: cut above or below what tells it apart.
#[test]
fn what_was_only_announced_never_counts() {
    for (world, left) in announced().into_iter().flat_map(|world| [(world.clone(), 0), (world, 5)]) {
        let machine = Machine::from_world(world);
        if left == 5 {
            back(&stored(&machine)).expect("rolled back");
        } else {
            let mut log = stored(&machine).open(&Place::Log).expect("there");
            log.set_len(header().len() as u64).expect("cut");
        }
        assert_eq!(log_of(&machine.world()), Some(lines(0..left)));
        append(&machine, &lines(20..24));
        let grown = [lines(0..left), lines(20..24)].concat();
        assert_eq!(log_of(&machine.world()).as_ref(), Some(&grown));
        assert_eq!(unnamed(&machine.world()), Vec::<String>::new());
        seal_plain(&stored(&machine)).expect("sealed");
        assert_eq!(log_of(&machine.world()).as_ref(), Some(&grown));
        assert_eq!(troubles(&machine.world()), 0);
    }
}

/// Another program cut the log behind an interrupted seal: its segments are then the only copy of what was cut.
#[test]
fn segments_whose_bytes_the_log_lost_are_set_aside() {
    let mut set_aside = 0;
    for world in announced() {
        let machine = Machine::from_world(world.clone());
        let mut own = machine.open(&Place::Log).expect("there");
        own.set_len(lines(0..2).len() as u64).expect("cut");
        append(&machine, &lines(30..45));
        let _ = seal::run(&mut opened(&stored(&machine)), SIZE, None, NOW, &mut go_on);
        let after = machine.world();
        let bytes = |world: &World, name: &str, folder: fn(Name) -> Place| {
            world.names.get(&folder(Name::new(name).expect("a name"))).map(|&inode| world.inodes[inode].live.clone())
        };
        for name in machine_names(&world).iter().filter(|name| Segment::parse(name).is_some()) {
            let then = bytes(&world, name, Place::Segment);
            set_aside += 1;
            assert_eq!(bytes(&after, name, Place::Quarantine), then, "{name}");
        }
    }
    assert!(set_aside > 5, "{set_aside}");
}

fn machine_names(world: &World) -> Vec<String> {
    Machine::from_world(world.clone()).list(Folder::Segments).expect("listed")
}

/// Segments that a seal by the order of old left before it wrote their manifest.
#[test]
fn what_a_seal_of_old_left_before_its_manifest_is_no_part_of_the_log() {
    let files = sealed();
    let names = machine_names(&files);
    for count in 1..names.len() {
        let machine = Machine::from_world(written());
        for name in names.iter().filter(|name| Segment::parse(name).is_some()).take(count) {
            let inode = files.names[&place(name)];
            put(&machine, &place(name), &files.inodes[inode].live);
        }
        machine.sync_folder(Folder::Store).expect("synced");
        let log = log_of(&written());
        assert_eq!(log_of(&machine.world()), log);
        assert_eq!(troubles(&machine.world()), 0);
        seal_plain(&stored(&machine)).expect("sealed");
        assert_eq!(log_of(&machine.world()), log);
        assert_eq!((troubles(&machine.world()), unnamed(&machine.world())), (0, Vec::new()));
    }
}

fn mend(machine: &Machine) -> Result<(), String> {
    let store = Segmented::for_repair(machine.clone(), Zstd::default());
    let mut session = SessionStore::open(&store).map_err(|error| error.to_string())?;
    repair::run(&mut session, "s", NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

/// From the header and the newest lines back to all of them, in one file or in the segments as they were.
#[test]
fn repair_of_a_lost_manifest_survives_every_crash_point() {
    let whole = log_of(&sealed());
    let machine = Machine::from_world(sealed());
    machine.remove(&place(MANIFEST)).expect("removed");
    machine.sync_folder(Folder::Segments).expect("synced");
    let before = machine.world();
    let short = log_of(&before);
    assert!(short.as_ref().is_some_and(|short| short.starts_with(header()) && Some(short) != whole.as_ref()));
    assert_eq!(troubles(&before), 1);
    let machine = Machine::recording(before);
    mend(&machine).expect("repaired");
    let mut explored = 0;
    for (at, state) in machine.history().iter().enumerate() {
        for outcome in crashes(state, false) {
            let what = format!("step {at}: {}", outcome.what);
            let log = log_of(&outcome.world);
            assert!(log == whole || log == short && troubles(&outcome.world) == 1, "{what}");
            let again = Machine::from_world(outcome.world);
            mend(&again).unwrap_or_else(|error| panic!("{what}: run again: {error}"));
            assert_eq!(log_of(&again.world()), whole, "{what}");
            assert_eq!(troubles(&again.world()), 0, "{what}");
            explored += 1;
        }
    }
    println!("repair of a lost manifest: {explored} crash states");
    assert!(explored > 100, "{explored}");
}
