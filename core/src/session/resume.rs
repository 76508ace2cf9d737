//! Resume: everything that a user interface shows first, in one call, and older pages on demand.
//!
//! Owns: the content of the first page.
//! Invariant: with a fresh sidecar the cost follows the page, not the log. Only a compacted session is walked further,
//! row by row, up to its last compaction. Payloads outside the page are not read.

use super::locate::{Locator, Spot};
use super::{Edits, Entry, LocateError, ReadError, Session};
use crate::json::text;
use crate::log::{Dialect, LineReader, Outcome, Record, id_of};
use crate::source::ByteSource;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The data that a user interface shows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The session's id.
    pub session_id: String,
    /// The dialect of the log's file.
    pub dialect: Dialect,
    /// The session's current title.
    pub title: Option<String>,
    /// Working directory.
    pub cwd: Option<String>,
    /// Time in the header, Unix milliseconds.
    pub created_at: Option<i64>,
    /// The model in the last entry of the page that names one.
    pub model: Option<String>,
    /// Number of entries.
    pub entry_count: u64,
    /// Number of message entries.
    pub message_count: u64,
    /// Time of the last message, Unix milliseconds.
    pub last_message_at: Option<i64>,
    /// The last compaction on the active path; the model's context has only what it keeps and what follows it.
    pub compaction: Option<Compaction>,
    /// The last entries of the active path, in path order.
    pub page: Vec<Entry>,
    /// The edits that hold on that page; they supply the edited lines.
    pub edits: Edits,
}

/// A compaction on the active path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    /// The compaction's own line.
    pub entry: Entry,
    /// Id of the first entry before it that stays in the model's context.
    pub first_kept: Option<String>,
}

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// Everything that a user interface shows first, with the last `page` entries of the active path. `stem`: the
    /// session's id if the header has none.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn resume(&self, stem: &str, page: usize) -> Result<Resume, ReadError> {
        let page = self.tail(page)?;
        let counts = self.counts()?.clone();
        let compaction = if counts.compactions > 0 { self.last_compaction()? } else { None };
        let header = self.header();
        Ok(Resume {
            session_id: self.header_id().unwrap_or(stem).to_string(),
            dialect: self.dialect(),
            title: counts.title,
            cwd: header.and_then(|header| header.cwd.clone()),
            created_at: header.and_then(|header| header.created_at),
            model: page.iter().rev().find_map(|entry| entry.with_record(model).flatten()),
            entry_count: counts.entries,
            message_count: counts.messages,
            last_message_at: counts.last_message_at,
            compaction,
            edits: Edits::of(page.iter().map(|entry| &*entry.line)),
            page,
        })
    }

    /// The `count` entries before the entry `key` on its path, in path order; empty at the root. Edits of them may
    /// stand behind `key`: add those of the later pages by [`Edits::put_before`].
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn before(&self, key: &str, count: usize) -> Result<Vec<Entry>, ReadError> {
        let mut entries = Vec::new();
        self.path_to(Some(key), Some(count.saturating_add(1)), &mut |entry| entries.push(entry))?;
        entries.pop();
        Ok(entries)
    }

    fn last_compaction(&self) -> Result<Option<Compaction>, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = None;
            let mut at = locator.last()?;
            while let Some(spot) = at {
                if spot.kind.as_deref().is_none_or(|kind| kind == "compaction")
                    && let Some(compaction) = self.compaction_at(locator, &spot)?
                {
                    found = Some(compaction);
                    return Ok(());
                }
                at = match spot.parent {
                    Some(parent) => Some(locator.spot(parent)?.ok_or(LocateError::Mismatch)?),
                    None => None,
                };
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn compaction_at(&self, locator: &dyn Locator, spot: &Spot) -> Result<Option<Compaction>, LocateError> {
        let entry = self.claimed(spot)?;
        locator.check(spot, &entry, None)?;
        let kept = entry.with_record(|record| {
            (record.fields.kind_text() == "compaction")
                .then(|| record.fields.first_kept.and_then(id_of).map(|id| id.into_owned()))
        });
        Ok(kept.flatten().map(|first_kept| Compaction { entry, first_kept }))
    }
}

impl Entry {
    /// Reads the entry's line as a record.
    pub(super) fn with_record<T>(&self, read: impl FnOnce(&Record<'_>) -> T) -> Option<T> {
        match LineReader::new().read(self.offset, 0, &self.line, false) {
            Outcome::Whole(record) => Some(read(&record)),
            _ => None,
        }
    }
}

/// The model that an entry names: of a model change, or of a model's message.
fn model(record: &Record<'_>) -> Option<String> {
    let fields = &record.fields;
    let token = match fields.kind_text().as_ref() {
        "model_change" => fields.model_id,
        "message" => fields.message.and_then(|message| crate::dialect::field(message, "model")),
        _ => None,
    };
    token.and_then(text::string).map(|model| model.into_owned())
}
