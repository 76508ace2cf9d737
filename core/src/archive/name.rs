//! The names of objects in a store.
//!
//! Owns: writing and parsing them (section 12.1 of `docs/format.md`).
//! Invariant: a parsed name writes back as it was. No part of a name comes from outside unchecked, so that a name never
//! leads out of the store's own folders, and fits into what file systems allow.

use super::chain::Piece;
use super::state::{Digest, State};
use crate::storage::Name;
use alloc::format;
use alloc::string::{String, ToString};

/// The name of the marker.
pub const MARKER: &str = "jcode-store.json";
/// Folder of the commits.
pub const MACHINES: &str = "machines/";
/// Folder of the pieces.
pub const SESSIONS: &str = "sessions/";

/// What follows a piece's states and a kept file's name in the name of its object.
const PIECE_ENDING: &str = ".jsonl.zst";
const COMMIT_ENDING: &str = ".json.zst";
const ASIDE_ENDING: &str = ".zst";
const COMMIT_DIGITS: usize = 10;
/// Longest id of a session or machine that names a folder as it is.
const LONGEST_ID: usize = 120;

/// Which chain of a session a piece belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// Its log.
    Log,
    /// Its ledger.
    Ledger,
}

/// What a name says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// The marker.
    Marker,
    /// A commit: machine and number.
    Commit(String, u64),
    /// A piece of a session; stored length and digest are not in its name.
    Piece(String, Of, Piece),
    /// A file beside a session's log: digest of its bytes and its name.
    Aside(String, Digest, Name),
}

/// An id under which a session or a machine can have a folder in a store.
#[must_use]
pub fn is_id(id: &str) -> bool {
    id.len() <= LONGEST_ID && Name::new(id).is_some()
}

/// The id under which a session with this id stands in a store; `salt` tells sessions of one id apart.
#[must_use]
pub fn id_for(session_id: &str, salt: Option<&str>) -> String {
    match salt {
        None if is_id(session_id) => session_id.to_string(),
        None => format!("s.{}", Digest::of(session_id.as_bytes())),
        Some(salt) => {
            let salted = format!("{session_id}.{:.16}", Digest::of(salt.as_bytes()).to_string());
            if is_id(&salted) { salted } else { id_for(&format!("{session_id}/{salt}"), None) }
        }
    }
}

/// The name of a piece.
#[must_use]
pub fn piece(session: &str, of: Of, piece: &Piece) -> String {
    let Piece { from, len, prev, state, .. } = piece;
    let folder = match of {
        Of::Log => "",
        Of::Ledger => "ledger/",
    };
    format!("{SESSIONS}{session}/{folder}{from}-{len}-{prev}-{state}{PIECE_ENDING}")
}

/// The name of a kept file, from the digest of its bytes and the name that it has beside the log.
#[must_use]
pub fn aside(session: &str, digest: Digest, file: &Name) -> String {
    format!("{SESSIONS}{session}/aside/{digest}-{}{ASIDE_ENDING}", file.as_str())
}

/// The name of a commit.
#[must_use]
pub fn commit(machine: &str, n: u64) -> String {
    format!("{MACHINES}{machine}/{n:0COMMIT_DIGITS$}{COMMIT_ENDING}")
}

/// The folder of a machine's commits.
#[must_use]
pub fn machine_folder(machine: &str) -> String {
    format!("{MACHINES}{machine}/")
}

/// The folder of a session's objects.
#[must_use]
pub fn session_folder(session: &str) -> String {
    format!("{SESSIONS}{session}/")
}

/// Parses a name; `None` for one that no archive has.
#[must_use]
pub fn parse(name: &str) -> Option<Object> {
    if name == MARKER {
        return Some(Object::Marker);
    }
    if let Some(rest) = name.strip_prefix(MACHINES) {
        let (machine, file) = rest.split_once('/')?;
        let digits = file.strip_suffix(COMMIT_ENDING)?;
        let n = number(digits.trim_start_matches('0')).filter(|_| digits.len() == COMMIT_DIGITS);
        return is_id(machine).then_some(Object::Commit(machine.to_string(), n?));
    }
    let (session, rest) = name.strip_prefix(SESSIONS)?.split_once('/')?;
    if !is_id(session) {
        return None;
    }
    let session = session.to_string();
    if let Some(file) = rest.strip_prefix("aside/") {
        let (digest, file) = file.strip_suffix(ASIDE_ENDING)?.split_once('-')?;
        return Some(Object::Aside(session, Digest::parse(digest)?, Name::new(file)?));
    }
    let (of, file) = match rest.strip_prefix("ledger/") {
        Some(file) => (Of::Ledger, file),
        None => (Of::Log, rest),
    };
    Some(Object::Piece(session, of, parse_piece(file)?))
}

fn parse_piece(file: &str) -> Option<Piece> {
    let mut parts = file.strip_suffix(PIECE_ENDING)?.split('-');
    let (from, len) = (number(parts.next()?)?, number(parts.next()?)?);
    let (prev, state) = (Digest::parse(parts.next()?)?, Digest::parse(parts.next()?)?);
    let is_whole = parts.next().is_none() && len > 0 && from.checked_add(len).is_some();
    let is_first_sound = from > 0 || prev == State::empty().digest;
    (is_whole && is_first_sound).then_some(Piece { from, len, prev, state, stored: 0, blake3: Digest::of(b"") })
}

/// A number in the only way in which it is written.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}
