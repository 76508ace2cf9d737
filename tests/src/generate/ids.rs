//! Ids in the forms that writers of logs use.

use std::collections::HashSet;

use rand::RngExt;

use crate::generate::Random;

/// The form of the entry ids of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdStyle {
    /// The form of `append`.
    Uuid7,
    /// pi's form: eight hex digits.
    Hex8,
    /// Both forms in one log, as if two programs wrote it.
    Mixed,
}

/// A source of ids that are unique within a log.
#[derive(Debug)]
pub struct Ids {
    style: IdStyle,
    used: HashSet<String>,
}

impl Ids {
    pub fn new(style: IdStyle) -> Self {
        Self { style, used: HashSet::new() }
    }

    pub fn next(&mut self, ms: u64, rng: &mut Random) -> String {
        loop {
            let long = match self.style {
                IdStyle::Uuid7 => true,
                IdStyle::Hex8 => false,
                IdStyle::Mixed => rng.random_bool(0.5),
            };
            let id = if long { uuid7(ms, rng.random()) } else { format!("{:08x}", rng.random::<u32>()) };
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// A UUID of version 7 with this time and these random bits.
pub fn uuid7(ms: u64, random: u128) -> String {
    let version = 0x7000 | (random >> 112) & 0xfff;
    let variant = 0x8000 | (random >> 96) & 0x3fff;
    let (high, low) = (ms >> 16 & 0xffff_ffff, ms & 0xffff);
    format!("{high:08x}-{low:04x}-{version:04x}-{variant:04x}-{:012x}", random & 0xffff_ffff_ffff)
}
