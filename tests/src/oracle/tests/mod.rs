//! Hand-written cases for the oracle, one file per stage, and short forms to write them in.

mod fields;
mod json;
mod labels;
mod lines;
mod salvage;
mod time;
mod tree;

use crate::oracle::{OracleLog, read_log};

const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2025-01-01T00:00:00Z","cwd":"/"}"#;
const T: &str = "2025-01-01T00:00:01.000Z";

/// A minimal entry; an empty parent stands for null.
fn entry(id: &str, parent: &str) -> String {
    let parent = if parent.is_empty() { "null".to_owned() } else { format!("\"{parent}\"") };
    format!(r#"{{"type":"message","id":"{id}","parentId":{parent},"timestamp":"{T}"}}"#)
}

/// An entry that labels another; an empty name stands for none.
fn label(id: &str, parent: &str, target: &str, name: &str) -> String {
    let name = if name.is_empty() { String::new() } else { format!(r#","label":"{name}""#) };
    format!(r#"{{"type":"label","id":"{id}","parentId":"{parent}","timestamp":"{T}","targetId":"{target}"{name}}}"#)
}

/// A log of a header and these lines.
fn log(lines: &[&str]) -> Vec<u8> {
    let mut log = format!("{HEADER}\n");
    for line in lines {
        log.push_str(line);
        log.push('\n');
    }
    log.into_bytes()
}

fn read(lines: &[&str]) -> OracleLog {
    read_log(&log(lines))
}

/// Reads the log of entries given as `(id, parent)`.
fn read_tree(entries: &[(&str, &str)]) -> OracleLog {
    let lines: Vec<String> = entries.iter().map(|(id, parent)| entry(id, parent)).collect();
    read(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn keys(log: &OracleLog) -> Vec<&str> {
    log.entries.iter().map(|entry| entry.key.as_str()).collect()
}

fn parents(log: &OracleLog) -> Vec<Option<usize>> {
    log.entries.iter().map(|entry| entry.parent).collect()
}

/// Code, offset and line of each finding.
fn found(log: &OracleLog) -> Vec<(&'static str, u64, u64)> {
    log.findings.iter().map(|finding| (finding.code, finding.offset, finding.line)).collect()
}

/// Offset of the first line after the header.
const AFTER_HEADER: u64 = HEADER.len() as u64 + 1;
