//! Sessions of OpenCode, as rows in lines and as the database that they stand in.
//!
//! Owns: messages of both schemas: steps with calls side by side, tools that are at work or failed, compactions, files,
//! and a conversation that was taken back.

use rand::RngExt;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::path::Path;

use super::{Teller, lines};
use crate::generate::{Random, random};

/// A session of about so many turns, as it is written down.
#[must_use]
pub fn opencode(turns: usize, seed: u64) -> Vec<u8> {
    let mut rng = random(seed);
    let (is_newer, id) = (rng.random_bool(0.4), format!("ses_{seed:012x}"));
    let mut writer = Writer { rng, session: id, lines: Vec::new(), count: 0, is_newer, prompts: Vec::new() };
    writer.turns(turns);
    let (first, state) = writer.session();
    lines(std::iter::once(first).chain(writer.lines).chain([state]))
}

/// Puts the rows of sessions into a database, which is left open as its program has it: in WAL mode, and nothing in the
/// file itself yet.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn opencode_database(path: &Path, sessions: &[Vec<u8>]) -> Connection {
    let database = Connection::open(path).expect("a database");
    database.execute_batch(SCHEMA).expect("made");
    database.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0").expect("set");
    for session in sessions {
        put_opencode(&database, session);
    }
    database
}

