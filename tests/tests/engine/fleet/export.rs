//! Tables over a place in memory: what is written, what is asked, and what a failure leaves.

use jcode_session_core::fleet::{TABLES, Texts};
use jcode_session_core::redact::{Level, Private, Redactor};
use jcode_session_object::files::{End, Files};
use jcode_session_object::tables::{Export, ExportError, Exported, Target, Unfit, export};
use jcode_session_object::{Failure, ObjectError};
use jcode_session_tests::generate::random;
use jcode_session_tests::generate::secrets::secret;
use jcode_session_tests::homes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::{NamedTempFile, TempDir};

const LATER: &str = "2026-01-04";

/// Files in memory.
#[derive(Debug, Default)]
struct Shelf(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    /// Names of files whose ends were asked for, that were read, and that were replaced.
    ends: Vec<String>,
    read: Vec<String>,
    replaced: Vec<String>,
    /// Which replacement fails, and whether it is done all the same.
    fails: Option<(usize, bool)>,
}

impl Shelf {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.state().files.clone()
    }

    /// Names of files whose ends were asked for, that were read, and that were replaced, since this was asked last.
    fn asked(&self) -> [Vec<String>; 3] {
        let mut state = self.state();
        let State { ends, read, replaced, .. } = &mut *state;
        ends.sort_unstable();
        [ends, read, replaced].map(std::mem::take)
    }
}

impl Files for Shelf {
    fn top(&self) -> Result<Vec<String>, ObjectError> {
        let first = |name: &String| name.split('/').next().unwrap_or_default().to_string();
        Ok(self.state().files.keys().map(first).collect())
    }

    fn end(&self, name: &str, most: u64) -> Result<Option<End>, ObjectError> {
        let mut state = self.state();
        state.ends.push(name.to_string());
        let Some(bytes) = state.files.get(name) else { return Ok(None) };
        let from = bytes.len().saturating_sub(usize::try_from(most).expect("small"));
        Ok(Some(End { bytes: bytes[from..].to_vec(), len: bytes.len() as u64 }))
    }

    fn open(&self, name: &str) -> Result<Option<File>, ObjectError> {
        let mut state = self.state();
        state.read.push(name.to_string());
        let Some(bytes) = state.files.get(name) else { return Ok(None) };
        let mut file = tempfile::tempfile().expect("made");
        file.write_all(bytes).and_then(|()| file.seek(SeekFrom::Start(0))).expect("written");
        Ok(Some(file))
    }

    fn begin(&self, _: &str) -> Result<NamedTempFile, ObjectError> {
        Ok(NamedTempFile::new().expect("made"))
    }

    fn replace(&self, name: &str, mut with: NamedTempFile) -> Result<(), ObjectError> {
        let mut bytes = Vec::new();
        with.seek(SeekFrom::Start(0)).and_then(|_| with.read_to_end(&mut bytes)).expect("read");
        let mut state = self.state();
        let fault = state.fails.filter(|(number, _)| *number == state.replaced.len());
        state.replaced.push(name.to_string());
        if fault.is_none_or(|(_, is_done)| is_done) {
            state.files.insert(name.to_string(), bytes);
        }
        match fault {
            Some(_) => Err(ObjectError::new("write", self.shown(name), "refused").because(Failure::Denied)),
            None => Ok(()),
        }
    }

    fn shown(&self, name: &str) -> String {
        format!("shelf/{name}")
    }
}

/// A home with two sessions of one day and one of another.
fn home() -> TempDir {
    let home = homes::home();
    for (id, began) in [("a", "2026-01-01"), ("b", "2026-01-01"), ("c", LATER)] {
        put(home.path(), id, began, "apple");
    }
    std::fs::create_dir_all(home.path().join("agent")).expect("made");
    std::fs::write(home.path().join("agent/machine.label"), "desk\n").expect("written");
    home
}

fn put(home: &Path, id: &str, began: &str, text: &str) {
    let log = String::from_utf8(homes::log(id, 4, 1_760_000_000_000, text)).expect("text");
    homes::put(home, &format!("{id}.jsonl"), log.replacen("2026-01-01", began, 1).as_bytes());
}

fn try_to(shelf: &Arc<Shelf>, home: &Path, redact: Option<Level>) -> Result<Exported, ExportError> {
    let to: Arc<dyn Files> = Arc::clone(shelf) as _;
    let private = Private { values: Vec::new(), home: Some("/home/ann".into()) };
    let what = Export {
        home: home.to_path_buf(),
        roots: vec![homes::sessions(home)],
        to: Target::over(to, "shelf"),
        texts: Texts::Capped,
        redactor: redact.map(|level| Redactor::new(level, Vec::new(), private).expect("rules")),
    };
    export(what, &|| false, &|| ())
}

