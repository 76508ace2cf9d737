//! Lines as parts of a trajectory.
//!
//! Owns: what is done with a line that programs cannot read.
//! Invariant: no line is dropped.

use super::message;
use super::step::{Part, Source, Step};
use crate::json::strings::rewritten;
use crate::json::text::{string_lossy, write_string};
use crate::session::Usage;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use serde_json::Value;

/// The parts that a line makes.
pub(super) fn parts(line: &[u8], usage: Option<Usage>) -> Vec<Part> {
    match parsed(line) {
        Some(Value::Object(entry)) => message::parts(entry, usage),
        // Too deep, or numbers that no program reads: kept as text.
        _ => {
            let mut step = Step::new(Source::System);
            step.message = String::from_utf8_lossy(line).into_owned();
            vec![Part::Step(Box::new(step))]
        }
    }
}

/// A line as JSON. Text that is no valid Unicode is read as it would be shown.
fn parsed(line: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(line) {
        return Some(value);
    }
    let shown = rewritten(line, |string, _| {
        let mut out = Vec::new();
        write_string(&mut out, &string_lossy(string)?);
        (out != string).then_some(out)
    });
    serde_json::from_slice(&shown).ok()
}
