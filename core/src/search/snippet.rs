//! The text around a match.
//!
//! Owns: how much of it. Invariant: a snippet is a piece of the text as it is, cut between characters; each mark in it
//! is a whole match, but for a first one that is too long: of that it holds the start.

use super::query::Query;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

/// Characters before and behind the match, and of the match itself.
const BEFORE: usize = 48;
const BEHIND: usize = 96;
const MATCH: usize = 160;

/// The text around the match `first`, with all matches in it.
pub(super) fn snippet(query: &Query, text: &str, first: Range<usize>) -> (String, Vec<(usize, usize)>) {
    let start = back(text, first.start, BEFORE);
    let end = on(text, first.end.min(on(text, first.start, MATCH)), BEHIND);
    let mut marks = Vec::new();
    for term in 0..query.len() {
        let mut at = start;
        while let Some(found) = query.find(term, text, at).filter(|found| found.end <= end || *found == first) {
            marks.push((found.start - start, found.end.min(end) - found.start));
            // Behind an empty match the next one is a character further.
            at = if found.is_empty() { on(text, found.end, 1) } else { found.end };
            if at <= found.start || at > end {
                break;
            }
        }
    }
    marks.sort_unstable();
    marks.dedup();
    (text.get(start..end).unwrap_or_default().to_string(), marks)
}

/// So many characters before `at`.
fn back(text: &str, at: usize, chars: usize) -> usize {
    text.get(..at).and_then(|before| before.char_indices().rev().take(chars).last()).map_or(at, |(at, _)| at)
}

/// So many characters behind `at`.
fn on(text: &str, at: usize, chars: usize) -> usize {
    let behind = text.get(at..).unwrap_or_default();
    at + behind.char_indices().nth(chars).map_or(behind.len(), |(len, _)| len)
}
