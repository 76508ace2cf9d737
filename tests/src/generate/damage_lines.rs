//! Damage in whole lines: extra, missing and moved lines, and odd but allowed ones.

use rand::RngExt;
use rand::seq::IndexedRandom;

use crate::generate::Random;
use crate::generate::damage_bytes::{body_line, header, lines};
use crate::generate::text::text;

/// Inserts a line of these bytes somewhere after the header.
pub fn insert(log: &mut Vec<u8>, line: &[u8], rng: &mut Random) {
    let Some(header) = header(log) else { return };
    let starts: Vec<usize> = lines(log).iter().map(|l| l.end + 1).filter(|&at| at > header.end).collect();
    let place = starts.choose(rng).map_or(log.len(), |&at| at.min(log.len()));
    log.splice(place..place, line.iter().copied().chain([b'\n']));
}

/// Swaps two neighbouring lines, so that a child may stand before its parent.
pub fn swap(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(first) = body_line(log, rng) else {
        return;
    };
    let Some(second) = lines(log).into_iter().find(|line| line.start == first.end + 1) else {
        return;
    };
    let swapped = [&log[second.clone()], b"\n", &log[first.clone()]].concat();
    log.splice(first.start..second.end, swapped);
}

pub fn repeat(log: &mut Vec<u8>, rng: &mut Random) {
    if let Some(line) = body_line(log, rng) {
        let copy = log[line].to_vec();
        insert(log, &copy, rng);
    }
}

pub fn insert_blank(log: &mut Vec<u8>, rng: &mut Random) {
    let blanks: [&[u8]; 5] = [b"", b"", b"\r", b"  \t", b" \r\r "];
    let blank = blanks.choose(rng).unwrap_or(&blanks[0]);
    if rng.random_ratio(1, 6) {
        // Before the header, but after a byte order mark, which must stay at the start.
        let place = if log.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        log.splice(place..place, blank.iter().copied().chain([b'\n']));
    } else {
        insert(log, blank, rng);
    }
}

pub fn blanks_around(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(line) = body_line(log, rng) else {
        return;
    };
    log.splice(line.end..line.end, *b" \t ");
    log.splice(line.start..line.start, *b"  \t");
    // Between the first tokens too, if the line is an object.
    if log.get(line.start + 3) == Some(&b'{') {
        log.splice(line.start + 4..line.start + 4, *b" \r\t");
    }
}

pub fn carriage_returns(log: &mut Vec<u8>, rng: &mut Random) {
    let every = rng.random_bool(0.3);
    let chosen = body_line(log, rng);
    for line in lines(log).into_iter().rev() {
        if every || chosen.as_ref() == Some(&line) {
            log.insert(line.end, b'\r');
        }
    }
}

pub fn late_mark(log: &mut Vec<u8>, rng: &mut Random) {
    if let Some(line) = body_line(log, rng) {
        log.splice(line.start..line.start, *b"\xef\xbb\xbf");
    }
}

/// Lines of another program before the header. They are no entries.
pub fn before_header(log: &mut Vec<u8>, broken: bool, rng: &mut Random) {
    let own = [
        r#"{"type":"title","v":1,"title":"a title","pad":"      "}"#,
        r#"{"type":"note","id":"no-entry"}"#,
        r#"{"type":"message","parentId":"x","message":{"role":"user","content":"no id"}}"#,
        "{}",
        "",
    ];
    let torn = ["[]", r#"{"type":"title","v":"#, "title", "\0\0"];
    let lines: Vec<&str> = if broken { torn.into() } else { own.into() };
    for _ in 0..rng.random_range(1..=3) {
        insert_before_header(log, lines.choose(rng).unwrap_or(&"").as_bytes());
    }
}

/// An entry before the header, where only other lines may stand. It hides the header.
pub fn entry_before_header(log: &mut Vec<u8>) {
    insert_before_header(log, br#"{"type":"custom","id":"too-early","parentId":null,"timestamp":1,"data":{}}"#);
}

fn insert_before_header(log: &mut Vec<u8>, line: &[u8]) {
    let Some(header) = header(log) else { return };
    // A byte order mark stays at the start.
    let mark = if header.start == 0 && log.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let at = header.start + mark;
    log.splice(at..at, line.iter().copied().chain([b'\n']));
}

/// A second header: a copy, or one with all fields of an entry.
pub fn second_header(log: &mut Vec<u8>, rng: &mut Random) {
    let Some(first) = header(log) else { return };
    let again = if rng.random_bool(0.5) {
        log[first].to_vec()
    } else {
        br#"{"type":"session","version":3,"id":"again","parentId":null,"timestamp":"2025-01-01T00:00:00Z"}"#.to_vec()
    };
    insert(log, &again, rng);
    if rng.random_bool(0.3) {
        fuse(log, rng);
    }
}

/// Replaces the LF after some line by bytes that end no line.
pub fn fuse(log: &mut Vec<u8>, rng: &mut Random) {
    let between: [&[u8]; 8] = [b" ", b"\t\r", b"\0", b"\0 \0", b",", b"{}", br#"{"type":"x","id":"y"}"#, b"garbage{"];
    let Some(line) = body_line(log, rng) else {
        return;
    };
    if line.end < log.len() {
        let bytes = between.choose(rng).unwrap_or(&between[0]);
        log.splice(line.end..=line.end, bytes.iter().copied());
    }
}

/// Lines that are JSON but no object, or almost an object.
pub fn non_object(log: &mut Vec<u8>, rng: &mut Random) {
    let odd = [
        "[]",
        "42",
        "-0.5e3",
        "null",
        "true",
        "\"text\"",
        "{}",
        "{}{}",
        "{\"a\":1,}",
        "{'a':1}",
        "}",
        r#"[{"type":"m","id":"in-array","parentId":null,"timestamp":1}]"#,
        r#""{\"type\":\"m\"}""#,
        r#"x{"type":"m","id":"behind","parentId":null,"timestamp":1}"#,
        r#"{"type":"m","id":"before","parentId":null,"timestamp":1}x"#,
        r#"{"a":{"type":"m","id":"open","parentId":null,"timestamp":1}"#,
        r#"{"type":7,"id":7,"parentId":7,"timestamp":7}"#,
    ];
    insert(log, odd.choose(rng).unwrap_or(&odd[0]).as_bytes(), rng);
}

pub fn giant(log: &mut Vec<u8>, rng: &mut Random) {
    let text = serde_json::Value::from(text(rng.random_range(70_000..300_000), rng));
    let id = rng.random::<u32>();
    let line = format!(r#"{{"type":"custom","id":"{id:08x}","parentId":null,"timestamp":1,"data":{{"text":{text}}}}}"#);
    insert(log, line.as_bytes(), rng);
}

/// Nested deeper than a thread's stack is likely to allow; sometimes never closed.
pub fn deep(log: &mut Vec<u8>, rng: &mut Random) {
    let depth = *[100, 127, 128, 200, 1000, 30_000].choose(rng).unwrap_or(&100);
    let (open, close) = if rng.random_bool(0.5) { ("[", "]") } else { ("[[", "]]") };
    let closed = if rng.random_bool(0.7) { depth } else { depth / 2 };
    let line = format!(
        r#"{{"type":"custom","id":"deep{depth}","data":{}0{},"parentId":null,"timestamp":1}}"#,
        open.repeat(depth),
        close.repeat(closed)
    );
    insert(log, line.as_bytes(), rng);
}

pub fn remove_header(log: &mut Vec<u8>) {
    if let Some(header) = header(log) {
        log.drain(0..(header.end + 1).min(log.len()));
    }
}
