//! The types that jcode 0.79 requires: every struct of a v1 session, its fields, and which may be absent. `check` uses
//! these tables.

use super::schema::{Absent, Field, T, flag, list, may, must};

const TEXT: Field = must("text", T::Str);

/// Content blocks of jcode 0.79. The two names with a capital abbreviation are spelled as serde spells them: an
/// underscore before every capital.
pub static BLOCK: T = T::Tagged {
    tag: "type",
    shared: &[],
    variants: &[
        ("text", &[TEXT, may("cache_control", &CACHE_CONTROL)]),
        ("reasoning", &[TEXT]),
        ("reasoning_trace", &[TEXT]),
        ("anthropic_thinking", &[must("thinking", T::Str), must("signature", T::Str)]),
        (
            "open_a_i_reasoning",
            &[
                must("id", T::Str),
                must("summary", T::List(&T::Str)),
                may("encrypted_content", &T::Str),
                may("status", &T::Str),
            ],
        ),
        (
            "tool_use",
            &[must("id", T::Str), must("name", T::Str), must("input", T::Any), may("thought_signature", &T::Str)],
        ),
        ("tool_result", &[must("tool_use_id", T::Str), must("content", T::Str), may("is_error", &T::Bool)]),
        ("image", &[must("media_type", T::Str), must("data", T::Str)]),
        ("open_a_i_compaction", &[must("encrypted_content", T::Str)]),
    ],
};

static CACHE_CONTROL: T = T::Struct(&[must("type", T::Str), may("ttl", &T::Str)]);

static TOKEN_USAGE: T = T::Struct(&[
    may("prompt_tokens", &T::U64),
    must("input_tokens", T::U64),
    must("output_tokens", T::U64),
    may("cache_read_input_tokens", &T::U64),
    may("cache_creation_input_tokens", &T::U64),
]);

static DISPLAY_ROLE: T = T::External(&[("system", &[]), ("background_task", &[])]);

pub static MESSAGE: T = T::Struct(&[
    must("id", T::Str),
    must("role", T::External(&[("user", &[]), ("assistant", &[])])),
    must("content", T::List(&BLOCK)),
    may("display_role", &DISPLAY_ROLE),
    may("timestamp", &T::Time),
    may("tool_duration_ms", &T::U64),
    may("token_usage", &TOKEN_USAGE),
]);

pub static ENV_SNAPSHOT: T = T::Struct(&[
    must("captured_at", T::Time),
    must("reason", T::Str),
    must("session_id", T::Str),
    may("working_dir", &T::Str),
    must("provider", T::Str),
    must("model", T::Str),
    must("jcode_version", T::Str),
    may("jcode_git_hash", &T::Str),
    may("jcode_git_dirty", &T::Bool),
    must("os", T::Str),
    must("arch", T::Str),
    must("pid", T::U32),
    must("is_selfdev", T::Bool),
    must("is_debug", T::Bool),
    must("is_canary", T::Bool),
    may("testing_build", &T::Str),
    may("working_git", &GIT_STATE),
]);

static GIT_STATE: T =
    T::Struct(&[must("root", T::Str), may("head", &T::Str), may("branch", &T::Str), may("dirty", &T::Bool)]);

pub static MEMORY_INJECTION: T = T::Struct(&[
    must("summary", T::Str),
    must("content", T::Str),
    must("count", T::U32),
    list("memory_ids", &T::Str),
    may("age_ms", &T::U64),
    may("before_message", &T::U64),
    must("timestamp", T::Time),
]);

pub static REPLAY_EVENT: T = T::Tagged {
    tag: "event",
    shared: &[must("timestamp", T::Time)],
    variants: &[
        ("display_message", &[must("role", T::Str), may("title", &T::Str), must("content", T::Str)]),
        ("swarm_status", &[must("members", T::List(&SWARM_MEMBER))]),
        (
            "swarm_plan",
            &[
                must("swarm_id", T::Str),
                must("version", T::U64),
                // The fields of a plan item are not known with certainty, so any JSON is allowed.
                must("items", T::List(&T::Any)),
                list("participants", &T::Str),
                may("reason", &T::Str),
            ],
        ),
    ],
};

