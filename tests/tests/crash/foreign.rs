//! Another program, which takes no lock, at every moment of a run that writes a log; and a crash behind it.
//!
//! Owns: that an entry which was acknowledged is in the log, or is named as missing and kept; that what the sidecar is
//! told stands in the log; that what another program put there is left alone.

use jcode_session_core::log::AppendedEntries;
use jcode_session_core::storage::Place;
use jcode_session_core::write::{
    AppendError, Cause, Durability, LogObserver, LogWriter, NewHeader, OpenError, OpenOptions, ScannedIds, SyncPoint,
    WriteError,
};
use jcode_session_tests::crash_storage::intruder::{Act, Intruder};
use jcode_session_tests::crash_storage::outcomes::{Outcome, kills, power_cuts};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::write_run::{self, Counting, ENTRIES, Log};
use std::collections::BTreeSet;

const MODES: [Durability; 3] =
    [Durability::Strict, Durability::Balanced { entries: 3, millis: 1_000_000 }, Durability::Throughput];

const ENTRY: &[u8] =
    b"{\"type\":\"message\",\"id\":\"foreign\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:09.000Z\"}\n";

fn appends() -> Vec<Act> {
    let half = &ENTRY[..40];
    [ENTRY, half, b"no record\n", b"{}", b"\n", &[ENTRY, half].concat()].map(|bytes| Act::Append(bytes.to_vec())).into()
}

fn displacements() -> Vec<Act> {
    vec![
        Act::Replace(u64::MAX, Vec::new()),
        Act::Replace(300, b"\n".to_vec()),
        Act::Replace(0, b"other\n".to_vec()),
        Act::Remove,
        Act::Cut(300),
        Act::Cut(0),
        // Less than the header is: what keeps all that is there only appends.
        Act::Rewrite(60, [&[b'z'; 6000][..], b"\n"].concat()),
    ]
}

/// The sidecar as far as offsets go: what it is told is compared with the log at once.
struct Watcher(Machine);

impl LogObserver for Watcher {
    fn written(&mut self, entries: &AppendedEntries) {
        let world = self.0.world();
        let live = &world.inodes[world.names[&Place::Log]].live;
        for entry in entries.iter() {
            let start = usize::try_from(entry.offset).expect("small");
            let line = &live[start..start + usize::try_from(entry.len).expect("small")];
            let id = entry.fields.usable_id().expect("an id");
            assert!(
                line.starts_with(format!("{{\"type\":\"message\",\"id\":\"{id}\"").as_bytes()),
                "{id} stands elsewhere"
            );
            assert!(start > 0 && live[start - 1] == b'\n', "{id} is on no line of its own");
        }
    }

    fn synced(&mut self, point: SyncPoint) {
        self.0.commit_sidecar(point.len());
    }
}

/// How a run ended.
struct Ran {
    world: World,
    history: Vec<World>,
    acked: Vec<String>,
    /// The entry that was refused, and why.
    refused: Option<(String, Cause)>,
    handed_back: Vec<u8>,
    foreign_from: Option<u64>,
    ends_at: u64,
    /// Calls until the log was open.
    opened_at: u64,
}

fn open(machine: &Machine, mode: Durability) -> Result<LogWriter<Machine, Watcher>, OpenError> {
    let header = NewHeader { session_id: "s", now_ms: 0, cwd: "/", parent_session: None }.line().expect("short");
    let options =
        OpenOptions { durability: mode, synced_len: None, header: Some(&header), now_ms: 0, takes_turns: false };
    let opened = LogWriter::open(machine, &options, Watcher(machine.clone()), |opened| {
        Box::new(ScannedIds::new(opened.file.clone()))
    });
    opened.map(|(writer, _)| writer)
}

