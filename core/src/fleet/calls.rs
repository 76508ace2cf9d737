//! Calls of tools, and what they gave back.
//!
//! Owns: which result belongs to which call: the first one behind it with its id.
//! Invariant: a call has at most one result, a result at most one call. Calls leave in log order, as soon as they and all
//! before them have theirs.

use super::place::{Place, Texts, Words};
use super::table::{Cell, Table};
use crate::trajectory::{content_text, text};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use serde_json::{Map, Value};

/// A call.
#[derive(Debug)]
struct Call {
    place: Place,
    number: u32,
    id: String,
    tool: String,
    args: Option<String>,
    args_bytes: u64,
    result: Option<Given>,
}

/// What a call gave back.
#[derive(Debug)]
struct Given {
    seq: u32,
    is_error: bool,
    duration_ms: Option<i64>,
    bytes: u64,
}

/// The calls of a session.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Those that have no row yet.
    waiting: VecDeque<Call>,
    /// Number of those that have one.
    gone: usize,
    /// Numbers of calls without a result, by id.
    open: BTreeMap<String, usize>,
    failed: u64,
}

impl Calls {
    /// Takes the calls and results of a message.
    pub(super) fn read(
        &mut self,
        place: &Place,
        message: &Map<String, Value>,
        texts: Texts,
        words: &mut (impl Words + ?Sized),
    ) {
        let blocks = message.get("content").and_then(Value::as_array);
        let blocks = blocks.into_iter().flatten().filter_map(Value::as_object);
        let mut number = 0;
        for block in blocks {
            match text(block, "type").as_str() {
                "toolCall" | "tool_use" => {
                    number += 1;
                    self.call(place, number, block, |args| texts.of(args, |args| words.args(args)));
                }
                "tool_result" => {
                    let is_error = block.get("is_error") == Some(&Value::Bool(true));
                    let took = message.get("tool_duration_ms").and_then(Value::as_i64);
                    let bytes = content_text(block.get("content")).len() as u64;
                    self.given(place, &text(block, "tool_use_id"), is_error, took, bytes);
                }
                _ => {}
            }
        }
        if text(message, "role") == "toolResult" {
            let is_error = message.get("isError") == Some(&Value::Bool(true));
            let took = message.get("durationMs").and_then(Value::as_i64);
            let bytes = content_text(message.get("content")).len() as u64;
            self.given(place, &text(message, "toolCallId"), is_error, took, bytes);
        }
    }

    fn call(
        &mut self,
        place: &Place,
        number: u32,
        block: &Map<String, Value>,
        shown: impl FnOnce(String) -> Option<String>,
    ) {
        let args = block.get("arguments").or_else(|| block.get("input"));
        let args = args.map(|args| args.as_str().map_or_else(|| args.to_string(), ToString::to_string));
        let id = text(block, "id");
        if !id.is_empty() {
            self.open.insert(id.clone(), self.gone + self.waiting.len());
        }
        self.waiting.push_back(Call {
            place: *place,
            number,
            id,
            tool: text(block, "name"),
            args_bytes: args.as_ref().map_or(0, |args| args.len() as u64),
            args: args.and_then(shown),
            result: None,
        });
    }

    fn given(&mut self, place: &Place, id: &str, is_error: bool, took: Option<i64>, bytes: u64) {
        let at = self.open.remove(id).and_then(|at| at.checked_sub(self.gone));
        let Some(call) = at.and_then(|at| self.waiting.get_mut(at)) else { return };
        let between = || Some(place.ts?.saturating_sub(call.place.ts?)).filter(|took| *took >= 0);
        let duration_ms = took.or_else(between);
        call.result = Some(Given { seq: place.seq, is_error, duration_ms, bytes });
        self.failed += u64::from(is_error);
    }

    /// Numbers of calls, and of those that failed.
    pub(super) fn counts(&self) -> (u64, u64) {
        ((self.gone + self.waiting.len()) as u64, self.failed)
    }

    /// Rows of the first calls, up to one that has no result yet.
    pub(super) fn answered(&mut self, session_id: &str, table: &mut Table) {
        while let Some(call) = self.waiting.pop_front_if(|call| call.result.is_some()) {
            self.gone += 1;
            row(call, session_id, table);
        }
    }

    /// Rows of all calls that have none yet.
    pub(super) fn rest(self, session_id: &str, table: &mut Table) {
        for call in self.waiting {
            row(call, session_id, table);
        }
    }
}

fn row(call: Call, session_id: &str, table: &mut Table) {
    let Call { place, number, id, tool, args, args_bytes, result } = call;
    let given = |cell: fn(&Given) -> Cell| result.as_ref().map_or(Cell::Null, cell);
    table.row([
        session_id.into(),
        place.seq.into(),
        number.into(),
        Some(id).filter(|id| !id.is_empty()).into(),
        tool.into(),
        args.into(),
        args_bytes.into(),
        place.ts.into(),
        place.day().into(),
        given(|result| result.seq.into()),
        given(|result| result.is_error.into()),
        given(|result| result.duration_ms.into()),
        given(|result| result.bytes.into()),
        place.copied.into(),
    ]);
}
