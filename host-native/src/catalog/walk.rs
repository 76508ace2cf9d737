//! One pass over a sessions folder that finds all sessions and the stamps of their files.
//!
//! Owns: which files make up one session, by the same rules as [`crate::session::discover`].
//! Invariant: no link below the root is followed, and an unreadable folder does not stop the walk. No file is opened,
//! so a file that is found may turn out to be no session.

use super::root;
use crate::os::files::{Links, stamp_of_entry, stamp_of_file};
use crate::os::stat;
use crate::os::{host, paths};
use crate::session::discover::Unreadable;
use jcode_session_core::catalog::refresh::Seen;
use jcode_session_core::parts::Part;
use jcode_session_core::source::identity::FileStamp;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};

/// The files of one session.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundSession {
    /// Path of the log below the root, or of the snapshot if there is no log. Stored as bytes, because lists compare
    /// paths often and comparing components is slow.
    pub(super) rel: Vec<u8>,
    pub(super) log: Option<FileStamp>,
    pub(super) snapshot: Option<FileStamp>,
    pub(super) journal: Option<FileStamp>,
    pub(super) bak: Option<FileStamp>,
}

impl FoundSession {
    /// Digest over the stamps of the files beside the one that names the session.
    pub(super) fn beside(&self) -> u64 {
        let snapshot = if self.log.is_some() { self.snapshot } else { None };
        root::digest(&[snapshot, self.journal, self.bak])
    }

    /// The path of the file that is read of the session, and what it and the files read with it are now.
    pub(super) fn on_disk(&self, root: &Path) -> OnDisk {
        let path = root.join(root::path_of(&self.rel));
        if let Some(stamp) = self.log {
            return OnDisk { path, stamp, beside: 0, changed_ns: stamp.ctime_ns };
        }
        let stamps = [self.snapshot, self.journal, self.bak].into_iter().flatten();
        let changed_ns = stamps.map(|stamp| stamp.ctime_ns).max().unwrap_or(i64::MAX);
        OnDisk { path, stamp: self.snapshot.unwrap_or_default(), beside: self.beside(), changed_ns }
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        let log = self.log.or(self.snapshot).unwrap_or_default();
        Seen { rel: &self.rel, log, beside: self.beside() }
    }
}

/// What is read of a session, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnDisk {
    /// Its log, or the snapshot of a v1 session.
    pub(crate) path: PathBuf,
    pub(crate) stamp: FileStamp,
    /// Digest over the stamps of what else is read; 0 if nothing is.
    pub(crate) beside: u64,
    /// When one of these was changed last.
    pub(crate) changed_ns: i64,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) sessions: Vec<FoundSession>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// Walks a sessions folder. A missing folder is empty.
pub(super) fn walk(root: &Path) -> Walked {
    let mut walked = Walked::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let folder = root.join(&below);
        match stat::read_folder(&folder) {
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
            if !paths::is_store(Path::new(&name)) {
                folders.push(below.join(&name));
            }
            continue;
        }
        let part = paths::part(Path::new(&name));
        let is_a_sessions = matches!(part, Part::Log | Part::Packed | Part::Snapshot | Part::Journal | Part::Backup);
        if is_a_sessions && (kind.is_file() || kind.is_symlink() && links(part) == Links::Followed) {
            files.push((part, entry));
        }
    }
    (files, None)
}

/// The path of a file below the root.
fn bytes(below: &Path, name: &OsStr) -> Vec<u8> {
    below.join(name).into_os_string().into_encoded_bytes()
}

/// Journal and backup of a snapshot are read by name, through links. So their stamps are taken through links too.
const fn links(part: Part) -> Links {
    if matches!(part, Part::Journal | Part::Backup) { Links::Followed } else { Links::Refused }
}

/// With fewer files than this, threads do not pay off.
const FEW: usize = 256;

