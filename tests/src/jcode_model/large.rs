//! Large v1 sessions, written fast, for benchmarks and memory limits. The snapshot is most of each session; the journal
//! is as long as jcode lets it grow.

use super::rng::ModelRng;
use super::state::{MAX_JOURNAL, State};
use super::time;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Number of different message bodies. They are written again and again with fresh ids, so that making text does not
/// dominate the time.
const BODIES: usize = 256;

/// Writes `<id>.json` and `<id>.journal.jsonl`, together about `approx_bytes` long. The same arguments give the same
/// bytes. Returns the number of messages.
pub fn write_large_v1(dir: &Path, id: &str, approx_bytes: u64, seed: u64) -> io::Result<usize> {
    let rng = &mut ModelRng::new(seed);
    let bodies: Vec<String> = (0..BODIES).map(|i| body(rng, i)).collect();
    let mut state = State::new(rng);
    state.session.insert("id".into(), id.into());
    let head = Value::Object(state.session.clone()).to_string();
    let (before, after) = head.split_once(r#""messages":[]"#).expect("a new session is empty");

    let mut out = BufWriter::with_capacity(1 << 20, File::create(dir.join(format!("{id}.json")))?);
    write!(out, r#"{before}"messages":["#)?;
    let in_journal = (MAX_JOURNAL as u64 / 2).min(approx_bytes / 4);
    let (mut written, mut count) = (head.len() as u64, 0);
    while written < approx_bytes - in_journal {
        let message = stored(&bodies, count, rng);
        if count > 0 {
            out.write_all(b",")?;
        }
        out.write_all(message.as_bytes())?;
        written += message.len() as u64 + 1;
        count += 1;
    }
    write!(out, "]{after}")?;
    out.flush()?;

    let line = String::from_utf8(state.journal_line(rng)).expect("JSON is UTF-8");
    let meta = line.split_once(r#","append_"#).map_or(line.trim_end_matches("}\n"), |(meta, _)| meta);
    let mut journal = Vec::new();
    while (journal.len() as u64) < in_journal {
        let message = stored(&bodies, count, rng);
        writeln!(journal, r#"{meta},"append_messages":[{message}]}}"#)?;
        count += 1;
    }
    std::fs::write(dir.join(format!("{id}.journal.jsonl")), journal)?;
    Ok(count)
}

/// Writes this many sessions of equal length, together about `approx_bytes` long. Returns their ids.
pub fn write_v1_home(dir: &Path, sessions: u64, approx_bytes: u64, seed: u64) -> io::Result<Vec<String>> {
    std::fs::create_dir_all(dir)?;
    (0..sessions)
        .map(|number| {
            let id = format!("session_fox_{}_{number:08x}", 1_760_000_000_000 + number * 61_000);
            write_large_v1(dir, &id, approx_bytes / sessions, seed + number)?;
            Ok(id)
        })
        .collect()
}

/// A message without its id and time: the text between `{"id":"…",` and `,"timestamp":"…"}`.
fn body(rng: &mut ModelRng, i: usize) -> String {
    let text = super::record::text(rng, [20, 60, 400][i % 3]);
    let message = match i % 4 {
        0 => json!({"role": "user", "content": [{"type": "text", "text": text}]}),
        1 => {
            json!({"role": "assistant", "content": [{"type": "reasoning", "text": text}, {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": text}}]})
        }
        2 => {
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": text}]})
        }
        _ => json!({"role": "assistant", "content": [{"type": "text", "text": text}]}),
    };
    let message = message.to_string();
    message[1..message.len() - 1].to_owned()
}

fn stored(bodies: &[String], count: usize, rng: &mut ModelRng) -> String {
    let at = (1_760_000_000 + count as u64) * time::SECOND;
    let body = &bodies[count % bodies.len()];
    let id = super::record::message_id(rng, at);
    format!(r#"{{"id":"{id}",{body},"timestamp":"{}"}}"#, time::format(at))
}
