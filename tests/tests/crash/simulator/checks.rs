//! What must hold after each event.
//!
//! Owns: the promises, in terms of whole logs: a command leaves the old log or the new one, a save leaves what was
//! acknowledged, nothing is lost that is not set aside, and an archive gives back what was pushed.

use super::acts::{Act, Fate, WHOLE};
use super::{Calm, Run};
use crate::store::check::unnamed;
use jcode_session_core::archive::{Chain, take, unpack, whole_lines};
use jcode_session_core::source::{SliceSource, SourceError};
use jcode_session_core::storage::{Place, Storage, StorageFile};
use jcode_session_core::write::Durability;
use jcode_session_native::os::segments::Zstd;
use jcode_session_tests::crash_storage::outcomes::{Outcome, power_cuts};
use jcode_session_tests::crash_storage::{Machine, World};
use jcode_session_tests::sessions::{kept, log_of, opened, stored};
use jcode_session_tests::write_run::open_in;
use std::collections::BTreeMap;

/// Undisturbed it is done, or refused and nothing changed.
pub(super) fn calm(run: &Run<'_>, before: &World, calm: &Calm) {
    let what = run.what;
    if let Err(refused) = &calm.ran {
        assert!(!run.act.is_save() || refused.contains("`migrate` it"), "{what}: {refused}");
        assert_eq!(log_of(&calm.world), log_of(before), "{what}: refused, and another log: {refused}");
    }
    if !run.act.is_save() {
        sound(&calm.world, log_of(before).as_deref(), what);
    }
    cleaned_up(before, &calm.world, what);
}

/// No temporary file was left that a crash had not left before.
fn cleaned_up(before: &World, after: &World, what: &str) {
    let mut new = after.names.keys().filter(|place| !before.names.contains_key(place));
    let temporary = new.find(|place| matches!(place, Place::Temporary(_)));
    assert_eq!(temporary, None, "{what}: left behind");
}

/// A sound ledger, no segments that nobody knows, and nothing of the old log lost.
pub(super) fn sound(world: &World, old: Option<&[u8]>, what: &str) {
    let store = stored(&Machine::from_world(world.clone()));
    let session = opened(&store);
    assert!(session.ledger_file().ledger.findings.is_empty(), "{what}: {:?}", session.ledger_file().ledger.findings);
    if log_of(world).is_some() {
        assert_eq!(store.open(&Place::Log).expect("there").troubles().expect("read"), [], "{what}");
    }
    kept(old, world, what);
    assert_eq!(unnamed(world), Vec::<String>::new(), "{what}: segments that the manifest does not name");
}

/// What was done is on the disk.
pub(super) fn settled(world: &World, what: &str) {
    for outcome in power_cuts(world, false) {
        let same = log_of(&outcome.world) == log_of(world);
        assert!(same, "{what}: is called done, and {} leaves another log", outcome.what);
    }
}

/// A command that was cut short left the old log or the new one.
pub(super) fn commanded((old, new): (&World, &World), left: &World, what: &str) {
    let (log, old) = (log_of(left), log_of(old));
    assert!(log == old || log == log_of(new), "{what}: {:?}", log.as_deref().map(String::from_utf8_lossy));
    sound(left, old.as_deref(), what);
}

/// Ids of the entries in a log, in order.
fn ids(world: &World) -> Vec<String> {
    let log = log_of(world).unwrap_or_default();
    let lines = log.split(|&byte| byte == b'\n');
    let values = lines.filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    values
        .filter(|value| value["type"] != "session")
        .filter_map(|value| Some(value["id"].as_str()?.to_string()))
        .collect()
}

/// The world behind an opening, which brings the log to whole lines.
pub(super) fn opened_with(world: &World, synced_len: Option<u64>, what: &str) -> World {
    let machine = Machine::from_world(world.clone());
    let writer = open_in(&stored(&machine), &machine, Durability::Strict, synced_len);
    drop(writer.unwrap_or_else(|error| panic!("{what}: cannot be opened: {error}")));
    machine.world()
}

