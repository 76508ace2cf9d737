//! Core's storage contracts over a [`Machine`].
//!
//! Owns: what each call changes, at once and durably. The disk is never touched.
//! Invariant: only `sync_data` and `sync_folder` make changes durable.

use super::{Fault, Machine, Op, World, error};
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use jcode_session_core::storage::{Folder, Named, Place, Storage, StorageError, StorageErrorKind, StorageFile};

/// An open file of a machine.
#[derive(Debug, Clone)]
pub struct CrashFile {
    machine: Machine,
    inode: usize,
    /// The name under which it was opened.
    place: Place,
    /// Length of the file as far as this handle knows.
    len: u64,
}

impl CrashFile {
    fn new(machine: &Machine, inode: usize, place: &Place) -> Self {
        let len = machine.recorded().world.inodes[inode].live.len() as u64;
        Self { machine: machine.clone(), inode, place: place.clone(), len }
    }

    fn len_now(&self) -> u64 {
        self.machine.recorded().world.inodes[self.inode].live.len() as u64
    }

    fn stamp_now(&self) -> FileStamp {
        FileStamp { dev: 1, ino: self.inode as u64, len: self.len_now(), mtime_ns: 0, ctime_ns: 0 }
    }

    fn change(&self, op: Op) {
        let inode = &mut self.machine.recorded().world.inodes[self.inode];
        op.apply(&mut inode.live);
        inode.pending.push(op);
    }
}

impl ByteSource for CrashFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let recorded = self.machine.recorded();
        SliceSource(&recorded.world.inodes[self.inode].live).read_at(offset, buffer)
    }
}

impl StorageFile for CrashFile {
    fn append(&mut self, bytes: &[u8]) -> Result<usize, StorageError> {
        let fault = self.machine.step(Some((self.inode, bytes)))?;
        let take = if fault == Some(Fault::Short) && bytes.len() > 1 { bytes.len() / 2 } else { bytes.len() };
        self.change(Op::Write(self.len_now(), bytes[..take].to_vec()));
        self.len += take as u64;
        Ok(take)
    }

    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        self.machine.step(None)?;
        assert!(offset + bytes.len() as u64 <= self.len_now(), "only bytes that are there are written over");
        self.change(Op::Write(offset, bytes.to_vec()));
        Ok(())
    }

    fn set_len(&mut self, len: u64) -> Result<(), StorageError> {
        self.machine.step(None)?;
        self.change(Op::SetLen(len));
        self.len = len;
        Ok(())
    }

    fn sync_data(&mut self) -> Result<(), StorageError> {
        let outcome = self.machine.step(None);
        let inode = &mut self.machine.recorded().world.inodes[self.inode];
        if let Err(failed) = outcome {
            // The writes count as clean from now on, though they never reached the disk. A length is the journal's, which
            // has it or ends the file system.
            inode.pending.retain(|op| matches!(op, Op::SetLen(_)));
            return Err(failed);
        }
        for op in inode.pending.drain(..) {
            op.apply(&mut inode.durable);
        }
        Ok(())
    }

    fn stamp(&self) -> Result<FileStamp, StorageError> {
        self.machine.touched();
        Ok(self.stamp_now())
    }

    fn named(&self) -> Result<Named, StorageError> {
        self.machine.touched();
        let there = self.machine.recorded().world.names.get(&self.place).copied();
        Ok(match there {
            Some(inode) if inode == self.inode => Named::Same(self.len_now()),
            Some(_) => Named::Other,
            None => Named::Nothing,
        })
    }
}

fn parent(folder: Folder) -> Folder {
    match folder {
        Folder::Sessions | Folder::Store => Folder::Sessions,
        Folder::Checkpoints | Folder::Segments | Folder::Quarantine => Folder::Store,
    }
}

/// Makes the folders that a place needs, as hosts do.
fn make_folders(world: &mut World, place: &Place) {
    let mut folder = place.folder();
    while folder != Folder::Sessions {
        world.folders.insert(folder);
        folder = parent(folder);
    }
}

impl Storage for Machine {
    type File = CrashFile;

    fn open(&self, place: &Place) -> Result<CrashFile, StorageError> {
        let inode = self.recorded().world.names.get(place).copied();
        let inode = inode.ok_or_else(|| error(StorageErrorKind::NotFound, "not there"))?;
        Ok(CrashFile::new(self, inode, place))
    }

    fn shown(&self, place: &Place) -> String {
        format!("{place:?}")
    }

    fn create(&self, place: &Place) -> Result<CrashFile, StorageError> {
        self.step(None)?;
        let world = &mut self.recorded().world;
        if world.names.contains_key(place) {
            return Err(error(StorageErrorKind::Exists, "there already"));
        }
        make_folders(world, place);
        let inode = world.inodes.len();
        world.inodes.push(super::Inode::default());
        world.names.insert(place.clone(), inode);
        Ok(CrashFile { machine: self.clone(), inode, place: place.clone(), len: 0 })
    }

    fn stamp(&self, place: &Place) -> Result<Option<FileStamp>, StorageError> {
        self.touched();
        let inode = self.recorded().world.names.get(place).copied();
        Ok(inode.map(|inode| CrashFile::new(self, inode, place).stamp_now()))
    }

    fn rename(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        self.step(None)?;
        let world = &mut self.recorded().world;
        let inode = world.names.remove(from).ok_or_else(|| error(StorageErrorKind::NotFound, "not there"))?;
        make_folders(world, to);
        world.names.insert(to.clone(), inode);
        Ok(())
    }

    fn link(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        self.step(None)?;
        let world = &mut self.recorded().world;
        if world.no_links {
            return Err(error(StorageErrorKind::Unsupported, "no hard links"));
        }
        let inode = *world.names.get(from).ok_or_else(|| error(StorageErrorKind::NotFound, "not there"))?;
        if world.names.contains_key(to) {
            return Err(error(StorageErrorKind::Exists, "there already"));
        }
        make_folders(world, to);
        world.names.insert(to.clone(), inode);
        Ok(())
    }

    fn remove(&self, place: &Place) -> Result<(), StorageError> {
        self.step(None)?;
        let removed = self.recorded().world.names.remove(place);
        removed.map(|_| ()).ok_or_else(|| error(StorageErrorKind::NotFound, "not there"))
    }

    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError> {
        let recorded = self.recorded();
        let names = recorded.world.names.keys().filter(|place| place.folder() == folder);
        let text = |place: &Place| match place {
            Place::Checkpoint(name) | Place::Segment(name) | Place::Quarantine(name) => Some(name.as_str().to_owned()),
            Place::Log | Place::Temporary(_) | Place::Ledger | Place::LedgerHead => None,
        };
        Ok(names.filter_map(text).collect())
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError> {
        self.step(None)?;
        let world = &mut self.recorded().world;
        let inside = |place: &Place| place.folder() == folder;
        world.durable_names.retain(|place, _| !inside(place));
        let now: Vec<_> = world.names.iter().filter(|(place, _)| inside(place)).map(|(p, i)| (p.clone(), *i)).collect();
        world.durable_names.extend(now);
        if world.folders.contains(&folder) {
            world.durable_folders.insert(folder);
        }
        let children: Vec<_> = world.folders.iter().copied().filter(|&child| parent(child) == folder).collect();
        world.durable_folders.extend(children);
        Ok(())
    }
}
