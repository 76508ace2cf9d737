//! The schema: the types that jcode requires in a v1 session.
//!
//! Owns: the types of snapshot, journal line, message and side records, as declared in jcode 0.79.
//! Invariant: the schema holds only facts about jcode. A field that it does not name is unknown to jcode and not
//! checked.
//! Does not: check values; see [`crate::dialect::jcode::read::check`] and [`crate::dialect::jcode::read::normal_form`].

/// The type of a value.
#[derive(Debug)]
pub(in crate::dialect::jcode) enum Type {
    Text,
    Flag,
    U32,
    U64,
    Time,
    /// Any JSON that `serde_json` can read, such as the input of a tool call.
    Any,
    List(&'static Type),
    /// An array of exactly two elements.
    Pair(&'static Type),
    Object(&'static [Field]),
    Tagged(&'static Tagged),
    /// A name, or an object with the name as its only key.
    Choice(&'static [(&'static str, Option<&'static [Field]>)]),
}

/// The meaning of an absent field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) enum Rule {
    /// Must be present and not null.
    Required,
    /// Absent and null are the same.
    Optional,
    /// May be absent, but not null.
    Default,
}

#[derive(Debug)]
pub(in crate::dialect::jcode) struct Field {
    pub(in crate::dialect::jcode) name: &'static str,
    pub(in crate::dialect::jcode) of: Type,
    pub(in crate::dialect::jcode) rule: Rule,
}

/// An object whose fields depend on the string in the field `tag`, which every variant lists as well.
#[derive(Debug)]
pub(in crate::dialect::jcode) struct Tagged {
    pub(in crate::dialect::jcode) tag: &'static str,
    pub(in crate::dialect::jcode) variants: &'static [(&'static str, &'static [Field])],
}

const fn must(name: &'static str, of: Type) -> Field {
    Field { name, of, rule: Rule::Required }
}

const fn may(name: &'static str, of: Type) -> Field {
    Field { name, of, rule: Rule::Optional }
}

const fn has_default(name: &'static str, of: Type) -> Field {
    Field { name, of, rule: Rule::Default }
}

use Type::{Any, Choice, Flag, List, Object, Pair, Text, Time, U32, U64};

const KIND: Field = must("type", Text);

static CACHE_CONTROL: [Field; 2] = [must("type", Text), may("ttl", Text)];

static BLOCK: Type = Type::Tagged(&Tagged {
    tag: "type",
    variants: &[
        ("text", &[KIND, must("text", Text), may("cache_control", Object(&CACHE_CONTROL))]),
        ("tool_result", &[KIND, must("tool_use_id", Text), must("content", Text), may("is_error", Flag)]),
        ("tool_use", &[KIND, must("id", Text), must("name", Text), must("input", Any), may("thought_signature", Text)]),
        ("reasoning", &[KIND, must("text", Text)]),
        ("reasoning_trace", &[KIND, must("text", Text)]),
        ("anthropic_thinking", &[KIND, must("thinking", Text), must("signature", Text)]),
        (
            "open_a_i_reasoning",
            &[
                KIND,
                must("id", Text),
                must("summary", List(&Text)),
                may("encrypted_content", Text),
                may("status", Text),
            ],
        ),
        ("image", &[KIND, must("media_type", Text), must("data", Text)]),
        ("open_a_i_compaction", &[KIND, must("encrypted_content", Text)]),
    ],
});

static TOKEN_USAGE: [Field; 5] = [
    may("prompt_tokens", U64),
    must("input_tokens", U64),
    must("output_tokens", U64),
    may("cache_read_input_tokens", U64),
    may("cache_creation_input_tokens", U64),
];

pub(in crate::dialect::jcode) static MESSAGE: Type = Object(&[
    must("id", Text),
    must("role", Choice(&[("user", None), ("assistant", None)])),
    must("content", List(&BLOCK)),
    may("timestamp", Time),
    may("display_role", Choice(&[("system", None), ("background_task", None)])),
    may("tool_duration_ms", U64),
    may("token_usage", Object(&TOKEN_USAGE)),
]);

static GIT_STATE: [Field; 4] = [must("root", Text), may("head", Text), may("branch", Text), may("dirty", Flag)];

pub(in crate::dialect::jcode) static ENV_SNAPSHOT: Type = Object(&[
    must("captured_at", Time),
    must("reason", Text),
    must("session_id", Text),
    may("working_dir", Text),
    must("provider", Text),
    must("model", Text),
    must("jcode_version", Text),
    may("jcode_git_hash", Text),
    may("jcode_git_dirty", Flag),
    must("os", Text),
    must("arch", Text),
    must("pid", U32),
    must("is_selfdev", Flag),
    must("is_debug", Flag),
    must("is_canary", Flag),
    may("testing_build", Text),
    may("working_git", Object(&GIT_STATE)),
]);

pub(in crate::dialect::jcode) static MEMORY_INJECTION: Type = Object(&[
    must("summary", Text),
    must("content", Text),
    must("count", U32),
    has_default("memory_ids", List(&Text)),
    may("age_ms", U64),
    may("before_message", U64),
    must("timestamp", Time),
]);

const EVENT: Field = must("event", Text);
const AT: Field = must("timestamp", Time);

static SWARM_MEMBER: Type = Object(&[
    must("session_id", Text),
    may("friendly_name", Text),
    must("status", Text),
    may("detail", Text),
    may("task_label", Text),
    may("role", Text),
    may("is_headless", Flag),
    may("live_attachments", U64),
    may("status_age_secs", U64),
    may("output_tail", Text),
    may("report_back_to_session_id", Text),
    may("todo_progress", Pair(&U32)),
]);

pub(in crate::dialect::jcode) static REPLAY_EVENT: Type = Type::Tagged(&Tagged {
    tag: "event",
    variants: &[
        ("display_message", &[EVENT, AT, must("role", Text), may("title", Text), must("content", Text)]),
        ("swarm_status", &[EVENT, AT, must("members", List(&SWARM_MEMBER))]),
        (
            "swarm_plan",
            &[
                EVENT,
                AT,
                must("swarm_id", Text),
                must("version", U64),
                must("items", List(&Any)),
                has_default("participants", List(&Text)),
                may("reason", Text),
            ],
        ),
    ],
});

static STATUS: [(&str, Option<&[Field]>); 7] = [
    ("Active", None),
    ("Closed", None),
    ("Crashed", Some(&[may("message", Text)])),
    ("Reloaded", None),
    ("Compacted", None),
    ("RateLimited", None),
    ("Error", Some(&[must("message", Text)])),
];

static COMPACTION: [Field; 5] = [
    must("summary_text", Text),
    may("openai_encrypted_content", Text),
    must("covers_up_to_turn", U64),
    must("original_turn_count", U64),
    must("compacted_count", U64),
];

/// `run` and `plan` are old spellings that jcode still reads.
static IMPROVE_MODE: [(&str, Option<&[Field]>); 6] = [
    ("improve_run", None),
    ("improve_plan", None),
    ("refactor_run", None),
    ("refactor_plan", None),
    ("run", None),
    ("plan", None),
];

/// The fields of a journal line's `meta`. All but the first five may be absent, and absence removes their value.
pub(in crate::dialect::jcode) static META: [Field; 23] = [
    must("updated_at", Time),
    must("status", Choice(&STATUS)),
    must("is_canary", Flag),
    must("is_debug", Flag),
    must("saved", Flag),
    may("parent_id", Text),
    may("title", Text),
    may("custom_title", Text),
    may("compaction", Object(&COMPACTION)),
    may("provider_session_id", Text),
    may("provider_key", Text),
    may("model", Text),
    may("reasoning_effort", Text),
    may("subagent_model", Text),
    may("improve_mode", Choice(&IMPROVE_MODE)),
    may("autoreview_enabled", Flag),
    may("autojudge_enabled", Flag),
    may("testing_build", Text),
    may("working_dir", Text),
    may("short_name", Text),
    may("last_pid", U32),
    may("last_active_at", Time),
    may("save_label", Text),
];

/// The fields that only a snapshot has.
static SNAPSHOT_OWN: [Field; 3] = [must("id", Text), must("created_at", Time), may("route_api_method", Text)];

/// A top-level field of a snapshot (except the arrays), and the meaning of its absence there.
pub(in crate::dialect::jcode) fn snapshot_field(name: &str) -> Option<(&'static Field, Rule)> {
    if let Some(own) = SNAPSHOT_OWN.iter().find(|field| field.name == name) {
        return Some((own, own.rule));
    }
    let field = META.iter().find(|field| field.name == name)?;
    let rule = match field.rule {
        Rule::Required if name != "updated_at" => Rule::Default,
        rule => rule,
    };
    Some((field, rule))
}

/// The top-level fields without which jcode refuses a snapshot, besides `messages`.
pub(in crate::dialect::jcode) const SNAPSHOT_REQUIRED: [&str; 3] = ["id", "created_at", "updated_at"];
