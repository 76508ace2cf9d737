//! Search over all sessions: every log, on all cores, as it is now.
//!
//! Owns: which sessions are searched, the threads, and what of the answer is told when.
//! Invariant: the total is that of all entries that match, copies of one entry in several sessions counted once; a limit
//! changes only how many are told. Hits are told newest first: [`Order::Exact`] once all is known, [`Order::Streamed`] as
//! soon as nothing that is still to be searched is newer. What could not be searched is named.
//! Does not: decide what matches; core does.

pub mod index;
mod log;
mod merge;
mod pool;

use crate::catalog::{Catalog, FindError, Keep, Listed, names_of_folder};
use crate::os::stat;
use crate::session::discover::Unreadable;
use crate::session::{Given, SessionError};
use index::Index;
use jcode_session_core::catalog::page::Filter;
use jcode_session_core::search::index::Need;
use jcode_session_core::search::{self, Found};
use jcode_session_core::source::identity::FileStamp;
use merge::Merge;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;

/// Which sessions are searched; the default are all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// This one: a path, an id, or the start of one.
    pub session: Option<OsString>,
    /// Those of this working directory.
    pub cwd: Option<PathBuf>,
    /// Those of this agent.
    pub agent: Option<String>,
    /// Those with this tag.
    pub tag: Option<String>,
}

/// When hits are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// When all are known: newest first, whatever times entries claim to have.
    Exact,
    /// As early as can be: newest first, unless an entry claims to be newer than its session's last message.
    Streamed,
    /// When all are known: those first that are most about what was searched for, by BM25 over the hits; among equals the
    /// newest. [`Filter::weighed`](jcode_session_core::search::Filter::weighed) must be set.
    Relevance,
}

/// A search.
///
/// ```no_run
/// use jcode_session_core::search::{Case, Filter, Query, Search as Entries};
/// use jcode_session_native::catalog::Catalog;
/// use jcode_session_native::search::{Order, Scope, Search};
/// use std::ops::ControlFlow;
/// # use std::path::Path;
/// # let catalog = Catalog::new(Path::new("/home/me/.jcode"), &[Path::new("/home/me/.jcode/sessions").to_path_buf()]);
///
/// let entries = Entries::new(Query::literals(&["needle"], Case::Smart)?, Filter::default());
/// let search = Search { entries, scope: Scope::default(), order: Order::Streamed, limit: Some(20) };
/// let searched = search.run(&catalog, &|| false, &mut |hit| {
///     println!("{} {}: {}", hit.session_id, hit.entry_id, hit.found.snippet);
///     ControlFlow::Continue(())
/// })?;
/// println!("{} in all", searched.total);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Search {
    /// Which entries.
    pub entries: search::Search,
    /// Of which sessions.
    pub scope: Scope,
    /// When they are told.
    pub order: Order,
    /// How many are told; all if `None`.
    pub limit: Option<usize>,
}

/// An entry that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its session's log, or the snapshot of a v1 session.
    pub path: PathBuf,
    /// Its session.
    pub session_id: String,
    /// The other agent whose session it is, or was before it was imported.
    pub agent: Option<String>,
    /// Its key.
    pub entry_id: String,
    /// What was found.
    pub found: Found,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Searched {
    /// Entries that match.
    pub total: u64,
    /// Sessions that were searched.
    pub sessions: u64,
    /// It was stopped before all was searched: the total is of what was.
    pub stopped: bool,
    /// Sessions that could not be searched, or not to their end.
    pub failed: Vec<SessionError>,
    /// Files whose entries no search can see: those of a newer format, or of no session.
    pub refused: Vec<SessionError>,
    /// Logs whose sidecar was found to say something else; they answered instead.
    pub contradicted: Vec<PathBuf>,
    /// Folders that could not be looked into.
    pub unreadable: Vec<Unreadable>,
}

/// A session to be searched whose bytes another host gives.
#[derive(Debug)]
pub struct GivenTarget {
    /// Names it in hits and messages.
    pub path: PathBuf,
    /// The other agent whose session it is, or was.
    pub agent: Option<String>,
    /// No entry is expected to be newer, Unix milliseconds.
    pub newest: i64,
    /// Opens it.
    pub give: Give,
}

/// Opens a session whose bytes another host gives; it may be called several times.
pub struct Give(pub Box<dyn Fn() -> Result<Given, SessionError> + Send + Sync>);

impl std::fmt::Debug for Give {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Give")
    }
}

/// A session that is to be searched.
#[derive(Debug)]
struct Target {
    path: PathBuf,
    /// Opens it, if it is no file here.
    given: Option<Give>,
    agent: Option<String>,
    /// No entry is expected to be newer, Unix milliseconds.
    newest: i64,
    /// What its log is, and a digest of what lies beside it, as far as that was asked for.
    stamp: Option<(FileStamp, u64)>,
    /// The blocks of its log that may hold a hit; all may if `None`.
    blocks: Option<Vec<u32>>,
}

