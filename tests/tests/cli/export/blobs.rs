//! Pictures and texts that a session of oh-my-pi only refers to stand in its exports.

use jcode_session_tests::files::contents;
use jcode_session_tests::program::{Run, run};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

const PICTURE: &str = "92b2fa58028958317e408bd84ecfa70f5ee35b121991dbc232c49d166353708b";
const TEXT: &str = "f3a3d580acba6953c8e836dacc4f2a99211f72da474618636dee6d51821f0d5b";
/// The base64 of the picture.
const DATA: &str = "YSBwaWN0dXJl";

/// A user's folder with one session, which refers to a picture twice and to a text.
struct User {
    folder: TempDir,
    log: PathBuf,
}

impl User {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let agent = folder.path().join(".omp/agent");
        let sessions = agent.join("sessions/-work");
        fs::create_dir_all(&sessions).expect("made");
        fs::create_dir_all(agent.join("blobs")).expect("made");
        let picture = json!({"type": "image", "mimeType": "image/png", "data": format!("blob:sha256:{PICTURE}")});
        let quoted = format!(r#"it says "blob:sha256:{PICTURE}""#);
        let said = [
            json!([{"type": "text", "text": quoted}, picture]),
            json!([{"type": "text", "text": format!("blobtext:sha256:{TEXT}")}, picture]),
        ];
        let header = json!({"type": "session", "version": 3, "id": "s", "timestamp": "2026-01-01T00:00:00Z"});
        let mut lines = vec![header.to_string()];
        for (number, content) in said.iter().enumerate() {
            let parent = number.checked_sub(1).map(|parent| format!("e{parent}"));
            let message = json!({"role": "user", "content": content});
            let entry = json!({"type": "message", "id": format!("e{number}"), "parentId": parent, "message": message});
            lines.push(entry.to_string());
        }
        let log = sessions.join("s.jsonl");
        fs::write(&log, lines.join("\n") + "\n").expect("written");
        Self { folder, log }
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(".omp/agent/blobs").join(name), bytes).expect("written");
    }

    fn export(&self, form: &str) -> Run {
        let log = self.log.to_string_lossy().into_owned();
        let done = run(self.folder.path(), ["export", &log, "--format", form]);
        assert_eq!(done.code, 0, "{done:?}");
        done
    }
}

#[test]
fn what_a_session_refers_to_stands_in_its_exports() {
    let user = User::new();
    user.put(PICTURE, b"a picture");
    user.put(TEXT, b"a long\ntext");
    let before = contents(user.folder.path());
    let v3 = user.export("v3");
    let log = fs::read_to_string(&user.log).expect("there");
    let whole = log
        .replace(&format!(r#""data":"blob:sha256:{PICTURE}""#), &format!(r#""data":"{DATA}""#))
        .replace(&format!(r#""blobtext:sha256:{TEXT}""#), r#""a long\ntext""#);
    assert_eq!(v3.text(), whole);
    assert!(whole.contains(&format!(r#"\"blob:sha256:{PICTURE}\""#)), "what only quotes one stays");
    assert!(!v3.stderr.contains("missing"), "{v3:?}");
    let page = user.export("html").text();
    assert_eq!(page.matches(&format!("src=\"data:image/png;base64,{DATA}\"")).count(), 2);
    assert!(page.contains("a long\ntext"));
    assert_eq!(contents(user.folder.path()), before);
}

/// A file that is not what its name says may be anything that somebody wants to see.
#[test]
fn what_is_missing_or_other_than_its_name_is_told_and_stays_a_reference() {
    let user = User::new();
    user.put(PICTURE, b"another picture");
    for form in ["v3", "html", "markdown"] {
        let done = user.export(form);
        assert!(done.stderr.contains("2 files it refers to missing; looked for in "), "{form}: {done:?}");
        if form == "v3" {
            assert!(done.stdout == fs::read(&user.log).expect("there"));
        }
    }
    fs::remove_dir_all(user.folder.path().join(".omp/agent/blobs")).expect("removed");
    assert!(user.export("html").stderr.contains("2 files it refers to missing"));
}