fn exported(shelf: &Arc<Shelf>, home: &Path) -> Exported {
    let exported = try_to(shelf, home, None).expect("exported");
    assert!(exported.failed.is_empty() && exported.unreadable.is_empty(), "{exported:?}");
    exported
}

/// The days that were written.
fn written(exported: &Exported) -> Vec<bool> {
    exported.report.days.iter().map(|day| day.written).collect()
}

fn names(date: &str) -> Vec<String> {
    TABLES.map(|(table, _)| format!("{table}/session_date={date}/machine=desk/part-0.parquet")).to_vec()
}

fn token(seed: u64) -> String {
    secret("ghp_{a36}", &mut random(seed)).0
}

/// A column of a table's file, as text.
fn column(shelf: &Shelf, name: &str, column: &str) -> Vec<String> {
    let reader = SerializedFileReader::new(bytes::Bytes::from(shelf.files()[name].clone())).expect("a table");
    let rows = reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row"));
    let of = |row: parquet::record::Row| {
        let (_, value) = row.get_column_iter().find(|(name, _)| *name == column).expect("a column");
        value.to_string()
    };
    rows.map(of).collect()
}

#[test]
fn four_files_a_day_and_nothing_for_what_is_unchanged() {
    let (shelf, home) = (Arc::<Shelf>::default(), home());
    assert_eq!(written(&exported(&shelf, home.path())), [true, true]);
    let both = [names("2026-01-01"), names(LATER)].concat();
    let [ends, read, replaced] = shelf.asked();
    assert_eq!((read, &replaced), (vec![], &both));
    let mut sorted = both.clone();
    sorted.sort_unstable();
    assert_eq!(ends, sorted, "each is asked for once");
    let files = shelf.files();
    assert_eq!(written(&exported(&shelf, home.path())), [false, false]);
    assert_eq!(shelf.asked(), [sorted, vec![], vec![]]);
    assert!(shelf.files() == files);
}

