//! Targets that write: hostile entries, and a store with a hostile ledger.

use crate::crash_storage::Machine;
use crate::differential::said_in_chunks;
use crate::sessions::{self, log_of};
use crate::write_run::{self, Counting, Log};
use jcode_session_core::source::{SliceSource, go_on};
use jcode_session_core::storage::{Place, Storage};
use jcode_session_core::store::history::History;
use jcode_session_core::store::ledger::{Head, Ledger};
use jcode_session_core::store::{SessionStore, checkpoint, repair, rollback, undo};
use jcode_session_core::write::{Durability, Parent};

/// An appended line is one whole record with the returned id. A refused one changes nothing.
pub(super) fn append(data: &[u8]) {
    let machine = Machine::default();
    let mut stamps = Counting { machine: machine.clone(), next: 0 };
    let (mut writer, _) = write_run::open(&machine, Durability::Strict, None).expect("opens");
    for text in data.split(|&byte| byte == 0) {
        let before = log_of(&machine.world()).unwrap_or_default();
        let appended = writer.append(text, Parent::Leaf, &mut stamps);
        let after = log_of(&machine.world()).unwrap_or_default();
        let Ok(id) = appended else {
            assert_eq!(before, after);
            continue;
        };
        let new = after.strip_prefix(&*before).expect("an append only appends");
        assert_eq!(new.iter().filter(|&&byte| byte == b'\n').count(), 1);
        let log = Log::of(&machine.world());
        assert_eq!(log.ids.last(), Some(&id));
        assert!(said_in_chunks(&after, std::iter::empty()).0.iter().all(|(_, _, _, damage)| {
            // Lone surrogates come from the caller and are kept.
            damage.is_none_or(|damage| damage.code == jcode_session_core::log::DamageCode::LoneSurrogate)
        }));
    }
    writer.close(0).map_err(|unwritten| unwritten.error).expect("closes");
}

/// A hostile ledger beside a sound log: no command panics, and none loses a byte of the log.
pub(super) fn ledger(data: &[u8]) {
    let (head, rows) = data.split_at(data.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1));
    let ledger = Ledger::read(rows, Head::read(head).as_ref());
    let history = History::of(&ledger);
    let _ = (history.reachable(), history.undoable(), checkpoint::offered(&history, sessions::NOW));
    let log = sessions::lines(0..4);
    let _ = checkpoint::first_difference(&ledger, &SliceSource(&log)).expect("in memory");
    for command in 0..COMMANDS {
        let machine = sessions::with_log(&log);
        for (place, bytes) in [(Place::Ledger, rows), (Place::LedgerHead, head)] {
            sessions::put(&machine, &place, bytes);
        }
        let Ok(mut session) = SessionStore::open(&machine) else { continue };
        run_command(&mut session, command);
        sessions::kept(Some(&log), &machine.world(), "a hostile ledger");
        assert!(machine.list(jcode_session_core::storage::Folder::Quarantine).is_ok());
    }
}

/// Number of commands of [`run_command`].
pub(super) const COMMANDS: u8 = 4;

/// Runs a command of the store and ignores its result: refusing is right for most hostile stores.
pub(super) fn run_command<S: Storage>(session: &mut SessionStore<'_, S>, command: u8) {
    let now_ms = sessions::NOW;
    match command {
        0 => drop(session.checkpoint(now_ms, "fuzz")),
        1 => drop(rollback::run(session, &rollback::Options { to_ms: None, now_ms, has_source: true }, &mut go_on)),
        2 => drop(undo::run(session, &undo::Options { force: true, now_ms }, &mut go_on)),
        _ => drop(repair::run(session, "s", now_ms, &mut go_on)),
    }
}
