//! A folder on a disk: its present state, and the states that a power cut may leave.
//!
//! Owns: the effect of calls, and the lists of states after a crash. The meaning of the files is not known here.
//! Invariant: bytes are certain to survive once their file was synced, names once their folder was. Of unsynced changes
//! of names a prefix survives, as journals keep them.

use super::Call;
use crate::crash_storage::outcomes::images;
use crate::crash_storage::{Inode, Op};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The node that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

/// A change of names in one folder.
#[derive(Debug, Clone)]
enum NameChange {
    Put(PathBuf, Node),
    Remove(PathBuf),
    Move(PathBuf, PathBuf),
}

type Names = BTreeMap<PathBuf, Node>;

/// An open file.
#[derive(Debug, Clone, Copy)]
struct Open {
    inode: usize,
    at: u64,
    append: bool,
}

/// A disk, during a run.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    root: PathBuf,
    inodes: Vec<Inode>,
    names: Names,
    durable: Names,
    pending: Vec<NameChange>,
    /// Open files, shared by duplicates.
    open: Vec<Open>,
    numbers: BTreeMap<i64, usize>,
    folders: BTreeMap<i64, PathBuf>,
    /// The bytes written to standard output.
    pub said: Vec<u8>,
}

/// Files with their content, by path below the root; folders have no content.
pub type State = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// A state after a crash.
#[derive(Debug, Clone)]
pub struct Found {
    /// The files.
    pub state: State,
    /// True for a power cut, false for a kill.
    pub power: bool,
    /// A description for messages.
    pub what: String,
}

