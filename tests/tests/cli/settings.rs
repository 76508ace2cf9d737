//! The settings file: what it sets, what goes before it, and what a mistake in it does.

use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::{Run, command, fed, finished, run};
use std::fs;
use std::path::Path;

const LINE: &str = "{\"type\":\"message\",\"message\":{\"role\":\"user\",\"content\":\"more\"}}\n";

fn set(home: &Path, text: &str) {
    fs::create_dir_all(home.join("agent")).expect("made");
    fs::write(home.join("agent/session-settings.toml"), text).expect("written");
}

fn with(home: &Path, args: &[&str], variables: &[(&str, &str)]) -> Run {
    finished(command(home).args(args).envs(variables.iter().copied()).output().expect("the binary is built"))
}

#[test]
fn flag_goes_before_environment_and_environment_before_the_file() {
    let home = home();
    put(home.path(), "it.jsonl", &log("it", 4, 1_770_000_000_000, "word"));
    let store = home.path().join("of the file");
    set(home.path(), &format!("store = {:?}\nsegment-size = \"128K\"\n", store.to_str().expect("text")));
    // No flag and no variable: the file.
    assert_eq!(run(home.path(), ["push", "it"]).code, 0);
    assert!(store.join("sessions").exists() || fs::read_dir(&store).is_ok_and(|mut folder| folder.next().is_some()));
    let other = home.path().join("of the environment");
    let other = other.to_str().expect("text");
    assert_eq!(with(home.path(), &["push", "it"], &[("JCODE_STORE", other)]).code, 0);
    assert!(Path::new(other).exists());
    let flag = home.path().join("of the flag");
    let flag = flag.to_str().expect("text");
    fs::remove_dir_all(other).expect("there");
    assert_eq!(with(home.path(), &["push", "it", "--store", flag], &[("JCODE_STORE", other)]).code, 0);
    assert!(Path::new(flag).exists() && !Path::new(other).exists());
    // The same for a size: what is too small is refused wherever it comes from, so the one that holds is told.
    let sized = |variables: &[(&str, &str)]| with(home.path(), &["seal", "it", "--dry-run"], variables).text();
    assert!(sized(&[]).contains("128"), "{}", sized(&[]));
    assert!(sized(&[("JCODE_SESSION_SEGMENT_SIZE", "256K")]).contains("256"));
}

#[test]
fn sessions_are_looked_for_where_the_file_says() {
    let home = home();
    put(home.path(), "usual.jsonl", &log("usual", 4, 1_770_000_000_000, "word"));
    let folder = home.path().join("elsewhere");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("other.jsonl"), log("other", 4, 1_770_000_000_000, "word")).expect("written");
    let ids = |args: &[&str]| {
        let listed = run(home.path(), args).json();
        let sessions = listed["sessions"].as_array().expect("sessions").clone();
        sessions.iter().map(|session| session["session_id"].as_str().expect("an id").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["list", "--json"]), ["usual"]);
    set(home.path(), &format!("sessions-dirs = [{:?}]\n", folder.to_str().expect("text")));
    assert_eq!(ids(&["list", "--json"]), ["other"]);
    let usual = home.path().join("sessions");
    assert_eq!(ids(&["list", "--json", "--sessions-dir", usual.to_str().expect("text")]), ["usual"]);
}

#[test]
fn colours_are_those_of_the_file_unless_somebody_says_otherwise() {
    let home = home();
    put(home.path(), "it.jsonl", &log("it", 4, 1_770_000_000_000, "word"));
    set(home.path(), "color = \"always\"\n");
    let is_coloured = |args: &[&str], no_color: Option<&str>| {
        let mut show = command(home.path());
        let show =
            show.arg("show").arg("it").args(args).env_remove("NO_COLOR").envs(no_color.map(|set| ("NO_COLOR", set)));
        finished(show.output().expect("runs")).text().contains('\u{1b}')
    };
    assert!(is_coloured(&[], None));
    assert!(!is_coloured(&[], Some("1")));
    assert!(!is_coloured(&["--color", "never"], None) && !is_coloured(&["--color", "auto"], None));
}

#[test]
fn who_reads_is_warned_of_a_mistake_and_who_writes_is_stopped() {
    let home = home();
    let path = put(home.path(), "it.jsonl", &log("it", 4, 1_770_000_000_000, "word"));
    let before = fs::read(&path).expect("there");
    for (text, line, said) in [
        ("# words\ndurabilty = \"strict\"\n", 2, "there is no setting `durabilty`"),
        ("others = true\n\ndurability = \"very\"\n", 3, "`durability` is"),
        ("segment-size = \"1K\"\n", 1, "64K"),
        ("sessions-dirs = [\"sessions\"]\n", 1, "absolute"),
        ("others = true\nothers = \n", 2, ""),
    ] {
        set(home.path(), text);
        let named = |run: &Run| {
            let line = format!("session-settings.toml, line {line}: ");
            run.stderr.contains(&line) && run.stderr.contains(said)
        };
        for reads in [
            &["show", "it"][..],
            &["list"],
            &["tree", "it"],
            &["tag", "it"],
            &["doctor"],
            &["rollback", "it", "--dry-run"],
        ] {
            let run = run(home.path(), reads);
            assert!(run.code < 2 || reads[0] == "rollback", "{text}: {run:?}");
            assert!(named(&run) && run.stderr.contains("warning"), "{text}, {reads:?}: {run:?}");
        }
        for writes in [
            &["append", "it"][..],
            &["label", "it", "e1", "name"],
            &["rename", "it", "title"],
            &["tag", "it", "+tag"],
            &["seal", "it"],
            &["migrate"],
            &["fork", "it"],
            &["doctor", "--fix"],
            &["checkpoints", "it", "--take"],
        ] {
            let run = fed(command(home.path()).args(writes), LINE);
            assert!(run.code == 2 && named(&run) && run.stdout.is_empty(), "{text}, {writes:?}: {run:?}");
        }
        assert_eq!(fs::read(&path).expect("there"), before, "{text}");
        assert!(!path.with_extension("sqlite3").exists(), "{text}");
    }
    set(home.path(), "");
    assert_eq!(fed(command(home.path()).args(["append", "it"]), LINE).code, 0);
}

#[test]
fn every_setting_of_the_docs_is_one() {
    let home = home();
    put(home.path(), "it.jsonl", &log("it", 4, 1_770_000_000_000, "word"));
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md")).expect("a page");
    let (_, behind) = page.split_once("```toml\n").expect("an example");
    let (example, _) = behind.split_once("```").expect("its end");
    set(home.path(), example);
    let listed = run(home.path(), ["list"]);
    assert!(!listed.stderr.contains("session-settings.toml"), "{listed:?}");
    let keys: Vec<&str> = example.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    set(home.path(), "nothing = 1\n");
    let refused = run(home.path(), ["list"]).stderr;
    let (_, known) = refused.trim_end().split_once("there are ").expect("they are named");
    let known: Vec<&str> = known.lines().next().expect("a line").split(", ").collect();
    assert_eq!(known, keys);
}
