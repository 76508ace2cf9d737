//! A jcode that keeps its session here: its state in memory, and what the log must say of it.
//!
//! Owns: what each operation does to jcode's memory, by other means than the layer.
//! Invariant: a field holds what was said last of it, by whomever; `said` is what this jcode said itself.

use jcode_session_core::write::Parent;
use jcode_session_native::jcode::{self, Fields, OpenSession, Options, Save, SaveError};
use jcode_session_native::session::Session;
use jcode_session_native::writer::{LockMode, Writer, WriterOptions};
use jcode_session_tests::jcode_model::record;
use jcode_session_tests::jcode_model::state::State as Memory;
use jcode_session_tests::jcode_model::{ModelRng, normal_form, value_of};
use jcode_session_tests::v1_steps::exported;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

pub(super) const ARRAYS: [&str; 4] = ["messages", "env_snapshots", "memory_injections", "replay_events"];

/// What a rewind can be taken back to.
struct Before {
    messages: Vec<Value>,
}

pub(super) struct Jcode {
    pub(super) memory: Memory,
    /// How much of each array was saved.
    saved: [usize; 4],
    said: Map<String, Value>,
    /// The fields as the log must have them.
    log_fields: Map<String, Value>,
    before: Option<Before>,
    session: Option<OpenSession>,
    pub(super) log: PathBuf,
    options: Options,
    /// Another process wrote since the session's last turn.
    behind: bool,
}

pub(super) fn fields_of(session: &Map<String, Value>) -> Fields {
    Fields::of_session(Value::Object(session.clone()).to_string().as_bytes()).expect("an object")
}

fn without_arrays(session: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = session.clone();
    fields.retain(|name, value| !ARRAYS.contains(&name.as_str()) && !value.is_null());
    fields
}

impl Jcode {
    pub(super) fn new(folder: &Path, options: Options, rng: &mut ModelRng) -> Self {
        let mut memory = Memory::new(rng);
        memory.mark_saved();
        let log = folder.join(format!("{}.jsonl", memory.id()));
        let session = OpenSession::create(&log, &fields_of(&memory.session), &options).expect("created");
        let said = without_arrays(&memory.session);
        let log_fields = said.clone();
        let (session, before) = (Some(session), None);
        Self { memory, saved: [0; 4], said, log_fields, before, session, log, options, behind: false }
    }

    pub(super) fn open(&mut self) -> &mut OpenSession {
        // Whatever is done takes a turn first.
        self.behind = false;
        self.session.as_mut().expect("open")
    }

    fn list(&mut self, name: &str) -> Vec<Value> {
        self.memory.list(name).clone()
    }

    /// jcode's rule for what it says: what changed in its own memory.
    fn say(&mut self) {
        let now = without_arrays(&self.memory.session);
        for name in now.keys().chain(self.said.keys()) {
            if now.get(name) != self.said.get(name) && !["id", "created_at"].contains(&name.as_str()) {
                match now.get(name) {
                    Some(value) => self.log_fields.insert(name.clone(), value.clone()),
                    None => self.log_fields.shift_remove(name),
                };
            }
        }
        self.said = now;
    }

    pub(super) fn save(&mut self) {
        let new: Vec<Vec<Vec<u8>>> = (0..4)
            .map(|at| {
                let list = self.list(ARRAYS[at]);
                list[self.saved[at]..].iter().map(|value| value.to_string().into_bytes()).collect()
            })
            .collect();
        let slices: Vec<Vec<&[u8]>> = new.iter().map(|list| list.iter().map(Vec::as_slice).collect()).collect();
        let fields = fields_of(&self.memory.session);
        let save = Save {
            fields: &fields,
            messages: &slices[0],
            env_snapshots: &slices[1],
            memory_injections: &slices[2],
            replay_events: &slices[3],
        };
        self.open().save(&save).expect("saved");
        if !slices[0].is_empty() {
            self.before = None;
        }
        let env = self.memory.list("env_snapshots");
        let surplus = env.len().saturating_sub(8);
        env.drain(..surplus);
        self.mark_saved();
        self.say();
    }

    fn mark_saved(&mut self) {
        self.saved = ARRAYS.map(|name| self.memory.list(name).len());
    }

