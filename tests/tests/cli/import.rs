//! Sessions of other agents as they are met on a command line: read where they lie, imported on request.

use jcode_session_tests::files::{contents, set_mode};
use jcode_session_tests::generate::agents::{AGENTS, claude_code, claude_code_sub_agent, codex, gemini_document};
use jcode_session_tests::program::{Run, command, finished, run};
use std::fs;
use tempfile::TempDir;

struct Place {
    home: TempDir,
    theirs: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { home: TempDir::new().expect("a folder"), theirs: TempDir::new().expect("a folder") };
        fs::write(place.theirs.path().join("main.jsonl"), claude_code(5, 1)).expect("written");
        fs::write(place.theirs.path().join("agent-a1b2c3.jsonl"), claude_code_sub_agent(2)).expect("written");
        for (agent, generate) in AGENTS {
            fs::write(place.theirs.path().join(format!("{agent}.jsonl")), generate(3, 7)).expect("written");
        }
        fs::write(place.theirs.path().join("document.json"), gemini_document(3, 8)).expect("written");
        fs::write(place.theirs.path().join("packed.jsonl.zst"), packed(&codex(3, 9))).expect("written");
        set_mode(place.theirs.path(), 0o500);
        place
    }

    fn run(&self, args: &[&str]) -> Run {
        let theirs = self.theirs.path().to_string_lossy().into_owned();
        run(self.home.path(), ["--sessions-dir", &theirs].into_iter().chain(args.iter().copied()))
    }

    fn path(&self) -> String {
        self.theirs.path().join("main.jsonl").to_string_lossy().into_owned()
    }
}

/// As Codex packs its rollouts.
fn packed(source: &[u8]) -> Vec<u8> {
    zstd::encode_all(source, 3).expect("in memory")
}

/// How many sessions lie in a place, sub-agents aside.
const LISTED: usize = 1 + AGENTS.len() + 2;

impl Drop for Place {
    fn drop(&mut self) {
        set_mode(self.theirs.path(), 0o700);
    }
}

#[test]
fn an_import_prints_its_id_and_gives_the_original_back() {
    let place = Place::new();
    let before = contents(place.theirs.path());
    let done = place.run(&["import", &place.path()]);
    assert_eq!(done.code, 0, "{done:?}");
    let id = done.text().trim().to_string();
    assert!(id.starts_with("imported_cc_"), "{id}");
    let ours = |args: &[&str]| run(place.home.path(), args);
    assert_eq!(ours(&["export", &id, "--format", "original"]).stdout, fs::read(place.path()).expect("there"));
    assert_eq!(ours(&["export", &id, "--format", "jcode-v1"]).code, 0);
    let row = &ours(&["list", "--json"]).json()["sessions"][0];
    assert_eq!((&row["session_id"], &row["agent"]), (&id.as_str().into(), &"claude-code".into()));
    assert_eq!(ours(&["verify", &id]).code, 0);
    assert_eq!(ours(&["tag", &id, "+kept"]).code, 0, "it is a session like any other");
    let again = place.run(&["import", &place.path(), "--agent", "claude-code"]);
    assert!(again.code == 0 && again.stderr.contains("up to date"), "{again:?}");
    assert_eq!(place.run(&["import", &place.path(), "--agent", "codex"]).code, 2);
    assert_eq!(place.run(&["import", "no-such-session"]).code, 2);
    let original = place.run(&["export", &place.path(), "--format", "original"]);
    assert!(original.code == 2 && original.stderr.contains("was not imported"), "{original:?}");
    assert_eq!(contents(place.theirs.path()), before);
}

#[test]
fn sub_agents_are_listed_when_they_are_asked_for() {
    let place = Place::new();
    let rows = |args: &[&str]| place.run(args).json()["sessions"].as_array().expect("a list").clone();
    assert_eq!(rows(&["list", "--json"]).len(), LISTED);
    let all = rows(&["list", "--json", "--all"]);
    assert_eq!(all.iter().filter(|row| row["is_sub_agent"] == true).count(), 1, "{all:?}");
    assert!(place.run(&["list"]).stderr.contains("--all"));
}

/// Every command that reads does so from the file itself; those that write refuse, and nothing lies beside it after.
#[test]
fn nothing_is_written_where_another_agent_writes() {
    let place = Place::new();
    let before = contents(place.theirs.path());
    let names = before.keys().map(|path| path.to_string_lossy().into_owned());
    let names: Vec<String> = names.filter(|name| !name.contains("agent-")).collect();
    assert_eq!(names.len(), LISTED);
    for path in names {
        is_left_alone(&place, &path);
    }
}

