//! What is read from the end of a long session: how much of it, and that it is the end of all.

use jcode_session_core::dialect::jcode::{Page, Recent};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::jcode::{self, Fields, OpenSession, Options, Save};
use jcode_session_native::writer::{LockMode, Writer, WriterOptions};
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::{Path, PathBuf};

fn born() -> Fields {
    let time = "2026-01-01T00:00:00Z";
    let fields = json!({"id": "s", "created_at": time, "updated_at": time, "status": "Active", "title": "long"});
    Fields::of_session(fields.to_string().as_bytes()).expect("an object")
}

fn message(number: usize) -> Vec<u8> {
    let text = format!("{number} ").repeat(300);
    // A key of ours in somebody else's data.
    json!({"id": format!("m{number}"), "role": "user", "content": [
        {"type": "tool_use", "name": "todo", "input": {"complete": {"messages": number}, "text": text}}]})
    .to_string()
    .into_bytes()
}

/// A session, and how many messages it was given.
struct Long {
    session: OpenSession,
    log: PathBuf,
    fields: Fields,
    count: usize,
}

impl Long {
    fn begin(folder: &Path) -> Self {
        let log = folder.join("s.jsonl");
        let options = Options { durability: Durability::Throughput, ..Options::default() };
        let session = OpenSession::create(&log, &born(), &options).expect("created");
        Self { session, log, fields: born(), count: 0 }
    }

    fn save(&mut self, messages: usize) {
        for _ in 0..messages {
            let event = json!({"kind": "x", "complete": {"messages": self.count}}).to_string();
            let new = message(self.count);
            let save = Save { messages: &[&new], replay_events: &[event.as_bytes()], ..Save::of(&self.fields) };
            self.session.save(&save).expect("saved");
            self.count += 1;
        }
    }

    /// All but the last messages are compacted.
    fn compact(&mut self, left: usize) {
        let count = self.session.message_count() - left;
        let compaction = json!({"summary_text": "so far", "compacted_count": count}).to_string();
        self.fields.apply(&Fields::from_iter([("compaction".to_string(), compaction.into_bytes())]));
        self.session.save(&Save::of(&self.fields)).expect("saved");
    }

    /// The page is the end of all messages, the fields are those of all of the log. The bytes of the log.
    fn check(&self, hidden: usize) -> Vec<u8> {
        self.session.flush().expect("flushed");
        let state = jcode::load(&self.log).expect("loaded");
        let page = jcode::page(&self.log).expect("read");
        assert_eq!(page.messages, state.messages[hidden..]);
        assert_eq!((page.hidden, &page.fields), (Some(hidden as u64), &state.fields));
        let recent = jcode::recent(&self.log).expect("read");
        assert_eq!((recent.messages, recent.fields), (Some(state.messages.len() as u64), state.fields));
        std::fs::read(&self.log).expect("read")
    }
}

/// Counts what is read.
struct Counted {
    bytes: Vec<u8>,
    read: Cell<usize>,
}

impl ByteSource for Counted {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.read.set(self.read.get() + buffer.len());
        SliceSource(&self.bytes).read_at(offset, buffer)
    }
}

#[test]
fn a_page_reads_what_it_shows_and_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut long = Long::begin(folder.path());
    long.save(3000);
    long.compact(20);
    long.save(80);
    let log = Counted { bytes: long.check(2980), read: Cell::new(0) };
    assert!(log.bytes.len() > 4 << 20);
    let recent = Recent::read(&log).expect("read");
    assert_eq!(recent.messages, Some(3080));
    let of_recent = log.read.replace(0);
    assert!(of_recent < 1 << 20, "{of_recent} bytes were read for the fields");
    let page = Page::read(&log).expect("read").expect("the end tells");
    assert_eq!(page.messages.len(), 100);
    let of_page = log.read.get() - of_recent;
    assert!(of_page < 1 << 20, "{of_page} bytes were read for the page beside the fields");
}

#[test]
fn a_page_goes_around_what_was_left_and_back_behind_its_beginning() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut long = Long::begin(folder.path());
    long.save(40);
    long.compact(5);
    long.check(35);
    long.save(10);
    let fields = long.fields.clone();
    long.session.rewind(42, &fields).expect("gone back");
    long.save(3);
    long.check(35);
    long.session.undo_rewind(&fields).expect_err("messages followed it");
    // Before the first message that the compaction left.
    long.session.rewind(30, &fields).expect("gone back");
    long.check(30);
    long.save(2);
    long.check(32);
}

#[test]
fn what_another_writer_calls_a_message_counts_as_it_does_for_a_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let options = Options { lock: LockMode::Batch, ..Options::default() };
    let mut session = OpenSession::create(&log, &born(), &options).expect("created");
    session.save(&Save { messages: &[&message(0)], ..Save::of(&born()) }).expect("saved");
    let other = Writer::open(&log, &WriterOptions { lock: LockMode::Batch, ..WriterOptions::default() });
    let other = other.expect("between two turns");
    let meta = br#"{"type":"custom","customType":"jcode/meta","data":{"title":"theirs"}}"#;
    let renamed = br#"{"type":"message","id":"theirs","message":{"role":"user","content":[]}}"#;
    for entry in
        [&br#"{"type":"message","id":"bare"}"#[..], br#"{"type":"custom","customType":"jcode/meta"}"#, meta, renamed]
    {
        other.append(entry, Parent::Leaf).expect("appended");
    }
    let saved = session.save(&Save { messages: &[&message(1)], ..Save::of(&born()) }).expect("saved");
    assert!(saved.others_wrote);
    session.flush().expect("flushed");
    let state = jcode::load(&log).expect("loaded");
    let ids: Vec<_> = state.messages.iter().map(|message| message.entry_id.clone()).collect();
    assert_eq!(ids, ["m0", "theirs", "m1"]);
    assert_eq!(session.message_ids(), ids);
    assert_eq!(session.fields(), &state.fields);
    let title: Value = serde_json::from_slice(state.fields.get("title").expect("a title")).expect("JSON");
    assert_eq!(title, "theirs");
}
