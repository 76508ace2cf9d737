//! Damage to v1 files as crashes and full disks leave it, and lines that jcode refuses by type.

use super::V1Files;
use super::rng::ModelRng;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A line is cut short, and the next one follows directly.
    TornFusedWithNext,
    /// A line in the middle of the journal is cut short.
    TornMiddle,
    /// The last line is cut short, without an LF.
    TornTail,
    /// A whole entry, a torn one and a whole one on one line: jcode loses the third.
    EntryTornEntry,
    /// Two lines without the LF between them.
    Glued,
    /// A run of NULs where a line begins.
    NulsBetween,
    /// A run of NULs over the middle of a line.
    NulsInside,
    /// A byte that is invalid UTF-8; jcode cannot load such a session.
    InvalidUtf8,
    /// A line is repeated.
    DuplicatedLine,
    /// Empty lines, spaces, CRs.
    EmptyLines,
    /// A `meta` without a required field.
    MetaLacksField,
    /// A message with a content block of an unknown kind.
    UnknownBlock,
    /// Valid JSON that is no entry.
    NotAnEntry,
    /// A torn line with a tool call whose input looks like an entry: jcode salvages the input.
    TornAroundDecoy,
}

pub const DAMAGES: [Damage; 14] = [
    Damage::TornFusedWithNext,
    Damage::TornMiddle,
    Damage::TornTail,
    Damage::EntryTornEntry,
    Damage::Glued,
    Damage::NulsBetween,
    Damage::NulsInside,
    Damage::InvalidUtf8,
    Damage::DuplicatedLine,
    Damage::EmptyLines,
    Damage::MetaLacksField,
    Damage::UnknownBlock,
    Damage::NotAnEntry,
    Damage::TornAroundDecoy,
];

/// Random damage; `None` if the journal has no line to damage.
pub fn damage_journal(journal: &[u8], rng: &mut ModelRng) -> Option<(Vec<u8>, Damage)> {
    let kind = *rng.pick(&DAMAGES);
    Some((damage_as(journal, kind, rng)?, kind))
}

/// Applies one kind of damage. Returns `None` if the journal has too few lines, or if a line that matters is no whole
/// entry. Cuts never split a UTF-8 sequence: that would be `InvalidUtf8`, which jcode treats differently.
pub fn damage_as(journal: &[u8], kind: Damage, rng: &mut ModelRng) -> Option<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> =
        journal.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).filter(|l| l.len() > 3).collect();
    let pairs = lines.len().checked_sub(1)?;
    let at = rng.below(lines.len());
    let early = if pairs > 0 { rng.below(pairs) } else { 0 };
    match kind {
        Damage::TornFusedWithNext if pairs > 0 => lines[early] = torn(&lines[early], rng),
        Damage::TornMiddle => lines[at] = [torn(&lines[at], rng), vec![b'\n']].concat(),
        Damage::TornTail => {
            let last = lines.pop()?;
            lines.push(torn(&last, rng));
        }
        Damage::EntryTornEntry if pairs > 0 => {
            let first = lines[early].trim_ascii_end().to_vec();
            let torn = torn(&lines[at], rng);
            lines.splice(early..early + 1, [first, torn]);
        }
        Damage::Glued if pairs > 0 => lines[early] = lines[early].trim_ascii_end().to_vec(),
        Damage::NulsBetween => lines.insert(at, vec![0; rng.range(1, 5000)]),
        Damage::NulsInside => {
            let last = lines[at].len() - 1;
            let from = char_start(&lines[at], rng.range(1, last));
            let to = char_start(&lines[at], (from + rng.range(4, 64)).min(last));
            lines[at][from..to].fill(0);
        }
        Damage::InvalidUtf8 => {
            // Bytes that never occur in UTF-8, so that the text is invalid wherever they land.
            let i = rng.range(1, lines[at].len() - 1);
            lines[at][i] = *rng.pick(&[0xff, 0xc0, 0xfe]);
        }
        Damage::DuplicatedLine => lines.insert(rng.range(at, lines.len()) + 1, lines[at].clone()),
        Damage::EmptyLines => {
            let blank = *rng.pick(&["\n", "  \n", "\r\n\n", "\t\n\n\n"]);
            lines.insert(at, blank.as_bytes().to_vec());
        }
        Damage::MetaLacksField => {
            let field = *rng.pick(&["updated_at", "status", "is_canary", "is_debug", "saved"]);
            edit(&mut lines[at], |entry| entry.get_mut("meta")?.as_object_mut()?.shift_remove(field).map(drop))?;
        }
        Damage::UnknownBlock => {
            let kind = *rng.pick(&["server_tool_use", "video", "", "Text"]);
            edit(&mut lines[at], |entry| {
                let block = json!({"type": kind, "text": "x"});
                let role = *rng.pick(&["user", "assistant"]);
                append(entry, json!({"id": "message_x", "role": role, "content": [block]}))
            })?;
        }
        Damage::NotAnEntry => {
            let line =
                *rng.pick(&["{}", "[]", "null", "{\"meta\":{}}", "{\"sequence\":1,\"meta\":null}", "\"text\"", "7"]);
            lines.insert(at, format!("{line}\n").into_bytes());
        }
        Damage::TornAroundDecoy => {
            let decoy = super::json::value_of(&lines[early])?;
            let mut line = lines[at].clone();
            edit(&mut line, |entry| {
                let block = json!({"type": "tool_use", "id": "t", "name": "write", "input": decoy});
                append(entry, json!({"id": "message_outer", "role": "assistant", "content": [block]}))
            })?;
            line.truncate(line.len() - 2 - rng.below(2));
            line.push(b'\n');
            lines.insert(at, line);
        }
        _ => return None,
    }
    Some(lines.concat())
}

/// A part of the line: at least one byte, and without at least the last byte (and the LF).
fn torn(line: &[u8], rng: &mut ModelRng) -> Vec<u8> {
    let whole = line.trim_ascii_end();
    // Sometimes just before the end, or just after the start, where mistakes are likely.
    let cut = match rng.below(6) {
        0 => whole.len() - 1,
        1 => rng.range(1, 8.min(whole.len())),
        _ => rng.range(1, whole.len()),
    };
    whole[..char_start(whole, cut).max(1)].to_vec()
}

/// The nearest position at or before `at` where a character begins.
fn char_start(bytes: &[u8], mut at: usize) -> usize {
    while at > 0 && at < bytes.len() && bytes[at] & 0xc0 == 0x80 {
        at -= 1;
    }
    at
}

fn edit(line: &mut Vec<u8>, change: impl FnOnce(&mut Value) -> Option<()>) -> Option<()> {
    let mut entry: Value = super::json::value_of(line)?;
    change(&mut entry)?;
    *line = format!("{entry}\n").into_bytes();
    Some(())
}

fn append(entry: &mut Value, message: Value) -> Option<()> {
    match entry.get_mut("append_messages") {
        Some(list) => list.as_array_mut()?.push(message),
        None => drop(entry.as_object_mut()?.insert("append_messages".into(), Value::Array(vec![message]))),
    }
    Some(())
}

/// The snapshot, cut in the middle. With `with_bak` there is a good older one as fallback (the present `.bak`, else the
/// snapshot before the cut); without it, jcode cannot load the session.
pub fn cut_snapshot(files: &V1Files, with_bak: bool, rng: &mut ModelRng) -> Option<V1Files> {
    let whole = files.snapshot.as_ref()?;
    let bak = if with_bak { files.bak.clone().or_else(|| Some(whole.clone())) } else { None };
    let snapshot = Some(torn(whole, rng));
    Some(V1Files { snapshot, journal: files.journal.clone(), bak })
}
