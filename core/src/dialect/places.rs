//! Where agents keep their sessions.
//!
//! Owns: for each agent that is read the variable that names its home, the default home, and the folder in it.
//! Invariant: the names in it are those of `list`. Does not: look; hosts do.

/// A place where an agent keeps sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentPlace {
    /// The agent, as `list` names it.
    pub agent: &'static str,
    /// The variable that names its home, if it is set.
    pub variable: &'static str,
    /// Its home below the user's, if the variable is not set.
    pub default: &'static str,
    /// The folder of sessions below its home; empty for the home itself.
    pub below: &'static str,
}

/// All places, pi's own among them, whose sessions are logs of ours.
pub const PLACES: [AgentPlace; 3] = [
    AgentPlace { agent: "claude-code", variable: "CLAUDE_CONFIG_DIR", default: ".claude", below: "projects" },
    AgentPlace { agent: "claude-code", variable: "CLAUDE_CONFIG_DIR", default: ".config/claude", below: "projects" },
    AgentPlace { agent: "pi", variable: "PI_CODING_AGENT_DIR", default: ".pi/agent", below: "sessions" },
];