#[test]
fn a_day_that_changed_is_replaced_and_gone_sessions_stay() {
    let (shelf, home) = (Arc::<Shelf>::default(), home());
    exported(&shelf, home.path());
    let before = shelf.files();
    shelf.asked();
    put(home.path(), "b", "2026-01-01", "another");
    assert_eq!(written(&exported(&shelf, home.path())), [true, false]);
    let [_, read, replaced] = shelf.asked();
    let [sessions, entries, ..] = &names("2026-01-01")[..] else { panic!() };
    assert_eq!((read, replaced), (vec![sessions.clone()], names("2026-01-01")), "no session is gone");
    let later = |files: &BTreeMap<String, Vec<u8>>| {
        names(LATER).into_iter().map(|name| files[&name].clone()).collect::<Vec<_>>()
    };
    assert!(later(&before) == later(&shelf.files()));
    std::fs::remove_file(home.path().join("sessions/a.jsonl")).expect("removed");
    assert_eq!(written(&exported(&shelf, home.path())), [true, false]);
    assert_eq!(column(&shelf, sessions, "session_id"), ["\"b\"", "\"a\""]);
    let texts = column(&shelf, entries, "text");
    assert_eq!(texts.iter().filter(|text| text.contains("apple")).count(), 4, "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("another")).count(), 4, "{texts:?}");
    assert_eq!(written(&exported(&shelf, home.path())), [false, false]);
    // Where the list of sessions is lost, the others are looked at.
    shelf.state().files.remove(sessions);
    assert_eq!(written(&exported(&shelf, home.path())), [true, false]);
    assert_eq!(column(&shelf, entries, "text"), texts);
}

/// Each replacement fails once, before or after it is done: every file is the old one or the new one, and the next run
/// brings all of them to where an undisturbed one would have.
#[test]
fn a_replacement_that_fails_leaves_old_or_new() {
    let (calm, home) = (Arc::<Shelf>::default(), home());
    exported(&calm, home.path());
    let old = calm.files();
    put(home.path(), "b", "2026-01-01", "another");
    put(home.path(), "c", LATER, "another");
    exported(&calm, home.path());
    let new = calm.files();
    for number in 0..8 {
        for is_done in [false, true] {
            let shelf = Arc::new(Shelf(Mutex::new(State { files: old.clone(), ..State::default() })));
            shelf.state().fails = Some((number, is_done));
            let error = try_to(&shelf, home.path(), None).expect_err("it was refused").to_string();
            assert!(error.contains("cannot write shelf/") && error.contains("refused"), "{error}");
            let changed = shelf.files().into_iter().filter(|(name, bytes)| old[name] != *bytes).count();
            assert_eq!(changed, number + usize::from(is_done), "one after another");
            assert!(shelf.files().iter().all(|(name, bytes)| [&old[name], &new[name]].contains(&bytes)));
            shelf.state().fails = None;
            exported(&shelf, home.path());
            assert!(shelf.files() == new, "replacement {number}");
        }
    }
}

#[test]
fn secrets_are_left_out_and_counted() {
    let (shelf, home) = (Arc::<Shelf>::default(), home());
    let secret = token(1);
    put(home.path(), "b", "2026-01-01", &format!("key {secret} in /home/ann/x"));
    let call = format!(
        "{{\"type\":\"message\",\"id\":\"t\",\"parentId\":\"e3\",\"timestamp\":1760000000000,\"message\":{{\"role\":\"assistant\",\
         \"content\":[{{\"type\":\"toolCall\",\"id\":\"1\",\"name\":\"bash\",\"arguments\":{{\"x\":\"{}\"}}}}]}}}}\n\
         {{\"type\":\"session_info\",\"id\":\"n\",\"parentId\":\"t\",\"timestamp\":1760000000000,\"name\":\"{secret}\"}}\n\
         {{\"type\":\"label\",\"id\":\"l\",\"parentId\":\"n\",\"timestamp\":1760000000000,\"targetId\":\"e0\",\"label\":\"{secret}\"}}\n",
        secret.replacen('g', "\\u0067", 1)
    );
    let path = home.path().join("sessions/b.jsonl");
    let log = std::fs::read_to_string(&path).expect("read").replace("\"/work\"", "\"/home/ann/work\"") + &call;
    std::fs::write(&path, log).expect("written");
    let [sessions, entries, calls, _] = &names("2026-01-01")[..] else { panic!() };
    let shown = |shelf: &Shelf| {
        let columns = [(sessions, "title"), (sessions, "cwd"), (entries, "text"), (entries, "label"), (calls, "args")];
        columns.map(|(name, of)| column(shelf, name, of).concat()).join("\n")
    };
    let plain = exported(&shelf, home.path());
    assert!(plain.left_out.secrets.is_empty());
    assert!(shown(&shelf).contains(&secret) && shown(&shelf).contains("/home/ann/work"));
    let bytes = column(&shelf, entries, "text_bytes");
    // A change of what is left out is a change of the file.
    let redacted = try_to(&shelf, home.path(), Some(Level::Rules)).expect("exported");
    assert_eq!(written(&redacted), [true, true]);
    assert_eq!(redacted.left_out.secrets, [("github-token".to_string(), 9)].into());
    let text = shown(&shelf);
    assert!(!text.contains(&secret) && !text.contains("u0067") && !text.contains("/home/ann"), "{text}");
    for said in ["key [REDACTED:github-token] in ~/x 3", "{\"x\":\"[REDACTED:github-token]\"}", "~/work"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(column(&shelf, entries, "text_bytes"), bytes, "lengths are those of the log");
    assert_eq!(written(&try_to(&shelf, home.path(), Some(Level::Rules)).expect("exported")), [false, false]);
    assert_eq!(written(&try_to(&shelf, home.path(), Some(Level::Strict)).expect("exported")), [true, true]);
}

/// A secret that stands where a text is cut leaves nothing behind.
#[test]
fn a_text_is_redacted_before_it_is_cut() {
    let (shelf, home) = (Arc::<Shelf>::default(), home());
    let secret = token(1);
    let text = format!("{} {secret}", "x".repeat((32 << 10) - 12));
    put(home.path(), "b", "2026-01-01", &text);
    let entries = &names("2026-01-01")[1];
    exported(&shelf, home.path());
    assert!(column(&shelf, entries, "text").concat().contains(&secret[..11]), "it is cut within the secret");
    try_to(&shelf, home.path(), Some(Level::Rules)).expect("exported");
    let texts = column(&shelf, entries, "text").concat();
    assert!(texts.contains("x [REDACTED:") && !texts.contains("ghp_"), "{}", &texts[texts.len() - 100..]);
}

/// Marks are numbered by session: what one holds does not change the rows of another.
#[test]
fn a_session_is_redacted_as_if_it_were_alone() {
    let (alone, together) = (Arc::<Shelf>::default(), Arc::<Shelf>::default());
    let home = home();
    put(home.path(), "b", "2026-01-01", &token(1));
    std::fs::remove_file(home.path().join("sessions/a.jsonl")).expect("removed");
    try_to(&alone, home.path(), Some(Level::Rules)).expect("exported");
    put(home.path(), "a", "2026-01-01", &token(2));
    try_to(&together, home.path(), Some(Level::Rules)).expect("exported");
    let entries = &names("2026-01-01")[1];
    let of_b = column(&together, entries, "text").split_off(4);
    assert_eq!(of_b, column(&alone, entries, "text"));
    assert!(of_b[0].contains("[REDACTED:github-token] 0"), "{of_b:?}");
}

/// A session that cannot be read any more when its turn comes is told; its old rows stay, until it can be read again.
#[test]
fn a_session_that_goes_meanwhile_keeps_its_old_rows() {
    let (shelf, home) = (Arc::<Shelf>::default(), home());
    exported(&shelf, home.path());
    put(home.path(), "a", "2026-01-01", "another");
    put(home.path(), "b", "2026-01-01", "third");
    let path = home.path().join("sessions/b.jsonl");
    let log = std::fs::read(&path).expect("read");
    let ticks = std::cell::Cell::new(0);
    let tick = || {
        ticks.set(ticks.get() + 1);
        // Two digests and the rows of one: now `b`.
        if ticks.get() == 4 {
            std::fs::remove_file(&path).expect("removed");
        }
    };
    let to: Arc<dyn Files> = Arc::clone(&shelf) as _;
    let what = Export {
        home: home.path().to_path_buf(),
        roots: vec![homes::sessions(home.path())],
        to: Target::over(to, "shelf"),
        texts: Texts::Capped,
        redactor: None,
    };
    let exported = export(what, &|| false, &tick).expect("exported");
    assert_eq!((written(&exported), exported.failed.len()), (vec![true, false], 1));
    let entries = &names("2026-01-01")[1];
    let first = |shelf: &Shelf| column(shelf, entries, "text").into_iter().step_by(4).collect::<Vec<_>>();
    assert_eq!(column(&shelf, entries, "session_id").concat(), "\"a\"".repeat(4) + &"\"b\"".repeat(4));
    assert_eq!(first(&shelf), ["\"another 0\"", "\"apple 0\""]);
    std::fs::write(&path, log).expect("written");
    assert_eq!(written(&self::exported(&shelf, home.path())), [true, false]);
    assert_eq!(first(&shelf), ["\"another 0\"", "\"third 0\""]);
}

#[test]
fn a_place_that_holds_something_else_is_refused() {
    let home = home();
    let with = |name: &str| {
        let shelf = Arc::<Shelf>::default();
        shelf.state().files.insert(name.to_string(), b"mine".to_vec());
        let error = try_to(&shelf, home.path(), None).expect_err("refused");
        assert_eq!(shelf.files().len(), 1, "nothing is written");
        error
    };
    assert!(matches!(with("jcode-store.json"), ExportError::Unfit(Unfit::Archive(_))));
    let other = with("notes/a.txt");
    assert!(matches!(&other, ExportError::Unfit(Unfit::Other { what, .. }) if what == "notes"), "{other:?}");
    // What stands in the place of a table and is none may be somebody's.
    let broken = with(&names("2026-01-01")[0]);
    assert!(broken.to_string().contains("cannot read shelf/sessions/"), "{broken}");
}

#[test]
fn a_run_that_is_stopped_replaces_nothing_of_the_day() {
    let (shelf, home) = (Arc::<Shelf>::default(), home());
    for sessions in 0..5 {
        let asked = std::cell::Cell::new(0);
        let stopped = || {
            asked.set(asked.get() + 1);
            asked.get() > sessions
        };
        let to: Arc<dyn Files> = Arc::clone(&shelf) as _;
        let what = Export {
            home: home.path().to_path_buf(),
            roots: vec![homes::sessions(home.path())],
            to: Target::over(to, "shelf"),
            texts: Texts::None,
            redactor: None,
        };
        assert!(export(what, &stopped, &|| ()).expect("no error").stopped);
        assert_eq!(shelf.files().len(), 0, "stopped at {sessions}");
    }
}
