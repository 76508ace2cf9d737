//! Words on their way into a table.
//!
//! Owns: the redactor of a run, and what it counts.
//! Invariant: what a session becomes does not depend on the sessions before it. What was left out of files that nobody
//! saw is not counted.

use jcode_session_core::fleet::Words;
use jcode_session_core::redact::{Counts, Level, Redactor};
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// What was left out of all tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Secrets by rule.
    pub secrets: Counts,
    /// Pictures.
    pub images: u64,
}

/// Words as they stand in the log, or without secrets.
#[derive(Debug)]
pub(super) struct Wording(Option<Redactor>);

impl Wording {
    pub(super) const fn new(redactor: Option<Redactor>) -> Self {
        Self(redactor)
    }

    /// How much is left out.
    pub(super) fn level(&self) -> Option<Level> {
        self.0.as_ref().map(Redactor::level)
    }

    /// Begins with a session.
    pub(super) fn begin(&mut self) {
        if let Some(redactor) = &mut self.0 {
            redactor.begin();
        }
    }

    /// What was left out since this was asked last.
    pub(super) fn left_out(&mut self) -> LeftOut {
        let (secrets, images) = self.0.as_mut().map(Redactor::take_counts).unwrap_or_default();
        LeftOut { secrets, images }
    }
}

impl LeftOut {
    pub(super) fn add(&mut self, more: Self) {
        for (rule, times) in more.secrets {
            *self.secrets.entry(rule).or_default() += times;
        }
        self.images += more.images;
    }
}

impl Words for Wording {
    fn text(&mut self, text: String) -> String {
        match self.0.as_mut().map(|redactor| redactor.text(&text)) {
            Some(Cow::Owned(redacted)) => redacted,
            _ => text,
        }
    }

    fn args(&mut self, args: String) -> String {
        let Some(redactor) = &mut self.0 else { return args };
        // Within JSON a secret may be written with escapes. Some agents' arguments are plain text.
        if serde_json::from_str::<IgnoredAny>(&args).is_err() {
            return self.text(args);
        }
        match redactor.line(args.as_bytes()) {
            Cow::Owned(redacted) => String::from_utf8_lossy(&redacted).into_owned(),
            Cow::Borrowed(_) => args,
        }
    }
}
