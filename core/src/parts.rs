//! The files of a session, told apart by their names.
//!
//! If you change this, then change `host-wasm/inspector/src/state/parts.ts` too, its twin for files chosen in a page.
//! `tests/part-names.json` tests both.
//!
//! Owns: what each file name in a sessions folder means (sections 2 and 8 of `docs/format.md`).
//! Invariant: the result depends on the name alone, never on the file's content.

use crate::storage::Name;

/// The role of a file in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `<stem>.jsonl`: the log.
    Log,
    /// `<stem>.jsonl.zst`: a log of another agent, packed.
    Packed,
    /// `<id>.json`: jcode's v1 snapshot.
    Snapshot,
    /// `<id>.journal.jsonl`: jcode's v1 journal.
    Journal,
    /// `<id>.bak`: the v1 snapshot before the last one.
    Backup,
    /// A damaged or emptied v1 file that jcode kept.
    SetAside,
    /// `<stem>.sqlite3`: the sidecar.
    Sidecar,
    /// A file that SQLite keeps beside an open sidecar.
    SidecarJournal,
    /// `<stem>.lock`: the writer's lock.
    Lock,
    /// A temporary file of this software.
    OwnTemporary,
    /// A temporary file of another program.
    Temporary,
    /// Anything else.
    Other,
}

/// Prefix of the names of this software's temporary files; they end with `.tmp`.
pub const OWN_TEMPORARY: &str = ".jcode-session-";

/// Suffixes that SQLite adds to a sidecar's name for the files beside it.
pub const SIDECAR_JOURNALS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Classifies a file by its name.
#[must_use]
pub fn classify(name: &str) -> Part {
    if name.starts_with(OWN_TEMPORARY) && name.ends_with(".tmp") {
        return Part::OwnTemporary;
    }
    if name.ends_with(".tmp") || name.contains(".tmp.") {
        return Part::Temporary;
    }
    let Some((stem, extension)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else {
        return Part::Other;
    };
    let set_aside = stem.contains(".pre-wipe") || stem.ends_with(".corrupt") || stem.ends_with(".bak");
    match extension {
        "jsonl" if name.ends_with(".journal.jsonl") => Part::Journal,
        "jsonl" | "bak" if set_aside => Part::SetAside,
        "jsonl" if name.starts_with('.') => Part::Other,
        "jsonl" => Part::Log,
        "json" if Name::new(stem).is_some() && !stem.contains(".tmp") && !stem.ends_with(".bak") => Part::Snapshot,
        "zst" if stem.ends_with(".jsonl") && classify(stem) == Part::Log => Part::Packed,
        "bak" => Part::Backup,
        "sqlite3" => Part::Sidecar,
        "lock" => Part::Lock,
        _ if is_sidecar_journal(extension) => Part::SidecarJournal,
        _ => Part::Other,
    }
}

fn is_sidecar_journal(extension: &str) -> bool {
    extension.strip_prefix("sqlite3").is_some_and(|more| SIDECAR_JOURNALS.contains(&more))
}

/// True if a folder with this name is a session's store, which holds no sessions.
#[must_use]
pub fn is_store(name: &str) -> bool {
    name.strip_suffix(STORE).and_then(|name| name.strip_suffix('.')).is_some_and(|stem| !stem.is_empty())
}

/// The extension of a session's store.
pub const STORE: &str = "store";

impl Part {
    /// The extension of a part that a session has at most once; such parts share the stem. `None` for other parts.
    #[must_use]
    pub const fn extension(self) -> Option<&'static str> {
        match self {
            Self::Log => Some("jsonl"),
            Self::Snapshot => Some("json"),
            Self::Journal => Some("journal.jsonl"),
            Self::Backup => Some("bak"),
            Self::Sidecar => Some("sqlite3"),
            Self::Lock => Some("lock"),
            Self::Packed
            | Self::SetAside
            | Self::SidecarJournal
            | Self::OwnTemporary
            | Self::Temporary
            | Self::Other => None,
        }
    }

    /// True for jcode's v1 files.
    #[must_use]
    pub const fn is_v1(self) -> bool {
        matches!(self, Self::Snapshot | Self::Journal | Self::Backup | Self::SetAside)
    }
}
