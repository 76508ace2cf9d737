//! The generator keeps its promises: loadable sessions with every kind of content, in every shape and size, equal for
//! equal seeds.

use super::generate::SHAPES;
use super::*;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

pub fn session(shape: Shape, turns: usize, seed: u64) -> V1Files {
    generate(shape, turns, &mut ModelRng::new(seed))
}

pub fn messages(session: &Value) -> &Vec<Value> {
    session["messages"].as_array().unwrap()
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    for shape in SHAPES {
        let files = session(shape, 12, 7);
        assert_eq!(files, session(shape, 12, 7));
        assert_ne!(files, session(shape, 12, 8));
        let go_on = |seed| grow(&files, &mut ModelRng::new(seed)).unwrap();
        assert_eq!(go_on(3), go_on(3));
        let journal = files.journal.unwrap_or_else(|| b"{\"meta\":1}\n".to_vec());
        let damage = |seed| damage_journal(&journal, &mut ModelRng::new(seed));
        assert_eq!(damage(5), damage(5));
    }
}

#[test]
fn sessions_hold_everything_that_the_contract_speaks_of() {
    let mut kinds = BTreeSet::new();
    let (mut text, mut untimed, mut events) = (String::new(), 0, BTreeSet::new());
    for seed in 0..60 {
        let files = session(SHAPES[seed as usize % 3], 20, seed);
        let loaded = load(&files).unwrap();
        for m in messages(&loaded) {
            untimed += usize::from(m.get("timestamp").is_none_or(Value::is_null));
            kinds.extend(m["content"].as_array().unwrap().iter().map(|b| b["type"].as_str().unwrap().to_owned()));
        }
        for event in loaded.get("replay_events").and_then(Value::as_array).into_iter().flatten() {
            events.insert(event["event"].as_str().unwrap().to_owned());
        }
        text += &loaded.to_string();
    }
    assert_eq!(kinds.len(), record::BLOCK_KINDS, "{kinds:?}");
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(untimed > 0);
    for token in [
        "9007199254740993",
        "18446744073709551615",
        ":0.1",
        "1E5",
        "-0.0",
        "日本語",
        "🦀",
        "\\u0000",
        "\u{2028}",
        "x_future",
        "x_large",
        "x_unknown",
        "route_api_method",
        "\"compaction\":{",
        "env_snapshots",
        "memory_injections",
        "\"Crashed\"",
        "\"cache_control\"",
        "\"display_role\"",
        "\"token_usage\"",
    ] {
        assert!(text.contains(token), "{token}");
    }
}

#[test]
fn shapes_are_what_they_say() {
    let files = session(Shape::SnapshotOnly, 10, 1);
    assert!(files.journal.is_none() && messages(&load(&files).unwrap()).len() >= 10);
    let files = session(Shape::JournalOverSmallSnapshot, 10, 1);
    let alone = V1Files { journal: None, ..files.clone() };
    assert!(messages(&load(&alone).unwrap()).len() <= 2);
    assert!(messages(&load(&files).unwrap()).len() >= 10);
    let files = session(Shape::Both, 10, 1);
    assert!(files.bak.is_some() && files.journal.is_some());
    for shape in SHAPES {
        load(&session(shape, 0, 1)).unwrap();
    }
}

proptest! {
    #![proptest_config(crate::effort::cases(64))]

    /// No type check refuses generated files, and a session that is loaded and written as one snapshot loads as the
    /// same session.
    #[test]
    fn generated_sessions_load_without_a_bad_line(files in arb_v1(15), steps in 0..4usize, seed: u64) {
        let rng = &mut ModelRng::new(seed);
        let mut files = files;
        for _ in 0..steps {
            files = grow(&files, rng).expect("jcode can load it").0;
        }
        let loaded = load_with(&files, Rules::default()).unwrap();
        prop_assert_eq!((loaded.bad_lines, loaded.from_bak), (0, false));
        let whole = V1Files { snapshot: Some(loaded.session.to_string().into()), ..V1Files::default() };
        prop_assert_eq!(load(&whole).unwrap(), loaded.session.clone());
        prop_assert_eq!(normal_form(&normal_form(&loaded.session)), normal_form(&loaded.session));
    }
}

#[test]
fn files_are_written_and_read_back_and_large_ones_are_about_that_large() {
    let dir = std::env::temp_dir().join(format!("jcode_model_{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let mut files = session(Shape::Both, 4, 1);
    files.write_to(&dir, "a.b").unwrap();
    files.journal = None;
    files.write_to(&dir, "a.b").unwrap();
    assert_eq!(V1Files::read_from(&dir, "a.b").unwrap(), files);
    for size in [2_000u64, 300_000, 5_000_000] {
        let count = write_large_v1(&dir, "big", size, 9).unwrap();
        let files = V1Files::read_from(&dir, "big").unwrap();
        let bytes = files.snapshot.as_ref().unwrap().len() + files.journal.as_ref().unwrap().len();
        assert!(bytes as u64 >= size && (bytes as u64) < size + 40_000, "{bytes} for {size}");
        let loaded = load_with(&files, Rules::default()).unwrap();
        assert_eq!((loaded.bad_lines, messages(&loaded.session).len()), (0, count));
        assert_eq!(loaded.session["id"], "big");
        write_large_v1(&dir, "big", size, 9).unwrap();
        assert_eq!(V1Files::read_from(&dir, "big").unwrap(), files);
    }
    std::fs::remove_dir_all(dir).unwrap();
}
