//! What a block must have noted to hold a text.
//!
//! Owns: the grams of a text as it stands in JSON, and the escapes that could hide it. Invariant: what a sieve lets
//! through of a block's lines and what is a hit or needed for one, the block's need lets through.
//! Does not: look into blocks; see [`super::segment`].

use super::grams::{EDIT, OTHER_ESCAPED, SLASH, buckets, escaped};
use crate::json::text::write_string;
use crate::search::literal::is_cased;
use crate::search::text::BASE64;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// What is needed of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: any block may do.
    Nothing,
    /// All of these buckets.
    Buckets(Vec<u32>),
    /// All of these.
    All(Vec<Self>),
    /// One of these.
    One(Vec<Self>),
}

/// In which other forms a text is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::search) enum Forms {
    /// None.
    Exact,
    /// That of a literal in any case.
    AnyCase,
    /// That of a pattern in any case, to which two letters are ASCII ones that are not.
    #[cfg(feature = "regex")]
    AnyCasePattern,
}

impl Need {
    /// What a text needs.
    pub(in crate::search) fn of(text: &str, forms: Forms) -> Self {
        let (mut grams, mut hiding) = (BTreeSet::new(), BTreeSet::new());
        for part in text.split(|c| has_no_one_form(c, forms)) {
            let mut raw = Vec::new();
            write_string(&mut raw, part);
            let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
            if inner.len() > 2 {
                grams.extend(buckets(inner));
                part.chars().for_each(|c| hide(c, forms, &mut hiding));
            }
        }
        if grams.is_empty() {
            return Self::Nothing;
        }
        let hiding = hiding.into_iter().map(|mark| Self::Buckets(alloc::vec![mark]));
        Self::One(core::iter::once(Self::Buckets(grams.into_iter().collect())).chain(hiding).collect())
    }

    /// What calls of a tool need.
    pub(in crate::search) fn of_tool(name: &str) -> Self {
        // The name of a tool may be taken for base64 from there on, and is not noted then.
        if name.len() < BASE64 { Self::of(name, Forms::Exact) } else { Self::Nothing }
    }

    /// What an edit needs.
    pub(in crate::search) fn of_edit() -> Self {
        let mut marks = BTreeSet::from([EDIT]);
        "context_edit".chars().for_each(|c| hide(c, Forms::Exact, &mut marks));
        Self::One(marks.into_iter().map(|mark| Self::Buckets(alloc::vec![mark])).collect())
    }

    /// What all of them together need.
    pub(in crate::search) fn all(needs: impl IntoIterator<Item = Self>) -> Self {
        let needs: Vec<Self> = needs.into_iter().filter(|need| *need != Self::Nothing).collect();
        if needs.is_empty() { Self::Nothing } else { Self::All(needs) }
    }

    /// What any of them needs.
    pub(in crate::search) fn one(needs: impl IntoIterator<Item = Self>) -> Self {
        let needs: Vec<Self> = needs.into_iter().collect();
        if needs.contains(&Self::Nothing) { Self::Nothing } else { Self::One(needs) }
    }
}

/// The character stands in JSON in several forms, none of which is the usual one, or in any case as other bytes.
fn has_no_one_form(c: char, forms: Forms) -> bool {
    let odd = c == char::REPLACEMENT_CHARACTER || c < ' ' && !matches!(c, '\n' | '\r' | '\t');
    odd || forms != Forms::Exact && !c.is_ascii() && is_cased(c)
}

/// Adds the marks of blocks in which a character may be written so that its grams are not seen.
fn hide(c: char, forms: Forms, marks: &mut BTreeSet<u32>) {
    if c == '/' {
        marks.insert(SLASH);
    }
    let cases = [c, c.to_ascii_lowercase(), c.to_ascii_uppercase()];
    let cases = if forms == Forms::Exact { cases.get(..1) } else { cases.get(..) };
    marks.extend(cases.unwrap_or_default().iter().map(|&c| escaped(c).unwrap_or(OTHER_ESCAPED)));
    #[cfg(feature = "regex")]
    if forms == Forms::AnyCasePattern && matches!(c, 'k' | 'K' | 's' | 'S') {
        marks.extend([OTHER_ESCAPED, super::grams::LONG_S_OR_KELVIN]);
    }
}
