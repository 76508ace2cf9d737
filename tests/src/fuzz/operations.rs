//! The target that runs a session: appends, seals, checkpoints, rollbacks, undos and repairs, any of them crashed.
//!
//! Owns: the model of such a session: a list of ids, and the allowed effect of each command.
//! Invariant: the session is written in `strict`, so that an acknowledged entry stays until a rollback removes it. Of a
//! sidecar only the committed synced length is modelled.

use crate::crash_storage::outcomes::{Outcome, kills, power_cuts};
use crate::crash_storage::{Machine, World};
use crate::sessions::{NOW, kept, log_of, opened, stored};
use crate::write_run::{Counting, Log, open_in};
use arbitrary::{Arbitrary, Unstructured};
use jcode_session_core::segment::{Compress, compress, seal};
use jcode_session_core::source::go_on;
use jcode_session_core::store::{repair, rollback, undo};
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::os::segments::Zstd;

/// Bytes of a segment: some entries.
const SEGMENT: u64 = 300;

/// One command of a session.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Command {
    /// Opens the log, appends up to eight entries and closes it; every third entry is a child of the first one.
    Append(u8),
    /// Takes a checkpoint.
    Checkpoint,
    /// Returns to the newest state that differs.
    Rollback,
    /// Takes the last rollback back, with `--force` or without.
    Undo(bool),
    /// Rewrites the log if it is damaged.
    Repair,
    /// Moves older lines into segments, compressed or not.
    Seal(bool),
    /// Decompresses segments, or puts all back into one file.
    Unseal(bool),
}

/// A command, and optionally a crash: the call, and the chosen outcome.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Step {
    command: Command,
    crash: Option<(u8, u16)>,
}

/// Runs the steps that the bytes encode.
pub(super) fn operations(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut session = Session::default();
    for _ in 0..24 {
        if input.is_empty() {
            return;
        }
        let Ok(step) = Step::arbitrary(&mut input) else { return };
        session.step(step);
    }
}

/// A session: its disk, and the promises made.
#[derive(Debug, Default)]
struct Session {
    world: World,
    ids: Vec<String>,
    /// The log before the rollback that an undo would take back, as long as nothing else has happened.
    undo: Option<Vec<u8>>,
    made: u64,
    now: i64,
}

impl Session {
    fn step(&mut self, step: Step) {
        self.now += 1000;
        self.world.acked.clear();
        let before = log_of(&self.world);
        let machine = Machine::recording(self.world.clone());
        let done = self.run(&machine, step.command);
        let after = log_of(&machine.world());
        kept(before.as_deref(), &machine.world(), "no crash");
        if let Some(crash) = step.crash {
            self.crashed(&machine, step.command, crash, (before, after));
        } else {
            self.finished(&machine, step.command, done, (before, after));
        }
        self.look();
    }

    /// Runs a command. Returns true if it did its work.
    fn run(&mut self, machine: &Machine, command: Command) -> bool {
        if let Command::Append(count) = command {
            self.append(machine, count);
            return true;
        }
        let store = stored(machine);
        let mut store = opened(&store);
        let now_ms = NOW + self.now;
        match command {
            Command::Append(_) => true,
            Command::Checkpoint => store.checkpoint(now_ms, "fuzz").is_ok_and(|row| row.is_some()),
            Command::Rollback => {
                let options = rollback::Options { to_ms: None, now_ms, has_source: true };
                rollback::run(&mut store, &options, &mut go_on).is_ok()
            }
            Command::Undo(force) => undo::run(&mut store, &undo::Options { force, now_ms }, &mut go_on).is_ok(),
            Command::Repair => repair::run(&mut store, "s", now_ms, &mut go_on).is_ok(),
            Command::Seal(compress) => {
                let zstd = Zstd { level: 1 };
                let with: Option<&dyn Compress> = if compress { Some(&zstd) } else { None };
                seal::run(&mut store, SEGMENT, with, now_ms, &mut go_on).is_ok()
            }
            Command::Unseal(true) => seal::undo(&mut store, now_ms, &mut go_on).is_ok(),
            Command::Unseal(false) => compress::undo(&mut store, now_ms, &mut go_on).is_ok(),
        }
    }

