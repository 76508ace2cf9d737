//! Sessions of OpenCode, which keeps them as rows of a database, written down as files that are read like any other.
//!
//! Owns: where its databases are, and the folder `<home>/agent/opencode/<digest of a database's path>` with a file for each
//! session. A file is written anew where the rows of its session changed, and goes when they do.
//! Invariant: the files are derived data, complete or absent. Nothing is written where a database lies.
//! Does not: know what rows mean; core's dialect does.

mod database;
mod rows;

use crate::os::files::read_whole;
use crate::os::opening::open_itself;
use crate::os::replace::put;
use crate::os::{folders, paths, stat};
use database::{Database, Stamp};
use rows::SessionRow;
use std::ffi::OsString;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Name of the file that says which state of a database was written down.
const STATE: &str = "state";

/// The databases that are there; `variable` gives the value of one of the environment.
#[must_use]
pub fn opencode_databases(home: Option<&Path>, variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").or_else(|| Some(home?.join(".local").join("share")));
    let folders =
        [data, set("LOCALAPPDATA"), set("APPDATA")].into_iter().flatten().map(|folder| folder.join("opencode"));
    let mut found: Vec<PathBuf> = set("OPENCODE_DB").filter(|file| file.is_file()).into_iter().collect();
    for folder in folders {
        let Ok(entries) = stat::read_folder(&folder) else { continue };
        let is_one = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            name.starts_with("opencode") && name.ends_with(".db") && path.is_file()
        };
        let files = entries.flatten().map(|entry| entry.path()).filter(is_one);
        found.extend(files);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Writes the sessions of the databases down, as far as they changed; the folders that hold them. A database that cannot
/// be read, or a home that cannot be written, leaves what was written down before.
#[must_use]
pub fn written_down(home: &Path, databases: &[PathBuf]) -> Vec<PathBuf> {
    let folder = |database: &PathBuf| {
        let real = stat::real_path(database).unwrap_or_else(|_| database.clone());
        let digest = blake3::hash(real.as_os_str().as_encoded_bytes()).to_hex();
        home.join("agent").join("opencode").join(&digest[..16])
    };
    let each = databases.iter().map(|database| (database, folder(database)));
    let done = each.map(|(database, folder)| {
        // What is there stays, and is as true as it was.
        let _ = write_down(database, &folder);
        folder
    });
    done.filter(|folder| folder.is_dir()).collect()
}

/// Why a database was not written down.
#[derive(Debug, thiserror::Error)]
enum WriteDownError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

fn write_down(database: &Path, folder: &Path) -> Result<(), WriteDownError> {
    let stamp = Stamp::of(database)?;
    if read_whole(&folder.join(STATE)).is_ok_and(|state| state == stamp.text()) {
        return Ok(());
    }
    folders::make_all(folder)?;
    let database = Database::open(database, folder)?;
    let sessions = rows::sessions(database.connection())?;
    for session in sessions.iter().filter(|session| paths::is_session_id(&session.id)) {
        let path = folder.join(format!("{}.jsonl", session.id));
        if !holds(&path, session) {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            rows::write(database.connection(), session, &mut io::BufWriter::new(file.as_file_mut()))?;
            put(file, &path)?;
        }
    }
    forget(folder, &sessions)?;
    let mut state = tempfile::NamedTempFile::new_in(folder)?;
    state.write_all(&database.stamp().text())?;
    Ok(put(state, &folder.join(STATE))?)
}

/// The file is of this state of the session, with which it ends.
fn holds(path: &Path, session: &SessionRow) -> bool {
    let ends = || -> io::Result<bool> {
        let mut file = open_itself(path).map_err(|error| error.source)?;
        let mut end = vec![0; session.state().len()];
        file.seek(SeekFrom::End(-i64::try_from(end.len()).unwrap_or(i64::MAX)))?;
        file.read_exact(&mut end)?;
        Ok(end == session.state())
    };
    ends().unwrap_or(false)
}

/// Deletes the files of sessions that are gone.
fn forget(folder: &Path, sessions: &[SessionRow]) -> io::Result<()> {
    for entry in stat::read_folder(folder)? {
        let path = entry?.path();
        let is_gone = !sessions.iter().any(|session| paths::stem(&path) == session.id);
        if is_gone && path.extension().is_some_and(|extension| extension == "jsonl") {
            stat::remove(&path).map_err(|error| error.source)?;
        }
    }
    Ok(())
}
