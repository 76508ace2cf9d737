//! Proptest strategies over the generators. A failing case shrinks to fewer entries and less damage, and prints the log
//! itself.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::generate::{Damage, IdStyle, LogShape, linear_v1, random, tree_v2, tree_v3};

/// A generated log, and how it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Sample {
    pub bytes: Vec<u8>,
    pub shape: LogShape,
    pub seed: u64,
    pub damage: Vec<Damage>,
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}, seed {}, {:?}:", self.shape, self.seed, self.damage)?;
        for line in self.bytes.split_inclusive(|&byte| byte == b'\n') {
            writeln!(f, "  {}", line.escape_ascii())?;
        }
        Ok(())
    }
}

/// Shapes with up to this many entries.
pub fn shape(max_entries: usize) -> impl Strategy<Value = LogShape> {
    let ids = select(vec![IdStyle::Uuid7, IdStyle::Hex8, IdStyle::Mixed]);
    let rest = (0..=max_entries, 150..600_usize, select(vec![0, 5, 15, 50]), ids);
    rest.prop_map(|(entries, entry_bytes, branch_percent, ids)| LogShape { entries, entry_bytes, branch_percent, ids })
}

/// Any kind of damage that spares the header.
pub fn any_damage() -> impl Strategy<Value = Damage> {
    select(Damage::BODY.to_vec())
}

type Generator = fn(LogShape, u64) -> Vec<u8>;

fn sample(
    generator: Generator,
    max_entries: usize,
    damage: impl Strategy<Value = Vec<Damage>>,
) -> impl Strategy<Value = Sample> {
    let parts = (shape(max_entries), any::<u64>().no_shrink(), damage);
    parts.prop_map(move |(shape, seed, damage)| {
        let mut bytes = generator(shape, seed);
        let mut rng = random(!seed);
        for kind in &damage {
            kind.apply(&mut bytes, &mut rng);
        }
        Sample { bytes, shape, seed, damage }
    })
}

/// Well-formed `tree-v3` logs.
pub fn tree_v3_log(max_entries: usize) -> impl Strategy<Value = Sample> {
    sample(tree_v3, max_entries, Just(Vec::new()))
}

/// Well-formed `tree-v2` logs.
pub fn tree_v2_log(max_entries: usize) -> impl Strategy<Value = Sample> {
    sample(tree_v2, max_entries, Just(Vec::new()))
}

/// Well-formed `linear-v1` logs.
pub fn linear_v1_log(max_entries: usize) -> impl Strategy<Value = Sample> {
    sample(linear_v1, max_entries, Just(Vec::new()))
}

/// `tree-v3` logs with up to six kinds of damage; the header stays readable.
pub fn damaged_tree_v3(max_entries: usize) -> impl Strategy<Value = Sample> {
    sample(tree_v3, max_entries, vec(any_damage(), 1..=6))
}

/// `tree-v2` logs with up to four kinds of damage; the header stays readable.
pub fn damaged_tree_v2(max_entries: usize) -> impl Strategy<Value = Sample> {
    sample(tree_v2, max_entries, vec(any_damage(), 1..=4))
}

/// `linear-v1` logs with up to four kinds of damage; the header stays readable.
pub fn damaged_linear_v1(max_entries: usize) -> impl Strategy<Value = Sample> {
    sample(linear_v1, max_entries, vec(any_damage(), 1..=4))
}
