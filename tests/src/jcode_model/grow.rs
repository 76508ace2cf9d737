//! jcode goes on with a session: the files after its next save.

use super::V1Files;
use super::load::{Rules, load_with};
use super::rng::ModelRng;
use super::state::{MAX_ENV, MAX_JOURNAL, State};
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// One to three journal lines are appended.
    Append,
    /// The snapshot is rewritten, the old one kept as `.bak`, the journal deleted.
    Checkpoint,
    /// A title, status or other field changes, which causes a checkpoint without a new message.
    Rename,
    /// A checkpoint is killed before it deletes the journal.
    CrashInCheckpoint,
    /// The last messages are removed.
    RewindTail,
    /// A message in the middle is removed.
    RemoveMessage,
    /// The content of a message is edited, and its id kept.
    ChangeMessage,
    /// A message is inserted before others.
    InsertMessage,
    /// A rewind, then new turns.
    RewindAndGoOn,
    /// More environment snapshots than jcode keeps: the first ones are dropped.
    EnvFrontLost,
    /// All memory injections and replay events are removed.
    SideRecordsGone,
}

pub const GROWTHS: [Growth; 11] = [
    Growth::Append,
    Growth::Checkpoint,
    Growth::Rename,
    Growth::CrashInCheckpoint,
    Growth::RewindTail,
    Growth::RemoveMessage,
    Growth::ChangeMessage,
    Growth::InsertMessage,
    Growth::RewindAndGoOn,
    Growth::EnvFrontLost,
    Growth::SideRecordsGone,
];

/// The files after jcode went on, and the kind of growth (appends are the most frequent). Returns `None` for files that
/// jcode cannot load, which stay as they are.
pub fn grow(files: &V1Files, rng: &mut ModelRng) -> Option<(V1Files, Growth)> {
    let kind = if rng.one_in(2) { Growth::Append } else { *rng.pick(&GROWTHS) };
    Some((grow_as(files, kind, rng)?, kind))
}

pub fn grow_as(files: &V1Files, kind: Growth, rng: &mut ModelRng) -> Option<V1Files> {
    let loaded = load_with(files, Rules::default()).ok()?;
    let Value::Object(session) = loaded.session else { unreachable!("a session is an object") };
    let mut state = State::resume(session);
    let mut files = files.clone();
    if loaded.from_bak {
        // jcode copies the .bak over the snapshot as it loads.
        files.snapshot = files.bak.clone();
    }
    // After damage in the journal, jcode's next save is a checkpoint.
    if kind == Growth::Append && loaded.bad_lines == 0 {
        for _ in 0..rng.range(1, 4) {
            work(&mut state, rng);
            let journal = files.journal.get_or_insert_default();
            journal.extend(state.journal_line(rng));
            if journal.len() > MAX_JOURNAL {
                files = checkpoint(files, &mut state, rng);
            }
        }
        return Some(files);
    }
    change(&mut state, kind, rng);
    let journal = files.journal.clone();
    let mut files = checkpoint(files, &mut state, rng);
    if kind == Growth::CrashInCheckpoint {
        files.journal = journal;
    }
    Some(files)
}

fn checkpoint(files: V1Files, state: &mut State, rng: &mut ModelRng) -> V1Files {
    V1Files { snapshot: Some(state.checkpoint(rng)), journal: None, bak: files.snapshot }
}

fn work(state: &mut State, rng: &mut ModelRng) {
    for _ in 0..rng.range(0, 3) {
        state.converse(rng);
    }
    if rng.one_in(4) {
        state.change_meta(rng);
    }
}

fn change(state: &mut State, kind: Growth, rng: &mut ModelRng) {
    let len = state.list("messages").len();
    match kind {
        Growth::Append | Growth::Checkpoint | Growth::CrashInCheckpoint => work(state, rng),
        Growth::Rename => state.change_title(rng),
        // jcode refuses to replace a conversation by an empty one, so one message stays.
        Growth::RewindTail | Growth::RewindAndGoOn if len > 1 => {
            let keep = rng.range(1, len);
            state.list("messages").truncate(keep);
        }
        Growth::RemoveMessage if len > 1 => {
            let at = rng.below(len);
            state.list("messages").remove(at);
        }
        Growth::ChangeMessage if len > 0 => {
            let at = rng.below(len);
            let text = super::record::text(rng, 4);
            let block = serde_json::json!({"type": "text", "text": format!("edited {text}")});
            state.list("messages")[at]["content"] = Value::Array(vec![block]);
        }
        Growth::InsertMessage if len > 0 => {
            state.converse(rng);
            let new = state.list("messages").pop().expect("a turn has a message");
            state.list("messages").truncate(len);
            let at = rng.below(len);
            state.list("messages").insert(at, new);
        }
        Growth::EnvFrontLost => {
            let excess = rng.range(1, 4);
            while state.list("env_snapshots").len() < MAX_ENV + excess {
                state.record_env(rng);
            }
            let over = state.list("env_snapshots").len() - MAX_ENV;
            state.list("env_snapshots").drain(..over);
        }
        Growth::SideRecordsGone => {
            state.list("memory_injections").clear();
            state.list("replay_events").clear();
        }
        _ => {}
    }
    if kind == Growth::RewindAndGoOn {
        state.converse(rng);
    }
}
