//! A host that writes jcode's v1 files beside the log: a migration finds nothing to do.

use super::model::fields_of;
use jcode_session_native::jcode::{Beside, OpenSession, Options, Save};
use jcode_session_tests::effort::seeds;
use jcode_session_tests::jcode_model::state::State as Memory;
use jcode_session_tests::jcode_model::{ModelRng, V1Files};
use jcode_session_tests::v1_steps::grown;
use serde_json::{Value, json};

/// What the host's own checkpoint would be.
fn v1(memory: &Memory) -> V1Files {
    let snapshot = Value::Object(memory.session.clone()).to_string().into_bytes();
    V1Files { snapshot: Some(snapshot), journal: None, bak: None }
}

#[test]
fn growth_compares_and_finds_nothing_to_do() {
    for seed in seeds(12) {
        let rng = &mut ModelRng::new(seed);
        let folder = tempfile::tempdir().expect("a folder");
        let mut memory = Memory::new(rng);
        memory.mark_saved();
        let log = folder.path().join("s.jsonl");
        let options = Options { beside: Beside::V1, ..Options::default() };
        let mut session = OpenSession::create(&log, &fields_of(&memory.session), &options).expect("created");
        for _ in 0..6 {
            let before = memory.list("messages").len();
            memory.list("messages").push(json!({"id": format!("m{}", rng.u64()), "role": "user", "content": [],
                "timestamp": "2026-01-01T00:00:00Z"}));
            memory.change_meta(rng);
            let new: Vec<Vec<u8>> =
                memory.list("messages")[before..].iter().map(|m| m.to_string().into_bytes()).collect();
            let new: Vec<&[u8]> = new.iter().map(Vec::as_slice).collect();
            session.save(&Save { messages: &new, ..Save::of(&fields_of(&memory.session)) }).expect("saved");
            match rng.below(4) {
                0 => {
                    let keep = rng.range(1, memory.list("messages").len() + 1);
                    session.rewind(keep, &fields_of(&memory.session)).expect("gone back");
                    memory.list("messages").truncate(keep);
                }
                1 => {
                    let at = rng.below(memory.list("messages").len());
                    session.edit(at, Some(br#"[{"type":"text","text":"x"}]"#)).expect("edited");
                    memory.list("messages")[at]["content"] = json!([{"type": "text", "text": "x"}]);
                }
                _ => {}
            }
            session.flush().expect("flushed");
            let bytes = std::fs::read(&log).expect("read");
            let after = grown(&bytes, &v1(&memory)).expect("not diverged");
            assert!(after == bytes, "{seed}: {}", String::from_utf8_lossy(&after[bytes.len()..]));
        }
    }
}
