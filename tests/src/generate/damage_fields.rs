//! Damage in the fields of entries: ids, parents, times and the keys themselves. A line that no longer parses has no
//! fields and is left alone.

use std::ops::Range;

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value, json};

use crate::generate::Random;
use crate::generate::damage_bytes::{body_line, header, lines};
use crate::generate::damage_lines;

fn parse(line: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(line).ok()
}

/// Changes the fields of some entry.
fn edit(log: &mut Vec<u8>, rng: &mut Random, change: impl FnOnce(&mut Map<String, Value>)) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    if let Some(mut entry) = parse(&log[line.clone()]) {
        change(&mut entry);
        log.splice(line, Value::Object(entry).to_string().into_bytes());
    }
}

/// The id of a random entry at a position that `wanted` accepts.
fn some_id(log: &[u8], rng: &mut Random, wanted: impl Fn(&Range<usize>) -> bool) -> Option<Value> {
    let all = lines(log);
    // Parsing every line would make each damage cost time in proportion to the log.
    let candidates: Vec<_> = all.iter().skip(1).filter(|line| wanted(line)).collect();
    let line = (*candidates.choose(rng)?).clone();
    parse(&log[line])?.get("id").cloned()
}

pub fn duplicate_id(log: &mut Vec<u8>, rng: &mut Random) {
    if let Some(id) = some_id(log, rng, |_| true) {
        edit(log, rng, |entry| drop(entry.insert("id".to_owned(), id)));
    }
}

/// Sets a field, or removes it.
fn put(log: &mut Vec<u8>, rng: &mut Random, field: &str, value: Option<Value>) {
    edit(log, rng, |entry| match value {
        Some(value) => drop(entry.insert(field.to_owned(), value)),
        None => drop(entry.remove(field)),
    });
}

pub fn missing_id(log: &mut Vec<u8>, rng: &mut Random) {
    let none = [None, Some(Value::Null)];
    let id = none.choose(rng).cloned().flatten();
    put(log, rng, "id", id);
}

/// Values that are neither an id nor null.
fn junk(rng: &mut Random) -> Option<Value> {
    let junk = [json!(""), json!(false), json!(true), json!({"id": "x"}), json!({}), json!([]), json!(["a"])];
    junk.choose(rng).cloned()
}

pub fn bad_id(log: &mut Vec<u8>, rng: &mut Random) {
    let id = junk(rng);
    put(log, rng, "id", id);
}

pub fn bad_parent(log: &mut Vec<u8>, rng: &mut Random) {
    let parent = junk(rng);
    put(log, rng, "parentId", parent);
}

/// Numbers as ids and parents, few enough to collide, also as texts.
pub fn number_ids(log: &mut Vec<u8>, rng: &mut Random) {
    let numbers = [json!(0), json!(7), json!(12), json!(-3), json!(1.5), json!("7"), json!("12")];
    for _ in 0..rng.random_range(1..6) {
        let number = numbers.choose(rng).cloned();
        let field = if rng.random_bool(0.5) { "id" } else { "parentId" };
        put(log, rng, field, number);
    }
}

pub fn missing_parent(log: &mut Vec<u8>, rng: &mut Random) {
    edit(log, rng, |entry| {
        drop(entry.insert("parentId".to_owned(), json!("nobody")));
    });
}

/// A parent that stands later in the log. That entry often descends from this one, so cycles result.
pub fn later_parent(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    let Some(later) = some_id(log, rng, |other| other.start > line.start) else {
        return;
    };
    if let Some(mut entry) = parse(&log[line.clone()]) {
        entry.insert("parentId".to_owned(), later);
        log.splice(line, Value::Object(entry).to_string().into_bytes());
    }
}

pub fn self_parent(log: &mut Vec<u8>, rng: &mut Random) {
    edit(log, rng, |entry| {
        let id = entry.get("id").cloned().unwrap_or_default();
        entry.insert("parentId".to_owned(), id);
    });
}

pub fn no_parent(log: &mut Vec<u8>, rng: &mut Random) {
    let none = [None, Some(Value::Null)];
    let parent = none.choose(rng).cloned().flatten();
    put(log, rng, "parentId", parent);
}

/// Replaces the first `from` in some line.
fn replace_first(log: &mut Vec<u8>, rng: &mut Random, from: &str, to: &str) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    let found = log[line.clone()].windows(from.len()).position(|window| window == from.as_bytes());
    if let Some(at) = found {
        let start = line.start + at;
        log.splice(start..start + from.len(), to.bytes());
    }
}

