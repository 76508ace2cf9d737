//! Why targets are not met, as far as it was found out.
//!
//! Owns: the words. They belong to rows by what these measure, and are shown only while a target is not met.

/// What was found out about a row that does not meet its target.
pub fn reason(what: &str) -> Option<&'static str> {
    REASONS.iter().find(|(row, _)| *row == what).map(|(_, reason)| *reason)
}

const REASONS: &[(&str, &str)] = &[];
