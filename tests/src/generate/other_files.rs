//! Files in a sessions folder that have the name of a session log and are none, or have a newer format. Owns the list,
//! the expected report of a reader on each, and their bytes, made from what is known about the programs that write
//! them.

use rand::RngExt;
use serde_json::{Value, json};

use crate::generate::text::text;
use crate::generate::{LogShape, Random, tree_v3};

/// One kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherFile {
    ClaudeCode,
    Codex,
    /// Items without an envelope, the form of the first versions.
    CodexBare,
    Copilot,
    Qwen,
    Gemini,
    /// One document, the form of older versions.
    GeminiDocument,
    Opencode,
    Cursor,
    Kimi,
    Kiro,
    ServiceLog,
    PromptHistory,
    Document,
    Empty,
    Blank,
    Nul,
    Utf16,
    TornHeader,
    TornJson,
    /// The header does not end within the first MiB.
    EndlessHeader,
    Database,
    Text,
    Binary,
    NewerVersion,
    PiFormat4,
    /// Like the one before, but after a broken line, and with a torn end.
    PiFormat4Damaged,
}

impl OtherFile {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::ClaudeCode,
        Self::Codex,
        Self::CodexBare,
        Self::Copilot,
        Self::Qwen,
        Self::Gemini,
        Self::GeminiDocument,
        Self::Opencode,
        Self::Cursor,
        Self::Kimi,
        Self::Kiro,
        Self::ServiceLog,
        Self::PromptHistory,
        Self::Document,
        Self::Empty,
        Self::Blank,
        Self::Nul,
        Self::Utf16,
        Self::TornHeader,
        Self::TornJson,
        Self::EndlessHeader,
        Self::Database,
        Self::Text,
        Self::Binary,
        Self::NewerVersion,
        Self::PiFormat4,
        Self::PiFormat4Damaged,
    ];

    /// The dialect in reports.
    #[must_use]
    pub const fn dialect(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex | Self::CodexBare => "codex",
            Self::Copilot => "copilot",
            Self::Qwen => "qwen",
            Self::Gemini | Self::GeminiDocument => "gemini",
            Self::Opencode => "opencode",
            Self::Cursor => "cursor",
            _ => "unknown",
        }
    }

    /// Whether it is a session of a newer format.
    #[must_use]
    pub const fn is_newer(self) -> bool {
        matches!(self, Self::NewerVersion | Self::PiFormat4 | Self::PiFormat4Damaged)
    }

    /// Whether it is another agent's session that is read, though never written.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::ClaudeCode
                | Self::Codex
                | Self::CodexBare
                | Self::Copilot
                | Self::Qwen
                | Self::Gemini
                | Self::GeminiDocument
                | Self::Cursor
                | Self::Opencode
        )
    }

    /// Whether a session may have been lost in it.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(self, Self::Nul | Self::Utf16 | Self::TornHeader | Self::TornJson | Self::EndlessHeader)
    }

    /// A word that the report on it must contain.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::Codex | Self::CodexBare => "Codex",
            Self::Copilot => "Copilot",
            Self::Qwen => "Qwen",
            Self::Gemini | Self::GeminiDocument => "Gemini",
            Self::Opencode => "OpenCode",
            Self::Cursor => "Cursor",
            Self::Kimi => "Kimi",
            Self::Kiro => "Kiro",
            Self::ServiceLog | Self::PromptHistory => "JSON lines",
            Self::Document => "JSON document",
            Self::Empty => "empty",
            Self::Blank => "blanks",
            Self::Nul => "NUL",
            Self::Utf16 => "iconv",
            Self::TornHeader => "header that breaks off at byte",
            Self::TornJson => "breaks off at byte",
            Self::EndlessHeader => "first MiB",
            Self::Database => "SQLite",
            Self::Text => "text",
            Self::Binary => "no text",
            Self::NewerVersion => "version 5",
            Self::PiFormat4 | Self::PiFormat4Damaged => "format 4",
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(self, rng: &mut Random) -> Vec<u8> {
        let count = rng.random_range(3..20);
        match self {
            Self::ClaudeCode => lines(claude_code(count, rng)),
            Self::Codex => lines(codex(count, rng)),
            Self::CodexBare => lines(codex_bare(count, rng)),
            Self::Copilot => lines(copilot(count, rng)),
            Self::Qwen => lines(qwen(count, rng)),
            Self::Gemini => lines(gemini(count, rng)),
            Self::GeminiDocument => {
                pretty(&json!({"sessionId": "g", "projectHash": "h", "messages": gemini(count, rng)}))
            }
            Self::Opencode => lines(opencode(count, rng)),
            Self::Cursor => lines((0..count).map(|_| message("user", rng)).collect()),
            Self::Kimi => lines(vec![
                json!({"type": "metadata", "protocol_version": "1.4"}),
                json!({"type": "turn.prompt", "time": 1, "input": [{"type": "text", "text": text(60, rng)}]}),
            ]),
            Self::Kiro => lines(vec![json!({"version": "v1", "kind": "Prompt", "data": {"content": text(50, rng)}})]),
            Self::ServiceLog => {
                lines((0..count).map(|n| json!({"level": "info", "msg": text(40, rng), "ms": n})).collect())
            }
            Self::PromptHistory => {
                lines((0..count).map(|n| json!({"display": text(40, rng), "timestamp": n})).collect())
            }
            Self::Document => pretty(&json!({"name": "a package", "private": true, "files": [text(30, rng)]})),
            Self::Empty => Vec::new(),
            Self::Blank => b" \n\r\n\t\n".to_vec(),
            Self::Nul => vec![0; rng.random_range(1..9000)],
            Self::Utf16 => utf16(&sound(rng), rng),
            Self::TornHeader => sound(rng)[..rng.random_range(20..60)].to_vec(),
            Self::TornJson => br#"{"type":"ses"#[..rng.random_range(2..12)].to_vec(),
            Self::EndlessHeader => endless_header(rng),
            Self::Database => [b"SQLite format 3\0".as_slice(), &[0; 200]].concat(),
            Self::Text => b"Notes of a meeting.\nNothing was decided.\n".to_vec(),
            Self::Binary => (0..600).map(|_| rng.random_range(0x80..=0xff_u8)).collect(),
            Self::NewerVersion => {
                let log = String::from_utf8(sound(rng)).unwrap_or_default();
                log.replacen(r#""version":3"#, r#""version":5"#, 1).into_bytes()
            }
            Self::PiFormat4 => pi_format_4(count, rng),
            Self::PiFormat4Damaged => {
                let mut log = [b"{\"v\":4,\"ki\n".to_vec(), pi_format_4(count, rng)].concat();
                log.truncate(log.len() - 5);
                log
            }
        }
    }
}

