//! Homes over stores that answer badly: what was pushed is there, whole, and comes back byte for byte.

use jcode_session_core::report::{PullAction, PulledSession, PushAction, PushedSession};
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_object::pull::{Pull, PullError, Pulled, pull};
use jcode_session_object::push::{Push, PushError, Pushed, push};
use jcode_session_object::{Archive, OpenError, Remote, check};
use jcode_session_tests::effort::{self, seeds};
use jcode_session_tests::files::{contents, in_memory};
use jcode_session_tests::generate::random;
use jcode_session_tests::jcode_model::{ModelRng, Shape, generate};
use jcode_session_tests::sessions::lines;
use jcode_session_tests::stores::{PUT_FAULTS, Store};
use rand::RngExt;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

struct Machine {
    home: TempDir,
    store: Arc<Store>,
}

impl Machine {
    fn new(store: &Arc<Store>) -> Self {
        let home = in_memory();
        fs::create_dir(home.path().join("sessions")).expect("made");
        Self { home, store: Arc::clone(store) }
    }

    /// A copy of this home, machine id and all.
    fn cloned(&self) -> Self {
        let copy = in_memory();
        fs::create_dir(copy.path().join("sessions")).expect("made");
        for (path, bytes) in contents(self.home.path()) {
            let to = copy.path().join(path.strip_prefix(self.home.path()).expect("in it"));
            fs::create_dir_all(to.parent().expect("a folder")).expect("made");
            fs::write(to, bytes).expect("written");
        }
        Self { home: copy, store: Arc::clone(&self.store) }
    }

    fn sessions(&self) -> PathBuf {
        self.home.path().join("sessions")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.sessions().join(format!("{name}.jsonl"))
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.log(name)).unwrap_or_default()
    }

    fn append(&self, name: &str, text: &str) {
        let mut bytes = self.bytes(name);
        if bytes.is_empty() {
            let header = String::from_utf8(lines(0..0)).expect("text");
            bytes = header.replace("\"id\":\"s\"", &format!("\"id\":\"{name}\"")).into_bytes();
        }
        let line = format!("{{\"type\":\"custom\",\"id\":\"{text}\",\"parentId\":null,\"timestamp\":null}}\n");
        bytes.extend_from_slice(line.as_bytes());
        fs::write(self.log(name), bytes).expect("written");
    }

    fn archive(&self) -> Result<Archive, OpenError> {
        Archive::over(Arc::clone(&self.store) as Arc<_>, "store:")
    }

    fn push(&self) -> Result<Pushed, PushError> {
        self.push_only(None, false)
    }

    fn push_only(&self, only: Option<Vec<PathBuf>>, dry_run: bool) -> Result<Pushed, PushError> {
        let what = Push { home: self.home.path().into(), roots: vec![self.sessions()], only, dry_run };
        push(&mut self.archive()?, &what, &|| false, &|| ())
    }

    fn pull(&self, machine: Option<&str>) -> Result<Pulled, PullError> {
        let (home, roots) = (self.home.path().into(), vec![self.sessions()]);
        let what = Pull { home, roots, only: None, machine: machine.map(str::to_string), dry_run: false };
        pull(self.archive()?, &what, &|| false, &|| ())
    }

    fn remote(&self) -> Remote {
        Remote::open(self.archive().expect("opens"), self.home.path()).expect("an archive")
    }

    /// All files that a pull restores.
    fn kept(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let of_a_session = |path: &Path| {
            let name = path.to_string_lossy();
            !name.ends_with(".sqlite3") && !name.ends_with(".lock")
        };
        let files = contents(&self.sessions()).into_iter().filter(|(path, _)| of_a_session(path));
        files.map(|(path, bytes)| (path.strip_prefix(self.sessions()).expect("in it").into(), bytes)).collect()
    }
}

fn actions(pushed: &Pushed) -> Vec<PushAction> {
    pushed.report.sessions.iter().map(|session: &PushedSession| session.action).collect()
}

fn pulled(pulled: &Pulled) -> Vec<PullAction> {
    pulled.report.sessions.iter().map(|session: &PulledSession| session.action).collect()
}

fn all_well(pushed: &Pushed) {
    let is_well = |action: &PushAction| matches!(action, PushAction::Pushed | PushAction::UpToDate);
    assert!(actions(pushed).iter().all(is_well), "{pushed:?}");
}

/// A home with a log, one with a ledger and kept bytes, and a v1 session.
fn filled(machine: &Machine) {
    machine.append("plain", "a");
    fs::create_dir(machine.sessions().join("sub")).expect("made");
    fs::write(machine.sessions().join("sub/kept.jsonl"), lines(0..4)).expect("written");
    take_checkpoint(&machine.sessions().join("sub/kept.jsonl")).expect("taken");
    generate(Shape::Both, 3, &mut ModelRng::new(5)).write_to(&machine.sessions(), "session_v").expect("written");
}

