//! The sessions of this home, as a store sees them.
//!
//! Owns: which local files belong to a session, under which id it stands in a store, and what is durable of it.
//! Invariant: nothing is written. Other agents' files are not looked at. What is read of a log was synced before, and
//! ends with a whole line, not within a batch; the files are read in an order in which the ones that name others come
//! first.

use jcode_session_core::archive::name::id_for;
use jcode_session_core::archive::{Digest, Line, is_path, is_place, whole_lines};
use jcode_session_core::catalog::refresh::is_racy;
use jcode_session_core::log::{Dialect, torn_batch_until};
use jcode_session_core::parts::Part;
use jcode_session_core::source::ByteSource;
use jcode_session_core::storage::{Folder, Place};
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::os::files::{PathError, PlainFile, stamp, sync_file};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::{host, paths, stat};
use jcode_session_native::session::discover::Unreadable;
use jcode_session_native::session::v1::is_snapshot;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

/// A session here.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    /// Its log, or the snapshot of a v1 session.
    pub(crate) path: PathBuf,
    /// Its path below the sessions folder, as a store has it; why it can have none.
    pub(crate) rel: Result<String, String>,
    /// Its id in the store.
    pub(crate) id: String,
    /// Its own id.
    pub(crate) session_id: String,
    /// What lists show of it.
    pub(crate) summary: serde_json::Value,
    /// jcode's v1 files beside the log, or that are the session.
    pub(crate) v1: Vec<PathBuf>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    pub(crate) sessions: Vec<Local>,
    pub(crate) unreadable: Vec<Unreadable>,
}

impl Locals {
    /// The sessions below some folders. One that was pushed from its path before keeps its id; of `lines` the first that
    /// knows it counts.
    pub(crate) fn find<'l>(home: &Path, roots: &[PathBuf], lines: impl Iterator<Item = &'l Line>) -> Self {
        let refreshed = Catalog::new(home, roots).refresh(Keep::Store);
        let mut beside = Beside::default();
        let mut sessions: Vec<Local> = Vec::new();
        for listed in refreshed.sessions {
            // Another agent's file; what was imported from one is a log of ours.
            if listed.summary.dialect.and_then(Dialect::agent).is_some() {
                continue;
            }
            let root = roots.iter().find(|root| listed.path.starts_with(root));
            sessions.push(Local {
                rel: root
                    .map_or_else(|| Err("it is not below a sessions folder".into()), |root| rel(root, &listed.path)),
                id: String::new(),
                session_id: listed.summary.session_id.clone(),
                summary: serde_json::to_value(&*listed.summary).unwrap_or_default(),
                v1: beside.v1_of(&listed.path),
                path: listed.path,
            });
        }
        sessions.sort_by(|a, b| a.path.cmp(&b.path));
        name(&mut sessions, lines);
        Self { sessions, unreadable: refreshed.unreadable }
    }

    /// The session that stands in the store under an id.
    pub(crate) fn of_id(&self, id: &str) -> Option<&Local> {
        self.sessions.iter().find(|local| local.id == id)
    }
}

/// Gives each session its id in the store: the one that a session of its own id has there at its path, else its own,
/// unless another session here has that; then one with a digest of its path.
fn name<'l>(sessions: &mut [Local], lines: impl Iterator<Item = &'l Line>) {
    let mut by_path: HashMap<&str, Vec<&str>> = HashMap::new();
    for head in lines.flat_map(|line| line.sessions.values()) {
        by_path.entry(&head.path).or_default().push(&head.id);
    }
    let mut taken = BTreeSet::new();
    for local in &mut *sessions {
        let Ok(rel) = &local.rel else { continue };
        let own = [id_for(&local.session_id, None), id_for(&local.session_id, Some(rel))];
        let known = by_path.get(rel.as_str()).into_iter().flatten();
        if let Some(id) = known.into_iter().find(|id| own.iter().any(|own| own == **id)) {
            local.id = (*id).to_string();
            taken.insert(local.id.clone());
        }
    }
    for local in sessions.iter_mut().filter(|local| local.id.is_empty()) {
        let own = id_for(&local.session_id, None);
        let shown = shown(&local.path);
        let path = local.rel.as_ref().map_or(&*shown, |rel| rel);
        local.id = if taken.contains(&own) { id_for(&local.session_id, Some(path)) } else { own };
        taken.insert(local.id.clone());
    }
}

fn rel(root: &Path, path: &Path) -> Result<String, String> {
    let below = path.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
    let below = below.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    let rel = parts.map(|parts| parts.join("/")).filter(|rel| is_path(rel));
    rel.ok_or_else(|| "its name cannot stand in a store; rename the file".to_string())
}

/// The v1 files in folders, each folder read once.
#[derive(Default)]
struct Beside {
    folders: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Beside {
    fn v1_of(&mut self, session: &Path) -> Vec<PathBuf> {
        let folder = paths::folder(session).to_path_buf();
        let names = self.folders.entry(folder.clone()).or_insert_with(|| {
            let entries = stat::read_folder(&folder).into_iter().flatten().filter_map(Result::ok);
            let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
            let names = files.filter_map(|entry| entry.file_name().into_string().ok());
            names.filter(|name| paths::part(Path::new(name)).is_v1()).collect()
        });
        if names.is_empty() || !is_snapshot(&paths::beside(session, Part::Snapshot)) {
            return Vec::new();
        }
        let stem = format!("{}.", paths::stem(session));
        let own = |name: &&String| match paths::part(Path::new(name)) {
            Part::SetAside => true,
            part => folder.join(name) == paths::beside(session, part),
        };
        names
            .range(stem.clone()..)
            .take_while(|name| name.starts_with(&stem))
            .filter(own)
            .map(|n| folder.join(n))
            .collect()
    }
}

/// A file beside a log.
#[derive(Debug)]
pub(crate) struct File {
    /// Its place, as commits name it.
    pub(crate) place: String,
    pub(crate) path: PathBuf,
}

/// What is durable of a session.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Its log, and how much of that.
    pub(crate) log: Option<(LogFile, u64)>,
    pub(crate) ledger: Option<(PlainFile, u64)>,
    /// The head of its ledger, which is small.
    pub(crate) head: Option<Vec<u8>>,
    pub(crate) files: Vec<File>,
}

