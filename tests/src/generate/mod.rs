//! Generators of session logs, and proptest strategies over them. They are seeded, so that shape and seed identify a
//! log. With one seed, a log of fewer entries is a prefix of the log of more. They share no code with the oracle or the
//! engine.
//!
//! `tree` and `linear` write well-formed logs of the three JSONL dialects, `large` writes big ones fast, `home` writes
//! folders of them, and `damage` breaks any of them. `other_files` are files beside logs that are no sessions.
//! `strategy` is for property tests.

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
pub mod secrets;
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

/// The size and form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogShape {
    /// Entries after the header.
    pub entries: usize,
    /// Average length of an entry, about.
    pub entry_bytes: usize,
    /// Percentage of entries that leave the active branch and start another one.
    pub branch_percent: u32,
    pub ids: IdStyle,
}

impl Default for LogShape {
    fn default() -> Self {
        Self { entries: 40, entry_bytes: 400, branch_percent: 10, ids: IdStyle::Uuid7 }
    }
}
