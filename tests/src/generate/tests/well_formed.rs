//! Well-formed logs of all dialects, and the big ones.

use std::collections::HashSet;

use serde_json::Value;

use super::shape;
use crate::generate::{Home, LargeLog, Until, linear_v1, tree_v2, tree_v3};
use crate::oracle::read_log;

fn parsed(log: &[u8]) -> Vec<Value> {
    let lines = log.strip_suffix(b"\n").expect("a log ends with LF").split(|&byte| byte == b'\n');
    lines.map(|line| serde_json::from_slice(line).expect("a line is JSON")).collect()
}

fn kinds(log: &[u8]) -> HashSet<String> {
    parsed(log).iter().filter_map(|line| line["type"].as_str().map(str::to_owned)).collect()
}

#[test]
fn tree_logs_have_nothing_to_complain_about() {
    for seed in 0..60 {
        for (log, version) in [(tree_v3(shape(80), seed), 3), (tree_v2(shape(80), seed), 2)] {
            let read = read_log(&log);
            assert_eq!(read.codes(), [""; 0], "seed {seed}");
            assert_eq!(read.header.as_ref().and_then(|header| header.version), Some(version));
            assert_eq!(read.entries.len(), 80);
            assert!(read.entries.iter().all(|entry| entry.ts.is_some() && entry.log_id.is_some()));
        }
    }
}

#[test]
fn trees_branch_and_carry_names() {
    let logs: Vec<_> = (0..20).map(|seed| read_log(&tree_v3(shape(80), seed))).collect();
    assert!(logs.iter().filter(|log| log.branch_points.len() > 1).count() > 10);
    assert!(logs.iter().any(|log| log.roots.len() > 1));
    assert!(logs.iter().any(|log| log.leaves.iter().any(|leaf| leaf.name.is_some())));
    let unbranched = tree_v3(crate::generate::LogShape { branch_percent: 0, ..shape(80) }, 1);
    assert_eq!(read_log(&unbranched).leaves.len(), 1);
}

#[test]
fn every_kind_appears() {
    let log = tree_v3(shape(2000), 7);
    let known = [
        "session",
        "message",
        "model_change",
        "thinking_level_change",
        "compaction",
        "branch_summary",
        "custom",
        "custom_message",
        "label",
        "session_info",
        "usage",
        "context_edit",
        "not_invented_yet",
    ];
    assert_eq!(kinds(&log), known.map(str::to_owned).into());
    let text = String::from_utf8(log).expect("a log is UTF-8");
    assert!(!text.contains("hookMessage"));
    assert!(String::from_utf8_lossy(&tree_v2(shape(200), 7)).contains("\"role\":\"hookMessage\""));
}

#[test]
fn fewer_entries_are_a_prefix() {
    for generator in [tree_v3, tree_v2, linear_v1] {
        let (short, long) = (generator(shape(30), 5), generator(shape(31), 5));
        assert!(long.starts_with(&short) && long.len() > short.len());
        assert_ne!(short, generator(shape(30), 6));
    }
}

#[test]
fn linear_logs_are_of_version_one() {
    let (mut with_ids, mut hooks) = (0, 0);
    for seed in 0..40 {
        let log = parsed(&linear_v1(shape(60), seed));
        assert_eq!((log.len(), &log[0]["type"]), (61, &Value::from("session")));
        assert!(log[0].get("version").is_none_or(|version| version == 1));
        with_ids += usize::from(log.iter().skip(1).any(|entry| entry.get("id").is_some()));
        let kept: Vec<_> = log.iter().filter(|entry| entry["type"] == "compaction").collect();
        assert!(kept.iter().all(|entry| entry["firstKeptEntryIndex"].is_i64()));
        hooks += log.iter().filter(|entry| entry["message"]["role"] == "hookMessage").count();
    }
    assert!(hooks > 40);
    assert!((1..30).contains(&with_ids));
}

fn large(entries: u64, entry_bytes: usize, branches: u64) -> LargeLog {
    LargeLog { until: Until::Entries(entries), entry_bytes, branches, ..LargeLog::default() }
}

#[test]
fn large_logs_are_well_formed_and_about_as_large_as_asked() {
    let mut log = Vec::new();
    let written = large(3000, 1000, 20).write(&mut log).expect("memory takes it");
    assert_eq!(written, log.len() as u64);
    assert!((2_400_000..3_600_000).contains(&written), "{written}");
    let read = read_log(&log);
    assert_eq!((read.codes(), read.entries.len()), (vec![], 3000));
    assert!((18..=22).contains(&read.leaves.len()), "{}", read.leaves.len());
    assert!(read.leaves.iter().filter(|leaf| leaf.name.is_some()).count() >= 8);
    parsed(&log);
}

#[test]
fn large_logs_hold_images_and_long_lines_where_asked() {
    let mut log = Vec::new();
    let shape = LargeLog { until: Until::Entries(100), image_every: 10, long_line: 2_000_000, ..LargeLog::default() };
    shape.write(&mut log).expect("memory takes it");
    assert_eq!(read_log(&log).codes(), [""; 0]);
    let log = parsed(&log);
    let images = log.iter().filter(|entry| entry["message"]["content"][0]["type"] == "image");
    assert!(
        images.clone().all(|entry| entry["message"]["content"][0]["data"].as_str().is_some_and(|d| d.len() > 19_000))
    );
    assert_eq!(images.count(), 10);
    let longest = log.iter().map(|entry| entry.to_string().len()).max();
    assert!(longest > Some(1_900_000), "{longest:?}");
}

#[test]
fn homes_are_as_skewed_as_they_say() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let home = Home::skewed(200);
    let mut sizes: Vec<u64> = home
        .write(folder.path())
        .expect("the folder can be written")
        .iter()
        .map(|log| std::fs::metadata(log).expect("written").len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes.len(), 200);
    let all: u64 = sizes.iter().sum();
    assert!((home.bytes * 9 / 10..home.bytes * 11 / 10).contains(&all), "{all}");
    assert!((90_000..100_000).contains(&sizes[100]), "{}", sizes[100]);
    let big: u64 = sizes[198..].iter().sum();
    assert!((78..86).contains(&(big * 100 / all)), "{big} of {all}");
}
