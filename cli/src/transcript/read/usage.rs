//! Tokens and their price.
//!
//! Owns: the words for them. Invariant: a number that is zero, or a part of another one, takes no room; what is not
//! known is shown by name.
//! If you change this, then change `host-wasm/inspector/src/worker/show/usage.ts`, its counterpart, too;
//! `tests/shown` is read by the tests of both.

use super::super::model::Block;
use super::reading::{Reading, Shape};

/// Parts of other numbers.
const QUIET: [(&str, Shape); 6] = [
    ("totalTokens", Shape::Number),
    ("cacheWrite1h", Shape::Number),
    ("input", Shape::Number),
    ("output", Shape::Number),
    ("cacheRead", Shape::Number),
    ("cacheWrite", Shape::Number),
];

/// The field `usage` as a remark.
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
