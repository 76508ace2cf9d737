//! What is searched for.
//!
//! Owns: words and patterns, and which of them are refused. Invariant: an entry matches if each of them
//! stands in one of its texts. Does not: read entries.

use super::case::Case;
use super::index::Forms;
use super::index::Need;
use super::literal::Literal;
#[cfg(feature = "regex")]
use super::pattern::Pattern;
use super::sieve::Sieve;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Why something cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Nothing was asked for.
    #[error("nothing to search for: an empty text stands everywhere")]
    Empty,
    /// A pattern is none, or too large.
    #[error("`{pattern}` cannot be searched for: {reason}")]
    Pattern {
        /// It.
        pattern: String,
        /// Why.
        reason: String,
    },
}

/// What is searched for: words, or patterns, each of which must stand in an entry.
#[derive(Debug, Clone)]
pub struct Query {
    terms: Vec<Term>,
    pub(super) sieve: Sieve,
    pub(super) need: Need,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "there is one a word of a query")]
enum Term {
    Literal(Literal),
    #[cfg(feature = "regex")]
    Pattern(Pattern),
}

impl Query {
    /// Searches for literals.
    ///
    /// # Errors
    /// If there is none, or one is empty.
    pub fn literals(words: &[impl AsRef<str>], case: Case) -> Result<Self, QueryError> {
        let (mut terms, mut sieves, mut needs) = (Vec::new(), Vec::new(), Vec::new());
        for word in words.iter().map(AsRef::as_ref) {
            if word.is_empty() {
                return Err(QueryError::Empty);
            }
            let sensitive = case.is_sensitive(|| word.chars().any(char::is_uppercase));
            terms.push(Term::Literal(Literal::new(word, sensitive)));
            sieves.push(Sieve::of(word, sensitive));
            needs.push(Need::of(word, if sensitive { Forms::Exact } else { Forms::AnyCase }));
        }
        Self::new(terms, sieves, needs)
    }

    /// Searches for regular expressions: `^` and `$` are the start and end of a line of a text.
    ///
    /// # Errors
    /// If there is none, or one is empty, broken or too large.
    #[cfg(feature = "regex")]
    pub fn patterns(patterns: &[impl AsRef<str>], case: Case) -> Result<Self, QueryError> {
        let (mut terms, mut sieves, mut needs) = (Vec::new(), Vec::new(), Vec::new());
        for text in patterns.iter().map(AsRef::as_ref) {
            if text.is_empty() {
                return Err(QueryError::Empty);
            }
            let refuse = |reason: String| QueryError::Pattern { pattern: String::from(text), reason };
            let (pattern, sieve, need) = Pattern::new(text, case).map_err(refuse)?;
            terms.push(Term::Pattern(pattern));
            sieves.push(sieve);
            needs.push(need);
        }
        Self::new(terms, sieves, needs)
    }

    fn new(terms: Vec<Term>, sieves: Vec<Sieve>, needs: Vec<Need>) -> Result<Self, QueryError> {
        let sieve = sieves.into_iter().max_by_key(Sieve::worth).ok_or(QueryError::Empty)?;
        Ok(Self { terms, sieve, need: Need::all(needs) })
    }

    /// How many words or patterns.
    pub(super) const fn len(&self) -> usize {
        self.terms.len()
    }

    /// The first match of a word in a text, from `from` on.
    pub(super) fn find(&self, term: usize, text: &str, from: usize) -> Option<Range<usize>> {
        match self.terms.get(term)? {
            Term::Literal(literal) => literal.find(text, from),
            #[cfg(feature = "regex")]
            Term::Pattern(pattern) => pattern.find(text, from),
        }
    }
}
