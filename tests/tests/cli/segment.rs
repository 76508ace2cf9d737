//! `seal`, and `append --segment-size`, as their users type them.

use jcode_session_tests::files::contents;
use jcode_session_tests::program::{Run, command, fed, finished, run};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

struct Home(TempDir);

impl Home {
    /// A home with a session of 400 entries, 200 KiB.
    fn new() -> Self {
        let home = TempDir::new().expect("a folder");
        fs::create_dir(home.path().join("sessions")).expect("made");
        let home = Self(home);
        home.append(&[], 0..400);
        home
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("sessions/s.jsonl")
    }

    fn run(&self, args: &[&str]) -> Run {
        run(self.0.path(), args)
    }

    fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.text()
    }

    fn append(&self, args: &[&str], numbers: std::ops::Range<u32>) {
        let text = "words of a message ".repeat(20);
        let mut lines = String::new();
        for n in numbers {
            lines += &format!(
                "{{\"type\":\"message\",\"id\":\"e{n}\",\"message\":{{\"role\":\"user\",\"content\":\"{n} {text}\"}}}}\n"
            );
        }
        let mut append = command(self.0.path());
        append.arg("append").arg(self.log()).args(args).args(["--session-durability", "throughput"]);
        let run = fed(&mut append, &lines);
        assert_eq!(run.code, 0, "{run:?}");
    }

    fn exported(&self) -> String {
        self.ok(&["export", "s", "--format", "v3"])
    }

    fn segments(&self) -> Vec<String> {
        let folder = self.0.path().join("sessions/s.store/segments");
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let names = entries.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned());
        names.filter(|name| name != "manifest.json").collect()
    }
}

#[test]
fn sealed_compressed_and_back() {
    let home = Home::new();
    let whole = fs::read(home.log()).expect("there");
    let before = contents(home.0.path());
    assert!(home.ok(&["seal", "s", "--segment-size", "64K", "--dry-run"]).contains("would move"));
    assert_eq!(contents(home.0.path()), before, "a dry run writes nothing");
    assert!(home.ok(&["seal", "s"]).contains("nothing to seal"), "64 MiB are not there");
    assert_eq!(contents(home.0.path()).len(), before.len());

    assert!(home.ok(&["seal", "s", "--segment-size", "64K"]).contains("into 3 segments"));
    assert!(fs::metadata(home.log()).expect("there").len() < 100_000);
    assert_eq!(home.exported().into_bytes(), whole);
    assert!(home.ok(&["seal", "s", "--segment-size", "64K"]).contains("nothing to seal"));
    home.ok(&["verify", "s"]);
    let listed = home.run(&["list", "--json"]).json();
    assert_eq!(listed["sessions"][0]["size_bytes"], whole.len());
    assert_eq!(listed["sessions"][0]["entry_count"], 400);
    assert!(home.ok(&["show", "s", "--entry", "e3", "--json"]).contains("\"e3\""));

    assert!(home.ok(&["seal", "s", "--segment-size", "64K", "--compress"]).contains("3 segments compressed"));
    assert!(home.segments().iter().all(|name| name.ends_with(".zst")));
    assert_eq!(home.exported().into_bytes(), whole);
    assert!(home.ok(&["seal", "s", "--plain"]).contains("decompressed 3 segments"));
    assert!(home.segments().iter().all(|name| name.ends_with(".jsonl")));
    home.ok(&["verify", "s"]);
    assert!(home.ok(&["seal", "s", "--undo"]).contains("back into one file"));
    assert_eq!(fs::read(home.log()).expect("there"), whole);
    assert!(home.segments().is_empty());
    assert!(home.ok(&["seal", "s", "--undo"]).contains("is one file already"));
    home.ok(&["verify", "s"]);
}

#[test]
fn append_seals_when_it_is_told_to() {
    let home = Home::new();
    home.append(&[], 400..401);
    assert!(home.segments().is_empty(), "off by default");
    home.append(&["--segment-size", "64k", "--compress"], 401..402);
    assert_eq!(home.segments().len(), 3);
    assert!(home.segments().iter().all(|name| name.ends_with(".zst")));
    home.append(&["--segment-size", "64K"], 402..700);
    assert!(home.segments().len() > 4);
    assert_eq!(home.exported().lines().count(), 701);
    home.ok(&["verify", "s"]);
    let mut child = command(home.0.path());
    child.env("JCODE_SESSION_SEGMENT_SIZE", "much").arg("append").arg(home.log());
    let run = finished(child.output().expect("runs"));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("JCODE_SESSION_SEGMENT_SIZE"), "{run:?}");
    for (args, words) in [
        (&["append", "s", "--compress"][..], "--segment-size"),
        (&["seal", "s", "--segment-size", "1K"], "64K at least"),
    ] {
        let run = home.run(args);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
    }
}

