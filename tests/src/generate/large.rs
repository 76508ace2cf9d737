//! Big `tree-v3` logs, fast: ids are computed from positions and texts are cut from one escaped
//! corpus, so that writing is mostly copying. A log is streamed and never held in memory.

use std::io::{self, BufWriter, Write};

use rand::RngExt;

use crate::generate::clock::Clock;
use crate::generate::ids::uuid7;
use crate::generate::text::text;
use crate::generate::{Random, random};

const CORPUS_BYTES: usize = 4 << 20;
const START_MS: u64 = 1_760_000_000_000;

/// Writes a log of a header and `entries` entries of about `avg_bytes` bytes each, with about
/// `branches` branches besides the first, some of them labelled. Returns the bytes written.
///
/// # Errors
/// Those of the writer.
pub fn write_large_log(
    writer: impl Write,
    entries: u64,
    avg_bytes: usize,
    branches: u64,
    seed: u64,
) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, writer);
    let mut rng = random(seed);
    let corpus = Corpus::new(avg_bytes, &mut rng);
    let start = Clock(START_MS).rfc3339();
    let header = format!(
        "{{\"type\":\"session\",\"version\":3,\"id\":\"{}\",\"timestamp\":\"{start}\",\"cwd\":\"/work\"}}\n",
        uuid7(START_MS, u128::from(seed))
    );
    out.write_all(header.as_bytes())?;
    let mut written = header.len() as u64;
    let between_branches = entries / (branches + 1) + 1;
    for number in 0..entries {
        let place = number % between_branches;
        let parent = match number {
            0 => "null".to_owned(),
            _ if place == 0 => format!("\"{}\"", id(seed, rng.random_range(0..number))),
            _ => format!("\"{}\"", id(seed, number - 1)),
        };
        let time = Clock(START_MS + number * 1000).rfc3339();
        let own = format!("\"id\":\"{}\",\"parentId\":{parent},\"timestamp\":\"{time}\"", id(seed, number));
        // The last entry of every other branch names it by the one before, which hardly any later
        // branch starts from.
        let labels = place > 0 && place == between_branches - 1 && (number / between_branches) % 2 == 1;
        let (before, body, after) = if labels {
            let target = id(seed, number - 1);
            let rest = format!(",\"targetId\":\"{target}\",\"label\":\"branch {number}\"}}\n");
            (format!("{{\"type\":\"label\",{own}"), "", rest)
        } else {
            let before = format!(
                "{{\"type\":\"message\",{own},\"message\":{{\"role\":\"assistant\",\"content\":[{{\"type\":\"text\",\"text\":\""
            );
            let body = corpus.cut(avg_bytes.saturating_sub(before.len() + 8), &mut rng);
            (before, body, "\"}]}}\n".to_owned())
        };
        for piece in [&before, body, &after] {
            out.write_all(piece.as_bytes())?;
            written += piece.len() as u64;
        }
    }
    out.flush()?;
    Ok(written)
}

/// The id of the entry with this number; the number itself is in it, so that ids are unique.
fn id(seed: u64, number: u64) -> String {
    let scattered = (number ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let random = u128::from(scattered) << 64 | u128::from(number & 0xffff_ffff_ffff);
    uuid7(START_MS + number * 1000, random)
}

/// Text that is escaped once, and where it may be cut without breaking a character or an escape.
struct Corpus {
    text: String,
    cuts: Vec<usize>,
}

impl Corpus {
    fn new(avg_bytes: usize, rng: &mut Random) -> Self {
        let mut corpus = Self { text: String::new(), cuts: vec![0] };
        // Long enough for the longest cut from any place in its first half.
        while corpus.text.len() < CORPUS_BYTES + avg_bytes * 16 {
            let piece = serde_json::Value::from(text(48, rng)).to_string();
            corpus.text.push_str(&piece[1..piece.len() - 1]);
            corpus.cuts.push(corpus.text.len());
        }
        corpus
    }

    /// A text of about `average` bytes, at times four times that.
    fn cut(&self, average: usize, rng: &mut Random) -> &str {
        let longest = if rng.random_ratio(1, 50) { average * 8 } else { average * 2 };
        let start = self.cuts[rng.random_range(0..self.cuts.len() / 2)];
        let wanted = start + rng.random_range(0..=longest);
        let end = self.cuts[self.cuts.partition_point(|&cut| cut < wanted)];
        &self.text[start..end]
    }
}
