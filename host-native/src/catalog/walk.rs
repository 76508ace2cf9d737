//! One pass over a sessions folder: which sessions there are, and their stamps.
//!
//! Owns: which files make one session, as [`crate::session::discover`] sees it.
//! Invariant: no link below the root is followed, and what cannot be read stops nothing else. No file is opened.
//! Does not: judge whether a file is a session; reading it does.

use super::{cores, root};
use crate::os::files::stamp_of;
use crate::os::paths;
use crate::session::discover::Unreadable;
use jcode_session_core::catalog::refresh::Seen;
use jcode_session_core::source::identity::FileStamp;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};

/// The files of one session.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundSession {
    /// Path of the log, or of the snapshot where there is no log, below the root, as bytes: lists compare paths a
    /// lot, and comparing components is slow.
    pub(super) rel: Vec<u8>,
    pub(super) log: Option<FileStamp>,
    pub(super) snapshot: Option<FileStamp>,
    pub(super) journal: Option<FileStamp>,
    pub(super) bak: Option<FileStamp>,
}

impl FoundSession {
    /// Digest over the files beside the one that names the session.
    pub(super) fn beside(&self) -> u64 {
        let snapshot = if self.log.is_some() { self.snapshot } else { None };
        root::digest(&[snapshot, self.journal, self.bak])
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        let log = self.log.or(self.snapshot).unwrap_or_default();
        Seen { rel: &self.rel, log, beside: self.beside() }
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) sessions: Vec<FoundSession>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// Walks a sessions folder. One that is not there is empty.
pub(super) fn walk(root: &Path) -> Walked {
    let mut walked = Walked::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let folder = root.join(&below);
        match std::fs::read_dir(&folder) {
            Ok(entries) => {
                let (files, error) = choose(entries, &below, &mut folders);
                walked.unreadable.extend(error.map(|source| Unreadable { path: folder, source }));
                walked.sessions.extend(group(&below, files));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => walked.unreadable.push(Unreadable { path: folder, source }),
        }
    }
    walked
}

/// What a file is to a session.
#[derive(Debug, Clone, Copy)]
enum Part {
    Log,
    Snapshot,
    Journal,
    Bak,
}

fn choose(
    entries: std::fs::ReadDir,
    below: &Path,
    folders: &mut Vec<PathBuf>,
) -> (Vec<(Part, DirEntry)>, Option<io::Error>) {
    let mut files = Vec::new();
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return (files, Some(error)),
        };
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        if kind.is_dir() {
            if Path::new(&name).extension() != Some(OsStr::new("store")) {
                folders.push(below.join(&name));
            }
        } else if let Some(part) = part(&name)
            && (kind.is_file() || kind.is_symlink() && part.follows_links())
        {
            files.push((part, entry));
        }
    }
    (files, None)
}

fn part(name: &OsStr) -> Option<Part> {
    let name = name.to_string_lossy();
    if name.ends_with(".journal.jsonl") {
        Some(Part::Journal)
    } else if paths::is_log_name(&name) {
        Some(Part::Log)
    } else if paths::is_snapshot_name(&name) {
        Some(Part::Snapshot)
    } else if name.ends_with(".bak") {
        Some(Part::Bak)
    } else {
        None
    }
}

/// The path of a file below the root.
fn bytes(below: &Path, name: &OsStr) -> Vec<u8> {
    below.join(name).into_os_string().into_encoded_bytes()
}

impl Part {
    /// Journal and backup of a snapshot are read by name, wherever that leads: then so are their stamps.
    const fn follows_links(self) -> bool {
        matches!(self, Self::Journal | Self::Bak)
    }
}

/// Files below this number are not worth a thread.
const FEW: usize = 256;

/// Stats the files of one folder and puts those of one session together.
fn group(below: &Path, files: Vec<(Part, DirEntry)>) -> Vec<FoundSession> {
    let stat = |files: &[(Part, DirEntry)]| -> Vec<(Part, OsString, FileStamp)> {
        let stamped = files.iter().filter_map(|(part, entry)| {
            // Of a file that was replaced by a link meanwhile this is the link.
            let metadata = entry.metadata().ok()?;
            let metadata = if metadata.is_symlink() && part.follows_links() {
                std::fs::metadata(entry.path()).ok()?
            } else {
                metadata
            };
            metadata.is_file().then(|| (*part, entry.file_name(), stamp_of(&metadata)))
        });
        stamped.collect()
    };
    let stamped: Vec<_> = if files.len() < FEW {
        stat(&files)
    } else {
        let chunk = files.len().div_ceil(cores());
        std::thread::scope(|scope| {
            let threads: Vec<_> = files.chunks(chunk).map(|files| scope.spawn(move || stat(files))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    };
    let has_v1 = stamped.iter().any(|(part, ..)| matches!(part, Part::Snapshot));
    if !has_v1 {
        let logs = stamped.into_iter().filter(|(part, ..)| matches!(part, Part::Log));
        return logs
            .map(|(_, name, stamp)| FoundSession {
                rel: bytes(below, &name),
                log: Some(stamp),
                ..FoundSession::default()
            })
            .collect();
    }
    let mut sessions: HashMap<OsString, FoundSession> = HashMap::with_capacity(stamped.len());
    for (part, name, stamp) in stamped {
        let session = sessions.entry(stem(part, &name)).or_default();
        match part {
            Part::Log => {
                session.log = Some(stamp);
                session.rel = bytes(below, &name);
            }
            Part::Snapshot => {
                session.snapshot = Some(stamp);
                if session.log.is_none() {
                    session.rel = bytes(below, &name);
                }
            }
            Part::Journal => session.journal = Some(stamp),
            Part::Bak => session.bak = Some(stamp),
        }
    }
    let mut found: Vec<FoundSession> = sessions.into_values().collect();
    found.retain_mut(|session| {
        if session.snapshot.is_none() {
            // Without a snapshot these are not a session's.
            (session.journal, session.bak) = (None, None);
        }
        session.log.is_some() || session.snapshot.is_some()
    });
    found
}

fn stem(part: Part, name: &OsStr) -> OsString {
    let stem = Path::new(name).file_stem().unwrap_or(name);
    match part {
        Part::Journal => Path::new(stem).file_stem().unwrap_or(stem).to_os_string(),
        _ => stem.to_os_string(),
    }
}

/// The session of one log, by its path below the root.
pub(super) fn one(root: &Path, rel: &Path) -> Option<FoundSession> {
    let path = root.join(rel);
    let stamp = |path: &Path| {
        let metadata = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some(stamp_of(&metadata))
    };
    let inside_store = rel.parent()?.components().any(|part| Path::new(&part).extension() == Some(OsStr::new("store")));
    if inside_store || !matches!(part(path.file_name()?), Some(Part::Log)) {
        return None;
    }
    let snapshot = path.with_extension("json");
    let is_snapshot = snapshot.file_name().and_then(part).is_some_and(|part| matches!(part, Part::Snapshot));
    let snapshot = stamp(&snapshot).filter(|_| is_snapshot);
    let beside = |ending: &str| {
        let metadata = std::fs::metadata(path.with_extension(ending)).ok().filter(std::fs::Metadata::is_file)?;
        Some(stamp_of(&metadata))
    };
    let (journal, bak) = if snapshot.is_some() { (beside("journal.jsonl"), beside("bak")) } else { (None, None) };
    Some(FoundSession {
        rel: rel.as_os_str().as_encoded_bytes().to_vec(),
        log: Some(stamp(&path)?),
        snapshot,
        journal,
        bak,
    })
}
