//! The doctor's walk over all files of a sessions folder: disk usage, permissions, and files that should not be there.
//!
//! Owns: the walk over all files, stores included.
//! Invariant: no link is followed, and no file of another program is removed. Logs are not opened.

use crate::ops::doctor::Report;
use crate::os::files::open_plain;
use crate::os::{host, paths, stat};
use jcode_session_core::dialect::{Detected, What};
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::index::schema::APPLICATION_ID;
use jcode_session_core::parts::Part;
use std::fs::Metadata;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Our own temporary files are removed once they are older than this.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Files that other users can read or write.
#[derive(Default)]
struct Open {
    first: Option<PathBuf>,
    count: u64,
}

pub(super) fn look(root: &Path, fix: bool, report: &mut Report) {
    let mut open = Open::default();
    let mut folders = vec![(root.to_path_buf(), false)];
    while let Some((folder, in_store)) = folders.pop() {
        // The walk over the sessions has already reported unreadable folders.
        let Ok(entries) = stat::read_folder(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let path = entry.path();
            if metadata.is_dir() {
                folders.push((path.clone(), in_store || paths::is_store(&path)));
            } else if metadata.is_file() {
                file(&path, &metadata, in_store, fix, &mut open, report);
            } else if !in_store && !metadata.is_symlink() && paths::part(&path) == Part::Log {
                report.other(&path, &Detected::other(What::NoFile, metadata.len()));
            }
        }
    }
    if let Some(first) = open.first {
        let files = if open.count == 1 { "1 file".to_string() } else { format!("{} files", open.count) };
        let words = format!(
            "{files} can be read by others, the first is {}; `chmod -R go= {}` keeps them private",
            first.display(),
            root.display()
        );
        report.found(root, Finding::new(Code::Permissions).say(words));
    }
}

fn file(path: &Path, metadata: &Metadata, in_store: bool, fix: bool, open: &mut Open, report: &mut Report) {
    let part = paths::part(path);
    let disk = &mut report.sessions.disk;
    let kind = match part {
        _ if in_store => &mut disk.stores,
        Part::Sidecar | Part::SidecarJournal => &mut disk.sidecars,
        Part::Log => &mut disk.logs,
        part if part.is_v1() => &mut disk.v1_files,
        _ => &mut disk.other,
    };
    *kind += metadata.len();
    let is_ours = in_store || part.is_v1() || matches!(part, Part::Log | Part::Sidecar);
    if is_ours && stat::is_open_to_others(metadata) {
        open.count += 1;
        open.first.get_or_insert_with(|| path.to_path_buf());
    }
    let is_sidecar = part == Part::Sidecar && !in_store && is_ours_by_content(path);
    if is_sidecar && !paths::beside(path, Part::Log).exists() {
        let words = format!("a sidecar without its log; nothing needs it, delete it (`rm {}`)", path.display());
        report.found(path, Finding::new(Code::OrphanedSidecar).say(words));
    }
    if matches!(part, Part::OwnTemporary | Part::Temporary) {
        temporary(path, part == Part::OwnTemporary, metadata, fix, report);
    }
}

fn temporary(path: &Path, is_ours: bool, metadata: &Metadata, fix: bool, report: &mut Report) {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let age = modified.map(|at| host::now_ms().saturating_sub(i64::try_from(at.as_millis()).unwrap_or(i64::MAX)));
    let is_old = age.is_some_and(|age| age > DAY_MS);
    if is_ours && is_old && fix && stat::remove(path).is_ok() {
        return;
    }
    let cure = match (is_ours, is_old) {
        (true, true) => "`doctor --fix` removes it",
        (true, false) => "a run that is under way needs it; `doctor --fix` removes it once it is a day old",
        (false, _) => "it is another program's: look into it before you delete it",
    };
    report.found(path, Finding::new(Code::TemporaryFile).say(format!("left by an interrupted run; {cure}")));
}

/// Whether the header of the database holds our application id.
fn is_ours_by_content(path: &Path) -> bool {
    let mut start = [0; 72];
    let read = open_plain(path).and_then(|(mut file, _)| file.read_exact(&mut start));
    let id = i64::from(u32::from_be_bytes([start[68], start[69], start[70], start[71]]));
    read.is_ok() && id == APPLICATION_ID
}
