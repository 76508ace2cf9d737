//! The session as jcode loads it: the snapshot (or its `.bak`), then the journal line by line.

use super::V1Files;
use super::check::fits;
use super::json::{self, Node};
use super::schema::T;
use super::tables::{JOURNAL_ARRAYS, META_OPTIONAL, META_REQUIRED, SNAPSHOT_OWN};
use serde_json::{Map, Value};

/// Why jcode cannot load a session at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// jcode first looks for the snapshot's file. Without it, a `.bak` or a journal does not help.
    NoSnapshot,
    /// For jcode, invalid UTF-8 is a failed read and no broken snapshot, so it does not try the `.bak`.
    SnapshotNotUtf8,
    SnapshotBroken,
    /// The snapshot is broken, and the `.bak` is broken too or is not UTF-8.
    BakBroken,
    /// jcode reads the journal as text, and gives up on the session at the first line that is no text.
    JournalNotUtf8,
}

/// Rules in which jcode's own behaviour and a reading of the contract differ. The default is jcode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Treat a journal line with invalid UTF-8 as one that does not parse (whole entries on it are still salvaged), and
    /// a snapshot with invalid UTF-8 as a broken one.
    pub tolerate_bad_utf8: bool,
    /// Cut `env_snapshots` to the last 8 after the replay. jcode cuts when it records one, not when it loads. The two
    /// differ only if a crash made jcode replay a journal twice.
    pub cap_env_snapshots: bool,
}

/// A loaded session, and facts about its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub session: Value,
    /// Number of lines that were not exactly one good entry. If there are any, jcode's next save is a checkpoint.
    pub bad_lines: usize,
    pub from_bak: bool,
}

pub fn load(files: &V1Files) -> Result<Value, LoadError> {
    Ok(load_with(files, Rules::default())?.session)
}

pub fn load_with(files: &V1Files, rules: Rules) -> Result<Loaded, LoadError> {
    let (mut session, from_bak) = load_snapshot(files, rules)?;
    let journal = files.journal.as_deref().unwrap_or_default();
    if !rules.tolerate_bad_utf8 && std::str::from_utf8(journal).is_err() {
        return Err(LoadError::JournalNotUtf8);
    }
    let mut bad_lines = 0;
    for line in journal.split(|b| *b == b'\n') {
        let line = trim(line);
        if line.is_empty() {
            continue;
        }
        match json::parse(line).filter(is_entry) {
            Some(entry) => apply(&mut session, &entry),
            None => {
                bad_lines += 1;
                for entry in salvage(line) {
                    apply(&mut session, &entry);
                }
            }
        }
    }
    if rules.cap_env_snapshots
        && let Some(Value::Array(list)) = session.get_mut("env_snapshots")
    {
        list.drain(..list.len().saturating_sub(8));
    }
    Ok(Loaded { session: Value::Object(session), bad_lines, from_bak })
}

fn load_snapshot(files: &V1Files, rules: Rules) -> Result<(Map<String, Value>, bool), LoadError> {
    let snapshot = files.snapshot.as_deref().ok_or(LoadError::NoSnapshot)?;
    if !rules.tolerate_bad_utf8 && std::str::from_utf8(snapshot).is_err() {
        return Err(LoadError::SnapshotNotUtf8);
    }
    if let Some(session) = read_snapshot(snapshot) {
        return Ok((session, false));
    }
    let bak = files.bak.as_deref().ok_or(LoadError::SnapshotBroken)?;
    let session = read_snapshot(bak).ok_or(LoadError::BakBroken)?;
    Ok((session, true))
}

fn read_snapshot(bytes: &[u8]) -> Option<Map<String, Value>> {
    let node = json::parse(bytes)?;
    let good = fits(&SNAPSHOT_OWN, &node) && fits(&META_OPTIONAL, &node);
    match node.to_value() {
        Value::Object(map) if good => Some(map),
        _ => None,
    }
}

/// Trims a line. jcode trims it as text, so Unicode white space counts. A line that is no text (which is only reached
/// if bad UTF-8 is tolerated) loses its ASCII white space.
fn trim(line: &[u8]) -> &[u8] {
    match std::str::from_utf8(line) {
        Ok(text) => text.trim().as_bytes(),
        Err(_) => line.trim_ascii(),
    }
}

fn is_entry(node: &Node) -> bool {
    let Node::Object(fields) = node else {
        return false;
    };
    let metas: Vec<&Node> = fields.iter().filter(|(k, _)| k == "meta").map(|(_, v)| v).collect();
    let [meta] = metas[..] else {
        return false;
    };
    fits(&META_REQUIRED, meta) && fits(&META_OPTIONAL, meta) && fits(&JOURNAL_ARRAYS, node)
}

/// The salvaged entries: starting at the first `{"meta":` with a whole entry, that entry and the ones that directly
/// follow it. Everything after the next damage on the same line is lost.
fn salvage(line: &[u8]) -> Vec<Node> {
    const START: &[u8] = b"{\"meta\":";
    let starts = (0..line.len()).filter(|at| line[*at..].starts_with(START));
    for start in starts {
        let mut rest = &line[start..];
        let mut found = Vec::new();
        while let Some((entry, end)) = json::parse_prefix(rest).filter(|(node, _)| is_entry(node)) {
            found.push(entry);
            rest = &rest[end..];
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn names(ty: &'static T) -> impl Iterator<Item = &'static str> {
    let T::Struct(fields) = ty else { unreachable!("only structs have field names") };
    fields.iter().map(|field| field.name)
}

/// Applies a journal entry. `meta` is complete: every field that it can hold is replaced, and an absent or null one is
/// cleared. Fields that it cannot hold (`route_api_method`, unknown fields) stay. Arrays are appended to, and no
/// message is looked up by its id: a message that is replayed twice is there twice.
fn apply(session: &mut Map<String, Value>, entry: &Node) {
    let Value::Object(mut entry) = entry.to_value() else { unreachable!("an entry is an object") };
    let mut meta = entry.remove("meta").expect("an entry has meta");
    for name in names(&META_OPTIONAL).chain(names(&META_REQUIRED)) {
        session.shift_remove(name);
        if let Some(value) = meta.get_mut(name).map(Value::take).filter(|v| !v.is_null()) {
            session.insert(name.into(), value);
        }
    }
    for name in names(&JOURNAL_ARRAYS) {
        let Some(Value::Array(new)) = entry.remove(name) else {
            continue;
        };
        let target = name.trim_start_matches("append_");
        let list = session.entry(target).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().expect("checked by type").extend(new);
    }
}