/// The run of [`write_run`], with another program in it. `None` if it did not get beyond opening the log.
fn ran(mode: Durability, intruder: Intruder, recording: bool) -> Option<Ran> {
    let machine = if recording { Machine::recording(World::default()) } else { Machine::default() };
    machine.admit(intruder);
    let mut writer = open(&machine, mode).ok()?;
    let opened_at = machine.world().touches;
    let mut stamps = Counting { machine: machine.clone(), next: 0 };
    let mut acked = Vec::new();
    let mut refused = None;
    for number in 0..ENTRIES {
        machine.set_clock(4 * number as i64);
        let (object, parent) = write_run::entry(number);
        let parent = parent.map_or(jcode_session_core::write::Parent::Leaf, jcode_session_core::write::Parent::Id);
        match writer.append(object.as_bytes(), parent, &mut stamps) {
            Ok(id) => {
                machine.ack(&id);
                acked.push(id);
            }
            Err(AppendError::Write(WriteError::Latched(cause))) => {
                refused = Some((format!("e{number}"), cause));
                break;
            }
            Err(other) => panic!("{mode}: {other}"),
        }
        if (number == 3 || number == 6) && writer.flush(4 * number as i64).is_ok() {
            machine.flushed();
        }
    }
    let closed = writer.flush(100);
    if closed.is_ok() {
        machine.flushed();
    }
    let latched = writer.latched().cloned();
    assert_eq!(closed.is_err(), latched.is_some(), "{mode}: {closed:?}");
    if let (Some((_, cause)), latched) = (&refused, &latched) {
        assert_eq!(Some(cause), latched.as_ref(), "{mode}: the cause stays");
    }
    let refused = refused.or(latched.map(|cause| (String::from("none"), cause)));
    let (handed_back, foreign_from) = (writer.unwritten().to_vec(), writer.foreign_from());
    let ends_at = writer.synced_len();
    drop(writer);
    let (world, history) = (machine.world(), if recording { machine.history() } else { Vec::new() });
    Some(Ran { world, history, acked, refused, handed_back, foreign_from, ends_at, opened_at })
}

/// The ids in files of quarantine.
fn set_aside(world: &World) -> BTreeSet<String> {
    let held = world.names.iter().filter(|(place, _)| matches!(place, Place::Quarantine(_)));
    held.flat_map(|(_, &inode)| ids(&world.inodes[inode].live)).collect()
}

/// The ids of our entries that stand whole in these bytes, each on a line of its own.
fn ids(bytes: &[u8]) -> Vec<String> {
    (0..ENTRIES)
        .map(|number| format!("e{number}"))
        .filter(|id| {
            let start = format!("{{\"type\":\"message\",\"id\":\"{id}\"");
            let whole = |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).is_ok();
            bytes.split(|&b| b == b'\n').any(|line| line.starts_with(start.as_bytes()) && whole(line))
        })
        .collect()
}

fn in_log(world: &World) -> Vec<u8> {
    world.names.get(&Place::Log).map_or_else(Vec::new, |&inode| world.inodes[inode].live.clone())
}

/// What holds without a crash.
fn check(ran: &Ran, what: &str) {
    let intruder = ran.world.intruder.as_ref().expect("admitted");
    if intruder.at + 1 == ran.world.touches && ran.refused.is_none() && ran.foreign_from.is_none() {
        // Behind the last look of all, while the sidecar was told.
        return;
    }
    let log = in_log(&ran.world);
    let there: BTreeSet<String> = ids(&log).into_iter().collect();
    let aside = set_aside(&ran.world);
    let handed_back: BTreeSet<String> = ids(&ran.handed_back).into_iter().collect();
    let missing: Vec<&String> = ran.acked.iter().filter(|id| !there.contains(*id)).collect();
    for id in &missing {
        assert!(aside.contains(*id) || handed_back.contains(*id), "{what}: {id} is nowhere");
    }
    let Some(left) = &intruder.left else {
        assert!(ran.refused.is_none() && missing.is_empty() && ran.foreign_from.is_none(), "{what}: nobody was there");
        return;
    };
    if intruder.at < ran.opened_at {
        // What was done to it before is the log as it was opened.
        return;
    }
    let Act::Append(bytes) = &intruder.act else {
        let (refused, cause) = ran.refused.as_ref().unwrap_or_else(|| panic!("{what}: not noticed"));
        let Cause::Displaced(displaced) = cause else { panic!("{what}: {cause}") };
        assert_eq!(displaced.missing, missing.len() as u64, "{what}: {displaced}");
        assert_eq!(displaced.lost, 0, "{what}: {displaced}");
        assert_eq!(ran.world.names.get(&Place::Log).map(|_| log), *left, "{what}: what stands there is not ours");
        // Unless the other program had copied it already.
        let copied = left.as_ref().is_some_and(|left| ids(left).contains(refused));
        let anywhere = ran.world.inodes.iter().any(|inode| ids(&inode.live).contains(refused));
        assert!(copied || !anywhere, "{what}: {refused} was refused, and is there");
        return;
    };
    assert!(ran.refused.is_none() && missing.is_empty(), "{what}: {missing:?} {:?}", ran.refused);
    assert!(memchr::memmem::find(&log, bytes).is_some(), "{what}: the bytes of the other program are gone");
    assert!(ran.foreign_from.is_some(), "{what}: not noticed");
    assert_eq!(log[usize::try_from(ran.ends_at).expect("small") - 1], b'\n', "{what}: synced to within a line");
}

