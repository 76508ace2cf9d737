//! A search over a home gives what the oracle finds: over good and damaged logs, forks, edits and branches, whatever is
//! escaped, with sidecars and without, after every change.
//!
//! `JCODE_SESSION_SEARCHES` sets the number of homes of a long run; in each 60 queries are answered and compared.

use jcode_session_core::dialect::detect;
use jcode_session_core::search::{Case, Filter, Query, Search as Entries};
use jcode_session_core::source::SliceSource;
use jcode_session_native::catalog::Catalog;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::search::{Order, Scope, Search, index as search_index};
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::rebuild;
use jcode_session_tests::effort::cases_of;
use jcode_session_tests::generate::{Random, Sample, damaged_tree_v3, random, tree_v3_log};
use jcode_session_tests::homes::{home, log, put, sessions};
use jcode_session_tests::oracle::search::{OracleHit, OracleTexts, OracleTool, Searched, hits, holds};
use proptest::collection::vec;
use proptest::prelude::*;
use rand::RngExt;
use rand::seq::IndexedRandom;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The logs of a home, by name.
type Logs = Vec<(String, Vec<u8>)>;

#[derive(Debug, Clone)]
enum Words {
    Literals(Vec<String>),
    Pattern(&'static str),
}

const PATTERNS: &[&str] = &[
    r"\bthe\b",
    r"^fn ",
    r"[0-9]{2,}",
    "größe",
    "e.{0,3}r",
    r"\p{Han}+",
    r"s$",
    "K|ſ",
    r"C:\\users",
    "(?i)NAÏVE",
    r"\{",
    "last( |$)",
    "x*",
    r"(red|blue)\b.*carriage",
    "\u{fffd}",
    r"\x{301}",
    "русский",
    r#"id\\?""#,
];
const SHORT: &[&str] = &[
    "e",
    "日",
    "本",
    "\u{301}",
    "ß",
    "é",
    "id",
    "lib",
    "\n",
    "\\",
    "\"",
    "/",
    "\u{fffd}",
    "/usr/lib",
    "\\\\u0041",
    "ТЕКСТ",
    "текст",
    "Größe",
    "\t",
    "\u{0}",
    "\u{1b}[31m",
    "not me",
    "qqq",
    "😀",
    "\u{1f469}\u{200d}",
    " ",
    "a\\b",
    "\r\n",
    "&",
];

/// Writes some characters of strings as escapes that need not be.
fn escaped(bytes: &[u8], rng: &mut Random) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let (mut out, mut in_string, mut chars) = (String::new(), false, text.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '\\' if in_string => {
                out.push(c);
                let escape = chars.next();
                out.extend(escape);
                if escape == Some('u') {
                    out.extend(chars.by_ref().take(4));
                }
                continue;
            }
            '"' => in_string = !in_string,
            '\n' => in_string = false,
            '/' if in_string && rng.random_bool(0.3) => {
                out.push_str("\\/");
                continue;
            }
            c if in_string && c >= ' ' && rng.random_bool(0.02) => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out.into_bytes()
}

/// The first lines of a log as another session.
fn fork(bytes: &[u8], id: usize, rng: &mut Random) -> Vec<u8> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let header = format!(
        "{{\"type\":\"session\",\"version\":3,\"id\":\"fork{id}\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}}\n"
    );
    let upto = rng.random_range(0..=lines.len().saturating_sub(1));
    [header.as_bytes(), &lines.iter().skip(1).take(upto).copied().collect::<Vec<_>>().concat()].concat()
}

/// Long entries between others, so that a log has many blocks.
fn padded(bytes: &[u8], rng: &mut Random) -> Vec<u8> {
    let mut padded = Vec::new();
    for (number, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        padded.extend_from_slice(line);
        if line.ends_with(b"\n") && number > 0 && rng.random_bool(0.4) {
            let text = "pad ".repeat(rng.random_range(10..12_000));
            let entry = format!(
                "{{\"type\":\"custom\",\"id\":\"pad{number}\",\"parentId\":null,\"data\":{{\"pad\":\"{text}\"}}}}\n"
            );
            padded.extend_from_slice(entry.as_bytes());
        }
    }
    padded
}

