//! What jcode keeps of a session in files of its own, under the session's id: to-dos, and what the user has seen.
//!
//! Owns: what these files say: the title that to-dos give ([`todo_title`]), and whether a session waits for the user
//! ([`Seen`]). Both as jcode's picker decides it.
//! Invariant: a file that jcode could not read says nothing, as to jcode.
//! Does not: find or write them.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::Deserialize;

/// Statuses in which a session waits for the user.
const WAITING: [&str; 6] = ["Closed", "Reloaded", "Compacted", "RateLimited", "Crashed", "Error"];

/// The fields of a to-do that are read, and those without which jcode reads none of the list.
#[derive(Debug, Deserialize)]
struct Todo {
    content: String,
    status: String,
    #[expect(dead_code, reason = "a list without it is none")]
    priority: String,
    #[expect(dead_code, reason = "a list without it is none")]
    id: String,
    #[serde(default)]
    group: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Plan {
    #[serde(default)]
    user_intention: Option<String>,
}

/// The title that a session's to-dos give, from the bytes of `todos/<id>.json` and `todos/<id>-plan.json`: the group of
/// the item at work, else what the user wants, else the item itself. `None` if there is none.
#[must_use]
pub fn todo_title(todos: &[u8], plan: &[u8]) -> Option<String> {
    let todos: Vec<Todo> = serde_json::from_slice(todos).unwrap_or_default();
    let plan: Plan = serde_json::from_slice(plan).unwrap_or_default();
    let is = |todo: &&Todo, status: &str| todo.status.eq_ignore_ascii_case(status);
    let current = todos
        .iter()
        .rfind(|todo| is(todo, "in_progress"))
        .or_else(|| todos.iter().rfind(|todo| !is(todo, "completed")))
        .or(todos.last());
    let group = current.and_then(|todo| todo.group.as_deref());
    let content = current.map(|todo| todo.content.as_str());
    let said = [group, plan.user_intention.as_deref(), content].into_iter().flatten();
    said.map(str::trim).find(|text| !text.is_empty()).map(ToString::to_string)
}

/// Which sessions the user has looked at, and when: `catchup_seen.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Seen {
    /// By session id, the `updated_at` that was seen, Unix milliseconds.
    #[serde(default, rename = "seen_at_ms_by_session")]
    at: BTreeMap<String, i64>,
}

impl Seen {
    /// Reads the file's bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// True if a session with this status stopped, and was changed (Unix milliseconds) since the user looked at it.
    #[must_use]
    pub fn needs_catch_up(&self, session_id: &str, status: Option<&str>, updated_at: Option<i64>) -> bool {
        let seen = self.at.get(session_id).copied().unwrap_or_default();
        let waits = status.is_some_and(|status| WAITING.contains(&status));
        waits && updated_at.is_some_and(|updated| seen < updated)
    }
}
