//! The ledger's files: its rows and its head.
//!
//! Owns: the order of writes and syncs.
//! Invariant: when [`LedgerFile::add`] returns, the row and then the head are on the disk. A crash between them leaves
//! a head that is behind, which is no finding. A torn last row is cut before the next row is added.

use super::error::StoreError;
use super::ledger::{Head, Ledger, LedgerRow};
use crate::source::ByteSource;
use crate::storage::{
    Folder, Place, Storage, StorageFile, append_all, create_anew, open_if_there, or_removed, publish,
};
use alloc::vec::Vec;

/// The temporary file for the head.
const HEAD: Place = Place::Temporary(1);

/// An open ledger.
#[derive(Debug)]
pub struct LedgerFile<F> {
    file: Option<F>,
    /// Its content.
    pub ledger: Ledger,
    /// Number of rows in the head; `None` without a head.
    head: Option<u64>,
}

impl<F: StorageFile> LedgerFile<F> {
    /// Opens the ledger; a missing one has no rows.
    ///
    /// # Errors
    /// Fails if the ledger cannot be read.
    pub fn open<S: Storage<File = F>>(storage: &S) -> Result<Self, StoreError> {
        let head = match open_if_there(storage, &Place::LedgerHead)? {
            Some(file) => Head::read(&read(&file)?),
            None => None,
        };
        let mut file = open_if_there(storage, &Place::Ledger)?;
        let bytes = file.as_ref().map_or(Ok(Vec::new()), read)?;
        let ledger = Ledger::read(&bytes, head.as_ref());
        let head = head.map(|head| head.rows);
        // Rows behind the head may be unsynced; actions that follow from them must not outlive them. After a sync that
        // failed the host may take them for written, so they are written once more.
        if let Some(file) = file.as_mut().filter(|_| head.is_none_or(|rows| rows < ledger.lines)) {
            let from = end_of_line(&bytes, head.unwrap_or_default());
            file.overwrite(from as u64, bytes.get(from..ledger.whole).unwrap_or_default())?;
            file.sync_data()?;
        }
        Ok(Self { file, ledger, head })
    }

    /// Adds a row durably and returns its number.
    ///
    /// # Errors
    /// Fails if the row cannot be written; the event that it announces must then not happen.
    pub fn add<S: Storage<File = F>>(&mut self, storage: &S, row: LedgerRow) -> Result<u64, StoreError> {
        self.add_all(storage, alloc::vec![row])
    }

    /// Adds rows with one sync and returns the number of the last. A crash leaves none, or the first few of them.
    ///
    /// # Errors
    /// Same errors as [`LedgerFile::add`].
    pub fn add_all<S: Storage<File = F>>(&mut self, storage: &S, rows: Vec<LedgerRow>) -> Result<u64, StoreError> {
        let last = self.announce(storage, rows)?;
        self.write_head(storage)?;
        Ok(last)
    }

    /// Adds rows but not the head, which follows once the last row's event is done and reported.
    ///
    /// # Errors
    /// Same errors as [`LedgerFile::add`].
    pub fn announce<S: Storage<File = F>>(&mut self, storage: &S, rows: Vec<LedgerRow>) -> Result<u64, StoreError> {
        if self.head.is_none() && self.ledger.lines > 0 {
            // Without a head only rows of the first addition may be torn.
            self.write_head(storage)?;
        }
        let mut lines = Vec::new();
        let mut link = self.ledger.link.clone();
        let mut added = Vec::new();
        for row in rows {
            let line = row.line(&link);
            let mut read = Ledger::read(&line, None);
            added.append(&mut read.rows);
            link = read.link;
            lines.extend_from_slice(&line);
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = storage.create(&Place::Ledger)?;
                // Before the head, which would report a missing ledger as cut.
                storage.sync_folder(Folder::Store)?;
                file
            }
        };
        let whole = self.ledger.whole as u64;
        if file.stamp()?.len > whole {
            file.set_len(whole)?;
        }
        append_all(&mut file, &lines)?;
        file.sync_data()?;
        self.file = Some(file);
        added.into_iter().for_each(|row| self.ledger.push(row));
        self.ledger.whole += lines.len();
        self.ledger.link = link;
        Ok(self.ledger.lines)
    }

    /// True if the head counts all rows.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.head.is_none_or(|rows| rows >= self.ledger.lines)
    }

    pub(super) fn write_head<S: Storage<File = F>>(&mut self, storage: &S) -> Result<(), StoreError> {
        or_removed(storage, &HEAD, self.replace_head(storage))?;
        self.head = Some(self.ledger.lines);
        Ok(())
    }

    fn replace_head<S: Storage<File = F>>(&self, storage: &S) -> Result<(), StoreError> {
        let mut file = create_anew(storage, &HEAD)?;
        append_all(&mut file, &serde_json::to_vec(&self.ledger.head()).unwrap_or_default())?;
        let there = storage.stamp(&Place::LedgerHead)?;
        publish(storage, file, &HEAD, &Place::LedgerHead, there)?;
        Ok(())
    }
}

/// Behind so many lines.
fn end_of_line(bytes: &[u8], lines: u64) -> usize {
    let Some(last) = usize::try_from(lines).ok().and_then(|lines| lines.checked_sub(1)) else { return 0 };
    memchr::memchr_iter(b'\n', bytes).nth(last).map_or(bytes.len(), |lf| lf + 1)
}

fn read(file: &impl ByteSource) -> Result<Vec<u8>, StoreError> {
    Ok(file.read_vec(0, usize::try_from(file.len()).unwrap_or_default())?)
}