/// Puts the rows of a session into a database, or what they are now.
///
/// # Panics
/// If they are none.
pub fn put_opencode(database: &Connection, session: &[u8]) {
    let lines = session.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let rows: Vec<Value> = lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect();
    let is_newer = rows.iter().any(|row| row["type"] == "opencode_session_message");
    for row in &rows {
        let (id, session, data) = (text_of(&row["id"]), text_of(&row["session_id"]), row["data"].to_string());
        let times = (row["time_created"].as_i64(), row["time_updated"].as_i64());
        let done = match row["type"].as_str().expect("a type") {
            "opencode_session" => continue,
            "opencode_state" => {
                let table = if is_newer { "session_v2" } else { "session" };
                let revert = row["revert"].is_object().then(|| row["revert"].to_string());
                let sql = format!("INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?)");
                let parent = row["parent_id"].as_str();
                let (directory, title) = (text_of(&row["directory"]), text_of(&row["title"]));
                database.execute(&sql, params![id, parent, directory, title, revert, times.0, times.1])
            }
            "opencode_message" => {
                for part in row["parts"].as_array().expect("parts") {
                    let data = part["data"].to_string();
                    let values = params![text_of(&part["id"]), id, session, times.0, times.1, data];
                    let sql = "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?)";
                    database.execute(sql, values).expect("put");
                }
                let sql = "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)";
                database.execute(sql, params![id, session, times.0, times.1, data])
            }
            _ => {
                let values =
                    params![id, session, text_of(&row["message_type"]), row["seq"].as_i64(), times.0, times.1, data];
                database.execute("INSERT OR REPLACE INTO session_message VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            }
        };
        done.expect("put");
    }
}

const SCHEMA: &str = "
    CREATE TABLE session (id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text NOT NULL, revert text,
        time_created integer NOT NULL, time_updated integer NOT NULL);
    CREATE TABLE session_v2 (id text PRIMARY KEY, parent_id text, directory text NOT NULL, title text NOT NULL,
        revert text, time_created integer NOT NULL, time_updated integer NOT NULL);
    CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
        time_updated integer NOT NULL, data text NOT NULL);
    CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
        time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
    CREATE TABLE session_message (id text PRIMARY KEY, session_id text NOT NULL, type text NOT NULL, seq integer NOT NULL,
        time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
";

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

struct Writer {
    rng: Random,
    session: String,
    lines: Vec<Value>,
    count: u64,
    is_newer: bool,
    /// Ids of the prompts.
    prompts: Vec<String>,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        if self.one_in(10) {
            self.compaction();
        }
        let said = self.text();
        let id = if self.is_newer {
            self.put("user", json!({"text": said}), Vec::new())
        } else {
            let mut parts = vec![json!({"type": "text", "text": said})];
            if self.one_in(4) {
                let url = "data:image/png;base64,iVBORw0KGgo=";
                parts.push(json!({"type": "file", "mime": "image/png", "filename": "a.png", "url": url}));
            }
            self.put("user", json!({"role": "user", "agent": "build"}), parts)
        };
        self.prompts.push(id);
        for _ in 0..self.rng.random_range(1..3) {
            self.response();
        }
    }
}

impl Writer {
    const fn time(&self) -> u64 {
        1_780_000_000_000 + self.count * 1000
    }

    /// The session, as it was made and as it is now.
    fn session(&mut self) -> (Value, Value) {
        let revert = match self.prompts.len() {
            0 => Value::Null,
            _ if self.one_in(4) => {
                let to = self.rng.random_range(0..self.prompts.len());
                json!({"messageID": self.prompts[to]})
            }
            _ => Value::Null,
        };
        let title = self.text();
        let first = json!({"type": "opencode_session", "id": self.session, "parent_id": null,
            "directory": "/home/user/project", "time_created": 1_780_000_000_000_i64});
        let mut state = first.clone();
        state["type"] = "opencode_state".into();
        state["title"] = title.into();
        state["revert"] = revert;
        state["time_updated"] = self.time().into();
        (first, state)
    }

    /// A message, of which `parts` are rows of their own in the first schema; its id.
    fn put(&mut self, kind: &str, mut data: Value, parts: Vec<Value>) -> String {
        self.count += 1;
        let (id, time) = (format!("{}_msg_{:06}", self.session, self.count), self.time());
        let mut row = json!({"id": id, "session_id": self.session, "time_created": time, "time_updated": time});
        if self.is_newer {
            row["type"] = "opencode_session_message".into();
            row["message_type"] = kind.into();
            row["seq"] = self.count.into();
            if kind == "assistant" {
                data["content"] = parts.into();
            }
        } else {
            row["type"] = "opencode_message".into();
            let part = |(number, data): (usize, Value)| {
                json!({"id": format!("{id}_prt_{number:04}"), "message_id": id, "session_id": self.session,
                    "time_created": time, "time_updated": time, "data": data})
            };
            row["parts"] = parts.into_iter().enumerate().map(part).collect();
        }
        row["data"] = data;
        self.lines.push(row);
        id
    }

    fn response(&mut self) {
        let mut parts = Vec::new();
        let steps = if self.is_newer { 1 } else { self.rng.random_range(1..4) };
        for _ in 0..steps {
            if !self.is_newer {
                parts.push(json!({"type": "step-start"}));
            }
            if self.one_in(2) {
                parts.push(json!({"type": "reasoning", "text": self.text()}));
            }
            parts.push(json!({"type": "text", "text": self.text()}));
            for _ in 0..self.rng.random_range(0..3) {
                parts.push(self.tool());
            }
            if !self.is_newer {
                let tokens = json!({"input": 20, "output": 7, "reasoning": 1, "cache": {"read": 5, "write": 0}});
                parts.push(json!({"type": "step-finish", "reason": "stop", "tokens": tokens, "cost": 0.5}));
            }
        }
        let tokens = json!({"input": 20, "output": 7, "reasoning": 1, "cache": {"read": 5, "write": 0}});
        let mut data = json!({"role": "assistant", "modelID": "m-x", "providerID": "p", "tokens": tokens, "cost": 0.5});
        if self.is_newer {
            data = json!({"agent": "build", "model": {"id": "m-x", "providerID": "p"}, "tokens": tokens});
        }
        self.put("assistant", data, parts);
    }

    fn tool(&mut self) -> Value {
        let (asked, said) = (self.text(), self.text());
        let state = match self.rng.random_range(0..8) {
            0 => json!({"status": "running", "input": {"command": asked}}),
            1 => json!({"status": "error", "input": {"command": asked}, "error": said}),
            _ => json!({"status": "completed", "input": {"command": asked}, "output": said}),
        };
        let id = format!("call_{}", self.count);
        if self.is_newer {
            json!({"type": "tool", "id": id, "name": "bash", "state": state})
        } else {
            json!({"type": "tool", "callID": id, "tool": "bash", "state": state})
        }
    }

    fn compaction(&mut self) {
        let said = self.text();
        if self.is_newer {
            self.put("compaction", json!({"status": "done", "reason": "auto", "summary": said}), Vec::new());
            return;
        }
        self.put("user", json!({"role": "user"}), vec![json!({"type": "compaction", "auto": true})]);
        let data = json!({"role": "assistant", "summary": true, "modelID": "m-x"});
        self.put("assistant", data, vec![json!({"type": "text", "text": said})]);
    }
}
