//! A home that anything may happen to: after every step the list is that of a plain scan.

use jcode_session_tests::effort::seeds;
use jcode_session_tests::generate::{LogShape, damage, linear_v1, random, tree_v3};
use jcode_session_tests::homes::{home, index, listed, log, put, scanned, sessions};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use rand::RngExt;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

#[test]
fn a_list_is_that_of_a_plain_scan_after_every_change() {
    for seed in seeds(12) {
        let home = home();
        let mut rng = random(seed);
        let mut kept = 0;
        for step in 0..60 {
            mutate(home.path(), &mut rng, seed * 1000 + step);
            let (list, scan) = (listed(home.path()), scanned(home.path()));
            assert_eq!(list, scan, "seed {seed}, step {step}");
            kept = list.len();
        }
        assert!(kept > 0, "seed {seed} lists something");
        assert!(index(home.path()).is_file(), "the index was in use");
    }
}

fn files(home: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![sessions(home)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("there") {
            let entry = entry.expect("an entry");
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

fn new_session(rng: &mut impl rand::Rng, seed: u64) -> Vec<u8> {
    let shape = LogShape { entries: rng.random_range(1..30), ..LogShape::default() };
    match rng.random_range(0..6) {
        0 => linear_v1(shape, seed),
        1 => damage(&tree_v3(shape, seed), &mut random(seed)),
        2 => Vec::new(),
        // Too large to be parsed for a list.
        3 => log("big", 300, 1_770_000_000_000 + seed, &"x".repeat(1500)),
        _ => tree_v3(shape, seed),
    }
}

fn mutate(home: &Path, rng: &mut impl rand::Rng, seed: u64) {
    let there = files(home);
    let folder = ["", "deep/", "deep/er/"][rng.random_range(0..3)];
    let name = format!("{folder}s{}.jsonl", rng.random_range(0..12));
    let chosen = if there.is_empty() { None } else { Some(there[rng.random_range(0..there.len())].clone()) };
    let Some(path) = chosen.filter(|_| rng.random_range(0..4) > 0) else {
        if rng.random_range(0..3) == 0 {
            let v1 = generate(Shape::Both, 3, &mut ModelRng::new(seed));
            v1.write_to(&sessions(home), &format!("s{}", rng.random_range(0..12))).expect("written");
        } else {
            put(home, &name, &new_session(rng, seed));
        }
        return;
    };
    match rng.random_range(0..9) {
        0 | 1 => {
            let mut file = OpenOptions::new().append(true).open(&path).expect("opened");
            let line = format!(
                "{{\"type\":\"message\",\"id\":\"n{seed}\",\"parentId\":null,\"timestamp\":{},\"message\":{{\"role\":\
                 \"user\",\"content\":\"new {seed}\"}}}}\n",
                1_780_000_000_000 + seed
            );
            file.write_all(line.as_bytes()).expect("written");
        }
        2 | 3 => same_size(&path, rng.random_range(0..2) == 0),
        4 => set_mtime(&path, SystemTime::now()),
        5 => set_mtime(&path, SystemTime::UNIX_EPOCH + Duration::from_secs(rng.random_range(0..2_000_000_000))),
        6 => {
            let target = sessions(home).join(&name);
            fs::create_dir_all(target.parent().expect("a folder")).expect("made");
            fs::rename(&path, target).expect("renamed");
        }
        7 => {
            fs::remove_file(&path).expect("removed");
            #[cfg(unix)]
            if rng.random_range(0..2) == 0 {
                // A link in its place, to another session.
                if let Some(other) = there.iter().find(|other| **other != path) {
                    std::os::unix::fs::symlink(other, &path).expect("linked");
                }
            }
        }
        _ => {
            // Another file of the same name and length.
            let mut bytes = fs::read(&path).expect("read");
            change_digit(&mut bytes);
            let aside = path.with_extension("aside");
            fs::write(&aside, bytes).expect("written");
            fs::rename(aside, &path).expect("renamed");
        }
    }
}

/// Changes content but not length, maybe with the mtime of before.
fn same_size(path: &Path, keep_mtime: bool) {
    let before = fs::metadata(path).expect("there").modified().expect("a time");
    let mut bytes = fs::read(path).expect("read");
    change_digit(&mut bytes);
    fs::write(path, bytes).expect("written");
    if keep_mtime {
        set_mtime(path, before);
    }
}

/// Another time for the last entry, or another text: whatever the last digit is part of.
fn change_digit(bytes: &mut [u8]) {
    if let Some(digit) = bytes.iter_mut().rev().find(|byte| byte.is_ascii_digit()) {
        *digit = if *digit == b'9' { b'1' } else { *digit + 1 };
    }
}

fn set_mtime(path: &Path, to: SystemTime) {
    let file = File::options().write(true).open(path).expect("opened");
    file.set_times(FileTimes::new().set_modified(to)).expect("set");
}
