//! Redaction: secrets in the texts of a line are replaced by marks.
//!
//! Owns: what of a line is looked at, the marks, and the counts.
//! Invariant: texts are looked at as they are decoded, so that an escape hides nothing; the structure of a line and all
//! other bytes stay. Equal secrets of a session have equal marks, and no mark tells anything of its secret. No count,
//! error or report holds a secret. Does not: promise to find every secret; an unknown form of one is text like any other.

mod find;
mod known;
mod rule;

pub use rule::{Rule, RuleError};

use crate::json::strings::rewritten;
use crate::json::text::{string_lossy, write_string};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use find::Finder;

/// How much is taken for a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// What has the form of a known kind of secret.
    #[default]
    Rules,
    /// Also what is assigned to a name like `password`, and what looks random. Much of this is no secret.
    Strict,
}

/// What is known of the machine, to be left out as well.
#[derive(Debug, Clone, Default)]
pub struct Private {
    /// Names and values of variables that hold secrets.
    pub values: Vec<(String, String)>,
    /// The home folder, which becomes `~`.
    pub home: Option<String>,
}

/// Number of secrets that were replaced, by rule. The same secret counts as often as it stands there.
pub type Counts = BTreeMap<String, u64>;

/// Replaces secrets, line by line.
#[derive(Debug)]
pub struct Redactor {
    level: Level,
    finder: Finder,
    home: Option<String>,
    /// The number of each secret among those of its rule.
    seen: BTreeMap<(usize, String), u64>,
    counts: Counts,
    images: u64,
}

/// What stands in place of a picture: the smallest one, so that programs that show it have something to show.
const BLANK: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// Characters from which on a text of base64 is data, not words.
const DATA: usize = 512;

impl Redactor {
    /// A redactor by the built-in rules, and by further ones.
    ///
    /// # Errors
    /// Fails if a further rule is no valid expression, or becomes too large.
    pub fn new(level: Level, further: Vec<Rule>, private: Private) -> Result<Self, RuleError> {
        let mut rules: Vec<Rule> = known::rules(level).collect();
        for rule in &further {
            rule.check()?;
        }
        rules.extend(further);
        let home = private.home.filter(|home| home.len() > 1);
        Ok(Self {
            level,
            finder: Finder::new(rules, private.values),
            home,
            seen: BTreeMap::new(),
            counts: Counts::new(),
            images: 0,
        })
    }

    /// How much is taken for a secret.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Begins with another session: marks are numbered from one again, and counts go on.
    pub fn begin(&mut self) {
        self.seen.clear();
    }

    /// Number of secrets that were replaced, by rule.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Numbers of secrets by rule, and of pictures, that were replaced since this was asked last.
    pub fn take_counts(&mut self) -> (Counts, u64) {
        (core::mem::take(&mut self.counts), core::mem::take(&mut self.images))
    }

    /// Number of pictures that were left out.
    #[must_use]
    pub const fn images(&self) -> u64 {
        self.images
    }

    /// A text without its secrets.
    pub fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let found = self.finder.find(text);
        if found.is_empty() {
            return self.homeless(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for secret in found {
            let before = text.get(at..secret.range.start).unwrap_or_default();
            out.push_str(&self.homeless(before));
            let mark = self.mark(secret.rule, text.get(secret.range.clone()).unwrap_or_default());
            out.push_str(&mark);
            at = secret.range.end;
        }
        out.push_str(&self.homeless(text.get(at..).unwrap_or_default()));
        Cow::Owned(out)
    }

    /// A line of JSON without the secrets in its keys and strings, and without its pictures. The bytes have to be one
    /// valid JSON value.
    pub fn line<'l>(&mut self, line: &'l [u8]) -> Cow<'l, [u8]> {
        rewritten(line, |token, key| {
            let mut out = Vec::new();
            write_string(&mut out, &self.string(token, key)?);
            Some(out)
        })
    }

    /// What a string becomes, if it changes. `key`: the key of which it is the value.
    fn string(&mut self, token: &[u8], key: &[u8]) -> Option<String> {
        if is_picture(token, key) {
            self.images += 1;
            let typed = token.get(1..6) == Some(b"data:");
            return Some(if typed { format!("data:image/png;base64,{BLANK}") } else { BLANK.to_string() });
        }
        // Text that is no valid Unicode is looked at as it would be shown.
        let text = string_lossy(token)?;
        match self.text(&text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(replaced) => Some(replaced),
        }
    }

    fn mark(&mut self, rule: usize, secret: &str) -> String {
        let id = self.finder.id(rule).to_string();
        *self.counts.entry(id.clone()).or_default() += 1;
        let known = self.seen.get(&(rule, secret.to_string())).copied();
        let number = known.unwrap_or_else(|| {
            let of_rule = self.seen.range((rule, String::new())..(rule + 1, String::new()));
            let number = of_rule.count() as u64 + 1;
            self.seen.insert((rule, secret.to_string()), number);
            number
        });
        match number {
            1 => format!("[REDACTED:{id}]"),
            _ => format!("[REDACTED:{id}:{number}]"),
        }
    }

    /// A text with `~` in place of the home folder.
    fn homeless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(home) = self.home.as_deref().filter(|home| text.contains(home)) else { return Cow::Borrowed(text) };
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(home) {
            let (before, behind) =
                (rest.get(..at).unwrap_or_default(), rest.get(at + home.len()..).unwrap_or_default());
            out.push_str(before);
            // `/home/ann` is no part of `/home/anna`.
            let goes_on = behind.chars().next().is_some_and(|next| next.is_alphanumeric() || matches!(next, '-' | '_'));
            out.push_str(if goes_on { home } else { "~" });
            rest = behind;
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// Whether a string is the data of a picture.
fn is_picture(token: &[u8], key: &[u8]) -> bool {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    let data = match inner.starts_with(b"data:image/") {
        true => inner.iter().position(|&byte| byte == b',').and_then(|at| inner.get(at + 1..)),
        false if key == b"data" => Some(inner),
        false => None,
    };
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    data.is_some_and(|data| data.len() >= DATA && data.iter().all(is_base64))
}
