//! The known formats, and which operations each allows.
//!
//! Owns: the names of dialects in reports, and their properties.
//! Invariant: code that must know whether a log can be written, can be upgraded or has a sidecar calls a method here
//! and compares no dialects, so a new dialect is a new line in each method.

use serde::{Deserialize, Serialize};

/// The known formats. Section 3.3 of `docs/format.md` tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// The current format.
    TreeV3,
    /// Header version 2.
    TreeV2,
    /// No header version, or 1: entries without ids.
    LinearV1,
    /// jcode's snapshot and journal.
    JcodeV1,
    /// A transcript of Claude Code.
    ClaudeCode,
    /// A rollout of Codex.
    Codex,
    /// Events of Copilot CLI.
    Copilot,
    /// A transcript of Qwen Code.
    Qwen,
    /// A session of Gemini CLI.
    Gemini,
    /// A session of OpenCode.
    Opencode,
    /// A transcript of Cursor.
    Cursor,
    /// A newer format, or no session at all.
    Unknown,
}

impl Dialect {
    /// All dialects. `catalog::row` numbers them on its own in stored rows.
    pub const ALL: [Self; 12] = [
        Self::TreeV3,
        Self::TreeV2,
        Self::LinearV1,
        Self::JcodeV1,
        Self::ClaudeCode,
        Self::Codex,
        Self::Copilot,
        Self::Qwen,
        Self::Gemini,
        Self::Opencode,
        Self::Cursor,
        Self::Unknown,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TreeV3 => "tree-v3",
            Self::TreeV2 => "tree-v2",
            Self::LinearV1 => "linear-v1",
            Self::JcodeV1 => "jcode-v1",
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Copilot => "copilot",
            Self::Qwen => "qwen",
            Self::Gemini => "gemini",
            Self::Opencode => "opencode",
            Self::Cursor => "cursor",
            Self::Unknown => "unknown",
        }
    }

    /// Readers show the log's own bytes, and writers append to it.
    #[must_use]
    pub const fn is_current(self) -> bool {
        matches!(self, Self::TreeV3)
    }

    /// A sidecar may lie beside the log; in other dialects a missing one is no finding.
    #[must_use]
    pub const fn has_sidecar(self) -> bool {
        self.is_current()
    }

    /// `migrate` converts it to the current dialect.
    #[must_use]
    pub const fn is_older(self) -> bool {
        matches!(self, Self::TreeV2 | Self::LinearV1 | Self::JcodeV1)
    }

    /// The agent that wrote the session, if it is another agent than jcode or pi; such sessions are read, never
    /// written.
    #[must_use]
    pub const fn agent(self) -> Option<&'static str> {
        match self {
            Self::ClaudeCode => Some("Claude Code"),
            Self::Codex => Some("Codex"),
            Self::Copilot => Some("Copilot CLI"),
            Self::Qwen => Some("Qwen Code"),
            Self::Gemini => Some("Gemini CLI"),
            Self::Opencode => Some("OpenCode"),
            Self::Cursor => Some("Cursor"),
            Self::TreeV3 | Self::TreeV2 | Self::LinearV1 | Self::JcodeV1 | Self::Unknown => None,
        }
    }

    /// Prefix of the id of a session imported from this agent. Where jcode imports such sessions itself, the prefix is
    /// jcode's, so that both use the same id for one import.
    #[must_use]
    pub const fn import_prefix(self) -> Option<&'static str> {
        match self {
            Self::ClaudeCode => Some("imported_cc_"),
            Self::Codex => Some("imported_codex_"),
            Self::Copilot => Some("imported_copilot_"),
            Self::Qwen => Some("imported_qwen_"),
            Self::Gemini => Some("imported_gemini_"),
            Self::Opencode => Some("imported_opencode_"),
            Self::Cursor => Some("imported_cursor_"),
            Self::TreeV3 | Self::TreeV2 | Self::LinearV1 | Self::JcodeV1 | Self::Unknown => None,
        }
    }

    /// The session is a snapshot `<id>.json` with the files beside it, not a log.
    #[must_use]
    pub const fn is_snapshot(self) -> bool {
        matches!(self, Self::JcodeV1)
    }
}

impl core::fmt::Display for Dialect {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}
