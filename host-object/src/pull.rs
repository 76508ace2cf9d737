//! Pull: sessions of a store, brought here.
//!
//! Owns: which history of each session is taken, and where it comes. [`crate::restore`] writes.
//! Invariant: where two machines have different histories none is chosen, unless one is asked for by name; then it comes
//! into a file of its own beside another history here.

use crate::archive::{Archive, OpenError};
use crate::local::Locals;
use crate::memory::{Home, MemoryError, PulledFrom, Remembered};
use crate::objects::ObjectError;
use crate::remote::relate_heads;
use crate::restore::Restore;
use crate::view::View;
use crate::workers;
use jcode_session_core::archive::{Choice, Origin, Relation, SessionHead, choose};
use jcode_session_core::report::{PullAction, PullReport, PulledSession};
use jcode_session_native::os::files::PathError;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::paths;
use std::path::{Path, PathBuf};

/// What is pulled.
#[derive(Debug, Clone)]
pub struct Pull {
    /// The home.
    pub home: PathBuf,
    /// Its sessions folders; new sessions come into the first.
    pub roots: Vec<PathBuf>,
    /// The sessions, by their ids in the store; all if `None`.
    pub only: Option<Vec<String>>,
    /// Only what this machine pushed; where it is another history than the local one, into another file.
    pub machine: Option<String>,
    /// Nothing is written; what would be is told exactly.
    pub dry_run: bool,
}

/// What a pull came to.
#[derive(Debug)]
pub struct Pulled {
    /// The report.
    pub report: PullReport,
    /// What else is to be known.
    pub warnings: Vec<String>,
    /// The run was stopped before all was pulled.
    pub stopped: bool,
}

/// Why nothing was pulled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PullError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store does not answer.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// What is remembered here cannot be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// There is no such machine.
    #[error("no machine `{0}` has pushed to this store; there are {1}")]
    NoMachine(String, String),
    /// There is no sessions folder.
    #[error("there is no sessions folder to pull into; `--sessions-dir` names one")]
    NoFolder,
}

impl From<PathError> for PullError {
    fn from(error: PathError) -> Self {
        Self::Memory(error.into())
    }
}

/// Pulls sessions. `stop` is asked between them; `tick` gets how many are done.
///
/// # Errors
/// See [`PullError`]. What concerns one session is in the report.
pub fn pull(
    archive: Archive,
    what: &Pull,
    stop: &(dyn Fn() -> bool + Sync),
    tick: &(dyn Fn() + Sync),
) -> Result<Pulled, PullError> {
    let archive = archive.existing()?;
    let home = Home::new(&what.home);
    let _lock = if what.dry_run { None } else { Some(home.lock()?) };
    let mut remembered = home.remembered(archive.id());
    let before = remembered.clone();
    let view = archive.view(&remembered.commits)?;
    let warnings = view.troubles.iter().map(|trouble| format!("{}: {}", trouble.name, trouble.message)).collect();
    let from = what.machine.as_deref().map(|word| view.machine(word).ok_or_else(|| no_machine(word, &view)));
    let from = from.transpose()?.map(|line| line.machine.as_str());
    let own = home.machine()?;
    let line = own.as_deref().and_then(|own| view.lines.get(own));
    let locals = Locals::find(&what.home, &what.roots, line.into_iter().chain(view.lines.values()));
    let root = what.roots.first().ok_or(PullError::NoFolder)?;
    let all = || view.ids().into_iter().map(ToString::to_string).collect();
    let ids: Vec<String> = what.only.clone().unwrap_or_else(all);
    let run = Run {
        archive: &archive,
        view: &view,
        locals: &locals,
        remembered: &remembered,
        root,
        from,
        own: own.as_deref(),
        what,
    };
    let done = workers::each(&ids, stop, |id| {
        let done = run.session(id);
        tick();
        done
    });
    let stopped = done.iter().any(Option::is_none);
    let done: Vec<(PulledSession, Option<PulledFrom>)> = done.into_iter().flatten().collect();
    if !what.dry_run {
        for (told, from) in &done {
            if let Some(from) = from.clone().filter(|from| Some(&from.origin.machine) != own.as_ref()) {
                remembered.pulled.insert(told.session_id.clone(), from);
            }
        }
        view.lines.values().for_each(|line| remembered.commits.see(line));
        if remembered != before {
            home.remember(archive.id().unwrap_or_default(), &remembered)?;
        }
    }
    let report = PullReport::new(what.dry_run, done.into_iter().map(|(told, _)| told).collect());
    Ok(Pulled { report, warnings, stopped })
}

fn no_machine(word: &str, view: &View) -> PullError {
    let labels: Vec<String> = view.lines.keys().map(|machine| view.label(machine)).collect();
    PullError::NoMachine(word.to_string(), labels.join(", "))
}

