//! A store that somebody else writes.

use super::{Home, SECRET};
use jcode_session_tests::files::contents;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

impl Home {
    fn store(&self) -> PathBuf {
        self.path().join("store")
    }

    /// Pushes the session, and takes it away here.
    fn push(&self) {
        let pushed = self.run(&["push", "--store", "store"]);
        assert_eq!(pushed.code, 0, "{pushed:?}");
        fs::remove_dir_all(self.sessions()).expect("removed");
        fs::create_dir(self.sessions()).expect("made");
        // A home that has seen nothing.
        fs::remove_dir_all(self.path().join("agent")).expect("removed");
    }

    /// The only commit, and its place.
    fn commit(&self) -> (PathBuf, Value) {
        let commits = contents(&self.store().join("machines"));
        let (path, stored) = commits.into_iter().next().expect("one");
        (path, serde_json::from_slice(&zstd::decode_all(&*stored).expect("zstd")).expect("JSON"))
    }

    /// Runs everything that reads a store.
    fn run_all_there(&self) -> Vec<i32> {
        let store = ["--store", "store"];
        let read = [&["list"][..], &["verify"], &["doctor"], &["search", "user"], &["show", "s"], &["tree", "s"]];
        let all = read.into_iter().chain([&["export", "s", "--format", "v3"][..], &["pull", "--all"], &["push"]]);
        all.map(|args| {
            let ran = self.run(&[args, &store].concat());
            assert!(!ran.text().contains(SECRET.trim()), "{args:?} shows the secret");
            self.untouched(args);
            ran.code
        })
        .collect()
    }

    /// Only what may be made was made.
    fn stayed_inside(&self) {
        let known = ["sessions", "secret", "agent", "store"];
        for entry in fs::read_dir(self.path()).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            assert!(known.iter().any(|known| name == *known), "{name:?} was made");
        }
    }
}

#[test]
fn a_commit_that_leads_elsewhere_is_refused() {
    let changes: [fn(&mut Value); 6] = [
        |commit| commit["sessions"][0]["path"] = json!("../secret.jsonl"),
        |commit| commit["sessions"][0]["path"] = json!("/tmp/x.jsonl"),
        |commit| commit["sessions"][0]["id"] = json!("../.."),
        |commit| commit["machine"] = json!("../../x"),
        |commit| {
            let aside = json!({"place": "quarantine/../../../secret", "len": 1, "digest": "0".repeat(32), "stored": 1});
            commit["sessions"][0]["aside"] = json!([aside]);
        },
        |commit| {
            let aside = json!({"place": "beside/other.json", "len": 1, "digest": "0".repeat(32), "stored": 1});
            commit["sessions"][0]["aside"] = json!([aside]);
        },
    ];
    for change in changes {
        let home = Home::new();
        home.push();
        let (path, mut commit) = home.commit();
        change(&mut commit);
        fs::write(&path, zstd::encode_all(&*serde_json::to_vec(&commit).expect("JSON"), 1).expect("zstd"))
            .expect("written");
        home.run_all_there();
        home.stayed_inside();
        let told = home.run(&["doctor", "--store", "store", "--json"]);
        assert_eq!((told.code, &told.json()["findings"][0]["code"]), (1, &json!("commit-damaged")), "{told:?}");
    }
}

/// What a chain claims is believed only as far as there are bytes.
#[test]
fn lengths_that_are_claimed_cost_nothing() {
    let home = Home::new();
    home.push();
    let (path, commit) = home.commit();
    let forged: [fn(&mut Value); 3] = [
        |chain| {
            // One piece of a petabyte, whose states are right.
            let len = 1_u64 << 50;
            chain["len"] = json!(len);
            chain["pieces"][0]["len"] = json!(len);
        },
        |chain| chain["pieces"][0]["stored"] = json!(u64::MAX),
        |chain| {
            let piece = chain["pieces"][0].clone();
            chain["pieces"] = json!([piece, piece]);
        },
    ];
    for forge in forged {
        let mut commit = commit.clone();
        forge(&mut commit["sessions"][0]["log"]);
        fs::write(&path, zstd::encode_all(&*serde_json::to_vec(&commit).expect("JSON"), 1).expect("zstd"))
            .expect("written");
        home.run_all_there();
        assert_eq!(home.run(&["doctor", "--store", "store"]).code, 1);
    }
}

#[test]
fn bombs_and_gaps_among_commits_are_told() {
    let home = Home::new();
    home.push();
    let (path, _) = home.commit();
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).expect("zstd");
    let blank = vec![b' '; 1 << 20];
    (0..300).for_each(|_| bomb.write_all(&blank).expect("in memory"));
    fs::write(&path, bomb.finish().expect("zstd")).expect("written");
    // A line of its own, a billion commits long, of which one is there.
    let other = home.store().join("machines/other");
    fs::create_dir(&other).expect("made");
    fs::copy(&path, other.join("1000000000.json.zst")).expect("copied");
    home.run_all_there();
    let told = home.run(&["doctor", "--store", "store"]);
    assert_eq!(told.code, 1);
    assert!(told.text().contains("longer than 256 MiB"), "{told:?}");
}

#[test]
fn a_forged_piece_is_an_error_and_never_other_bytes() {
    let home = Home::new();
    home.push();
    let sessions = contents(&home.store().join("sessions"));
    let (piece, whole) =
        sessions.into_iter().find(|(path, _)| path.to_string_lossy().ends_with(".jsonl.zst")).expect("a piece");
    let mut longer = whole.clone();
    let at = longer.len() - 17;
    longer[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    for forged in [Vec::new(), whole[..whole.len() - 1].to_vec(), longer, vec![0; whole.len()]] {
        fs::write(&piece, forged).expect("written");
        let codes = home.run_all_there();
        assert!(codes.iter().any(|code| *code != 0), "{codes:?}");
        assert!(fs::read_dir(home.sessions()).expect("there").next().is_none(), "nothing of it appears here");
    }
}

/// What stands below the sessions folder may lead elsewhere; a pull goes through no link.
#[test]
fn links_among_sessions_are_not_followed() {
    let home = Home::new();
    fs::create_dir(home.file("sub")).expect("made");
    fs::rename(home.file("s.jsonl"), home.file("sub/s.jsonl")).expect("moved");
    home.push();
    let outside = home.path().join("agent-outside");
    fs::create_dir(&outside).expect("made");
    for (link, to) in [("sub", outside.clone()), ("sub/s.jsonl", home.secret()), ("sub/s.store", outside.clone())] {
        let link = home.file(link);
        fs::create_dir_all(link.parent().expect("a folder")).expect("made");
        std::os::unix::fs::symlink(to, &link).expect("linked");
        let pulled = home.run(&["pull", "--all", "--store", "store"]);
        assert!(link.ends_with("s.store") || pulled.code == 1, "{link:?}: {pulled:?}");
        home.untouched(&["pull"]);
        assert!(fs::read_dir(&outside).expect("there").next().is_none(), "{link:?} was followed");
        fs::remove_file(&link).expect("removed");
    }
}

/// A link in a store is read as what it leads to, which is not what was pushed.
#[test]
fn a_store_of_links_gives_nothing_away() {
    let home = Home::new();
    home.push();
    for (path, _) in contents(&home.store()) {
        let aside = path.with_extension("aside");
        fs::rename(&path, &aside).expect("moved");
        std::os::unix::fs::symlink(home.secret(), &path).expect("linked");
        home.run_all_there();
        fs::remove_file(&path).expect("removed");
        fs::rename(&aside, &path).expect("put back");
    }
}
