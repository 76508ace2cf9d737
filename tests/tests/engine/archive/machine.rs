//! A home over a store in memory, as the tests of an archive use it.

use jcode_session_core::report::{PullAction, PulledSession, PushAction, PushedSession};
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_object::pull::{Pull, PullError, Pulled, pull};
use jcode_session_object::push::{Push, PushError, Pushed, push};
use jcode_session_object::{Archive, OpenError, Remote, check};
use jcode_session_tests::files::{contents, in_memory};
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::sessions::lines;
use jcode_session_tests::stores::Store;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A home and the store that it pushes to.
pub struct Machine {
    home: TempDir,
    pub store: Arc<Store>,
}

impl Machine {
    pub fn new(store: &Arc<Store>) -> Self {
        let home = in_memory();
        fs::create_dir(home.path().join("sessions")).expect("made");
        Self { home, store: Arc::clone(store) }
    }

    /// A copy of this home, machine id and all.
    pub fn cloned(&self) -> Self {
        let copy = in_memory();
        fs::create_dir(copy.path().join("sessions")).expect("made");
        for (path, bytes) in contents(self.home.path()) {
            let to = copy.path().join(path.strip_prefix(self.home.path()).expect("in it"));
            fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            fs::write(to, bytes).expect("written");
        }
        Self { home: copy, store: Arc::clone(&self.store) }
    }

    pub fn sessions(&self) -> PathBuf {
        self.home.path().join("sessions")
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.sessions().join(format!("{name}.jsonl"))
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.log(name)).unwrap_or_default()
    }

    pub fn append(&self, name: &str, text: &str) {
        let mut bytes = self.bytes(name);
        if bytes.is_empty() {
            let header = String::from_utf8(lines(0..0)).expect("text");
            bytes = header.replace("\"id\":\"s\"", &format!("\"id\":\"{name}\"")).into_bytes();
        }
        let line = format!("{{\"type\":\"custom\",\"id\":\"{text}\",\"parentId\":null,\"timestamp\":null}}\n");
        bytes.extend_from_slice(line.as_bytes());
        fs::write(self.log(name), bytes).expect("written");
    }

    pub fn archive(&self) -> Result<Archive, OpenError> {
        Archive::over(Arc::clone(&self.store) as Arc<_>, "store:")
    }

    pub fn push(&self) -> Result<Pushed, PushError> {
        self.push_only(None, false)
    }

    pub fn push_only(&self, only: Option<Vec<PathBuf>>, dry_run: bool) -> Result<Pushed, PushError> {
        let what = Push { home: self.home.path().into(), roots: vec![self.sessions()], only, dry_run };
        push(&mut self.archive()?, &what, &|| false, &|| ())
    }

    pub fn pull(&self, machine: Option<&str>) -> Result<Pulled, PullError> {
        let (home, roots) = (self.home.path().into(), vec![self.sessions()]);
        let what = Pull { home, roots, only: None, machine: machine.map(str::to_string), dry_run: false };
        pull(self.archive()?, &what, &|| false, &|| ())
    }

    pub fn remote(&self) -> Remote {
        Remote::open(self.archive().expect("opens"), self.home.path()).expect("an archive")
    }

    /// All files that a pull restores.
    pub fn kept(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let of_a_session = |path: &Path| {
            let name = path.to_string_lossy();
            !name.ends_with(".sqlite3") && !name.ends_with(".lock")
        };
        let files = contents(&self.sessions()).into_iter().filter(|(path, _)| of_a_session(path));
        files.map(|(path, bytes)| (path.strip_prefix(self.sessions()).expect("in it").into(), bytes)).collect()
    }
}

pub fn actions(pushed: &Pushed) -> Vec<PushAction> {
    pushed.report.sessions.iter().map(|session: &PushedSession| session.action).collect()
}

pub fn pulled(pulled: &Pulled) -> Vec<PullAction> {
    pulled.report.sessions.iter().map(|session: &PulledSession| session.action).collect()
}

pub fn all_well(pushed: &Pushed) {
    let is_well = |action: &PushAction| matches!(action, PushAction::Pushed | PushAction::UpToDate);
    assert!(actions(pushed).iter().all(is_well), "{pushed:?}");
}

/// A home with a log, one with a ledger and kept bytes, and a v1 session.
pub fn filled(machine: &Machine) {
    machine.append("plain", "a");
    fs::create_dir(machine.sessions().join("sub")).expect("made");
    fs::write(machine.sessions().join("sub/kept.jsonl"), lines(0..4)).expect("written");
    take_checkpoint(&machine.sessions().join("sub/kept.jsonl")).expect("taken");
    generate(Shape::Both, 3, &mut ModelRng::new(5)).write_to(&machine.sessions(), "session_v").expect("written");
}

pub fn comes_back(from: &Machine) {
    let other = Machine::new(&from.store);
    let came = other.pull(None).expect("pulls");
    assert!(pulled(&came).iter().all(|action| *action == PullAction::Pulled), "{came:?}");
    assert_eq!(other.kept(), from.kept());
    let again = other.pull(None).expect("pulls");
    assert!(pulled(&again).iter().all(|action| *action == PullAction::UpToDate), "{again:?}");
    let examined = check::examine(&other.remote()).expect("examined");
    assert!(examined.is_ok(), "{examined:?}");
    let remote = other.remote();
    for session in remote.sessions() {
        let report = check::verify(&remote, &session, &mut |_| ControlFlow::Continue(())).expect("verified");
        assert!(report.ok, "{report:?}");
    }
}
