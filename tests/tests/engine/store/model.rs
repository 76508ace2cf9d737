//! Random sessions against a simple model: the same bytes after every step, however they are stored.

use jcode_session_core::source::go_on;
use jcode_session_core::write::Parent;
use jcode_session_native::ops::restore::{checkpoints, repair, rollback, take_checkpoint, undo};
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::ops::verify::verify;
use jcode_session_tests::effort::seeds;
use jcode_session_tests::files::{LogDir, ask};
use jcode_session_tests::jcode_model::ModelRng;
use jcode_session_tests::written::{NEVER, errors, object, whole, writer};
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::ControlFlow;
use tempfile::TempDir;

/// A checkpoint, and, of one that a repair replaced, those behind it: they are out of reach until it is returned to.
#[derive(Clone, PartialEq)]
struct State {
    log: Vec<u8>,
    before_repair: Option<Vec<State>>,
}

/// A log, its checkpoints, and the log right after the rollback or repair.
type Undo = (Vec<u8>, Vec<State>, Vec<u8>);

/// What the session must be, in the simplest terms: whole logs.
#[derive(Clone, Default)]
struct Model {
    log: Vec<u8>,
    /// Checkpoints that the log has grown from.
    states: Vec<State>,
    /// What undo returns to, with the log right after each rollback or repair.
    undo: Vec<Undo>,
}

impl Model {
    fn checkpoint(&mut self) -> bool {
        let new = self.states.last().map(|state| &state.log) != Some(&self.log);
        if new {
            self.states.push(State { log: self.log.clone(), before_repair: None });
        }
        new
    }

    fn repair(&mut self, repaired: Vec<u8>) {
        self.checkpoint();
        self.undo.push((self.log.clone(), self.states.clone(), repaired.clone()));
        let before = State { log: self.log.clone(), before_repair: Some(self.states.clone()) };
        // What earlier repairs replaced is kept whole, wherever the log goes.
        self.states.retain(|state| state.before_repair.is_some());
        self.states.extend([before, State { log: repaired.clone(), before_repair: None }]);
        self.log = repaired;
    }

    fn rollback(&mut self) -> bool {
        let Some(at) = self.states.iter().rposition(|state| state.log != self.log) else { return false };
        self.checkpoint();
        let State { log, before_repair } = self.states[at].clone();
        self.undo.push((self.log.clone(), self.states.clone(), log.clone()));
        self.states.truncate(at + 1);
        self.states = before_repair.unwrap_or_else(|| self.states.clone());
        self.log = log;
        true
    }

    fn undo(&mut self, force: bool) -> bool {
        let Some((_, _, after)) = self.undo.last() else { return false };
        if *after != self.log && !force {
            return false;
        }
        let (log, states, _) = self.undo.pop().expect("there");
        (self.log, self.states) = (log, states);
        true
    }
}

/// Random appends, branches, checkpoints, seals, compressions, repairs, rollbacks and undos, each in a session that is
/// opened anew: the same bytes as the model, the same answers as a plain log without sidecar gives, and nothing for verify to
/// find, after every step. The model knows nothing of segments.
#[test]
fn random_sessions_follow_the_model() {
    let mut done = [0u32; 10];
    for seed in seeds(16) {
        let mut rng = ModelRng::new(seed);
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("s.jsonl");
        writer(&log, NEVER).close().expect("closes");
        let mut model = Model { log: whole(&log), ..Model::default() };
        let mut next = 0;
        for step in 0..30 {
            let kind = rng.below(18);
            let what = format!("seed {seed}, step {step}, kind {kind}");
            println!("{what}, {} bytes", model.log.len());
            match kind {
                0..=3 => {
                    let writer = writer(&log, NEVER);
                    for _ in 0..=rng.below(4) {
                        let ids = ids_of(&model.log);
                        // Branches from anywhere, now and then.
                        let parent = (rng.below(4) == 0 && !ids.is_empty()).then(|| ids[rng.below(ids.len())].clone());
                        let parent = parent.as_deref().map_or(Parent::Leaf, Parent::Id);
                        writer.append(object(next).as_bytes(), parent).expect("appends");
                        next += 1;
                    }
                    writer.close().expect("closes");
                    let now = whole(&log);
                    assert!(now.starts_with(&model.log) && now.len() > model.log.len(), "{what}");
                    model.log = now;
                    done[0] += 1;
                }
                4..=5 => {
                    assert_eq!(take_checkpoint(&log).expect("taken"), model.checkpoint(), "{what}");
                    done[1] += 1;
                }
                6..=7 => {
                    let result = rollback(&log, None, &mut go_on);
                    assert_eq!(result.is_ok(), model.rollback(), "{what}: {result:?}");
                    done[2 + usize::from(result.is_err())] += 1;
                }
                10..=13 => {
                    let segments = Segments { size: 200 + 100 * rng.below(4) as u64, compress: rng.below(3) > 0 };
                    let sealed = seal::run(&log, segments, &mut go_on).expect("sealed");
                    done[6] += u32::from(!sealed.plan.is_nothing());
                }
                14 => done[7] += u32::from(seal::decompress(&log, &mut go_on).expect("decompressed").segments > 0),
                15 => done[8] += u32::from(seal::undo(&log, &mut go_on).expect("put back") > 0),
                16..=17 => {
                    // Two records in one line, as another program may leave them: no error, and it can be repaired.
                    let fused = format!("{}{}\n", whole_entry(next), whole_entry(next + 1));
                    let mut file = OpenOptions::new().append(true).open(&log).expect("there");
                    file.write_all(fused.as_bytes()).expect("written");
                    drop(file);
                    model.log.extend_from_slice(fused.as_bytes());
                    next += 2;
                    repair(&log, &mut go_on).expect("repaired");
                    let now = whole(&log);
                    let count = |log: &[u8]| memchr::memmem::find_iter(log, "\"type\":\"message\"").count();
                    assert_eq!(count(&now), count(&model.log), "{what}");
                    assert_eq!(ids_of(&now).len(), count(&now), "{what}: a line each");
                    model.repair(now);
                    done[9] += 1;
                }
                other => {
                    let result = undo(&log, other == 9, &mut go_on);
                    assert_eq!(result.is_ok(), model.undo(other == 9), "{what}: {result:?}");
                    done[4 + usize::from(result.is_err())] += 1;
                }
            }
            assert_eq!(whole(&log), model.log, "{what}");
            assert_eq!(errors(&log), [], "{what}");
            let report = verify(&log, &mut |_| ControlFlow::Continue(())).expect("verifies");
            assert_eq!(report.sidecar, "fresh", "{what}");
            let plain = LogDir::new(&model.log);
            assert_eq!(ask(&log), ask(&plain.log()), "{what}");
            let offered = checkpoints(&log).expect("listed").checkpoints;
            let states: Vec<u64> = model.states.iter().rev().map(|state| state.log.len() as u64).collect();
            assert_eq!(offered.iter().map(|c| c.logical_len).collect::<Vec<_>>(), states, "{what}");
        }
    }
    assert!(done.iter().all(|&count| count > 5), "{done:?}");
}

/// An entry that another program appends, with the id `e<n>`.
fn whole_entry(n: u64) -> String {
    format!(
        "{{\"type\":\"message\",\"id\":\"e{n}\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":{{}}}}"
    )
}

fn ids_of(log: &[u8]) -> Vec<String> {
    let values =
        log.split(|&b| b == b'\n').skip(1).filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    values.filter_map(|value| Some(value["id"].as_str()?.to_string())).collect()
}
