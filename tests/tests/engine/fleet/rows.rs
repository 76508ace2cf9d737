//! Rows of tables: those that the oracle, and a plain reading of each line, give.

use jcode_session_core::fleet::{Column, Facts, Table, Tables, Texts, Values, day_of};
use jcode_session_native::session::Session;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, damage, random, tree_v3};
use jcode_session_tests::oracle::read_log;
use serde_json::{Value, json};
use std::collections::HashSet;

fn tables(log: &[u8], facts: Facts, texts: Texts) -> Option<Tables> {
    let dir = LogDir::new(log);
    let session = Session::read(&dir.log()).ok()?;
    Some(session.tables(&facts, texts).expect("rows"))
}

fn table<'t>(tables: &'t Tables, name: &str) -> &'t Table {
    tables.all.iter().find(|table| table.name == name).expect("a table")
}

fn column<'t>(table: &'t Table, name: &str) -> &'t Column {
    table.columns.iter().find(|column| column.name == name).expect("a column")
}

/// A column as JSON.
fn values(table: &Table, name: &str) -> Vec<Value> {
    match &column(table, name).values {
        Values::Text(list) => list.iter().map(|value| json!(value)).collect(),
        Values::Int(list) => list.iter().map(|value| json!(value)).collect(),
        Values::Day(list) => list.iter().map(|value| json!(value)).collect(),
        Values::Real(list) => list.iter().map(|value| json!(value)).collect(),
        Values::Flag(list) => list.iter().map(|value| json!(value)).collect(),
    }
}

#[test]
fn every_entry_has_a_row_as_the_oracle_sees_it() {
    let mut compared = 0;
    for seed in 0..40 {
        let log = tree_v3(LogShape { entries: 120, branch_percent: 20, ..LogShape::default() }, seed);
        let log = if seed % 2 == 1 { damage(&log, &mut random(seed)) } else { log };
        let expected = read_log(&log);
        let facts = Facts { session_id: "s".into(), ..Facts::default() };
        let Some(tables) = tables(&log, facts, Texts::Full) else { continue };
        let entries = table(&tables, "entries");
        assert_eq!(entries.rows(), expected.entries.len(), "seed {seed}");
        let parent = |at: usize| expected.entries[at].parent;
        let mut active = HashSet::new();
        let mut at = expected.entries.len().checked_sub(1);
        while let Some(one) = at {
            active.insert(one);
            at = parent(one);
        }
        let numbers = 0..expected.entries.len();
        assert_eq!(values(entries, "seq"), numbers.clone().map(|at| json!(at)).collect::<Vec<_>>());
        let of = |what: &dyn Fn(usize) -> Value| numbers.clone().map(what).collect::<Vec<_>>();
        assert_eq!(values(entries, "entry_id"), of(&|at| json!(expected.entries[at].key)), "seed {seed}");
        assert_eq!(values(entries, "depth"), of(&|at| json!(expected.entries[at].depth)), "seed {seed}");
        assert_eq!(values(entries, "active"), of(&|at| json!(active.contains(&at))), "seed {seed}");
        assert_eq!(values(entries, "ts"), of(&|at| json!(expected.entries[at].ts)), "seed {seed}");
        assert_eq!(values(entries, "day"), of(&|at| json!(expected.entries[at].ts.map(day_of))), "seed {seed}");
        assert_eq!(values(entries, "kind"), of(&|at| json!(expected.entries[at].kind)), "seed {seed}");
        assert_eq!(values(entries, "byte_offset"), of(&|at| json!(expected.entries[at].offset)), "seed {seed}");
        let sessions = table(&tables, "sessions");
        assert_eq!(values(sessions, "entries"), [json!(expected.entries.len())]);
        assert_eq!(values(sessions, "branches"), [json!(expected.leaves.len())]);
        assert_eq!(values(sessions, "bytes"), [json!(log.len())]);
        compared += 1;
    }
    assert!(compared > 30, "{compared}");
}