impl Local {
    /// The file is jcode's snapshot, not a log.
    fn is_v1(&self) -> bool {
        paths::part(&self.path) == Part::Snapshot
    }

    /// A digest of the stamps of all its files, which stays equal while nobody changes them; `None` while they are so
    /// young that a change might not show.
    pub(crate) fn stamps(&self) -> Option<Digest> {
        let mut text = String::new();
        let now = host::now_ms().saturating_mul(1_000_000);
        let manifest = paths::place_folder(&self.path, Folder::Segments).join("manifest.json");
        let own = [self.path.clone(), self.place(&Place::Ledger), self.place(&Place::LedgerHead), manifest];
        for path in own.into_iter().chain(self.v1.iter().cloned()).chain(self.kept().into_iter().map(|file| file.path))
        {
            let Some(at) = stamp(&path).ok()? else { continue };
            if is_racy(at.ctime_ns, now) {
                return None;
            }
            text.push_str(&format!("{} {at:?}\n", shown(&path)));
        }
        Some(Digest::of(text.as_bytes()))
    }

    fn place(&self, place: &Place) -> PathBuf {
        paths::place(&self.path, place)
    }

    /// The files in its store that keep bytes.
    fn kept(&self) -> Vec<File> {
        let mut files = Vec::new();
        if self.is_v1() || !stat::lstat(&paths::store(&self.path)).is_ok_and(|store| store.is_dir()) {
            return files;
        }
        for (folder, word) in [(Folder::Checkpoints, "checkpoints"), (Folder::Quarantine, "quarantine")] {
            let folder = paths::place_folder(&self.path, folder);
            let is_folder = stat::lstat(&folder).is_ok_and(|folder| folder.is_dir());
            let entries = if is_folder { stat::read_folder(&folder).ok() } else { None };
            for entry in entries.into_iter().flatten().filter_map(Result::ok) {
                let name = entry.file_name().to_string_lossy().into_owned();
                let place = format!("{word}/{name}");
                if entry.file_type().is_ok_and(|kind| kind.is_file()) && is_place(&place).is_some() {
                    files.push(File { place, path: entry.path() });
                }
            }
        }
        files.sort_by(|a, b| a.place.cmp(&b.place));
        files
    }

    /// Syncs its files and opens what is to be pushed of them.
    ///
    /// # Errors
    /// Fails if a file cannot be read or synced.
    pub(crate) fn take(&self) -> Result<Taken, PathError> {
        if self.is_v1() {
            return Ok(Taken { log: None, ledger: None, head: None, files: self.v1_files()? });
        }
        // Each names what the next ones hold: the head rows of the ledger, rows kept bytes, and all states of the log.
        let head = plain(&self.place(&Place::LedgerHead))?.map(|file| whole(&file)).transpose()?;
        let ledger = match plain(&self.place(&Place::Ledger))? {
            Some(file) => {
                let len = lines(&file, &self.path)?;
                Some((file, len)).filter(|_| len > 0)
            }
            None => None,
        };
        let mut files = self.kept();
        for file in &files {
            sync_file(&file.path)?;
        }
        files.extend(self.v1_files()?);
        let log = LogFile::open(&self.path)?;
        // By the open file where the system allows it: the path may lead to another one by now.
        log.file()
            .sync_data()
            .or_else(|_| sync_file(&self.path).map_err(|error| error.source))
            .map_err(PathError::new("sync", &self.path))?;
        let whole = lines(&log, &self.path)?;
        let torn = torn_batch_until(&log, whole).map_err(unread(&self.path))?;
        let whole = torn.map_or(whole, |torn| torn.offset);
        Ok(Taken { log: Some((log, whole)).filter(|_| whole > 0), ledger, head, files })
    }

    fn v1_files(&self) -> Result<Vec<File>, PathError> {
        let place = |path: &PathBuf| format!("beside/{}", path.file_name().unwrap_or_default().to_string_lossy());
        let files: Vec<File> = self.v1.iter().map(|path| File { place: place(path), path: path.clone() }).collect();
        files.iter().try_for_each(|file| sync_file(&file.path))?;
        Ok(files)
    }
}

/// A synced, open file; `None` if there is no regular file.
fn plain(path: &Path) -> Result<Option<PlainFile>, PathError> {
    if stat::plain_file(path).is_none() {
        return Ok(None);
    }
    let file = PlainFile::open(path)?;
    sync_file(path)?;
    Ok(Some(file))
}

fn whole(file: &PlainFile) -> Result<Vec<u8>, PathError> {
    file.read_vec(0, usize::try_from(file.len()).unwrap_or(usize::MAX)).map_err(unread(Path::new("ledger.head")))
}

fn lines(log: &impl ByteSource, path: &Path) -> Result<u64, PathError> {
    whole_lines(log, log.len()).map_err(unread(path))
}

fn unread(path: &Path) -> impl Fn(jcode_session_core::source::SourceError) -> PathError {
    move |error| PathError::new("read", path)(io::Error::other(error))
}