    pub(super) fn rewind(&mut self, rng: &mut ModelRng) {
        let messages = self.list("messages");
        let keep = rng.below(messages.len() + 1);
        let fields = fields_of(&self.memory.session);
        match self.open().rewind(keep, &fields) {
            Ok(_) => {}
            // A log without an entry has nothing to go back from.
            Err(SaveError::NoMessage { .. }) if messages.is_empty() => return,
            Err(error) => panic!("{error}"),
        }
        self.before = Some(Before { messages });
        self.memory.list("messages").truncate(keep);
        self.mark_saved();
        self.say();
    }

    pub(super) fn undo(&mut self) {
        let fields = fields_of(&self.memory.session);
        let undone = self.open().undo_rewind(&fields);
        match self.before.take() {
            Some(before) => {
                undone.expect("taken back");
                let messages = std::mem::replace(self.memory.list("messages"), before.messages);
                self.before = Some(Before { messages });
                self.mark_saved();
                self.say();
            }
            None => assert!(matches!(undone, Err(SaveError::NothingToUndo)), "{undone:?}"),
        }
    }

    pub(super) fn edit(&mut self, rng: &mut ModelRng) {
        let count = self.list("messages").len();
        if count == 0 {
            return;
        }
        let at = rng.below(count);
        if rng.one_in(5) {
            self.open().edit(at, None).expect("left out");
            self.memory.list("messages").remove(at);
        } else {
            let content = json!([{"type": "text", "text": record::text(rng, 4)}]);
            self.open().edit(at, Some(content.to_string().as_bytes())).expect("edited");
            self.memory.list("messages")[at]["content"] = content;
        }
        self.mark_saved();
    }

    pub(super) fn replace(&mut self, rng: &mut ModelRng) {
        let mut messages = self.list("messages");
        if messages.is_empty() {
            return;
        }
        let at = rng.below(messages.len());
        match rng.below(3) {
            0 if messages.len() > 1 => drop(messages.remove(at)),
            1 => messages[at]["content"] = json!([{"type": "text", "text": record::text(rng, 4)}]),
            _ => messages.insert(at, json!({"id": format!("inserted_{}", rng.u64()), "role": "user", "content": []})),
        }
        let bytes: Vec<Vec<u8>> = messages.iter().map(|message| message.to_string().into_bytes()).collect();
        let slices: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        let fields = fields_of(&self.memory.session);
        let saved = self.open().replace_messages(&slices, &fields).expect("replaced");
        if saved.entries > 0 {
            // Whether the branch was a rewind alone only its end tells.
            self.before = None;
            let last_is_new = messages.len() > at;
            if !last_is_new {
                self.before = Some(Before { messages: self.list("messages") });
            }
        }
        *self.memory.list("messages") = messages;
        self.mark_saved();
        self.say();
    }

    /// Another process, which writes in a turn of its own.
    pub(super) fn other_renames(&mut self, rng: &mut ModelRng) {
        let options = WriterOptions { lock: LockMode::Batch, ..WriterOptions::default() };
        if self.options.lock == LockMode::Lifetime {
            assert!(Writer::open(&self.log, &options).is_err(), "held for life");
            return;
        }
        let name = format!("by another {}", rng.below(99));
        let writer = Writer::open(&self.log, &options).expect("between two turns");
        let entry = jcode_session_core::log::title::custom_title(&name);
        writer.append(&entry, Parent::Leaf).expect("appended");
        writer.close().expect("closed");
        self.log_fields.insert("custom_title".into(), name.into());
        self.behind = true;
    }

    pub(super) fn reopen(&mut self) {
        self.session.take().expect("open").close().expect("closed");
        let (session, state) = OpenSession::open(&self.log, &self.options).expect("opened");
        self.session = Some(session);
        self.behind = false;
        self.compare(&state);
        self.remember();
    }

    /// jcode has the fields of the log in memory now.
    fn remember(&mut self) {
        let arrays: Vec<_> = ARRAYS.map(|name| (name, self.list(name))).into();
        self.memory.session = self.log_fields.clone();
        self.memory.session.extend(arrays.into_iter().map(|(name, list)| (name.to_string(), Value::Array(list))));
        self.said = self.log_fields.clone();
        self.mark_saved();
    }

