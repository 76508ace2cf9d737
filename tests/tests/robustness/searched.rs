//! Searches over what does not keep still, or to a size.
//!
//! Owns: logs that are cut, appended to or exchanged under a search, lines longer than a run, sealed and hostile logs.

use jcode_session_core::search::{Case, Filter, Query, Search as Entries};
use jcode_session_native::catalog::Catalog;
use jcode_session_native::search::{Order, Scope, Search, Searched};
use jcode_session_tests::homes::{home, log, put, sessions};
use jcode_session_tests::program::run;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Searches; `during` is called once the first run of a log was searched.
fn search(home: &Path, word: &str, during: &(dyn Fn() + Sync)) -> (Vec<String>, Searched) {
    let entries = Entries::new(Query::literals(&[word], Case::Smart).expect("a word"), Filter::default());
    let search = Search { entries, scope: Scope::default(), order: Order::Exact, limit: None };
    let calls = AtomicUsize::new(0);
    let mut hits = Vec::new();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let stop = || {
        // Every thread asks once before it opens a log; who asks again has searched a run.
        if calls.fetch_add(1, Ordering::Relaxed) == cores {
            during();
        }
        false
    };
    let searched = search.run(&Catalog::new(home, &[sessions(home)]), &stop, &mut |hit| {
        hits.push(hit.entry_id);
        ControlFlow::Continue(())
    });
    (hits, searched.expect("searched"))
}

#[test]
fn a_log_that_is_cut_under_a_search_gives_a_typed_error() {
    let home = home();
    let path = put(home.path(), "s.jsonl", &log("s", 20_000, 1_770_000_000_000, "needle"));
    assert!(fs::metadata(&path).expect("there").len() > 3 << 20);
    let cut = || fs::OpenOptions::new().write(true).open(&path).expect("there").set_len(1000).expect("cut");
    let (_, searched) = search(home.path(), "needle", &cut);
    let words = searched.failed.first().map(ToString::to_string).unwrap_or_default();
    assert!(words.contains("s.jsonl") && words.contains("cut or replaced"), "{searched:?}");
    // And once more as it is now.
    let (hits, searched) = search(home.path(), "needle", &|| {});
    assert!(searched.failed.is_empty() && hits.len() as u64 == searched.total && searched.total < 10, "{searched:?}");
}

#[test]
fn a_log_that_grows_under_a_search_is_searched_as_it_was_opened() {
    let home = home();
    let path = put(home.path(), "s.jsonl", &log("s", 20_000, 1_770_000_000_000, "needle"));
    let grow = || {
        let mut file = fs::OpenOptions::new().append(true).open(&path).expect("there");
        file.write_all(&log("s", 1, 1_770_000_000_000, "needle")).expect("written");
    };
    let (hits, searched) = search(home.path(), "needle", &grow);
    assert_eq!((hits.len(), searched.total, searched.failed.len()), (20_000, 20_000, 0));
}

#[test]
fn a_line_longer_than_a_run_is_searched() {
    let home = home();
    let long = format!("{}needle{}", "word ".repeat(700_000), " word".repeat(300_000));
    let bytes = [log("s", 3, 1_770_000_000_000, "needle"), log("s", 2, 1_770_000_000_000, &long)].concat();
    put(home.path(), "s.jsonl", &bytes);
    // In pieces, and mapped.
    let (hits, _) = search(home.path(), "needle", &|| {});
    let counted = run(home.path(), ["search", "needle", "--count"]);
    assert_eq!((hits.len(), counted.text().as_str()), (5, "5\n"));
    let found = run(home.path(), ["search", "needle", "--json"]).text();
    assert!(found.len() < 10_000, "{}", found.len());
}

#[test]
fn a_sealed_log_is_searched_as_one() {
    let home = home();
    put(home.path(), "s.jsonl", &log("s", 3000, 1_770_000_000_000, "needle"));
    let before = search(home.path(), "needle 1", &|| {}).0;
    for args in [&["seal", "s", "--segment-size", "64K"][..], &["seal", "s", "--segment-size", "64K", "--compress"]] {
        let sealed = run(home.path(), args);
        assert_eq!(sealed.code, 0, "{sealed:?}");
        assert_eq!(search(home.path(), "needle 1", &|| {}).0, before);
    }
    // A segment that is gone takes its entries with it, and no others.
    let segments = sessions(home.path()).join("s.store/segments");
    let mut files: Vec<_> = fs::read_dir(segments).expect("a folder").flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_none_or(|extension| extension != "json"));
    files.sort_unstable();
    fs::remove_file(&files[1]).expect("removed");
    let (left, searched) = search(home.path(), "needle 1", &|| {});
    assert!(!left.is_empty() && left.len() < before.len() && searched.failed.is_empty(), "{searched:?}");
    assert!(left.iter().all(|hit| before.contains(hit)));
}

#[test]
fn a_search_of_hostile_lines_ends() {
    let home = home();
    let deep =
        format!("{{\"type\":\"x\",\"id\":\"deep\",\"a\":{}\"needle\"{}}}\n", "[".repeat(200_000), "]".repeat(200_000));
    let keys: String = (0..50_000).map(|n| format!("\"k{n}\":\"needle\",")).collect();
    let wide = format!("{{\"type\":\"x\",\"id\":\"wide\",{keys}\"k0\":1}}\n");
    let blocks = "{\"type\":\"tool_result\",\"content\":[".repeat(50_000);
    let nested = format!(
        "{{\"type\":\"message\",\"id\":\"nested\",\"message\":{{\"role\":\"user\",\"content\":[{blocks}\"needle\"{}]}}}}\n",
        "]}".repeat(50_000)
    );
    let edits: String = (0..2_000)
        .map(|n| {
            format!("{{\"type\":\"context_edit\",\"id\":\"x{n}\",\"targetId\":\"e0\",\"replacement\":{{\"content\":\"needle {n}\"}}}}\n")
        })
        .collect();
    let bytes = [log("s", 1, 1_770_000_000_000, "hay"), [deep, wide, nested, edits].concat().into_bytes()].concat();
    put(home.path(), "s.jsonl", &bytes);
    let (hits, searched) = search(home.path(), "needle", &|| {});
    assert!(searched.failed.is_empty(), "{searched:?}");
    // The edits are roots of their own: none is on a path of the entry.
    assert_eq!(hits.len(), 3, "{hits:?}");
}
