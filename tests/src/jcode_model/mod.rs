//! An independent model of jcode's v1 sessions: how jcode loads them, and a generator of them. It is written from the
//! contract (section 8), the fixtures and facts about jcode's own types. It shares no code with the implementation, so
//! that only the same mistake in both can go unseen.

pub mod check;
pub mod damage;
pub mod generate;
pub mod grow;
pub mod json;
pub mod large;
pub mod load;
pub mod record;
pub mod rng;
pub mod schema;
pub mod state;
pub mod tables;
pub mod time;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_change;
#[cfg(test)]
mod tests_generate;
#[cfg(test)]
mod tests_read;

pub use check::normal_form;
pub use damage::{Damage, cut_snapshot, damage_as, damage_journal};
pub use generate::{Shape, arb_v1, generate};
pub use grow::{Growth, grow, grow_as};
pub use json::value_of;
pub use large::{write_large_v1, write_v1_home};
pub use load::{LoadError, Loaded, Rules, load, load_with};
pub use rng::ModelRng;

use std::io;
use std::path::Path;

/// The v1 files of one session, as bytes; `None` for a missing file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct V1Files {
    pub snapshot: Option<Vec<u8>>,
    pub journal: Option<Vec<u8>>,
    pub bak: Option<Vec<u8>>,
}

impl V1Files {
    /// The file names are jcode's: `<id>.json`, `<id>.journal.jsonl`, `<id>.bak`.
    fn named(&self, id: &str) -> [(String, &Option<Vec<u8>>); 3] {
        [
            (format!("{id}.json"), &self.snapshot),
            (format!("{id}.journal.jsonl"), &self.journal),
            (format!("{id}.bak"), &self.bak),
        ]
    }

    /// Makes the folder hold exactly these files for `id`. A file that is `None` here is removed, as jcode deletes the
    /// journal when it takes a checkpoint.
    pub fn write_to(&self, dir: &Path, id: &str) -> io::Result<()> {
        for (name, bytes) in self.named(id) {
            let path = dir.join(name);
            match bytes {
                Some(bytes) => std::fs::write(path, bytes)?,
                None => match std::fs::remove_file(path) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                    _ => {}
                },
            }
        }
        Ok(())
    }

    pub fn read_from(dir: &Path, id: &str) -> io::Result<V1Files> {
        let read = |name: String| match std::fs::read(dir.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        };
        let [snapshot, journal, bak] = V1Files::default().named(id).map(|(name, _)| read(name));
        Ok(V1Files { snapshot: snapshot?, journal: journal?, bak: bak? })
    }
}