/// Runs with an act at every call, until it comes too late.
fn at_every_call(act: &Act, mode: Durability, recording: bool, mut each: impl FnMut(&Ran, u64)) -> u64 {
    let mut runs = 0;
    for at in 0.. {
        let Some(ran) = ran(mode, Intruder::new(at, act.clone()), recording) else { continue };
        let touches = ran.world.touches;
        // Before there is a log, or where it was shorter than it was to be cut, nothing happened.
        if !ran.world.intruder.as_ref().is_some_and(|intruder| intruder.idle) {
            each(&ran, at);
            runs += 1;
        }
        if at > touches {
            break;
        }
    }
    runs
}

#[test]
fn nothing_acknowledged_is_missing_without_being_named() {
    let mut runs = 0;
    for mode in MODES {
        for act in appends().into_iter().chain(displacements()) {
            runs += at_every_call(&act, mode, false, |ran, at| check(ran, &format!("{mode}, {act:?} at {at}")));
        }
    }
    println!("{runs} runs with another program in them");
    assert!(runs > 500, "{runs}");
}

/// The machine stops at any moment behind what another program appended.
#[test]
fn what_was_promised_survives_a_crash_behind_foreign_lines() {
    let mut explored = 0u64;
    for mode in MODES {
        for act in &appends()[..3] {
            at_every_call(act, mode, true, |ran, at| {
                let behind =
                    ran.history.iter().filter(|state| state.intruder.as_ref().is_some_and(|one| one.left.is_some()));
                for state in behind {
                    for outcome in kills(state) {
                        recovered(mode, state, &outcome, false, &format!("{mode}, {act:?} at {at}"));
                        explored += 1;
                    }
                    for outcome in power_cuts(state, false) {
                        recovered(mode, state, &outcome, true, &format!("{mode}, {act:?} at {at}"));
                        explored += 1;
                    }
                }
            });
        }
    }
    println!("{explored} crash states behind foreign lines");
    assert!(explored > 10_000, "{explored}");
}

/// Opens what a crash left: what was promised is in the log, or set aside in a file that recovery names.
fn recovered(mode: Durability, state: &World, outcome: &Outcome, power: bool, what: &str) {
    let what = format!("{what}: {}", outcome.what);
    let machine = Machine::from_world(outcome.world.clone());
    write_run::reopen(&machine, outcome.synced_len).unwrap_or_else(|error| panic!("{what}: {error}"));
    let world = machine.world();
    let log = Log::of(&world);
    let mut found: BTreeSet<String> = log.ids.iter().cloned().collect();
    found.extend(set_aside(&world));
    let acked: Vec<&String> = state.acked.iter().map(|(id, _)| id).collect();
    let lost = acked.iter().filter(|id| !found.contains(**id)).count();
    let allowed = match (mode, power) {
        (Durability::Strict, _) | (Durability::Balanced { .. }, false) => 0,
        (Durability::Balanced { entries, .. }, true) => entries as usize,
        (Durability::Throughput, _) => acked.len() - state.flushed,
    };
    assert!(lost <= allowed, "{what}: {lost} of {acked:?} are lost, found {found:?}");
}