fn comes_back(from: &Machine) {
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

#[test]
fn a_home_comes_back_byte_for_byte() {
    let machine = Machine::new(&Arc::default());
    filled(&machine);
    let planned = machine.push_only(None, true).expect("planned");
    assert!(machine.store.objects().is_empty(), "a dry run puts nothing");
    let done = machine.push().expect("pushes");
    all_well(&done);
    assert_eq!(planned.report.sessions, done.report.sessions);
    assert_eq!(planned.report.commit, done.report.commit);
    let stored: u64 = done.report.sessions.iter().map(|session| session.bytes).sum();
    let objects = machine.store.objects();
    let of_sessions = objects.iter().filter(|(name, _)| name.starts_with("sessions/"));
    assert_eq!(of_sessions.map(|(_, bytes)| bytes.len() as u64).sum::<u64>(), stored);
    comes_back(&machine);
    let before = machine.store.objects();
    let again = machine.push().expect("pushes");
    assert!(actions(&again).iter().all(|action| *action == PushAction::UpToDate), "{again:?}");
    assert_eq!((again.report.commit, machine.store.objects()), (None, before), "nothing changed, nothing is put");
}

#[test]
fn every_fault_at_every_put() {
    let template = Machine::new(&Arc::default());
    filled(&template);
    template.push().expect("pushes");
    let puts = template.store.puts();
    assert!(puts > 6, "{puts}");
    let mut runs = 0;
    for put in 0..=puts {
        for fault in PUT_FAULTS {
            let store: Arc<Store> = Arc::default();
            let machine = Machine::new(&store);
            filled(&machine);
            store.fault_at(put, fault);
            let said = machine.push();
            store.is_sound();
            // What was said to be pushed is in the store before anything else is done.
            if let Ok(said) = &said
                && let Some(n) = said.report.commit
            {
                let line = machine.remote().view().lines[&said.report.machine].clone();
                assert_eq!(line.n(), n, "put {put}, {fault:?}");
                let well = said.report.sessions.iter().filter(|session| session.action == PushAction::Pushed);
                assert_eq!(line.sessions.len(), well.count(), "put {put}, {fault:?}");
            }
            all_well(&machine.push().unwrap_or_else(|error| panic!("put {put}, {fault:?}: {error}")));
            comes_back(&machine);
            runs += 1;
        }
    }
    println!("{runs} runs with a fault of the store");
}

/// Runs by the seeds of `JCODE_SESSION_STORE_SEEDS` (12): with `A..B` from A on, so that several runs add up.
#[test]
fn nothing_pushed_is_lost_by_chance() {
    let wanted = std::env::var("JCODE_SESSION_STORE_SEEDS").ok();
    let wanted = wanted.as_deref().map(|wanted| wanted.split_once("..").unwrap_or(("0", wanted)));
    let seeds = match wanted.and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?)) {
        Some(range) => range,
        None => seeds(12),
    };
    for seed in seeds.clone() {
        let trace = by_chance(seed);
        if seed % 10 == 0 {
            assert_eq!(trace, by_chance(seed), "seed {seed} went another way");
        }
    }
    println!("{} runs over a store that fails by chance", seeds.count());
}

