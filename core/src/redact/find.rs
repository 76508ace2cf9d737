//! Secrets in a text.
//!
//! Owns: which rules are tried on a text, and which of their matches are secrets.
//! Invariant: secrets do not overlap and come in order. A rule is compiled when its keyword is met first: compiling all
//! of them takes longer than most sessions. Source of the method: gitleaks.

use super::rule::{Compiled, Rule};
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Secret {
    pub(super) range: Range<usize>,
    /// The number of its rule.
    pub(super) rule: usize,
}

/// Characters of a value that is looked for as it stands: a shorter one is met by chance.
const VALUE: usize = 8;

/// Finds secrets.
#[derive(Debug)]
pub(super) struct Finder {
    rules: Vec<Rule>,
    compiled: Vec<Option<Compiled>>,
    /// All keywords, and the rule of each.
    keywords: Option<AhoCorasick>,
    of_keyword: Vec<usize>,
    /// Rules that have none.
    always: Vec<usize>,
    /// Values that are secret as they stand, and the rule of each.
    values: Option<AhoCorasick>,
    of_value: Vec<usize>,
}

impl Finder {
    pub(super) fn new(mut rules: Vec<Rule>, values: Vec<(String, String)>) -> Self {
        let (mut words, mut of_keyword, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (number, rule) in rules.iter().enumerate() {
            let used = rule.keywords.iter().filter(|word| !word.is_empty());
            words.extend(used.clone());
            of_keyword.extend(used.map(|_| number));
            if rule.keywords.iter().all(String::is_empty) {
                always.push(number);
            }
        }
        let keywords = automaton(&words, true, MatchKind::Standard);
        let (mut secret, mut of_value) = (Vec::new(), Vec::new());
        for (name, value) in values.into_iter().filter(|(_, value)| value.chars().count() >= VALUE) {
            of_value.push(rules.len());
            rules.push(Rule { id: alloc::format!("env-{}", name.to_lowercase()), ..Rule::default() });
            secret.push(value);
        }
        let values = automaton(&secret, false, MatchKind::LeftmostLongest);
        Self { compiled: vec![None; rules.len()], rules, keywords, of_keyword, always, values, of_value }
    }

    /// The name of a rule.
    pub(super) fn id(&self, rule: usize) -> &str {
        self.rules.get(rule).map_or("", |rule| &rule.id)
    }

    /// The secrets of a text.
    pub(super) fn find(&mut self, text: &str) -> Vec<Secret> {
        let mut found = Vec::new();
        if let Some(values) = &self.values {
            let secret = |at: aho_corasick::Match| {
                Some(Secret { range: at.range(), rule: *self.of_value.get(at.pattern().as_usize())? })
            };
            found.extend(values.find_iter(text).filter_map(secret));
        }
        for rule in self.tried(text) {
            self.matches(rule, text, &mut found);
        }
        merged(found)
    }

    /// The rules of which a keyword stands in a text.
    fn tried(&self, text: &str) -> Vec<usize> {
        let mut tried = self.always.clone();
        if let Some(keywords) = &self.keywords {
            let of = |at: aho_corasick::Match| self.of_keyword.get(at.pattern().as_usize()).copied();
            tried.extend(keywords.find_overlapping_iter(text).filter_map(of));
        }
        tried.sort_unstable();
        tried.dedup();
        tried
    }

    fn matches(&mut self, number: usize, text: &str, found: &mut Vec<Secret>) {
        let (Some(rule), Some(slot)) = (self.rules.get(number), self.compiled.get_mut(number)) else { return };
        if slot.is_none() {
            *slot = rule.compile().ok();
        }
        let Some(compiled) = slot else { return };
        for captures in compiled.regex.captures_iter(text) {
            let given = match rule.group {
                0 => captures.iter().skip(1).flatten().next(),
                group => captures.get(group),
            };
            let Some(secret) = given.or_else(|| captures.get(0)) else { continue };
            if is_secret(rule, compiled, secret.as_str()) {
                found.push(Secret { range: secret.range(), rule: number });
            }
        }
    }
}

fn automaton(patterns: &[impl AsRef<[u8]>], any_case: bool, kind: MatchKind) -> Option<AhoCorasick> {
    if patterns.is_empty() {
        return None;
    }
    AhoCorasickBuilder::new().ascii_case_insensitive(any_case).match_kind(kind).build(patterns).ok()
}

fn is_secret(rule: &Rule, compiled: &Compiled, secret: &str) -> bool {
    !secret.is_empty()
        && (rule.entropy <= 0.0 || entropy(secret) >= rule.entropy)
        && !compiled.allowed.iter().any(|allowed| allowed.is_match(secret))
        && !holds_any(secret, &rule.stopwords)
}

/// Whether a text holds a word, in any case of ASCII.
fn holds_any(text: &str, words: &[String]) -> bool {
    let lower = text.to_ascii_lowercase();
    words.iter().any(|word| lower.contains(&word.to_ascii_lowercase()))
}

/// In order and apart: of two that overlap the one that begins first, then the longer one, grown to hold both.
fn merged(mut found: Vec<Secret>) -> Vec<Secret> {
    found.sort_by(|a, b| (a.range.start, b.range.end, a.rule).cmp(&(b.range.start, a.range.end, b.rule)));
    let mut apart: Vec<Secret> = Vec::with_capacity(found.len());
    for secret in found {
        match apart.last_mut() {
            Some(last) if secret.range.start < last.range.end => last.range.end = last.range.end.max(secret.range.end),
            _ => apart.push(secret),
        }
    }
    apart
}

/// Shannon's entropy of a text, in bits a character.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let all = text.len() as f64;
    let of = |&count: &u32| {
        let part = f64::from(count) / all;
        -part * log2(part)
    };
    counts.iter().filter(|&&count| count > 0).map(of).sum()
}

/// The binary logarithm of a part of one, which core alone does not offer: the exponent, and the area hyperbolic tangent
/// of what is left, as a series. Exact to 1e-9, of which two digits are used.
fn log2(value: f64) -> f64 {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    let mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (ratio, 0.0);
    for odd in 0..10 {
        sum += power / f64::from(2 * odd + 1);
        power *= ratio * ratio;
    }
    f64::from(exponent) + 2.0 * sum / core::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_shannons() {
        assert!(entropy("aaaa").abs() < 1e-9);
        assert!((entropy("abcd") - 2.0).abs() < 1e-9);
        let mixed: f64 = entropy("aab");
        assert!((mixed - 0.918_295_834).abs() < 1e-6, "{mixed}");
    }
}