fn sound(rng: &mut Random) -> Vec<u8> {
    tree_v3(LogShape { entries: 6, ..LogShape::default() }, rng.random())
}

fn lines(records: Vec<Value>) -> Vec<u8> {
    records.iter().flat_map(|record| format!("{record}\n").into_bytes()).collect()
}

fn pretty(document: &Value) -> Vec<u8> {
    format!("{document:#}\n").into_bytes()
}

fn message(role: &str, rng: &mut Random) -> Value {
    json!({"role": role, "message": {"content": [{"type": "text", "text": text(60, rng)}]}})
}

fn claude_code(count: u64, rng: &mut Random) -> Vec<Value> {
    let mut records = vec![json!({"type": "file-history-snapshot", "messageId": "m", "snapshot": {}})];
    for n in 0..count {
        let parent = n.checked_sub(1).map(|n| format!("u{n}"));
        let message = json!({"role": "user", "content": text(60, rng)});
        records.push(json!({"parentUuid": parent, "sessionId": "s", "cwd": "/", "type": "user", "message": message,
            "uuid": format!("u{n}"), "timestamp": "2026-01-01T00:00:00.000Z"}));
    }
    records.push(json!({"type": "last-prompt", "sessionId": "s", "leafUuid": "u0"}));
    records
}