    /// A process that dies in the middle of a batch: what is there of it is a beginning of its bytes.
    pub(super) fn crash(&mut self, rng: &mut ModelRng) {
        self.session.take().expect("open").close().expect("closed");
        let whole = std::fs::read(&self.log).expect("read");
        let twin = self.log.with_file_name("twin.jsonl");
        std::fs::write(&twin, &whole).expect("written");
        let (mut dying, state) = OpenSession::open(&twin, &self.options).expect("opened");
        let message = json!({"role": "user", "content": [{"type": "text", "text": record::text(rng, 9)}]}).to_string();
        let fields = state.fields;
        let save = Save { messages: &[message.as_bytes(), message.as_bytes()], ..Save::of(&fields) };
        dying.save(&save).expect("saved");
        dying.close().expect("closed");
        let after = std::fs::read(&twin).expect("read");
        for name in ["twin.jsonl", "twin.sqlite3"] {
            let _ = std::fs::remove_file(self.log.with_file_name(name));
        }
        let _ = std::fs::remove_dir_all(self.log.with_file_name("twin.store"));
        // Less than all: whole lines of it are no more than half a batch. A record that lacks only its line feed is whole.
        let cut = whole.len() + rng.below(after.len() - 1 - whole.len());
        std::fs::write(&self.log, &after[..cut]).expect("written");
        self.check("torn");
        self.reopen_after_crash();
    }

    fn reopen_after_crash(&mut self) {
        let (session, state) = OpenSession::open(&self.log, &self.options).expect("recovered");
        self.session = Some(session);
        self.behind = false;
        self.compare(&state);
        self.remember();
    }

    fn expected(&mut self) -> Value {
        let mut session = self.log_fields.clone();
        for name in ARRAYS {
            session.insert(name.into(), self.list(name).into());
        }
        normal_form(&Value::Object(session))
    }

    fn compare(&mut self, state: &jcode::State) {
        let mut got = Map::new();
        for (name, value) in state.fields.iter() {
            got.insert(name.into(), value_of(value).expect("JSON"));
        }
        let lists = [&state.messages, &state.env_snapshots, &state.memory_injections, &state.replay_events];
        for (name, list) in ARRAYS.into_iter().zip(lists) {
            let values = list.iter().map(|stored| value_of(&stored.json).expect("JSON"));
            got.insert(name.into(), values.collect::<Vec<_>>().into());
        }
        assert_same(&normal_form(&Value::Object(got)), &self.expected(), "state");
    }

    /// The log, read by the layer, exported and looked at from its end, is jcode's memory.
    pub(super) fn check(&mut self, context: &str) {
        if let Some(session) = &self.session {
            session.flush().expect("flushed");
        }
        let state = jcode::load(&self.log).expect("loaded");
        self.compare(&state);
        assert_same(&normal_form(&exported(&shown(&self.log))), &self.expected(), context);
        let recent = jcode::recent(&self.log).expect("read");
        assert!(recent.fields == state.fields, "{context}: from the end");
        if let Some(messages) = recent.messages {
            assert_eq!(messages, state.messages.len() as u64, "{context}: counted from the end");
        }
        let page = jcode::page(&self.log).expect("read");
        let hidden = state.messages.len() - page.messages.len();
        assert_eq!(page.messages, state.messages[hidden..], "{context}: the end of all messages");
        if let Some(session) = &self.session {
            let ids: Vec<_> = state.messages.iter().map(|message| message.entry_id.clone()).collect();
            assert_eq!(session.message_ids(), ids, "{context}: what is held");
            let text = |fields: &Fields| String::from_utf8(fields.to_object()).expect("text");
            assert!(self.behind || text(session.fields()) == text(&state.fields), "{context}: what is held");
        }
    }
}

/// The log without half a batch at its end.
fn shown(log: &Path) -> Vec<u8> {
    let bytes = std::fs::read(log).expect("read");
    let torn = jcode_session_core::log::shown_len(&jcode_session_core::source::SliceSource(&bytes)).expect("read");
    let end = usize::try_from(torn).expect("short");
    let end = bytes[..end].iter().rposition(|&byte| byte == b'\n').map_or(0, |lf| lf + 1);
    let _ = Session::read(log).expect("readers read it too");
    bytes[..end].to_vec()
}

pub(super) fn assert_same(got: &Value, want: &Value, context: &str) {
    if got != want {
        for (name, value) in want.as_object().expect("an object") {
            assert_eq!(got.get(name).map(Value::to_string), Some(value.to_string()), "{context}: {name}");
        }
        assert_eq!(got.to_string(), want.to_string(), "{context}");
    }
}
