//! Homes with sessions, and the two ways to list them.

use jcode_session_native::catalog::{Catalog, Keep, Listed};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A home with an empty sessions folder.
pub fn home() -> TempDir {
    let home = TempDir::new().expect("a folder");
    fs::create_dir(home.path().join("sessions")).expect("made");
    home
}

pub fn sessions(home: &Path) -> PathBuf {
    home.join("sessions")
}

pub fn put(home: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = sessions(home).join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, bytes).expect("written");
    path
}

/// The sessions by the index, refreshed.
pub fn listed(home: &Path) -> Vec<Listed> {
    Catalog::new(home, &[sessions(home)]).refresh(Keep::Store).sessions
}

/// The sessions by a walk, without an index.
pub fn scanned(home: &Path) -> Vec<Listed> {
    let empty = TempDir::new().expect("a folder");
    Catalog::new(empty.path(), &[sessions(home)]).refresh(Keep::Nothing).sessions
}

pub fn index(home: &Path) -> PathBuf {
    home.join("agent/sessions.idx.db")
}

/// A log of `messages` messages, the last at `last_ms`, one second apart.
pub fn log(id: &str, messages: u64, last_ms: u64, text: &str) -> Vec<u8> {
    let mut log = format!(
        "{{\"type\":\"session\",\"version\":3,\"id\":{},\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"cwd\":\"/work\"}}\n",
        serde_json::Value::from(id)
    );
    for number in 0..messages {
        let at = last_ms - (messages - 1 - number) * 1000;
        let parent = if number == 0 { "null".to_string() } else { format!("\"e{}\"", number - 1) };
        let role = if number % 2 == 0 { "user" } else { "assistant" };
        log.push_str(&format!(
            "{{\"type\":\"message\",\"id\":\"e{number}\",\"parentId\":{parent},\"timestamp\":{at},\"message\":{{\"role\":\
             \"{role}\",\"content\":[{{\"type\":\"text\",\"text\":{}}}]}}}}\n",
            serde_json::Value::from(format!("{text} {number}"))
        ));
    }
    log.into_bytes()
}