impl Disk {
    /// The present state of a folder, all of it durable.
    ///
    /// # Panics
    /// Panics if the folder cannot be read.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        let mut disk = Self { root: root.to_path_buf(), ..Self::default() };
        for (path, content) in read(root) {
            let node = content.map_or(Node::Folder, |bytes| {
                disk.inodes.push(Inode { live: bytes.clone(), durable: bytes, pending: Vec::new() });
                Node::File(disk.inodes.len() - 1)
            });
            disk.names.insert(path, node);
        }
        disk.durable.clone_from(&disk.names);
        disk
    }

    /// Applies a call. Returns true if it changed anything that a crash could reveal.
    pub fn apply(&mut self, call: &Call) -> bool {
        match call {
            Call::Open { number, path, create, truncate, append } => {
                return self.opened(*number, path, *create, *truncate, *append);
            }
            Call::Duplicate(old, new) => {
                if let Some(&open) = self.numbers.get(old) {
                    self.numbers.insert(*new, open);
                }
                return false;
            }
            Call::Close(number) => {
                self.numbers.remove(number);
                self.folders.remove(number);
                return false;
            }
            Call::Seek(number, at) => {
                if let Some(&open) = self.numbers.get(number) {
                    self.open[open].at = *at;
                }
                return false;
            }
            Call::Write(number, offset, bytes) => return self.write(*number, *offset, bytes),
            Call::Cut(number, len) => return self.change(*number, Op::SetLen(*len)),
            Call::Extend(number, len) => return self.change(*number, Op::Extend(*len)),
            Call::Sync(number) | Call::SyncData(number) => return self.sync(*number),
            Call::SyncAll => {
                for inode in &mut self.inodes {
                    inode.durable.clone_from(&inode.live);
                    inode.pending.clear();
                }
                self.pending.drain(..).for_each(|change| apply(&change, &mut self.durable));
                return true;
            }
            Call::Rename(from, to) => {
                if let (Some(from), Some(to)) = (self.below(from), self.below(to)) {
                    self.rename(from, to);
                    return true;
                }
            }
            Call::Link(from, to) => {
                if let (Some(from), Some(to)) = (self.below(from), self.below(to)) {
                    let node = self.names[&from];
                    self.name(NameChange::Put(to, node));
                    return true;
                }
            }
            Call::Remove(path) => {
                if let Some(path) = self.below(path) {
                    self.name(NameChange::Remove(path));
                    return true;
                }
            }
            Call::MakeFolder(path) => {
                if let Some(path) = self.below(path) {
                    self.name(NameChange::Put(path, Node::Folder));
                    return true;
                }
            }
        }
        false
    }

    fn below(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_path_buf)
    }

    fn name(&mut self, change: NameChange) {
        apply(&change, &mut self.names);
        self.pending.push(change);
    }

    /// Renames. Within a folder this is one change; between two folders each folder keeps its own half.
    fn rename(&mut self, from: PathBuf, to: PathBuf) {
        if from.parent() == to.parent() {
            self.name(NameChange::Move(from, to));
        } else {
            let node = self.names[&from];
            self.name(NameChange::Put(to, node));
            self.name(NameChange::Remove(from));
        }
    }

    fn opened(&mut self, number: i64, path: &Path, create: bool, truncate: bool, append: bool) -> bool {
        self.numbers.remove(&number);
        let Some(path) = self.below(path) else { return false };
        let mut changed = false;
        if create && !self.names.contains_key(&path) {
            self.inodes.push(Inode::default());
            self.name(NameChange::Put(path.clone(), Node::File(self.inodes.len() - 1)));
            changed = true;
        }
        match self.names.get(&path) {
            Some(&Node::File(inode)) => {
                self.open.push(Open { inode, at: 0, append });
                self.numbers.insert(number, self.open.len() - 1);
                if truncate && !self.inodes[inode].live.is_empty() {
                    changed |= self.change(number, Op::SetLen(0));
                }
            }
            Some(Node::Folder) => drop(self.folders.insert(number, path)),
            // The root itself.
            None => drop(self.folders.insert(number, path)),
        }
        changed
    }

    fn write(&mut self, number: i64, offset: Option<u64>, bytes: &[u8]) -> bool {
        let Some(&open) = self.numbers.get(&number) else {
            if number == 1 {
                self.said.extend_from_slice(bytes);
            }
            return false;
        };
        let file = &mut self.open[open];
        let end = self.inodes[file.inode].live.len() as u64;
        let at = offset.unwrap_or(if file.append { end } else { file.at });
        if offset.is_none() {
            file.at = at + bytes.len() as u64;
        }
        self.change(number, Op::Write(at, bytes.to_vec()))
    }

    fn change(&mut self, number: i64, op: Op) -> bool {
        let Some(&open) = self.numbers.get(&number) else { return false };
        let inode = &mut self.inodes[self.open[open].inode];
        op.apply(&mut inode.live);
        inode.pending.push(op);
        true
    }

    fn sync(&mut self, number: i64) -> bool {
        if let Some(&open) = self.numbers.get(&number) {
            let inode = &mut self.inodes[self.open[open].inode];
            inode.durable.clone_from(&inode.live);
            inode.pending.clear();
            return true;
        }
        let Some(folder) = self.folders.get(&number) else { return false };
        let here = |change: &NameChange| match change {
            NameChange::Put(path, _) | NameChange::Remove(path) | NameChange::Move(_, path) => {
                path.parent() == Some(folder)
            }
        };
        let (now, later): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|change| here(change));
        now.iter().for_each(|change| apply(change, &mut self.durable));
        self.pending = later;
        true
    }

    /// The present files.
    #[must_use]
    pub fn now(&self) -> State {
        state(&self.names, |inode| self.inodes[inode].live.clone())
    }

    /// The states that a kill may leave while `next` runs: without it, or with a part of its write.
    #[must_use]
    pub fn kills(&self, next: Option<&Call>) -> Vec<Found> {
        let found = |disk: &Self, what: String| Found { state: disk.now(), power: false, what };
        let mut all = vec![found(self, "kill".into())];
        if let Some(Call::Write(number, offset, bytes)) = next {
            for part in [1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
                let mut torn = self.clone();
                if part > 0 && torn.write(*number, *offset, &bytes[..part.min(bytes.len())]) {
                    all.push(found(&torn, format!("kill after {part} bytes of a write")));
                }
            }
        }
        all
    }

    /// The states that a power cut may leave. With `wide`: each unsynced change lost, torn and alone, each order of
    /// names.
    #[must_use]
    pub fn power_cuts(&self, wide: bool) -> Vec<Found> {
        let mut all = Vec::new();
        let images = images(&self.inodes, wide);
        for kept in 0..=self.pending.len() {
            let mut names = self.durable.clone();
            self.pending[..kept].iter().for_each(|change| apply(change, &mut names));
            // A file does not survive without its folder.
            let there: Vec<PathBuf> = names.keys().filter(|path| whole(path, &names)).cloned().collect();
            names.retain(|path, _| there.contains(path));
            let ends = kept == 0 || kept == self.pending.len();
            for (word, bytes) in images.iter().take(if ends { images.len() } else { 2 }) {
                let what = format!("power cut, {word}, {kept} of {} names kept", self.pending.len());
                all.push(Found { state: state(&names, |inode| bytes[inode].clone()), power: true, what });
            }
        }
        all
    }
}

fn whole(path: &Path, names: &Names) -> bool {
    path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).all(|folder| names.contains_key(folder))
}

fn apply(change: &NameChange, names: &mut Names) {
    match change {
        NameChange::Put(path, node) => drop(names.insert(path.clone(), *node)),
        NameChange::Remove(path) => drop(names.remove(path)),
        NameChange::Move(from, to) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
    }
}

fn state(names: &Names, content: impl Fn(usize) -> Vec<u8>) -> State {
    let content = |node: &Node| match node {
        Node::Folder => None,
        Node::File(inode) => Some(content(*inode)),
    };
    names.iter().map(|(path, node)| (path.clone(), content(node))).collect()
}

/// All files and folders below `root`.
///
/// # Panics
/// Panics if they cannot be read.
#[must_use]
pub fn read(root: &Path) -> State {
    let mut all = State::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let below = path.strip_prefix(root).expect("below the root").to_path_buf();
            if path.is_dir() {
                all.insert(below, None);
                folders.push(path);
            } else {
                all.insert(below, Some(fs::read(&path).expect("a file")));
            }
        }
    }
    all
}

/// Writes this state into an empty folder.
///
/// # Panics
/// Panics if it cannot be written.
pub fn write(root: &Path, state: &State) {
    for (path, content) in state {
        let path = root.join(path);
        match content {
            None => fs::create_dir_all(path).expect("made"),
            Some(bytes) => fs::write(path, bytes).expect("written"),
        }
    }
}