fn is_left_alone(place: &Place, path: &str) {
    let before = contents(place.theirs.path());
    for args in [
        &["show", path][..],
        &["show", path, "--tail", "3", "--json"],
        &["show", path, "--file-order"],
        &["tree", path, "--json"],
        &["verify", path],
        &["export", path, "--format", "v3"],
        &["export", path, "--format", "html"],
        &["export", path, "--format", "markdown"],
        &["list"],
        &["doctor"],
        &["doctor", "--fix"],
        &["migrate", "--all"],
        &["checkpoints", path],
        &["prune", "--older-than", "0"],
    ] {
        let done = place.run(args);
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
        assert_eq!(contents(place.theirs.path()), before, "{args:?}");
    }
    for args in [
        &["label", path, "a", "name"][..],
        &["tag", path, "+t"],
        &["rename", path, "name"],
        &["fork", path],
        &["repair", path],
        &["seal", path],
        &["rollback", path],
        &["checkpoints", path, "--take"],
        &["export", path, "--format", "jcode-v1"],
    ] {
        let refused = place.run(args);
        assert!(refused.code == 2 && refused.stderr.contains("`import`"), "{args:?}: {refused:?}");
        assert_eq!(contents(place.theirs.path()), before, "{args:?}");
    }
}

/// Each agent's own place is looked into, unless somebody says otherwise.
#[test]
fn other_agents_are_found_where_they_keep_their_sessions() {
    let user = TempDir::new().expect("a folder");
    let home = user.path().join(".jcode");
    let projects = user.path().join(".claude/projects/-home-user-project");
    let elsewhere = user.path().join("elsewhere/projects");
    let sub_agents = projects.join("s/subagents");
    let pi = user.path().join(".pi/agent/sessions/--w--");
    for folder in [&projects, &elsewhere, &sub_agents, &pi] {
        fs::create_dir_all(folder).expect("made");
    }
    fs::write(projects.join("s.jsonl"), claude_code(4, 1)).expect("written");
    fs::write(sub_agents.join("agent-a1b2c3.jsonl"), claude_code_sub_agent(2)).expect("written");
    fs::write(sub_agents.join("journal.jsonl"), b"{\"a\":1}\n").expect("written");
    fs::write(elsewhere.join("e.jsonl"), claude_code(3, 4)).expect("written");
    let log = jcode_session_tests::generate::tree_v3(jcode_session_tests::generate::LogShape::default(), 3);
    fs::write(pi.join("2026_p.jsonl"), log).expect("written");
    let before = contents(user.path());
    let go = |args: &[&str], set: &[(&str, &str)]| {
        let mut command = command(&home);
        command.env("HOME", user.path()).env("USERPROFILE", user.path()).env_remove("JCODE_SESSION_OTHERS");
        for name in ["CLAUDE_CONFIG_DIR", "PI_CODING_AGENT_DIR"] {
            command.env_remove(name);
        }
        finished(command.envs(set.iter().copied()).args(args).output().expect("the binary is built"))
    };
    let ids = |run: Run| {
        let rows = run.json()["sessions"].as_array().expect("a list").clone();
        rows.iter().map(|row| row["path"].as_str().expect("a path").to_string()).collect::<Vec<_>>()
    };
    let all = go(&["list", "--json"], &[]);
    let looked_in = all.json()["looked_in"].as_array().expect("a list").len();
    assert_eq!((ids(all).len(), looked_in), (2, 3));
    assert_eq!(ids(go(&["list", "--json", "--all"], &[])).len(), 3);
    let claude = ids(go(&["list", "--json", "--agent", "claude-code"], &[]));
    assert_eq!(claude, [projects.join("s.jsonl").to_string_lossy().into_owned()]);
    assert!(ids(go(&["list", "--json", "--no-others"], &[])).is_empty());
    assert!(ids(go(&["list", "--json"], &[("JCODE_SESSION_OTHERS", "0")])).is_empty());
    let set = user.path().join("elsewhere").to_string_lossy().into_owned();
    let moved = ids(go(&["list", "--json", "--agent", "claude-code"], &[("CLAUDE_CONFIG_DIR", &set)]));
    assert_eq!(moved, [elsewhere.join("e.jsonl").to_string_lossy().into_owned()]);
    let plain = go(&["list"], &[]);
    assert!(plain.stderr.contains("looked in") && !plain.stderr.contains("no session was"), "{plain:?}");
    // By id it is found too, and what writes leaves it alone.
    let id = go(&["list", "--json", "--agent", "claude-code"], &[]).json()["sessions"][0]["session_id"].clone();
    let id = id.as_str().expect("an id");
    assert_eq!(go(&["show", id], &[]).code, 0);
    assert_eq!(go(&["tag", id, "+t"], &[]).code, 2);
    assert_eq!(go(&["migrate", "--all"], &[]).code, 0);
    assert_eq!(go(&["import", id], &[]).code, 0);
    let after = contents(user.path());
    let theirs = |path: &std::path::Path| !path.starts_with(&home);
    assert_eq!(
        before.iter().filter(|(path, _)| theirs(path)).collect::<Vec<_>>(),
        after.iter().filter(|(path, _)| theirs(path)).collect::<Vec<_>>()
    );
}

