//! A rule: the form of one kind of secret.
//!
//! Owns: the parts of a rule, and their limits. The parts are those of gitleaks' rules, so that its files can be read.
//! Invariant: an expression takes time linear in the text; one that would take too much memory is refused.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use regex::{Regex, RegexBuilder};
use thiserror::Error;

/// Bytes that a compiled expression takes at most.
const MAX_COMPILED: usize = 20 << 20;

/// The form of one kind of secret.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Its name, which stands in the marks.
    pub id: String,
    /// The expression.
    pub regex: String,
    /// Words of which one stands in every text with such a secret, in any case of ASCII. Without one all texts are
    /// looked at.
    pub keywords: Vec<String>,
    /// The group of the expression that is the secret; 0: the first one that takes part, else the whole match.
    pub group: usize,
    /// Bits of entropy that a character of the secret has at least.
    pub entropy: f64,
    /// Expressions: a secret in which one matches is none.
    pub allowed: Vec<String>,
    /// Words: a secret that holds one, in any case of ASCII, is none.
    pub stopwords: Vec<String>,
}

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rule `{id}`: {reason}")]
pub struct RuleError {
    /// The rule.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// A rule, ready to be matched.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub(super) regex: Regex,
    pub(super) allowed: Vec<Regex>,
}

impl Rule {
    /// Compiles the expressions.
    pub(super) fn compile(&self) -> Result<Compiled, RuleError> {
        let compile = |text: &String| {
            let built = RegexBuilder::new(text).size_limit(MAX_COMPILED).build();
            built.map_err(|error| RuleError { id: self.id.clone(), reason: error.to_string() })
        };
        Ok(Compiled {
            regex: compile(&self.regex)?,
            allowed: self.allowed.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    /// Refuses what cannot be compiled.
    pub(super) fn check(&self) -> Result<(), RuleError> {
        self.compile().map(|_| ())
    }
}