/// Opens what a crash left of a save, and looks at it; what is left then.
pub(super) fn saved(
    run: &Run<'_>,
    calm: &Calm,
    (before, state): (&World, &World),
    outcome: &Outcome,
    fate: Fate,
    what: &str,
) -> World {
    let Act::Save { count, together, mode } = *run.act else { unreachable!("a save") };
    let left = opened_with(&outcome.world, outcome.synced_len, what);
    let found = ids(&left);
    let lost = state.acked.iter().filter(|(id, _)| !found.contains(id)).count();
    let may_be_lost = match (mode, fate) {
        (Durability::Balanced { entries, .. }, Fate::PowerCut) => entries as usize,
        _ => 0,
    };
    assert!(lost <= may_be_lost, "{what}: {lost} acknowledged entries lost, {found:?}");
    let of_calm = ids(&calm.world);
    // What another program wrote behind damage is set aside with it.
    let base: Vec<String> = ids(before).into_iter().filter(|id| of_calm.contains(id)).collect();
    let mut rest = found.iter();
    let is_there = base.iter().all(|id| rest.any(|found| found == id));
    assert!(is_there, "{what}: of what was there before something is gone: {found:?}");
    let mut rest = of_calm.iter();
    assert!(found.iter().all(|id| rest.any(|other| other == id)), "{what}: {found:?} of {of_calm:?}");
    let new = found.len() - base.len();
    // Without a sidecar damage in the middle stays, and is reported: a batch that lost its head is not known for one.
    let together = together && (fate == Fate::Killed || outcome.synced_len.is_some());
    assert!(!together || new == 0 || new as u64 == count, "{what}: {new} entries of a batch of {count}");
    left
}

/// A storage that failed once leaves the old log or the new one, and of a save what was acknowledged.
pub(super) fn failed(
    run: &Run<'_>,
    (before, calm): (&World, &Calm),
    left: &World,
    ran: &Result<(), String>,
    call: u64,
) {
    let what = format!("{}, at call {call}: {ran:?}", run.what);
    if run.act.is_save() {
        let found = ids(left);
        let Act::Save { mode, .. } = run.act else { unreachable!("a save") };
        if *mode == Durability::Strict || ran.is_ok() {
            let lost: Vec<_> = left.acked.iter().filter(|(id, _)| !found.contains(id)).collect();
            assert!(lost.is_empty(), "{what}: {lost:?}");
        }
        return;
    }
    commanded((before, &calm.world), left, &what);
    assert!(ran.is_err() || log_of(left) == log_of(&calm.world), "{what}: called done");
    cleaned_up(before, left, &what);
}

/// What another program appended during a save is in the log or set aside, and so is what was acknowledged.
pub(super) fn joined(run: &Run<'_>, left: &World, ran: &Result<(), String>, had_log: bool) {
    let what = format!("{}: {ran:?}", run.what);
    let acted = left.intruder.as_ref().is_some_and(|intruder| intruder.left.is_some() && !intruder.idle);
    let holds = |bytes: &[u8]| {
        left.names.values().any(|&inode| memchr::memmem::find(&left.inodes[inode].live, bytes).is_some())
    };
    assert!(!acted || !had_log || holds(WHOLE), "{what}: what another program wrote is gone");
    let found = ids(left);
    let lost: Vec<_> = left.acked.iter().filter(|(id, _)| !found.contains(id)).collect();
    assert!(ran.is_err() || lost.is_empty(), "{what}: {lost:?}");
}

/// An object store that holds what was pushed.
#[derive(Debug, Default)]
pub(super) struct Archive {
    chains: Vec<Chain>,
    /// Objects by the range and the state that their piece is of.
    objects: BTreeMap<String, Vec<u8>>,
}

impl Archive {
    /// Pushes the whole lines of the log, and reads them back.
    pub(super) fn push(&mut self, world: &World, what: &str) {
        let Some(log) = log_of(world) else { return };
        let source = SliceSource(&log);
        let len = whole_lines(&source, log.len() as u64).expect("read");
        let known: Vec<&Chain> = self.chains.iter().rev().take(3).collect();
        let objects = &mut self.objects;
        let taken = take::<SourceError>(&source, len, &known, &Zstd::default(), &mut |piece, packed| {
            objects.insert(format!("{} {} {:?}", piece.from, piece.len, piece.state), packed);
            Ok(piece)
        });
        let chain = taken.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(chain.fault(), None, "{what}");
        let mut back = Vec::new();
        for piece in &chain.pieces {
            let packed = &self.objects[&format!("{} {} {:?}", piece.from, piece.len, piece.state)];
            let unpacked = unpack(packed, piece.len, &Zstd::default(), &mut |bytes| back.extend_from_slice(bytes));
            assert!(unpacked.is_some(), "{what}: {piece:?}");
        }
        assert_eq!(Some(&back[..]), log.get(..back.len()), "{what}");
        assert_eq!(back.len() as u64, len, "{what}");
        self.chains.push(chain);
    }
}