#[test]
fn all_agents_are_found_in_their_own_places() {
    let user = TempDir::new().expect("a folder");
    let home = user.path().join(".jcode");
    for (seed, (agent, place)) in (20..).zip([
        ("claude-code", ".claude/projects/-w/s.jsonl"),
        ("codex", ".codex/archived_sessions/rollout-r.jsonl"),
        ("copilot", ".copilot/session-state/c/events.jsonl"),
        ("cursor", ".cursor/projects/w/agent-transcripts/t/t.jsonl"),
        ("gemini", ".gemini/tmp/0f/chats/session-g.jsonl"),
        ("qwen", ".qwen/projects/-w/chats/q.jsonl"),
    ]) {
        let path = user.path().join(place);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let (_, generate) = AGENTS.into_iter().find(|(name, _)| *name == agent).expect("it is read");
        fs::write(&path, generate(3, seed)).expect("written");
        let go = |args: &[&str]| {
            let mut command = command(&home);
            command.env("HOME", user.path()).env("USERPROFILE", user.path()).env_remove("JCODE_SESSION_OTHERS");
            for name in ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME", "QWEN_HOME"] {
                command.env_remove(name);
            }
            finished(command.args(args).output().expect("the binary is built"))
        };
        let list = go(&["list", "--json", "--agent", agent]).json();
        let rows = list["sessions"].as_array().expect("a list");
        assert_eq!(rows.len(), 1, "{agent}: {list}");
        assert_eq!(rows[0]["path"], path.to_string_lossy().into_owned());
        let said =
            rows[0]["first_prompt"].as_str().and_then(|said| said.split_inclusive('>').next()).expect("a prompt");
        assert_eq!(go(&["search", said, "--agent", agent]).code, 0, "{agent}");
        assert_eq!(go(&["search", said, "--agent", agent, "--no-others"]).code, 1, "{agent}");
        let done = go(&["import", rows[0]["session_id"].as_str().expect("an id")]);
        assert_eq!(done.code, 0, "{agent}: {done:?}");
    }
}

/// A packed rollout is what it holds; where the plain one is there too, that counts.
#[test]
fn packed_rollouts_are_read() {
    let (theirs, home) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let folder = theirs.path().to_string_lossy().into_owned();
    let go = |args: &[&str]| run(home.path(), ["--sessions-dir", &folder].into_iter().chain(args.iter().copied()));
    let source = codex(6, 3);
    let lines: Vec<&[u8]> = source.split_inclusive(|&byte| byte == b'\n').collect();
    let early = lines[..lines.len() - 5].concat();
    let plain = theirs.path().join("rollout-r.jsonl");
    let zst = theirs.path().join("rollout-r.jsonl.zst");
    fs::write(&zst, packed(&early)).expect("written");
    let path = zst.to_string_lossy().into_owned();
    let rows = |run: Run| run.json()["sessions"].as_array().expect("a list").clone();
    assert_eq!(rows(go(&["list", "--json"])).iter().map(|row| &row["path"]).collect::<Vec<_>>(), [&path]);
    assert_eq!(go(&["verify", &path]).code, 0);
    let id = go(&["import", &path]).text().trim().to_string();
    assert_eq!(run(home.path(), ["export", &id, "--format", "original"]).stdout, early);

    // It was unpacked and went on.
    fs::write(&plain, &source).expect("written");
    assert_eq!(rows(go(&["list", "--json"])).len(), 1);
    let name = plain.to_string_lossy().into_owned();
    assert_eq!(go(&["import", &name]).text().trim(), id);
    assert_eq!(run(home.path(), ["export", &id, "--format", "original"]).stdout, source);
    assert_eq!(run(home.path(), ["verify", &id]).code, 0);

    // Cut short: what can be unpacked is read.
    fs::remove_file(&plain).expect("there");
    let whole = packed(&codex(400, 3));
    fs::write(&zst, &whole[..whole.len() / 2]).expect("written");
    let report = go(&["verify", &path, "--json"]).json();
    let findings = report["logs"][0]["findings"].as_array().expect("a list");
    assert!(
        findings.iter().any(|finding| finding["message"].as_str().expect("words").contains("unpacked")),
        "{report}"
    );
    assert!(report["logs"][0]["entry_count"].as_u64() > Some(20), "{report}");
}
