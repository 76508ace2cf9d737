//! Generators of session logs: seeded, so that a log is named by its shape and its seed, and
//! proptest strategies over those. With one seed, the log of fewer entries is the beginning of the
//! log of more. They share no code with the oracle or the engine.
//!
//! `tree` and `linear` write well-formed logs of the three JSONL dialects, `large` writes big ones
//! fast, `home` folders of them, `damage` breaks any of them, `other_files` are what lies beside them and is no
//! session, `strategy` is what property tests use.

pub mod agents;
mod clock;
mod corpus;
mod damage;
mod damage_bytes;
mod damage_fields;
mod damage_lines;
mod home;
mod ids;
mod large;
mod linear;
mod other_files;
mod payload;
mod strategy;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use damage::{Damage, damage};
pub use home::Home;
pub use ids::IdStyle;
pub use large::{LargeLog, Until};
pub use linear::linear_v1;
pub use other_files::OtherFile;
pub use payload::message;
pub use strategy::{
    Sample, any_damage, damaged_linear_v1, damaged_tree_v2, damaged_tree_v3, linear_v1_log, shape, tree_v2_log,
    tree_v3_log,
};
pub use tree::{tree_v2, tree_v3};

/// The random source of all generators.
pub type Random = rand_chacha::ChaCha8Rng;

/// The random source with this seed.
#[must_use]
pub fn random(seed: u64) -> Random {
    rand::SeedableRng::seed_from_u64(seed)
}

/// How big a log is and what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogShape {
    /// Entries after the header.
    pub entries: usize,
    /// About how long an entry is, on average.
    pub entry_bytes: usize,
    /// How many of a hundred entries leave the active branch and start another one.
    pub branch_percent: u32,
    pub ids: IdStyle,
}

impl Default for LogShape {
    fn default() -> Self {
        Self { entries: 40, entry_bytes: 400, branch_percent: 10, ids: IdStyle::Uuid7 }
    }
}