/// Two machines and a copy of one, that append, push and pull, over a store that fails by chance. Returns what they were
/// told.
fn by_chance(seed: u64) -> Vec<String> {
    let mut rng = random(seed);
    let store: Arc<Store> = Arc::default();
    let mut machines = vec![Machine::new(&store), Machine::new(&store)];
    let mut said: Vec<(String, Vec<u8>)> = Vec::new();
    let mut trace = Vec::new();
    store.faults_by(seed, 0.15);
    for step in 0..if effort::long() { 60 } else { 24 } {
        let who = rng.random_range(0..machines.len());
        let name = ["one", "two"][rng.random_range(0..2_usize)];
        let machine = &machines[who];
        match rng.random_range(0..8) {
            0..4 => machine.append(name, &format!("{who}.{step}")),
            4..6 => {
                let pushed = machine.push();
                trace.push(format!("{step} {who} {:?}", pushed.as_ref().ok().map(actions)));
                for session in pushed.map(|pushed| pushed.report.sessions).unwrap_or_default() {
                    if session.action != PushAction::Failed {
                        said.push((session.session_id.clone(), machine.bytes(&session.session_id)));
                    }
                }
            }
            6 => {
                let before = ["one", "two"].map(|name| machine.bytes(name));
                trace.push(format!("{step} {who} {:?}", machine.pull(None).as_ref().ok().map(pulled)));
                let after = ["one", "two"].map(|name| machine.bytes(name));
                let is_kept = before.iter().zip(&after).all(|(before, after)| after.starts_with(before));
                assert!(is_kept, "seed {seed}, step {step}");
            }
            _ if machines.len() < 3 => machines.push(machines[0].cloned()),
            _ => {}
        }
    }
    store.is_sound();
    for machine in &machines {
        machine.push().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    nothing_is_lost(seed, &machines, &said);
    trace
}

/// What was said to be pushed is there, and each session has as many histories as its logs.
fn nothing_is_lost(seed: u64, machines: &[Machine], said: &[(String, Vec<u8>)]) {
    let remote = machines[0].remote();
    assert_eq!(remote.view().troubles, [], "seed {seed}");
    // Of a home and its copy either may have gone on with the line; the other has one of its own by now.
    for (id, bytes) in said {
        let histories = remote.view().heads(id).map(|(machine, _)| {
            let found = remote.find(&format!("{id}@{machine}")).expect("found");
            let session = remote.read(&found).expect("opens");
            let len = usize::try_from(found.head.state().len).expect("small");
            session.bytes().read_vec(0, len).expect("read")
        });
        let is_there = histories.into_iter().any(|log| log.starts_with(bytes));
        assert!(is_there, "seed {seed}: {} bytes of {id} were pushed and are lost", bytes.len());
    }
    for name in ["one", "two"] {
        let mut logs: Vec<Vec<u8>> = machines.iter().map(|machine| machine.bytes(name)).collect();
        logs.retain(|log| !log.is_empty());
        logs.sort_by_key(Vec::len);
        let is_chain = logs.windows(2).all(|pair| pair[1].starts_with(&pair[0]));
        let histories = remote.sessions().into_iter().filter(|session| session.head.id == name).count();
        assert_eq!(histories <= 1, is_chain || logs.is_empty(), "seed {seed}: {name} has {histories} histories");
    }
}

/// Two logs with one id in their headers: each keeps its place, whichever is found first.
#[test]
fn sessions_of_one_id_stay_apart() {
    let first = Machine::new(&Arc::default());
    first.append("s", "1");
    let copied = first.bytes("s");
    first.push().expect("pushes");
    fs::write(first.log("a copy"), [&copied[..], b"{\"type\":\"custom\",\"id\":\"2\"}\n"].concat()).expect("written");
    all_well(&first.push().expect("pushes"));
    let second = Machine::new(&first.store);
    for _ in 0..2 {
        second.pull(None).expect("pulls");
        assert_eq!(second.kept(), first.kept());
    }
    all_well(&second.push().expect("pushes"));
    first.append("s", "3");
    all_well(&first.push().expect("pushes"));
    second.pull(None).expect("pulls");
    assert_eq!(second.kept(), first.kept());
}

#[test]
fn a_copy_of_a_home_becomes_a_machine_of_its_own() {
    let first = Machine::new(&Arc::default());
    first.append("s", "1");
    let pushed = first.push().expect("pushes");
    let copy = first.cloned();
    copy.append("s", "2");
    let of_copy = copy.push().expect("pushes");
    assert_eq!(of_copy.report.machine, pushed.report.machine, "nobody can know yet");
    first.append("s", "3");
    let told = first.push().expect("pushes");
    assert_ne!(told.report.machine, pushed.report.machine);
    assert!(told.warnings.iter().any(|warning| warning.contains("copy of this home")), "{told:?}");
    assert_eq!(actions(&told), [PushAction::Diverged], "{told:?}");
    let remote = first.remote();
    assert_eq!(remote.sessions().len(), 2, "both are kept");
    assert_eq!(check::examine(&remote).expect("examined").findings.len(), 2);
}

#[test]
fn a_copy_from_before_the_first_push_does_not_go_on_with_its_line() {
    let first = Machine::new(&Arc::default());
    first.push().expect("there is nothing to push, but the home is a machine now");
    first.append("s", "1");
    let copy = first.cloned();
    first.append("s", "2");
    first.push().expect("pushes");
    let pushed = first.bytes("s");
    copy.append("s", "3");
    copy.push().expect("pushes");
    let remote = copy.remote();
    let logs: Vec<Vec<u8>> = remote
        .sessions()
        .iter()
        .map(|session| {
            let read = remote.read(session).expect("opens");
            read.bytes().read_vec(0, usize::try_from(session.head.state().len).expect("small")).expect("read")
        })
        .collect();
    assert!(logs.contains(&pushed) && logs.contains(&copy.bytes("s")), "{} histories", logs.len());
}

#[test]
fn two_histories_are_never_chosen_between() {
    let (first, second) = {
        let first = Machine::new(&Arc::default());
        let second = Machine::new(&first.store);
        (first, second)
    };
    first.append("s", "1");
    all_well(&first.push().expect("pushes"));
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Pulled]);
    // Behind, ahead, the same.
    first.append("s", "2");
    all_well(&first.push().expect("pushes"));
    assert_eq!(actions(&second.push().expect("pushes")), [PushAction::Pushed], "behind is no other history");
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Pulled]);
    assert_eq!(second.bytes("s"), first.bytes("s"));
    second.append("s", "3");
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Ahead]);
    // Diverged.
    first.append("s", "4");
    all_well(&first.push().expect("pushes"));
    let (ours, theirs) = (second.bytes("s"), first.bytes("s"));
    assert_eq!(pulled(&second.pull(None).expect("pulls")), [PullAction::Diverged]);
    assert_eq!(actions(&second.push().expect("pushes")), [PushAction::Diverged]);
    assert_eq!(pulled(&first.pull(None).expect("pulls")), [PullAction::Diverged], "two there, none is chosen");
    assert_eq!((second.bytes("s"), first.bytes("s")), (ours.clone(), theirs.clone()));
    // One that is asked for by name comes beside.
    let machine = first.push().expect("pushes").report.machine;
    let named = second.pull(Some(&machine)).expect("pulls");
    assert_eq!(pulled(&named), [PullAction::Pulled], "{named:?}");
    let path = named.report.sessions[0].path.clone().expect("a path");
    assert_ne!(path, second.log("s").display().to_string());
    assert_eq!((fs::read(path).expect("there"), second.bytes("s")), (theirs, ours));
}

