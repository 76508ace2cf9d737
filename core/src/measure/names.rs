//! The names by which values are told.
//!
//! Owns: types of blocks and records, and names of fields, as pi, jcode and other agents write them.
//! Invariant: a type decides before a name does.

use super::Kind;
use crate::json::text::string;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The fields of an object: names as they stand there, and raw values.
pub(super) type Fields<'a> = Vec<(&'a str, &'a [u8])>;

const IMAGE_TYPES: [&str; 3] = ["image", "input_image", "image_url"];
const THINKING_TYPES: [&str; 9] = [
    "thinking",
    "redacted_thinking",
    "anthropic_thinking",
    "reasoning",
    "reasoning_trace",
    "open_a_i_reasoning",
    "agent_reasoning",
    "agent_reasoning_raw_content",
    "assistant.reasoning",
];
const CALL_TYPES: [&str; 11] = [
    "toolCall",
    "tool_use",
    "server_tool_use",
    "tool_call",
    "tool-call",
    "tool",
    "function_call",
    "custom_tool_call",
    "local_shell_call",
    "web_search_call",
    "tool.execution_start",
];
const OUTPUT_TYPES: [&str; 9] = [
    "tool_result",
    "tool-result",
    "toolResult",
    "web_search_tool_result",
    "function_call_output",
    "custom_tool_call_output",
    "local_shell_call_output",
    "exec_command_end",
    "tool.execution_complete",
];

/// Below these names strings are text.
pub(super) const TEXT_NAMES: [&str; 8] =
    ["text", "content", "summary", "message", "prompt", "parts", "sections", "errorMessage"];
pub(super) const THINKING_NAMES: [&str; 4] = ["thinking", "thoughts", "reasoning", "reasoning_content"];
pub(super) const CALL_NAMES: [&str; 4] = ["toolCalls", "tool_calls", "toolRequests", "functionCall"];
pub(super) const OUTPUT_NAMES: [&str; 2] = ["toolUseResult", "functionResponse"];
pub(super) const IMAGE_NAMES: [&str; 1] = ["inlineData"];
/// Where a call holds what its tool gave back.
pub(super) const RESULT_NAMES: [&str; 4] = ["result", "resultDisplay", "output", "response"];
/// What of a message of a tool its output is.
pub(super) const OF_TOOL: [&str; 5] = ["content", "details", "output", "nestedCalls", "result"];

/// A field as text.
pub(super) fn text_of<'a>(fields: &Fields<'a>, name: &str) -> Option<Cow<'a, str>> {
    fields.iter().rev().find(|(key, _)| *key == name).and_then(|(_, value)| string(value))
}

/// What an object is by its type.
pub(super) fn of_type(fields: &Fields<'_>) -> Option<Kind> {
    let kind = text_of(fields, "type")?;
    let is = |types: &[&str]| types.contains(&&*kind);
    if is(&IMAGE_TYPES) {
        Some(Kind::Images)
    } else if is(&THINKING_TYPES) {
        Some(Kind::Thinking)
    } else if is(&CALL_TYPES) {
        Some(Kind::ToolCalls)
    } else if is(&OUTPUT_TYPES) {
        Some(Kind::ToolOutput)
    } else {
        None
    }
}
