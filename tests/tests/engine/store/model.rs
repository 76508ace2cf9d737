//! Random sessions against a simple model: the same bytes after every step, however they are stored.

use jcode_session_core::write::Parent;
use jcode_session_native::ops::restore::{checkpoints, rollback, take_checkpoint, undo};
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::ops::verify::verify;
use jcode_session_tests::files::{LogDir, ask};
use jcode_session_tests::jcode_model::ModelRng;
use jcode_session_tests::written::{NEVER, errors, object, whole, writer};
use std::ops::ControlFlow;
use tempfile::TempDir;

/// A log, its checkpoints, and the log right after the rollback.
type Undo = (Vec<u8>, Vec<Vec<u8>>, Vec<u8>);

/// What the session must be, in the simplest terms: whole logs.
#[derive(Clone, Default)]
struct Model {
    log: Vec<u8>,
    /// Checkpoints that the log has grown from.
    states: Vec<Vec<u8>>,
    /// What undo returns to, with the log right after each rollback.
    undo: Vec<Undo>,
}

impl Model {
    fn checkpoint(&mut self) -> bool {
        let new = self.states.last() != Some(&self.log);
        if new {
            self.states.push(self.log.clone());
        }
        new
    }

    fn rollback(&mut self) -> bool {
        let Some(at) = self.states.iter().rposition(|state| *state != self.log) else { return false };
        self.checkpoint();
        let target = self.states[at].clone();
        self.undo.push((self.log.clone(), self.states.clone(), target.clone()));
        self.states.truncate(at + 1);
        self.log = target;
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

/// Random appends, branches, checkpoints, seals, compressions, rollbacks and undos, each in a session that is opened
/// anew: the same bytes as the model, the same answers as a plain log without sidecar gives, and nothing for verify to
/// find, after every step. The model knows nothing of segments.
#[test]
fn random_sessions_follow_the_model() {
    let mut done = [0u32; 9];
    for seed in 0..25 {
        let mut rng = ModelRng::new(seed);
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("s.jsonl");
        writer(&log, NEVER).close().expect("closes");
        let mut model = Model { log: whole(&log), ..Model::default() };
        let mut next = 0;
        for step in 0..30 {
            let what = format!("seed {seed}, step {step}");
            match rng.below(16) {
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
                    let result = rollback(&log, None);
                    assert_eq!(result.is_ok(), model.rollback(), "{what}: {result:?}");
                    done[2 + usize::from(result.is_err())] += 1;
                }
                10..=13 => {
                    let segments = Segments { size: 200 + 100 * rng.below(4) as u64, compress: rng.below(3) > 0 };
                    let sealed = seal::run(&log, segments).expect("sealed");
                    done[6] += u32::from(!sealed.plan.is_nothing());
                }
                14 => done[7] += u32::from(seal::decompress(&log).expect("decompressed") > 0),
                15 => done[8] += u32::from(seal::undo(&log).expect("put back") > 0),
                other => {
                    let result = undo(&log, other == 9);
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
            let states: Vec<u64> = model.states.iter().rev().map(|state| state.len() as u64).collect();
            assert_eq!(offered.iter().map(|c| c.logical_len).collect::<Vec<_>>(), states, "{what}");
        }
    }
    assert!(done.iter().all(|&count| count > 5), "{done:?}");
}

fn ids_of(log: &[u8]) -> Vec<String> {
    let values =
        log.split(|&b| b == b'\n').skip(1).filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    values.filter_map(|value| Some(value["id"].as_str()?.to_string())).collect()
}