/// Edits of entries, some of them twice, at the end of a log.
fn edit(bytes: &mut Vec<u8>, rng: &mut Random) {
    let log = Searched::read(bytes).log;
    let Some(last) = log.entries.iter().rposition(|entry| entry.log_id.is_some()) else { return };
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    let parents = [last, rng.random_range(0..log.entries.len())];
    for number in 0..rng.random_range(0..4) {
        let Some(target) = log.entries.choose(rng) else { return };
        let Some(parent) = parents.choose(rng).and_then(|&at| log.entries[at].log_id.clone()) else { continue };
        let content =
            ["null", r#"{"content":"edited größe 日本"}"#, r#"{"content":[{"type":"text","text":"the red edit"}]}"#];
        let content = content.choose(rng).expect("some");
        let (parent, target) = (serde_json::Value::from(parent), serde_json::Value::from(target.key.clone()));
        bytes.extend_from_slice(
            format!(
                "{{\"type\":\"context_edit\",\"id\":\"edit{number}-{}\",\"parentId\":{parent},\"timestamp\":1767225600{number:03},\
                 \"targetId\":{target},\"replacement\":{content}}}\n",
                rng.random::<u32>()
            )
            .as_bytes(),
        );
    }
}

fn logs_of(samples: &[Sample], seed: u64) -> Logs {
    let rng = &mut random(seed);
    let mut logs = Logs::new();
    for (number, sample) in samples.iter().enumerate() {
        let mut bytes = sample.bytes.clone();
        if rng.random_bool(0.6) {
            edit(&mut bytes, rng);
        }
        if rng.random_bool(0.5) {
            bytes = padded(&bytes, rng);
        }
        if rng.random_bool(0.5) {
            logs.push((format!("fork{number}.jsonl"), fork(&bytes, number, rng)));
        }
        if rng.random_bool(0.5) {
            bytes = escaped(&bytes, rng);
        }
        logs.push((format!("log{number}.jsonl"), bytes));
    }
    logs
}

/// Something to search for: parts of what is there, in some case, and what is not.
fn words(logs: &[(String, Searched)], rng: &mut Random) -> Words {
    if rng.random_bool(0.25) {
        return Words::Pattern(PATTERNS.choose(rng).expect("some"));
    }
    let mut readings = Vec::new();
    for (_, log) in logs {
        (0..log.log.entries.len()).for_each(|at| readings.extend(log.readings(at, false)));
    }
    readings.retain(|reading| !reading.texts.is_empty());
    let reading = readings.choose(rng);
    let words = (0..rng.random_range(1..=2)).map(|_| {
        let text = reading.and_then(|reading| reading.texts.choose(rng)).filter(|_| rng.random_bool(0.7));
        let Some(text) = text else { return SHORT.choose(rng).expect("some").to_string() };
        let chars: Vec<char> = text.text.chars().collect();
        let from = rng.random_range(0..chars.len());
        let word: String = chars.iter().skip(from).take(rng.random_range(1..20)).collect();
        if rng.random_bool(0.6) { word.to_lowercase() } else { word }
    });
    Words::Literals(words.collect())
}

fn some_filter(logs: &[(String, Searched)], rng: &mut Random) -> Filter {
    let mut filter = Filter { active: rng.random_bool(0.2), ..Filter::default() };
    let one = |rng: &mut Random, of: &[&str]| rng.random_bool(0.2).then(|| of.choose(rng).expect("some").to_string());
    filter.role = one(rng, &["user", "assistant", "toolResult", "nobody"]);
    filter.kind = one(rng, &["message", "message", "custom", "label", "compaction"]);
    filter.tool = one(rng, &["edit", "read", "bash"]);
    let times: Vec<i64> = logs.iter().flat_map(|(_, log)| &log.log.entries).filter_map(|entry| entry.ts).collect();
    if rng.random_bool(0.2) {
        filter.since = times.choose(rng).copied();
        filter.until = times.choose(rng).copied();
    }
    filter
}

fn expected(logs: &[(String, Searched)], words: &Words, filter: &Filter) -> Vec<OracleHit> {
    let pattern = match words {
        Words::Literals(_) => None,
        Words::Pattern(pattern) => {
            let any_case = !pattern.replace(r"\S", "").replace(r"\p{Han}", "").chars().any(char::is_uppercase);
            let build = regex::RegexBuilder::new(pattern).multi_line(true).case_insensitive(any_case).build();
            Some(build.expect("a pattern"))
        }
    };
    let in_text = |text: &str, word: &str| match &pattern {
        Some(pattern) => pattern.is_match(text),
        None => holds(text, word),
    };
    hits(logs, filter.active, &|log, entry, reading: &OracleTexts| {
        let of_tool = |tool: &OracleTool| match (&filter.tool, tool) {
            (None, _) => true,
            (Some(_), OracleTool::None) => false,
            (Some(wanted), OracleTool::Named(name)) => wanted == name,
            (Some(wanted), OracleTool::OfCall(id)) => log.calls_of(wanted).contains(id),
        };
        let texts: Vec<&str> =
            reading.texts.iter().filter(|text| of_tool(&text.tool)).map(|text| text.text.as_str()).collect();
        let words = match words {
            Words::Literals(words) => words.clone(),
            Words::Pattern(_) => vec![String::new()],
        };
        filter.kind.as_ref().is_none_or(|kind| *kind == entry.kind)
            && filter.role.as_ref().is_none_or(|role| Some(role) == reading.role.as_ref())
            && filter.since.is_none_or(|since| entry.ts.is_some_and(|ts| ts >= since))
            && filter.until.is_none_or(|until| entry.ts.is_some_and(|ts| ts <= until))
            && words.iter().all(|word| texts.iter().any(|text| in_text(text, word)))
    })
}

fn found(home: &Path, words: &Words, filter: &Filter, order: Order, limit: Option<usize>) -> (Vec<OracleHit>, u64) {
    let query = match words {
        Words::Literals(words) => Query::literals(words, Case::Smart),
        Words::Pattern(pattern) => Query::patterns(&[pattern], Case::Smart),
    };
    let entries = Entries::new(query.expect("a query"), filter.clone());
    let search = Search { entries, scope: Scope::default(), order, limit };
    let mut hits = Vec::new();
    let searched = search.run(&Catalog::new(home, &[sessions(home)]), &|| false, &mut |hit| {
        let found = hit.found;
        if let Words::Literals(words) = words {
            for (at, len) in found.matches {
                let marked = &found.snippet[at..at + len];
                assert!(
                    words.iter().any(|word| holds(marked, word) || len > 100),
                    "{marked:?} is marked for {words:?}"
                );
            }
        }
        let name = hit.path.file_name().expect("a name").to_string_lossy().into_owned();
        hits.push((found.ts, name, found.offset, hit.entry_id));
        ControlFlow::Continue(())
    });
    let searched = searched.expect("searched");
    assert!(searched.failed.is_empty() && searched.unreadable.is_empty(), "{searched:?}");
    (hits, searched.total)
}

fn check(home: &Path, logs: &Logs, rng: &mut Random) {
    // Of a file that is no session, for what was done to it, nothing is shown, and so nothing found.
    let is_shown = |name: &str| Session::read(&sessions(home).join(name)).is_ok();
    let shown = logs.iter().filter(|(name, _)| is_shown(name));
    let read: Vec<_> = shown.map(|(name, bytes)| (name.clone(), Searched::read(bytes))).collect();
    for _ in 0..4 {
        let (words, filter) = (words(&read, rng), some_filter(&read, rng));
        let expected = expected(&read, &words, &filter);
        let (hits, total) = found(home, &words, &filter, Order::Exact, None);
        assert_eq!(hits, expected, "{words:?} {filter:?}");
        assert_eq!(total, expected.len() as u64);
        let limit = rng.random_range(0..3);
        let (first, total) = found(home, &words, &filter, Order::Exact, Some(limit));
        assert_eq!((first, total), (expected[..limit.min(expected.len())].to_vec(), expected.len() as u64));
        // In whichever order they come, and however many are told, they are as many.
        for limit in [None, Some(limit)] {
            let (told, total) = found(home, &words, &filter, Order::Streamed, limit);
            assert_eq!((told.len(), total), (limit.unwrap_or(usize::MAX).min(expected.len()), expected.len() as u64));
        }
    }
    println!("12 queries");
}

/// Brings the search index up to date; how many logs it took in.
fn index_text(home: &Path) -> u64 {
    let catalog = Catalog::new(home, &[sessions(home)]);
    search_index::update(home, &catalog, &|| true).expect("an index").logs
}

fn segments(home: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(search_index::folder(home)).expect("a folder").flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "grams")).collect()
}

