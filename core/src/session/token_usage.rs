//! Token usage: tokens and cost of a session, as recorded in its messages.
//!
//! Owns: the sums over a session, and which tokens fall into which stretch of its time.
//! Invariant: only recorded usage counts; nothing is estimated. Memory is one bit per entry, and 12 bytes per entry with
//! usage.

use super::memory::MemoryIndex;
use crate::index::row::Seq;
use crate::json::walk::Walker;
use crate::log::{Damage, LineReader, LogSink, Outcome, Record, Usage};
use alloc::vec::Vec;
use core::ops::ControlFlow;
use memchr::memmem::Finder;
use serde::Serialize;

/// Reads the usage that entries record.
#[derive(Debug)]
pub struct UsageReader {
    finder: Finder<'static>,
    lines: LineReader,
}

impl Default for UsageReader {
    fn default() -> Self {
        // The end of both names of the field.
        Self { finder: Finder::new(b"usage\""), lines: LineReader::new() }
    }
}

impl UsageReader {
    /// The usage that an entry records.
    #[must_use]
    pub fn of(&self, entry: &Record<'_>) -> Option<Usage> {
        let fields = &entry.fields;
        let holder = match (&*fields.kind_text(), fields.message) {
            ("message", Some(message)) => message,
            ("usage", _) => entry.bytes,
            _ => return None,
        };
        self.finder.find(holder)?;
        let mut token = None;
        let start = holder.iter().position(|&byte| byte == b'{')?;
        let walked = Walker::new().walk_object(holder, start, |key, value| {
            if matches!(key, b"usage" | b"token_usage") {
                token = Some(value);
            }
        });
        walked.ok()?;
        Usage::read(token?)
    }

    /// The usage that the entry on a line records.
    #[must_use]
    pub fn of_line(&mut self, line: &[u8]) -> Option<Usage> {
        self.finder.find(line)?;
        match self.lines.read(0, 1, line, false) {
            Outcome::Whole(entry) => self.of(&entry),
            _ => None,
        }
    }
}

/// Counts usage during a build; receives every record.
#[derive(Debug, Default)]
pub struct TokenUsage {
    total: Usage,
    /// Entries with usage: number, tokens read, tokens written.
    used: Vec<(Seq, u32, u32)>,
    /// One bit per entry: it is a message.
    messages: Vec<u8>,
    entries: Seq,
    reader: UsageReader,
}

impl TokenUsage {
    /// Usage of the whole log.
    #[must_use]
    pub const fn total(&self) -> &Usage {
        &self.total
    }

    fn is_message(&self, seq: usize) -> bool {
        self.messages.get(seq / 8).is_some_and(|bits| bits >> (seq % 8) & 1 == 1)
    }
}

impl LogSink for TokenUsage {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let bit = self.entries % 8;
        if bit == 0 {
            self.messages.push(0);
        }
        if entry.fields.kind_text() == "message"
            && let Some(bits) = self.messages.last_mut()
        {
            *bits |= 1 << bit;
        }
        if let Some(usage) = self.reader.of(entry) {
            self.total.add(&usage);
            let narrow = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
            self.used.push((self.entries, narrow(usage.prompt()), narrow(usage.output)));
        }
        self.entries += 1;
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Entries over time, in buckets of equal width.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Start of the first bucket, Unix milliseconds.
    pub from: Option<i64>,
    /// End of the last bucket, Unix milliseconds.
    pub to: Option<i64>,
    /// Width of a bucket in milliseconds.
    pub width: i64,
    /// The buckets.
    pub buckets: Vec<Bucket>,
}

/// One bucket of a timeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Number of entries.
    pub entries: u64,
    /// Number of message entries.
    pub messages: u64,
    /// Bytes of their lines.
    pub bytes: u64,
    /// Tokens read, including those from caches.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
}

impl Timeline {
    /// The entries with a time, in at most `buckets` buckets.
    #[must_use]
    pub fn new(index: &MemoryIndex, token_usage: &TokenUsage, buckets: usize) -> Self {
        let times = || index.entries().filter_map(|(_, ts)| ts);
        let (Some(from), Some(to)) = (times().min(), times().max()) else { return Self::default() };
        let buckets = i64::try_from(buckets.clamp(1, 10_000)).unwrap_or(1);
        let span = to.saturating_sub(from).saturating_add(1);
        let width = (span / buckets + i64::from(span % buckets != 0)).max(1);
        let count = usize::try_from(span / width + i64::from(span % width != 0)).unwrap_or(1);
        let mut timeline = Self { from: Some(from), to: None, width, buckets: alloc::vec![Bucket::default(); count] };
        timeline.to = Some(from.saturating_add(width.saturating_mul(i64::try_from(count).unwrap_or(1))));
        let mut used = token_usage.used.iter().peekable();
        for (seq, (len, ts)) in index.entries().enumerate() {
            let usage = used.next_if(|(used, ..)| *used as usize == seq);
            let Some(ts) = ts else { continue };
            let place = usize::try_from(ts.saturating_sub(from) / width).unwrap_or_default();
            let Some(bucket) = timeline.buckets.get_mut(place) else { continue };
            bucket.entries += 1;
            bucket.messages += u64::from(token_usage.is_message(seq));
            bucket.bytes += len;
            if let Some((_, input, output)) = usage {
                bucket.input += u64::from(*input);
                bucket.output += u64::from(*output);
            }
        }
        timeline
    }
}