#[test]
fn a_sealed_session_goes_back_and_forth() {
    let home = Home::new();
    home.ok(&["checkpoints", "s", "--take"]);
    let then = home.exported();
    home.append(&[], 400..600);
    home.ok(&["seal", "s", "--segment-size", "64K", "--compress"]);
    home.ok(&["checkpoints", "s", "--take"]);
    let whole = home.exported();
    let stamp = home.run(&["checkpoints", "s", "--json"]).json()["checkpoints"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["logical_len"] == then.len()).cloned())
        .expect("the first");
    home.ok(&["rollback", "s", "--to-checkpoint", stamp["timestamp"].as_str().expect("a time")]);
    assert_eq!(home.exported(), then);
    home.ok(&["verify", "s"]);
    home.ok(&["rollback", "s", "--undo"]);
    assert_eq!(home.exported(), whole);
    home.ok(&["verify", "s"]);
}

/// Bytes of the files that hold the log.
fn stored(home: &Home) -> u64 {
    let folder = home.0.path().join("sessions/s.store/segments");
    let own = fs::metadata(home.log()).expect("there").len();
    let Ok(entries) = fs::read_dir(folder) else { return own };
    own + entries.map(|entry| entry.expect("one").metadata().expect("known").len()).sum::<u64>()
}

#[test]
fn a_seal_says_what_became_of_the_bytes() {
    let home = Home::new();
    let len = fs::metadata(home.log()).expect("there").len();
    let planned = home.run(&["seal", "s", "--segment-size", "64K", "--dry-run", "--json"]).json();
    assert_eq!((&planned["schema"], &planned["version"]), (&"jcode-session.seal".into(), &1.into()));
    assert_eq!((&planned["dry_run"], &planned["stored_after"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!((&planned["segments"], &planned["stored_before"]), (&3.into(), &len.into()));
    let done = home.run(&["seal", "s", "--segment-size", "64K", "--compress", "--json"]).json();
    assert_eq!((&done["action"], &done["log_bytes"]), (&"seal".into(), &len.into()));
    assert_eq!((&done["moved_bytes"], &done["segments"]), (&planned["moved_bytes"], &3.into()));
    assert_eq!((&done["stored_before"], &done["stored_after"]), (&len.into(), &stored(&home).into()));
    assert!(stored(&home) < len / 2);
    let before = stored(&home);
    let plain = home.run(&["seal", "s", "--plain", "--json"]).json();
    assert_eq!((&plain["action"], &plain["converted"], &plain["left"]), (&"plain".into(), &3.into(), &0.into()));
    assert_eq!((&plain["stored_before"], &plain["stored_after"]), (&before.into(), &stored(&home).into()));
    let undone = home.run(&["seal", "s", "--undo", "--json"]).json();
    assert_eq!((&undone["action"], &undone["stored_after"]), (&"undo".into(), &len.into()));
    assert_eq!(undone["moved_bytes"], done["moved_bytes"]);

    let said = home.ok(&["seal", "s", "--segment-size", "64K", "--compress"]);
    let line = said.lines().find(|line| line.contains("on the disk became")).expect("sizes");
    assert!(line.trim().starts_with(&shown_size(len)), "{said}");
    assert!(line.trim().ends_with(&shown_size(stored(&home))), "{said}");
    assert!(!home.ok(&["seal", "s", "--segment-size", "64K"]).contains("became"), "nothing was done");
}

/// A size as it is printed.
fn shown_size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "the sizes are small")]
    let kib = bytes as f64 / 1024.0;
    if bytes < 1024 { format!("{bytes} B") } else { format!("{kib:.2} KiB") }
}

/// Plans are read from folders that cannot be written.
#[cfg(unix)]
#[test]
fn plans_write_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.ok(&["checkpoints", "s", "--take"]);
    home.append(&[], 400..410);
    // A file that only its readers may open shows it to every user but root; for that one nothing must change.
    for (path, _) in contents(home.0.path()) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("set");
    }
    let before = contents(home.0.path());
    for args in [
        &["rollback", "s", "--dry-run"][..],
        &["repair", "s", "--dry-run"],
        &["seal", "s", "--dry-run", "--segment-size", "64K"],
    ] {
        home.ok(args);
        assert_eq!(contents(home.0.path()), before, "{args:?}");
    }
}