/// Unnecessary escapes in keys and at the start of ids.
pub fn escaped_keys(log: &mut Vec<u8>, rng: &mut Random) {
    let escaped = [
        (r#""id":"#, r#""\u0069d":"#),
        (r#""parentId":"#, r#""p\u0061rentI\u0064":"#),
        (r#""type":"#, r#""\u0074\u0079pe":"#),
        (r#""timestamp":"2"#, r#""timestamp":"\u0032"#),
        (r#""type":"label""#, r#""type":"l\u0061bel""#),
        (r#""targetId":"#, r#""target\u0049d":"#),
        (r#""id":"0"#, r#""id":"\u0030"#),
        (r#""parentId":"0"#, r#""parentId":"\u0030"#),
    ];
    if let Some((from, to)) = escaped.choose(rng) {
        replace_first(log, rng, from, to);
    }
}

/// Repeats a field, before or after the original.
pub fn repeated_keys(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    let repeats = [
        r#""id":"repeated","parentId":"nobody""#,
        r#""parentId":null"#,
        r#""type":"label","targetId":"nobody""#,
        r#""timestamp":1700000000000"#,
        r#""\u0069d":"again""#,
        r#""parent_id":"nobody""#,
        r#""id":null"#,
    ];
    let repeat = repeats.choose(rng).unwrap_or(&repeats[0]);
    if log[line.start] == b'{' && log[line.end - 1] == b'}' && line.len() > 2 {
        if rng.random_bool(0.5) {
            log.splice((line.start + 1)..=line.start, format!("{repeat},").into_bytes());
        } else {
            log.splice(line.end - 1..line.end - 1, format!(",{repeat}").into_bytes());
        }
    }
}

pub fn snake_case_parent(log: &mut Vec<u8>, rng: &mut Random) {
    replace_first(log, rng, r#""parentId":"#, r#""parent_id":"#);
}

pub fn odd_timestamp(log: &mut Vec<u8>, rng: &mut Random) {
    let times = [
        json!(1_700_000_000_123_i64),
        json!(1_700_000_000),
        json!(99_999_999_999_i64),
        json!(100_000_000_000_i64),
        json!(-99_999_999_999_i64),
        json!(-1),
        Value::Null,
        json!("2025-01-01T00:00:00+02:00"),
        json!("2025-01-01T00:00:00.123456789-08:00"),
        json!("2025-01-01 00:00:00+0530"),
        json!("1969-12-31T23:59:59.999Z"),
        json!("2024-02-29t12:00:00z"),
    ];
    let time = times.choose(rng).cloned();
    put(log, rng, "timestamp", time);
}

pub fn bad_timestamp(log: &mut Vec<u8>, rng: &mut Random) {
    let times = [
        json!(1.5),
        json!(1e3),
        json!("soon"),
        json!(""),
        json!(true),
        json!({}),
        json!("2025-02-30T00:00:00Z"),
        json!("2025-01-01T00:00:00"),
        json!("1700000000123"),
    ];
    let time = times.choose(rng).cloned();
    put(log, rng, "timestamp", time);
}

/// A label entry outside of the tree, for some entry before or after it.
pub fn loose_label(log: &mut Vec<u8>, rng: &mut Random) {
    let target = some_id(log, rng, |_| true).unwrap_or(json!("nobody"));
    let names = [json!("loose"), json!(""), Value::Null, json!("ünï\u{2028}")];
    let id = format!("{:08x}", rng.random::<u32>());
    let name = names.choose(rng).cloned().unwrap_or_default();
    let line = json!({
        "type": "label", "id": id, "parentId": null, "timestamp": 1_700_000_000_000_i64,
        "targetId": target, "label": name
    });
    damage_lines::insert(log, line.to_string().as_bytes(), rng);
}

/// The number of entries in a batch, or an invalid number, in one of the last entries or in any. Older formats have no
/// batches.
pub fn batch(log: &mut Vec<u8>, rng: &mut Random) {
    let is_current = |header: Map<String, Value>| header.get("version") == Some(&json!(3));
    let header = header(log).and_then(|line| parse(&log[line]));
    if !header.is_some_and(is_current) {
        return;
    }
    let odd = [json!(0), json!(-2), json!(1025), json!(2.0), json!("3"), json!(null), json!([2])];
    let of = match rng.random_range(0..8) {
        0 => odd.choose(rng).cloned().unwrap_or_default(),
        1 => json!(rng.random_range(7..=1024)),
        _ => json!(rng.random_range(1..7)),
    };
    let all = lines(log);
    let last: Vec<_> = all.into_iter().skip(1).collect();
    let first = if rng.random_bool(0.7) { last.len().saturating_sub(6) } else { 0 };
    let Some(line) = last.get(first..).and_then(|lines| lines.choose(rng)).cloned() else { return };
    if let Some(mut entry) = parse(&log[line.clone()]) {
        entry.insert("batch".to_owned(), of);
        log.splice(line, Value::Object(entry).to_string().into_bytes());
    }
}
