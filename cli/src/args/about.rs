//! What holds for all commands: environment, files, exit status, examples.
//!
//! Owns: these words, for `--help` and for the manual page.

/// A section: its title, and terms with what they mean.
pub(crate) type Section = (&'static str, &'static [(&'static str, &'static str)]);

/// The sections, in the order of a manual page.
pub(crate) const SECTIONS: [Section; 4] = [
    (
        "Environment",
        &[
            ("JCODE_HOME", "The home, `<home>` in all texts, instead of ~/.jcode"),
            ("JCODE_SESSION_DURABILITY", "What `append` acknowledges: strict, balanced or throughput"),
            (
                "JCODE_SESSION_SEGMENT_SIZE, JCODE_SESSION_COMPRESS",
                "How older lines are stored, as the flags of `seal`",
            ),
            ("JCODE_SESSION_OTHERS", "0 leaves out the sessions of other agents"),
            (
                "CLAUDE_CONFIG_DIR, CODEX_HOME, COPILOT_HOME, QWEN_HOME, GEMINI_CLI_HOME, PI_CODING_AGENT_DIR, PI_CODING_AGENT_SESSION_DIR",
                "Where these agents keep their sessions, as they read it themselves",
            ),
            ("JCODE_STORE", "The archive of `push` and `pull`"),
            ("NO_COLOR", "No colours, if it is set"),
            (
                "JCODE_SESSION_PAGER, PAGER",
                "What `show`, `tree` and `man` go through on a terminal; `less -FRX` if neither is set, nothing if it is empty or `cat`",
            ),
        ],
    ),
    (
        "Files",
        &[
            ("<home>/sessions", "The sessions, a log each; searched with all folders below"),
            ("<stem>.sqlite3", "A log's sidecar; it can be deleted at any time"),
            ("<stem>.store", "What was set aside of a log, checkpoints and segments; it cannot be made anew"),
            (
                "<home>/agent/session-settings.toml",
                "Settings, which hold where neither a flag nor the environment says something: sessions-dirs, others, durability, segment-size, compress, store, color, pager (docs/settings.md)",
            ),
            ("<home>/agent", "Indexes, which can be deleted at any time, and what this machine is called in archives"),
        ],
    ),
    (
        "Exit status",
        &[
            ("0", "Done, and nothing is wrong; a search has found something"),
            ("1", "Done, and something is wrong, or a search has found nothing"),
            ("2", "Not done: wrong usage, or files that cannot be read or written"),
        ],
    ),
    (
        "Examples",
        &[
            ("jcode-session list --limit 20", "The last sessions of all agents"),
            ("jcode-session search 'out of memory' --since 7d", "What was said of it this week"),
            ("jcode-session migrate --dry-run", "What an upgrade of all sessions would do"),
            ("jcode-session inspect 5b8e", "The session whose id begins so, in the browser"),
        ],
    ),
];

/// The sections as text behind `--help`.
pub(super) fn help() -> String {
    let mut text = String::new();
    for (title, terms) in SECTIONS {
        text.push_str(&format!("{}{title}:\n", if text.is_empty() { "" } else { "\n" }));
        for (term, words) in terms {
            text.push_str(&format!("  {term}\n          {words}\n"));
        }
    }
    text.trim_end().to_string()
}
