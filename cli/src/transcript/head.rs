//! The head of a transcript.
//!
//! Owns: title, times, counts, tokens and costs of a session, gathered from its header and the entries of the path.
//! Invariant: entries are read one at a time. Entries that cannot hold a title are not parsed, except for the last one.

use super::WriteError;
use super::json::Object;
use super::model::Message;
use super::used::Used;
use crate::output::{count, shorten};
use jcode_session_core::catalog::is_command;
use jcode_session_core::index::Tree;
use jcode_session_core::log::time;
use jcode_session_core::session::{Edited, Edits};
use jcode_session_native::session::{Session, SessionError};
use memchr::memmem;
use std::ops::Range;

/// The head of a transcript.
#[derive(Debug)]
pub(crate) struct Head {
    /// The session's id.
    pub(crate) id: String,
    /// Its title, if it has one.
    pub(crate) title: Option<String>,
    /// The folder in which the session ran.
    pub(crate) cwd: Option<String>,
    /// Time of the header, in Unix milliseconds.
    pub(crate) began: Option<i64>,
    /// Time of the last entry, in Unix milliseconds.
    pub(crate) ended: Option<i64>,
    /// The session from which it was forked.
    pub(crate) parent: Option<String>,
    /// The number of entries, in words.
    pub(crate) entries: String,
    /// Tokens and costs of the path, in words.
    pub(crate) used: Option<String>,
}

impl Head {
    /// Gathers the head of the path at `ranges`, and the edits on the path.
    pub(super) fn gather(
        session: &Session,
        tree: &Tree,
        ranges: &[Range<u64>],
        stop: &dyn Fn() -> bool,
    ) -> Result<(Self, Edits), WriteError> {
        let header = session.header();
        let mut names = Names::default();
        if let Some(header) = header {
            let line = session.entry_at(header.offset..header.offset + header.len)?.line;
            let jcode = Object::read(&line).and_then(|line| line.object("metadata")?.object("jcode"));
            names.change(jcode.as_ref());
        }
        let kinds = [memmem::Finder::new("session_info"), memmem::Finder::new("jcode/meta")];
        let (mut ended, mut edits, mut used) = (None, Edits::default(), Used::default());
        for (number, range) in ranges.iter().enumerate() {
            if stop() {
                return Err(WriteError::Interrupted);
            }
            let line = session.entry_at(range.clone())?.line;
            edits.read(&line);
            used.add(&line);
            let last = number + 1 == ranges.len();
            if !last && !kinds.iter().any(|kind| kind.find(&line).is_some()) {
                continue;
            }
            let Some(entry) = Object::read(&line) else { continue };
            match entry.text("type").as_deref() {
                Some("session_info") => names.info = entry.text("name").map(|name| name.into_owned()),
                Some("custom") if entry.text("customType").as_deref() == Some("jcode/meta") => {
                    names.change(entry.object("data").as_ref());
                }
                _ => {}
            }
            if last {
                ended = entry.get("timestamp").and_then(time::parse);
            }
        }
        let on_path = count(ranges.len() as u64, "entry", "entries");
        let entries = match tree.leaves.len() as u64 {
            0 | 1 => on_path,
            leaves => format!("{on_path} of {} ({leaves} branches, this is the active one)", tree.entry_count),
        };
        let title = match names.given() {
            Some(title) => Some(title),
            None => first_prompt(session, ranges, &edits)?,
        };
        let head = Self {
            id: session.id(),
            title,
            cwd: header.and_then(|header| header.cwd.clone()).filter(|cwd| !cwd.is_empty()),
            began: header.and_then(|header| header.created_at),
            ended,
            parent: header.and_then(|header| header.parent_session.clone()),
            entries,
            used: used.words(),
        };
        Ok((head, edits))
    }
}

/// The first prompt of the path, as its edits leave it.
fn first_prompt(session: &Session, ranges: &[Range<u64>], edits: &Edits) -> Result<Option<String>, SessionError> {
    for range in ranges {
        let line = session.entry_at(range.clone())?.line;
        let found = match edits.apply(&line) {
            Edited::No => prompt(&line),
            Edited::Replaced { line, .. } => prompt(&line),
            Edited::LeftOut { .. } => None,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The start of what a person asked for. Commands to the agent are no prompts.
fn prompt(line: &[u8]) -> Option<String> {
    memmem::find(line, b"\"user\"")?;
    let message = Message::read(line);
    let prompt = message.prompt()?;
    (!is_command(prompt)).then(|| shorten(prompt, PROMPT))
}

/// Number of characters of a prompt in place of a title.
const PROMPT: usize = 120;

/// Titles by their source.
#[derive(Debug, Default)]
struct Names {
    info: Option<String>,
    custom: Option<String>,
    title: Option<String>,
}

impl Names {
    fn given(self) -> Option<String> {
        self.info.or(self.custom).or(self.title).filter(|title| !title.trim().is_empty())
    }

    /// Applies jcode's top-level fields that are present; null clears a title.
    fn change(&mut self, fields: Option<&Object<'_>>) {
        for (name, _) in fields.iter().flat_map(|fields| fields.fields()) {
            let text = || fields.and_then(|fields| fields.text(name)).map(|text| text.into_owned());
            match name {
                "custom_title" => self.custom = text(),
                "title" => self.title = text(),
                _ => {}
            }
        }
    }
}