fn codex(count: u64, rng: &mut Random) -> Vec<Value> {
    let envelope =
        |kind: &str, payload: Value| json!({"timestamp": "2026-01-01T00:00:00Z", "type": kind, "payload": payload});
    let mut records = vec![envelope("session_meta", json!({"id": "c", "cwd": "/", "cli_version": "0.150.0"}))];
    records.extend((0..count).map(|_| {
        envelope("response_item", json!({"type": "message", "role": "user", "content": [{"text": text(60, rng)}]}))
    }));
    records
}

fn codex_bare(count: u64, rng: &mut Random) -> Vec<Value> {
    let mut records = vec![json!({"id": "c", "timestamp": "2025-05-01T00:00:00Z", "instructions": null, "git": {}})];
    records
        .extend((0..count).map(|_| json!({"type": "message", "role": "user", "content": [{"text": text(60, rng)}]})));
    records
}

/// The hard case: every event has an id, a type, a time and mostly a parent.
fn copilot(count: u64, rng: &mut Random) -> Vec<Value> {
    let has_parents = rng.random_bool(0.8);
    let event = |n: u64, kind: &str, data: Value| {
        let mut event =
            json!({"type": kind, "data": data, "id": format!("e{n}"), "timestamp": "2026-01-01T00:00:00.000Z"});
        if has_parents {
            event["parentId"] = n.checked_sub(1).map(|n| format!("e{n}")).into();
        }
        event
    };
    let mut records = vec![event(0, "session.start", json!({"sessionId": "s"}))];
    records.extend((1..count).map(|n| event(n, "user.message", json!({"content": text(60, rng)}))));
    records
}

fn qwen(count: u64, rng: &mut Random) -> Vec<Value> {
    let record = |n: u64| {
        let parent = n.checked_sub(1).map(|n| format!("q{n}"));
        let message = json!({"role": "user", "parts": [{"text": text(60, rng)}]});
        json!({"uuid": format!("q{n}"), "parentUuid": parent, "sessionId": "s", "type": "user", "cwd": "/", "message": message})
    };
    (0..count).map(record).collect()
}

fn gemini(count: u64, rng: &mut Random) -> Vec<Value> {
    let mut first = json!({"sessionId": "g", "startTime": "2026-01-01T00:00:00.000Z"});
    first[if rng.random_bool(0.5) { "projectHash" } else { "lastUpdated" }] = "x".into();
    let mut records = vec![first];
    records.extend((0..count).map(|n| json!({"id": format!("m{n}"), "type": "gemini", "content": text(60, rng)})));
    records
}

fn opencode(count: u64, rng: &mut Random) -> Vec<Value> {
    let mut records = vec![json!({"type": "opencode_session", "id": "ses_1", "directory": "/"})];
    records.extend((0..count).map(|n| {
        json!({"type": "opencode_message", "id": format!("msg_{n}"), "session_id": "ses_1", "data": {"text": text(60, rng)}})
    }));
    records
}

/// A header without a type, then lines that are one write or an array of writes.
fn pi_format_4(count: u64, rng: &mut Random) -> Vec<u8> {
    let mut records =
        vec![json!({"v": 4, "kind": "header", "id": "s-4", "createdAt": 1_757_000_000_000_u64, "cwd": "/w"})];
    for n in 0..count {
        let parent = n.checked_sub(1).map(|n| format!("e{n}"));
        let message = json!({"role": "user", "content": text(60, rng)});
        let entry = json!({"kind": "entry", "seq": n, "id": format!("e{n}"), "parentId": parent, "type": "message", "message": message});
        let register = json!({"kind": "register", "op": "set", "name": "leaf", "value": format!("e{n}")});
        records.push(if rng.random_bool(0.5) { entry } else { json!([entry, register]) });
    }
    lines(records)
}

fn utf16(log: &[u8], rng: &mut Random) -> Vec<u8> {
    let little = rng.random_bool(0.5);
    let mark = if rng.random_bool(0.7) { "\u{feff}" } else { "" };
    let text = format!("{mark}{}", String::from_utf8_lossy(log));
    text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

fn endless_header(rng: &mut Random) -> Vec<u8> {
    let log = String::from_utf8(sound(rng)).unwrap_or_default();
    let note = format!(r#""version":3,"note":"{}""#, "n".repeat(1 << 20));
    log.replacen(r#""version":3"#, &note, 1).into_bytes()
}
