//! Folders of many sessions, as skewed as those of daily users of agents: a few files hold most of the bytes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rand::RngExt;

use crate::generate::large::{LargeLog, Until};
use crate::generate::{Random, random};

/// How many of a hundred files are big, and what percentage of the bytes they hold.
const BIG: (u64, u64) = (1, 82);
const PROJECTS: u64 = 40;

/// A folder of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    pub sessions: u64,
    pub bytes: u64,
    /// The median length of a session; at most three times the mean of the sessions that are not big.
    pub median: u64,
    pub seed: u64,
}

impl Home {
    /// The same bytes per session as in a home of 10,000 sessions with 3 GB, with a median of 93 kB.
    #[must_use]
    pub const fn skewed(sessions: u64) -> Self {
        Self { sessions, bytes: sessions * 300_000, median: 93_000, seed: 1 }
    }

    /// Writes the logs. Returns their paths.
    ///
    /// # Errors
    /// Any error of the file system.
    pub fn write(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::create_dir_all(folder)?;
        let rng = &mut random(self.seed);
        let sizes = self.sizes(rng);
        (0..).zip(sizes).map(|(number, bytes)| self.session(folder, number, bytes)).collect()
    }

    fn session(&self, folder: &Path, number: u64, bytes: u64) -> io::Result<PathBuf> {
        let log = LargeLog {
            until: Until::Bytes(bytes),
            branches: bytes / 1_000_000,
            image_every: 200,
            project: number % PROJECTS,
            seed: self.seed << 32 | number,
            ..LargeLog::default()
        };
        let path = folder.join(format!("{number:06}_{}.jsonl", log.session_id()));
        log.write(File::create(&path)?)?;
        Ok(path)
    }

    /// The length of each session: after every 99 others a big one. Of the others, one half is around the median and
    /// one half far below.
    fn sizes(&self, rng: &mut Random) -> Vec<u64> {
        let big = self.sessions * BIG.0 / 100;
        let others = self.sessions - big;
        let below: Vec<u64> =
            (0..others / 2).map(|_| log_uniform(self.median as f64 / 100.0, self.median as f64 / 2.5, rng)).collect();
        let in_others = if big == 0 { self.bytes } else { self.bytes / 100 * (100 - BIG.1) };
        let above = others - others / 2;
        let mean_above = in_others.saturating_sub(below.iter().sum()) / above.max(1);
        let most_above = (2 * mean_above).saturating_sub(self.median).max(self.median + 1);
        let mut below = below.into_iter();
        let weights: Vec<f64> = (0..big).map(|_| log_uniform(1e3, 1e5, rng) as f64).collect();
        let scale = (self.bytes - in_others) as f64 / weights.iter().sum::<f64>();
        let mut weights = weights.into_iter();
        (0..self.sessions)
            .map(|number| {
                let big = if number % 100 == 99 { weights.next().map(|weight| (weight * scale) as u64) } else { None };
                let small = if number % 2 == 0 { below.next() } else { None };
                big.or(small).unwrap_or_else(|| rng.random_range(self.median..most_above))
            })
            .collect()
    }
}

fn log_uniform(low: f64, high: f64, rng: &mut Random) -> u64 {
    (low * (high / low).powf(rng.random_range(0.0..1.0))) as u64
}