/// What all sessions of a run share.
struct Run<'r> {
    archive: &'r Archive,
    view: &'r View,
    locals: &'r Locals,
    remembered: &'r Remembered,
    root: &'r Path,
    from: Option<&'r str>,
    /// The machine that this home is.
    own: Option<&'r str>,
    what: &'r Pull,
}

/// What is done about one session, and what of it is to be remembered.
type Outcome = (PulledSession, Option<PulledFrom>);

impl Run<'_> {
    fn session(&self, id: &str) -> Outcome {
        let told = |path: Option<&Path>, machine: Option<&str>, action, bytes, reason| PulledSession {
            session_id: id.to_string(),
            path: path.map(shown),
            machine: machine.map(|machine| self.view.label(machine)),
            action,
            bytes,
            reason,
        };
        let heads: Vec<(&str, &SessionHead)> =
            self.view.heads(id).filter(|(machine, _)| self.from.is_none_or(|from| from == *machine)).collect();
        let at = |place: usize| heads.get(place).copied();
        let mut between = |a: usize, b: usize| match (at(a), at(b)) {
            (Some((_, a)), Some((_, b))) => relate_heads(self.archive, a, b),
            _ => Ok(Relation::Same),
        };
        let (machine, head) = match choose(heads.len(), &mut between) {
            Ok(Choice::One(place)) => match at(place) {
                Some(chosen) => chosen,
                None => return (told(None, None, PullAction::Failed, 0, None), None),
            },
            Ok(Choice::None) => {
                let reason = "no machine has pushed it".to_string();
                return (told(None, None, PullAction::Failed, 0, Some(reason)), None);
            }
            Ok(Choice::Diverged(a, b)) => {
                let labels: Vec<String> =
                    [a, b].into_iter().filter_map(at).map(|(machine, _)| self.view.label(machine)).collect();
                let reason = format!(
                    "{} have different histories of it, none was chosen; `pull {id} --machine {}` brings that one",
                    labels.join(" and "),
                    labels.first().map_or("", |label| label)
                );
                return (told(None, None, PullAction::Diverged, 0, Some(reason)), None);
            }
            Err(error) => return (told(None, None, PullAction::Failed, 0, Some(error.to_string())), None),
        };
        let local = self.locals.of_id(id);
        let path = local.map_or_else(|| self.target(head), |local| local.path.clone());
        let mut one = self.restore(head, &path, machine);
        let mut result = one.run(local.is_some());
        if matches!(result, Ok(PullAction::Diverged)) && self.from.is_some() && head.log.is_some() {
            // Asked for by name: a file of its own beside the other history.
            one = Restore { is_copy: true, ..self.restore(head, &self.beside(&path, machine), machine) };
            one.notes.push("it is another history than the one here, and stands in a file of its own".to_string());
            result = one.run(false);
        }
        let Restore { log, bytes, notes, .. } = one;
        let path = if head.log.is_some() { log } else { path };
        let notes = (!notes.is_empty()).then(|| notes.join("; "));
        match result {
            Ok(action) => {
                let files = head.aside.iter().filter(|aside| aside.place.starts_with("beside/"));
                let from = PulledFrom {
                    origin: Origin { machine: machine.to_string(), len: head.state().len, state: head.state().digest },
                    files: files.map(|aside| (aside.place.clone(), aside.digest)).collect(),
                };
                let is_taken = matches!(action, PullAction::Pulled | PullAction::UpToDate);
                (told(Some(&path), Some(machine), action, bytes, notes), is_taken.then_some(from))
            }
            Err(error) => (told(Some(&path), Some(machine), PullAction::Failed, bytes, Some(error.to_string())), None),
        }
    }

    fn restore<'s>(&'s self, head: &'s SessionHead, path: &Path, machine: &str) -> Restore<'s> {
        let root = self.what.roots.iter().find(|root| path.starts_with(root));
        Restore {
            archive: self.archive,
            head,
            log: path.with_extension("jsonl"),
            root: root.map_or(self.root, PathBuf::as_path),
            pulled: self.remembered.pulled.get(&head.id),
            is_own: self.own == Some(machine),
            is_copy: false,
            dry_run: self.what.dry_run,
            bytes: 0,
            notes: Vec::new(),
        }
    }

    /// Where a session comes that is not here yet.
    fn target(&self, head: &SessionHead) -> PathBuf {
        head.path.split('/').fold(self.root.to_path_buf(), |path, part| path.join(part))
    }

    /// The file of another machine's history.
    fn beside(&self, path: &Path, machine: &str) -> PathBuf {
        let label = self.view.label(machine);
        let label: String =
            label.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        path.with_file_name(format!("{}-{label}.jsonl", paths::stem(path)))
    }
}