#[test]
fn a_store_that_went_back_is_told_and_made_good() {
    let machine = Machine::new(&Arc::default());
    machine.append("s", "1");
    machine.push().expect("pushes");
    let old = machine.store.objects();
    machine.append("s", "2");
    machine.append("t", "1");
    machine.push().expect("pushes");
    machine.store.put_back(old);
    let examined = check::examine(&machine.remote()).expect("examined");
    assert!(examined.findings.iter().any(|found| found.finding.message.contains("put back")), "{examined:?}");
    let again = machine.push().expect("pushes");
    assert!(!again.warnings.is_empty(), "{again:?}");
    assert!(machine.push().expect("pushes").warnings.is_empty(), "told once");
    comes_back(&machine);
}

#[test]
fn lost_objects_are_found_and_put_again() {
    let machine = Machine::new(&Arc::default());
    filled(&machine);
    machine.push().expect("pushes");
    for (name, bytes) in machine.store.objects() {
        if !name.starts_with("sessions/") {
            continue;
        }
        let mut objects = machine.store.objects();
        objects.remove(&name);
        machine.store.put_back(objects.clone());
        assert!(!check::examine(&machine.remote()).expect("examined").is_ok(), "{name} is missing");
        let remote = machine.remote();
        let bad = |remote: &Remote| {
            let verified = remote.sessions().into_iter().map(|session| {
                check::verify(remote, &session, &mut |_| ControlFlow::Continue(())).expect("verified").ok
            });
            verified.filter(|ok| !ok).count()
        };
        assert_eq!(bad(&remote), 1, "{name} is missing");
        let mut flipped = bytes.clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 1;
        objects.insert(name.clone(), flipped);
        machine.store.put_back(objects.clone());
        assert_eq!(bad(&machine.remote()), 1, "{name} has a flipped bit");
        let other = Machine::new(&machine.store);
        let came = other.pull(None).expect("pulls");
        assert!(pulled(&came).contains(&PullAction::Failed), "{name}: {came:?}");
        objects.remove(&name);
        machine.store.put_back(objects);
        let all: Vec<PathBuf> =
            ["plain.jsonl", "sub/kept.jsonl", "session_v.json"].map(|file| machine.sessions().join(file)).into();
        all_well(&machine.push_only(Some(all), false).expect("pushes"));
        comes_back(&machine);
    }
}

#[test]
fn damaged_commits_are_told_and_hide_nothing_else() {
    let first = Machine::new(&Arc::default());
    first.append("s", "1");
    first.push().expect("pushes");
    let second = Machine::new(&first.store);
    second.append("t", "1");
    second.push().expect("pushes");
    let commits: Vec<String> = first.store.objects().into_keys().filter(|name| name.starts_with("machines/")).collect();
    for name in commits {
        for damage in [Vec::new(), b"no zstd".to_vec(), vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0]] {
            let whole = first.store.objects();
            let mut objects = whole.clone();
            objects.insert(name.clone(), damage);
            first.store.put_back(objects);
            let remote = first.remote();
            assert!(!remote.view().troubles.is_empty());
            assert_eq!(remote.sessions().len(), 1, "the other machine's is there");
            assert!(!check::examine(&remote).expect("examined").is_ok());
            first.store.put_back(whole);
        }
    }
}
