//! Sessions folders for one test.
//!
//! Owns: a temporary folder with one log, dumps of sidecars, and the content of all files in a folder.
//! Invariant: the folder is removed when it is dropped. The engine is called only to read and build.

use jcode_session_core::catalog::refresh::is_racy;
use jcode_session_native::os::files::stamp;
use jcode_session_native::os::host::now_ms;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::session::{Entry, Session};
use jcode_session_native::sidecar::rebuild::{self, Done};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with a log `log.jsonl`.
#[derive(Debug)]
pub struct LogDir {
    folder: TempDir,
}

impl LogDir {
    /// A folder with a log of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let dir = Self { folder: TempDir::new().expect("a temporary folder") };
        dir.write(bytes);
        dir
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log.jsonl")
    }

    /// Its sidecar.
    #[must_use]
    pub fn sidecar(&self) -> PathBuf {
        paths::sidecar(&self.log())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the log's bytes.
    pub fn write(&self, bytes: &[u8]) {
        fs::write(self.log(), bytes).expect("the folder can be written");
    }

    /// Brings the sidecar up to date.
    pub fn update(&self) -> Done {
        let log = LogFile::open(&self.log()).expect("the log is there");
        rebuild::update(&log, false, &mut |_| ControlFlow::Continue(())).expect("the sidecar can be written").0
    }
}

/// All answers that readers can get from a session.
#[derive(Debug, PartialEq)]
pub struct Answers {
    tree: String,
    tails: Vec<Vec<Entry>>,
    paths: Vec<Vec<Entry>>,
    entries: Vec<Option<Entry>>,
    file_order: Vec<Entry>,
    count: u64,
}

/// Asks a session for all answers, in a fixed order.
#[must_use]
pub fn ask(log: &Path) -> Answers {
    let session = || Session::read(log).expect("the log can be read");
    let tree = session().tree().expect("a tree");
    let mut leaves: Vec<String> = tree.tree.leaves.iter().map(|leaf| leaf.id.clone()).collect();
    leaves.truncate(5);
    let keys: Vec<String> = leaves
        .iter()
        .cloned()
        .chain(tree.tree.branch_points.iter().map(|point| point.id.clone()).take(5))
        .chain(["no such entry".to_string()])
        .collect();
    let path = |leaf: Option<&str>, count| {
        let mut entries = Vec::new();
        session().path_to(leaf, count, &mut |entry| entries.push(entry)).expect("a path");
        entries
    };
    let mut file_order = Vec::new();
    session().file_order(Some(7), &mut |entry| file_order.push(entry)).expect("entries");
    Answers {
        tree: serde_json::to_string(&serde_json::to_value(&tree).expect("json")).expect("json"),
        tails: [1, 3, 50].into_iter().map(|count| session().tail(count).expect("a tail")).collect(),
        paths: leaves
            .iter()
            .map(|leaf| path(Some(leaf), None))
            .chain([path(None, None), path(None, Some(2))])
            .collect(),
        entries: keys.iter().map(|key| session().entry(key).ok()).collect(),
        file_order,
        count: session().entry_count().expect("a count"),
    }
}

/// All rows of a sidecar as text, except those that hold times of the run or of the file.
#[must_use]
pub fn dump(sidecar: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(sidecar).expect("a sidecar");
    let mut rows = Vec::new();
    for table in ["entries ORDER BY seq", "branches ORDER BY leaf_id", "labels ORDER BY seq", "metadata ORDER BY key"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns = statement.column_count();
        let mut found = statement.query([]).expect("rows");
        while let Some(row) = found.next().expect("a row") {
            let values: Vec<String> =
                (0..columns).map(|column| format!("{:?}", row.get_ref(column).expect("a value"))).collect();
            let text = format!("{table}: {}", values.join(" | "));
            // The debug form of a name is Text([..]). The rows listed here depend on the run and the file.
            let key = row.get_ref(0).expect("a value").as_str().unwrap_or_default().to_string();
            let of_the_run =
                ["indexed_at", "migrated_at", "digest", "log_mtime_ns", "log_ctime_ns", "log_ino", "log_dev"];
            if !of_the_run.contains(&key.as_str()) {
                rows.push(text);
            }
        }
    }
    rows
}

/// Waits until list rows of the sessions in a folder would be believed: rows of files that changed a moment ago are
/// not.
pub fn settled(folder: &Path) {
    for path in contents(folder).into_keys() {
        let stamp = stamp(&path).expect("read").expect("there");
        while is_racy(stamp.ctime_ns, now_ms() * 1_000_000) {
            std::hint::spin_loop();
        }
    }
}

/// A temporary folder in memory, if the system has one: for tests that make hundreds of homes and should not wait for a
/// disk.
///
/// # Panics
/// Panics if no folder can be made.
#[must_use]
pub fn in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| TempDir::new()).expect("a folder")
}

/// The permission bits of a path; `None` where files have none, on Windows.
#[must_use]
pub fn mode(path: &Path) -> Option<u32> {
    let metadata = fs::metadata(path).expect("there");
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777);
    #[cfg(not(unix))]
    return Some(metadata).and(None);
}

/// Sets the permission bits of a path, where files have them.
pub fn set_mode(path: &Path, mode: u32) {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("set");
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// All files in a folder and its subfolders, with their bytes.
#[must_use]
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).expect("there"));
        }
    }
    files
}