/// The numbers of calls, and tokens, as a plain reading of each line counts them.
#[test]
fn calls_and_tokens_add_up() {
    let mut calls = 0;
    for seed in 0..20 {
        let log = tree_v3(LogShape { entries: 200, ..LogShape::default() }, seed);
        let tables = tables(&log, Facts::default(), Texts::None).expect("a log");
        let lines: Vec<Value> =
            log.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let blocks = |kind: &'static str| {
            let of = |line: &Value| line["message"]["content"].as_array().cloned().unwrap_or_default();
            lines.iter().flat_map(of).filter(move |block| block["type"] == kind).count()
        };
        let sum = |table: &Table, name: &str| values(table, name).iter().filter_map(Value::as_u64).sum::<u64>();
        let tool_calls = table(&tables, "tool_calls");
        assert_eq!(tool_calls.rows(), blocks("toolCall") + blocks("tool_use"), "seed {seed}");
        calls += tool_calls.rows();
        let usage = table(&tables, "usage");
        for (name, field) in [("input", "input"), ("output", "output"), ("cache_read", "cacheRead")] {
            let used = lines.iter().filter(|line| line["type"] == "message" || line["type"] == "usage").map(|line| {
                let holder = if line["type"] == "message" { &line["message"] } else { line };
                holder["usage"][field].as_u64().unwrap_or_default()
            });
            assert_eq!(sum(usage, name), used.sum::<u64>(), "seed {seed}, {name}");
        }
        assert_eq!(sum(table(&tables, "sessions"), "input"), sum(usage, "input"));
        assert!(values(table(&tables, "entries"), "text").iter().all(Value::is_null));
        assert!(values(tool_calls, "args").iter().all(Value::is_null));
    }
    assert!(calls > 100, "{calls}");
}

#[test]
fn a_result_belongs_to_its_call_and_a_copy_is_told() {
    let line = |id: &str, parent: Value, at: &str, message: Value| json!({"type": "message", "id": id, "parentId": parent, "timestamp": format!("2026-03-01T{at}.000Z"), "message": message});
    let lines = [
        json!({"type": "session", "version": 3, "id": "s", "timestamp": "2026-03-01T09:00:00.000Z", "cwd": "/", "parentSession": "p"}),
        line("u", Value::Null, "08:59:59", json!({"role": "user", "content": "übel"})),
        line(
            "a",
            "u".into(),
            "09:00:01",
            json!({"role": "assistant", "model": "m", "provider": "p", "stopReason": "stop",
            "content": [{"type": "toolCall", "id": "c", "name": "bash", "arguments": {"x": 1}}, {"type": "text", "text": "so"}],
            "usage": {"input": 3, "output": 4, "cost": {"total": 0.5}}}),
        ),
        line(
            "r",
            "a".into(),
            "09:00:03",
            json!({"role": "toolResult", "toolCallId": "c", "isError": true, "content": [{"type": "text", "text": "no"}]}),
        ),
        json!({"type": "label", "id": "l", "parentId": "r", "timestamp": "2026-03-01T09:00:04.000Z", "targetId": "u", "label": "here"}),
    ];
    let log: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let facts = Facts { session_id: "s".into(), forked_at: Some(1_772_355_600_000), ..Facts::default() };
    let tables = tables(log.as_bytes(), facts, Texts::Capped).expect("a log");
    let [sessions, entries, calls, usage] =
        ["sessions", "entries", "tool_calls", "usage"].map(|name| table(&tables, name));
    let of = |table: &Table, name: &str| values(table, name);
    assert_eq!(of(entries, "copied"), [true, false, false, false]);
    assert_eq!(of(entries, "text"), [json!("übel"), json!("so"), json!("no"), json!("here")]);
    assert_eq!(of(entries, "text_bytes"), [5, 2, 2, 4]);
    assert_eq!(of(entries, "label"), [json!("here"), Value::Null, Value::Null, Value::Null]);
    assert_eq!(of(entries, "role"), [json!("user"), json!("assistant"), json!("toolResult"), Value::Null]);
    assert_eq!((of(calls, "result_seq"), of(calls, "is_error")), (vec![json!(2)], vec![json!(true)]));
    assert_eq!((of(calls, "duration_ms"), of(calls, "args")), (vec![json!(2000)], vec![json!("{\"x\":1}")]));
    assert_eq!((of(sessions, "tool_calls"), of(sessions, "tool_errors")), (vec![json!(1)], vec![json!(1)]));
    assert_eq!((of(usage, "cost_usd"), of(usage, "model")), (vec![json!(0.5)], vec![json!("m")]));
    assert_eq!((of(usage, "source"), of(usage, "stop_reason")), (vec![json!("message")], vec![json!("stop")]));
}

#[test]
fn rows_that_do_not_pass_are_left_out() {
    let mut all = Tables::default();
    for id in ["a", "b"] {
        let log = tree_v3(LogShape { entries: 5, ..LogShape::default() }, 1);
        all.append(tables(&log, Facts { session_id: id.into(), ..Facts::default() }, Texts::None).expect("a log"));
    }
    let entries = table(&all, "entries");
    assert_eq!((entries.rows(), entries.filtered(|id| id == "b").rows()), (10, 5));
    assert_eq!(values(&entries.filtered(|id| id == "b"), "session_id"), vec![json!("b"); 5]);
}
