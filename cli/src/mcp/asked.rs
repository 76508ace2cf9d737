//! What an agent asks for, as arguments of commands.
//!
//! Owns: the parameters of each tool. The doc comments of fields are what the agent reads.
//! Invariant: what is not asked for has a bound.

use crate::args::{ListArgs, SearchArgs, ShowArgs, Sort, TreeArgs};
use crate::when;
use rmcp::schemars;
use schemars::JsonSchema;
use serde::Deserialize;

/// Sessions listed, hits and entries shown where nothing is said.
const FEW: usize = 20;

/// Parameters of `list`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AskedList {
    /// Only sessions of this working directory.
    cwd: Option<String>,
    /// Only sessions of this agent, for example `claude-code`, `codex`; `jcode` for those kept here.
    agent: Option<String>,
    /// Only sessions with this tag.
    tag: Option<String>,
    /// At most this many sessions; 20 if left out.
    limit: Option<usize>,
}

impl AskedList {
    pub(super) fn into_args(self) -> ListArgs {
        ListArgs {
            cwd: self.cwd.map(Into::into),
            agent: self.agent,
            tag: self.tag,
            limit: Some(self.limit.unwrap_or(FEW)),
            json: true,
            ..ListArgs::default()
        }
    }
}

/// Parameters of `search`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedSearch {
    /// Texts that must all stand in an entry. One without capital letters is found in any case.
    query: Vec<String>,
    /// True if the texts are regular expressions.
    #[serde(default)]
    regex: bool,
    /// Only in this session: path, id, or the start of an id.
    session: Option<String>,
    /// Only in sessions of this working directory.
    cwd: Option<String>,
    /// Only in sessions of this agent.
    agent: Option<String>,
    /// Only in sessions with this tag.
    tag: Option<String>,
    /// Only in messages of this role: `user`, `assistant` or `toolResult`.
    role: Option<String>,
    /// Only in entries of this kind, for example `message`, `compaction` or `label`.
    kind: Option<String>,
    /// Only in calls and output of this tool.
    tool: Option<String>,
    /// Only in entries of this time or later: RFC 3339, a day (2026-01-31, UTC) or an age (90m, 12h, 7d).
    since: Option<String>,
    /// Only in entries of this time or earlier.
    until: Option<String>,
    /// True for entries of the active path of each session alone.
    #[serde(default)]
    active: bool,
    /// True for the most relevant hits first; else the newest are first.
    #[serde(default)]
    by_relevance: bool,
    /// At most this many hits; 20 if left out. All are counted.
    limit: Option<usize>,
    /// Also show this many entries before and behind each hit.
    #[serde(default)]
    context: u32,
}

impl AskedSearch {
    /// The error says what is wrong with a time.
    pub(super) fn into_args(self) -> Result<SearchArgs, String> {
        Ok(SearchArgs {
            query: self.query,
            regex: self.regex,
            session: self.session.map(Into::into),
            cwd: self.cwd.map(Into::into),
            agent: self.agent,
            tag: self.tag,
            role: self.role,
            kind: self.kind,
            tool: self.tool,
            since: self.since.as_deref().map(when::since).transpose()?,
            until: self.until.as_deref().map(when::until).transpose()?,
            active: self.active,
            sort: if self.by_relevance { Sort::Relevance } else { Sort::Newest },
            limit: Some(self.limit.unwrap_or(FEW)),
            context: self.context,
            json: true,
            ..SearchArgs::default()
        })
    }
}

/// Parameters of `show`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedShow {
    /// Path, id, or the start of an id.
    session: String,
    /// Only this entry, by its id or the start of it.
    entry: Option<String>,
    /// The path to this entry instead of the active one.
    path: Option<String>,
    /// The number of entries at the end of the path; 20 if left out.
    tail: Option<usize>,
    /// True for the raw lines of the log.
    #[serde(default)]
    raw: bool,
}

impl AskedShow {
    pub(super) fn into_args(self) -> ShowArgs {
        let is_one = self.entry.is_some();
        ShowArgs {
            session: self.session.into(),
            tail: if is_one { None } else { Some(self.tail.unwrap_or(FEW)) },
            path: self.path.filter(|_| !is_one),
            full: is_one && !self.raw,
            entry: self.entry,
            json: self.raw,
            ..ShowArgs::default()
        }
    }
}

/// Parameters of `tree`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedTree {
    /// Path, id, or the start of an id.
    session: String,
}

impl AskedTree {
    pub(super) fn into_args(self) -> TreeArgs {
        TreeArgs { session: self.session.into(), json: true, ..TreeArgs::default() }
    }
}
