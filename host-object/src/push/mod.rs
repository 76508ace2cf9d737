//! Push: what is durable here, brought to a store.
//!
//! Owns: the order: pieces and kept files, then, once those are durable, the commit that names them, then what is
//! remembered here.
//! Invariant: a commit names only what is in the store. A session that fails is left out and told; it stops no other. A
//! run that ends anywhere has changed nothing that the next one does not take up again.

mod putting;
mod session;

use crate::archive::{Archive, OpenError, PutError};
use crate::local::{Local, Locals};
use crate::memory::{Home, MemoryError, Remembered};
use crate::objects::ObjectError;
use crate::view::{View, encode};
use crate::workers;
use jcode_session_core::archive::{Digest, Line, Mark, Own, SessionHead, judge, name};
use jcode_session_core::log::time;
use jcode_session_core::report::PushReport;
use jcode_session_native::os::files::PathError;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::{host, stat};
use session::{Done, Run};
use std::iter;
use std::path::{Path, PathBuf};

/// What is pushed.
#[derive(Debug, Clone)]
pub struct Push {
    /// The home.
    pub home: PathBuf,
    /// Its sessions folders.
    pub roots: Vec<PathBuf>,
    /// The sessions, by the paths of their logs or snapshots; all if `None`.
    pub only: Option<Vec<PathBuf>>,
    /// Nothing is put; what would be is told exactly.
    pub dry_run: bool,
}

/// What a push came to.
#[derive(Debug)]
pub struct Pushed {
    /// The report.
    pub report: PushReport,
    /// What else is to be known.
    pub warnings: Vec<String>,
    /// The run was stopped before all was pushed.
    pub stopped: bool,
}

/// Why nothing was pushed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store does not answer.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The commit could not be put: what was put before it is named by nothing, and will be again.
    #[error("nothing is pushed until its commit is in the store: {0}")]
    Commit(PutError),
    /// What is remembered here cannot be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// A session is not below the sessions folders.
    #[error("{} is not below a sessions folder, which tells its place in a store; `--sessions-dir` names one", shown(.0))]
    Elsewhere(PathBuf),
    /// Compression failed.
    #[error("the commit cannot be compressed: {0}")]
    Compression(std::io::Error),
}

impl From<PathError> for PushError {
    fn from(error: PathError) -> Self {
        Self::Memory(error.into())
    }
}

/// Pushes sessions. `stop` is asked between them; `tick` gets how many are done.
///
/// # Errors
/// See [`PushError`]. What concerns one session is in the report.
pub fn push(
    archive: &mut Archive,
    what: &Push,
    stop: &(dyn Fn() -> bool + Sync),
    tick: &(dyn Fn() + Sync),
) -> Result<Pushed, PushError> {
    let home = Home::new(&what.home);
    let _lock = if what.dry_run { None } else { Some(home.lock()?) };
    if !what.dry_run {
        archive.make()?;
    }
    let mut warnings = Vec::new();
    let mut remembered = home.remembered(archive.id());
    let before = remembered.clone();
    let view = if archive.id().is_some() { archive.view(&remembered.commits)? } else { View::default() };
    warnings.extend(view.troubles.iter().map(|trouble| format!("{}: {}", trouble.name, trouble.message)));
    let mut line = own_line(&home, &view, &mut remembered, what.dry_run, &mut warnings)?;
    let locals = Locals::find(&what.home, &what.roots, iter::once(&line).chain(view.lines.values()));
    warnings.extend(locals.unreadable.iter().map(ToString::to_string));
    let asked = asked(&locals, what.only.as_deref())?;
    let checks = what.only.is_some() && archive.id().is_some();
    let run = Run { archive, view: &view, line: &line, remembered: &remembered, dry_run: what.dry_run, checks };
    let done = workers::each(&asked, stop, |local| {
        let done = run.one(local);
        tick();
        done
    });
    let stopped = done.iter().any(Option::is_none);
    let done: Vec<Done> = done.into_iter().flatten().collect();
    let is_new = |done: &&Done| done.changed;
    let changed: Vec<SessionHead> = done.iter().filter(is_new).filter_map(|done| done.head.clone()).collect();
    let mut commit = (!changed.is_empty()).then(|| line.n() + 1);
    if !what.dry_run {
        if !changed.is_empty() {
            archive.objects().settle()?;
            let all = done.iter().filter_map(|done| done.head.clone()).collect();
            let changed = Changed { some: changed, all };
            commit = Some(put_commit(&home, archive, &mut line, changed, &mut remembered, &mut warnings)?);
        }
        view.lines.values().filter(|seen| seen.machine != line.machine).for_each(|seen| remembered.commits.see(seen));
        remember(&mut remembered, &done);
        if remembered != before {
            home.remember(archive.id().unwrap_or_default(), &remembered)?;
        }
    }
    let told = done.into_iter().map(|done| done.told).collect();
    let report = PushReport::new(what.dry_run, line.machine, commit, told);
    Ok(Pushed { report, warnings, stopped })
}

