//! What jcode keeps of a session beside it: titles of to-dos, catch-up, who runs.

use jcode_session_core::catalog::SessionSummary;
use jcode_session_native::jcode::Companions;
use jcode_session_tests::homes::{home, listed, put};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const ID: &str = "session_fox_1";

fn todo(content: &str, status: &str, group: Option<&str>) -> Value {
    json!({"id": content, "content": content, "status": status, "priority": "high", "group": group})
}

fn write(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

/// A session of jcode with these fields.
fn session(home: &Path, fields: Value) -> SessionSummary {
    let time = "2026-01-01T00:00:00Z";
    let metadata = json!({"jcode": fields});
    let header =
        json!({"type": "session", "version": 3, "id": ID, "timestamp": time, "cwd": "/w", "metadata": metadata});
    put(home, &format!("{ID}.jsonl"), format!("{header}\n").as_bytes());
    *listed(home).remove(0).summary
}

#[test]
fn a_title_is_the_users_then_that_of_the_todos_then_jcodes() {
    let home = home();
    let generated = session(home.path(), json!({"title": "Generated", "short_name": "fox"}));
    let title = |session: &SessionSummary| Companions::read(home.path()).title(session);
    assert_eq!(title(&generated).as_deref(), Some("Generated"));
    let todos = [
        (
            json!([
                todo("a", "completed", Some("Old")),
                todo("b", "in_progress", Some(" Palette ")),
                todo("c", "pending", None)
            ]),
            Some("Palette"),
        ),
        (
            json!([
                todo("a", "pending", Some("First")),
                todo("b", "Pending", Some("Last")),
                todo("c", "COMPLETED", None)
            ]),
            Some("Last"),
        ),
        (json!([todo("a", "completed", None), todo("b", "completed", None)]), Some("Wants a dark mode")),
        (json!([]), Some("Wants a dark mode")),
        (json!([{"content": "a list that jcode cannot read", "status": "pending"}]), Some("Wants a dark mode")),
    ];
    write(
        home.path(),
        &format!("todos/{ID}-plan.json"),
        r#"{"user_intention":"Wants a dark mode","alignment_score":3}"#,
    );
    for (list, wanted) in &todos {
        write(home.path(), &format!("todos/{ID}.json"), &list.to_string());
        assert_eq!(title(&generated).as_deref(), *wanted, "{list}");
    }
    let named = session(home.path(), json!({"title": "Generated", "custom_title": "My own"}));
    assert_eq!(title(&named).as_deref(), Some("My own"));
    fs::remove_dir_all(home.path().join("todos")).expect("removed");
    write(home.path(), &format!("todos/{ID}.json"), &json!([todo("only this", "pending", Some("  "))]).to_string());
    let untitled = session(home.path(), json!({"short_name": "fox"}));
    assert_eq!(title(&untitled).as_deref(), Some("only this"));
    fs::remove_dir_all(home.path().join("todos")).expect("removed");
    assert_eq!(title(&untitled).as_deref(), Some("fox"));
}

#[test]
fn a_session_that_stopped_waits_until_it_was_seen() {
    let home = home();
    let at = 1_767_225_600_000_i64;
    let row = |status: Value| session(home.path(), json!({"status": status, "updated_at": "2026-01-01T00:00:00Z"}));
    let waits = |row: &SessionSummary| Companions::read(home.path()).needs_catch_up(row);
    assert!(waits(&row(json!("Closed"))) && waits(&row(json!({"Crashed": {"message": "out of memory"}}))));
    assert!(!waits(&row(json!("Active"))));
    let seen =
        |at: i64| write(home.path(), "catchup_seen.json", &json!({"seen_at_ms_by_session": {ID: at}}).to_string());
    seen(at - 1);
    assert!(waits(&row(json!("Closed"))));
    seen(at);
    assert!(!waits(&row(json!("Closed"))));
    write(home.path(), "catchup_seen.json", "{\"seen");
    assert!(waits(&row(json!("Closed"))), "a file that jcode cannot read says nothing");
}

#[test]
fn a_mark_holds_while_its_process_lives() {
    let home = home();
    let read = || Companions::read(home.path());
    assert!(!read().is_active(ID) && !read().is_streaming(ID) && !read().is_internal(ID));
    write(home.path(), &format!("active_pids/{ID}"), &std::process::id().to_string());
    write(home.path(), &format!("streaming_pids/{ID}"), "2147483646");
    write(home.path(), &format!("internal_pids/{ID}"), "");
    let companions = read();
    assert!(companions.is_active(ID) && companions.is_internal(ID));
    assert!(!companions.is_streaming(ID), "nobody is that process");
    assert_eq!(companions.todo_title("../catchup_seen"), None, "an id is no path");
}