/// Tears segments, flips bytes in them, takes them away.
fn damage(home: &Path, rng: &mut Random) {
    for path in segments(home) {
        let mut bytes = std::fs::read(&path).expect("a segment");
        match rng.random_range(0..4) {
            0 => bytes.truncate(rng.random_range(0..bytes.len())),
            1 => {
                let at = rng.random_range(0..bytes.len());
                bytes[at] ^= 1 << rng.random_range(0..8);
            }
            2 => {
                let from = rng.random_range(0..bytes.len());
                bytes[from..].fill(0);
            }
            _ => {
                std::fs::remove_file(path).expect("removed");
                continue;
            }
        }
        std::fs::write(path, bytes).expect("written");
    }
}

fn index(home: &Path) {
    for entry in std::fs::read_dir(sessions(home)).expect("a folder").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "jsonl") {
            let log = LogFile::open(&entry.path()).expect("a log");
            rebuild::update(&log, false, &mut |_| ControlFlow::Continue(())).expect("a sidecar");
        }
    }
}

proptest! {
    #![proptest_config(cases_of("JCODE_SESSION_SEARCHES", 60))]

    #[test]
    fn a_search_finds_what_the_oracle_finds(
        good in vec(tree_v3_log(30), 0..2),
        damaged in vec(damaged_tree_v3(25), 1..3),
        seed: u64,
    ) {
        let rng = &mut random(seed);
        let home = home();
        let mut logs = logs_of(&[good, damaged].concat(), seed);
        logs.iter().for_each(|(name, bytes)| drop(put(home.path(), name, bytes)));
        check(home.path(), &logs, rng);
        index(home.path());
        // An edit may leave nothing of a log by which it is one.
        let is_session = |bytes: &[u8]| detect(&SliceSource(bytes)).is_ok_and(|detected| detected.is_session());
        let sessions = logs.iter().filter(|(_, bytes)| is_session(bytes)).count();
        prop_assert_eq!(index_text(home.path()), sessions as u64);
        check(home.path(), &logs, rng);
        // Appended to, cut, rewritten.
        for (name, bytes) in &mut logs {
            match rng.random_range(0..3) {
                0 => edit(bytes, rng),
                1 => bytes.truncate(rng.random_range(bytes.len() / 2..=bytes.len())),
                _ => *bytes = escaped(bytes, rng),
            }
            put(home.path(), name, bytes);
        }
        check(home.path(), &logs, rng);
        index_text(home.path());
        check(home.path(), &logs, rng);
        damage(home.path(), rng);
        check(home.path(), &logs, rng);
    }
}