static SWARM_MEMBER: T = T::Struct(&[
    must("session_id", T::Str),
    may("friendly_name", &T::Str),
    must("status", T::Str),
    may("detail", &T::Str),
    may("task_label", &T::Str),
    may("role", &T::Str),
    may("is_headless", &T::Bool),
    may("live_attachments", &T::U64),
    may("status_age_secs", &T::U64),
    may("output_tail", &T::Str),
    may("report_back_to_session_id", &T::Str),
    may("todo_progress", &T::Tuple(&[T::U32, T::U32])),
]);

pub static STATUS: T = T::External(&[
    ("Active", &[]),
    ("Closed", &[]),
    ("Crashed", &[may("message", &T::Str)]),
    ("Reloaded", &[]),
    ("Compacted", &[]),
    ("RateLimited", &[]),
    ("Error", &[must("message", T::Str)]),
]);

static COMPACTION: T = T::Struct(&[
    must("summary_text", T::Str),
    may("openai_encrypted_content", &T::Str),
    must("covers_up_to_turn", T::U64),
    must("original_turn_count", T::U64),
    must("compacted_count", T::U64),
]);

/// `run` and `plan` are old spellings that jcode still reads.
static IMPROVE_MODE: T = T::External(&[
    ("improve_run", &[]),
    ("improve_plan", &[]),
    ("refactor_run", &[]),
    ("refactor_plan", &[]),
    ("run", &[]),
    ("plan", &[]),
]);

/// The fields that a snapshot and the `meta` of a journal line share, in jcode's order. They are replaced as a whole.
/// The flags and the status are listed separately, because absence means something else for them.
const OPTIONAL_META: [Field; 18] = [
    may("parent_id", &T::Str),
    may("title", &T::Str),
    may("custom_title", &T::Str),
    may("compaction", &COMPACTION),
    may("provider_session_id", &T::Str),
    may("provider_key", &T::Str),
    may("model", &T::Str),
    may("reasoning_effort", &T::Str),
    may("subagent_model", &T::Str),
    may("improve_mode", &IMPROVE_MODE),
    may("autoreview_enabled", &T::Bool),
    may("autojudge_enabled", &T::Bool),
    may("testing_build", &T::Str),
    may("working_dir", &T::Str),
    may("short_name", &T::Str),
    may("last_pid", &T::U32),
    may("last_active_at", &T::Time),
    may("save_label", &T::Str),
];

pub static META_OPTIONAL: T = T::Struct(&OPTIONAL_META);

pub static META_REQUIRED: T = T::Struct(&[
    must("updated_at", T::Time),
    must("status", T::External(STATUS_VARIANTS)),
    must("is_canary", T::Bool),
    must("is_debug", T::Bool),
    must("saved", T::Bool),
]);

const STATUS_VARIANTS: &[(&str, &[Field])] = match &STATUS {
    T::External(variants) => variants,
    _ => &[],
};

/// Fields that only a snapshot has, and fields that may be absent there though not in a journal line.
pub static SNAPSHOT_OWN: T = T::Struct(&[
    must("id", T::Str),
    must("created_at", T::Time),
    must("updated_at", T::Time),
    must("messages", T::List(&MESSAGE)),
    may("route_api_method", &T::Str),
    flag("is_canary"),
    Field { name: "status", ty: T::External(STATUS_VARIANTS), absent: Absent::Active },
    flag("is_debug"),
    flag("saved"),
    list("env_snapshots", &ENV_SNAPSHOT),
    list("memory_injections", &MEMORY_INJECTION),
    list("replay_events", &REPLAY_EVENT),
]);

/// The fields of a journal line beside `meta`. They determine the names of the arrays to which it appends.
pub static JOURNAL_ARRAYS: T = T::Struct(&[
    list("append_messages", &MESSAGE),
    list("append_env_snapshots", &ENV_SNAPSHOT),
    list("append_memory_injections", &MEMORY_INJECTION),
    list("append_replay_events", &REPLAY_EVENT),
]);
