//! The session index, and lists of sessions that are never stale.
//!
//! Owns: the refresh, which combines stored rows, one walk over the folders and core's plan; the picker; the meaning of
//! SESSION.
//! Invariant: the answer is that of a plain scan. The index only saves reading sessions that did not change. If it is
//! missing, locked, corrupt, newer or unwritable, a list takes longer and lacks no session. The index is written only
//! if its lock is free at once; nobody waits for it. Core decides which rows hold and what a summary contains.

mod current;
mod db;
mod find;
mod folder;
mod opencode;
mod picker;
mod places;
mod read;
mod root;
mod walk;

use crate::os::{host, stat};
use crate::session::discover::Unreadable;
use db::{Dropped, Store, Unusable};
use jcode_session_core::catalog::page::{Cursor, order};
use jcode_session_core::catalog::refresh::{Plan, Seen, plan};
use jcode_session_core::catalog::{Row, SessionSummary};
use jcode_session_core::source::identity::FileStamp;
pub use opencode::{opencode_databases, written_down};
pub use picker::{Changes, Picker};
pub use places::other_places;
use root::Root;
pub(crate) use root::path_of;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use walk::OnDisk;
use walk::{FoundSession, Walked};

pub(crate) use current::update_own_row;
pub use db::file_path;
pub use find::FindError;
pub use folder::names_of_folder;

/// One session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its log, or the snapshot of a v1 session.
    pub path: PathBuf,
    /// What is known about it.
    pub summary: Box<SessionSummary>,
    /// What is read of it, as it is now: stamp, and digest over what lies beside.
    pub(crate) stamp: (FileStamp, u64),
}

impl Listed {
    /// The position of this session in a list.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor::at(&self.summary, self.key().1)
    }

    fn key(&self) -> (&SessionSummary, &[u8]) {
        (&self.summary, self.path.as_os_str().as_encoded_bytes())
    }
}

/// The result of a refresh.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// All sessions, newest first.
    pub sessions: Vec<Listed>,
    /// Files that are named like a log and are no session, by path.
    pub others: Vec<PathBuf>,
    /// Folders and files that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Number of stored rows that did not hold, because their session changed or is gone.
    pub stale_rows: u64,
    /// Why the index was not used, in words. `None` if it was used or does not exist.
    pub unusable: Option<String>,
}

/// From this page length on, all rows are read and the page is cut from the sorted list.
const ALL_AT_ONCE: usize = 1000;

/// Whether a refresh may write the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Changes are stored in the index.
    Store,
    /// Nothing is written.
    Nothing,
}

/// The sessions below some folders.
#[derive(Debug, Clone)]
pub struct Catalog {
    store: Store,
    roots: Vec<Root>,
}

impl Catalog {
    /// The catalog of the sessions below `roots`, with the session index of `home`.
    #[must_use]
    pub fn new(home: &Path, roots: &[PathBuf]) -> Self {
        let mut own: Vec<Root> = Vec::new();
        for root in roots.iter().map(|root| Root::new(root)) {
            if !own.iter().any(|other| other.key == root.key) {
                own.push(root);
            }
        }
        Self { store: Store::new(home), roots: own }
    }

