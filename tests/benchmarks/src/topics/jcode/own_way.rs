//! What jcode does today: a line of journal for each save, and the whole snapshot anew once the journal is long.
//!
//! Owns: the calls to the system in their order. Messages are held as text, which jcode makes anew for each snapshot.

use super::session::Memory;
use crate::Outcome;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Length of a journal at which the snapshot is written anew.
const MAX_JOURNAL: u64 = 512 * 1024;

pub struct OwnWay {
    snapshot: PathBuf,
    journal: PathBuf,
    messages: Vec<Vec<u8>>,
    /// Bytes that were written.
    pub written: u64,
}

impl OwnWay {
    pub fn new(folder: &Path) -> Self {
        let (snapshot, journal) = (folder.join("session.json"), folder.join("session.journal.jsonl"));
        Self { snapshot, journal, messages: Vec::new(), written: 0 }
    }

    /// Saves the turn that the memory holds.
    pub fn save(&mut self, memory: &Memory) -> Outcome<()> {
        self.messages.extend_from_slice(memory.turn());
        let fields = memory.fields.to_object();
        if fs::metadata(&self.journal).is_ok_and(|journal| journal.len() > MAX_JOURNAL) {
            return self.checkpoint(&fields);
        }
        let line =
            [b"{\"meta\":", &*fields, b",\"append_messages\":[", &*memory.turn().join(&b","[..]), b"]}\n"].concat();
        OpenOptions::new().create(true).append(true).open(&self.journal)?.write_all(&line)?;
        self.written += line.len() as u64;
        Ok(())
    }

    fn checkpoint(&mut self, fields: &[u8]) -> Outcome<()> {
        let open = fields.strip_suffix(b"}").unwrap_or(fields);
        let all = [open, b",\"messages\":[", &*self.messages.join(&b","[..]), b"]}"].concat();
        let (temporary, backup) = (self.snapshot.with_extension("json.tmp"), self.snapshot.with_extension("bak"));
        fs::write(&temporary, &all)?;
        self.written += all.len() as u64;
        unless_missing(fs::remove_file(&backup))?;
        unless_missing(fs::hard_link(&self.snapshot, &backup))?;
        fs::rename(&temporary, &self.snapshot)?;
        Ok(unless_missing(fs::remove_file(&self.journal))?)
    }
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
