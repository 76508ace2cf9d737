//! Every crash point of writing a log, in memory: what was promised is what is found.
//!
//! Owns: the oracle for section 5 of docs/format.md. A run is recorded call by call; from each state every outcome
//! of a kill and of a power cut is opened again, and recovery itself is crashed at each of its own calls.

mod faults;
pub(crate) mod oracle;

use jcode_session_core::write::Durability;
use jcode_session_tests::crash_storage::outcomes::{kills, power_cuts};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::write_run::{Log, Run, record, record_batches};
use oracle::{Crash, Search, check};

const BALANCED: Durability = Durability::Balanced { entries: 3, millis: 1_000_000 };
const TIMED: Durability = Durability::Balanced { entries: 1000, millis: 10 };

/// All states of one run, each with all its outcomes, recovery crashed too.
fn explore(mode: Durability) {
    explore_run(&record(mode));
}

fn explore_run(run: &Run) {
    let mode = run.mode;
    let (mut search, mut explored) = (Search::new(run), 0u64);
    for (at, state) in run.history.iter().enumerate() {
        for outcome in kills(state) {
            explored += search.check_with_crashes(state, &outcome, Crash::Kill, &format!("{mode} step {at}"));
        }
        for outcome in power_cuts(state, true) {
            explored += search.check_with_crashes(state, &outcome, Crash::Power, &format!("{mode} step {at}"));
        }
    }
    let different = search.different();
    println!("{mode}: {} steps, {explored} crash states, {different} of them different", run.history.len());
    assert!(explored > 1000, "{mode}: only {explored} states");
}

#[test]
fn strict_survives_every_crash_point() {
    explore(Durability::Strict);
}

#[test]
fn balanced_survives_every_crash_point() {
    explore(BALANCED);
}

#[test]
fn balanced_by_time_survives_every_crash_point() {
    explore(TIMED);
}

#[test]
fn throughput_survives_every_crash_point() {
    explore(Durability::Throughput);
}

/// Entries that were saved together are there together or not at all, whatever happens to them.
#[test]
fn batches_survive_every_crash_point_whole() {
    for mode in [Durability::Strict, BALANCED, TIMED, Durability::Throughput] {
        explore_run(&record_batches(mode));
    }
}

/// The sidecar never says that more is on the disk than is.
#[test]
fn sidecar_is_never_ahead_of_the_durable_log() {
    for mode in [Durability::Strict, BALANCED, TIMED, Durability::Throughput] {
        for (at, state) in record(mode).history.iter().enumerate() {
            let durable = state.durable_names.get(&jcode_session_core::storage::Place::Log);
            let durable = durable.and_then(|&inode| state.inodes.get(inode)).map_or(0, |inode| inode.durable.len());
            let claimed = state.sidecar.last().copied().unwrap_or_default();
            assert!(claimed <= durable as u64, "{mode} step {at}: {claimed} claimed, {durable} on the disk");
        }
    }
}

/// Damage below the synced length stays; above it the log is cut there, and the bytes are kept.
#[test]
fn cuts_at_the_first_damage_behind_the_synced_length_only() {
    let run = record(Durability::Strict);
    let last = run.history.last().expect("states").clone();
    let whole = Log::of(&last).bytes;
    let lines: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    let damage = |at: usize| {
        let mut world: World = last.clone();
        let inode = world.names[&jcode_session_core::storage::Place::Log];
        world.inodes[inode].live[at] = 0;
        world
    };
    for (line, pair) in lines.windows(2).enumerate() {
        for (synced_line, &synced) in lines.iter().enumerate() {
            let world = damage(pair[0] + 3);
            let damaged = Log::of(&world).bytes;
            let machine = Machine::from_world(world);
            let reopened = jcode_session_tests::write_run::reopen(&machine, Some(synced as u64)).expect("opens");
            let log = Log::of(&machine.world());
            if synced_line > line {
                assert_eq!(log.bytes, damaged, "below the synced length nothing is cut");
                assert!(reopened.recovery.set_aside.is_none());
            } else {
                assert_eq!(log.bytes, &damaged[..pair[0]], "cut where the damage begins");
                let aside = reopened.recovery.set_aside.expect("set aside");
                assert_eq!(oracle::quarantined(&machine.world(), aside.name), &damaged[pair[0]..]);
                assert_eq!(aside.records, (lines.len() - 2 - line) as u64, "whole records are counted");
            }
            // Without a known length damage in the middle stays too.
            let machine = Machine::from_world(damage(pair[0] + 3));
            jcode_session_tests::write_run::reopen(&machine, None).expect("opens");
            assert_eq!(Log::of(&machine.world()).bytes, damaged);
        }
    }
}

/// A last line that lacks only its LF is kept and gets it, whatever is known; a torn one is set aside.
#[test]
fn whole_last_record_without_its_line_feed_is_kept() {
    let run = record(Durability::Strict);
    let last = run.history.last().expect("states");
    let whole = Log::of(last).bytes;
    let start = whole[..whole.len() - 1].iter().rposition(|&b| b == b'\n').expect("lines") + 1;
    for cut in start..whole.len() {
        for synced in [None, Some(start as u64)] {
            let mut world = last.clone();
            let inode = world.names[&jcode_session_core::storage::Place::Log];
            world.inodes[inode].live.truncate(cut);
            let outcome = jcode_session_tests::crash_storage::outcomes::Outcome {
                world,
                synced_len: synced,
                what: format!("cut to {cut}"),
            };
            let machine = Machine::from_world(outcome.world.clone());
            let opened = jcode_session_tests::write_run::reopen(&machine, synced).expect("opens");
            let log = Log::of(&machine.world());
            let expected = if cut == whole.len() - 1 { whole.len() } else { start };
            assert_eq!(log.bytes, &whole[..expected], "cut at {cut}, synced {synced:?}");
            assert_eq!(opened.recovery.lf_added, cut == whole.len() - 1);
            assert_eq!(opened.recovery.set_aside.is_some(), cut > start && cut < whole.len() - 1);
            check(&run, &run.history[0], &outcome, Crash::Kill, "torn tail");
        }
    }
}