    /// The home whose session index this is.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.store.home()
    }

    /// What is read of each session, as it is now; no file is opened.
    pub(crate) fn on_disk(&self) -> Vec<OnDisk> {
        let of_root = |root: &Root| -> Vec<OnDisk> {
            walk::walk(&root.given).sessions.iter().map(|session| session.on_disk(&root.given)).collect()
        };
        self.roots.iter().flat_map(of_root).collect()
    }

    /// The newest sessions as the index has them, unchecked; nothing if the index cannot be read at once.
    #[must_use]
    pub fn first_page(&self, limit: usize) -> Vec<Listed> {
        let mut sessions = Vec::new();
        for root in &self.roots {
            let others = sessions.len();
            let see = |row| sessions.extend(root.listed(row));
            // A page this long is read faster in storage order than through the index on time.
            let read = match limit {
                0..ALL_AT_ONCE => self.store.newest(&root.key, limit, see),
                _ => self.store.all(&root.key, see),
            };
            if read.is_err() {
                sessions.truncate(others);
            }
        }
        sort(&mut sessions);
        sessions.truncate(limit);
        sessions
    }

    /// All sessions as they are now.
    #[must_use]
    pub fn refresh(&self, keep: Keep) -> Refreshed {
        let mut all = Refreshed::default();
        for root in &self.roots {
            self.refresh_root(root, keep, &mut all);
        }
        sort(&mut all.sessions);
        all.others.sort_unstable();
        if self.roots.len() > 1 {
            // The given folders may contain one another.
            let mut seen = std::collections::HashSet::new();
            let mut is_new = |path: &Path| seen.insert(stat::real_path(path).unwrap_or_else(|_| path.to_path_buf()));
            all.sessions.retain(|session| is_new(&session.path));
            all.others.retain(|path| is_new(path));
        }
        all
    }

    fn refresh_root(&self, root: &Root, keep: Keep, all: &mut Refreshed) {
        let (stored, walked) = std::thread::scope(|scope| {
            let walked = scope.spawn(|| walk::walk(&root.given));
            let stored = self.store.load(&root.key);
            (stored, walked.join().unwrap_or_default())
        });
        let (stored, usable) = match stored {
            Ok(loaded) => (loaded, Ok(())),
            Err(why) => (db::Loaded::default(), Err(why)),
        };
        let Walked { sessions: mut found, unreadable } = walked;
        all.unreadable.extend(unreadable);
        found.sort_unstable_by(|a, b| a.rel.cmp(&b.rel));
        let seen: Vec<Seen<'_>> = found.iter().map(FoundSession::seen).collect();
        let mut sidecar = |seen: &Seen<'_>| root.sidecar_stamp(seen.rel);
        let damaged = stored.damaged;
        let Plan { kept, read: to_read, dropped } = plan(stored.rows, &seen, &mut sidecar);
        all.stale_rows += dropped.len() as u64 + damaged + to_read.iter().filter(|(_, stale)| *stale).count() as u64;
        let fresh = read_all(root, &found, &to_read);
        let anew = usable.is_err() || damaged > 0;
        if keep == Keep::Store && (anew || !fresh.is_empty() || !dropped.is_empty()) {
            // A broken index is rebuilt from all known rows.
            let everything = if anew { kept.as_slice() } else { &[] };
            let dropped = if anew { Dropped::AllOthers } else { Dropped::These(&dropped) };
            self.store.save(&root.key, &usable, fresh.iter().chain(everything), dropped);
        }
        match usable {
            Ok(()) | Err(Unusable::Missing) => {}
            Err(why) => all.unusable = Some(why.to_string()),
        }
        for row in kept.into_iter().chain(fresh) {
            all.others.extend(root.other(&row));
            all.sessions.extend(root.listed(row));
        }
    }
}

/// Sorts sessions into list order. Sorts positions first, because a summary is expensive to move.
fn sort(sessions: &mut Vec<Listed>) {
    let mut places: Vec<(i64, usize)> =
        sessions.iter().enumerate().map(|(place, session)| (session.summary.list_time(), place)).collect();
    places.sort_unstable_by(|a, b| match b.0.cmp(&a.0) {
        std::cmp::Ordering::Equal => match (sessions.get(a.1), sessions.get(b.1)) {
            (Some(a), Some(b)) => order(a.key(), b.key()),
            _ => std::cmp::Ordering::Equal,
        },
        by_time => by_time,
    });
    if places.is_sorted_by_key(|&(_, place)| place) {
        return;
    }
    let mut moved: Vec<Option<Listed>> = std::mem::take(sessions).into_iter().map(Some).collect();
    sessions.extend(places.into_iter().filter_map(|(_, place)| moved.get_mut(place)?.take()));
}

/// Reads sessions on all cores.
fn read_all(root: &Root, found: &[FoundSession], wanted: &[(usize, bool)]) -> Vec<Row> {
    let read = |position: usize| found.get(position).and_then(|session| read::read(&root.given, session));
    if wanted.len() < 2 {
        return wanted.iter().filter_map(|&(position, _)| read(position)).collect();
    }
    let rows: Mutex<Vec<Row>> = Mutex::new(Vec::with_capacity(wanted.len()));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..host::cores().min(wanted.len()) {
            scope.spawn(|| {
                let mut own = Vec::new();
                while let Some(&(position, _)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                    own.extend(read(position));
                }
                rows.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Rows that are stored in this order are also loaded in it, which saves a sort.
    rows.sort_unstable_by(|a, b| a.rel.cmp(&b.rel));
    rows
}
