//! What a coding agent does to its own sessions, kept here: a command for each, so that a test is many processes.
//!
//! Owns: the state of a session as this program would hold it, which is JSON of the shape that jcode stores.
//! Invariant: whatever is printed was acknowledged before.

use clap::{Args, Subcommand, ValueEnum};
use jcode_session_core::write::Durability;
use jcode_session_native::catalog::{Catalog, Picker};
use jcode_session_native::jcode::{self, Beside, Fields, OpenSession, Options, Save, SaveError, Saved, State};
use jcode_session_native::os::folders;
use jcode_session_native::writer::LockMode;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn Error>>;

/// How sessions are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct Keep {
    /// When a save is acknowledged
    #[arg(long, default_value = "balanced")]
    durability: Durability,
    /// For how long a session is locked
    #[arg(long, default_value = "lifetime")]
    lock: Lock,
    /// Write jcode's v1 files beside the logs
    #[arg(long)]
    also_v1: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lock {
    Lifetime,
    Batch,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Begin a session
    Create { id: String, title: String },
    /// Save turns of two messages, so many times; `ack N` for each
    Save { id: String, turns: usize },
    /// Go back to the first messages
    Rewind { id: String, keep: usize },
    /// Take the last rewind back
    Undo { id: String },
    /// Give a message another text
    Edit { id: String, at: usize, text: String },
    /// A new session from the first messages of one
    Fork { id: String, keep: usize, child: String },
    /// The session as jcode would store it
    Show { id: String },
    /// Its fields, and how many messages it has
    Status { id: String },
    /// What a model is shown of it
    Page { id: String },
    /// All sessions, as a picker shows them
    Pick,
}

impl Keep {
    pub(crate) fn run(&self, home: &Path) -> Outcome {
        let sessions = home.join("sessions");
        folders::make_all(&sessions)?;
        let log = |id: &str| sessions.join(format!("{id}.jsonl"));
        match &self.what {
            What::Create { id, title } => {
                let session = OpenSession::create(&log(id), &born(id, title), &self.options())?;
                self.close(session, home)
            }
            What::Save { id, turns } => self.save(&log(id), home, *turns),
            What::Rewind { id, keep } => self.change(&log(id), home, |session, fields| session.rewind(*keep, fields)),
            What::Undo { id } => self.change(&log(id), home, |session, fields| session.undo_rewind(fields)),
            What::Edit { id, at, text } => {
                let content = json!([{"type": "text", "text": text}]).to_string();
                self.change(&log(id), home, |session, _| session.edit(*at, Some(content.as_bytes())))
            }
            What::Fork { id, keep, child } => {
                let mut fields = born(child, "a fork");
                fields.apply(&object(&json!({"parent_id": id, "status": "Closed"}))?);
                jcode::fork(&log(id), Some(*keep), &log(child), &fields)?;
                Ok(())
            }
            What::Show { id } => print(&snapshot(&jcode::load(&log(id))?)?),
            What::Status { id } => {
                let recent = jcode::recent(&log(id))?;
                let fields: Value = serde_json::from_slice(&recent.fields.to_object())?;
                print(&json!({"fields": fields, "messages": recent.messages}))
            }
            What::Page { id } => {
                let page = jcode::page(&log(id))?;
                print(&json!({"hidden": page.hidden, "messages": values(&page.messages)?}))
            }
            What::Pick => pick(home, sessions),
        }
    }

    fn options(&self) -> Options {
        Options {
            durability: self.durability,
            lock: match self.lock {
                Lock::Lifetime => LockMode::Lifetime,
                Lock::Batch => LockMode::Batch,
            },
            beside: if self.also_v1 { Beside::V1 } else { Beside::Nothing },
        }
    }

