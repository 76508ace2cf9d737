//! Reads token counts and prices.
//!
//! If you change this, then change its counterpart `host-wasm/inspector/src/worker/show/usage.ts` too. The tests of
//! both use `tests/shown`.
//!
//! Owns: the words for them.
//! Invariant: a number that is zero, or a part of another number, is not shown. Unknown fields are shown by name.

use super::super::model::Block;
use super::reading::{Reading, Shape};

/// Numbers that other numbers include, or that are shown already.
const QUIET: [(&str, Shape); 6] = [
    ("totalTokens", Shape::Number),
    ("cacheWrite1h", Shape::Number),
    ("input", Shape::Number),
    ("output", Shape::Number),
    ("cacheRead", Shape::Number),
    ("cacheWrite", Shape::Number),
];

/// The field `usage` as a note.
pub(super) fn usage<'a>(from: &mut Reading<'a>) -> Vec<Block<'a>> {
    let Some(object) = from.object("usage") else { return Vec::new() };
    let mut usage = Reading::new(object);
    let counted = [
        ("input", "in"),
        ("output", "out"),
        ("reasoning", "of thinking"),
        ("cacheRead", "from the cache"),
        ("cacheWrite", "to the cache"),
    ];
    let counted = counted.into_iter().filter_map(|(name, word)| {
        let count = usage.number(name).filter(|count| count != "0")?;
        Some(format!("{count} {word}"))
    });
    let counted: Vec<String> = counted.collect();
    let mut words = if counted.is_empty() { "no tokens".into() } else { format!("tokens: {}", counted.join(", ")) };
    let mut cost = usage.object("cost").map(Reading::new);
    if let Some(total) = cost.as_mut().and_then(|cost| cost.number("total")).filter(|total| total != "0") {
        words.push_str(&format!("; ${total}"));
    }
    let mut blocks = vec![Block::Note(words.into())];
    blocks.extend(usage.rest(&QUIET));
    blocks.extend(cost.and_then(|mut cost| {
        cost.flag("totalFromProvider");
        cost.rest(&QUIET)
    }));
    blocks
}
