//! Sessions of a store, read where they are.
//!
//! Owns: which histories a session has there, what a word means, and each as a session that the native host reads.
//! Invariant: nothing is written here. Where two machines have histories of which neither begins the other, both are
//! shown, each under its machine's name.

use crate::archive::{Archive, OpenError};
use crate::memory::Home;
use crate::objects::ObjectError;
use crate::source::{aside_source, ledger_source, log_source};
use crate::view::View;
use jcode_session_core::archive::{Relation, SessionHead, Side, Tip, digest_of, relate};
use jcode_session_core::catalog::lookup::Lookup;
use jcode_session_core::catalog::{Named, SessionSummary, summarize_log, summarize_v1};
use jcode_session_core::dialect::jcode::V1Sources;
use jcode_session_core::parts::{Part, classify};
use jcode_session_core::source::SourceError;
use jcode_session_native::os::{host, paths};
use jcode_session_native::search::{Give, GivenTarget};
use jcode_session_native::session::{Bytes, Given, Session, SessionError};
use std::path::{Path, PathBuf};

/// Behind a session's id, and before the machine whose history of it is meant.
const AT: char = '@';

/// Why a session was not found in a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// There is none.
    #[error("no session `{0}` in the store: it is not the id, or the start of an id, of one that was pushed")]
    NotFound(String),
    /// There are several.
    #[error("`{word}` can mean {}; give more of the id", ids.join(", "))]
    Ambiguous {
        /// The word.
        word: String,
        /// The first of the sessions.
        ids: Vec<String>,
    },
    /// It has several histories.
    #[error("the machines have different histories of it; name one of {}", ids.join(", "))]
    Diverged {
        /// The session with each of its machines.
        ids: Vec<String>,
    },
}

/// A history of a session in a store.
#[derive(Debug, Clone)]
pub struct RemoteSession {
    /// The machine that pushed it; of several with the same one of them.
    pub machine: String,
    /// The session's id, with the machine's name if there are several histories.
    pub id: String,
    /// How it is shown: the store, the id, and the name of its file.
    pub path: PathBuf,
    /// What was pushed.
    pub head: SessionHead,
}

/// A store, open for reading.
#[derive(Debug)]
pub struct Remote {
    archive: Archive,
    view: View,
}

/// Ids that an ambiguity names.
const NAMED: usize = 5;

impl Remote {
    /// Opens a store. `home` remembers what was seen of it.
    ///
    /// # Errors
    /// Fails if there is no archive, or it does not answer.
    pub fn open(archive: Archive, home: &Path) -> Result<Self, OpenError> {
        let archive = archive.existing()?;
        let remembered = Home::new(home).remembered(archive.id());
        let view = archive.view(&remembered.commits)?;
        Ok(Self { archive, view })
    }