impl Search {
    /// Runs it. `stop` is asked now and then; `each` gets the hits and may break, which also stops it.
    ///
    /// # Errors
    /// If the session that is asked for is not found.
    pub fn run(
        &self,
        catalog: &Catalog,
        stop: &(dyn Fn() -> bool + Sync),
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<Searched, FindError> {
        let mut searched = Searched::default();
        let mut targets = self.targets(catalog, &mut searched)?;
        self.ask_index(catalog.home(), &mut targets);
        Ok(self.run_over(&targets, searched, stop, each))
    }

    /// Runs it over sessions that another host gives; the scope is that host's to keep.
    pub fn run_given(
        &self,
        targets: Vec<GivenTarget>,
        stop: &(dyn Fn() -> bool + Sync),
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Searched {
        let target = |GivenTarget { path, agent, newest, give }| Target {
            path,
            given: Some(give),
            agent,
            newest,
            stamp: None,
            blocks: None,
        };
        let mut targets: Vec<Target> = targets.into_iter().map(target).collect();
        targets.sort_by_key(|target| std::cmp::Reverse(target.newest));
        self.run_over(&targets, Searched::default(), stop, each)
    }

    fn run_over(
        &self,
        targets: &[Target],
        mut searched: Searched,
        stop: &(dyn Fn() -> bool + Sync),
        each: &mut dyn FnMut(Hit) -> ControlFlow<()>,
    ) -> Searched {
        searched.sessions = targets.len() as u64;
        let broken = AtomicBool::new(false);
        let stop = || broken.load(Ordering::Relaxed) || stop();
        let newest = targets.iter().map(|target| target.newest).collect();
        let mut merge = Merge::new(self.order, newest, self.limit);
        let only_counts = AtomicBool::new(merge.only_counts());
        let pool = pool::Pool::new(&self.entries, targets, &stop, &only_counts);
        let (sender, receiver) = sync_channel(256);
        std::thread::scope(|scope| {
            for _ in 0..pool.threads() {
                let (pool, sender) = (&pool, sender.clone());
                scope.spawn(move || pool.work(&sender));
            }
            drop(sender);
            for news in receiver {
                if !broken.load(Ordering::Relaxed) && merge.take(news, targets, each).is_break() {
                    broken.store(true, Ordering::Relaxed);
                }
                only_counts.store(merge.only_counts(), Ordering::Relaxed);
            }
        });
        searched.stopped = stop();
        if !broken.load(Ordering::Relaxed) {
            merge.tell_rest(targets, each);
        }
        merge.end(&mut searched);
        searched
    }

    /// The sessions in its scope, those with the newest message first. The times of files tell nothing of it: all files
    /// that were copied, upgraded or imported are new.
    fn targets(&self, catalog: &Catalog, searched: &mut Searched) -> Result<Vec<Target>, FindError> {
        let Scope { session, cwd, agent, tag } = &self.scope;
        let all = catalog.refresh(Keep::Store);
        let one = session.as_deref().map(|session| catalog.find(session)).transpose()?;
        if one.is_none() {
            searched.unreadable = all.unreadable;
        }
        let cwds = || all.sessions.iter().filter_map(|listed| listed.summary.cwd.as_deref());
        let cwd = cwd.as_deref().map(|folder| names_of_folder(folder, cwds()));
        let filter = Filter { cwd, tag: tag.clone(), agent: agent.clone(), ..Filter::default() };
        let is_it = |listed: &Listed| one.as_ref().is_none_or(|one| is_same(one, &listed.path));
        let listed: Vec<Listed> = all.sessions.into_iter().filter(is_it).collect();
        let is_elsewhere = listed.is_empty() && filter == Filter::default();
        let target = |listed: Listed| Target {
            path: listed.path,
            given: None,
            agent: listed.summary.agent,
            newest: listed.summary.last_modified,
            stamp: Some(listed.stamp),
            blocks: None,
        };
        let passing = listed.into_iter().filter(|listed| filter.passes(&listed.summary));
        let mut targets: Vec<Target> = passing.map(target).collect();
        // Below no folder that is listed: nothing but its path is known of it.
        let unknown = |path| Target { path, given: None, agent: None, newest: i64::MAX, stamp: None, blocks: None };
        targets.extend(one.filter(|_| is_elsewhere).map(unknown));
        targets.sort_by_key(|target| std::cmp::Reverse(target.newest));
        Ok(targets)
    }

    /// Asks the index which blocks of them may hold a hit.
    fn ask_index(&self, home: &Path, targets: &mut [Target]) {
        let need = self.entries.need();
        if need == Need::Nothing {
            return;
        }
        let index = Index::open(home);
        let known = targets.iter().filter_map(|target| target.stamp.as_ref().map(|(stamp, beside)| (stamp, *beside)));
        let mut blocks = index.blocks_of(&need, known).into_iter();
        for target in targets.iter_mut().filter(|target| target.stamp.is_some()) {
            target.blocks = blocks.next().flatten();
        }
    }
}

/// Two paths of one file; only what has the same name is asked for where it lies.
fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path| stat::real_path(path).ok();
    a == b || a.file_name() == b.file_name() && real(a).is_some_and(|a| Some(a) == real(b))
}
