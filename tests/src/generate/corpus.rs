//! Text that is made once, escaped for JSON, and can be cut anywhere except inside a character or an escape. Owns the
//! material of big logs, as dense in escapes, quotes and non-ASCII as recorded sessions (a quote or an escape every 12
//! bytes).

use std::io::{self, Write};
use std::sync::LazyLock;

use rand::RngExt;
use rand::seq::IndexedRandom;

use crate::generate::text::text;
use crate::generate::{Random, random};

const CORPUS_BYTES: usize = 4 << 20;

/// The kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material {
    /// Prose, code and tool output.
    Transcript,
    /// An image.
    Base64,
}

/// The corpus of a material, the same in every run.
pub fn corpus(of: Material) -> &'static Corpus {
    static TRANSCRIPT: LazyLock<Corpus> = LazyLock::new(|| Corpus::new(transcript));
    static BASE64: LazyLock<Corpus> = LazyLock::new(|| Corpus::new(base64));
    match of {
        Material::Transcript => &TRANSCRIPT,
        Material::Base64 => &BASE64,
    }
}

/// Escaped text, and the places where it may be cut.
pub struct Corpus {
    text: String,
    cuts: Vec<usize>,
}

impl Corpus {
    fn new(piece: fn(&mut Random) -> String) -> Self {
        let mut rng = random(0);
        let mut corpus = Self { text: String::new(), cuts: vec![0] };
        while corpus.text.len() < CORPUS_BYTES {
            let escaped = serde_json::Value::from(piece(&mut rng)).to_string();
            corpus.text.push_str(&escaped[1..escaped.len() - 1]);
            corpus.cuts.push(corpus.text.len());
        }
        corpus
    }

    /// Writes about `bytes` bytes, starting at a random place.
    pub fn write(&self, bytes: usize, out: &mut impl Write, rng: &mut Random) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let start = self.cuts[rng.random_range(0..self.cuts.len() - 1)];
            let end = self.cuts[self.cuts.partition_point(|&cut| cut < start + left).min(self.cuts.len() - 1)];
            out.write_all(&self.text.as_bytes()[start..end])?;
            left = left.saturating_sub(end - start);
        }
        Ok(())
    }
}

fn transcript(rng: &mut Random) -> String {
    // Text that is awkward in JSON occurs in real sessions too, but seldom.
    if rng.random_ratio(1, 20) { text(48, rng) } else { (*PIECES.choose(rng).unwrap_or(&"")).to_owned() }
}

fn base64(rng: &mut Random) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..64).map(|_| char::from(DIGITS[rng.random_range(0..DIGITS.len())])).collect()
}

const PIECES: &[&str] = &[
    "I'll read the theme documentation and the selectors first, then port the last one. ",
    "The test fails because the parser drops the last line when the file has no newline at its end. ",
    "Both callers hold the lock already, so the second `acquire` waits for itself; that is the hang. ",
    "Fertig: größere Dateien werden jetzt stückweise gelesen. ",
    "了解しました。まずテストを実行します。 ",
    "    pub fn frame(&self, chunk: &[u8]) -> Option<Frame> {\n        let end = memchr(b'\\n', chunk)?;\n",
    "        if let Some(name) = entry.name {\n            out.push(name);\n        }\n    }\n\n",
    "import { Container, Spacer, Text } from \"../tui/index.js\"\n",
    "export const theme = { accent: \"#8abeb7\", border: \"#5f87ff\" } as const;\n",
    "\tconst selected = items.findIndex((item) => item.id === current);\n\tif (selected >= 0) show(selected);\n",
    "-    let len = file.metadata()?.len();\n+    let len = file.stream_len()?;\n",
    "running 14 tests\ntest scan::empty ... ok\ntest scan::torn_tail ... ok\ntest scan::nul_run ... FAILED\n",
    "   Compiling tokio v1.47.1\n   Compiling serde_json v1.0.145\n",
    "packages/coding-agent/src/modes/interactive/components/user-message-selector.ts:118:5\n",
    "-rw-r--r-- 1 me me  18233 Nov 20 23:31 oauth-selector.ts\n-rw-r--r-- 1 me me   9120 Nov 20 23:31 theme.ts\n",
    "| `accent` | Primary accent color | Logo, selected items, cursor (›) |\n",
    "## Color Tokens\n\nEvery theme must define all color tokens. There are no optional colors.\n\n",
    "error[E0502]: cannot borrow `*self` as mutable because it is also borrowed as immutable\n  --> src/lib.rs:12:9\n   |\n",
    "{\"name\": \"pi-mono\", \"private\": true, \"scripts\": {\"build\": \"tsc -p .\"}}\n",
    "    }\n",
    "  });\n\n",
    "    return null;\n",
    "\t\t\"type\": \"string\",\n",
    "    \"dev\": \"tsx watch\",\n",
    "    expect(read(\"a\")).toBe(\"b\");\n",
    "<div className=\"row\" id=\"list\">\n",
    "    use super::*;\n\n",
    "  \"resolved\": \"https://packages.example/chalk/-/chalk-5.6.2.tgz\",\n",
];