    /// The store.
    #[must_use]
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }

    /// What each machine pushed.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// All histories of all sessions, by id.
    #[must_use]
    pub fn sessions(&self) -> Vec<RemoteSession> {
        self.view.ids().into_iter().flat_map(|id| self.histories(id)).collect()
    }

    /// The histories of a session: those that no other one continues.
    fn histories(&self, id: &str) -> Vec<RemoteSession> {
        let mut longest: Vec<(&str, &SessionHead)> = Vec::new();
        for (machine, head) in self.view.heads(id) {
            // What cannot be compared is shown beside the others.
            let relation = |other: &SessionHead| self.relate(head, other).unwrap_or(Relation::Diverged);
            if longest.iter().any(|(_, other)| matches!(relation(other), Relation::Same | Relation::Behind)) {
                continue;
            }
            longest.retain(|(_, other)| relation(other) != Relation::Ahead);
            longest.push((machine, head));
        }
        let are_several = longest.len() > 1;
        let session = |(machine, head): (&str, &SessionHead)| {
            let id = if are_several { format!("{id}{AT}{}", self.view.label(machine)) } else { id.to_string() };
            let file = head.path.rsplit('/').next().unwrap_or_default();
            let path = PathBuf::from(format!("{}/sessions/{id}/{file}", self.archive.url()));
            RemoteSession { machine: machine.to_string(), id, path, head: head.clone() }
        };
        longest.into_iter().map(session).collect()
    }

    /// How two histories of a session relate.
    ///
    /// # Errors
    /// Fails if bytes of the store are needed and cannot be read.
    pub fn relate(&self, first: &SessionHead, second: &SessionHead) -> Result<Relation, SourceError> {
        relate_heads(&self.archive, first, second)
    }

    /// The session that a word means: its id or the start of it, its file's stem or its short name; behind `@` the
    /// machine, or the start of its id.
    ///
    /// # Errors
    /// See [`FindError`].
    pub fn find(&self, word: &str) -> Result<RemoteSession, FindError> {
        let (name, machine) = word.split_once(AT).map_or((word, None), |(name, machine)| (name, Some(machine)));
        let mut lookup = Lookup::new(name);
        for id in self.view.ids() {
            for (_, head) in self.view.heads(id) {
                let file = head.path.rsplit('/').next().unwrap_or_default();
                lookup.see(&paths::stem(Path::new(file)), head.summary().as_ref(), id);
                lookup.see(id, None, id);
            }
        }
        let mut meant = lookup.meant();
        meant.sort_unstable();
        meant.dedup();
        let id = match *meant {
            [] => return Err(FindError::NotFound(word.to_string())),
            [id] => id,
            _ => {
                let ids = meant.iter().take(NAMED).map(ToString::to_string).collect();
                return Err(FindError::Ambiguous { word: word.to_string(), ids });
            }
        };
        let mut histories = self.histories(id);
        if let Some(machine) = machine {
            let head = self.view.machine(machine).and_then(|line| line.sessions.get(id).map(|head| (line, head)));
            let (line, head) = head.ok_or_else(|| FindError::NotFound(word.to_string()))?;
            let file = head.path.rsplit('/').next().unwrap_or_default();
            let id = format!("{id}{AT}{}", self.view.label(&line.machine));
            let path = PathBuf::from(format!("{}/sessions/{id}/{file}", self.archive.url()));
            return Ok(RemoteSession { machine: line.machine.clone(), id, path, head: head.clone() });
        }
        match histories.pop() {
            Some(one) if histories.is_empty() => Ok(one),
            Some(one) => {
                let ids = histories.into_iter().chain([one]).map(|session| session.id).collect();
                Err(FindError::Diverged { ids })
            }
            None => Err(FindError::NotFound(word.to_string())),
        }
    }

    /// The bytes of a session.
    #[must_use]
    pub fn give(&self, session: &RemoteSession) -> Given {
        give(&self.archive, &session.head)
    }

    /// A session, open for reading.
    ///
    /// # Errors
    /// Fails if it cannot be read.
    pub fn read(&self, session: &RemoteSession) -> Result<Session, SessionError> {
        Session::given(&session.path, self.give(session))
    }

    /// The files of a session by their places, that of its log empty.
    #[must_use]
    pub fn files(&self, session: &RemoteSession) -> Vec<(String, Bytes)> {
        let (archive, head) = (&self.archive, &session.head);
        let log = head.log.as_ref().map(|_| (String::new(), log_source(archive, head)));
        let ledger = head.ledger.as_ref().map(|_| ("ledger.jsonl".to_string(), ledger_source(archive, head)));
        let kept = head.aside.iter().map(|aside| (aside.place.clone(), aside_source(archive, head, aside)));
        log.into_iter().chain(ledger).chain(kept).collect()
    }

    /// A session, to be searched.
    #[must_use]
    pub fn target(&self, session: &RemoteSession) -> GivenTarget {
        let summary = session.head.summary().unwrap_or_default();
        let (archive, head) = (self.archive.clone(), session.head.clone());
        let give = Give(Box::new(move || Ok(give(&archive, &head))));
        GivenTarget { path: session.path.clone(), agent: summary.agent, newest: i64::MAX, give }
    }

    /// What a list shows of a session: what was pushed with it, or, if that is of another version, what it says.
    ///
    /// # Errors
    /// Fails if the session has to be read and cannot be.
    pub fn summary(&self, session: &RemoteSession) -> Result<SessionSummary, ObjectError> {
        if let Some(summary) = session.head.summary() {
            return Ok(summary);
        }
        let stem = paths::stem(&session.path);
        let named = Named { stem: &stem, file_time: 0, now_ms: host::now_ms() };
        let failed = |message: String| ObjectError::new("read", session.path.display().to_string(), message);
        match self.give(session) {
            Given::Log(log) => summarize_log(&log, named, &mut || Ok(None))
                .map(Option::unwrap_or_default)
                .map_err(|error| failed(error.to_string())),
            Given::V1(files) => summarize_v1(files, named).map_err(|error| failed(error.to_string())),
        }
    }
}

pub(crate) fn relate_heads(
    archive: &Archive,
    first: &SessionHead,
    second: &SessionHead,
) -> Result<Relation, SourceError> {
    let mut digest = |side, range| {
        let head = match side {
            Side::First => first,
            Side::Second => second,
        };
        digest_of(&log_source(archive, head), range)
    };
    relate(Tip::of(first.log.as_ref()), Tip::of(second.log.as_ref()), &mut digest)
}

fn give(archive: &Archive, head: &SessionHead) -> Given {
    match (&head.log, v1(archive, head)) {
        (None, Some(files)) => Given::V1(files),
        _ => Given::Log(log_source(archive, head)),
    }
}

/// jcode's v1 files of a session, if it has any.
pub(crate) fn v1(archive: &Archive, head: &SessionHead) -> Option<V1Sources<Bytes>> {
    let of = |part: Part| {
        let is_it = |name: &str| classify(name) == part;
        let aside = head.aside.iter().find(|aside| aside.place.strip_prefix("beside/").is_some_and(is_it))?;
        Some(aside_source(archive, head, aside))
    };
    let snapshot = of(Part::Snapshot)?;
    let file = head.path.rsplit('/').next().unwrap_or_default();
    let session_id = paths::stem(Path::new(file));
    Some(V1Sources { session_id, snapshot: Some(snapshot), bak: of(Part::Backup), journal: of(Part::Journal) })
}