/// What the index is for: logs without what is searched for are not even opened, of others only some blocks are read.
#[test]
fn an_index_is_believed_while_a_log_is_as_it_was() {
    let home = home();
    let path = put(home.path(), "a.jsonl", &log("a", 400, 1_770_000_000_000, &"some words ".repeat(40)));
    let needles = Words::Literals(vec!["some other needle".into()]);
    let total = |words| found(home.path(), words, &Filter::default(), Order::Exact, None).1;
    assert_eq!(index_text(home.path()), 1);
    assert_eq!((index_text(home.path()), total(&needles)), (0, 0), "indexed once");
    // Segments that are not of this log, but for its stamp, show that the answer comes from them.
    let indexed = std::fs::read(&segments(home.path())[0]).expect("a segment");
    let other = log("a", 400, 1_770_000_000_000, &"some other needle ".repeat(40));
    put(home.path(), "a.jsonl", &other);
    assert_eq!(total(&needles), 400, "what changed is scanned");
    assert_eq!((index_text(home.path()), total(&needles)), (1, 400));
    assert!(segments(home.path()).iter().all(|path| std::fs::read(path).expect("a segment") != indexed), "made anew");
    std::fs::remove_file(path).expect("removed");
    assert_eq!((index_text(home.path()), segments(home.path()).len()), (0, 0), "nothing is kept of what is gone");
}

/// The log that comes first in the order counts, by its path; that it is met last must not show in the total.
#[test]
fn copies_count_alike_in_every_order() {
    let home = home();
    // Newer than what ends the log: a streamed search tells them as soon as it meets them.
    let once = log("it", 1, 4_100_000_000_000, "needle");
    let needle = once.split_inclusive(|&byte| byte == b'\n').nth(1).expect("a message");
    let last = |at: i64| {
        format!(
            "{{\"type\":\"message\",\"id\":\"last\",\"parentId\":\"e0\",\"timestamp\":{at},\"message\":{{\"role\":\"user\",\"content\":\"end\"}}}}\n"
        )
    };
    put(home.path(), "b.jsonl", &[&once[..], needle, last(1_770_000_100_000).as_bytes()].concat());
    put(home.path(), "a.jsonl", &[&once[..], last(1_770_000_200_000).as_bytes()].concat());
    let words = Words::Literals(vec!["needle".into()]);
    for order in [Order::Exact, Order::Streamed, Order::Relevance] {
        let (hits, total) = found(home.path(), &words, &Filter::default(), order, None);
        assert_eq!((hits.len(), total), (2, 2), "{order:?}");
    }
}
