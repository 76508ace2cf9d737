//! The normal form, and the readers below it: JSON compared with serde_json, times compared with themselves.

use super::json::{Node, parse};
use super::tests::snapshot;
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn the_normal_form_keeps_what_counts_and_only_that() {
    let base = snapshot(&["m"]);
    let same: [fn(&mut Value); 7] = [
        |s| s["parent_id"] = Value::Null,
        |s| s["replay_events"] = json!([]),
        |s| s["from_the_future"] = json!({"a": 1}),
        |s| s["messages"][0]["from_the_future"] = json!(1),
        |s| s["messages"][0]["content"][0]["cache_control"] = Value::Null,
        |s| s["is_canary"] = json!(false),
        |s| s["status"] = json!("Active"),
    ];
    let different: [fn(&mut Value); 6] = [
        |s| s["is_canary"] = json!(true),
        |s| s["title"] = Value::Null,
        |s| s["messages"][0]["content"] = json!([]),
        |s| s["messages"] = json!([]),
        |s| s["env_snapshots"] = json!([null]),
        |s| s["messages"][0]["content"][0] = json!({"type": "tool_use", "id": "i", "name": "n", "input": {"a": null}}),
    ];
    let with = |edit: fn(&mut Value)| {
        let mut session = base.clone();
        edit(&mut session);
        normal_form(&session)
    };
    for (i, edit) in same.into_iter().enumerate() {
        assert_eq!(with(edit), normal_form(&base), "same {i}");
    }
    for (i, edit) in different.into_iter().enumerate() {
        assert_ne!(with(edit), normal_form(&base), "different {i}");
    }
    let number = |token: &str| {
        let text = format!(
            r#"{{"id":"m","role":"user","content":[{{"type":"tool_use","id":"i","name":"n","input":{token}}}]}}"#
        );
        let mut session = base.clone();
        session["messages"][0] = serde_json::from_str(&text).unwrap();
        normal_form(&session)
    };
    assert_ne!(number("1.0"), number("1"));
    assert_ne!(number("9007199254740993"), number("9007199254740992"));
    assert_ne!(number(r#"{"a":null}"#), number("{}"));
}

/// serde_json respells an exponent (`1E5` becomes `1e+5`), with or without arbitrary precision.
fn respelled(node: &Node) -> Value {
    serde_json::from_str(&node.to_value().to_string()).unwrap()
}

proptest! {
    /// The model's reader agrees with serde_json on text that is nearly JSON.
    #[test]
    fn the_reader_agrees_with_serde_json(text in r#"([\[\]{}:, 0-9.eE+\-]|"a"|"\\u00e9"|"\\ud83e\\udd80"|null|true|\\n|"){0,14}"#) {
        let ours = parse(text.as_bytes()).map(|node| respelled(&node));
        prop_assert_eq!(ours, serde_json::from_str::<Value>(&text).ok());
    }

    #[test]
    fn times_are_read_as_they_are_written(ns in 0..4_000_000_000_000_000_000u64) {
        prop_assert_eq!(time::parse(&time::format(ns)), Some(ns));
    }
}

#[test]
fn the_reader_is_as_strict_as_serde_json() {
    let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
    let texts = [
        deep(127),
        deep(128),
        r#""\ud800""#.into(),
        r#""\ud800\u0041""#.into(),
        "\"\u{1}\"".into(),
        r#""\q""#.into(),
        "01".into(),
        "-".into(),
        "1.".into(),
        "1e+5".into(),
        "1E5".into(),
        "-0.0".into(),
        "1 2".into(),
        r#"{"a":1,}"#.into(),
        r#"{1:2}"#.into(),
        r#"{"a":1,"a":2}"#.into(),
        "\"\u{2028}\"".into(),
    ];
    for text in texts {
        let ours = parse(text.as_bytes());
        let theirs = serde_json::from_str::<Value>(&text).ok();
        match ours {
            // Our reader keeps the mark instead of failing, because jcode may skip such a field.
            Some(Node::LoneSurrogate) => assert_eq!(theirs, None, "{text}"),
            ours => assert_eq!(ours.map(|n| respelled(&n)), theirs, "{text}"),
        }
    }
    assert_eq!(value_of(b"1E5").unwrap().to_string(), "1E5", "the token, not serde_json's spelling");
    assert_eq!(parse(b"\"\xff\""), None);
    assert_eq!(time::format(1_795_382_149_189_984_553), "2026-11-22T21:15:49.189984553Z");
    assert_eq!(time::format(951_782_400_500_000_000), "2000-02-29T00:00:00.500Z");
    for bad in [
        "",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z",
        "٢026-01-01T00:00:00Z",
    ] {
        assert_eq!(time::parse(bad), None, "{bad}");
    }
}
