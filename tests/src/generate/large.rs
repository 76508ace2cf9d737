//! Big logs, generated fast: ids are computed from positions and texts are cut from one escaped corpus, so that writing
//! is mostly copying. A log is streamed and never held in memory.

use std::io::{self, BufWriter, Write};

use rand::RngExt;

use crate::generate::clock::Clock;
use crate::generate::corpus::{Material, corpus};
use crate::generate::ids::uuid7;
use crate::generate::{Random, random};

const START_MS: u64 = 1_760_000_000_000;
const IMAGE_BYTES: std::ops::Range<usize> = 20_000..300_000;

/// Where a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After this many entries.
    Entries(u64),
    /// After the first entry that reaches this many bytes.
    Bytes(u64),
}

/// The shape of a big log: turns of a user, an assistant that calls tools, and their results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LargeLog {
    pub until: Until,
    /// Average length of an entry, about; one in fifty is up to eight times as long.
    pub entry_bytes: usize,
    /// Number of branches besides the first, about; every other one is labelled.
    pub branches: u64,
    /// One in this many entries is an image in base64, on top of the average length; 0: none.
    pub image_every: u64,
    /// One entry, in the middle, has a text of this many bytes; 0: none.
    pub long_line: usize,
    /// The form of `linear-v1`: no version, ids, parents or labels.
    pub linear: bool,
    /// The working directory: one of a few projects.
    pub project: u64,
    pub seed: u64,
}

impl Default for LargeLog {
    fn default() -> Self {
        Self {
            until: Until::Entries(1000),
            entry_bytes: 2000,
            branches: 8,
            image_every: 0,
            long_line: 0,
            linear: false,
            project: 0,
            seed: 1,
        }
    }
}

impl LargeLog {
    /// The id in the header.
    #[must_use]
    pub fn session_id(&self) -> String {
        uuid7(self.start_ms(), u128::from(self.seed))
    }

    /// Writes the log. Returns the number of bytes.
    ///
    /// # Errors
    /// Any error of the writer.
    pub fn write(&self, writer: impl Write) -> io::Result<u64> {
        let mut out = Counted { inner: BufWriter::with_capacity(1 << 20, writer), written: 0 };
        let mut rng = random(self.seed);
        writeln!(
            out,
            r#"{{"type":"session"{},"id":"{}","timestamp":"{}","cwd":"/work/project-{}"}}"#,
            if self.linear { "" } else { r#","version":3"# },
            self.session_id(),
            Clock(self.start_ms()).rfc3339(),
            self.project
        )?;
        let mut number = 0;
        while match self.until {
            Until::Entries(entries) => number < entries,
            Until::Bytes(bytes) => out.written < bytes,
        } {
            self.entry(number, &mut out, &mut rng)?;
            number += 1;
        }
        out.flush()?;
        Ok(out.written)
    }

    fn start_ms(&self) -> u64 {
        // Not in the future: rows of such sessions are read anew by every list.
        START_MS + self.seed % 100_000 * 60_000
    }

    fn expected_entries(&self) -> u64 {
        match self.until {
            Until::Entries(entries) => entries,
            Until::Bytes(bytes) => bytes / self.entry_bytes as u64,
        }
    }

    fn entry(&self, number: u64, out: &mut Counted<impl Write>, rng: &mut Random) -> io::Result<()> {
        let expected = self.expected_entries();
        let between_branches = expected / (self.branches + 1) + 1;
        let place = number % between_branches;
        let parent = match number {
            0 => "null".to_owned(),
            _ if place == 0 => format!("\"{}\"", self.id(rng.random_range(0..number))),
            _ => format!("\"{}\"", self.id(number - 1)),
        };
        let ms = self.start_ms() + number * 1000;
        let time = Clock(ms).rfc3339();
        let own = match self.linear {
            true => format!(r#""timestamp":"{time}""#),
            false => format!(r#""id":"{}","parentId":{parent},"timestamp":"{time}""#, self.id(number)),
        };
        // The last entry of every other branch is a label for the entry before it, from which hardly any later branch
        // starts.
        if !self.linear && place > 0 && place == between_branches - 1 && (number / between_branches) % 2 == 1 {
            let target = self.id(number - 1);
            return writeln!(out, r#"{{"type":"label",{own},"targetId":"{target}","label":"branch {number}"}}"#);
        }
        let image = self.image_every > 0 && number % self.image_every == self.image_every - 1;
        let long = self.long_line > 0 && number == expected / 2;
        let (before, after) = if image { IMAGE } else { ROLES[number as usize % ROLES.len()] };
        let around = own.len() + before.len() + after.len() + 70;
        let (material, bytes) = match (image, long) {
            (_, true) => (Material::Transcript, self.long_line),
            (true, _) => (Material::Base64, rng.random_range(IMAGE_BYTES)),
            _ => (Material::Transcript, varied(self.entry_bytes.saturating_sub(around), rng)),
        };
        write!(out, r#"{{"type":"message",{own},"message":{before}"#)?;
        corpus(material).write(bytes, out, rng)?;
        writeln!(out, r#"{after},"timestamp":{ms}}}}}"#)
    }

    /// The id of the entry with this number. It contains the number, so ids are unique.
    fn id(&self, number: u64) -> String {
        let scattered = (number ^ self.seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let random = u128::from(scattered) << 64 | u128::from(number & 0xffff_ffff_ffff);
        uuid7(self.start_ms() + number * 1000, random)
    }
}

/// A length of about `average`, sometimes up to eight times that.
fn varied(average: usize, rng: &mut Random) -> usize {
    let longest = if rng.random_ratio(1, 50) { average * 8 } else { average * 2 };
    rng.random_range(0..=longest)
}

/// The text of a message stands between these two; the time follows.
const ROLES: [(&str, &str); 5] = [USER, ASSISTANT, RESULT, ASSISTANT, RESULT];
const USER: (&str, &str) = (r#"{"role":"user","content":[{"type":"text","text":""#, r#""}]"#);
const ASSISTANT: (&str, &str) = (
    r#"{"role":"assistant","content":[{"type":"text","text":""#,
    concat!(
        r#""},{"type":"toolCall","id":"toolu_01","name":"bash","arguments":{"command":"rg -n \"fn main\" src"}}],"#,
        r#""api":"anthropic-messages","provider":"anthropic","model":"claude-sonnet-4-5","#,
        r#""usage":{"input":3,"output":191,"cacheRead":1200,"cacheWrite":0,"#,
        r#""cost":{"input":0.000009,"output":0.002865,"total":0.002874}},"stopReason":"toolUse""#
    ),
);
const RESULT: (&str, &str) = (
    r#"{"role":"toolResult","toolCallId":"toolu_01","toolName":"bash","content":[{"type":"text","text":""#,
    r#""}],"isError":false"#,
);
const IMAGE: (&str, &str) = (
    r#"{"role":"toolResult","toolCallId":"toolu_01","toolName":"read","content":[{"type":"image","data":""#,
    r#"","mimeType":"image/png"}],"isError":false"#,
);

/// Counts the bytes that pass through.
struct Counted<W> {
    inner: W,
    written: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