    fn save(&self, log: &Path, home: &Path, turns: usize) -> Outcome {
        let (mut session, state) = OpenSession::open(log, &self.options())?;
        let mut memory = state.fields;
        let mut out = std::io::stdout();
        for turn in 0..turns {
            let number = session.message_count();
            let by = std::process::id();
            let time = "2026-01-01T00:00:00Z";
            let message = |role: &str, n: usize| {
                let text = format!("{role} {n} of process {by}");
                json!({"id": format!("message_{by}_{turn}_{n}"), "role": role, "timestamp": time,
                    "content": [{"type": "text", "text": text}]})
                .to_string()
            };
            let (prompt, answer) = (message("user", number), message("assistant", number + 1));
            memory.apply(&object(&json!({"updated_at": time, "last_pid": by, "model": format!("m{}", turn % 3)}))?);
            session.save(&Save { messages: &[prompt.as_bytes(), answer.as_bytes()], ..Save::of(&memory) })?;
            // One write a line: a line that is cut by a kill acknowledges nothing.
            out.write_all(format!("ack message_{by}_{turn}_{number}\n").as_bytes())?;
        }
        self.close(session, home)
    }

    fn change(
        &self,
        log: &Path,
        home: &Path,
        change: impl FnOnce(&mut OpenSession, &Fields) -> Result<Saved, SaveError>,
    ) -> Outcome {
        let (mut session, state) = OpenSession::open(log, &self.options())?;
        change(&mut session, &state.fields)?;
        self.close(session, home)
    }

    /// Lists the session, writes v1 beside it if that is wanted, and lets go of it.
    fn close(&self, mut session: OpenSession, home: &Path) -> Outcome {
        session.list_in(home);
        let log = session.log().to_path_buf();
        session.close().map_err(|unwritten| format!("{unwritten:?}"))?;
        if self.also_v1 {
            std::fs::write(log.with_extension("json"), snapshot(&jcode::load(&log)?)?.to_string())?;
        }
        Ok(())
    }
}

/// The fields of a new session.
fn born(id: &str, title: &str) -> Fields {
    let time = "2026-01-01T00:00:00Z";
    let fields = json!({"id": id, "title": title, "created_at": time, "updated_at": time, "working_dir": "/work",
        "short_name": "fox", "status": "Active", "is_canary": false, "is_debug": false, "saved": false});
    object(&fields).unwrap_or_default()
}

fn object(value: &Value) -> Result<Fields, Box<dyn Error>> {
    Fields::of_object(value.to_string().as_bytes()).ok_or_else(|| "no object".into())
}

/// A session as jcode stores it.
fn snapshot(state: &State) -> Result<Value, Box<dyn Error>> {
    let mut all: Map<String, Value> = serde_json::from_slice(&state.fields.to_object())?;
    all.insert("messages".into(), values(&state.messages)?);
    let sides = [
        ("env_snapshots", &state.env_snapshots),
        ("memory_injections", &state.memory_injections),
        ("replay_events", &state.replay_events),
    ];
    for (name, list) in sides.into_iter().filter(|(_, list)| !list.is_empty()) {
        all.insert(name.into(), values(list)?);
    }
    Ok(all.into())
}

fn values(list: &[jcode::Stored]) -> Result<Value, Box<dyn Error>> {
    Ok(list.iter().map(|stored| serde_json::from_slice(&stored.json)).collect::<Result<Vec<Value>, _>>()?.into())
}

fn print(value: &Value) -> Outcome {
    Ok(writeln!(std::io::stdout(), "{value}")?)
}

/// The rows that the index holds, then those that the folders say.
fn pick(home: &Path, sessions: PathBuf) -> Outcome {
    let mut picker = Picker::open(Catalog::new(home, &[sessions]), 50);
    picker.refresh();
    for row in picker.page(&jcode_session_core::catalog::page::Filter::default(), None, 50) {
        let title = row.summary.title.as_deref().unwrap_or_default();
        writeln!(std::io::stdout(), "{} {title}", row.summary.session_id)?;
    }
    Ok(())
}
