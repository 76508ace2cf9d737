//! Where agents keep their sessions.
//!
//! Owns: for each agent that is read the variable that names its home, the default home, and the folder in it.
//! Invariant: the names in it are those of `list`. Does not: look; hosts do.

/// A place where an agent keeps sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentPlace {
    /// The agent, as `list` names it.
    pub agent: &'static str,
    /// The variable that names its home, if it is set; empty where there is none.
    pub variable: &'static str,
    /// Its home below the user's, if the variable is not set.
    pub default: &'static str,
    /// The folder of sessions below its home; empty for the home itself.
    pub below: &'static str,
}

/// All places, pi's own among them, whose sessions are logs of ours.
pub const PLACES: [AgentPlace; 13] = [
    AgentPlace { agent: "claude-code", variable: "CLAUDE_CONFIG_DIR", default: ".claude", below: "projects" },
    AgentPlace { agent: "claude-code", variable: "CLAUDE_CONFIG_DIR", default: ".config/claude", below: "projects" },
    AgentPlace { agent: "codex", variable: "CODEX_HOME", default: ".codex", below: "sessions" },
    AgentPlace { agent: "codex", variable: "CODEX_HOME", default: ".codex", below: "archived_sessions" },
    AgentPlace { agent: "copilot", variable: "COPILOT_HOME", default: ".copilot", below: "session-state" },
    AgentPlace { agent: "copilot", variable: "COPILOT_HOME", default: ".copilot", below: "history-session-state" },
    AgentPlace { agent: "qwen", variable: "QWEN_HOME", default: ".qwen", below: "projects" },
    AgentPlace { agent: "qwen", variable: "QWEN_HOME", default: ".qwen", below: "tmp" },
    // The variable takes the place of the user's home.
    AgentPlace { agent: "gemini", variable: "GEMINI_CLI_HOME", default: "", below: ".gemini/tmp" },
    AgentPlace { agent: "cursor", variable: "", default: ".cursor", below: "projects" },
    AgentPlace { agent: "oh-my-pi", variable: "", default: ".omp/agent", below: "sessions" },
    AgentPlace { agent: "pi", variable: "PI_CODING_AGENT_SESSION_DIR", default: ".pi/agent/sessions", below: "" },
    AgentPlace { agent: "pi", variable: "PI_CODING_AGENT_DIR", default: ".pi/agent", below: "sessions" },
];