/// The line of this home's machine. A home that finds another's commits in its line goes on as another machine.
fn own_line(
    home: &Home,
    view: &View,
    remembered: &mut Remembered,
    dry_run: bool,
    warnings: &mut Vec<String>,
) -> Result<Line, PushError> {
    let new = |remembered: &mut Remembered| {
        remembered.commits.renamed();
        remembered.unchanged.clear();
        Ok(Line::new(&if dry_run { String::from("new") } else { home.rename()? }))
    };
    let Some(machine) = home.machine()? else { return new(remembered) };
    let line = view.lines.get(&machine).cloned().unwrap_or_else(|| Line::new(&machine));
    let is_broken = view.troubles.iter().any(|trouble| trouble.machine == machine && !trouble.is_rewound);
    match judge(&remembered.commits, &line) {
        Own::Mine if !is_broken => Ok(line),
        Own::Rewound if !is_broken => {
            // What the store has lost is pushed again, behind what it has.
            remembered.unchanged.clear();
            Ok(line)
        }
        _ => {
            warnings.push(format!(
                "this home's line in the store (machine {machine}) was continued by another copy of this home, or is \
                 damaged, or what was noted of it here is gone; this home goes on as a new machine"
            ));
            new(remembered)
        }
    }
}

fn asked<'l>(locals: &'l Locals, only: Option<&[PathBuf]>) -> Result<Vec<&'l Local>, PushError> {
    let Some(only) = only else { return Ok(locals.sessions.iter().collect()) };
    let real = |path: &Path| stat::real_path(path).unwrap_or_else(|_| path.to_path_buf());
    let found = only.iter().map(|path| {
        let is_it = |local: &&Local| local.path == *path || real(&local.path) == real(path);
        locals.sessions.iter().find(is_it).ok_or_else(|| PushError::Elsewhere(path.clone()))
    });
    found.collect()
}

/// The sessions of a commit: those that changed, and all of this run for a machine that has no line yet.
struct Changed {
    some: Vec<SessionHead>,
    all: Vec<SessionHead>,
}

fn put_commit(
    home: &Home,
    archive: &Archive,
    line: &mut Line,
    changed: Changed,
    remembered: &mut Remembered,
    warnings: &mut Vec<String>,
) -> Result<u64, PushError> {
    let (label, now) = (home.label(), time::format(host::now_ms()).unwrap_or_default());
    let store = archive.id().unwrap_or_default();
    let mut heads = changed.some;
    loop {
        let commit = line.next(heads, &label, now.clone());
        let stored = encode(&commit).map_err(PushError::Compression)?;
        let mark = Mark { n: commit.n, digest: Digest::of(&stored) };
        remembered.commits.intend(mark);
        // Before the commit is put: so that it is known as ours, should its answer be lost.
        home.remember(store, remembered)?;
        match archive.put(&name::commit(&line.machine, commit.n), &stored, &|_| false) {
            Ok(_) => {
                archive.objects().settle()?;
                remembered.commits.done(&line.machine, mark);
                return Ok(commit.n);
            }
            Err(PutError::Taken(_)) => {
                warnings.push(format!(
                    "another copy of this home pushed at the same time as machine {}; this home goes on as a new machine",
                    line.machine
                ));
                *line = Line::new(&home.rename()?);
                remembered.commits.renamed();
                heads = changed.all.clone();
            }
            Err(error) => return Err(PushError::Commit(error)),
        }
    }
}

fn remember(remembered: &mut Remembered, done: &[Done]) {
    for Done { id, head, stamps, .. } in done {
        match stamps.filter(|_| head.is_some()) {
            Some(stamps) => remembered.unchanged.insert(id.clone(), stamps),
            None => remembered.unchanged.remove(id),
        };
    }
}