/// Stats the files of one folder and groups them by session.
fn group(below: &Path, files: Vec<(Part, DirEntry)>) -> Vec<FoundSession> {
    let stat = |files: &[(Part, DirEntry)]| -> Vec<(Part, OsString, FileStamp)> {
        let stamped = files
            .iter()
            .filter_map(|(part, entry)| Some((*part, entry.file_name(), stamp_of_entry(entry, links(*part))?)));
        stamped.collect()
    };
    let mut stamped: Vec<_> = if files.len() < FEW {
        stat(&files)
    } else {
        let chunk = files.len().div_ceil(host::cores());
        std::thread::scope(|scope| {
            let threads: Vec<_> = files.chunks(chunk).map(|files| scope.spawn(move || stat(files))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    };
    let mut packed = packed(below, &mut stamped);
    let has_v1 = stamped.iter().any(|(part, ..)| matches!(part, Part::Snapshot));
    if !has_v1 {
        let logs = stamped.into_iter().filter(|(part, ..)| matches!(part, Part::Log));
        packed.extend(logs.map(|(_, name, stamp)| of_log(below, &name, stamp)));
        return packed;
    }
    let mut sessions: HashMap<Vec<u8>, FoundSession> = HashMap::with_capacity(stamped.len());
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
            _ => session.bak = Some(stamp),
        }
    }
    let mut found: Vec<FoundSession> = sessions.into_values().collect();
    found.retain_mut(|session| {
        if session.snapshot.is_none() {
            // Without a snapshot, journal and backup belong to no session.
            (session.journal, session.bak) = (None, None);
        }
        session.log.is_some() || session.snapshot.is_some()
    });
    found.extend(packed);
    found
}

fn of_log(below: &Path, name: &OsStr, stamp: FileStamp) -> FoundSession {
    FoundSession { rel: bytes(below, name), log: Some(stamp), ..FoundSession::default() }
}

/// Takes the packed logs out of a folder's files. Where a plain one is there too, that counts.
fn packed(below: &Path, stamped: &mut Vec<(Part, OsString, FileStamp)>) -> Vec<FoundSession> {
    if !stamped.iter().any(|(part, ..)| *part == Part::Packed) {
        return Vec::new();
    }
    let plain: HashSet<Vec<u8>> = stamped.iter().map(|(_, name, _)| name.as_encoded_bytes().to_vec()).collect();
    let all = stamped.extract_if(.., |(part, ..)| *part == Part::Packed);
    let is_alone = |name: &OsString| !plain.contains(stem_of_packed(name));
    all.filter(|(_, name, _)| is_alone(name)).map(|(_, name, stamp)| of_log(below, &name, stamp)).collect()
}

fn stem_of_packed(name: &OsStr) -> &[u8] {
    let name = name.as_encoded_bytes();
    name.strip_suffix(b".zst").unwrap_or(name)
}

fn stem(part: Part, name: &OsStr) -> Vec<u8> {
    let ending = part.extension().map_or(0, |extension| 1 + extension.len());
    let name = name.as_encoded_bytes();
    name[..name.len() - ending].to_vec()
}

/// The session of one log, given by its path below the root.
pub(super) fn one(root: &Path, rel: &Path) -> Option<FoundSession> {
    let path = root.join(rel);
    let stamp = |path: &Path| stamp_of_file(path, Links::Refused);
    let inside_store = rel.parent()?.ancestors().any(paths::is_store);
    if inside_store || paths::part(&path) != Part::Log {
        return None;
    }
    let snapshot = paths::beside(&path, Part::Snapshot);
    let snapshot = stamp(&snapshot).filter(|_| paths::part(&snapshot) == Part::Snapshot);
    let beside = |part| snapshot.and_then(|_| stamp_of_file(&paths::beside(&path, part), links(part)));
    let (journal, bak) = (beside(Part::Journal), beside(Part::Backup));
    Some(FoundSession {
        rel: rel.as_os_str().as_encoded_bytes().to_vec(),
        log: Some(stamp(&path)?),
        snapshot,
        journal,
        bak,
    })
}
