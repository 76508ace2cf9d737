//! Whole v1 sessions from a seed: the files after jcode has worked for a while.

use super::V1Files;
use super::rng::ModelRng;
use super::state::{MAX_ENV, State};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// jcode took a checkpoint last.
    SnapshotOnly,
    /// The first, small snapshot, and everything later in the journal.
    JournalOverSmallSnapshot,
    /// About half of the session in each, and a `.bak`.
    Both,
}

pub const SHAPES: [Shape; 3] = [Shape::SnapshotOnly, Shape::JournalOverSmallSnapshot, Shape::Both];

/// A session of at least `turns` turns (about 1.4 messages each). The same seed gives the same bytes.
pub fn generate(shape: Shape, turns: usize, rng: &mut ModelRng) -> V1Files {
    let mut state = State::new(rng);
    let in_snapshot = match shape {
        Shape::SnapshotOnly => turns,
        Shape::JournalOverSmallSnapshot => turns.min(1),
        Shape::Both => turns.div_ceil(2),
    };
    work(&mut state, in_snapshot, rng);
    let mut files = V1Files { snapshot: Some(state.checkpoint(rng)), journal: None, bak: None };
    if shape == Shape::Both {
        work(&mut state, 1, rng);
        files.bak = files.snapshot.replace(state.checkpoint(rng));
    }
    if shape != Shape::SnapshotOnly {
        let mut journal = Vec::new();
        let mut left = turns - in_snapshot;
        while left > 0 || journal.is_empty() {
            let turns = rng.range(0, 4).min(left.max(1));
            work(&mut state, turns, rng);
            // jcode takes a checkpoint for such a change, but it also reads the change from a journal.
            if rng.one_in(8) {
                state.change_title(rng);
            }
            journal.extend(state.journal_line(rng));
            left = left.saturating_sub(turns);
        }
        files.journal = Some(journal);
    }
    files
}

fn work(state: &mut State, turns: usize, rng: &mut ModelRng) {
    for _ in 0..turns {
        state.converse(rng);
        // A ninth one would cause a checkpoint (`grow` does that), which must not happen here.
        if rng.one_in(10) && state.list("env_snapshots").len() < MAX_ENV {
            state.record_env(rng);
        }
        if rng.one_in(5) {
            state.change_meta(rng);
        }
    }
}

/// A strategy for property tests; it shrinks towards few turns.
pub fn arb_v1(max_turns: usize) -> impl Strategy<Value = V1Files> {
    (0..=max_turns, 0..SHAPES.len(), any::<u64>())
        .prop_map(|(turns, shape, seed)| generate(SHAPES[shape], turns, &mut ModelRng::new(seed)))
}