    fn append(&mut self, machine: &Machine, count: u8) {
        let mut stamps = Counting { machine: machine.clone(), next: self.made };
        let synced = machine.world().sidecar.last().copied();
        let (mut writer, opened) = open_in(&stored(machine), machine, Durability::Strict, synced)
            .unwrap_or_else(|error| panic!("cannot be opened: {error}"));
        assert!(opened.recovery.set_aside.is_none(), "what was whole is cut: {:?}", opened.recovery);
        for number in 0..count % 8 {
            let parent = match self.ids.first() {
                Some(first) if number % 3 == 2 => Parent::Id(first),
                _ => Parent::Leaf,
            };
            let id = writer.append(br#"{"type":"custom","customType":"t"}"#, parent, &mut stamps).expect("appends");
            machine.ack(&id);
        }
        writer.close(self.now).map_err(|unwritten| unwritten.error).expect("closes");
        self.made = stamps.next;
    }

    /// Checks the result of a command that ran to its end.
    fn finished(&mut self, machine: &Machine, command: Command, done: bool, logs: (Option<Vec<u8>>, Option<Vec<u8>>)) {
        let world = machine.world();
        let found = Log::of(&world).ids;
        let (before, after) = logs;
        match command {
            Command::Append(_) => {
                let acked = world.acked.iter().map(|(id, _)| id.clone());
                let expected: Vec<String> = self.ids.iter().cloned().chain(acked).collect();
                assert_eq!(found, expected);
                self.undo = if found == self.ids { self.undo.take() } else { None };
            }
            Command::Rollback if done && before != after => {
                let (old, new) = (before.expect("there was a log"), after.unwrap_or_default());
                assert!(old.starts_with(&new), "a rollback only takes away");
                self.undo = Some(old);
            }
            Command::Undo(_) if done => {
                assert!(self.undo.is_none() || self.undo == after, "an undo brings back what the rollback took");
                self.undo = None;
            }
            Command::Repair if before != after => {
                // Entries that recoveries set aside may come back, each at its place among the others.
                let mut rest = found.iter();
                assert!(
                    self.ids.iter().all(|id| rest.any(|other| other == id)),
                    "{found:?} lacks some of {:?}",
                    self.ids
                );
                self.undo = None;
            }
            _ => assert_eq!(before, after, "{command:?}"),
        }
        self.resolve_pending(world);
    }

    /// Crashes a recorded command, and checks the state that is found.
    fn crashed(
        &mut self,
        machine: &Machine,
        command: Command,
        (at, which): (u8, u16),
        (before, after): (Option<Vec<u8>>, Option<Vec<u8>>),
    ) {
        let history = machine.history();
        let state = &history[usize::from(at) % history.len()];
        // Other tests cover a sidecar that is lost or older than its last commit.
        let last = state.sidecar.last().copied();
        let outcomes =
            kills(state).into_iter().chain(power_cuts(state, true).into_iter().filter(|o| o.synced_len == last));
        let outcomes: Vec<Outcome> = outcomes.collect();
        let outcome = &outcomes[usize::from(which) % outcomes.len()];
        let what = format!("{command:?}, step {at}: {}", outcome.what);
        let crashed = Machine::from_world(outcome.world.clone());
        if let Command::Append(_) = command {
            let synced = outcome.synced_len;
            if log_of(&outcome.world).is_some() {
                let opened = open_in(&stored(&crashed), &crashed, Durability::Strict, synced);
                drop(opened.unwrap_or_else(|error| panic!("{what}: {error}")));
            }
            let found = Log::of(&crashed.world()).ids;
            let promised = self.ids.iter().chain(state.acked.iter().map(|(id, _)| id));
            let promised: Vec<String> = promised.cloned().collect();
            assert!(found.starts_with(&promised), "{what}: promised {promised:?}, found {found:?}");
            if let Some(old) = before {
                assert!(log_of(&crashed.world()).unwrap_or_default().starts_with(&old), "{what}");
            }
        } else {
            let found = log_of(&outcome.world);
            assert!(found == before || found == after, "{what}: neither the old log nor the new one");
            kept(before.as_deref(), &outcome.world, &what);
        }
        self.undo = None;
        self.resolve_pending(crashed.world());
    }

    /// Lets the sidecar follow the log: all of the log is durable, and the sidecar records that.
    fn resolve_pending(&mut self, mut world: World) {
        let len = log_of(&world).map_or(0, |log| log.len() as u64);
        world.sidecar = vec![len];
        for inode in &mut world.inodes {
            inode.durable.clone_from(&inode.live);
            inode.pending.clear();
        }
        world.durable_names.clone_from(&world.names);
        world.durable_folders.clone_from(&world.folders);
        self.world = Machine::from_world(world).world();
        self.ids = Log::of(&self.world).ids;
    }

    /// Checks that the log has no damage and that the ledger is consistent.
    fn look(&self) {
        let damages = Log::of(&self.world).damages;
        assert!(damages.is_empty() || self.ids.is_empty(), "{damages:?}");
        let store = stored(&Machine::from_world(self.world.clone()));
        let store = opened(&store);
        assert!(store.ledger_file().ledger.findings.is_empty(), "{:?}", store.ledger_file().ledger.findings);
    }
}
