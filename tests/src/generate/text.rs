//! Text as in session logs: prose, code, tool output, and everything that is awkward to carry in JSON or to cut at a
//! line's end.

use rand::RngExt;
use rand::seq::IndexedRandom;

use crate::generate::Random;

const FRAGMENTS: &[&str] = &[
    "Let me look at the failing test first. ",
    "The parser drops the last line when the file has no newline at its end. ",
    "fn main() {\n    let v: Vec<u8> = vec![b'{', b'}'];\n    println!(\"{v:?}\");\n}\n",
    "if (a[\"id\"] !== b['id']) { return `${a}\\n`; }\n",
    "error[E0502]: cannot borrow `*self` as mutable\n  --> src\\lib.rs:12:9\n",
    "diff --git a/src/x.rs b/src/x.rs\n@@ -1,3 +1,4 @@\n-old\n+new\n",
    r#"{"type":"message","id":"deadbeef","parentId":null,"timestamp":"2025-01-01T00:00:00.000Z"}"#,
    "{\"type\":\"session\",\"version\":3,\"id\":\"inner\"}\n",
    r#"\"parentId\":\"x\",{\"meta\":{}}"#,
    "C:\\Users\\größe\\Döcs\\new\\table.txt ",
    "naïve café, 日本語のテキスト, русский текст, עברית, हिन्दी ",
    "emoji 😀👩‍👩‍👧‍👦🏳️‍🌈 and combining e\u{301}a\u{308} ",
    "line\u{2028}separator\u{2029}and next\u{85}line ",
    "\u{1b}[31mred\u{1b}[0m\ttab\r\ncarriage\u{0}nul\u{1f}\u{7f} ",
    "\u{feff}mark, \u{fffd} replacement, \u{10ffff} last ",
    "[[[{{{\"]}]}]}]\"\"\\\\\"",
    "SELECT * FROM entries WHERE id = 'a''b'; -- 100% \\u0041 ",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "| a | b |\n|---|---|\n| `1` | **2** |\n\n- [ ] task\n",
    "/usr/lib/x86_64-linux-gnu/libc.so.6: ELF 64-bit LSB shared object ",
];

/// A text of about `bytes` bytes.
pub fn text(bytes: usize, rng: &mut Random) -> String {
    let mut text = String::new();
    while text.len() < bytes {
        text.push_str(FRAGMENTS.choose(rng).unwrap_or(&""));
    }
    let end = text.floor_char_boundary(bytes.max(1));
    text.truncate(end);
    text
}

/// A few words: a name, a label, a title.
pub fn name(rng: &mut Random) -> String {
    const NAMES: &[&str] =
        &["refactor", "before the fix", "naïve", "検索", "v2 \"final\"", "a\\b", "🚀 ship it", "{x}"];
    format!("{} {}", NAMES.choose(rng).unwrap_or(&""), rng.random_range(0..100))
}
